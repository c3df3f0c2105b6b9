/**
 * One `stepflow` command: a citty definition plus what citty leaves out. Unknown flags and missing values are refused with
 * the nearest known flag, some flags may be given several times, help shows examples, and `run` returns the exit code.
 */
import { type ArgsDef, type CommandDef, type CommandMeta, defineCommand, type ParsedArgs } from "citty";
import { nearestName } from "../core/diagnostics/index.ts";
import { type ExitCode, invalid } from "./exit-code.ts";

/** A command whose arguments are its own affair. */
export type Command = CommandDef<ArgsDef>;

export interface CommandDescription extends CommandMeta {
  readonly name: string;
  readonly description: string;
  readonly examples?: readonly string[];
}

export interface Invocation<Args extends ArgsDef> {
  readonly args: ParsedArgs<Args>;
  /** Positional arguments, in order. */
  readonly positionals: readonly string[];
  /** All values of a flag that may be repeated. */
  every(flag: keyof Args & string): readonly string[];
}

export interface CommandSpec<Args extends ArgsDef> {
  readonly meta: CommandDescription;
  readonly args: Args;
  /** Further positional arguments beyond the named ones are taken. */
  readonly rest?: boolean;
  run(invocation: Invocation<Args>): Promise<ExitCode>;
}

/** Wraps a leaf command; `main` reads the exit code from what citty's `runCommand` returns. */
export function leafCommand<const Args extends ArgsDef>(spec: CommandSpec<Args>): Command {
  const command = defineCommand<Args>({
    meta: spec.meta,
    args: spec.args,
    run: ({ rawArgs, args }): Promise<ExitCode> => {
      const values = readFlags(rawArgs, spec.args);
      const positionals = args._;
      const named = Object.values(spec.args).filter((arg) => arg.type === "positional").length;
      if (spec.rest !== true && positionals.length > named) {
        throw invalid(`unexpected argument "${positionals[named]}"`, `see: stepflow ${spec.meta.name} --help`);
      }
      return spec.run({ args, positionals, every: (flag) => values.get(flag) ?? [] });
    },
  });
  // citty hands `run` the arguments of this very definition; outside, all commands are alike.
  return command as unknown as Command;
}

/** A command that only holds others: `runs`, `flows` and `stepflow` itself. */
export function commandGroup(meta: CommandDescription, subCommands: Readonly<Record<string, Command>>): Command {
  return defineCommand({ meta, subCommands });
}

/** Flag values in the order given. Refuses unknown flags and flags without their value. */
function readFlags(rawArgs: readonly string[], definition: ArgsDef): Map<string, string[]> {
  const flags = flagNames(definition);
  const values = new Map<string, string[]>();
  for (let i = 0; i < rawArgs.length; i++) {
    const token = rawArgs[i] ?? "";
    if (token === "--") break;
    if (!token.startsWith("-") || token === "-") continue;
    const [written = token, attached] = splitOnce(token);
    const found = flags.get(written);
    if (found === undefined) {
      const guess = nearestName(written, flags.keys());
      throw invalid(
        `unknown flag ${written}`,
        guess === undefined ? "see the flags with --help" : `did you mean ${guess}?`,
      );
    }
    if (!found.takesValue) continue;
    const value = attached ?? rawArgs[++i];
    if (value === undefined || value === "") throw invalid(`${written} needs a value`, "see the flags with --help");
    values.set(found.name, [...(values.get(found.name) ?? []), value]);
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

function splitOnce(token: string): [string, string?] {
  const at = token.indexOf("=");
  return at === -1 ? [token] : [token.slice(0, at), token.slice(at + 1)];
}
