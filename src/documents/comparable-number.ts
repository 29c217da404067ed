/**
 * Rounds a number as every stage stores and compares it: fractions have 15 significant digits. Chroma's server
 * misreads the last bits of longer ones, so equal numbers could differ and different ones be equal.
 */
export function comparableNumber(value: number): number {
  return Number.isInteger(value) ? value : Number(value.toPrecision(15));
}

/**
 * Whether Chroma's server compares a rounded number exactly: a whole number of 64 bits, or a fraction with so
 * few decimals that dividing by their power of ten is exact.
 */
export function isComparedExactly(value: number): boolean {
  return Math.abs(value) < 2 ** 63 && Number(value.toFixed(20)) === value;
}
