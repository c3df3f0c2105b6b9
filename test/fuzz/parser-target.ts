import { parseConfig, serializeConfig } from "../../src/core/config/index.ts";
import { canonicalFlowText, flowIdOf, parseFlow, validateFlow } from "../../src/core/flow/index.ts";
import { equalJson } from "../../src/core/json/equal-json.ts";
import { compilePlan } from "../../src/core/plan/index.ts";
import { checkFlowTypes, inferSchemas } from "../../src/core/types/index.ts";
import type { Json } from "../../src/protocol/json.ts";
import { flowCatalog } from "../core/types/flow-catalog.ts";
import type { Prng } from "../simulation/prng.ts";
import { DOCUMENTS, WORDS } from "./corpus.ts";
import { type FuzzTarget, must } from "./fuzz-target.ts";
import { hostileJson, mutateJson } from "./hostile-json.ts";
import { MAX_CHARACTERS, mutateText } from "./mutate-text.ts";

/** Texts that were documents, texts that never were, and JSON of the right words. */
function makeText(prng: Prng): string {
  switch (prng.weighted({ mutated: 5, near: 3, nearMutated: 1, canonical: 2, noise: 0.3 })) {
    case "mutated":
      return mutateText(prng, prng.pick(DOCUMENTS), DOCUMENTS);
    case "near":
      return JSON.stringify(hostileJson(prng, WORDS, 7)).slice(0, MAX_CHARACTERS);
    case "nearMutated":
      return mutateText(prng, JSON.stringify(hostileJson(prng, WORDS, 6), null, 2), DOCUMENTS);
    case "canonical": {
      const { flow } = parseFlow(prng.pick(DOCUMENTS));
      if (!flow) return "";
      const json: Json = JSON.parse(canonicalFlowText(flow));
      return JSON.stringify(mutateJson(prng, json, WORDS)).slice(0, MAX_CHARACTERS);
    }
    case "noise":
      return Array.from({ length: prng.between(0, 400) }, () => String.fromCharCode(prng.between(0, 0xffff))).join("");
  }
}

/** FLOW-7, FLOW-8, TYPE-13 on texts of every kind. */
export const flowTarget: FuzzTarget = {
  name: "parser",
  make(prng) {
    const text = makeText(prng);
    const format = prng.pick(["yaml", "json", "whatever it is"] as const);
    return { text, run: () => checkFlow(text, format === "whatever it is" ? undefined : format) };
  },
};

function checkFlow(text: string, format: "yaml" | "json" | undefined): void {
  const { flow, diagnostics } = parseFlow(text, format && { format });
  const isFatal = diagnostics.some(({ level }) => level === "fatal");
  must((flow === undefined) === isFatal, "a flow, or a fatal finding that says why there is none");
  for (const { line, column, message } of diagnostics)
    must(message !== "" && (line ?? 1) >= 1 && (column ?? 1) >= 1, "a finding has words, and its place starts at 1");
  if (!flow) return;
  const canonical = canonicalFlowText(flow);
  const { flow: again } = parseFlow(canonical, { format: "json" });
  must(again !== undefined && canonicalFlowText(again) === canonical, "the canonical text reads back as itself");
  const flowId = flowIdOf(canonical);
  const found = validateFlow(flow);
  if (!found.some(({ level }) => level === "fatal")) compilePlan(flowId, flow);
  inferSchemas(flow, checkFlowTypes(flow, { catalog: flowCatalog(flow), strict: true }));
}

/** CONF-2, CONF-9 on texts of every kind. */
export const configTarget: FuzzTarget = {
  name: "config",
  make(prng) {
    const text = makeText(prng);
    return { text, run: () => checkConfig(text) };
  },
};

function checkConfig(text: string): void {
  const { config, diagnostics } = parseConfig(text, { env: { X: "1", HOME: "/home" } });
  const isRefused = diagnostics.some(({ level }) => level === "error" || level === "fatal");
  must((config === undefined) === isRefused, "a configuration, or a reason why there is none");
  if (!config) return;
  const again = parseConfig(serializeConfig(config)).config;
  must(
    again !== undefined && equalJson(JSON.parse(JSON.stringify(again)), JSON.parse(JSON.stringify(config))),
    "the configuration reads back as itself",
  );
}
