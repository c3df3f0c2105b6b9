import type { Path } from "./expression.ts";

export function equalPaths(a: Path, b: Path): boolean {
  return a.length === b.length && a.every((segment, index) => segment === b[index]);
}
