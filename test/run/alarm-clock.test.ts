import { expect, it } from "vitest";
import { AlarmClock } from "../../src/run/alarm-clock.ts";

/** A clock, and an alarm that counts how often it was set. */
function setUp(alarm: number | null = null) {
  const world = { now: 1_000_000, alarm, writes: 0 };
  const storage = {
    getAlarm: async () => world.alarm,
    setAlarm: async (at: number) => {
      world.alarm = at;
      world.writes += 1;
    },
    deleteAlarm: async () => {
      world.alarm = null;
    },
  };
  return { world, clock: new AlarmClock(storage, () => world.now) };
}

it("SIM-8 moves the alarm only earlier", () => {
  const { world, clock } = setUp();
  clock.ringBy(world.now + 5_000);
  clock.ringBy(world.now + 9_000);
  expect(world).toMatchObject({ alarm: world.now + 5_000, writes: 1 });
  clock.ringBy(world.now + 2_000);
  expect(world).toMatchObject({ alarm: world.now + 2_000, writes: 2 });
});

it("SIM-8 sets a lost alarm again at the next wake, once, in the life that armed it", () => {
  const { world, clock } = setUp();
  const due = world.now + 5_000;
  clock.ringBy(due);
  world.now = due + 60_000;
  expect(clock.isLost).toBe(true);
  clock.ringBy(due);
  clock.ringBy(due);
  expect(world).toMatchObject({ alarm: world.now, writes: 2 });
  expect(clock.isLost).toBe(false);
});

it("SIM-8 sets a lost alarm again at the next wake in a later life", async () => {
  const { world, clock } = setUp(1_000_000 - 60_000);
  await clock.load();
  expect(clock.isLost).toBe(true);
  clock.ringBy(world.now + 3_000);
  expect(world).toMatchObject({ alarm: world.now + 3_000, writes: 1 });
});

it("SIM-8 leaves an alarm that is a little late alone", () => {
  const { world, clock } = setUp();
  const due = world.now + 5_000;
  clock.ringBy(due);
  world.now = due + 9_000;
  clock.ringBy(due);
  expect(world.writes).toBe(1);
});
