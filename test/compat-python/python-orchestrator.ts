import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { folderWith, startStepflow, waitForText } from "../support/stepflow-cli.ts";

/** What a test reads of a run. */
export interface RunAnswer {
  readonly runId: string;
  readonly rootRunId: string;
  readonly results: readonly [{ readonly result: object }];
}

/** `stepflow serve` with a Python worker at a route. */
export class PythonOrchestrator {
  readonly url: string;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, url: string) {
    this.#child = child;
    this.url = url;
  }

  static async start(route: string, workerUrl: string): Promise<PythonOrchestrator> {
    const config = {
      plugins: { builtin: { type: "builtin" }, python: { type: "stepflow", transport: "http", url: workerUrl } },
      routes: { "/builtin": [{ plugin: "builtin" }], [route]: [{ plugin: "python" }] },
      retry: { transportMaxRetries: 1, backoff: { type: "constant", delayMs: 10 } },
    };
    const cwd = await folderWith({ "stepflow-config.yml": JSON.stringify(config) });
    const child = startStepflow(["serve", "--port", "0"], { cwd });
    const [, port] = await waitForText(child.stdout!, /^\{"port":(\d+)\}\n/);
    return new PythonOrchestrator(child, `http://127.0.0.1:${port}`);
  }

  async get<T>(path: string): Promise<T> {
    const answer = await fetch(`${this.url}/api/v1${path}`);
    return answer.json() as Promise<T>;
  }

  async post<T>(path: string, body: object): Promise<T> {
    const init = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
    const answer = await fetch(`${this.url}/api/v1${path}`, init);
    return answer.json() as Promise<T>;
  }

  /** A run of one step on the Python worker. */
  run(component: string, input: unknown, onError?: object): Promise<RunAnswer> {
    const step = {
      id: "step",
      component: `/python/${component}`,
      input: { $literal: input },
      ...(onError && { onError }),
    };
    return this.post("/runs", { flow: { name: component, steps: [step], output: { $step: "step" } }, wait: true });
  }

  /** What a run of one step comes to. */
  async result(component: string, input: unknown, onError?: object): Promise<object> {
    return (await this.run(component, input, onError)).results[0].result;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, "exit");
    this.#child.kill("SIGTERM");
    await ended;
  }
}
