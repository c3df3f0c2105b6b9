import { accessSync, constants, existsSync, statSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import type { Subprocess } from "../../core/config/stepflow-config.ts";

/** A program that speaks JSON-RPC on its standard input and output, and where it runs. */
export interface BridgedProgram {
  /** The plugin it belongs to. */
  readonly plugin: string;
  readonly command: string;
  readonly args: readonly string[];
  /** All it sees of an environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Absolute. */
  readonly directory: string;
}

/** Where programs find themselves, their caches and their language: nothing that an API key would be kept in. */
const PASSED_ON = ["PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LC_ALL", "TZ", "TMPDIR"];
const PASSED_ON_BY_WINDOWS = [
  "SystemRoot",
  "ComSpec",
  "PATHEXT",
  "TEMP",
  "TMP",
  "APPDATA",
  "LOCALAPPDATA",
  "USERPROFILE",
];

/** `directory` is where relative paths of the configuration start; `inherited` the environment of this process. */
export function bridgedProgram(
  plugin: string,
  { command, args, env, workingDirectory = "." }: Subprocess,
  directory: string,
  inherited: Readonly<Record<string, string | undefined>>,
): BridgedProgram {
  const passedOn = [...PASSED_ON, ...PASSED_ON_BY_WINDOWS].flatMap((name): [string, string][] => {
    const value = inherited[name];
    return value === undefined ? [] : [[name, value]];
  });
  return {
    plugin,
    command,
    args,
    env: { ...Object.fromEntries(passedOn), ...env },
    directory: resolve(directory, workingDirectory),
  };
}

/** Why the program cannot be started, with what to do about it; `undefined` if it is there. */
export function faultOf(program: BridgedProgram): { readonly message: string; readonly hint: string } | undefined {
  const { plugin, command, directory, env } = program;
  if (!existsSync(directory) || !statSync(directory).isDirectory()) {
    return {
      message: `the plugin "${plugin}" is to run in ${directory}, and there is no such folder`,
      hint: "correct its workingDirectory, which is seen from the configuration file",
    };
  }
  // Windows looks programs up by rules of its own; there the start itself tells.
  if (process.platform === "win32" || isProgram(command, directory, env["PATH"] ?? "")) return undefined;
  return {
    message: `the plugin "${plugin}" starts the program "${command}", which is not there`,
    hint: command.includes("/")
      ? `a path with a slash is seen from ${directory}; it has to be an executable file`
      : "install it, or give its full path as the plugin's command",
  };
}

function isProgram(command: string, directory: string, path: string): boolean {
  const places = command.includes("/")
    ? [resolve(directory, command)]
    : path.split(delimiter).map((folder) => join(resolve(directory, folder), command));
  return places.some((place) => {
    try {
      accessSync(place, constants.X_OK);
      return statSync(place).isFile();
    } catch {
      return false;
    }
  });
}
