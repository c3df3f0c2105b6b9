/** Which configuration a flow's test cases run with, and the servers of the older dialect they need. */
import { dirname, resolve } from "node:path";
import type { FlowTests } from "../../core/flow/index.ts";
import type { Json } from "../../protocol/json.ts";
import { discoverConfig, TEST_CONFIG_NAMES } from "../config/discover-config.ts";
import { type LocalConfig, loadConfig, readConfig } from "../config/load-config.ts";
import { invalid } from "../exit-code.ts";
import { readSource } from "../input/read-source.ts";
import type { SourceText } from "../report/render-diagnostics.ts";
import type { TestServers } from "../runtime/test-servers.ts";

export interface TestSetting {
  readonly config: LocalConfig;
  /** To be released after the flow's cases. */
  readonly servers?: TestServers;
}

/**
 * `--config`, else `test.configFile`, else `test.config` (inline), else a test configuration beside the flow, else as for
 * `run`. Servers are started first: their addresses go into the configuration.
 */
export async function prepareTestSetting(
  tests: FlowTests,
  directory: string,
  configFlag: string | undefined,
): Promise<TestSetting> {
  if (tests.config !== undefined && tests.configFile !== undefined) {
    throw invalid("test.config and test.configFile exclude each other", "keep one of them");
  }
  const servers = tests.servers === undefined ? undefined : await startServers(tests.servers, directory);
  try {
    const { source, root } = await findSource(tests, directory, configFlag);
    if (source === undefined)
      return { config: await loadConfig({ flowDirectory: directory }), ...(servers && { servers }) };
    const text = servers === undefined ? source.text : servers.substituteText(source.text);
    return { config: readConfig({ ...source, text }, root), ...(servers && { servers }) };
  } catch (error) {
    await servers?.release();
    throw error;
  }
}

/** Loaded only where it is needed: few flows have servers, and every command starts quicker without. */
async function startServers(servers: Json, directory: string): Promise<TestServers> {
  const { startTestServers } = await import("../runtime/test-servers.ts");
  return startTestServers(servers, directory);
}

async function findSource(
  tests: FlowTests,
  directory: string,
  configFlag: string | undefined,
): Promise<{ readonly source: SourceText | undefined; readonly root: string }> {
  const file =
    configFlag ??
    (tests.configFile === undefined
      ? tests.config === undefined
        ? discoverConfig([directory], TEST_CONFIG_NAMES)
        : undefined
      : resolve(directory, tests.configFile));
  if (file !== undefined) return { source: await readSource(file, "configuration"), root: dirname(resolve(file)) };
  if (tests.config === undefined) return { source: undefined, root: directory };
  return { source: { name: "test.config", text: JSON.stringify(tests.config, null, 2) }, root: directory };
}
