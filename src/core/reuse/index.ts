export type { ReusedItem } from "./choose-reuse.ts";
export { chooseReuse } from "./choose-reuse.ts";
export type { RecordedEntry, RecordedResult } from "./recording.ts";
export { isRecorded, Recording } from "./recording.ts";
export { reusableSteps } from "./reusable-steps.ts";
