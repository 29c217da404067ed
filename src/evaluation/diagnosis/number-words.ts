/** A value of a measure to three decimals: `0.612`. */
export function score(value: number): string {
  return value.toFixed(3);
}

/** A difference with its sign, to three decimals: `+0.089`, `−0.020`; `0.000` if it rounds to zero. */
export function signed(value: number): string {
  return withSign(value, (size) => size.toFixed(3));
}

/** A share of 1 as a percentage, with one decimal below 10: `4.2 %`, `62 %`. */
export function percent(share: number): string {
  const value = 100 * share;
  return `${value.toFixed(Math.abs(value) < 9.95 && value !== 0 ? 1 : 0)} %`;
}

/** A relative change: `+14 %`, `−2.5 %`. */
export function signedPercent(share: number): string {
  return withSign(share, percent);
}

/** A time in milliseconds, whole from 10 on, with one decimal below. */
export function milliseconds(value: number): string {
  return `${value < 9.95 ? value.toFixed(1) : Math.round(value).toLocaleString("en")} ms`;
}

/** A p value to three decimals: `0.042`; smaller values are `< 0.001`. */
export function pValueFigure(pValue: number): string {
  return pValue < 0.001 ? "< 0.001" : pValue.toFixed(3);
}

/** A p value in a sentence: `p = 0.042`, `p < 0.001`. */
export function pValueWords(pValue: number): string {
  const figure = pValueFigure(pValue);
  return figure.startsWith("<") ? `p ${figure}` : `p = ${figure}`;
}

/** `1 question`, `170 questions`. */
export function count(number: number, noun: string, plural: string = `${noun}s`): string {
  return `${number.toLocaleString("en")} ${number === 1 ? noun : plural}`;
}

/** Uses a minus sign instead of a hyphen, which allows a line break and is hard to see. */
function withSign(value: number, words: (size: number) => string): string {
  const size = words(Math.abs(value));
  if (!/[1-9]/.test(size)) return size;
  return value > 0 ? `+${size}` : `−${size}`;
}
