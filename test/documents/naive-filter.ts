type Metadata = Readonly<Record<string, unknown>>;

/** The meaning of a filter, read off its words one by one. */
export function naivelySelects(filter: object, found: Metadata): boolean {
  return Object.entries(filter).every(([key, wanted]) => {
    if (key === "$and") return wanted.every((part: object) => naivelySelects(part, found));
    if (key === "$or") return wanted.some((part: object) => naivelySelects(part, found));
    const value = Object.hasOwn(found, key) ? found[key] : undefined;
    if (typeof wanted !== "object") return compares("$eq", value, wanted);
    return Object.entries(wanted).every(([operator, operand]) =>
      compares(operator, value, operand),
    );
  });
}

function compares(operator: string, found: unknown, wanted: unknown): boolean {
  const value = ofFifteenDigits(found);
  const operand = ofFifteenDigits(wanted);
  const list = Array.isArray(operand) ? operand.map(ofFifteenDigits) : [operand];
  if (operator === "$eq" || operator === "$in") return list.includes(value);
  if (operator === "$ne" || operator === "$nin") return !list.includes(value);
  if (typeof value !== "number" || typeof operand !== "number") return false;
  if (operator === "$gt") return value > operand;
  if (operator === "$gte") return value >= operand;
  return operator === "$lt" ? value < operand : value <= operand;
}

function ofFifteenDigits(value: unknown): unknown {
  return typeof value === "number" && !Number.isInteger(value)
    ? Number(value.toPrecision(15))
    : value;
}
