import { useEffect, useRef, useState } from "preact/hooks";
import { askExplanation, askTokens } from "./api.js";
import { asScore, Shift } from "./column.js";
import { MarkedText, Parts, reflowed, TermTable, TokenMap } from "./explanation-parts.js";
import { gradeNames } from "./judgements.js";
import { html } from "./html.js";
/** @import { Explanation, Grade, PassageView, Settings } from "./types.js" */

/**
 * Asks again whenever the question or the settings change; the answer of an earlier request is dropped.
 *
 * @template Answer
 * @param {(signal: AbortSignal) => Promise<Answer>} request
 * @param {string} key
 * @returns {{ answer: Answer | undefined, failure: string | undefined }}
 */
function useAnswer(request, key) {
  const [state, setState] = useState(
    /** @type {{ answer: Answer | undefined, failure: string | undefined }} */ ({
      answer: undefined,
      failure: undefined,
    }),
  );
  useEffect(() => {
    const control = new AbortController();
    request(control.signal).then(
      (answer) => control.signal.aborted || setState({ answer, failure: undefined }),
      (error) => control.signal.aborted || setState({ answer: undefined, failure: error.message }),
    );
    return () => control.abort();
  }, [key]);
  return state;
}

/** @param {{ grade: Grade | undefined, onGrade: (grade: Grade | undefined) => void }} props */
function GradeButtons({ grade, onGrade }) {
  return html`<div class="grades" role="group" aria-label="Judge this passage">
    ${
      /** @type {const} */ ([2, 1, 0]).map(
        (each) =>
          html`<button
            type="button"
            key=${each}
            class=${`grade-${each}`}
            aria-pressed=${grade === each}
            onClick=${() => onGrade(grade === each ? undefined : each)}
          >
            ${gradeNames[each]} <kbd aria-hidden="true">${each}</kbd>
          </button>`,
      )
    }
  </div>`;
}

/** @param {{ explanation: Explanation }} props */
function Standing({ explanation: { provenance, fusedParts, isCandidate } }) {
  const { dense, lexical, fused, rerank, blended, rank, rankShift } = provenance;
  /** @type {[string, number | undefined, string][]} */
  const rows = [];
  if (dense) rows.push(["Dense", dense.rank, asScore(dense.score)]);
  if (lexical) rows.push(["BM25", lexical.rank, asScore(lexical.score)]);
  if (fused) rows.push(["Fused", fused.rank, asScore(fused.score)]);
  if (rerank?.scored) {
    rows.push(["Reranker", rerank.rank, `${asScore(rerank.score)} (raw ${asScore(rerank.raw)})`]);
  } else if (rerank) rows.push(["Reranker", undefined, `no score: ${rerank.reason}`]);
  if (blended) rows.push(["Blended", blended.rank, asScore(blended.score)]);
  return html`<table>
      <thead>
        <tr>
          <th scope="col">List</th>
          <th scope="col" class="figure">Rank</th>
          <th scope="col" class="figure">Score</th>
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          ([name, place, score]) =>
            html`<tr key=${name}>
              <th scope="row">${name}</th>
              <td class="figure">${place ?? "–"}</td>
              <td class="figure">${score}</td>
            </tr>`,
        )}
      </tbody>
    </table>
    ${!isCandidate && html`<p>It is not among the candidates: raise their number to have it reranked.</p>`}
    ${
      isCandidate &&
      rank !== undefined &&
      rankShift !== undefined &&
      html`<p>
        Rank ${rank}, from ${rank + rankShift} in the first stage <${Shift} shift=${rankShift} />
      </p>`
    }
    ${fusedParts && html`<${Parts} label="Fused score" parts=${fusedParts} />`}
    ${fused?.contributions && html`<${Parts} label="Fused score" parts=${fused.contributions} />`}
    ${blended?.contributions && html`<${Parts} label="Blended score" parts=${blended.contributions} />`}
    ${rerank?.scored && html`<p>${readingOf(rerank)}</p>`}`;
}

