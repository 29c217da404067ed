/** Up to this many digits, whole numbers and powers of ten are exact, and their quotient is rounded once. */
const exactDigits = 15;
const powersOfTen = Array.from({ length: exactDigits + 1 }, (_, exponent) => 10 ** exponent);
const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

/**
 * Parses the number from `start` to `end` as `Number` does; NaN if it is not in decimal digits. Most scores
 * have few digits and are parsed without creating a substring.
 */
export function parseDecimal(text: string, start: number, end: number): number {
  const isNegative = text.charCodeAt(start) === 0x2d;
  let [digits, value, point] = [0, 0, -1];
  for (let position = isNegative ? start + 1 : start; position < end; position += 1) {
    const unit = text.charCodeAt(position);
    if (unit >= 0x30 && unit <= 0x39 && digits < exactDigits) {
      value = value * 10 + (unit - 0x30);
      digits += 1;
    } else if (unit === 0x2e && point < 0) {
      point = digits;
    } else {
      return parseSlowly(text.slice(start, end));
    }
  }
  if (digits === 0) return Number.NaN;
  if (point >= 0) value /= powersOfTen[digits - point] ?? 1;
  return isNegative ? -value : value;
}

function parseSlowly(text: string): number {
  return decimal.test(text) ? Number(text) : Number.NaN;
}
