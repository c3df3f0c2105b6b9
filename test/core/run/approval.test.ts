import { describe, expect, it } from "vitest";
import type { ApprovalLinks, ApprovalTicket } from "../../../src/core/ports/approval-links.ts";
import { type ApprovalHistory, tellApproval } from "../../../src/core/run/approval-history.ts";
import type { SignalCommand } from "../../../src/core/run/command.ts";
import { toMessage } from "../../../src/core/run/event-message.ts";
import { readSnapshot, writeSnapshot } from "../../../src/core/run/snapshot.ts";
import { MemoryRun, type MemoryRunOptions } from "../../support/memory-run.ts";

const HOUR = 3_600_000;
const TASK = { run: 0, item: 0, step: 0 };

/** Links that can be read: what is signed and how is the business of its adapter. */
const links: ApprovalLinks = {
  issue({ taskId, asking, approver = "anybody" }: ApprovalTicket) {
    const page = `https://x.test/${taskId.split("/").slice(1).join(".")}.${asking}.${approver}`;
    return { page, approve: `${page}?approved`, reject: `${page}?rejected` };
  },
};

function asking(input: string, more = "", after = ""): string {
  return `steps:\n  - { id: a, component: /builtin/approval, input: ${input}${more} }\n${after}output: { $step: ${after === "" ? "a" : "b"} }`;
}

function start(flow: string, options: MemoryRunOptions = {}): MemoryRun {
  return MemoryRun.start(flow, { approvalLinks: links, ...options });
}

type Deciding = Partial<Extract<SignalCommand, { kind: "decide_approval" }>>;
function decide(run: MemoryRun, decision: "approved" | "rejected", more: Deciding = {}): void {
  run.post({ kind: "decide_approval", task: TASK, asking: 1, decision, rejectFails: false, ...more });
}

function kinds(run: MemoryRun): string[] {
  return run.entries.map(({ event }) => event.kind);
}

function history(run: MemoryRun, of = 1): ApprovalHistory {
  return run.entries.reduce<ApprovalHistory>((told, entry) => tellApproval(told, entry, TASK, of), {});
}

