import * as fc from "fast-check";
import { expect, test } from "vitest";
import { deepFreeze } from "../../deep-freeze.ts";
import { measures } from "./all-measures.ts";
import { naiveMeasure } from "./naive-measures.ts";

const ids = Array.from({ length: 24 }, (_, place) => `d${place}`).concat("__proto__", "");
const ranking = fc.uniqueArray(fc.constantFrom(...ids), { maxLength: ids.length });
const grades = fc
  .uniqueArray(fc.tuple(fc.constantFrom(...ids), fc.integer({ min: -2, max: 4 })), {
    selector: ([id]) => id,
  })
  .map((pairs) => new Map(pairs));

test.each(measures)("$name is what its definition says, word by word", (measure) => {
  fc.assert(
    fc.property(ranking, grades, (found, judged) => {
      const value = measure.ofRanking(deepFreeze(found), deepFreeze(judged));
      expect(value).toBeCloseTo(naiveMeasure(measure.name, found, judged), 12);
      expect(value).toBeGreaterThanOrEqual(0);
      expect(value).toBeLessThanOrEqual(1 + 1e-12);
    }),
  );
});

test.each(measures)("$name does not fall when a better document moves up a rank", (measure) => {
  fc.assert(
    fc.property(ranking, grades, fc.nat(), (found, judged, at) => {
      const place = at % Math.max(1, found.length - 1);
      const [upper = "", lower = ""] = found.slice(place, place + 2);
      // What is not judged loses to what is: that is what `Judged` measures.
      const worth = (id: string): number => Math.max(judged.get(id) ?? -1, -0.5);
      fc.pre(found.length > 1 && worth(lower) > worth(upper));
      const better = found.with(place, lower).with(place + 1, upper);
      expect(measure.ofRanking(better, judged)).toBeGreaterThanOrEqual(
        measure.ofRanking(found, judged) - 1e-12,
      );
    }),
  );
});
