/**
 * The first of the prompts that the model has; "" if it has none. A default prompt is for texts that are neither
 * queries nor documents.
 *
 * @see `encode_query` and `encode_document` of sentence-transformers
 */
export function promptOf(config: unknown, ...names: readonly string[]): string {
  const prompts: object = Object(Reflect.get(Object(config), "prompts"));
  const name = names.find((each) => Object.hasOwn(prompts, each)) ?? "";
  const prompt: unknown = Reflect.get(prompts, name);
  return typeof prompt === "string" ? prompt : "";
}
