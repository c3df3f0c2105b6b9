import type { AttemptCall, AttemptReply, Transport } from "../core/ports/transport.ts";
import type { ComponentInfo } from "../protocol/component.ts";
import type { InputContracts, InputFault } from "./input-contracts.ts";

/** Told of one input. */
const MAX_FAULTS = 20;

/**
 * A transport whose calls are checked against what the worker says it takes. `warn`: never delays or refuses a call, the schemas
 * are learnt beside it, and what does not fit stands beside the outcome. `enforce`: the schemas are asked for first, and an input
 * that does not fit is INVALID_INPUT without a call; where they cannot be had, the call is made.
 */
export class CheckedTransport implements Transport {
  readonly #transport: Transport;
  readonly #contracts: InputContracts;
  readonly #mode: "warn" | "enforce";

  constructor(transport: Transport, contracts: InputContracts, mode: "warn" | "enforce") {
    this.#transport = transport;
    this.#contracts = contracts;
    this.#mode = mode;
  }

  async execute(...attempt: Parameters<Transport["execute"]>): Promise<AttemptReply> {
    const [call] = attempt;
    const { componentId, input } = call;
    if (this.#mode === "enforce") {
      await this.#contracts.refresh();
      const faults = this.#contracts.faults(componentId, input);
      return faults.length > 0 ? refusal(call, faults) : this.#transport.execute(...attempt);
    }
    const faults = this.#contracts.faults(componentId, input);
    const reply = await this.#transport.execute(...attempt);
    // After the call, so that it does not wait for the same worker's answer.
    void this.#contracts.refresh();
    if (faults.length === 0 || (reply.kind !== "success" && reply.kind !== "failed")) return reply;
    return { ...reply, warnings: faults.slice(0, MAX_FAULTS).map((fault) => `input${told(fault)}`) };
  }

  listComponents(signal: AbortSignal): Promise<readonly ComponentInfo[]> {
    return this.#transport.listComponents(signal);
  }
}

function refusal({ plugin, componentId }: AttemptCall, faults: readonly InputFault[]): AttemptReply {
  const listed = faults.slice(0, MAX_FAULTS).map(({ pointer, message }) => ({ pointer, message }));
  const message = `invalid input for component '${componentId}' of plugin '${plugin}': ${listed.map((fault) => `input${told(fault)}`).join("; ")}`;
  return { kind: "failed", error: { code: "INVALID_INPUT", message, data: { faults: listed } } };
}

function told({ pointer, message }: InputFault): string {
  return `${pointer}: ${message}`;
}
