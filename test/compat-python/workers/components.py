"""What a Python component may do: compute, keep blobs, fail, start runs of other flows."""

import msgspec

from serving import StepflowContext, StepflowServer, serve

server = StepflowServer()


class Number(msgspec.Struct):
    n: int


@server.component
def double(input: Number) -> dict:
    return {"doubled": input.n * 2}


@server.component
async def remember(input: dict, context: StepflowContext) -> dict:
    """Stores its input as a blob and reads it back."""
    blob_id = await context.put_blob(input)
    return {"blob_id": blob_id, "back": await context.get_blob(blob_id)}


@server.component
async def read(input: dict, context: StepflowContext) -> dict:
    """Reads a blob, which may not be there."""
    return {"data": await context.get_blob(input["blob_id"])}


@server.component
def fail(input: dict) -> dict:
    raise ValueError(input["message"])


@server.component
async def third_time_lucky(input: dict, context: StepflowContext) -> dict:
    """Fails until its third attempt."""
    if context.attempt < 3:
        raise RuntimeError(f"attempt {context.attempt} is too early")
    return {"attempt": context.attempt}


@server.component
async def run_flow(input: dict, context: StepflowContext) -> dict:
    """Runs a stored flow for one input. What goes wrong in it goes wrong here."""
    return {"result": await context.evaluate_flow_by_id(input["flow_id"], input["input"])}


@server.component
async def run_flow_for_all(input: dict, context: StepflowContext) -> dict:
    """Runs a stored flow for many inputs, as one run (0.9 and later) or one batch (0.7)."""
    if hasattr(context, "evaluate_run_by_id"):
        results = await context.evaluate_run_by_id(input["flow_id"], input["inputs"])
    else:
        results = await context.evaluate_batch_by_id(input["flow_id"], input["inputs"])
    return {"results": results}


@server.component
async def recover(input: dict, context: StepflowContext) -> dict:
    """Runs a stored flow and says what went wrong in it."""
    try:
        return {"result": await context.evaluate_flow_by_id(input["flow_id"], input["input"])}
    except Exception as error:
        return {"caught": str(error)}


if __name__ == "__main__":
    serve(server)
