import { asScore } from "./column.js";
import { html } from "./html.js";
/** @import { Explanation, TokenMatches } from "./types.js" */

/**
 * Joins the lines of a paragraph that was wrapped by hand. The result has the same length, so offsets hold.
 *
 * @param {string} text
 */
export function reflowed(text) {
  return text.replaceAll(/(?<=[^\n|]{60})\n(?=[\p{L}\p{N}(`*"'])/gu, " ");
}

/** The text with the words of the question marked. @param {{ explanation: Explanation }} props */
export function MarkedText({ explanation: { text: given, bm25 } }) {
  const text = reflowed(given);
  /** @type {unknown[]} */
  const pieces = [];
  let end = 0;
  for (const word of bm25?.words ?? []) {
    pieces.push(
      text.slice(end, word.start),
      html`<mark>${text.slice(word.start, word.end)}</mark>`,
    );
    ({ end } = word);
  }
  return html`<p class="passage-text" dir="auto">${pieces}${text.slice(end)}</p>`;
}

/** @param {{ share: number }} props */
function Bar({ share }) {
  return html`<span class="bar" aria-hidden="true">
    ${share > 0 && html`<span class="fill" style=${{ width: `${100 * Math.min(1, share)}%` }}></span>`}
  </span>`;
}

/** @param {{ bm25: NonNullable<Explanation["bm25"]> }} props */
export function TermTable({ bm25: { terms, score } }) {
  const most = Math.max(...terms.map(({ weight }) => weight), Number.MIN_VALUE);
  if (terms.length === 0) return html`<p>No word of the question is in the index.</p>`;
  return html`<table>
    <thead>
      <tr>
        <th scope="col">Term</th>
        <th scope="col" class="figure">In the passage</th>
        <th scope="col" class="figure">Passages with it</th>
        <th scope="col" class="figure">Weight</th>
      </tr>
    </thead>
    <tbody>
      ${terms.map(
        ({ term, frequency, documents, weight }) =>
          html`<tr key=${term} class=${frequency === 0 ? "absent" : ""}>
            <th scope="row"><bdi>${term}</bdi></th>
            <td class="figure">${frequency}×</td>
            <td class="figure">${documents}</td>
            <td class="figure" data-weight=${weight}>
              <${Bar} share=${weight / most} />${asScore(weight)}
            </td>
          </tr>`,
      )}
    </tbody>
    <tfoot>
      <tr>
        <th scope="row" colspan="3">BM25 score</th>
        <td class="figure" data-sum=${score}>${asScore(score)}</td>
      </tr>
    </tfoot>
  </table>`;
}

/** Spelled as a reader expects it: without the marks of the tokenizer. @param {string} token */
function spelled(token) {
  return token.replace(/^##/, "·").replace(/^[▁Ġ]/, "") || "␣";
}

/** @param {{ map: TokenMatches }} props */
export function TokenMap({ map: { tokens, matches } }) {
  if (matches.length === 0 || tokens.length === 0)
    return html`<p>There are no tokens to compare.</p>`;
  const heat = new Map();
  for (const { index, similarity } of matches) {
    heat.set(index, Math.max(similarity, heat.get(index) ?? 0));
  }
  const sum = matches.reduce((total, { similarity }) => total + similarity, 0);
  return html`<table>
      <thead>
        <tr>
          <th scope="col">Question</th>
          <th scope="col">Most similar in the passage</th>
          <th scope="col" class="figure">Cosine</th>
        </tr>
      </thead>
      <tbody>
        ${matches.map(
          ({ token, index, similarity }, position) =>
            html`<tr key=${position}>
              <th scope="row"><bdi>${spelled(token)}</bdi></th>
              <td><bdi>${spelled(tokens[index] ?? "")}</bdi></td>
              <td class="figure"><${Bar} share=${similarity} />${similarity.toFixed(2)}</td>
            </tr>`,
        )}
      </tbody>
      <tfoot>
        <tr>
          <th scope="row" colspan="2">MaxSim score</th>
          <td class="figure">${sum.toFixed(2)}</td>
        </tr>
      </tfoot>
    </table>
    <p class="tokens" dir="auto">
      ${tokens.map((token, index) => {
        const level = Math.round(5 * Math.max(0, heat.get(index) ?? 0));
        return html`<span key=${index} class=${`token heat-${level}`}>${spelled(token)}</span> `;
      })}
    </p>`;
}

/** How the parts of a score add up. @param {{ parts: Readonly<Record<string, number>>, label: string }} props */
export function Parts({ parts, label }) {
  return html`<p class="parts">
    ${label}:
    ${Object.entries(parts).map(
      ([name, value], index) =>
        html`${index > 0 ? " + " : " "}<span class="figure">${name} ${asScore(value)}</span>`,
    )}
  </p>`;
}
