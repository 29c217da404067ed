import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { askInfo, askSearch, hasKey, keepKey, RequestFailure } from "./api.js";
import { Column } from "./column.js";
import { columnsOf, placesIn } from "./columns.js";
import { ExplanationPanel } from "./explanation.js";
import { Help, KeyForm } from "./help.js";
import { useKeyNeeded, useNarrow, usePage } from "./hooks.js";
import { html } from "./html.js";
import { JudgementBar } from "./judgement-bar.js";
import { gradeNames } from "./judgements.js";
import { useJudgements } from "./judging.js";
import { actOnKey, firstOfResult, focusPassage } from "./keys.js";
import { MovementLines } from "./movement-lines.js";
import { asked, SettingsForm } from "./settings-form.js";
import { asTime, StageTimes } from "./stage-times.js";
import { Welcome } from "./welcome.js";
/** @import { Grade, Info, SearchView, Settings } from "./types.js" */

/** Milliseconds that a slider must rest before its new value starts a search. */
const restMs = 120;
/** @param {unknown} error @returns {RequestFailure} */
function asFailure(error) {
  if (error instanceof RequestFailure) return error;
  return new RequestFailure(0, "Something went wrong on this page. Reload it.");
}

export function App() {
  const [page, go] = usePage();
  const [info, setInfo] = useState(/** @type {Info | undefined} */ (undefined));
  const [draft, setDraft] = useState(page.question);
  const [answered, setAnswered] = useState(
    /** @type {{ question: string, found: SearchView } | undefined} */ (undefined),
  );
  const [failure, setFailure] = useState(/** @type {RequestFailure | undefined} */ (undefined));
  const [isSearching, setIsSearching] = useState(false);
  const [attempts, setAttempts] = useState(0);
  const isKeyNeeded = useKeyNeeded();
  const { judgements, problem, load, read, judge, latestGrade, shownGrade } = useJudgements();
  const [said, setSaid] = useState("");
  const [lit, setLit] = useState(/** @type {string | undefined} */ (undefined));
  const [isHelpOpen, setIsHelpOpen] = useState(false);
  const isNarrow = useNarrow();
  const field = useRef(/** @type {HTMLInputElement | null} */ (null));
  const frame = useRef(/** @type {HTMLElement | null} */ (null));
  const openedIn = useRef(/** @type {string | undefined} */ (undefined));
  const wantsFocus = useRef(false);
  const { question, passage: open } = page;
  // The lists of an earlier question would be judged for this one.
  const found = answered?.question === question ? answered.found : undefined;
  const settings = info && asked(page.settings, info);
  const request = JSON.stringify({ question, settings });

  useEffect(() => {
    const start = async () => {
      const able = await askInfo();
      await load(able);
      setInfo(able);
    };
    start().catch((error) => setFailure(asFailure(error)));
  }, [attempts]);

  // Runs before the next key event, so that what is typed stays.
  useLayoutEffect(() => setDraft(question), [question]);

  useEffect(() => {
    if (question === "" || !settings) {
      setAnswered(undefined);
      return undefined;
    }
    const control = new AbortController();
    const search = async () => {
      setIsSearching(true);
      try {
        const answer = await askSearch(question, settings, control.signal);
        setAnswered({ question, found: answer });
        setFailure(undefined);
        setSaid(summaryOf(answer));
      } catch (error) {
        if (control.signal.aborted) return;
        setAnswered(undefined);
        setFailure(asFailure(error));
      }
      setIsSearching(false);
    };
    // A new question is asked at once.
    const timer = setTimeout(search, found ? restMs : 0);
    return () => {
      clearTimeout(timer);
      control.abort();
      setIsSearching(false);
    };
  }, [request, attempts]);

  const columns = useMemo(() => (found ? columnsOf(found) : []), [found]);
  const kept = useMemo(() => new Set(found?.result.map(({ id }) => id)), [found]);
  const shown = isNarrow ? [...columns.slice(-1), ...columns.slice(0, -1)] : columns;
  const places = useMemo(() => placesIn(columns), [columns]);

  useLayoutEffect(() => {
    if (!found || !wantsFocus.current) return;
    wantsFocus.current = false;
    const { activeElement: active, body } = document;
    // The focus stays where the user has moved it.
    if (active === body || (active?.closest("form.question") && draft.trim() === question)) {
      firstOfResult()?.focus();
    }
  }, [found]);

  /** @param {string} id @returns {Grade | undefined} */
  const gradeOf = (id) => shownGrade({ question, id });

  /** @param {string} id @param {Grade | undefined} grade `undefined` removes the judgement */
  const give = (id, grade) => {
    if (grade === latestGrade({ question, id })) return;
    const done = grade === undefined ? "Judgement removed" : `Judged ${gradeNames[grade]}`;
    // Screen readers read an unchanged message only once.
    if (problem === undefined) setSaid(`${done}: ${id}.`);
    judge({ question, id, grade }).catch((error) => setFailure(asFailure(error)));
  };

  const tryAgain = () => {
    setFailure(undefined);
    setAttempts(attempts + 1);
  };

  const close = () => {
    if (open === undefined) return;
    go({ passage: undefined }, "push");
    requestAnimationFrame(() => focusPassage(open, openedIn.current));
  };

  useLayoutEffect(() => {
    /** @param {KeyboardEvent} event */
    const hear = (event) =>
      actOnKey(event, {
        onQuestion: () => field.current?.select(),
        onClose: close,
        onHelp: () => setIsHelpOpen(true),
        onGrade: (id = open, grade) => {
          const judged = id === undefined ? undefined : found?.passages[id]?.judgedId;
          if (judged !== undefined) give(judged, grade);
        },
      });
    addEventListener("keydown", hear);
    return () => removeEventListener("keydown", hear);
  });

  /** @param {string} asks */
  const ask = (asks) => {
    const trimmed = asks.trim();
    if (trimmed === "") return field.current?.focus();
    if (trimmed === question) tryAgain();
    wantsFocus.current = true;
    go({ question: trimmed, passage: undefined }, "push");
  };

  if (isKeyNeeded) {
    return html`<main class="alone">
      <h1>Retrieval explorer</h1>
      <${KeyForm} isWrong=${hasKey()} onKey=${keepKey} />
    </main>`;
  }

  return html`<header class="top">
      <h1>Retrieval explorer</h1>
      <form
        class="question"
        role="search"
        onSubmit=${(/** @type {Event} */ event) => {
          event.preventDefault();
          ask(draft);
        }}
      >
        <label for="question" class="hidden">Question</label>
        <input
          id="question"
          type="search"
          autocomplete="off"
          placeholder="Ask a question"
          ref=${field}
          value=${draft}
          maxlength="4000"
          autofocus=${question === ""}
          enterkeyhint="search"
          onInput=${(/** @type {{ currentTarget: HTMLInputElement }} */ { currentTarget }) => setDraft(currentTarget.value)}
        />
        <button type="submit">Ask</button>
      </form>
      <button type="button" class="quiet" aria-label="Keys" onClick=${() => setIsHelpOpen(true)}>
        <kbd>?</kbd>
      </button>
    </header>
    ${
      info &&
      html`<details class="settings-frame" open=${!isNarrow}>
        <summary>Settings</summary>
        <${SettingsForm}
          settings=${page.settings}
          info=${info}
          onChange=${(/** @type {Settings} */ change) => go({ settings: change }, "replace")}
        />
      </details>`
    }
    <p class="hidden" role="status">${said}</p>
    <main class=${open === undefined ? "" : "explained"} aria-busy=${isSearching}>
      <div class="lists">
        ${
          failure &&
          html`<div class="notice" role="alert">
            <p>${failure.message}</p>
            <button type="button" onClick=${tryAgain}>Try again</button>
          </div>`
        }
        ${question === "" && info && html`<${Welcome} info=${info} onAsk=${ask} />`}
        ${question !== "" && !found && !failure && html`<p class="notice">Searching…</p>`}
        ${found && found.coverage.candidates === 0 && html`<p class="notice">${nothingStored}</p>`}
        ${
          found &&
          found.coverage.candidates > 0 &&
          html`<${StageTimes} found=${found} />
            ${
              found.result.length === 0 &&
              html`<p class="notice">
                No passage reaches the score threshold. Lower it to see results.
              </p>`
            }
            <div class=${`columns of-${columns.length}${isSearching ? " stale" : ""}`} ref=${frame}>
              ${
                !isNarrow &&
                html`<${MovementLines}
                  frame=${frame}
                  columns=${columns}
                  kept=${kept}
                  lit=${lit}
                  version=${found}
                />`
              }
              ${shown.map(
                (column) =>
                  html`<${Column}
                    key=${column.name}
                    column=${column}
                    passages=${found.passages}
                    always=${kept}
                    places=${isNarrow ? places : undefined}
                    lit=${lit}
                    open=${open}
                    gradeOf=${gradeOf}
                    onLight=${setLit}
                    onOpen=${(/** @type {string} */ id) => {
                      openedIn.current = column.name;
                      go({ passage: id }, "push");
                    }}
                  />`,
              )}
            </div>`
        }
      </div>
      ${
        open !== undefined &&
        settings &&
        found &&
        html`<${ExplanationPanel}
          id=${open}
          question=${question}
          settings=${settings}
          comparesTokens=${info.comparesTokens}
          gradeOf=${gradeOf}
          onGrade=${give}
          onClose=${close}
        />`
      }
    </main>
    ${
      info &&
      html`<${JudgementBar}
        judgements=${judgements}
        problem=${problem}
        isSaved=${info.savesJudgements}
        onRead=${() =>
          read()
            .then((left) => left === undefined && setFailure(undefined))
            .catch((error) => setFailure(asFailure(error)))}
      />`
    }
    ${isHelpOpen && html`<${Help} onClose=${() => setIsHelpOpen(false)} />`}`;
}

const nothingStored =
  "Nothing was found, because the index is empty. Run “npx langchain-rerank index” on your folder with the same store, then search again.";

/** @param {SearchView} found */
function summaryOf({ result, coverage, scoredAnew, milliseconds }) {
  const count = result.length === 1 ? "1 passage" : `${result.length} passages`;
  return `${count} of ${coverage.candidates} candidates in ${asTime(milliseconds)}, ${scoredAnew} newly scored.`;
}
