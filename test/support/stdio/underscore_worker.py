"""A stdio worker in the oldest dialect, written against the raw protocol: methods with underscores, `initialize` answers {}.

With --names it lists its components, named as URLs; without, it has no list, and one component whatever its name.
"""
import json
import sys

PREFIX = ""
LISTS = "--names" in sys.argv


def add(operands):
    return {"result": sum(operands), "operation_performed": f"add on {operands}"}


def send(message):
    sys.stdout.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
    sys.stdout.flush()


def ask(method, params):
    send({"id": "ask-1", "method": method, "params": params})
    answer = json.loads(sys.stdin.readline())
    if answer.get("error"):
        raise RuntimeError(answer["error"]["message"])
    return answer["result"]


def execute(params):
    name, data = params["component"], params["input"]
    if LISTS and not name.startswith(f"{PREFIX}://"):
        raise RuntimeError(f"unknown component {name}")
    if name.endswith("keep"):
        blob = ask("put_blob", {"data": data})["blob_id"]
        return {"blob_id": blob, "data": ask("get_blob", {"blob_id": blob})["data"]}
    return add(data["operands"])


def answer(method, params):
    global PREFIX
    if method == "initialize":
        PREFIX = params["protocol_prefix"]
        return {"result": {}, "error": None}
    if method == "list_components" and LISTS:
        return {"result": [f"{PREFIX}://math", f"{PREFIX}://keep"]}
    if method == "component_info":
        return {"result": {"input_schema": {"type": "object", "required": ["operands"]}, "output_schema": {"type": "object"}}}
    if method == "component_execute":
        try:
            return {"result": {"output": execute(params)}, "error": None}
        except Exception as error:
            return {"result": None, "error": {"code": -32000, "message": str(error)}}
    return {"result": None, "error": {"code": -32601, "message": "Method not found"}}


for line in sys.stdin:
    request = json.loads(line)
    if "id" in request:
        send({"id": request["id"], **answer(request["method"], request.get("params"))})
