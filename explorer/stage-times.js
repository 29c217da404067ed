import { html } from "./html.js";
/** @import { SearchView } from "./types.js" */

/** @type {Readonly<Record<string, string>>} */
const names = {
  dense: "Dense",
  bm25: "BM25",
  fusion: "Fusion",
  rerank: "Rerank",
  blend: "Blend",
};

/** @param {number} milliseconds */
export function asTime(milliseconds) {
  return `${milliseconds < 10 ? milliseconds.toFixed(1) : Math.round(milliseconds)} ms`;
}

/** The milliseconds of each stage as a bar, and what was scored. @param {{ found: SearchView }} props */
export function StageTimes({ found }) {
  const { stages, milliseconds, coverage, scoredAnew } = found;
  const most = Math.max(...stages.map((stage) => stage.milliseconds), 0.001);
  const isReranked = stages.some(({ name }) => name === "rerank");
  return html`<section class="times" aria-label="Time of each stage">
    <ol>
      ${stages.map(
        ({ name, milliseconds: own, failure }) =>
          html`<li key=${name} class=${failure ? "failed" : ""} title=${failure}>
            <span>${names[name] ?? name}</span>
            <span class="bar" aria-hidden="true">
              <span class=${`fill ${name}`} style=${{ width: `${(100 * own) / most}%` }}></span>
            </span>
            <span class="figure">${failure ? "failed" : asTime(own)}</span>
          </li>`,
      )}
    </ol>
    <p class="figure">
      <span>${asTime(milliseconds)} in total</span>
      ${
        isReranked &&
        html`<span>${coverage.scored} of ${coverage.candidates} scored</span>
          <span id="scored-anew">${scoredAnew === 0 ? "none" : scoredAnew} newly scored</span>`
      }
    </p>
  </section>`;
}
