/**
 * Owns what must not outlive the CLI: runtimes, servers, temporary folders. Everything registered is released once, last
 * first, when the command ends or a signal comes; what can only be done synchronously happens on `exit`.
 */
import { constants } from "node:os";

type Release = () => Promise<void> | void;

const releases: Release[] = [];
let releasing: Promise<void> | undefined;
let onSignal: (() => number | void) | undefined;

/** Registers `release`; the returned function releases now (and never again). */
export function ownUntilExit(release: Release): () => Promise<void> {
  let done: Promise<void> | undefined;
  const once = () => (done ??= Promise.resolve(release()));
  releases.push(once);
  return async () => {
    const at = releases.indexOf(once);
    if (at !== -1) releases.splice(at, 1);
    await once();
  };
}

/** Releases everything, last registered first; a release that fails does not keep the others from theirs. */
export function releaseAll(): Promise<void> {
  releasing ??= (async () => {
    for (const release of releases.splice(0).reverse()) {
      try {
        await release();
      } catch (error) {
        process.stderr.write(
          `stepflow: while shutting down: ${error instanceof Error ? error.message : String(error)}\n`,
        );
      }
    }
    releasing = undefined;
  })();
  return releasing;
}

/** What else to do when a signal asks the command to stop, before things are released; may give another exit code. */
export function beforeSignalExit(tell: () => number | void): void {
  onSignal = tell;
}

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Runs `create` and takes away the signal handlers it adds: a library that exits at once would cut our release short. */
export function withoutSignalHandlersOf<T>(create: () => T): T {
  const before = SIGNALS.map((signal) => ({ signal, kept: new Set(process.listeners(signal)) }));
  const created = create();
  for (const { signal, kept } of before) {
    for (const listener of process.listeners(signal)) if (!kept.has(listener)) process.removeListener(signal, listener);
  }
  return created;
}

/** SIGINT, SIGTERM and SIGHUP release everything and exit with 128 + the signal's number; a second one exits at once. */
export function exitOnSignals(): void {
  let asked = false;
  for (const signal of SIGNALS) {
    process.on(signal, () => {
      const code = (asked ? undefined : onSignal?.()) ?? 128 + constants.signals[signal];
      if (asked) process.exit(code);
      asked = true;
      void releaseAll().finally(() => process.exit(code));
    });
  }
}
