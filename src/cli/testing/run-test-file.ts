/** The test cases of one flow document: submitted as one batch run, compared one by one. */
import type { FlowTestCase } from "../../core/flow/index.ts";
import type { FlowResult } from "../../protocol/flow-result.ts";
import { awaitResults, submitFlow } from "../client/submit-flow.ts";
import { reasonOf } from "../exit-code.ts";
import type { LoadedFlow } from "../flow/load-flow.ts";
import type { LocalOrchestrator } from "../runtime/local-orchestrator.ts";
import { compareResults, type Difference } from "./compare-results.ts";

export interface CaseReport {
  readonly testCase: FlowTestCase;
  /** Absent when the run could not be started, or was cancelled. */
  readonly actual?: FlowResult;
  /** Empty: passed. */
  readonly differences: readonly Difference[];
  /** Why there is no result. */
  readonly failure?: string;
}

export interface TestFileOptions {
  readonly cases: readonly FlowTestCase[];
  readonly workingDirectory: string;
  readonly maxConcurrency: number;
}

/** Never throws for what the flow does; a submission that is refused fails every case. */
export async function runTestFile(
  orchestrator: LocalOrchestrator,
  flow: LoadedFlow,
  options: TestFileOptions,
): Promise<readonly CaseReport[]> {
  const { cases, workingDirectory, maxConcurrency } = options;
  try {
    const run = await submitFlow(orchestrator.client, {
      flow,
      inputs: cases.map(({ input }) => input),
      workingDirectory,
      maxConcurrency,
    });
    const { items } = await awaitResults(orchestrator.client, run.runId);
    return cases.map((testCase, index): CaseReport => {
      const actual = items[index]?.result;
      if (actual === undefined) return { testCase, differences: [], failure: "the run was cancelled" };
      return { testCase, actual, differences: compareResults(testCase.output, actual) };
    });
  } catch (error) {
    const failure = reasonOf(error);
    return cases.map((testCase) => ({ testCase, differences: [], failure }));
  }
}

export function hasPassed(report: CaseReport): boolean {
  return report.failure === undefined && report.differences.length === 0;
}
