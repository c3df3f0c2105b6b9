import { describe, expect, test } from "vitest";
import { execute, output } from "./execute.ts";

describe("classify", () => {
  const rules = [
    { label: "billing", terms: [{ term: "invoice" }, { term: "refund", weight: 2 }, { term: "charg*" }] },
    { label: "access", terms: [{ term: "log in" }, { term: "password" }, { term: "invoice", weight: -1 }] },
  ];

  test.each([
    ["one label", "My PASSWORD is gone", "access", 1],
    ["weights and word beginnings", "You charged me; refund!", "billing", 3],
    ["terms of several words", "I cannot log in", "access", 1],
    ["no part of a word", "passwords logging", null, 0],
    ["a negative weight", "password invoice", "billing", 1],
    ["no term", "Hello there", null, 0],
    ["nothing", "", null, 0],
  ])("goes by %s", async (_, text, label, score) => {
    expect(await output("classify", { text, rules })).toMatchObject({ label, score });
  });

  test("says how it came to the label", async () => {
    expect(await output("classify", { text: "refund refund password", rules })).toEqual({
      label: "billing",
      score: 4,
      confidence: 0.8,
      scores: [
        { label: "billing", score: 4, matched: [{ term: "refund", count: 2 }] },
        { label: "access", score: 1, matched: [{ term: "password", count: 1 }] },
      ],
    });
  });

  test("gives the default label to what reaches no minimum", async () => {
    const input = { text: "password", rules, min_score: 2, default_label: "other" };
    expect(await output("classify", input)).toMatchObject({ label: "other", score: 0, confidence: 0 });
    expect(await output("classify", { text: "x", rules: [] })).toMatchObject({ label: null, scores: [] });
  });

  test("compares accents however they are written", async () => {
    const accented = [{ label: "food", terms: [{ term: "cafe\u0301" }] }];
    expect(await output("classify", { text: "Ein CAFÉ", rules: accented })).toMatchObject({ label: "food" });
  });

  test("refuses a label twice and names every fault of a rule", async () => {
    const twice = await execute("classify", { text: "x", rules: [rules[0], rules[0]] });
    expect(twice).toEqual({
      kind: "invalid_input",
      faults: [{ pointer: "/rules/1/label", message: "is used by an earlier rule already" }],
    });
    const faulty = await execute("classify", { text: 1, rules: [{ label: "", terms: [{ term: 7 }] }] });
    expect(faulty).toEqual({
      kind: "invalid_input",
      faults: [
        { pointer: "/text", message: "must be a string, not 1" },
        { pointer: "/rules/0/label", message: "must not be empty" },
        { pointer: "/rules/0/terms/0/term", message: "must be a string, not 7" },
      ],
    });
  });
});

describe("merge_analyses", () => {
  const piece = (weight: number, summary: string, ...keywords: (readonly [string, number, number])[]) => ({
    outcome: "success",
    result: {
      weight,
      summary,
      keywords: keywords.map(([phrase, score, count]) => ({ phrase, score, count })),
      extra: true,
    },
  });

  test("weighs the scores of the pieces and keeps their order", async () => {
    const results = [
      piece(3, "First.", ["bees", 4, 2], ["honey", 1, 1]),
      { outcome: "failed", error: {} },
      piece(1, "Second.", ["bees", 8, 1]),
      piece(0, "First."),
    ];
    expect(await output("merge_analyses", { results })).toEqual({
      keywords: [
        { phrase: "bees", score: 8.466, count: 3, pieces: 2 },
        { phrase: "honey", score: 0.75, count: 1, pieces: 1 },
      ],
      summaries: ["First.", "Second."],
      text: "First.\n\nSecond.",
      merged: 3,
      left_out: 1,
    });
  });

  test.each([
    ["nothing", []],
    ["only failures", [{ outcome: "failed" }, { outcome: "skipped" }]],
    ["pieces without weight or content", [piece(0, "")]],
  ])("copes with %s", async (_, results) => {
    expect(await output("merge_analyses", { results })).toMatchObject({ keywords: [], summaries: [], text: "" });
  });

  test("a phrase named like an object's own machinery is a phrase", async () => {
    const { keywords } = await output("merge_analyses", {
      results: [piece(1, "", ["__proto__", 1, 1], ["constructor", 1, 1])],
    });
    expect(keywords.map(({ phrase }: { phrase: string }) => phrase).sort()).toEqual(["__proto__", "constructor"]);
  });
});

describe("flaky", () => {
  test("fails by the attempt number and then passes the value on", async () => {
    const input = { fail_times: 2, key: "k", value: { a: [1] } };
    expect(await execute("flaky", input, 1)).toMatchObject({
      kind: "failed",
      message: "k failed on attempt 1 of 2 that fail",
    });
    expect(await execute("flaky", input, 2)).toMatchObject({
      kind: "failed",
      data: { key: "k", attempt: 2, fail_times: 2 },
    });
    expect(await execute("flaky", input, 3)).toEqual({
      kind: "success",
      output: { attempt: 3, key: "k", value: { a: [1] } },
    });
  });

  test("never fails with fail_times 0", async () => {
    expect(await output("flaky", { fail_times: 0 })).toEqual({ attempt: 1, key: "flaky", value: null });
  });
});

describe("lookup", () => {
  test.each(["lease", " Lease ", "LEASE"])("finds %j", async (term) => {
    expect(await output("lookup", { term })).toMatchObject({ term: "lease", see_also: ["queue"] });
  });

  test("fails with the nearest terms", async () => {
    expect(await execute("lookup", { term: "leasing" })).toEqual({
      kind: "failed",
      message: 'The glossary has no entry for "leasing"; did you mean lease?',
      data: { term: "leasing", nearest: ["lease"] },
    });
    expect(await execute("lookup", { term: "x" })).toMatchObject({ kind: "failed", data: { nearest: [] } });
    expect(await execute("lookup", { term: "" })).toMatchObject({ kind: "invalid_input" });
  });
});
