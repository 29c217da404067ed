import { html, Markup, nothing } from "./markup.ts";
import { pageStyle } from "./page-style.ts";

/** What a page shows: a heading, the verdict in words, sections, and how it was made. */
export interface PageParts {
  readonly title: string;
  readonly verdict: string;
  readonly sections: readonly Markup[];
  /** Names with their texts. */
  readonly made: readonly (readonly [string, string])[];
}

/**
 * The whole page. Its content security policy forbids scripts and network access, whatever its texts contain.
 */
export function htmlPage({ title, verdict, sections, made }: PageParts): string {
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta
          http-equiv="Content-Security-Policy"
          content="default-src 'none'; style-src 'unsafe-inline'"
        />
        <meta name="color-scheme" content="light dark" />
        <title>${title}</title>
        <style>
          ${new Markup(pageStyle)}
        </style>
      </head>
      <body>
        <main>
          <header>
            <h1>${title}</h1>
            <p class="verdict" dir="auto">${unbroken(verdict)}</p>
          </header>
          ${sections}
        </main>
        <footer>
          <h2>How this report was made</h2>
          <dl>
            ${made.map(
              ([name, what]) =>
                html`<div>
                  <dt>${name}</dt>
                  <dd>${name === "Command" ? html`<code>${what}</code>` : what}</dd>
                </div>`,
            )}
          </dl>
        </footer>
      </body>
    </html> `;
  return page.toString();
}

/** A section with its heading; nothing without parts. */
export function section(id: string, title: string, parts: readonly Markup[]): Markup {
  if (parts.length === 0) return nothing;
  return html`<section aria-labelledby="${id}">
    <h2 id="${id}">${title}</h2>
    ${parts}
  </section>`;
}

/** Keeps a number and its sign on one line. */
export function unbroken(text: string): string {
  return text
    .replaceAll(/(\d) (%|ms\b)/g, "$1\u00a0$2")
    .replaceAll(/\bp ([=<]) (\d)/g, "p\u00a0$1\u00a0$2");
}
