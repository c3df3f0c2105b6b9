/** `--help` of a command: what it does, its arguments, flags, sub-commands and examples, in columns. */
import type { ArgDef, ArgsDef } from "citty";
import type { Command, CommandDescription } from "./command.ts";
import { type Terminal, terminal } from "./report/terminal.ts";

type Row = readonly [left: string, right: string];

/** `path` is how the command was reached: `["stepflow", "runs", "get"]`. */
export function renderHelp(command: Command, path: readonly string[], out: Terminal = stdout): string {
  const meta = command.meta as CommandDescription;
  const args = Object.entries((command.args ?? {}) as ArgsDef);
  const positionals = args.filter(([, arg]) => arg.type === "positional");
  const flags = args.filter(([, arg]) => arg.type !== "positional");
  const groups = Object.entries((command.subCommands ?? {}) as Record<string, Command>);

  const usage = [
    path.join(" "),
    ...(groups.length > 0 ? ["<command>"] : []),
    ...positionals.map(([name, arg]) =>
      arg.required === false ? `[${name.toUpperCase()}]` : `<${name.toUpperCase()}>`,
    ),
    ...(flags.length > 0 ? ["[flags]"] : []),
  ];
  const sections = [
    `${meta.description}\n`,
    `${out.bold("Usage:")} ${usage.join(" ")}\n`,
    section(
      out,
      "Commands",
      groups.map(([name, sub]) => commandRow(name, sub.meta as CommandDescription)),
    ),
    section(
      out,
      "Arguments",
      positionals.map(([name, arg]) => [name.toUpperCase(), arg.description ?? ""]),
    ),
    section(out, "Flags", [...flags.map(([name, arg]) => flagRow(name, arg)), ["-h, --help", "this text"]]),
    section(
      out,
      "Examples",
      (meta.examples ?? []).map((example) => [example, ""]),
    ),
  ];
  if (groups.length > 0) sections.push(`More on one command: ${path.join(" ")} <command> --help\n`);
  return sections.filter((text) => text !== "").join("\n");
}

const stdout = terminal(process.stdout, process.env);

function commandRow(name: string, meta: CommandDescription): Row {
  return [[name, ...[meta.alias ?? []].flat()].join(", "), meta.description];
}

function flagRow(name: string, arg: ArgDef): Row {
  const aliases = "alias" in arg && arg.alias !== undefined ? [arg.alias].flat() : [];
  const short = aliases.filter((alias) => alias.length === 1).map((alias) => `-${alias}, `);
  const value =
    arg.type === "enum" ? ` ${arg.options?.join("|")}` : arg.type === "boolean" ? "" : ` ${arg.valueHint ?? "VALUE"}`;
  const otherwise = arg.default === undefined || arg.default === false ? "" : ` (default ${String(arg.default)})`;
  return [`${short.join("")}--${name}${value}`, `${arg.description ?? ""}${otherwise}`];
}

function section(out: Terminal, title: string, rows: readonly Row[]): string {
  if (rows.length === 0) return "";
  const width = Math.min(34, Math.max(...rows.map(([left]) => left.length)));
  const lines = rows.map(([left, right]) => `  ${out.cyan(left.padEnd(width))}  ${right}`.trimEnd());
  return `${out.bold(`${title}:`)}\n${lines.join("\n")}\n`;
}
