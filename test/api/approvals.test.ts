/** Approvals as people and programs meet them: links, page, form and decision, over real HTTP. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { ApprovalTokens } from "../../src/auth/approval-tokens.ts";
import { Capabilities } from "../../src/auth/capabilities.ts";
import type { Namespace, TaskId } from "../../src/protocol/ids.ts";
import { HttpWorker } from "../dispatch/http-jsonrpc/http-worker.ts";
import { type LocalOrchestrator, startOrchestrator } from "./local-orchestrator.ts";

const SECRET = "a secret of this test";
const BOOTSTRAP = "bootstrap-0123456789-0123456789-0123456789";
let orchestrator: LocalOrchestrator;
let worker: HttpWorker;

function bindings(): Record<string, string> {
  const config = {
    plugins: { builtin: { type: "builtin" }, w: { type: "http", url: worker.url } },
    egress: { allowHosts: [new URL(worker.url).host], allowHttp: true },
    retry: { transportMaxRetries: 1, backoff: { type: "constant", delayMs: 1 } },
  };
  return { STEPFLOW_CONFIG: JSON.stringify(config), STEPFLOW_LOCAL: "", STEPFLOW_BOOTSTRAP_TOKEN: BOOTSTRAP };
}

beforeAll(async () => {
  worker = await HttpWorker.start();
  orchestrator = await startOrchestrator({ STEPFLOW_SECRET: SECRET, ...bindings() });
});
afterAll(async () => {
  await orchestrator.dispose();
  await worker.stop();
});
beforeEach(() => {
  worker.answers["components/execute"] = () => ({ output: null });
});

const bearer = { authorization: `Bearer ${BOOTSTRAP}` };
const api = (method: string, path: string, body?: unknown, headers: Record<string, string> = bearer) =>
  orchestrator.call(method, `/api/v1${path}`, body, headers);

async function asking(input: object, more: object = {}): Promise<string> {
  const steps = [{ id: "ask", component: "/builtin/approval", input: { $literal: input }, ...more }];
  const flow = { name: "Release", steps, output: { $step: "ask" } };
  return (await api("POST", "/runs", { flow, input: {} })).body.runId;
}

interface Link {
  readonly approver?: string;
  readonly page: string;
  readonly approve: string;
  readonly reject: string;
}
async function linksOf(runId: string): Promise<Link[]> {
  return (await api("GET", `/runs/${runId}/waits`)).body.waits[0].approval.links;
}

/** The path of a link, which leads to the public address. */
function pathOf(link: string | undefined): string {
  const url = new URL(link ?? "");
  expect(url.origin).toBe("http://127.0.0.1:8787");
  return url.pathname + url.search;
}

/** The form as a browser sends it, with nothing but what is in it. */
function submit(path: string, fields: Record<string, string>): Promise<Response> {
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  return orchestrator.request(path, { method: "POST", headers, body: new URLSearchParams(fields), redirect: "manual" });
}

async function show(path: string): Promise<string> {
  return (await orchestrator.request(path)).text();
}

async function result(runId: string) {
  await api("GET", `/runs/${runId}?wait=true&timeoutSecs=10`);
  return (await api("GET", `/runs/${runId}/items`)).body.results[0].result;
}

const form = {
  type: "object",
  properties: {
    version: { type: "string", title: "Version", description: "As it will be <tagged>.", pattern: "^\\d" },
    notes: { type: "string", format: "textarea" },
    share: { type: "number", minimum: 0, maximum: 100 },
    replicas: { type: "integer", default: 2 },
    urgent: { type: "boolean" },
    channel: { enum: ["stable", "beta"] },
    day: { type: "string", format: "date" },
    contact: {
      type: "object",
      properties: { mail: { type: "string" }, phone: { type: "string" } },
      required: ["mail"],
    },
  },
  required: ["version", "channel"],
};

