/**
 * Whether a double holds the decimal number `source` to every digit it is written with: `0.1`, `1.0`, `9007199254740992` and
 * `0.10000000000000001` yes; `9007199254740993`, twenty digits of pi, `1e999` and `1e-999` no. `source` is JSON number syntax.
 */
export function isExactNumber(source: string): boolean {
  if (source.length < 16 && !/[eE]/.test(source)) return true;
  const number = Number(source);
  if (!Number.isFinite(number)) return false;
  const written = significantDigits(source);
  if (written === "") return true;
  if (number === 0) return false;
  if (significantDigits(String(number)) === written) return true;
  // 100 digits is what `toPrecision` can do, and more than any program writes of a double.
  return written.length <= 100 && significantDigits(number.toPrecision(written.length)) === written;
}

/** The digits without sign, point, exponent and zeros at either end. */
function significantDigits(source: string): string {
  const mantissa = source.replace(/[eE].*$/, "").replaceAll(/[^0-9]/g, "");
  return mantissa.replace(/^0+/, "").replace(/0+$/, "");
}
