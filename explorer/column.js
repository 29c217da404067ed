import { useState } from "preact/hooks";
import { gradeNames } from "./judgements.js";
import { html } from "./html.js";
/** @import { ColumnView, EntryView, Grade, PassageView } from "./types.js" */

/** How many entries are shown before the reader asks for more; fewer where lists stand below each other. */
const shownAtFirst = { wide: 10, narrow: 5 };

/** @param {number} score */
export function asScore(score) {
  const size = Math.abs(score);
  if (size >= 100) return score.toFixed(0);
  return score.toFixed(size >= 10 ? 1 : size >= 0.1 || size === 0 ? 3 : 4);
}

/** The last heading above a passage, else its file. @param {PassageView} passage */
function titleOf({ headingPath, source, id }) {
  return headingPath.split(" > ").at(-1) || source || id;
}

/** @type {Readonly<Record<string, string>>} */
const reasons = {
  deadline: "not scored: deadline",
  error: "not scored: error",
  budget: "not scored: budget",
  unlikely: "not scored: unlikely",
  list: "ranked as a list",
};

/** @param {{ shift: number }} props */
export function Shift({ shift }) {
  if (shift === 0)
    return html`<span class="shift same"
      ><span aria-hidden="true">=</span><span class="hidden">same rank</span></span
    >`;
  const [mark, words, kind] = shift > 0 ? ["↑", "up", "up"] : ["↓", "down", "down"];
  return html`<span class=${`shift ${kind}`}>
    <span aria-hidden="true">${mark}</span><span class="hidden">${words} </span>${Math.abs(shift)}
  </span>`;
}

/**
 * @param {{ entry: EntryView, passage: PassageView, places: string | undefined, isKept: boolean, isTabStop: boolean, isOpen: boolean, isLit: boolean,
 *   grade: Grade | undefined, onOpen: (id: string) => void, onLight: (id: string | undefined) => void,
 *   onFocus: () => void }} props
 */
function Row({
  entry,
  passage,
  places,
  isKept,
  isTabStop,
  isOpen,
  isLit,
  grade,
  onOpen,
  onLight,
  onFocus,
}) {
  const { id, rank, score, reason, rankShift } = entry;
  const kinds = ["row", isKept && "kept", isLit && "lit", isOpen && "open"]
    .filter(Boolean)
    .join(" ");
  return html`<li>
    <button
      type="button"
      class=${kinds}
      data-passage=${id}
      tabindex=${isTabStop ? 0 : -1}
      aria-expanded=${isOpen}
      onClick=${() => onOpen(id)}
      onFocus=${() => {
        onFocus();
        onLight(id);
      }}
      onBlur=${() => onLight(undefined)}
      onMouseEnter=${() => onLight(id)}
      onMouseLeave=${() => onLight(undefined)}
    >
      <span class="rank figure">${rank}</span>
      <span class="what">
        <bdi class="title">${titleOf(passage)}</bdi>
        <bdi class="where">${passage.source}</bdi>
        ${isKept && html`<bdi class="excerpt">${passage.excerpt}</bdi>`}
        ${places && html`<span class="where figure">${places}</span>`}
      </span>
      <span class="figures figure">
        <span class="score"
          >${score === undefined ? (reasons[reason ?? ""] ?? "–") : asScore(score)}</span
        >
        ${rankShift !== undefined && html`<${Shift} shift=${rankShift} />`}
        ${grade !== undefined && html`<span class=${`grade grade-${grade}`}>${gradeNames[grade]}</span>`}
      </span>
    </button>
  </li>`;
}

/**
 * One list of the search, with a line between what is shown and what is not.
 *
 * @param {{ column: ColumnView, passages: Readonly<Record<string, PassageView>>, always: ReadonlySet<string>,
 *   places: ReadonlyMap<string, string> | undefined,
 *   lit: string | undefined, open: string | undefined, gradeOf: (id: string) => Grade | undefined,
 *   onOpen: (id: string) => void, onLight: (id: string | undefined) => void }} props
 */
export function Column({ column, passages, always, places, lit, open, gradeOf, onOpen, onLight }) {
  const { name, title, hint, entries, kept } = column;
  const [isWhole, setIsWhole] = useState(false);
  const [stop, setStop] = useState(/** @type {string | undefined} */ (undefined));
  const most = Math.max(places && kept === 0 ? shownAtFirst.narrow : shownAtFirst.wide, kept);
  const shown = isWhole
    ? entries
    : entries.filter(({ id }, index) => index < most || always.has(id));
  const tabStop = shown.some(({ id }) => id === stop) ? stop : shown[0]?.id;
  const hiddenCount = entries.length - shown.length;
  return html`<section
    class=${`column ${name}`}
    aria-labelledby=${`title-${name}`}
    data-column=${name}
  >
    <h2 id=${`title-${name}`}>
      ${title}${" "}
      <span class="count figure"
        >${kept > 0 ? `${kept} of ${entries.length}` : entries.length}</span
      >
    </h2>
    <p class="hint">${hint}</p>
    ${
      entries.length === 0
        ? html`<p class="empty">
            ${name === "bm25" ? "No passage has a word of the question." : "Nothing found."}
          </p>`
        : html`<ol>
            ${shown.map((entry, index) => {
              const passage = passages[entry.id];
              if (!passage) return "";
              const before = shown[index - 1];
              const isGap =
                index >= most && !isWhole && before !== undefined && entry.rank > before.rank + 1;
              return html`${isGap && html`<li class="gap" key=${`gap-${entry.id}`} aria-hidden="true">⋮</li>`}
                <${Row}
                  key=${entry.id}
                  entry=${entry}
                  passage=${passage}
                  places=${kept > 0 ? places?.get(entry.id) : undefined}
                  isKept=${index < kept}
                  isTabStop=${entry.id === tabStop}
                  isOpen=${entry.id === open}
                  isLit=${entry.id === lit}
                  grade=${gradeOf(passage.judgedId)}
                  onOpen=${onOpen}
                  onLight=${onLight}
                  onFocus=${() => setStop(entry.id)}
                />`;
            })}
          </ol>`
    }
    ${
      (hiddenCount > 0 || isWhole) &&
      entries.length > most &&
      html`<button
        type="button"
        class="quiet more"
        aria-expanded=${isWhole}
        onClick=${() => setIsWhole(!isWhole)}
      >
        ${isWhole ? "Show fewer" : `Show ${hiddenCount} more`}
      </button>`
    }
  </section>`;
}