describe("approval", () => {
  it("RUN-96 waits, over restarts, for one decision and gives it", async () => {
    const run = start(asking("{ title: Ship it? }"));
    expect(run.dueAt).toBe(run.now + 72 * HOUR);
    await run.reload();
    run.advance(HOUR);
    decide(run, "approved", { by: "ada", comment: "fine", data: { n: 1 } });
    const at = new Date(run.now).toISOString();
    const result = { approved: true, decision: "approved", by: "ada", comment: "fine", data: { n: 1 }, at };
    expect(run.results()).toEqual([{ outcome: "success", result }]);
    expect(run.entries.find(({ event }) => event.kind === "approval_decided")?.event).toMatchObject({ by: "ada" });
  });

  it("RUN-96 fails with TIMEOUT at its time, and is asked again only by the step's own retry", () => {
    const run = start(
      asking(
        "{ title: Ship it?, timeout: 1h }",
        ", retry: { maxAttempts: 2, backoff: { type: constant, minDelay: 1000 } }",
      ),
    );
    run.advance(HOUR + 1000);
    decide(run, "approved");
    expect(run.status).toBe("running");
    expect(history(run)).toMatchObject({ end: { kind: "over", reason: "it was not decided in time" } });
    decide(run, "approved", { asking: 2 });
    expect(run.results()).toMatchObject([{ outcome: "success", result: { approved: true } }]);
    const once = start(asking("{ title: Ship it?, timeout: 1h }"));
    once.advance(HOUR);
    expect(once.results()).toMatchObject([
      {
        outcome: "failed",
        error: { code: "TIMEOUT", message: `step 'a': nobody decided on the approval within ${HOUR} ms` },
      },
    ]);
  });

  it("RUN-97 the first decision counts; what comes later, or for another asking, changes nothing", () => {
    const run = start(asking("{ title: Ship it? }", "", "  - { id: b, component: /w/b, input: { $step: a } }\n"));
    decide(run, "approved", { asking: 2 });
    decide(run, "approved", { task: { ...TASK, step: 1 } });
    expect(kinds(run)).not.toContain("approval_decided");
    decide(run, "rejected", { by: "ada" });
    const before = run.entries.length;
    decide(run, "approved", { by: "bob" });
    expect(run.entries).toHaveLength(before);
    expect(run.call("b").call.input).toMatchObject({ approved: false, decision: "rejected", by: "ada" });
    expect(history(run).end?.kind).toBe("decided");
  });

  it("RUN-97 a cancel, or the end of its item, closes it, and its history says so", () => {
    const cancelled = start(asking("{ title: Ship it? }"));
    cancelled.post({ kind: "cancel_run", run: 0 });
    decide(cancelled, "approved");
    expect(cancelled.status).toBe("cancelled");
    expect(history(cancelled)).toMatchObject({ awaits: true, end: { kind: "over", reason: "the run was cancelled" } });
    const failing = start(
      `steps:
  - { id: a, component: /builtin/approval, input: { title: Ship it? } }
  - { id: b, component: /w/b }
output: [{ $step: a }, { $step: b }]
itemTimeout: 1m`,
    );
    failing.advance(60_000);
    decide(failing, "approved");
    expect(failing.results()).toMatchObject([{ outcome: "failed", error: { code: "TIMEOUT" } }]);
    expect(history(failing)).toMatchObject({ end: { kind: "over", reason: "what asked for it has ended" } });
  });

  it("RUN-97 elements of a foreach are asked for one by one; state and snapshot agree", async () => {
    const run = start(asking("{ title: { $item: $ } }", ", foreach: { $input: $ }"), { inputs: [["x", "y"]] });
    const text = JSON.stringify(writeSnapshot(run.engine.tree));
    const again = readSnapshot(JSON.parse(text), run.engine.plans);
    expect(JSON.stringify(writeSnapshot(again))).toBe(text);
    await run.reload();
    decide(run, "rejected", { task: { ...TASK, element: 1 } });
    decide(run, "approved", { task: { ...TASK, element: 0 } });
    expect(run.results()).toMatchObject([
      { outcome: "success", result: [{ decision: "approved" }, { decision: "rejected" }] },
    ]);
  });

  it("RUN-101 fails at once where links cannot be signed", () => {
    const run = MemoryRun.start(asking("{ title: Ship it?, notify: { component: /w/tell } }"));
    expect(run.results()).toEqual([
      {
        outcome: "failed",
        error: {
          code: "ORCHESTRATOR_ERROR",
          message: "approvals need signed links: set STEPFLOW_SECRET and PUBLIC_URL of the orchestrator",
        },
      },
    ]);
    expect(run.calls).toEqual([]);
  });

  it.each([
    ["{ message: x }", /title/],
    ['{ title: "" }', /\/title/],
    ["{ title: x, approvers: [] }", /\/approvers/],
    ["{ title: x, approvers: [a, a] }", /\/approvers/],
    ["{ title: x, form: { $literal: { type: string } } }", /\/form: the schema of an object is needed/],
    ["{ title: x, form: { $literal: { $ref: '#/nowhere' } } }", /\/form: not a usable JSON Schema/],
    ["{ title: x, timeout: soon }", /\/timeout: not a duration/],
    ["{ title: x, on_reject: perhaps }", /\/on_reject/],
    ["{ title: x, notify: {} }", /\/notify/],
    ["{ title: x, notify: { component: /builtin/sleep } }", /\/notify\/component: \/builtin\/sleep cannot notify/],
    ["{ title: x, notify: { component: /builtin/approval } }", /cannot notify/],
  ])("RUN-96 refuses %s as INVALID_INPUT", (input, message) => {
    const [result] = start(asking(input)).results();
    expect(result).toMatchObject({ outcome: "failed", error: { code: "INVALID_INPUT" } });
    expect(JSON.stringify(result)).toMatch(message);
  });

  it("RUN-100 a rejection that fails the step is not retried; onError counts", () => {
    const retried = ", retry: { maxAttempts: 3 }";
    const run = start(asking("{ title: x, on_reject: fail }", retried));
    decide(run, "rejected", { by: "ada", comment: "too soon", rejectFails: true });
    expect(run.results()).toMatchObject([
      {
        outcome: "failed",
        error: {
          code: "COMPONENT_FAILED",
          message: "rejected by ada: too soon",
          data: { decision: "rejected", by: "ada" },
        },
      },
    ]);
    const lenient = start(asking("{ title: x }", ", onError: { action: useDefault, defaultValue: no }"));
    decide(lenient, "rejected", { rejectFails: true });
    expect(lenient.results()).toEqual([{ outcome: "success", result: "no" }]);
  });

  it("RUN-105 a paused run takes a decision, and goes on when it is resumed", async () => {
    const run = start(asking("{ title: x }", "", "  - { id: b, component: /w/b, input: { $step: a } }\n"));
    run.post({ kind: "pause_run", by: "request" });
    decide(run, "approved");
    expect(kinds(run)).toContain("approval_decided");
    expect(run.calls).toEqual([]);
    await run.reload();
    run.post({ kind: "resume_run", by: "request" });
    expect(run.calledSteps()).toEqual(["b"]);
  });

  it("RUN-135 an approval may be asked of a compensation, and undone by one", () => {
    const run = start(`steps:
  - id: a
    component: /builtin/approval
    input: { title: x }
    compensate: { component: /builtin/approval, input: { title: Undone? } }
  - { id: b, component: /w/b, input: { $step: a } }
output: { $step: b }`);
    decide(run, "approved");
    run.fail(run.call("b"));
    const undo = { ...TASK, undo: true } as const;
    expect(run.status).toBe("running");
    decide(run, "approved", { task: undo });
    expect(run.status).toBe("failed");
    expect(run.summary()?.compensations).toMatchObject({ total: 1, completed: 1 });
    const told = run.entries.reduce<ApprovalHistory>((before, entry) => tellApproval(before, entry, undo, 1), {});
    expect(told.end?.kind).toBe("decided");
  });
});

