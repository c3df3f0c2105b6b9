/**
 * Those who follow a run's events: hibernating WebSockets, so that a watcher does not keep the object in memory (A6). They are
 * told only that there is something new, by sequence number, and read it through `events`.
 */
export class Watchers {
  readonly #ctx: Pick<DurableObjectState, "acceptWebSocket" | "getWebSockets">;
  /** Unknown after a wake-up, until somebody looks. */
  #any: boolean | undefined;

  constructor(ctx: Pick<DurableObjectState, "acceptWebSocket" | "getWebSockets">) {
    this.#ctx = ctx;
  }

  accept(seq: number): Response {
    const { 0: client, 1: server } = new WebSocketPair();
    this.#ctx.acceptWebSocket(server);
    this.#any = true;
    server.send(String(seq));
    return new Response(null, { status: 101, webSocket: client });
  }

  announce(seq: number | undefined): void {
    if (seq === undefined || this.#any === false) return;
    const sockets = this.#ctx.getWebSockets();
    this.#any = sockets.length > 0;
    for (const socket of sockets) {
      try {
        socket.send(String(seq));
      } catch {
        // Closed in between: the watcher connects again with its cursor.
      }
    }
  }
}
