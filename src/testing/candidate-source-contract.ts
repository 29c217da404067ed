import assert from "node:assert/strict";
import type { CandidateOptions, CandidateSource } from "../documents/candidate-source.ts";
import { provenanceOf } from "../documents/provenance.ts";
import type { ContractCase } from "./contract.ts";

/**
 * The contract of `CandidateSource`, as cases for any test runner. The source under test must contain at least
 * three documents that its query finds.
 */
export const candidateSourceContract: readonly ContractCase<{
  readonly source: CandidateSource;
  readonly query: string;
}>[] = [
  {
    name: "returns at most k candidates, and starts with the same ones for a larger k",
    async check({ source, query }) {
      const two = await source.candidates(query, { k: 2 });
      const three = await source.candidates(query, { k: 3 });
      assert.deepEqual([two.length, three.length], [2, 3]);
      assert.deepEqual(
        three.slice(0, 2).map(({ pageContent }) => pageContent),
        two.map(({ pageContent }) => pageContent),
      );
    },
  },
  {
    name: "numbers ranks from 1 and returns each id once",
    async check({ source, query }) {
      const found = await source.candidates(query, { k: 50 });
      assert.deepEqual(
        found.map((document) => provenanceOf(document).rank),
        found.map((_document, index) => index + 1),
      );
      const ids = found.flatMap(({ id }) => id ?? []);
      assert.equal(new Set(ids).size, ids.length);
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
      assert.deepEqual(
        scores,
        scores.toSorted((a, b) => b - a),
      );
    },
  },
  {
    name: "refuses an empty query and a k under 1",
    async check({ source, query }) {
      await assert.rejects(source.candidates(" ", { k: 3 }), { code: "invalid-input" });
      await assert.rejects(source.candidates(query, { k: 0 }), { code: "invalid-option" });
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
        await assert.rejects(source.candidates(query, options), { code: "invalid-input" });
      }
    },
  },
  {
    name: "rejects with the signal's reason when it is aborted",
    async check({ source, query }) {
      const reason = new Error("no longer needed");
      const signal = AbortSignal.abort(reason);
      await assert.rejects(source.candidates(query, { k: 3, signal }), (error) => error === reason);
    },
  },
];
