import type { ComponentDefinition } from "../component.ts";
import type { ComponentSchema } from "../schema/component-schema.ts";
import { Worker, type WorkerOptions } from "../worker.ts";
import { serveStdio } from "./serve-stdio.ts";

/** A definition with the field names of the older SDKs. */
export interface StdioComponentDefinition<I extends ComponentSchema, O extends ComponentSchema>
  extends Pick<ComponentDefinition<I, O>, "description" | "execute"> {
  readonly inputSchema?: I;
  readonly outputSchema?: O;
}

/** A worker for `transport: stdio`: the orchestrator starts this program and talks to it over its standard streams. */
export class StepflowStdioServer {
  readonly worker: Worker;

  constructor(options: WorkerOptions = {}) {
    this.worker = new Worker(options);
  }

  component<I extends ComponentSchema = true, O extends ComponentSchema = true>(
    name: string,
    { inputSchema, outputSchema, ...definition }: StdioComponentDefinition<I, O>,
  ): this {
    this.worker.component<I, O>(name, {
      ...definition,
      ...(inputSchema === undefined ? {} : { input: inputSchema }),
      ...(outputSchema === undefined ? {} : { output: outputSchema }),
    });
    return this;
  }

  /** Serves until standard input ends. */
  run(): Promise<void> {
    return runStdio(this.worker);
  }
}

/** What Node, Bun and Deno have in common. */
interface HostProcess {
  readonly stdin: AsyncIterable<Uint8Array>;
  readonly stdout: { write(text: string): unknown };
}

/** Serves a worker on this process's standard streams, until its input ends. Throws where there is no such thing. */
export async function runStdio(worker: Worker): Promise<void> {
  const host = Reflect.get(globalThis, "process") as HostProcess | undefined;
  if (host?.stdin === undefined)
    throw new Error("there is no standard input here: stdio workers run in Node, Bun or Deno");
  keepOutputClean();
  await serveStdio(worker.protocol, { input: host.stdin, write: (line) => host.stdout.write(line) });
}

/** A component that prints something for itself must not break the protocol: it goes to standard error. */
function keepOutputClean(): void {
  // oxlint-disable-next-line no-console -- see above
  for (const method of ["log", "info", "debug"] as const) console[method] = (...data) => console.error(...data);
}
