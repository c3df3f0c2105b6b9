import { Cron } from "croner";

export type ParsedCron =
  | { readonly kind: "cron"; readonly cron: Cron }
  | { readonly kind: "invalid"; readonly field: "cron" | "timezone"; readonly message: string };

const MAX_LENGTH = 200;
/** Schedules that an isolate knows at once; reading one costs half a millisecond. */
const MAX_KNOWN = 200;
const known = new Map<string, ParsedCron>();

/**
 * A cron expression by the wall clock of a zone (TRIG-50, TRIG-51). One that never comes is invalid too, such as 30 February.
 * A pattern whose second, minute and hour are numbers, lists or ranges names wall times: one in a gap is due at its end, one
 * that comes twice is due once. One with `*` or a step there goes by intervals, and follows the clock through both.
 */
export function parseCron(expression: string, timezone: string): ParsedCron {
  const key = `${timezone}\n${expression}`;
  const found = known.get(key);
  if (found) return found;
  const parsed = read(expression, timezone);
  const [oldest] = known.keys();
  if (known.size >= MAX_KNOWN && oldest !== undefined) known.delete(oldest);
  known.set(key, parsed);
  return parsed;
}

function read(expression: string, timezone: string): ParsedCron {
  if (!isTimezone(timezone))
    return {
      kind: "invalid",
      field: "timezone",
      message: `"${timezone}" is not a time zone: write its IANA name, for example "Europe/Berlin"`,
    };
  if (expression.length > MAX_LENGTH) return invalid(`longer than ${MAX_LENGTH} characters`);
  const fields = expression.trim().split(/\s+/);
  if (!expression.trim().startsWith("@") && fields.length !== 5 && fields.length !== 6)
    return invalid(
      `"${expression}" has ${expression.trim() === "" ? 0 : fields.length} fields: write five (minute hour day month weekday), or six with seconds before them`,
    );
  try {
    const cron = new Cron(expression.trim(), { mode: "5-or-6-parts", timezone, fixedTimeRule: "no-wildcard" });
    // Any pattern that comes at all comes within the 400 years after which the calendar repeats.
    if (cron.nextRun(new Date(0)) === null) return invalid(`"${expression}" never comes`);
    return { kind: "cron", cron };
  } catch (cause) {
    return invalid(`"${expression}" cannot be read: ${faultOf(cause)}`);
  }
}

/** Offsets such as `+02:00` are refused: they are no places, and know no summer. */
function isTimezone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    return new Intl.DateTimeFormat("en-US", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}

function faultOf(cause: unknown): string {
  const message = cause instanceof Error ? cause.message : String(cause);
  // The library counts days and months from zero here.
  const fault = message.replace(/^CronPattern: /, "").replace(/^Syntax error, /, "");
  return fault.replace(
    /^Invalid value for (day|month): (\d+)$/,
    (_, field: string, value: string) => `Invalid value for ${field}: ${Number(value) + 1}`,
  );
}

function invalid(message: string): ParsedCron {
  return { kind: "invalid", field: "cron", message };
}
