import type { CandidateOptions, CandidateSource } from "../documents/candidate-source.ts";
import { describe } from "../errors.ts";
import { provenanceOf } from "../documents/provenance.ts";
import {
  contractOf,
  requireAbort,
  requireEqual,
  requireRefusal,
  type ContractCase,
} from "./contract.ts";

/**
 * The contract of `CandidateSource`, as cases for any test runner. The source under test must contain at least
 * three documents that its query finds.
 */
export const candidateSourceContract: readonly ContractCase<{
  readonly source: CandidateSource;
  readonly query: string;
}>[] = contractOf("CandidateSource", [
  {
    name: "returns at most k candidates, and starts with the same ones for a larger k",
    async check({ source, query }) {
      const two = await source.candidates(query, { k: 2 });
      const three = await source.candidates(query, { k: 3 });
      requireEqual(two.length, 2, "the number of candidates for k = 2");
      requireEqual(three.length, 3, "the number of candidates for k = 3");
      requireEqual(
        three.slice(0, 2).map(({ pageContent }) => pageContent),
        two.map(({ pageContent }) => pageContent),
        "the first two candidates for k = 3",
      );
    },
  },
  {
    name: "numbers ranks from 1 and returns each id once",
    async check({ source, query }) {
      const found = await source.candidates(query, { k: 50 });
      requireEqual(
        found.map((document) => provenanceOf(document).rank),
        found.map((_document, index) => index + 1),
        "the ranks",
      );
      const ids = found.flatMap(({ id }) => id ?? []);
      requireEqual(ids, [...new Set(ids)], "the ids");
    },
  },
  {
    name: "returns scores that never rise from one rank to the next",
    async check({ source, query }) {
      const found = await source.candidates(query, { k: 50 });
      const scores = found.map((document) => {
        const { dense, lexical, fused } = provenanceOf(document);
        return (fused ?? lexical ?? dense)?.score ?? Number.NaN;
      });
      const sorted = scores.toSorted((a, b) => b - a);
      requireEqual(scores, sorted, "the scores, best first,");
    },
  },
  {
    name: "refuses an empty query and a k under 1",
    async check({ source, query }) {
      const ask = (text: string, k: number) => () => source.candidates(text, { k });
      await requireRefusal(ask(" ", 3), "invalid-input", "an empty query");
      await requireRefusal(ask(query, 0), "invalid-option", "k = 0");
    },
  },
  {
    name: "rejects an invalid filter instead of returning every document",
    async check({ source, query }) {
      for (const filter of [
        null,
        [],
        true,
        Promise.resolve({}),
        new Map(),
        { tenant: undefined },
      ]) {
        const options: CandidateOptions = Object.assign(
          { k: 3 },
          { filter: undefined },
          { filter },
        );
        const what = `the filter ${describe(filter)}`;
        await requireRefusal(() => source.candidates(query, options), "invalid-input", what);
      }
    },
  },
  {
    name: "rejects with the signal's reason when it is aborted",
    async check({ source, query }) {
      await requireAbort((signal) => source.candidates(query, { k: 3, signal }));
    },
  },
]);
