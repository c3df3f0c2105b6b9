/**
 * The secrets of a run tree, as far as it has come: what the schemas of its flows mark in variables and inputs, and what it was
 * handed by the run it belongs to or comes from. Read from the journal when something is first shown; a tree without marks costs
 * one look at each of its flows.
 */

import type { KnownSecrets } from "../core/run/event.ts";
import type { RunNode, RunTree } from "../core/run/state.ts";
import { flowSecrets, REDACT_ALL, type Redactor, redactorFor, secretTexts } from "../core/secrets/index.ts";
import type { Json } from "../protocol/json.ts";

/** Bounds on what is looked for; beyond them no text of the tree is shown. */
const MAX_SECRETS = 10_000;
const MAX_SECRET_CHARACTERS = 2 ** 20;

export class RunSecrets {
  readonly #tree: () => RunTree;
  readonly #read: (seq: number) => Promise<Json | undefined>;
  readonly #texts = new Set<string>();
  #characters = 0;
  #tooMany = false;
  /** Runs up to here are known. */
  #known = 0;
  #redactor: Redactor | undefined;
  #reading: Promise<unknown> = Promise.resolve();

  /** `read`: the value of a journal row. */
  constructor(tree: () => RunTree, read: (seq: number) => Promise<Json | undefined>) {
    this.#tree = tree;
    this.#read = read;
  }

  /** `undefined`: the tree has no secrets. */
  async redactor(): Promise<Redactor | undefined> {
    // What cannot be read (a blob that is gone) cannot be looked for: nothing is shown then.
    if (this.#tooMany || !(await this.#isUpToDate())) return REDACT_ALL;
    if (this.#texts.size === 0) return undefined;
    this.#redactor ??= redactorFor(this.#texts);
    return this.#redactor;
  }

  /** To be handed to a run that belongs to this one, or takes over from it; `undefined`: none. */
  async texts(): Promise<KnownSecrets | undefined> {
    if (this.#tooMany || !(await this.#isUpToDate())) return "too_many";
    return this.#texts.size === 0 ? undefined : Array.from(this.#texts);
  }

  /** False: something could not be read; the next who asks tries again. */
  async #isUpToDate(): Promise<boolean> {
    if (this.#known === this.#tree().runs.length) return true;
    const reading = this.#reading
      .then(() => this.#readOn(this.#tree()))
      .then(
        () => !this.#tooMany,
        () => false,
      );
    this.#reading = reading;
    return reading;
  }

  async #readOn(tree: RunTree): Promise<void> {
    if (this.#known === 0 && tree.root) {
      if (tree.root.secrets === "too_many") this.#tooMany = true;
      else for (const text of tree.root.secrets ?? []) this.#add(text);
    }
    for (let node = tree.runs[this.#known]; node; node = tree.runs[this.#known]) {
      if (!this.#tooMany && !(await this.#readRun(node))) return;
      this.#known = node.ordinal + 1;
    }
  }

  /** False: it is not all written yet; nobody can have been shown more than is. */
  async #readRun(node: RunNode): Promise<boolean> {
    const secrets = flowSecrets(node.plan.flow);
    if (!secrets) return true;
    const add = (secret: Json): void => secretTexts(secret).forEach((text) => this.#add(text));
    for (const text of secrets.texts) this.#add(text);
    if (secrets.variables && node.variablesSeq > 0) {
      const variables = await this.#read(node.variablesSeq);
      if (variables === undefined) return false;
      secrets.variables.mask(variables, add);
    }
    if (!secrets.input) return true;
    for (const chunk of node.chunks) {
      // The chunks of a root run take out their items' secrets themselves.
      if (!node.parent) return true;
      const inputs = await this.#read(chunk.inputsSeq);
      if (!Array.isArray(inputs)) return false;
      for (const input of inputs) secrets.input.mask(input, add);
    }
    if (node.chunks.length > 0) return true;
    for (let item = 0; item < node.itemCount && !this.#tooMany; item++) {
      const input = node.firstItemSeq > 0 ? await this.#read(node.firstItemSeq + item) : undefined;
      if (input === undefined) return false;
      secrets.input.mask(input, add);
    }
    return true;
  }

  #add(text: string): void {
    if (this.#tooMany || this.#texts.has(text)) return;
    this.#characters += text.length;
    this.#tooMany = this.#texts.size >= MAX_SECRETS || this.#characters > MAX_SECRET_CHARACTERS;
    this.#texts.add(text);
    this.#redactor = undefined;
  }
}
