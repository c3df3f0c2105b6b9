import { equalJson } from "../json/equal-json.ts";
import { typeName } from "./shape.ts";
import { isSubtype } from "./subtype.ts";
import { ANY, NEVER, type Type, typeOfSchema } from "./type.ts";

/** A value that may be as many different things as this is not worth telling apart. */
const MAX_MEMBERS = 32;

/** What a value is that is one of several types: Any if one of them is, Never if there are none. */
export function unionOf(types: readonly Type[]): Type {
  return narrowUnion(types) ?? narrowUnion(types.map(widen)) ?? ANY;
}

/** `undefined`: too many members. */
function narrowUnion(types: readonly Type[]): Type | undefined {
  const members: Type[] = [];
  for (const type of types.flatMap((member) => (member.kind === "union" ? member.members : [member]))) {
    if (type.kind === "any") return ANY;
    if (type.kind === "never" || members.some((known) => isSameType(known, type))) continue;
    members.push(type);
    if (members.length > MAX_MEMBERS) return undefined;
  }
  const kept = members.filter((member) => !isCovered(member, members));
  const [first] = kept;
  if (first === undefined) return NEVER;
  return kept.length === 1 ? first : { kind: "union", members: kept };
}

/** Only the type of a literal, without its value. */
function widen(type: Type): Type {
  return type.kind === "literal" ? typeOfSchema({ type: typeName(type.value) }) : type;
}

/** A literal says nothing new beside a schema that allows it. */
function isCovered(member: Type, members: readonly Type[]): boolean {
  return (
    member.kind === "literal" &&
    members.some((other) => other.kind === "schema" && isSubtype(member, other).kind === "yes")
  );
}

function isSameType(a: Type, b: Type): boolean {
  if (a === b) return true;
  if (a.kind === "literal" && b.kind === "literal") return equalJson(a.value, b.value);
  if (a.kind !== "schema" || b.kind !== "schema") return false;
  return equalJson(a.schema, b.schema) && equalJson(a.root.document, b.root.document);
}
