/**
 * What the components of a plugin say they take, as far as this isolate knows. Owns a copy of each plugin's schemas, asked for
 * once and again when it is old; values only, since a promise must not be awaited from another object's request.
 */
import { compileSchema } from "../core/schema/index.ts";
import type { ComponentInfo } from "../protocol/component.ts";
import type { Json } from "../protocol/json.ts";

/** A worker may be replaced by a newer one at any time. */
const FRESH_MS = 5 * 60_000;
/** A worker that gave no list is not asked with every call. */
const ASK_AGAIN_MS = 30_000;

type InputCheck = ReturnType<typeof compileSchema>;
interface KnownContracts {
  readonly askAgainAt: number;
  /** By component id. Kept over a list that could not be had. */
  readonly checks: ReadonlyMap<string, InputCheck>;
}
/** By plugin; lives as long as the isolate. */
export type ContractCache = Map<string, KnownContracts>;

export interface InputFault {
  /** JSON pointer into the input; `""` is the whole of it. */
  readonly pointer: string;
  readonly message: string;
}

export class InputContracts {
  readonly #plugin: string;
  readonly #cache: ContractCache;
  readonly #list: () => Promise<readonly ComponentInfo[]>;
  readonly #now: () => number;
  #asking: Promise<void> | undefined;

  constructor(options: {
    readonly plugin: string;
    readonly cache: ContractCache;
    /** Asks the worker; bounded in time. */
    readonly list: () => Promise<readonly ComponentInfo[]>;
    readonly now: () => number;
  }) {
    this.#plugin = options.plugin;
    this.#cache = options.cache;
    this.#list = options.list;
    this.#now = options.now;
  }

  /** Resolves when the schemas are known, or cannot be. Never throws. */
  async refresh(): Promise<void> {
    const known = this.#cache.get(this.#plugin);
    if (known && this.#now() < known.askAgainAt) return;
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined;
    });
    await this.#asking;
  }

  /** Nothing where the component, or what it takes, is not known. */
  faults(componentId: string, input: Json): readonly InputFault[] {
    const check = this.#cache.get(this.#plugin)?.checks.get(componentId)?.(input);
    return check?.kind === "checked" ? check.faults : [];
  }

  async #ask(): Promise<void> {
    const before = this.#cache.get(this.#plugin)?.checks ?? new Map<string, InputCheck>();
    // Others of this isolate do not ask meanwhile.
    this.#keep(before, ASK_AGAIN_MS);
    try {
      const checks = (await this.#list()).flatMap(({ component, inputSchema }) =>
        inputSchema === undefined ? [] : [[component, compileSchema(inputSchema)] as const],
      );
      this.#keep(new Map(checks), FRESH_MS);
    } catch {
      // The worker checks its own input; what could not be asked is asked again.
    }
  }

  #keep(checks: KnownContracts["checks"], forMs: number): void {
    this.#cache.set(this.#plugin, { checks, askAgainAt: this.#now() + forMs });
  }
}
