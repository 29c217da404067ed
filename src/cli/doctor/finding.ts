import { messageOf } from "../../errors.ts";
import { inCommandWords } from "../command-words.ts";

/** The result of a check; a problem comes with a solution. */
export type Finding =
  | { readonly verdict: "ok" | "note"; readonly what: string; readonly here: string }
  | {
      readonly verdict: "problem";
      readonly what: string;
      readonly here: string;
      readonly wayOut: string;
    };

/** Checks one thing on this machine without changing it. */
export interface Check {
  /** Names the check if it cannot be carried out. */
  readonly what: string;
  readonly run: () => Promise<readonly Finding[]>;
}

export function ok(what: string, here: string): Finding {
  return { verdict: "ok", what, here };
}

/** A fact worth knowing that is not a problem. */
export function note(what: string, here: string): Finding {
  return { verdict: "note", what, here };
}

export function problem(what: string, here: string, wayOut: string): Finding {
  return { verdict: "problem", what, here, wayOut };
}

/** Runs the checks one after the other; one that fails becomes a problem, and the others continue. */
export async function runChecks(checks: readonly Check[]): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const { what, run } of checks) {
    try {
      findings.push(...(await run()));
    } catch (error) {
      const reason = inCommandWords(messageOf(error));
      findings.push(problem(what, "could not be checked", reason));
    }
  }
  return findings;
}

/** Whether a command has to end with exit code 1. */
export function hasProblem(findings: readonly Finding[]): boolean {
  return findings.some(({ verdict }) => verdict === "problem");
}
