/**
 * The schema of a flow's input, from how the flow uses it (TYPE-15): every path that an expression takes out of the input,
 * with the type that the component expects there.
 */
import { assertNever } from "../../protocol/assert-never.ts";
import type { Json, JsonObject } from "../../protocol/json.ts";
import { type Expression, formatPath, type Path } from "../expression/index.ts";
import type { Flow } from "../flow/flow.ts";
import type { FlowTypes } from "./check-flow-types.ts";
import { describeType } from "./describe-type.ts";
import { elementType, projectPath } from "./project.ts";
import { isSubtype } from "./subtype.ts";
import { ANY, type Type } from "./type.ts";
import { schemaOfType } from "./type-schema.ts";

export interface InferredInput {
  /** Absent when the flow does not look at its input. */
  readonly schema?: Json;
  /** One sentence for each place that is expected to be two different things. */
  readonly conflicts: readonly string[];
}

/** One place in the input. */
interface Place {
  readonly path: Path;
  /** What those who take it expect; no Any. */
  readonly expected: Type[];
  isUsed: boolean;
  isRequired: boolean;
  readonly properties: Map<string, Place>;
  elements: Place | undefined;
}

/** Builds the schema; `types` is what checking the flow gave. */
export function inferInput(flow: Flow, types: FlowTypes): InferredInput {
  const root = newPlace([]);
  for (const step of flow.steps) {
    const expected = types.steps.get(step.id)?.expected ?? ANY;
    const elements = step.foreach === undefined ? undefined : elementsPlace(step.foreach, root);
    if (step.skip) note(step.skip, ANY, false, { root, elements: undefined });
    if (step.foreach) note(step.foreach, ANY, true, { root, elements: undefined });
    note(step.input, expected, true, { root, elements });
    if (step.compensate) note(step.compensate.input, ANY, false, { root, elements });
    if (step.cache?.key) note(step.cache.key, ANY, true, { root, elements });
  }
  note(flow.output, ANY, true, { root, elements: undefined });
  const conflicts: string[] = [];
  const schema = root.isUsed ? placeSchema(root, conflicts) : undefined;
  return { ...(schema !== undefined && { schema }), conflicts };
}

interface Usage {
  readonly root: Place;
  /** What `$item` is, where the `foreach` goes over a part of the input. */
  readonly elements: Place | undefined;
}

/** `isCertain`: it is evaluated whenever what it stands in is, and its failure is a failure. */
function note(expression: Expression, expected: Type, isCertain: boolean, usage: Usage): void {
  switch (expression.kind) {
    case "input":
      take(usage.root, expression.path, expected, isCertain);
      return;
    case "item":
      if (usage.elements) take(usage.elements, expression.path, expected, isCertain);
      return;
    case "object":
      for (const [key, value] of expression.entries) note(value, partOf(expected, key), isCertain, usage);
      return;
    case "array":
      for (const item of expression.items) note(item, elementType(expected), isCertain, usage);
      return;
    case "if":
      note(expression.condition, ANY, false, usage);
      note(expression.then, expected, false, usage);
      if (expression.else) note(expression.else, expected, false, usage);
      return;
    case "coalesce":
      for (const [index, item] of expression.items.entries()) note(item, expected, isCertain && index === 0, usage);
      return;
    case "variable":
      if (expression.default) note(expression.default, expected, false, usage);
      return;
    case "step":
      if (expression.onSkip.kind === "use_default") note(expression.onSkip.value, expected, false, usage);
      return;
    case "template":
      for (const part of expression.parts) if (typeof part !== "string") note(part, ANY, isCertain, usage);
      return;
    case "literal":
    case "index":
      return;
    default:
      assertNever(expression);
  }
}

function partOf(type: Type, key: string): Type {
  const projection = projectPath(type, [key]);
  return projection.kind === "found" ? projection.type : ANY;
}

function take(from: Place, path: Path, expected: Type, isCertain: boolean): void {
  let place = from;
  place.isUsed = true;
  for (const segment of path) {
    place = typeof segment === "number" ? elementsOf(place) : propertyOf(place, segment);
    place.isUsed = true;
    place.isRequired ||= isCertain;
  }
  if (expected.kind !== "any") place.expected.push(expected);
}

function elementsPlace(foreach: Expression, root: Place): Place | undefined {
  if (foreach.kind !== "input") return undefined;
  let place = root;
  for (const segment of foreach.path)
    place = typeof segment === "number" ? elementsOf(place) : propertyOf(place, segment);
  return elementsOf(place);
}

function newPlace(path: Path): Place {
  return { path, expected: [], isUsed: false, isRequired: false, properties: new Map(), elements: undefined };
}

function propertyOf(place: Place, name: string): Place {
  const property = place.properties.get(name) ?? newPlace([...place.path, name]);
  place.properties.set(name, property);
  return property;
}

function elementsOf(place: Place): Place {
  place.elements ??= newPlace([...place.path, 0]);
  return place.elements;
}

function placeSchema(place: Place, conflicts: string[]): Json {
  if (place.properties.size > 0) {
    const required = [...place.properties].flatMap(([name, { isRequired }]) => (isRequired ? [name] : []));
    const properties = [...place.properties].map(([name, property]): [string, Json] => [
      name,
      placeSchema(property, conflicts),
    ]);
    const schema: JsonObject = { type: "object", properties: Object.fromEntries(properties) };
    return required.length > 0 ? { ...schema, required } : schema;
  }
  if (place.elements) {
    const items = place.elements.isUsed ? placeSchema(place.elements, conflicts) : {};
    return { type: "array", items };
  }
  return expectedSchema(place, conflicts);
}

/** The narrowest of what is expected; nothing where expectations do not go together. */
function expectedSchema({ path, expected }: Place, conflicts: string[]): Json {
  let [narrowest, ...others] = expected;
  for (const other of others) {
    if (narrowest === undefined || isSubtype(narrowest, other).kind !== "no") continue;
    if (isSubtype(other, narrowest).kind === "no") {
      conflicts.push(`${formatPath(path)} is expected to be ${describeType(narrowest)} and ${describeType(other)}`);
      return {};
    }
    narrowest = other;
  }
  return (narrowest && schemaOfType(narrowest)) ?? {};
}
