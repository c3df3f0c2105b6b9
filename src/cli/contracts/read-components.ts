import type { ComponentList } from "../client/api-client.ts";
import type { LocalConfig } from "../config/load-config.ts";
import { type LocalOrchestratorOptions, startLocalOrchestrator } from "../runtime/local-orchestrator.ts";

/**
 * What the components of a configuration are, as an embedded orchestrator with it lists them. A worker that cannot be had is
 * named in `failedPlugins`; the others are listed all the same.
 */
export async function readComponents(
  config: LocalConfig,
  options: Pick<LocalOrchestratorOptions, "workerFlags" | "verbose"> & { readonly schemas: boolean },
): Promise<ComponentList> {
  const { schemas, ...others } = options;
  const orchestrator = await startLocalOrchestrator(config, { ...others, partial: true });
  const list = await orchestrator.client.components({ excludeSchemas: !schemas });
  await orchestrator.release();
  return list;
}
