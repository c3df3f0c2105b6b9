import type { Json, JsonObject } from "../../protocol/json.ts";
import { isObject } from "../flow/field-reader.ts";
import { ANY, type SchemaRoot, type Type, typeInside } from "./type.ts";

/** A reference may lead to a reference, but not round in circles. */
const MAX_HOPS = 32;

/**
 * Follows the `$ref` of a schema inside its own document, or to a definition of the flow (TYPE-9). What cannot be followed
 * (another document, an anchor, a circle, nothing there) is Any, so that it never causes a false error.
 */
export function resolveReference(type: Type): Type {
  let current = type;
  for (let hops = 0; hops < MAX_HOPS; hops++) {
    if (current.kind !== "schema") return current;
    const reference = current.schema["$ref"];
    if (reference === undefined) return current;
    const target = typeof reference === "string" ? find(reference, current.root) : undefined;
    if (target === undefined) return ANY;
    current = typeInside(target, current.root);
  }
  return ANY;
}

function find(reference: string, { document, definitions }: SchemaRoot): Json | undefined {
  if (!reference.startsWith("#")) return undefined;
  const pointer = readPointer(reference.slice(1));
  if (pointer === undefined) return undefined;
  const own = valueAtPointer(document, pointer);
  if (own !== undefined || definitions === undefined) return own;
  const shared: JsonObject = { $defs: definitions };
  return valueAtPointer(shared, pointer);
}

/** The keys of a JSON Pointer in a URI fragment; `undefined` for anything else, such as an anchor. */
function readPointer(fragment: string): readonly string[] | undefined {
  if (fragment === "") return [];
  if (!fragment.startsWith("/")) return undefined;
  try {
    return fragment
      .slice(1)
      .split("/")
      .map((key) => decodeURIComponent(key).replaceAll("~1", "/").replaceAll("~0", "~"));
  } catch {
    return undefined;
  }
}

function valueAtPointer(document: Json, pointer: readonly string[]): Json | undefined {
  let current: Json | undefined = document;
  for (const key of pointer) {
    if (Array.isArray(current)) current = /^\d+$/.test(key) ? current[Number(key)] : undefined;
    else if (current !== undefined && isObject(current) && Object.hasOwn(current, key)) current = current[key];
    else return undefined;
  }
  return current;
}
