import { isAbsolute } from "node:path";
import { findModel } from "../model/files/model-catalog.ts";
import { RequestError } from "./request-error.ts";

/** The names under which a model is served. */
export interface ServedModel {
  /** The model's name in answers; never a path of this machine. */
  readonly name: string;
  /** Every name that a request may use, in lower case. */
  readonly accepted: ReadonlySet<string>;
}

/** Serves a model under its name, the part of it after the owner, its aliases in the catalogue, and `aliases`. */
export function servedModel(name: string, aliases: readonly string[]): ServedModel {
  const shown = isPath(name) ? lastPart(name) : name;
  const known = findModel(name)?.names ?? [];
  const all = [shown, ...known, ...known.map(lastPart), lastPart(shown), ...aliases];
  return { name: shown, accepted: new Set(all.map((each) => each.toLowerCase())) };
}

/**
 * Refuses a request for another model: the scores of two models cannot be compared.
 *
 * @throws RequestError 404
 */
export function requireModel(served: ServedModel, asked: string | undefined): void {
  if (asked === undefined || asked === "" || served.accepted.has(asked.toLowerCase())) return;
  throw new RequestError(
    404,
    `Expected \`model\` to be ${JSON.stringify(served.name)}, the model that this server has, or left out, got another name; start the server with --model-alias to accept another name for it.`,
  );
}

function isPath(name: string): boolean {
  return isAbsolute(name) || /^\.{0,2}[\\/]/.test(name) || name.split(/[\\/]/).length > 2;
}

function lastPart(name: string): string {
  return name.split(/[\\/]/).findLast((part) => part !== "") ?? name;
}
