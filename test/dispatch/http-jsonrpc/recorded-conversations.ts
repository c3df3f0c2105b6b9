/** Conversations with unmodified Python workers, message by message (worker-protocols §A10); ids written out. */
import type { Json } from "../../../src/protocol/json.ts";
import type { Conversation } from "./recorded-worker.ts";

const D3 = '{"id":"{{id}}","result":{"serverProtocolVersion":1,"supportsBlobRefs":true},"jsonrpc":"2.0"}';
const D1_D2 = '{"id":"{{id}}","result":{"server_protocol_version":1},"jsonrpc":"2.0"}';

/** The flow that nested runs are of, and the run that the orchestrator answers with. */
export const FLOW_ID = "b".repeat(64);
export const CHILD_RUN_ID = "019bf0d2-2222-7000-8000-000000000000";
/** SHA-256 of `{"k":{"a":1}}`. */
export const BLOB_ID = "99ac2d56f7908bca16438d62572c1e75d3d7cfeac13a41cb5ed1c054d17ca79e";

const PUT_ID = "10736f1e-5c0a-4e55-9d3b-0c8f7b1e2a41";
const GET_ID = "ba5c2d77-8a41-4c2e-b7f0-93d1e6a5c018";
const SUBMIT_ID = "05b1e4aa-1f63-4b8d-8c57-2e90d4c7b6f3";
const POLL_ID = "977f0c3e-6d2b-4a19-a5e8-b14c0f9d7e62";

const RUN: Json = {
  runId: CHILD_RUN_ID,
  flowId: FLOW_ID,
  status: "completed",
  items: { total: 1, completed: 1, running: 0, failed: 0, cancelled: 0 },
  createdAt: "2026-01-01T00:00:00.000Z",
};
const RUN_WITH_RESULTS: Json = {
  ...RUN,
  results: [{ itemIndex: 0, status: "completed", result: { outcome: "success", result: { v: 0 } } }],
};

const submit = (key: string, wait: boolean): string =>
  `{"jsonrpc":"2.0","id":"${SUBMIT_ID}","method":"runs/submit","params":{"flowId":"${FLOW_ID}","inputs":[{"a":1}],${key}"wait":${wait},"maxConcurrency":null,"overrides":null,"observability":null}}`;
const SUBFLOW_KEY = '"subflowKey":"5f6ae737-a5bd-5437-94ca-ce5a13846fda",';

function blobby(version: string, blobId: string): Conversation {
  return {
    title: `blobs put and got by callbacks (${version})`,
    initialize: D1_D2,
    execute: {
      params: { component: "/blobby", input: { a: 1 } },
      reply: {
        kind: "stream",
        drops: false,
        steps: [
          {
            kind: "event",
            data: `{"jsonrpc":"2.0","id":"${PUT_ID}","method":"blobs/put","params":{"data":{"k":{"a":1}},"blob_type":"data","observability":null}}`,
          },
          { kind: "answer", id: PUT_ID, result: { blob_id: blobId } },
          {
            kind: "event",
            data: `{"jsonrpc":"2.0","id":"${GET_ID}","method":"blobs/get","params":{"blob_id":"${blobId}","observability":null}}`,
          },
          { kind: "answer", id: GET_ID, result: { data: { k: { a: 1 } }, blob_type: "data" } },
          {
            kind: "event",
            data: `{"id":"{{id}}","result":{"output":{"id":"${blobId}","back":{"k":{"a":1}}}},"jsonrpc":"2.0"}`,
          },
        ],
      },
    },
  };
}

function nested(version: string, initialize: string, key: string, drops: boolean): Conversation {
  return {
    title: `a nested run, waited for (${version})`,
    initialize,
    execute: {
      params: { component: "/nested", input: { flow_id: FLOW_ID } },
      reply: {
        kind: "stream",
        drops,
        steps: [
          { kind: "event", data: submit(key, true) },
          { kind: "answer", id: SUBMIT_ID, result: RUN_WITH_RESULTS },
          { kind: "event", data: '{"id":"{{id}}","result":{"output":{"r":{"v":0}}},"jsonrpc":"2.0"}' },
        ],
      },
    },
  };
}

export interface Played {
  readonly conversation: Conversation;
  readonly componentId: string;
  readonly input: Json;
  readonly output: Json;
}