describe("notify", () => {
  const told =
    "{ title: Ship it?, approvers: [ada, bob], timeout: 1h, notify: { component: /w/tell, input: { to: all } } }";

  it("RUN-98 RUN-99 is called with a link for each approver, then the wait begins", async () => {
    const run = start(asking(told));
    const { input } = run.call("a").call;
    expect(input).toMatchObject({
      to: "all",
      links: [
        { approver: "ada", page: "https://x.test/0.0.1.ada", approve: "https://x.test/0.0.1.ada?approved" },
        { approver: "bob", reject: "https://x.test/0.0.1.bob?rejected" },
      ],
    });
    run.advance(60_000);
    run.succeed(run.call("a"), "told");
    expect(run.dueAt).toBe(run.now + HOUR);
    await run.reload();
    expect(run.calls).toEqual([]);
    const row = run.entries.find(({ event }) => event.kind === "signal_awaited");
    expect(row && toMessage(run.engine.tree, row, { title: "Ship it?", onReject: "continue" }, links)).toMatchObject({
      type: "step_waiting",
      approval: { title: "Ship it?", links: [{ page: "https://x.test/0.0.1.anybody" }] },
    });
    expect(row && toMessage(run.engine.tree, row, { title: "Ship it?", onReject: "continue" })).toMatchObject({
      approval: { links: [] },
    });
    decide(run, "approved", { by: "bob" });
    expect(run.results()).toMatchObject([{ outcome: "success", result: { by: "bob" } }]);
  });

  it("RUN-99 is retried and sent again like any attempt, with links of the same asking", async () => {
    const run = start(asking(told));
    const { input, idempotencyKey } = run.call("a").call;
    await run.reload();
    expect(run.call("a").call).toMatchObject({ input, idempotencyKey, attempt: 2 });
    run.fail(run.call("a"), "UNREACHABLE");
    await run.reload();
    expect(run.calls).toEqual([]);
    run.advance(1000);
    expect(run.call("a").call).toMatchObject({ input, attempt: 3 });
    expect(run.call("a").call.idempotencyKey).not.toBe(idempotencyKey);
    run.succeed(run.call("a"), null);
    expect(kinds(run).at(-1)).toBe("signal_awaited");
    decide(run, "approved", { asking: 3 });
    expect(run.status).toBe("running");
    decide(run, "approved");
    expect(run.status).toBe("completed");
  });

  it("RUN-99 fails its step when it has failed for good, and nobody can decide any more", () => {
    const run = start(asking(told));
    run.fail(run.call("a"), "COMPONENT_FAILED", "no such channel");
    expect(run.results()).toMatchObject([
      { outcome: "failed", error: { code: "COMPONENT_FAILED", message: "no such channel" } },
    ]);
    decide(run, "approved");
    expect(run.status).toBe("failed");
    expect(history(run)).toMatchObject({ end: { reason: "the people to ask could not be told of it" } });
    const unroutable = start(asking("{ title: x, notify: { component: /nowhere/x } }"));
    expect(unroutable.results()).toMatchObject([{ outcome: "failed", error: { code: "ORCHESTRATOR_ERROR" } }]);
  });

  it("RUN-99 a decision that comes while it is under way, or backs off, counts and stops it", () => {
    const run = start(asking(told));
    const call = run.call("a");
    decide(run, "approved", { by: "ada" });
    expect(run.results()).toMatchObject([{ outcome: "success", result: { by: "ada" } }]);
    expect(run.aborted).toMatchObject([{ task: TASK, attempt: 1 }]);
    run.succeed(call, "late");
    expect(kinds(run)).not.toContain("signal_awaited");
    const backing = start(asking(told));
    backing.fail(backing.call("a"), "UNREACHABLE");
    decide(backing, "rejected", { by: "bob" });
    expect(backing.results()).toMatchObject([{ outcome: "success", result: { decision: "rejected" } }]);
    expect(backing.dueAt).toBeUndefined();
  });

  it("RUN-99 can be a builtin that runs at once", () => {
    const run = start(asking("{ title: x, notify: { component: /builtin/noop } }"));
    expect(kinds(run)).toContain("signal_awaited");
    decide(run, "approved");
    expect(run.status).toBe("completed");
  });
});

it("RUN-97 the history of another task, item or asking is another one", () => {
  const run = start(asking("{ title: x }"), { inputs: [1, 2] });
  decide(run, "approved");
  expect(history(run, 2)).not.toHaveProperty("requestSeq");
  const other = { ...TASK, item: 1 };
  expect(run.entries.reduce<ApprovalHistory>((told, entry) => tellApproval(told, entry, other, 1), {})).toMatchObject({
    awaits: true,
  });
});
