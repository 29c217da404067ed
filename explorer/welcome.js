import { html } from "./html.js";
/** @import { Info } from "./types.js" */

/** @param {{ info: Info, onAsk: (question: string) => void }} props */
export function Welcome({ info: { examples }, onAsk }) {
  return html`<section class="welcome">
    <p>
      Ask a question. You see what each stage of the search finds, how the passages move between the
      stages, and why.
    </p>
    ${
      examples.length > 0 &&
      html`<h2>For example</h2>
        <ul>
          ${examples.map(
            (example) =>
              html`<li key=${example}>
                <button type="button" class="example" onClick=${() => onAsk(example)}>
                  <bdi>${example}</bdi>
                </button>
              </li>`,
          )}
        </ul>`
    }
    <p>Press <kbd>?</kbd> for the keys.</p>
  </section>`;
}
