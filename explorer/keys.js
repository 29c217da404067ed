/**
 * @param {Element | null} row
 * @param {number} step
 * @returns {HTMLElement | undefined} the passage before or after in the same list
 */
function besideInList(row, step) {
  const list = row?.closest("[data-column]");
  const rows = [...(list?.querySelectorAll("[data-passage]") ?? [])];
  const found = rows[rows.findIndex((each) => each === row) + step];
  return found instanceof HTMLElement ? found : undefined;
}

/**
 * @param {Element} row
 * @param {number} step
 * @returns {HTMLElement | undefined} the same passage in the next list that has it, else that list's first passage
 */
function besideInLists(row, step) {
  const own = row.closest("[data-column]");
  const lists = [...document.querySelectorAll("[data-column]")];
  const next = lists[lists.findIndex((each) => each === own) + step];
  const id = row instanceof HTMLElement ? (row.dataset["passage"] ?? "") : "";
  const found =
    next?.querySelector(`[data-passage="${CSS.escape(id)}"]`) ??
    next?.querySelector("[data-passage]");
  return found instanceof HTMLElement ? found : undefined;
}

/** @returns {HTMLElement | undefined} the first passage of the result */
export function firstOfResult() {
  const found = document.querySelector('[data-column="result"] [data-passage]');
  return found instanceof HTMLElement ? found : undefined;
}

/**
 * Focuses a passage in the list in which it was opened, or else in another one.
 *
 * @param {string} id
 * @param {string | undefined} list
 */
export function focusPassage(id, list) {
  const rows = [...document.querySelectorAll(`[data-passage="${CSS.escape(id)}"]`)];
  const found = rows.find((row) => row.closest(`[data-column="${list}"]`)) ?? rows.at(-1);
  if (found instanceof HTMLElement) found.focus();
  else firstOfResult()?.focus();
}

/**
 * @typedef {object} KeyActions
 * @property {() => void} onQuestion goes to the question
 * @property {() => void} onClose closes the explanation
 * @property {() => void} onHelp shows the keys
 * @property {(id: string | undefined, grade: 0 | 1 | 2 | undefined) => void} onGrade the passage that has the
 *   focus, if any; `undefined` removes its judgement
 */

/**
 * Acts on a key, unless it is typed into a field.
 *
 * @param {KeyboardEvent} event
 * @param {KeyActions} actions
 */
export function actOnKey(event, { onQuestion, onClose, onHelp, onGrade }) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (document.querySelector("dialog[open]")) return;
  const target = event.target instanceof Element ? event.target : null;
  if (event.key === "Escape") return onClose();
  if (target?.closest("input, select, textarea")) return;
  const row = target?.closest("[data-passage]") ?? null;
  const act = {
    "/": onQuestion,
    "?": onHelp,
    j: () => (besideInList(row, 1) ?? (row ? undefined : firstOfResult()))?.focus(),
    k: () => (besideInList(row, -1) ?? (row ? undefined : firstOfResult()))?.focus(),
    ArrowDown: row && (() => besideInList(row, 1)?.focus()),
    ArrowUp: row && (() => besideInList(row, -1)?.focus()),
    ArrowRight: row && (() => besideInLists(row, 1)?.focus()),
    ArrowLeft: row && (() => besideInLists(row, -1)?.focus()),
    0: () => onGrade(passageOf(row), 0),
    1: () => onGrade(passageOf(row), 1),
    2: () => onGrade(passageOf(row), 2),
    x: () => onGrade(passageOf(row), undefined),
  }[event.key];
  if (!act) return;
  event.preventDefault();
  act();
}

/** @param {Element | null} row */
function passageOf(row) {
  return row instanceof HTMLElement ? row.dataset["passage"] : undefined;
}
