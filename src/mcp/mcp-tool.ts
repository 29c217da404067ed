import type { Static, TSchema } from "typebox";
import type { TLocalizedValidationError } from "typebox/error";
import { Value } from "typebox/value";
import type { CallToolResult } from "@modelcontextprotocol/sdk/types.js";
import { describe, RetrievalError } from "../errors.ts";
import { nearestName } from "../options.ts";

/** The JSON Schema of an object. */
export type ObjectSchema = TSchema & { readonly type: "object"; readonly properties: object };

/** What a model calls. */
export interface McpTool {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly inputSchema: ObjectSchema;
  readonly outputSchema: ObjectSchema;
  /** @throws `invalid-input` if the arguments do not fit `inputSchema`; the signal's reason if it is aborted */
  call(args: unknown, signal: AbortSignal): Promise<CallToolResult>;
}

/**
 * Returns the arguments of a tool if they fit its schema.
 *
 * @throws `invalid-input` with the name of the first wrong argument
 */
export function requireArguments<Schema extends ObjectSchema>(
  tool: string,
  schema: Schema,
  args: unknown,
): Static<Schema> {
  if (Value.Check(schema, args)) return args;
  const errors = Value.Errors(schema, args);
  const known = Object.keys(schema.properties);
  throw new RetrievalError("invalid-input", problemOf(tool, mostTelling(errors), { args, known }));
}

/** The error that names an unknown argument, or else the first: TypeBox reports the argument's value before it. */
function mostTelling(
  errors: readonly TLocalizedValidationError[],
): TLocalizedValidationError | undefined {
  return errors.find(({ keyword }) => keyword === "additionalProperties") ?? errors[0];
}

function problemOf(
  tool: string,
  error: TLocalizedValidationError | undefined,
  { args, known }: { readonly args: unknown; readonly known: readonly string[] },
): string {
  if (error?.keyword === "additionalProperties") {
    const [name = ""] = error.params.additionalProperties;
    const meant = nearestName(name, known);
    const question = meant === undefined ? "" : ` Did you mean \`${meant}\`?`;
    return `Expected only arguments of \`${tool}\` (${known.join(", ")}), got ${describe(name)}.${question}`;
  }
  if (error?.keyword === "required") {
    const missing = error.params.requiredProperties.map((name) => `\`${name}\``).join(" and ");
    return `Expected ${missing} among the arguments of \`${tool}\`, got none.`;
  }
  const parts = error?.instancePath.split("/").slice(1) ?? [];
  const got = describe(
    parts.reduce<unknown>((value, part) => Reflect.get(Object(value), part), args),
  );
  const [argument, ...indices] = parts;
  if (!error || argument === undefined) {
    return `Expected the arguments of \`${tool}\` to be an object, got ${got}.`;
  }
  const name = argument + indices.map((index) => `[${index}]`).join("");
  return `Wrong argument \`${name}\` of \`${tool}\`: it ${error.message}, got ${got}.`;
}
