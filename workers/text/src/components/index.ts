import type { Component } from "../component.ts";
import { chunk } from "./chunk.ts";
import { classify } from "./classify.ts";
import { detectLanguage } from "./detect-language.ts";
import { extractKeywords } from "./extract-keywords.ts";
import { flaky } from "./flaky.ts";
import { lookup } from "./lookup.ts";
import { mergeAnalyses } from "./merge-analyses.ts";
import { normalize } from "./normalize.ts";
import { redact } from "./redact.ts";
import { renderReport } from "./render-report.ts";
import { shorten } from "./shorten.ts";
import { splitSentences } from "./split-sentences.ts";
import { statistics } from "./statistics.ts";
import { summarize } from "./summarize.ts";

/** What this worker offers, in the order in which it is listed. */
export const components: readonly Component[] = [
  chunk,
  classify,
  detectLanguage,
  extractKeywords,
  flaky,
  lookup,
  mergeAnalyses,
  normalize,
  redact,
  renderReport,
  shorten,
  splitSentences,
  statistics,
  summarize,
];
