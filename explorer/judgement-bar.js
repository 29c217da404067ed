import { download, filesOf } from "./judgements.js";
import { html } from "./html.js";
/** @import { Judgement } from "./types.js" */

/**
 * How much is judged, and where it is saved.
 *
 * @param {{ judgements: readonly Judgement[], problem: string | undefined, isSaved: boolean, onRead: () => void }} props
 *   `problem`: why the server cannot read them
 */
export function JudgementBar({ judgements, problem, isSaved, onRead }) {
  const questions = new Set(judgements.map(({ question }) => question)).size;
  const count = judgements.length === 1 ? "1 judgement" : `${judgements.length} judgements`;
  if (problem !== undefined) {
    return html`<footer class="bad">
      <p><strong>Judgements are unavailable.</strong> <bdi>${problem}</bdi></p>
      <button type="button" class="quiet" onClick=${onRead}>Read them again</button>
    </footer>`;
  }
  if (judgements.length === 0) {
    return html`<footer>
      <p>
        Nothing is judged yet: on a passage, press <kbd>2</kbd> relevant, <kbd>1</kbd> partly,${" "}
        <kbd>0</kbd> not relevant.
      </p>
    </footer>`;
  }
  const files = Object.entries(filesOf(judgements));
  return html`<footer>
    <p>
      <span class="figure">${count}</span> of${" "}
      <span class="figure">${questions === 1 ? "1 question" : `${questions} questions`}</span>
      ${isSaved ? ", saved in queries.jsonl and qrels.tsv" : ", kept in this browser"}
    </p>
    ${
      !isSaved &&
      html`<p class="field-row">
        ${files.map(
          ([name, text]) =>
            html`<button
              type="button"
              class="quiet"
              key=${name}
              onClick=${() => download(name, text)}
            >
              Download ${name}
            </button>`,
        )}
      </p>`
    }
  </footer>`;
}
