/**
 * A component worker for tests inside workerd: JSON-RPC as of worker-protocols §A. `/echo` gives its input back, `/hold` answers
 * only when `POST /release` has been called, `/fail` fails, `/big` gives `bytes` characters. Counts executions per idempotency key.
 */
/** `count` grows with every release: a held call looks whether it has been let go. */
const releases = { count: 0 };
const executions = new Map();

const components = {
  "/echo": (input) => input,
  "/big": ({ bytes }) => "x".repeat(bytes),
  "/fail": ({ message }) => {
    throw new Error(message);
  },
  "/hold": async (input) => {
    const since = releases.count;
    while (releases.count === since) await new Promise((resolve) => setTimeout(resolve, 2));
    return input;
  },
};

async function execute({ component, input }, key) {
  executions.set(key, (executions.get(key) ?? 0) + 1);
  const run = components[component];
  if (!run) return { error: { code: -32001, message: `Component '${component}' not found` } };
  try {
    return { result: { output: await run(input) } };
  } catch (error) {
    return { error: { code: -32100, message: error.message } };
  }
}

export default {
  async fetch(request) {
    const { pathname } = new URL(request.url);
    if (pathname === "/release") {
      releases.count += 1;
      return new Response(null, { status: 204 });
    }
    if (pathname === "/executions") return Response.json(Object.fromEntries(executions));
    const { id, method, params } = await request.json();
    if (id === undefined) return new Response('""', { status: 202 });
    const answer = (body) => Response.json({ jsonrpc: "2.0", id, ...body });
    switch (method) {
      case "initialize":
        return answer({ result: { serverProtocolVersion: 1, supportsBlobRefs: false } });
      case "components/list":
        return answer({ result: { components: Object.keys(components).map((component) => ({ component })) } });
      case "components/execute":
        return answer(await execute(params, request.headers.get("idempotency-key") ?? ""));
      default:
        return answer({ error: { code: -32601, message: `no method ${method}` } });
    }
  },
};