export const CONVERSATIONS: readonly Played[] = [
  {
    componentId: "/double",
    input: { n: 4 },
    output: { doubled: 8, note: null },
    conversation: {
      title: "a simple component (0.11.2)",
      initialize: D3,
      execute: {
        params: {
          component: "/double",
          input: { n: 4 },
          attempt: 1,
          observability: { run_id: "019bf0d2-1111-7000-8000-000000000000", flow_id: "f".repeat(64), step_id: "s1" },
        },
        reply: {
          kind: "plain",
          body: '{"id":"{{id}}","result":{"output":{"doubled":8,"note":null}},"jsonrpc":"2.0"}',
        },
      },
    },
  },
  {
    componentId: "/blobby",
    input: { a: 1 },
    output: { id: BLOB_ID, back: { k: { a: 1 } } },
    conversation: blobby("0.9.2", BLOB_ID),
  },
  {
    componentId: "/blobby",
    input: { a: 1 },
    output: { id: BLOB_ID, back: { k: { a: 1 } } },
    conversation: blobby("0.7.0", BLOB_ID),
  },
  {
    componentId: "/nested",
    input: { flow_id: FLOW_ID },
    output: { r: { v: 0 } },
    conversation: nested("0.11.2, the connection dropped after the last event", D3, SUBFLOW_KEY, true),
  },
  {
    componentId: "/nested",
    input: { flow_id: FLOW_ID },
    output: { r: { v: 0 } },
    conversation: nested("0.9.2, without a sub-flow key", D1_D2, "", false),
  },
  {
    componentId: "/later",
    input: {},
    output: { v: 0 },
    conversation: {
      title: "a run submitted, then polled (0.11.2)",
      initialize: D3,
      execute: {
        params: { component: "/later" },
        reply: {
          kind: "stream",
          drops: true,
          steps: [
            { kind: "event", data: submit(SUBFLOW_KEY, false) },
            { kind: "answer", id: SUBMIT_ID, result: RUN },
            {
              kind: "event",
              data: `{"jsonrpc":"2.0","id":"${POLL_ID}","method":"runs/get","params":{"runId":"${CHILD_RUN_ID}","wait":true,"includeResults":true,"resultOrder":"by_index","observability":null}}`,
            },
            { kind: "answer", id: POLL_ID, result: RUN_WITH_RESULTS },
            { kind: "event", data: '{"id":"{{id}}","result":{"output":{"v":0}},"jsonrpc":"2.0"}' },
          ],
        },
      },
    },
  },
  {
    componentId: "/evaluates",
    input: {},
    output: { r: { v: 0 } },
    conversation: {
      title: "a flow evaluated (0.7.0)",
      initialize: D1_D2,
      execute: {
        params: { component: "/evaluates" },
        reply: {
          kind: "stream",
          drops: false,
          steps: [
            {
              kind: "event",
              data: `{"jsonrpc":"2.0","id":"${SUBMIT_ID}","method":"flows/evaluate","params":{"flow_id":"${FLOW_ID}","input":{"a":1},"observability":null}}`,
            },
            { kind: "answer", id: SUBMIT_ID, result: { result: { outcome: "success", result: { v: 0 } } } },
            { kind: "event", data: '{"id":"{{id}}","result":{"output":{"r":{"v":0}}},"jsonrpc":"2.0"}' },
          ],
        },
      },
    },
  },
];

export const LISTING: Conversation = {
  title: "the handshake and the list (0.11.2)",
  initialize: D3,
  list: '{"id":"{{id}}","result":{"components":[{"component":"/udf","description":"Runs code from a blob","input_schema":{"$ref":"#/$defs/UdfInput","$defs":{"UdfInput":{"title":"UdfInput","type":"object","properties":{"blob_id":{"type":"string"},"input":{"type":"object"}},"required":["blob_id","input"]}}},"output_schema":{}},{"component":"/blobby","description":null,"input_schema":{"type":"object"},"output_schema":{"type":"object"}}]},"jsonrpc":"2.0"}',
};

/** Errors as they were recorded, and what they are to the step. */
export const ERRORS: readonly {
  readonly title: string;
  readonly status?: number;
  readonly body: string;
  readonly streams?: true;
  readonly error: object;
}[] = [
  {
    title: "a component that raises (0.11.2)",
    body: '{"id":"{{id}}","error":{"code":-32100,"message":"Component execution failed: custom","data":{}},"jsonrpc":"2.0"}',
    error: { code: "COMPONENT_FAILED", message: "Component execution failed: custom", data: {} },
  },
  {
    title: "an input of the wrong type (0.11.2)",
    body: '{"id":"{{id}}","error":{"code":-32100,"message":"Component execution failed: Expected `int`, got `str` - at `$.n`","data":{}},"jsonrpc":"2.0"}',
    error: {
      code: "COMPONENT_FAILED",
      message: "Component execution failed: Expected `int`, got `str` - at `$.n`",
      data: {},
    },
  },
  {
    title: "an unknown component (0.11.2)",
    body: `{"id":"{{id}}","error":{"code":-32001,"message":"Component 'Component '/nope' not found' not found","data":{"component":"Component '/nope' not found"}},"jsonrpc":"2.0"}`,
    error: { code: "COMPONENT_NOT_FOUND", message: "Component 'Component '/nope' not found' not found" },
  },
  {
    title: "a request without a required field (0.11.2)",
    status: 400,
    body: '{"error":{"code":-32600,"message":"Failed to decode message: Object missing required field `attempt`"}}',
    error: { code: "WORKER_ERROR", message: "Failed to decode message: Object missing required field `attempt`" },
  },
  {
    title: "an unknown method (0.11.2)",
    status: 400,
    body: `{"error":{"code":-32600,"message":"Failed to decode message: Invalid enum value 'foo/bar' - at \`$.method\`"}}`,
    error: { code: "WORKER_ERROR", message: "Failed to decode message: Invalid enum value 'foo/bar' - at `$.method`" },
  },
  {
    title: "a component that raises (0.9.2)",
    streams: true,
    body: '{"id":"{{id}}","error":{"code":-32003,"message":"Component execution failed: custom","data":{}},"jsonrpc":"2.0"}',
    error: { code: "COMPONENT_FAILED", message: "Component execution failed: custom", data: {} },
  },
];
export const DIALECTS = { D3, D1_D2 } as const;
