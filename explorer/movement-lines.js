import { useLayoutEffect, useState } from "preact/hooks";
import { html } from "./html.js";
/** @import { ColumnView } from "./types.js" */

/** @typedef {{ key: string, id: string, path: string, kind: string }} Line */

/**
 * Connects the ranks of each passage in the lists, from left to right.
 *
 * @param {{ frame: { readonly current: HTMLElement | null }, columns: readonly ColumnView[], kept: ReadonlySet<string>,
 *   lit: string | undefined, version: unknown }} props
 */
export function MovementLines({ frame, columns, kept, lit, version }) {
  const [lines, setLines] = useState(/** @type {readonly Line[]} */ ([]));
  useLayoutEffect(() => {
    const { current } = frame;
    if (!current) return undefined;
    const measure = () => setLines(linesIn(current, columns, kept));
    const observer = new ResizeObserver(measure);
    observer.observe(current);
    for (const list of current.querySelectorAll("[data-column]")) observer.observe(list);
    measure();
    return () => observer.disconnect();
  }, [version]);
  return html`<svg class="lines" aria-hidden="true" focusable="false">
    ${lines.map(
      ({ key, id, path, kind }) =>
        html`<path key=${key} d=${path} class=${`${kind}${id === lit ? " lit" : ""}`} />`,
    )}
  </svg>`;
}

/**
 * @param {HTMLElement} frame
 * @param {readonly ColumnView[]} columns
 * @param {ReadonlySet<string>} kept
 * @returns {Line[]}
 */
function linesIn(frame, columns, kept) {
  const { left, top } = frame.getBoundingClientRect();
  const shifts = new Map(columns.at(-1)?.entries.map(({ id, rankShift = 0 }) => [id, rankShift]));
  /** @type {Map<string, DOMRect>} */
  let before = new Map();
  /** @type {Line[]} */
  const lines = [];
  for (const list of frame.querySelectorAll("[data-column]")) {
    const now = new Map(before);
    for (const row of list.querySelectorAll("[data-passage]")) {
      const id = row instanceof HTMLElement ? (row.dataset["passage"] ?? "") : "";
      const to = row.getBoundingClientRect();
      const from = before.get(id);
      now.set(id, to);
      if (!from || to.left <= from.right) continue;
      const shift = shifts.get(id) ?? 0;
      const direction = shift > 0 ? "up" : shift < 0 ? "down" : "same";
      const key = `${id} ${lines.length}`;
      const path = curve(
        from.right - left,
        middleOf(from) - top,
        to.left - left,
        middleOf(to) - top,
      );
      lines.push({ key, id, path, kind: `${direction}${kept.has(id) ? " kept" : ""}` });
    }
    before = now;
  }
  return lines;
}

/** The height of the rank and the title. @param {DOMRect} row */
function middleOf({ top, height }) {
  return top + Math.min(height / 2, 20);
}

/**
 * @param {number} x1
 * @param {number} y1
 * @param {number} x2
 * @param {number} y2
 */
function curve(x1, y1, x2, y2) {
  const bend = Math.min(40, (x2 - x1) / 2);
  return `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`;
}