describe("an approval", () => {
  test("RUN-104 is shown by its link, to programs that look ahead too, and a GET decides nothing", async () => {
    const runId = await asking({ title: "Ship <it>?", message: "All tests pass.\nAll of them.", form });
    const [link] = await linksOf(runId);
    for (const target of [link?.page, link?.approve, link?.reject]) {
      for (const method of ["GET", "HEAD", "GET"]) {
        const seen = await orchestrator.request(pathOf(target), { method });
        expect(seen.status).toBe(200);
        await seen.text();
      }
    }
    const response = await orchestrator.request(pathOf(link?.approve));
    expect(response.headers.get("content-security-policy")).toBe(
      "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    );
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-store",
      "referrer-policy": "no-referrer",
    });
    const page = await response.text();
    expect(page).toContain("<h1>Ship &lt;it&gt;?</h1>");
    expect(page).toContain("All tests pass.\nAll of them.");
    expect(page).toMatch(/Step <code>ask<\/code> of Release/);
    expect(page).not.toMatch(/<script|<it>|<tagged>/);
    expect((await api("GET", `/runs/${runId}`)).body.status).toBe("running");
    expect((await api("GET", `/runs/${runId}/waits`)).body.waits).toHaveLength(1);
  });

  test("RUN-104 has a control for every kind of field", async () => {
    const page = await show(pathOf((await linksOf(await asking({ title: "x", form })))[0]?.page));
    expect(page).toMatch(
      /<input type="text" id="\/data\/version" name="\/data\/version" required aria-describedby="\/data\/version-about">/,
    );
    expect(page).toMatch(/<textarea id="\/data\/notes"/);
    expect(page).toMatch(/<input type="number" id="\/data\/share" name="\/data\/share" min="0" max="100" step="any">/);
    expect(page).toMatch(/name="\/data\/replicas" step="1" value="2"/);
    expect(page).toMatch(/<input type="checkbox" id="\/data\/urgent"/);
    expect(page).toMatch(/<select id="\/data\/channel" name="\/data\/channel" required>/);
    expect(page).toMatch(/<input type="date" id="\/data\/day"/);
    expect(page).toMatch(/<fieldset><legend>contact <span class="dim">optional<\/span><\/legend>/);
    // What is in a group that may be left empty must not be asked for by the browser.
    expect(page).toMatch(/<input type="text" id="\/data\/contact\/mail" name="\/data\/contact\/mail">/);
  });

  test("RUN-96 is decided by the form; sent twice it counts once, and the page tells what it came to", async () => {
    const runId = await asking({ title: "Ship it?", form });
    const path = pathOf((await linksOf(runId))[0]?.page);
    const fields = {
      decision: "approved",
      "/data/version": "1.2",
      "/data/notes": "one\r\ntwo",
      "/data/share": "12.5",
      "/data/replicas": "3",
      "/data/urgent": "true",
      "/data/channel": '"beta"',
      "/data/day": "2026-10-25",
      "/data/contact/mail": "",
      "/comment": "go <on>",
      "/by": "Ada",
    };
    const [first, second] = await Promise.all([submit(path, fields), submit(path, fields)]);
    expect([first.status, second.status, first.headers.get("location")]).toEqual([303, 303, path]);
    const data = {
      version: "1.2",
      notes: "one\ntwo",
      share: 12.5,
      replicas: 3,
      urgent: true,
      channel: "beta",
      day: "2026-10-25",
    };
    expect(await result(runId)).toEqual({
      outcome: "success",
      result: { approved: true, decision: "approved", by: "Ada", comment: "go <on>", data, at: expect.any(String) },
    });
    const page = await show(path);
    expect(page).toMatch(/role="status">Approved by <strong>Ada<\/strong>, <time datetime="20/);
    expect(page).toContain("go &lt;on&gt;");
    expect(page).not.toContain("<form");
    const other = await submit(path, { decision: "rejected" });
    expect([other.status, await other.text()]).toEqual([409, expect.stringContaining("Approved by <strong>Ada")]);
    const events = await (await orchestrator.request(`/api/v1/runs/${runId}/events`, { headers: bearer })).text();
    expect(events.match(/"type":"approval_decided".*"decision":"approved","by":"Ada"/g)).toHaveLength(1);
  });

  test("RUN-102 tells what is not filled in as it should be beside the fields, and keeps what was written", async () => {
    const runId = await asking({ title: "Ship it?", form });
    const path = pathOf((await linksOf(runId))[0]?.page);
    const wrong = await submit(path, {
      decision: "approved",
      "/data/version": "",
      "/data/replicas": "a few",
      "/data/share": "-1",
      "/data/channel": '"beta"',
      "/data/contact/phone": "1",
      "/comment": 'say "hi"',
    });
    const page = await wrong.text();
    expect(wrong.status).toBe(400);
    expect(page).toContain('role="alert"');
    expect(page).toMatch(/id="\/data\/version-fault">Please fill this in\./);
    expect(page).toMatch(/aria-describedby="\/data\/version-about \/data\/version-fault" aria-invalid="true"/);
    expect(page).toMatch(/id="\/data\/replicas-fault">Please give a number\./);
    expect(page).toMatch(/id="\/data\/contact\/mail-fault">Please fill this in\./);
    expect(page).toMatch(/id="\/data\/share-fault">[^<]+0/);
    expect(page).toContain('value="a few"');
    expect(page).toContain('<option value="&quot;beta&quot;" selected>beta</option>');
    expect(page).toContain("say &quot;hi&quot;");
    // What the fields by themselves do not say, the schema says.
    const misfit = { decision: "approved", "/data/version": "v1", "/data/share": "101", "/data/channel": '"beta"' };
    const refused = await (await submit(path, misfit)).text();
    expect(refused).toMatch(/id="\/data\/version-fault">[^<]+pattern/);
    expect(refused).toMatch(/id="\/data\/share-fault">[^<]+100/);
    expect(await (await submit(path, { "/by": "x".repeat(300), decision: "rejected" })).text()).toMatch(
      /id="\/by-fault">[^<]+256/,
    );
    expect((await submit(path, {})).status).toBe(400);
    expect((await api("GET", `/runs/${runId}`)).body.status).toBe("running");
    // A rejection needs no form.
    expect((await submit(path, { decision: "rejected", "/data/version": "" })).status).toBe(303);
    expect(await result(runId)).toEqual({
      outcome: "success",
      result: { approved: false, decision: "rejected", at: expect.any(String) },
    });
  });

  test("RUN-97 RUN-98 is decided by JSON, as the approver whose link it is; another decision is refused", async () => {
    const runId = await asking({ title: "Ship it?", approvers: ["ada", "bob"], form });
    const [ada, bob] = await linksOf(runId);
    expect([ada?.approver, bob?.approver]).toEqual(["ada", "bob"]);
    expect(await show(pathOf(bob?.page))).toContain("You decide as <strong>bob</strong>");
    const post = (link: string | undefined, body: unknown) => orchestrator.call("POST", pathOf(link), body);
    const refused = await post(bob?.approve, { data: { version: "x" } });
    expect(refused).toMatchObject({ status: 400, body: { error: { details: { faults: expect.any(Array) } } } });
    expect(refused.body.error.details.faults.map(({ pointer }: { pointer: string }) => pointer)).toContain(
      "/data/version",
    );
    const faults = async (link: string | undefined, body: unknown) =>
      (await post(link, body)).body.error.details.faults[0].pointer;
    expect(await faults(bob?.page, { comment: "x" })).toBe("/decision");
    expect(await faults(bob?.page, { decision: "perhaps" })).toBe("/decision");
    expect(await faults(bob?.page, [])).toBe("");
    expect((await post(bob?.page, "decision=approved")).status).toBe(400);
    const approval = { data: { version: "1", channel: "stable" }, by: "somebody else" };
    expect((await post(bob?.approve, approval)).body).toEqual({ accepted: true, repeated: false });
    expect((await post(bob?.approve, approval)).body).toEqual({ accepted: true, repeated: true });
    for (const [link, body] of [
      [ada?.approve, approval],
      [bob?.reject, {}],
    ] as const)
      expect(await post(link, body)).toMatchObject({
        status: 409,
        body: {
          error: { status: "FAILED_PRECONDITION", message: expect.stringContaining("it was approved by bob at 20") },
        },
      });
    expect(await result(runId)).toMatchObject({ result: { by: "bob", data: { version: "1", channel: "stable" } } });
    expect(await show(pathOf(ada?.page))).toContain("Approved by <strong>bob</strong>");
  });

  test("RUN-97 of a run that was cancelled, timed out or deleted can be decided no more, and its page says why", async () => {
    const cancelled = await asking({ title: "x" });
    const path = pathOf((await linksOf(cancelled))[0]?.page);
    await api("POST", `/runs/${cancelled}/cancel`, {});
    expect(await show(path)).toContain("Nothing can be decided any more: the run was cancelled");
    const late = await submit(path, { decision: "approved" });
    expect([late.status, await late.text()]).toEqual([409, expect.stringContaining("the run was cancelled")]);
    expect((await orchestrator.call("POST", path, { decision: "approved" })).status).toBe(409);
    const timed = await asking({ title: "x", timeout: "300ms" });
    const links = await linksOf(timed);
    expect(await result(timed)).toMatchObject({ outcome: "failed", error: { code: "TIMEOUT" } });
    expect(await show(pathOf(links[0]?.page))).toContain("it was not decided in time");
    await api("DELETE", `/runs/${cancelled}`);
    const gone = await orchestrator.request(path);
    expect([gone.status, await gone.text()]).toEqual([
      404,
      expect.stringContaining("The run that asked for it was deleted"),
    ]);
  });

  test("RUN-103 a link that is forged, cut off, for something else, or expired opens nothing", async () => {
    const runId = await asking({ title: "x" });
    const path = pathOf((await linksOf(runId))[0]?.page);
    const token = path.slice("/approvals/".length);
    const ticket = { namespace: "default" as Namespace, taskId: `${runId}/0/0` as TaskId, asking: 1 };
    const signed = (secret: string, expiresAt: number) =>
      pathOf(new ApprovalTokens(new Capabilities(secret), "http://127.0.0.1:8787").issue(ticket, expiresAt).page);
    const hour = 3_600_000;
    expect((await orchestrator.request(signed(SECRET, Date.now() + hour))).status).toBe(200);
    const task = new Capabilities(SECRET).issue("task", ["default", `${runId}/0/0`, 1, null, Date.now() + hour]);
    const [content, signature] = token.split(".");
    const forged = [
      signed("another secret", Date.now() + hour),
      `/approvals/${task}`,
      path.slice(0, -2),
      `/approvals/${content}`,
      `/approvals/${content?.slice(0, -4)}AAAA.${signature}`,
      "/approvals/x",
    ];
    for (const target of forged) {
      const seen = await orchestrator.request(target);
      expect([seen.status, await seen.text()]).toEqual([403, expect.stringContaining("It was not made here")]);
      expect((await submit(target, { decision: "approved" })).status).toBe(403);
      expect((await orchestrator.call("POST", target, { decision: "approved" })).status).toBe(403);
    }
    const expired = await orchestrator.request(signed(SECRET, Date.now() - 1));
    expect([expired.status, await expired.text()]).toEqual([403, expect.stringContaining("has expired")]);
    // Signed here, but nobody was asked that.
    const other = new ApprovalTokens(new Capabilities(SECRET), "http://127.0.0.1:8787");
    const unasked = other.issue({ ...ticket, asking: 7 }, Date.now() + hour);
    expect((await orchestrator.request(pathOf(unasked.page))).status).toBe(404);
    expect((await orchestrator.call("POST", path, "x", { "content-type": "text/plain" })).status).toBe(415);
    expect((await api("GET", `/runs/${runId}`)).body.status).toBe("running");
  });

  test("RUN-103 links are for callers who may write runs", async () => {
    const reader = (await api("POST", "/tokens", { name: "reader", scopes: ["runs:read"] })).body.token;
    const headers = { authorization: `Bearer ${reader}` };
    const runId = await asking({ title: "x", message: "y" });
    expect((await api("GET", `/runs/${runId}/waits`, undefined, headers)).status).toBe(403);
    const [link] = await linksOf(runId);
    await submit(pathOf(link?.page), { decision: "approved" });
    const events = async (by: Record<string, string>) =>
      (await orchestrator.request(`/api/v1/runs/${runId}/events?includeResults=true`, { headers: by })).text();
    expect(await events(bearer)).toContain("/approvals/");
    const read = await events(headers);
    expect(read).toMatch(/"type":"step_waiting".*"approval":\{"title":"x","message":"y","links":\[\]\}/);
    expect(read).not.toContain("/approvals/");
  });

  test("RUN-99 its notification is a call of a worker, with the links, retried when it fails", async () => {
    let isDown = true;
    worker.answers["components/execute"] = (response) => {
      if (!isDown) return { output: null };
      isDown = false;
      response.writeHead(503).end();
      return undefined;
    };
    const runId = await asking({
      title: "x",
      approvers: ["ada"],
      notify: { component: "/w/mail", input: { subject: "Please" } },
    });
    await expect.poll(async () => (await api("GET", `/runs/${runId}/waits`)).body.waits.length).toBe(1);
    const calls = worker.seen.filter(({ message }) => message.method === "components/execute").slice(-2);
    const [first, second] = calls.map(({ message }) => message.params?.["input"]);
    expect(first).toMatchObject({ subject: "Please", links: [{ approver: "ada" }] });
    expect(calls.map(({ message }) => message.params?.["attempt"])).toEqual([1, 2]);
    const { links } = second as unknown as { links: Link[] };
    expect((await orchestrator.call("POST", pathOf(links[0]?.approve), {})).body.accepted).toBe(true);
    expect(await result(runId)).toMatchObject({ result: { approved: true, by: "ada" } });
  });

  test("SEC-10 its page shows no secret of the run; what is decided is told as it was", async () => {
    const flow = {
      schemas: { properties: { input: { type: "object", properties: { key: { type: "string", is_secret: true } } } } },
      steps: [{ id: "ask", component: "/builtin/approval", input: { title: { $template: "Use {{ $.input.key }}?" } } }],
      output: { $step: "ask" },
    };
    const { runId } = (await api("POST", "/runs", { flow, input: { key: "open-sesame-4711" } })).body;
    const path = pathOf((await linksOf(runId))[0]?.page);
    const page = await show(path);
    expect(page).toMatch(/<h1>Use .+\?<\/h1>/);
    expect(page).not.toContain("open-sesame-4711");
    expect((await submit(path, { decision: "rejected", "/by": "Ada" })).status).toBe(303);
    expect(await show(path)).toMatch(/role="status">Rejected by <strong>Ada<\/strong>, <time datetime="20/);
  });

  test("RUN-105 a paused run takes a decision; a fork takes it over, and nobody is asked again", async () => {
    const steps = [
      { id: "ask", component: "/builtin/approval", input: { title: "x" } },
      { id: "then", component: "/builtin/noop", input: { $step: "ask" } },
    ];
    const flow = { steps, output: { $step: "then" } };
    const { runId } = (await api("POST", "/runs", { flow, input: {} })).body;
    const [link] = await linksOf(runId);
    await api("POST", `/runs/${runId}/pause`, {});
    expect((await submit(pathOf(link?.page), { decision: "approved", "/by": "Ada" })).status).toBe(303);
    expect((await api("GET", `/runs/${runId}`)).body.status).toBe("paused");
    await api("POST", `/runs/${runId}/resume`, {});
    const decided = await result(runId);
    expect(decided).toMatchObject({ result: { approved: true, by: "Ada" } });
    const fork = (await api("POST", `/runs/${runId}/fork`, { from: ["then"] })).body;
    expect(await result(fork.runId)).toEqual(decided);
  });
});

test("RUN-101 without a secret or a public address a step that asks fails, and says what is missing", async () => {
  for (const missing of [{ STEPFLOW_SECRET: "" }, { STEPFLOW_SECRET: SECRET, PUBLIC_URL: "" }]) {
    const bare = await startOrchestrator({ ...bindings(), ...missing });
    try {
      const flow = {
        steps: [{ id: "ask", component: "/builtin/approval", input: { title: "x" } }],
        output: { $step: "ask" },
      };
      const { body } = await bare.call("POST", "/api/v1/runs", { flow, input: {}, wait: true }, bearer);
      expect(body.results[0].result).toMatchObject({
        outcome: "failed",
        error: { code: "ORCHESTRATOR_ERROR", message: expect.stringContaining("set STEPFLOW_SECRET and PUBLIC_URL") },
      });
      expect((await bare.request("/approvals/x")).status).toBe(403);
    } finally {
      await bare.dispose();
    }
  }
});
