import { expect, it } from "vitest";
import { Watchdog } from "../../src/run/watchdog.ts";

it("RUN-134 looks after held calls a second after the last left, then twice as long each time, half a minute at most", () => {
  const watchdog = new Watchdog();
  const delays: number[] = [];
  for (let ring = 0; ring < 7; ring++) {
    delays.push(watchdog.delay({ started: 1 }));
    watchdog.backOff({ started: 1 });
  }
  expect(delays).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  expect(watchdog.delay({ started: 2 })).toBe(1_000);
  watchdog.backOff({ started: 3 });
  expect(watchdog.delay({ started: 2 })).toBe(1_000);
});
