/**
 * A component worker for tests inside workerd: JSON-RPC as of worker-protocols §A. `/echo` gives its input back, `/hold` answers
 * only when `POST /release` has been called, `/fail` fails, `/big` gives `bytes` characters, `/ask` makes the callbacks `calls` one
 * after the other and gives their answers, then fails if `fail` is set; `/later` is taken over (202), `/tell` tells its progress, and `GET /tasks` gives the
 * URLs to report at, by idempotency key. Counts executions per idempotency key.
 */
/** `count` grows with every release: a held call looks whether it has been let go. */
const releases = { count: 0 };
const executions = new Map();
const tasks = new Map();
/** Answers to callbacks that nobody has taken yet, by id. */
const answers = new Map();

/** An event stream with the callbacks as requests and the result as its last event. */
function ask({ calls, fail }, id) {
  const { readable, writable } = new TransformStream();
  const writer = writable.getWriter();
  const send = (message) => writer.write(new TextEncoder().encode(`data: ${JSON.stringify(message)}\n\n`));
  const work = async () => {
    const output = [];
    for (const call of calls) {
      const callback = crypto.randomUUID();
      await send({ jsonrpc: "2.0", id: callback, ...call });
      while (!answers.has(callback)) await new Promise((resolve) => setTimeout(resolve, 2));
      output.push(answers.get(callback));
      answers.delete(callback);
    }
    await send(fail ? { id, error: { code: -32100, message: fail } } : { id, result: { output } });
    await writer.close();
  };
  work().catch(() => {});
  return new Response(readable, { headers: { "content-type": "text/event-stream" } });
}

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

/** An event stream that tells `tell`, one after the other, then fails in the first attempt, and later gives what it was handed. */
function tell({ input, attempt, lastProgress }, id) {
  const events = input.tell.map((told) => ({ jsonrpc: "2.0", method: "components/progress", params: { id, ...told } }));
  const error = { code: -32100, message: "stopped halfway" };
  events.push(attempt === 1 ? { id, error } : { id, result: { output: { attempt, lastProgress } } });
  const body = events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join("");
  return new Response(body, { headers: { "content-type": "text/event-stream" } });
}

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
    if (pathname === "/tasks") return Response.json(Object.fromEntries(tasks));
    const { id, method, params, result, error } = await request.json();
    if (method === undefined) {
      answers.set(id, error === undefined ? { result } : { error });
      return new Response('""', { status: 202 });
    }
    if (id === undefined) return new Response('""', { status: 202 });
    const answer = (body) => Response.json({ jsonrpc: "2.0", id, ...body });
    switch (method) {
      case "initialize":
        return answer({ result: { serverProtocolVersion: 1, supportsBlobRefs: false } });
      case "components/list":
        return answer({ result: { components: Object.keys(components).map((component) => ({ component })) } });
      case "components/execute":
        if (params.component === "/tell") return tell(params, id);
        if (params.component === "/ask") return ask(params.input, id);
        if (params.component === "/later") {
          tasks.set(request.headers.get("idempotency-key"), request.headers.get("stepflow-task-url"));
          return Response.json({ deadlineSecs: 3600 }, { status: 202 });
        }
        return answer(await execute(params, request.headers.get("idempotency-key") ?? ""));
      default:
        return answer({ error: { code: -32601, message: `no method ${method}` } });
    }
  },
};
