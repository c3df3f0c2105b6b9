/**
 * One `stepflow` command. citty reads the arguments; what it leaves out is here: unknown flags and missing values are refused
 * with the nearest known flag, some flags may be given several times, and a command ends with an exit code.
 */
import { type ArgsDef, type ParsedArgs, parseArgs } from "citty";
import { nearestName } from "../core/diagnostics/index.ts";
import { type ExitCode, invalid } from "./exit-code.ts";

export interface CommandDescription {
  readonly name: string;
  readonly alias?: string;
  /** One sentence. */
  readonly description: string;
  readonly examples?: readonly string[];
}

export type Command =
  | {
      readonly kind: "leaf";
      readonly about: CommandDescription;
      readonly args: ArgsDef;
      /** `rawArgs`: what stands after the command's name. */
      invoke(rawArgs: readonly string[]): Promise<ExitCode>;
    }
  | { readonly kind: "group"; readonly about: CommandDescription; readonly commands: readonly Command[] };

export interface Invocation<Args extends ArgsDef> {
  readonly args: ParsedArgs<Args>;
  /** Positional arguments, in order. */
  readonly positionals: readonly string[];
  /** All values of a flag that may be repeated. */
  readonly every: (flag: keyof Args & string) => readonly string[];
  /** Flags of `mayBeBare` that were given without a value. */
  readonly bare: ReadonlySet<string>;
}

export interface LeafSpec<Args extends ArgsDef> {
  readonly about: CommandDescription;
  readonly args: Args;
  /** Further positional arguments beyond the named ones are taken. */
  readonly rest?: boolean;
  /** Flags whose value may be left out: `-o` beside `-o FILE` and `--output=FILE`. */
  readonly mayBeBare?: readonly (keyof Args & string)[];
  run(invocation: Invocation<Args>): Promise<ExitCode>;
}

export function leafCommand<const Args extends ArgsDef>(spec: LeafSpec<Args>): Command {
  return {
    kind: "leaf",
    about: spec.about,
    args: spec.args,
    async invoke(allArgs) {
      const { rawArgs, bare } = withoutBareFlags(allArgs, spec.args, new Set(spec.mayBeBare));
      const values = readFlags(rawArgs, spec.args);
      const args = parseArgs<Args>([...rawArgs], spec.args);
      const positionals = args._;
      const named = Object.values(spec.args).filter((arg) => arg.type === "positional").length;
      if (spec.rest !== true && positionals.length > named) {
        throw invalid(`unexpected argument "${positionals[named] ?? ""}"`, "see the arguments with --help");
      }
      return spec.run({ args, positionals, every: (flag) => values.get(flag) ?? [], bare });
    },
  };
}

/** A command that only holds others: `runs`, `flows` and `stepflow` itself. */
export function commandGroup(about: CommandDescription, commands: readonly Command[]): Command {
  return { kind: "group", about, commands };
}

/** Takes out the flags that stand without their value: at the end, or before another flag. */
function withoutBareFlags(
  allArgs: readonly string[],
  definition: ArgsDef,
  mayBeBare: ReadonlySet<string>,
): { readonly rawArgs: readonly string[]; readonly bare: ReadonlySet<string> } {
  const bare = new Set<string>();
  if (mayBeBare.size === 0) return { rawArgs: allArgs, bare };
  const flags = flagNames(definition);
  const end = allArgs.indexOf("--");
  const rawArgs = allArgs.filter((token, index) => {
    const name = end === -1 || index < end ? flags.get(token)?.name : undefined;
    if (name === undefined || !mayBeBare.has(name)) return true;
    const next = allArgs[index + 1];
    if (next !== undefined && !next.startsWith("-")) return true;
    bare.add(name);
    return false;
  });
  return { rawArgs, bare };
}

/** Flag values in the order given. Refuses unknown flags and flags without their value. */
function readFlags(rawArgs: readonly string[], definition: ArgsDef): Map<string, string[]> {
  const flags = flagNames(definition);
  const values = new Map<string, string[]>();
  for (let i = 0; i < rawArgs.length; i++) {
    const token = rawArgs[i] ?? "";
    if (token === "--") break;
    if (!token.startsWith("-") || token === "-") continue;
    const at = token.indexOf("=");
    const written = at === -1 ? token : token.slice(0, at);
    const flag = flags.get(written);
    if (flag === undefined) {
      const guess = nearestName(written, flags.keys());
      throw invalid(
        `unknown flag ${written}`,
        guess === undefined ? "see the flags with --help" : `did you mean ${guess}?`,
      );
    }
    if (!flag.takesValue) continue;
    const value = at === -1 ? rawArgs[++i] : token.slice(at + 1);
    if (value === undefined || value === "") throw invalid(`${written} needs a value`, "see the flags with --help");
    values.set(flag.name, [...(values.get(flag.name) ?? []), value]);
  }
  return values;
}

interface Flag {
  readonly name: string;
  readonly takesValue: boolean;
}

function flagNames(definition: ArgsDef): Map<string, Flag> {
  const flags = new Map<string, Flag>();
  for (const [name, arg] of Object.entries(definition)) {
    if (arg.type === "positional") continue;
    const flag: Flag = { name, takesValue: arg.type !== "boolean" };
    flags.set(`--${name}`, flag);
    if (!flag.takesValue) flags.set(`--no-${name}`, flag);
    const aliases = "alias" in arg && arg.alias !== undefined ? [arg.alias].flat() : [];
    for (const alias of aliases) flags.set(alias.length === 1 ? `-${alias}` : `--${alias}`, flag);
  }
  return flags;
}
