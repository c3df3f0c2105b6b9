/** The engine broke a rule. */
class SimulationFailure extends Error {
  override readonly name = "SimulationFailure";
}

export function check(holds: boolean, message: () => string): asserts holds {
  if (!holds) throw new SimulationFailure(message());
}
