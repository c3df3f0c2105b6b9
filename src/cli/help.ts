/** `--help` of a command: what it does, its arguments, flags, sub-commands and examples, in columns. */
import type { ArgDef, ArgsDef } from "citty";
import type { Command } from "./command.ts";
import type { Terminal } from "./report/terminal.ts";

type Row = readonly [left: string, right: string];

/** `path` is how the command was reached: `["stepflow", "runs", "get"]`. */
export function renderHelp(command: Command, path: readonly string[], out: Terminal): string {
  const { about } = command;
  const sections = [
    `${about.description}\n`,
    `${out.bold("Usage:")} ${[path.join(" "), ...usage(command)].join(" ")}\n`,
    ...(command.kind === "group"
      ? [section(out, "Commands", command.commands.map(commandRow))]
      : argumentSections(command.args, out)),
    section(
      out,
      "Examples",
      (about.examples ?? []).map((example) => [example, ""]),
    ),
    ...(command.kind === "group" ? [`More on one command: ${path.join(" ")} <command> --help\n`] : []),
  ];
  return sections.filter((text) => text !== "").join("\n");
}

function usage(command: Command): string[] {
  if (command.kind === "group") return ["<command>"];
  const positionals = Object.entries(command.args).filter(([, arg]) => arg.type === "positional");
  return [
    ...positionals.map(([name, arg]) =>
      arg.required === false ? `[${name.toUpperCase()}]` : `<${name.toUpperCase()}>`,
    ),
    "[flags]",
  ];
}

function argumentSections(args: ArgsDef, out: Terminal): string[] {
  const all = Object.entries(args);
  const positionals = all.filter(([, arg]) => arg.type === "positional");
  const flags = all.filter(([, arg]) => arg.type !== "positional");
  return [
    section(
      out,
      "Arguments",
      positionals.map(([name, arg]) => [name.toUpperCase(), arg.description ?? ""]),
    ),
    section(out, "Flags", [...flags.map(([name, arg]) => flagRow(name, arg)), ["-h, --help", "this text"]]),
  ];
}

function commandRow({ about }: Command): Row {
  return [about.alias === undefined ? about.name : `${about.name}, ${about.alias}`, about.description];
}

function flagRow(name: string, arg: ArgDef): Row {
  const aliases = "alias" in arg && arg.alias !== undefined ? [arg.alias].flat() : [];
  const short = aliases.filter((alias) => alias.length === 1).map((alias) => `-${alias}, `);
  const value =
    arg.type === "enum"
      ? ` ${arg.options?.join("|") ?? "VALUE"}`
      : arg.type === "boolean"
        ? ""
        : ` ${arg.valueHint ?? "VALUE"}`;
  const negatable = arg.type === "boolean" && arg.negativeDescription !== undefined;
  const otherwise = arg.default === undefined || arg.default === false ? "" : ` (default ${String(arg.default)})`;
  const negative = negatable ? `; --no-${name}: ${arg.negativeDescription}` : "";
  return [`${short.join("")}--${name}${value}`, `${arg.description ?? ""}${negative}${otherwise}`];
}

function section(out: Terminal, title: string, rows: readonly Row[]): string {
  if (rows.length === 0) return "";
  const width = Math.min(34, Math.max(...rows.map(([left]) => left.length)));
  const lines = rows.map(([left, right]) => `  ${out.cyan(left.padEnd(width))}  ${right}`.trimEnd());
  return `${out.bold(`${title}:`)}\n${lines.join("\n")}\n`;
}
