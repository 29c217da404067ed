import type { StaticEncode, TSchema } from "typebox";
import { Compile } from "typebox/compile";
import type { TLocalizedValidationError } from "typebox/error";
import { kindOf } from "../errors.ts";
import { nearestName } from "../options.ts";
import { RequestError } from "./request-error.ts";

/**
 * Compiles a schema into a function that returns a body of that type. A wrong type is status 400; a value that other
 * servers take but this one cannot honour, status 422.
 */
export function bodyReader<const Schema extends TSchema>(
  schema: Schema,
): (body: unknown) => StaticEncode<Schema> {
  const validator = Compile(schema);
  return (body) => {
    if (validator.Check(body)) return body;
    throw problemOf(mostTelling(validator.Errors(body)), body, schema);
  };
}

/** The errors of the alternatives of a union come before that of the union. */
function mostTelling(errors: readonly TLocalizedValidationError[]): TLocalizedValidationError {
  // The schema `false` of a field that is not known repeats what "additionalProperties" says.
  const problems = errors.filter(({ keyword }) => keyword !== "boolean");
  const unions = problems.filter(({ keyword }) => keyword === "anyOf");
  const within = (path: string): boolean =>
    unions.some(({ instancePath }) => path.startsWith(instancePath));
  const found =
    problems.find(({ instancePath }) => !within(instancePath)) ?? unions[0] ?? problems[0];
  if (found) return found;
  throw new RequestError(400, "Expected a body of another form.");
}

function problemOf(error: TLocalizedValidationError, body: unknown, schema: TSchema): RequestError {
  const { instancePath } = error;
  const name = nameOf(instancePath);
  const got = valueAt(body, instancePath);
  if (error.keyword === "required") {
    const missing = error.params.requiredProperties.map((field) => quoted(name, field));
    return new RequestError(400, `Expected ${missing.join(" and ")} in the body, got none.`);
  }
  if (error.keyword === "additionalProperties") {
    const [field = ""] = error.params.additionalProperties;
    const known = Object.keys(Object(Reflect.get(schema, "properties")));
    const meant = nearestName(field, known);
    const question = meant === undefined ? "" : ` Did you mean \`${meant}\`?`;
    const shown = /^[\w.-]{1,40}$/.test(field) ? `\`${field}\`` : "another one";
    return new RequestError(
      400,
      `Expected only known fields (${known.join(", ")}), got ${shown}.${question}`,
    );
  }
  const [status, expected] = expectation(error, schema);
  return new RequestError(status, `Expected \`${name}\` to be ${expected}, got ${shownOf(got)}.`);
}

/** The status of a problem, and what was expected. */
function expectation(error: TLocalizedValidationError, schema: TSchema): [400 | 422, string] {
  switch (error.keyword) {
    case "const":
      return [422, JSON.stringify(error.params.allowedValue)];
    case "enum":
      return [
        422,
        `one of ${error.params.allowedValues.map((each) => JSON.stringify(each)).join(", ")}`,
      ];
    case "not":
      return [422, "left out, because this server cannot honour it"];
    case "minimum":
      return [400, `at least ${error.params.limit}`];
    case "maximum":
      return [400, `at most ${error.params.limit}`];
    case "pattern":
    case "anyOf":
      return [400, titleAt(schema, error.schemaPath)];
    case "type":
      return [400, typeWords(error.params.type)];
    default:
      return [400, "another value"];
  }
}

/** What a part of a schema accepts, in words. */
function titleAt(schema: TSchema, path: string): string {
  const title: unknown = Reflect.get(Object(valueAt(schema, path)), "title");
  return typeof title === "string" ? title : "another value";
}

function typeWords(type: string | readonly string[]): string {
  const words: Readonly<Record<string, string>> = {
    array: "an array",
    integer: "a whole number",
    object: "an object",
    boolean: "true or false",
  };
  return [type]
    .flat()
    .map((each) => words[each] ?? `a ${each}`)
    .join(" or ");
}

/** Strings are not shown: they may be texts of documents. */
function shownOf(value: unknown): string {
  return typeof value === "number" || typeof value === "boolean" ? String(value) : kindOf(value);
}

/** `/documents/3/text` as `documents[3].text`. */
function nameOf(path: string): string {
  return path
    .split("/")
    .slice(1)
    .map((part) => (/^\d+$/.test(part) ? `[${part}]` : `.${part}`))
    .join("")
    .replace(/^\./, "");
}

function quoted(name: string, field: string): string {
  return `\`${name === "" ? field : `${name}.${field}`}\``;
}

function valueAt(body: unknown, path: string): unknown {
  return path
    .split("/")
    .slice(1)
    .reduce<unknown>((value, part) => Reflect.get(Object(value), part), body);
}
