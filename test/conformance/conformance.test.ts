import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ServedWorker, serve } from "../../src/sdk/node/index.ts";
import { folderWith } from "../support/stepflow-cli.ts";
import { conformanceIsAbsent, expectConformance, untested } from "./conformance-flows.ts";
import { standInWorker } from "./stand-in-worker.ts";

const why = conformanceIsAbsent === undefined ? "" : ` (skipped: ${conformanceIsAbsent})`;

const builtins = ["tests/basic.yaml", "tests/builtins", "tests/empty", "tests/mock"];
const subFlows = ["examples/eval", "examples/file-loading"];
const dialect2025 = ["legacy-2025"];
const components = ["tests/grpc"];
const loops = ["examples/loop-components"];

describe.skipIf(conformanceIsAbsent !== undefined)(`the reference's flows pass${why}`, () => {
  test("with the builtins and mocks", () => expectConformance(builtins));

  test("with files and sub-flows", () => expectConformance(subFlows));

  test("in the dialect of 2025", () => expectConformance(dialect2025));

  test("and none is left out", () => {
    expect(untested([...builtins, ...subFlows, ...dialect2025, ...components, ...loops])).toEqual([]);
  });
});

describe.skipIf(conformanceIsAbsent !== undefined)(
  `the reference's flows over workers pass with stand-ins${why}`,
  () => {
    let worker: ServedWorker;
    beforeAll(async () => {
      worker = await serve(standInWorker, { announce: false });
    });
    afterAll(() => worker.close());

    /** The worker takes the place of the one that the flows' own configuration starts. */
    async function configWith(route: string): Promise<string> {
      const folder = await folderWith({
        "stepflow-config.yml": JSON.stringify({
          plugins: { builtin: { type: "builtin" }, worker: { type: "http", url: worker.url } },
          routes: { "/builtin": [{ plugin: "builtin" }], [route]: [{ plugin: "worker" }] },
        }),
      });
      return join(folder, "stepflow-config.yml");
    }

    test("components that compute and keep blobs", async () =>
      expectConformance(components, await configWith("/python_grpc")));

    test("components that run flows in loops", async () =>
      expectConformance(loops, await configWith("/python/{*component}")));
  },
);
