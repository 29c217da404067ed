import { expect, test } from "vitest";
import { toRequests, type Row } from "../../src/vector-store/request-size.ts";

const row = (id: string, parts: Partial<Row["record"]>, width = 0): Row => ({
  record: { id, text: "", metadata: {}, ...parts },
  vector: Array.from({ length: width }, (_, index) => -1 / (index + 3)),
});

test.each([
  ["texts", { text: "é".repeat(4_000_000) }, 0],
  ["metadata", { metadata: { title: "\n".repeat(4_000_000) } }, 0],
  ["vectors", {}, 320_000],
])(
  "%s are counted, so that a request stays far below the server's limit",
  (_what, parts, width) => {
    const rows = ["a", "b", "c", "d", "e"].map((id) => row(id, parts, width));
    const requests = [...toRequests(rows)];
    expect(requests.length).toBeGreaterThan(2);
    expect(requests.flat()).toEqual(rows);
    for (const request of requests) {
      expect(Buffer.byteLength(JSON.stringify(request))).toBeLessThan(20_000_000);
    }
  },
);

test("a row that is too large by itself is a request of its own; no rows are no request", () => {
  const rows = [row("a", {}), row("b", { text: "x".repeat(17_000_000) }), row("c", {})];
  expect([...toRequests(rows)]).toEqual(rows.map((each) => [each]));
  expect([...toRequests([])]).toEqual([]);
});
