import { expect, test } from "vitest";
import { MAX_PROGRESS_CHARACTERS, readProgress } from "../../src/protocol/progress.ts";

const read = (sign: Parameters<typeof readProgress>[0]) => {
  const answer = readProgress(sign);
  return answer.kind === "progress" ? answer.progress : answer.kind;
};

test("RUN-160 a share from 0 to 1, a message and details; anything else under `progress` is details", () => {
  expect(read({ progress: 0 })).toEqual({ progress: 0 });
  expect(read({ progress: 1, message: "done", details: [1] })).toEqual({ progress: 1, message: "done", details: [1] });
  expect(read({ progress: 40 })).toEqual({ details: 40 });
  expect(read({ progress: { page: 3 } })).toEqual({ details: { page: 3 } });
  expect(read({ progress: -0.1, details: "d" })).toEqual({ details: "d" });
});

test("RUN-160 a bare sign of life tells nothing, and more than 16 KiB is too much", () => {
  expect(read({})).toBe("none");
  expect(read({ progress: null, message: "", details: undefined })).toBe("none");
  expect(read({ details: "x".repeat(MAX_PROGRESS_CHARACTERS) })).toBe("too_large");
  expect(read({ details: "x".repeat(MAX_PROGRESS_CHARACTERS - 20) })).toHaveProperty("details");
});
