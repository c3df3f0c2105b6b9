/** What the process ends with: 0 the flow succeeded, 1 it failed, was skipped or cancelled, 2 invalid flow, input or usage. */
export type ExitCode = 0 | 1 | 2;

/**
 * A failure that is the user's to mend. The message says what was wrong and where, the hint what to do; `main` prints both
 * without a stack. Everything else that is thrown is a bug and is printed with its stack.
 */
export class CommandFailure extends Error {
  readonly exitCode: ExitCode;
  readonly hint: string | undefined;

  constructor(
    message: string,
    options: { readonly exitCode?: ExitCode; readonly hint?: string; readonly cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = "CommandFailure";
    this.exitCode = options.exitCode ?? 1;
    this.hint = options.hint;
  }
}

/** A flag, an argument, a flow or an input that cannot be used: exit code 2. */
export function invalid(message: string, hint?: string): CommandFailure {
  return new CommandFailure(message, { exitCode: 2, ...(hint === undefined ? {} : { hint }) });
}

/** What something thrown says of itself. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
