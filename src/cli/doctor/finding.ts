import { messageOf } from "../../errors.ts";
/** What a check found out about one thing; a problem comes with the way out. */
export type Finding =
  | { readonly verdict: "ok" | "note"; readonly what: string; readonly here: string }
  | {
      readonly verdict: "problem";
      readonly what: string;
      readonly here: string;
      readonly wayOut: string;
    };

/** Looks at one thing of this machine, and leaves it as it was. */
export interface Check {
  /** Names the check where it cannot be carried out. */
  readonly what: string;
  readonly run: () => Promise<readonly Finding[]>;
}

export function ok(what: string, here: string): Finding {
  return { verdict: "ok", what, here };
}

/** Something worth knowing that is not wrong. */
export function note(what: string, here: string): Finding {
  return { verdict: "note", what, here };
}

export function problem(what: string, here: string, wayOut: string): Finding {
  return { verdict: "problem", what, here, wayOut };
}

/** Carries out the checks one after the other; one that fails is a problem, and the others go on. */
export async function runChecks(checks: readonly Check[]): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const { what, run } of checks) {
    try {
      findings.push(...(await run()));
    } catch (error) {
      const reason = messageOf(error);
      findings.push(problem(what, "could not be checked", reason));
    }
  }
  return findings;
}

/** Whether a command has to end with exit code 1. */
export function hasProblem(findings: readonly Finding[]): boolean {
  return findings.some(({ verdict }) => verdict === "problem");
}
