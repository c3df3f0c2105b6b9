import type { Exchange } from "../http-jsonrpc/exchange.ts";

/** Ways in which an exchange ends without a word of the server. */
export type LostExchange = Extract<Exchange, { kind: "broken" | "refused" | "too_large" | "silent" }>;

/** Carries what became of an exchange through the client library, which passes on what its `fetch` throws. */
export class McpFault extends Error {
  readonly exchange: LostExchange;

  constructor(exchange: LostExchange) {
    super("reason" in exchange ? exchange.reason : exchange.kind);
    this.name = "McpFault";
    this.exchange = exchange;
  }
}
