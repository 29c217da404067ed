import { useEffect, useRef } from "preact/hooks";
import { html } from "./html.js";

const keys = [
  ["/", "go to the question"],
  ["j k or ↓ ↑", "next or previous passage"],
  ["← →", "the same passage in the next list"],
  ["Enter", "explain the passage"],
  ["2", "judge it relevant"],
  ["1", "judge it partly relevant"],
  ["0", "judge it not relevant"],
  ["x", "remove its judgement"],
  ["Esc", "close the explanation or this help"],
  ["?", "show these keys"],
];

/** @param {{ onClose: () => void }} props */
export function Help({ onClose }) {
  const dialog = useRef(/** @type {HTMLDialogElement | null} */ (null));
  useEffect(() => dialog.current?.showModal(), []);
  return html`<dialog class="help" aria-labelledby="help-title" ref=${dialog} onClose=${onClose}>
    <h2 id="help-title">Keys</h2>
    <dl>
      ${keys.map(
        ([key, action]) =>
          html`<div>
            <dt><kbd>${key}</kbd></dt>
            <dd>${action}</dd>
          </div>`,
      )}
    </dl>
    <p>A judgement applies to the whole section of a document.</p>
    <button type="button" class="quiet" onClick=${() => dialog.current?.close()}>Close</button>
  </dialog>`;
}

/** Asks for the key of a server that needs one. @param {{ onKey: (key: string) => void, isWrong: boolean }} props */
export function KeyForm({ onKey, isWrong }) {
  const field = useRef(/** @type {HTMLInputElement | null} */ (null));
  useEffect(() => field.current?.focus(), []);
  return html`<form
    class="notice key-form"
    onSubmit=${(/** @type {Event} */ event) => {
      event.preventDefault();
      const key = field.current?.value.trim() ?? "";
      if (key !== "") onKey(key);
    }}
  >
    <label for="key">
      ${isWrong ? "The server refused this API key. Enter another one." : "This server needs an API key."}
    </label>
    <span class="field-row">
      <input id="key" type="password" autocomplete="off" required ref=${field} />
      <button type="submit">Use this key</button>
    </span>
    <small>The browser keeps it until you close this tab.</small>
  </form>`;
}
