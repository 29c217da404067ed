import { html } from "./html.js";
/** @import { Info, Settings } from "./types.js" */

/**
 * The settings of a search with all defaults filled in.
 *
 * @param {Settings} settings
 * @param {Info} info
 */
function completed(settings, info) {
  const { k = 5, candidateCount = 50, rerank = true, blend = 1 } = settings;
  const { scoreThreshold = 0, deadlineMs, fusion = "rrf", reranker } = settings;
  const hybrid = info.isHybrid && (settings.hybrid ?? true);
  const most = info.mostCandidates;
  const count = Math.min(most, Math.max(1, Math.round(candidateCount)));
  const kept = Math.min(count, Math.max(1, Math.round(k)));
  return {
    k: kept,
    candidateCount: count,
    hybrid,
    fusion: info.fusions.includes(fusion) ? fusion : "rrf",
    rerank,
    blend: Math.min(1, Math.max(0, blend)),
    scoreThreshold: Math.min(1, Math.max(0, scoreThreshold)),
    deadlineMs: deadlineMs === undefined ? undefined : Math.max(0, deadlineMs),
    reranker: reranker !== undefined && info.rerankers.includes(reranker) ? reranker : undefined,
  };
}

/**
 * Only the settings that have an effect: the server refuses those that it would ignore.
 *
 * @param {Settings} settings
 * @param {Info} info
 * @returns {Settings}
 */
export function asked(settings, info) {
  const { hybrid, fusion, rerank, blend, scoreThreshold, ...all } = completed(settings, info);
  const { k, candidateCount, deadlineMs, reranker } = all;
  return {
    k,
    candidateCount,
    hybrid,
    rerank,
    ...(hybrid && { fusion }),
    ...(rerank && { blend, deadlineMs, reranker }),
    ...(rerank && scoreThreshold > 0 && { scoreThreshold }),
  };
}

/** @param {{ label: string, name: string, value: number, shown?: string, least: number, most: number, step: number, disabled?: boolean, onValue: (value: number) => void }} props */
function Slider({
  label,
  name,
  value,
  shown = String(value),
  least,
  most,
  step,
  disabled,
  onValue,
}) {
  return html`<div class=${`setting${disabled ? " off" : ""}`}>
    <label for=${name}>${label}</label>
    <output for=${name} class="figure" aria-live="off">${shown}</output>
    <input
      id=${name}
      type="range"
      min=${least}
      max=${most}
      step=${step}
      value=${value}
      disabled=${disabled}
      aria-valuetext=${shown}
      onInput=${(/** @type {{ currentTarget: HTMLInputElement }} */ { currentTarget }) =>
        onValue(currentTarget.valueAsNumber)}
    />
  </div>`;
}

/** @param {{ label: string, name: string, value: string, choices: readonly (readonly [string, string])[], disabled?: boolean, onValue: (value: string) => void }} props */
function Choice({ label, name, value, choices, disabled, onValue }) {
  return html`<div class=${`setting${disabled ? " off" : ""}`}>
    <label for=${name}>${label}</label>
    <select
      id=${name}
      value=${value}
      disabled=${disabled}
      onChange=${(/** @type {{ currentTarget: HTMLSelectElement }} */ { currentTarget }) =>
        onValue(currentTarget.value)}
    >
      ${choices.map(
        ([each, words]) => html`<option value=${each} selected=${each === value}>${words}</option>`,
      )}
    </select>
  </div>`;
}

/** @type {Readonly<Record<string, string>>} */
const fusionNames = {
  rrf: "reciprocal rank",
  "min-max": "min-max",
  "z-score": "z-score",
  distribution: "distribution",
  rank: "rank",
};

const deadlines = ["", "25", "50", "100", "200", "500", "1000", "2000"];

/**
 * The controls. Each change is a new search, whose known scores the server does not compute again.
 *
 * @param {{ settings: Settings, info: Info, onChange: (change: Settings) => void }} props
 */
export function SettingsForm({ settings, info, onChange: set }) {
  const all = completed(settings, info);
  const ofDeadline = all.deadlineMs === undefined ? "" : String(all.deadlineMs);
  const offered = deadlines.includes(ofDeadline) ? deadlines : [...deadlines, ofDeadline];
  const rerankers = [["", "on"], ...info.rerankers.map((name) => [name, name]), ["off", "off"]];
  return html`<form
    class="settings"
    aria-label="Settings"
    onSubmit=${(/** @type {Event} */ event) => event.preventDefault()}
  >
    <${Slider}
      label="Results"
      name="k"
      value=${all.k}
      least=${1}
      most=${Math.min(20, all.candidateCount)}
      step=${1}
      onValue=${(/** @type {number} */ k) => set({ k })}
    />
    <${Slider}
      label="Candidates"
      name="candidates"
      value=${all.candidateCount}
      least=${5}
      most=${info.mostCandidates}
      step=${5}
      onValue=${(/** @type {number} */ candidateCount) => set({ candidateCount })}
    />
    <${Choice}
      label="First stage"
      name="hybrid"
      value=${all.hybrid ? "yes" : "no"}
      disabled=${!info.isHybrid}
      choices=${[
        ["yes", "dense + BM25"],
        ["no", "dense"],
      ]}
      onValue=${(/** @type {string} */ value) => set({ hybrid: value === "yes" })}
    />
    <${Choice}
      label="Fusion"
      name="fusion"
      value=${all.fusion}
      disabled=${!all.hybrid}
      choices=${info.fusions.map((name) => [name, fusionNames[name] ?? name])}
      onValue=${(/** @type {NonNullable<Settings["fusion"]>} */ fusion) => set({ fusion })}
    />
    <${Choice}
      label="Reranker"
      name="reranker"
      value=${all.rerank ? (all.reranker ?? "") : "off"}
      choices=${rerankers}
      onValue=${(/** @type {string} */ name) =>
        set(
          name === "off"
            ? { rerank: false }
            : { rerank: undefined, reranker: name === "" ? undefined : name },
        )}
    />
    <${Slider}
      label="Rerank weight"
      name="blend"
      value=${all.blend}
      shown=${all.blend.toFixed(2)}
      least=${0}
      most=${1}
      step=${0.05}
      disabled=${!all.rerank}
      onValue=${(/** @type {number} */ blend) => set({ blend })}
    />
    <${Slider}
      label="Score threshold"
      name="threshold"
      value=${all.scoreThreshold}
      shown=${all.scoreThreshold === 0 ? "none" : all.scoreThreshold.toFixed(2)}
      least=${0}
      most=${1}
      step=${0.05}
      disabled=${!all.rerank}
      onValue=${(/** @type {number} */ value) => set({ scoreThreshold: value === 0 ? undefined : value })}
    />
    <${Choice}
      label="Deadline"
      name="deadline"
      value=${ofDeadline}
      disabled=${!all.rerank}
      choices=${offered.map((value) => [value, value === "" ? "none" : `${value} ms`])}
      onValue=${(/** @type {string} */ value) => set({ deadlineMs: value === "" ? undefined : Number(value) })}
    />
  </form>`;
}
