/**
 * A number as every stage stores and compares it: a fraction has 15 significant digits. Chroma's server
 * reads the last bits of longer ones wrong, so that two equal numbers could differ and others be equal.
 */
export function comparableNumber(value: number): number {
  return Number.isInteger(value) ? value : Number(value.toPrecision(15));
}

/**
 * Whether Chroma's server compares a number, made comparable, with others without an error: a whole number
 * of 64 bits, or a fraction of so few decimals that it divides by their power of ten exactly.
 */
export function isComparedExactly(value: number): boolean {
  return Math.abs(value) < 2 ** 63 && Number(value.toFixed(20)) === value;
}
