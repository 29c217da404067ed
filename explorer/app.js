import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import {
  askInfo,
  askJudgements,
  askSearch,
  keepKey,
  RequestFailure,
  sendJudgement,
} from "./api.js";
import { Column } from "./column.js";
import { columnsOf, placesIn } from "./columns.js";
import { ExplanationPanel } from "./explanation.js";
import { Help, KeyForm } from "./help.js";
import { useJudgements, useNarrow, usePage } from "./hooks.js";
import { html } from "./html.js";
import { JudgementBar } from "./judgement-bar.js";
import { gradeNames, keepJudgements, keptJudgements, withJudgement } from "./judgements.js";
import { actOnKey, firstOfResult, focusPassage } from "./keys.js";
import { MovementLines } from "./movement-lines.js";
import { asked, SettingsForm } from "./settings-form.js";
import { asTime, StageTimes } from "./stage-times.js";
import { Welcome } from "./welcome.js";
/** @import { Grade, Info, Judgement, SearchView, Settings } from "./types.js" */

/** A slider that moves asks for a search at every step; only one that rests for so long is asked. */
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
  const [found, setFound] = useState(/** @type {SearchView | undefined} */ (undefined));
  const [failure, setFailure] = useState(/** @type {RequestFailure | undefined} */ (undefined));
  const [isSearching, setIsSearching] = useState(false);
  const [keys, setKeys] = useState(0);
  const [attempts, setAttempts] = useState(0);
  const { judgements, latest, setJudgements } = useJudgements();
  const [said, setSaid] = useState("");
  const [lit, setLit] = useState(/** @type {string | undefined} */ (undefined));
  const [isHelpOpen, setIsHelpOpen] = useState(false);
  const isNarrow = useNarrow();
  const field = useRef(/** @type {HTMLInputElement | null} */ (null));
  const frame = useRef(/** @type {HTMLElement | null} */ (null));
  const { question, passage: open } = page;
  const settings = info && asked(page.settings, info);
  const request = JSON.stringify({ question, settings });

  useEffect(() => {
    const load = async () => {
      const able = await askInfo();
      setJudgements(able.savesJudgements ? (await askJudgements()).judgements : keptJudgements());
      setInfo(able);
      setFailure(undefined);
    };
    load().catch((error) => setFailure(asFailure(error)));
  }, [keys, attempts]);

  useEffect(() => setDraft(question), [question]);

  useEffect(() => {
    if (question === "" || !settings) {
      setFound(undefined);
      return undefined;
    }
    const control = new AbortController();
    const search = async () => {
      setIsSearching(true);
      try {
        const answer = await askSearch(question, settings, control.signal);
        setFound(answer);
        setFailure(undefined);
        setSaid(summaryOf(answer));
      } catch (error) {
        if (control.signal.aborted) return;
        setFound(undefined);
        setFailure(asFailure(error));
      }
      setIsSearching(false);
    };
    // A new question is asked at once.
    const timer = setTimeout(search, found?.question === question ? restMs : 0);
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

  /** @param {string} judgedId @param {readonly Judgement[]} [given] @returns {Grade | undefined} */
  const gradeOf = (judgedId, given = judgements) =>
    given.find((each) => each.question === question && each.id === judgedId)?.grade;

  /** @param {string} id @param {Grade | undefined} grade `undefined` removes the judgement */
  const judge = async (id, grade) => {
    const before = gradeOf(id, latest.current);
    if (grade === before) return;
    /** @param {Grade | undefined} each */
    const change = (each) =>
      setJudgements(withJudgement(latest.current, { question, id, grade: each }));
    change(grade);
    setSaid(grade === undefined ? "Judgement removed." : `Judged ${gradeNames[grade]}.`);
    if (info?.savesJudgements !== true) return;
    try {
      await sendJudgement({ question, id, grade: grade ?? null });
    } catch (error) {
      setFailure(asFailure(error));
      // What is shown as judged is what is saved.
      change(before);
    }
  };

  useEffect(() => {
    if (info?.savesJudgements === false) keepJudgements(judgements);
  }, [judgements]);

  const close = () => {
    if (open === undefined) return;
    go({ passage: undefined }, "push");
    requestAnimationFrame(() => focusPassage(open));
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
          if (judged !== undefined) void judge(judged, grade);
        },
      });
    addEventListener("keydown", hear);
    return () => removeEventListener("keydown", hear);
  });

  /** @param {string} asks */
  const ask = (asks) => {
    const trimmed = asks.trim();
    if (trimmed === "") return field.current?.focus();
    if (trimmed === question) setAttempts(attempts + 1);
    go({ question: trimmed, passage: undefined }, "push");
    requestAnimationFrame(() => firstOfResult()?.focus());
  };

  if (failure?.status === 401) {
    return html`<main class="alone">
      <h1>Retrieval explorer</h1>
      <${KeyForm}
        isWrong=${keys > 0}
        onKey=${(/** @type {string} */ key) => {
          keepKey(key);
          setKeys(keys + 1);
        }}
      />
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
            <button type="button" onClick=${() => setAttempts(attempts + 1)}>Try again</button>
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
                No passage reaches the least relevance. Lower it to see results.
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
                    onOpen=${(/** @type {string} */ id) => go({ passage: id }, "push")}
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
          onGrade=${judge}
          onClose=${close}
        />`
      }
    </main>
    ${info && html`<${JudgementBar} judgements=${judgements} isSaved=${info.savesJudgements} />`}
    ${isHelpOpen && html`<${Help} onClose=${() => setIsHelpOpen(false)} />`}`;
}

const nothingStored =
  "Nothing was found, because the index is empty. Run “npx langchain-rerank index” on your folder with the same store, then search again.";

/** @param {SearchView} found */
function summaryOf({ result, coverage, scoredAnew, milliseconds }) {
  const count = result.length === 1 ? "1 passage" : `${result.length} passages`;
  return `${count} of ${coverage.candidates} candidates in ${asTime(milliseconds)}, ${scoredAnew} scored anew.`;
}
