import { requireCutoff, type Measure, measureName } from "./measure.ts";

/**
 * The share of the first `cutoff` documents, by default of all, that have a grade of any value; if fewer were
 * found, the share of those. 0 if no document was found. A low value means that the other measures rest on few
 * judgements.
 *
 * @throws RetrievalError `invalid-option` for a cutoff that is not a whole number of at least 1.
 * @see ir_measures, https://ir-measur.es/en/latest/measures.html#judged
 */
export function judged(cutoff: number = Infinity): Measure {
  requireCutoff(cutoff);
  return {
    name: measureName("Judged", { cutoff }),
    ofRanking: (ids, grades) => {
      const first = ids.slice(0, cutoff);
      return first.length === 0 ? 0 : first.filter((id) => grades.has(id)).length / first.length;
    },
  };
}
