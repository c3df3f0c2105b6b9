/** `stepflow triggers` against a local orchestrator. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type LocalOrchestrator, startOrchestrator } from "../api/local-orchestrator.ts";
import { stepflow } from "../support/stepflow-cli.ts";

const DOCUMENT = `
type: webhook
flow:
  steps: [{ id: a, component: /builtin/noop, input: { $input: $ } }]
  output: { $step: a }
signature: { scheme: bearer, secret: "\${HOOK_TOKEN}" }
`;
let api: LocalOrchestrator;
let folder: string;
beforeAll(async () => {
  api = await startOrchestrator({ HOOK_TOKEN: "token-of-the-hook" });
  folder = await mkdtemp(join(tmpdir(), "stepflow-triggers-"));
});
afterAll(async () => {
  await api.dispose();
  await rm(folder, { recursive: true, force: true });
});

const triggers = async (...args: string[]) => {
  const { code, stdout } = await stepflow(["triggers", ...args, "--url", api.url.origin]);
  return { code, printed: JSON.parse(stdout || "null") };
};

test("TRIG-2 TRIG-18: a webhook is put, delivered to, looked into and deleted from the command line", async () => {
  const file = join(folder, "hook.yaml");
  await writeFile(file, DOCUMENT);
  const put = await triggers("put", "hook", file);
  expect(put).toMatchObject({ code: 0, printed: { name: "hook", signature: { secret: "${HOOK_TOKEN}" } } });
  await writeFile(join(folder, "again.json"), JSON.stringify((await triggers("get", "hook")).printed));
  expect((await triggers("put", "hook", join(folder, "again.json"))).code).toBe(0);
  const answer = await api.request("/hooks/hook", {
    method: "POST",
    body: '{"a":1}',
    headers: { "content-type": "application/json", authorization: "Bearer token-of-the-hook" },
  });
  expect(answer.status).toBe(202);
  const { deliveries } = (await triggers("deliveries", "hook")).printed;
  expect(deliveries).toMatchObject([{ status: "accepted" }]);
  const { deliveryId } = deliveries[0];
  expect((await triggers("delivery", "hook", deliveryId)).printed.body).toBe('{"a":1}');
  expect((await triggers("redeliver", "hook", deliveryId)).printed).toMatchObject({ redeliveryOf: deliveryId });
  expect((await triggers("list")).printed.triggers).toHaveLength(1);
  expect((await triggers("delete", "hook")).printed).toEqual({ name: "hook", deleted: true });
  expect((await triggers("get", "hook")).code).toBe(1);
});
