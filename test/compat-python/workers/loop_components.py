"""Loops written as components: they run a stored flow once per round, or once per item."""

from serving import StepflowContext, StepflowServer, serve

server = StepflowServer()


@server.component
def counter_step(input: dict) -> dict:
    """One round of counting: the next input until the target is reached, then the result."""
    current, target = input["current"], input["target"]
    if current >= target:
        return {"result": f"Reached target {target}"}
    return {"next": {"current": current + 1, "target": target}}


@server.component
def double_value(input: dict) -> dict:
    return {"result": input["value"] * 2}


@server.component
async def iterate(input: dict, context: StepflowContext) -> dict:
    """Runs a flow again and again on its own `next`, until it gives a `result` or the rounds are used up."""
    value = input["initial_input"]
    limit = input.get("max_iterations", 1000)
    for rounds in range(1, limit + 1):
        outcome = await context.evaluate_flow_by_id(input["flow_id"], value)
        if "result" in outcome:
            return {"result": outcome["result"], "iterations": rounds, "terminated": False}
        value = outcome["next"]
    return {"result": value, "iterations": limit, "terminated": True}


@server.component
async def map(input: dict, context: StepflowContext) -> dict:
    """Runs a flow once per item."""
    return {"results": await context.evaluate_run_by_id(input["flow_id"], input["items"])}


if __name__ == "__main__":
    serve(server)
