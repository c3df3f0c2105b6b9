import { writeFile } from "node:fs/promises";
import { basename } from "node:path";
import type { FlowTestCase } from "../../core/flow/index.ts";
import type { Json } from "../../protocol/json.ts";
import { leafCommand } from "../command.ts";
import { configArgs, localArgs, wholeNumber } from "../command-flags.ts";
import { CONFIG_NAMES, TEST_CONFIG_NAMES } from "../config/discover-config.ts";
import { CommandFailure, invalid } from "../exit-code.ts";
import { acceptFlow, type ReadFlow, readFlow } from "../flow/load-flow.ts";
import { duration } from "../report/run-progress.ts";
import { writeToStandardOutput } from "../report/run-report.ts";
import { stdout } from "../report/terminal.ts";
import { findTestFiles } from "../testing/find-test-files.ts";
import { normalizeResult, resultDocument } from "../testing/normalize-result.ts";
import { OrchestratorPool } from "../testing/orchestrator-pool.ts";
import { renderCase } from "../testing/render-case.ts";
import { type CaseReport, hasPassed, runTestFile } from "../testing/run-test-file.ts";
import { prepareTestSetting } from "../testing/test-config.ts";
import { updateCases } from "../testing/update-cases.ts";

export const testCommand = leafCommand({
  about: {
    name: "test",
    description: "Run the test cases that flows carry, in an embedded orchestrator; ends with 1 if one fails.",
    examples: [
      "stepflow test flows/",
      "stepflow test flow.yaml --case 'empty input' --diff",
      "stepflow test flow.yaml --update",
    ],
  },
  args: {
    path: { type: "positional", description: "flow documents, or folders of them; several may be given" },
    ...configArgs,
    ...localArgs,
    case: { type: "string", valueHint: "NAME", description: "only the cases of this name; may be repeated" },
    update: {
      type: "boolean",
      description: "write the actual output into the documents, for cases that fail or have none",
    },
    diff: { type: "boolean", description: "show failures as a difference of lines" },
    "max-concurrency": {
      type: "string",
      alias: "max-concurrent",
      valueHint: "N",
      default: "10",
      description: "tasks in flight over the cases of a flow",
    },
  },
  rest: true,
  async run({ args, positionals, every }) {
    const startedAt = performance.now();
    const files = await findTestFiles(positionals);
    const pool = new OrchestratorPool({ workerFlags: every("worker"), verbose: args["log-level"] === "info" });
    const session: Session = {
      pool,
      config: args.config,
      names: every("case"),
      maxConcurrency: wholeNumber("max-concurrency", args["max-concurrency"]) ?? 10,
      diff: args.diff === true,
      update: args.update === true,
    };
    const reports: (readonly CaseReport[])[] = [];
    for (const file of files) {
      const report = await testFile(file, session);
      if (report !== undefined) reports.push(report);
    }
    await pool.release();
    if (reports.length === 0) return nothingToTest(session);
    return summary(reports.flat(), reports.length, performance.now() - startedAt);
  },
});

interface Session {
  readonly pool: OrchestratorPool;
  readonly config: string | undefined;
  readonly names: readonly string[];
  readonly maxConcurrency: number;
  readonly diff: boolean;
  readonly update: boolean;
}

/** Undefined for a document that is no flow or has none of the cases. */
async function testFile(file: string, session: Session): Promise<readonly CaseReport[] | undefined> {
  if (isConfig(file)) return undefined;
  const read = await readFlow(file);
  if (read.flow === undefined && !namesFlowSchema(read)) {
    await writeToStandardOutput(`${file}: ${stdout.dim("skipped (not a flow)")}\n`);
    return undefined;
  }
  const tests = read.flow?.test;
  const cases = (tests?.cases ?? []).filter(({ name }) => session.names.length === 0 || session.names.includes(name));
  if (read.flow !== undefined && (tests === undefined || cases.length === 0)) return undefined;
  await writeToStandardOutput(
    `----------\n${stdout.bold(file)}: running ${cases.length} test case${cases.length === 1 ? "" : "s"} (max concurrency ${session.maxConcurrency})\n`,
  );
  const reports = await runCases(read, cases, session);
  for (const report of reports) await writeToStandardOutput(renderCase(report, { diff: session.diff, out: stdout }));
  await writeToStandardOutput(`${file}: ${reports.filter(hasPassed).length}/${reports.length} passed\n`);
  if (session.update) await updateFile(file, read, reports);
  return reports;
}

async function runCases(
  read: ReadFlow,
  cases: readonly FlowTestCase[],
  session: Session,
): Promise<readonly CaseReport[]> {
  try {
    const flow = acceptFlow(read);
    const tests = flow.flow.test;
    if (tests === undefined) return [];
    const { config, servers } = await prepareTestSetting(tests, flow.directory, session.config);
    try {
      const orchestrator = await session.pool.get(config);
      return await runTestFile(orchestrator, flow, {
        cases,
        workingDirectory: config.workingDirectory,
        maxConcurrency: session.maxConcurrency,
      });
    } finally {
      await servers?.release();
    }
  } catch (error) {
    if (!(error instanceof CommandFailure)) throw error;
    const failure = error.hint === undefined ? error.message : `${error.message}\nhint: ${error.hint}`;
    const unnamed: FlowTestCase = { name: "(the document)", input: null };
    return (cases.length === 0 ? [unnamed] : cases).map((testCase) => ({
      testCase,
      differences: [],
      failure: failure.replaceAll("\n", "\n      "),
    }));
  }
}

async function updateFile(file: string, read: ReadFlow, reports: readonly CaseReport[]): Promise<void> {
  const outputs = reports.flatMap((report): [string, Json][] => {
    if (report.actual === undefined || (hasPassed(report) && report.testCase.output !== undefined)) return [];
    return [[report.testCase.name, normalizeResult(resultDocument(report.actual))]];
  });
  if (outputs.length === 0) return;
  await writeFile(file, updateCases(read.source.text, new Map(outputs)));
  await writeToStandardOutput(`${stdout.yellow("updated")} ${outputs.map(([name]) => name).join(", ")} in ${file}\n`);
}

async function nothingToTest(session: Session): Promise<0> {
  if (session.names.length > 0)
    throw invalid(`no test case is called ${session.names.map((name) => `"${name}"`).join(" or ")}`);
  await writeToStandardOutput("No workflow files found\n");
  return 0;
}

async function summary(reports: readonly CaseReport[], files: number, ms: number): Promise<0 | 1> {
  const failed = reports.filter((report) => !hasPassed(report)).length;
  const verdict =
    failed === 0 ? stdout.green(`${reports.length} test(s) passed`) : stdout.red(`${failed} test(s) failed`);
  await writeToStandardOutput(
    `=== Test Summary ===\n${verdict}, ${reports.length - failed}/${reports.length} in ${files} file(s), ${duration(ms)}\n`,
  );
  return failed === 0 ? 0 : 1;
}

/** Configurations lie beside flows; they are no flows that went wrong. */
function isConfig(file: string): boolean {
  return [...CONFIG_NAMES, ...TEST_CONFIG_NAMES].some((name) => name === basename(file));
}

/** The reference's mark of a document that means to be a flow, broken or not. */
function namesFlowSchema(read: ReadFlow): boolean {
  return /^\s*"?schema"?\s*:\s*["']?https:\/\/stepflow\.org\/schemas\/v1\/flow\.json["']?,?\s*$/m.test(
    read.source.text,
  );
}
