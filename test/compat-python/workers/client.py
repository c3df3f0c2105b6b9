"""Uses an orchestrator through the SDK's own client, and prints what came of it as JSON."""

import asyncio
import json
import sys

from stepflow_py import StepflowClient

DOUBLE = {
    "name": "double",
    "description": "Doubles a number.",
    "schemas": {
        "type": "object",
        "properties": {"variables": {"type": "object", "properties": {"key": {"type": "string", "env_var": "SOME_KEY"}}}},
    },
    "steps": [{"id": "double", "component": "/python/double", "input": {"n": {"$input": "n"}}}],
    "output": {"$step": "double"},
}


def outcome(item: dict) -> dict:
    """What is worth comparing of an item: it also has a time."""
    return {"index": item["itemIndex"], "status": item["status"], "result": item["result"]}


async def main(url: str) -> dict:
    async with StepflowClient.connect(url) as client:
        stored = await client.store_flow(DOUBLE)
        dry = await client.store_flow({**DOUBLE, "name": "other"}, dry_run=True)
        done = await client.run(stored.flow_id, [{"n": 1}, {"n": 2}], populate_variables_from_env=True)
        submitted = await client.submit(stored.flow_id, {"n": 3}, variables={"key": "k"}, max_concurrency=1)
        details = await client.get_run(submitted.run_id, wait=True, wait_timeout=20)
        failed = await client.run(stored.flow_id, [{"n": 4}, {"n": "x"}])
        return {
            "healthy": await client.is_healthy(),
            "stored": stored.stored,
            "warnings": [finding.kind for finding in stored.diagnostics.diagnostics],
            "dry": dry.stored,
            "done": {"status": done.status, "results": [outcome(result.model_dump(by_alias=True)) for result in done.results]},
            "submitted": submitted.status,
            "details": {"status": details.status, "items": details.items.to_dict(), "flow": details.flow_name},
            "items": [outcome(item) for item in await client.get_run_items(submitted.run_id)],
            "failed": {
                "status": failed.status,
                "items": [outcome(item) for item in await client.get_run_items(failed.run_id)],
            },
        }


print(json.dumps(asyncio.run(main(sys.argv[1]))))
