/** How text for people is styled on one output stream. Colours follow https://no-color.org and FORCE_COLOR. */
export interface Terminal {
  /** Lines may be redrawn. */
  readonly interactive: boolean;
  readonly columns: number;
  write(text: string): void;
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
  cyan(text: string): string;
}

type Stream = Pick<NodeJS.WriteStream, "isTTY" | "columns"> & { write(text: string): unknown };
type Environment = Readonly<Record<string, string | undefined>>;

/** `env` decides with the stream whether there is colour: NO_COLOR wins, then FORCE_COLOR, then whether it is a terminal. */
export function terminal(stream: Stream, env: Environment): Terminal {
  const colour = wantsColour(stream, env);
  const style = (open: number, close: number) => (text: string) =>
    colour ? `\u001b[${open}m${text}\u001b[${close}m` : text;
  return {
    interactive: stream.isTTY && env["TERM"] !== "dumb" && !env["CI"],
    columns: stream.columns ?? 80,
    write: (text) => void stream.write(text),
    bold: style(1, 22),
    dim: style(2, 22),
    red: style(31, 39),
    green: style(32, 39),
    yellow: style(33, 39),
    cyan: style(36, 39),
  };
}

/** The terminal of people: results go to standard output, everything else here. */
export const stderr: Terminal = terminal(process.stderr, process.env);
/** The terminal of results, for commands whose result is a report for people. */
export const stdout: Terminal = terminal(process.stdout, process.env);

function wantsColour(stream: Stream, env: Environment): boolean {
  if (env["NO_COLOR"]) return false;
  if (env["FORCE_COLOR"] !== undefined) return env["FORCE_COLOR"] !== "0";
  return stream.isTTY && env["TERM"] !== "dumb";
}
