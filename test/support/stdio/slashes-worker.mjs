/**
 * A stdio worker in the dialect of 0.2 to 0.7 (worker-protocols §A12), written against the raw protocol. `/keep` puts its input
 * into a blob and reads it back, `/die` ends the process, `/slow` never answers, `/shout` writes to standard output what it
 * should not.
 */
import { createInterface } from "node:readline";

const waiting = new Map();
let lastId = 0;
let isInitialized = false;
const send = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
const ask = (method, params) =>
  new Promise((resolve, reject) => {
    const id = `worker-${++lastId}`;
    waiting.set(id, { resolve, reject });
    send({ id, method, params });
  });

const components = {
  "/double": ({ n }) => ({ doubled: n * 2 }),
  "/context": (_, params) => params,
  "/environment": () => ({
    directory: process.cwd(),
    names: Object.keys(process.env),
    secret: process.env.SECRET ?? null,
  }),
  "/fail": ({ message }) => {
    throw new Error(message);
  },
  "/keep": async (input) => {
    const { blob_id } = await ask("blobs/put", { data: input, blob_type: "data", observability: null });
    const { data } = await ask("blobs/get", { blob_id, observability: null });
    return { blob_id, data };
  },
  "/evaluate": ({ flow_id, input }) => ask("flows/evaluate", { flow_id, input, observability: null }),
  "/die": () => {
    process.stderr.write("about to die\n");
    process.exit(3);
  },
  "/slow": () => {
    process.stderr.write("slow has begun\n");
    return new Promise(() => {});
  },
  "/shout": () => {
    process.stdout.write("a print statement\n");
    return "shouted";
  },
  "/big": ({ bytes }) => "x".repeat(bytes),
};

async function execute(params) {
  if (!isInitialized) return { error: { code: -32002, message: "not initialized" } };
  const run = components[params.component];
  if (!run) return { error: { code: -32001, message: `Component '${params.component}' not found` } };
  try {
    return { result: { output: await run(params.input, params) } };
  } catch (error) {
    return { error: { code: -32000, message: error.message } };
  }
}

async function answer({ method, params }) {
  switch (method) {
    case "initialize":
      return { result: { server_protocol_version: 1 } };
    case "components/list":
      return {
        result: {
          components: Object.keys(components).map((component) => ({
            component,
            description: null,
            input_schema: { type: "object" },
            output_schema: {},
          })),
        },
      };
    case "components/execute":
      return execute(params);
    default:
      return { error: { code: -32601, message: `unknown method ${method}` } };
  }
}

async function receive(message) {
  if (message.method === "initialized") isInitialized = true;
  else if (message.method !== undefined) send({ id: message.id, ...(await answer(message)) });
  else if (message.error) waiting.get(message.id)?.reject(new Error(message.error.message));
  else waiting.get(message.id)?.resolve(message.result);
}

createInterface({ input: process.stdin }).on("line", (line) => void receive(JSON.parse(line)));