/** @param {Extract<Explanation["provenance"]["rerank"], { scored: true }>} rerank */
function readingOf({ model: path, truncatedTokens, window }) {
  const model = path.split(/[\\/]/).at(-1);
  if (window) {
    const { start, end, windows } = window;
    return `${model} read ${windows} windows; the score is that of characters ${start} to ${end}.`;
  }
  if (truncatedTokens === 0) return `${model} read the whole passage.`;
  return `${model} did not read the last ${truncatedTokens} tokens: they did not fit into its window.`;
}

/** @param {{ title: string, passage: PassageView | undefined }} props */
function Neighbour({ title, passage }) {
  return html`<div class="neighbour">
    <h4>${title}</h4>
    ${
      passage
        ? html`<p class="where"><bdi>${passage.headingPath || passage.source}</bdi></p>
            <p class="passage-text" dir="auto">${reflowed(passage.excerpt)}</p>`
        : html`<p>None.</p>`
    }
  </div>`;
}

/**
 * Why a passage stands where it does.
 *
 * @param {{ id: string, question: string, settings: Settings, comparesTokens: boolean,
 *   gradeOf: (judgedId: string) => Grade | undefined, onGrade: (judgedId: string, grade: Grade | undefined) => void,
 *   onClose: () => void }} props
 */
export function ExplanationPanel({
  id,
  question,
  settings,
  comparesTokens,
  gradeOf,
  onGrade,
  onClose,
}) {
  const request = { question, settings, id };
  const [attempts, setAttempts] = useState(0);
  const key = JSON.stringify([request, attempts]);
  const { answer, failure } = useAnswer((signal) => askExplanation(request, signal), key);
  const tokens = useAnswer(
    async (signal) => (comparesTokens ? askTokens(request, signal) : { tokens: [], matches: [] }),
    key,
  );
  const heading = useRef(/** @type {HTMLElement | null} */ (null));
  useEffect(() => heading.current?.focus(), [id]);
  const explanation = answer?.id === id ? answer : undefined;
  return html`<aside class="explanation" aria-labelledby="explanation-title">
    <header>
      <h2 id="explanation-title" tabindex="-1" ref=${heading}>Why this rank</h2>
      <button type="button" class="quiet" onClick=${onClose}>
        Close <kbd aria-hidden="true">Esc</kbd>
      </button>
    </header>
    ${
      failure &&
      html`<div class="notice" role="alert">
        <p>${failure}</p>
        <button
          type="button"
          onClick=${() => {
            setAttempts(attempts + 1);
            heading.current?.focus();
          }}
        >
          Try again
        </button>
      </div>`
    }
    ${
      explanation
        ? html`<p class="path"><bdi>${explanation.headingPath || explanation.source}</bdi></p>
            <p class="where"><bdi>${explanation.judgedId}</bdi></p>
            <${GradeButtons}
              grade=${gradeOf(explanation.judgedId)}
              onGrade=${(/** @type {Grade | undefined} */ grade) => onGrade(explanation.judgedId, grade)}
            />
            <${MarkedText} explanation=${explanation} />
            <h3>Ranks and scores</h3>
            <${Standing} explanation=${explanation} />
            ${
              explanation.bm25 &&
              html`<h3>Words in common</h3>
                <${TermTable} bm25=${explanation.bm25} />`
            }
            ${
              comparesTokens &&
              html`<h3>Token by token</h3>
                ${
                  tokens.answer
                    ? html`<${TokenMap} map=${tokens.answer} />`
                    : html`<p>${tokens.failure ?? "Comparing…"}</p>`
                }`
            }
            <h3>Neighbouring passages</h3>
            <${Neighbour} title="Before" passage=${explanation.before} />
            <${Neighbour} title="After" passage=${explanation.after} />`
        : !failure && html`<p>Loading…</p>`
    }
  </aside>`;
}
