import * as fc from "fast-check";
import { expect, test } from "vitest";
import { columnWidths } from "../../src/cli/column-widths.ts";

test.each([
  [[5, 20, 30], 100, [5, 20, 30]],
  [[5, 20, 30], 45, [5, 20, 20]],
  [[5, 30, 30], 46, [5, 21, 20]],
  [[3, 100, 3], 40, [3, 34, 3]],
  [[50, 50], 4, [6, 6]],
])("of %j in %d columns are %j", (natural, most, widths) => {
  expect(columnWidths(natural, most)).toEqual(widths);
});

const total = (all: readonly number[]): number => all.reduce((sum, each) => sum + each, 0);

test("fill the width, widen nothing, and leave narrow columns alone", () => {
  const naturals = fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(naturals, fc.integer({ min: 60, max: 300 }), (natural, most) => {
      const widths = columnWidths(natural, most);
      expect(total(widths)).toBe(Math.min(total(natural), most));
      const cut = widths.filter((width, place) => width !== natural[place]);
      expect(cut.filter((width) => width < Math.max(...widths) - 1)).toEqual([]);
      expect(widths.filter((width, place) => width > (natural[place] ?? 0))).toEqual([]);
    }),
  );
});
