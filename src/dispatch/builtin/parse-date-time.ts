const RFC_3339 = /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?)([Zz]|[+-]\d{2}:\d{2})$/;

/** Epoch milliseconds of an RFC 3339 date and time; `undefined` if it is none, or there is no such day. */
export function parseDateTime(text: string): number | undefined {
  const [, year, month, day, time, offset] = RFC_3339.exec(text) ?? [];
  if (time === undefined || offset === undefined) return undefined;
  // `Date` would take 30 February for 2 March.
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  if (date.getUTCDate() !== Number(day) || date.getUTCMonth() !== Number(month) - 1) return undefined;
  const at = Date.parse(`${year}-${month}-${day}T${time}${offset.toUpperCase()}`);
  return Number.isNaN(at) ? undefined : at;
}
