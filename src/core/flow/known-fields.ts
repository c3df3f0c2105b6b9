/** The fields of each object of a flow document: canonical names with their older spellings. snake_case is always one. */
export type FieldTable = Readonly<Record<string, readonly string[]>>;

export const FLOW_FIELDS = {
  name: [],
  description: [],
  version: [],
  schemas: [],
  steps: [],
  output: [],
  test: [],
  examples: [],
  metadata: [],
  timeout: [],
  itemTimeout: [],
  maxConcurrency: [],
  schema: ["$schema"],
  inputSchema: [],
  outputSchema: [],
} as const satisfies FieldTable;

export const SCHEMAS_FIELDS = { type: [], $defs: [], properties: [] } as const satisfies FieldTable;
export const SCHEMA_PROPERTIES = { input: [], output: [], variables: [], steps: [] } as const satisfies FieldTable;

export const STEP_FIELDS = {
  id: [],
  component: [],
  onError: [],
  input: [],
  mustExecute: [],
  metadata: [],
  skip: ["skipIf", "skip_if"],
  foreach: ["forEach", "for_each"],
  maxConcurrency: [],
  timeout: [],
  retry: [],
  cache: [],
  compensate: [],
  inputSchema: [],
  outputSchema: [],
} as const satisfies FieldTable;

export const COMPENSATION_FIELDS = { component: [], input: [], timeout: [], retry: [] } as const satisfies FieldTable;

export const ERROR_ACTION_FIELDS = {
  action: [],
  defaultValue: ["defaultOutput", "default_output"],
  maxRetries: [],
} as const satisfies FieldTable;

export const RETRY_FIELDS = { maxAttempts: [], backoff: [], on: [] } as const satisfies FieldTable;
export const BACKOFF_FIELDS = {
  type: [],
  minDelay: ["minDelayMs", "delay", "delayMs"],
  maxDelay: ["maxDelayMs"],
  factor: [],
  jitter: [],
} as const satisfies FieldTable;

export const CACHE_FIELDS = { ttl: [], key: [], scope: [] } as const satisfies FieldTable;

export const TEST_FIELDS = {
  configFile: [],
  config: ["stepflowConfig", "stepflow_config"],
  servers: [],
  cases: [],
} as const satisfies FieldTable;
export const TEST_CASE_FIELDS = { name: [], description: [], input: [], output: [] } as const satisfies FieldTable;
export const EXAMPLE_FIELDS = { name: [], description: [], input: [] } as const satisfies FieldTable;

/** Fields that are older forms themselves: what replaces them says so, whatever their spelling. */
export const OLDER_FIELDS: ReadonlySet<string> = new Set(["inputSchema", "outputSchema"]);

/** `camelCase` → `camel_case`. */
function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** The canonical name of a key, or `undefined` if the table does not know it. */
export function canonicalField(key: string, fields: FieldTable): string | undefined {
  if (Object.hasOwn(fields, key)) return key;
  return Object.keys(fields).find((name) => snakeCase(name) === key || fields[name]?.includes(key));
}

/** Other keys under which a document may hold what a diagnostic's path calls `name`. */
export function spellingsOf(name: string): readonly string[] {
  const aliases = [STEP_FIELDS, ERROR_ACTION_FIELDS, TEST_FIELDS, BACKOFF_FIELDS].flatMap((table: FieldTable) =>
    Object.hasOwn(table, name) ? (table[name] ?? []) : [],
  );
  return [snakeCase(name), ...aliases, ...(name === "condition" ? ["$if"] : [])];
}
