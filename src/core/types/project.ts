import { assertNever } from "../../protocol/assert-never.ts";
import type { Path } from "../expression/index.ts";
import { type ArrayShape, type ObjectShape, shapeOf } from "./shape.ts";
import { ANY, NEVER, type Type } from "./type.ts";
import { unionOf } from "./union.ts";

export type Projection =
  | { readonly kind: "found"; readonly type: Type }
  /** No value of the type has it. */
  | {
      readonly kind: "missing";
      readonly segment: string | number;
      /** The property names that are there instead; empty when it is no object. */
      readonly known: readonly string[];
    };

/** The type of what lies at `path` in a value of `type` (TYPE-10). */
export function projectPath(type: Type, path: Path): Projection {
  let current = type;
  for (const segment of path) {
    const step = projectSegment(current, segment, 0);
    if (step.kind === "missing") return step;
    current = step.type;
  }
  return { kind: "found", type: current };
}

/** The type of the elements of an array; Never where it has none. */
export function elementType(type: Type): Type {
  const shape = shapeOf(type);
  if (shape.kind === "union") return unionOf(shape.members.map(elementType));
  if (shape.kind !== "array") return ANY;
  const rest = shape.items ?? ANY;
  return unionOf(shape.prefix.length > 0 ? [...shape.prefix, rest] : [rest]);
}

/** Unions in unions; beyond, nothing is said. */
const MAX_NESTING = 16;

function projectSegment(type: Type, segment: string | number, nesting: number): Projection {
  if (nesting > MAX_NESTING) return found(ANY);
  const shape = shapeOf(type);
  const inEach = (members: readonly Type[]): readonly Projection[] =>
    members.map((member) => projectSegment(member, segment, nesting + 1));
  switch (shape.kind) {
    case "any":
    case "lenient":
      return found(ANY);
    case "never":
      return found(NEVER);
    case "union":
      return projectUnion(inEach(shape.members), segment);
    case "values":
      return projectUnion(
        inEach(shape.values.filter((value) => typeof value === "object").map((value) => ({ kind: "literal", value }))),
        segment,
      );
    case "all":
      return projectAll(inEach(shape.members), segment);
    case "object":
      return projectObject(shape, segment);
    case "array":
      return projectArray(shape, segment);
    case "scalar":
      return { kind: "missing", segment, known: [] };
    default:
      return assertNever(shape);
  }
}

/** Members that have it count; it is missing when none has. */
function projectUnion(projections: readonly Projection[], segment: string | number): Projection {
  const types = projections.flatMap((one) => (one.kind === "found" ? [one.type] : []));
  if (types.length > 0) return found(unionOf(types));
  return {
    kind: "missing",
    segment,
    known: [...new Set(projections.flatMap((one) => (one.kind === "missing" ? one.known : [])))],
  };
}

/** A member that says something of it counts before those that leave it open. */
function projectAll(projections: readonly Projection[], segment: string | number): Projection {
  const types = projections.flatMap((one) => (one.kind === "found" ? [one.type] : []));
  const telling = types.find(({ kind }) => kind !== "any") ?? types[0];
  return telling === undefined ? projectUnion(projections, segment) : found(telling);
}

function projectObject({ properties, rest, isImplied }: ObjectShape, segment: string | number): Projection {
  if (typeof segment === "number") return isImplied ? found(ANY) : { kind: "missing", segment, known: [] };
  const property = properties.get(segment);
  if (property !== undefined) return found(property);
  if (rest !== undefined && rest.kind !== "never") return found(rest);
  // Of an object of which no property is declared nothing can be said.
  if (rest === undefined && properties.size === 0) return found(ANY);
  return { kind: "missing", segment, known: [...properties.keys()] };
}

function projectArray({ prefix, items, isImplied }: ArrayShape, segment: string | number): Projection {
  if (typeof segment === "string") return isImplied ? found(ANY) : { kind: "missing", segment, known: [] };
  const item = prefix[segment] ?? items ?? ANY;
  return item.kind === "never" ? { kind: "missing", segment, known: [] } : found(item);
}

function found(type: Type): Projection {
  return { kind: "found", type };
}
