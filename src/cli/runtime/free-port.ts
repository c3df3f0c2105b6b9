import { createServer } from "node:net";

/** A TCP port on 127.0.0.1 that is free now: the first free one of `range` (inclusive), or any. */
export async function freePort(range?: readonly [from: number, to: number]): Promise<number> {
  if (range === undefined) {
    const port = await probe(0);
    if (port === undefined) throw new Error("this machine gives no free TCP port on 127.0.0.1");
    return port;
  }
  for (let port = range[0]; port <= range[1]; port++) if ((await probe(port)) !== undefined) return port;
  throw new Error(`no port from ${range[0]} to ${range[1]} is free on 127.0.0.1`);
}

/** The port that was bound, or undefined if it is taken. */
export function probe(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(undefined));
    server.listen({ port, host: "127.0.0.1", exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : undefined));
    });
  });
}
