import type { Reporter, TestModule } from "vitest/node";

/** Ends a test run with the plain line `N passed, N failed, N skipped`, which machines read. */
export default class ClosingLineReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const counts = { passed: 0, failed: 0, skipped: 0 };
    for (const module of modules) {
      let failed = 0;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === "pending") continue;
        counts[state] += 1;
        if (state === "failed") failed += 1;
      }
      // A file that broke outside its tests is a failure too.
      if (module.state() === "failed" && failed === 0) counts.failed += 1;
    }
    console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
  }
}
