/** The style of the page: system fonts, light and dark, narrow and wide, screen and paper. */
export const pageStyle: string = `
:root {
  color-scheme: light dark;
  --paper: #ffffff; --raised: #f6f7f9; --ink: #1b1f24; --soft: #57606a; --line: #d5dae0;
  --accent: #0b5cad; --warm: #a04a00; --good: #1a7f37; --bad: #c4232e;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14171b; --raised: #1c2026; --ink: #e4e7eb; --soft: #a3acb6; --line: #363c44;
    --accent: #6cb2f7; --warm: #f0a35e; --good: #4fc06c; --bad: #ff7b72;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  overflow-wrap: anywhere; -webkit-text-size-adjust: 100%;
}
main, footer { max-width: 58rem; margin: 0 auto; padding: 0 1rem; }
header { padding: 2.5rem 0 0.5rem; }
h1 { font-size: 1.35rem; line-height: 1.3; font-weight: 600; margin: 0 0 0.75rem; color: var(--soft); }
.verdict { font-size: 1.4rem; line-height: 1.4; margin: 0; max-width: 48rem; text-wrap: pretty; }
h2 { font-size: 1.25rem; line-height: 1.3; margin: 3rem 0 1rem; padding-top: 0.75rem; border-top: 1px solid var(--line); }
h3 { font-size: 1.05rem; margin: 2rem 0 0.75rem; }
h4 { font-size: 1rem; margin: 0; }
code { font: 0.875em ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
.scroll { overflow-x: auto; margin: 0 0 1.5rem; }
.scroll:focus-visible, summary:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
table { border-collapse: collapse; width: 100%; font-size: 0.9rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: 600; padding: 0 0 0.4rem; }
th, td { padding: 0.4rem 0.75rem 0.4rem 0; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); overflow-wrap: normal; }
th { font-weight: 500; }
th[scope="row"] { min-width: 6.5rem; }
thead th { color: var(--soft); font-size: 0.8rem; line-height: 1.3; vertical-align: bottom; border-bottom-color: var(--soft); }
.number { text-align: right; white-space: nowrap; padding: 0.4rem 0 0.4rem 0.75rem; }
thead .number { white-space: normal; }
.finding { border-left: 4px solid var(--accent); background: var(--raised); padding: 0.75rem 1rem; margin: 0 0 0.75rem; }
.finding p { margin: 0 0 0.35rem; }
.finding .label { text-transform: uppercase; font-size: 0.75rem; letter-spacing: 0.05em; color: var(--accent); margin-right: 0.4rem; }
.finding code { color: var(--soft); }
.finding.error { border-color: var(--bad); } .finding.error .label { color: var(--bad); }
.finding.warning { border-color: var(--warm); } .finding.warning .label { color: var(--warm); }
.finding .remedy { margin: 0; color: var(--soft); }
.finding .remedy::before { content: "→ "; }
.decision { border-left: 4px solid var(--accent); background: var(--raised); padding: 0.75rem 1rem; margin: 0 0 0.75rem; }
.basis { color: var(--soft); font-size: 0.9rem; max-width: 48rem; }
figure { margin: 0 0 1.5rem; min-width: 0; }
figure svg { display: block; width: 100%; height: auto; }
figcaption { color: var(--soft); font-size: 0.85rem; margin-top: 0.25rem; max-width: 48rem; }
figure .scroll { margin: 0; } figure .scroll svg { min-width: 43rem; }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr)); gap: 1.5rem 2rem; }
summary { cursor: pointer; color: var(--accent); margin-bottom: 0.75rem; }
.case { margin: 0 0 1.75rem; }
.change { color: var(--soft); font-size: 0.9rem; margin: 0.15rem 0 0.6rem; font-variant-numeric: tabular-nums; }
.case caption { position: absolute; width: 1px; height: 1px; padding: 0; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.case .scroll { position: relative; } .case table { min-width: 40rem; }
.case th[scope="row"] { min-width: 11rem; max-width: 14rem; overflow-wrap: anywhere; } .case td:last-child { min-width: 16rem; overflow-wrap: anywhere; }
.case td.text { padding: 0.4rem 0 0.4rem 1.25rem; white-space: nowrap; } .case th.text:nth-child(n + 2) { padding-left: 1.25rem; } .case td:last-child { white-space: normal; }
footer { padding-bottom: 3rem; font-size: 0.9rem; }
dl { margin: 0; } dl div { display: grid; grid-template-columns: 7rem 1fr; gap: 0 1rem; padding: 0.2rem 0; }
dt { color: var(--soft); } dd { margin: 0; min-width: 0; }
@media (max-width: 40rem) {
  table, caption, tbody, tr, .scroll th[scope="row"], .scroll td, .scroll td:last-child { display: block; min-width: 0; max-width: none; }
  .case table { min-width: 0; }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  tr { border-bottom: 1px solid var(--line); padding: 0.5rem 0; }
  .scroll th[scope="row"] { border: 0; padding: 0; font-weight: 600; overflow-wrap: anywhere; }
  .scroll td, .scroll td:last-child { display: grid; grid-template-columns: minmax(0, 2fr) minmax(0, 3fr); gap: 0 0.75rem; border: 0; padding: 0.1rem 0; text-align: left; white-space: normal; overflow-wrap: anywhere; }
  .case td.text, .case td.text:last-child { padding: 0.1rem 0; }
  td::before { content: attr(data-column); color: var(--soft); }
}
@media (max-width: 30rem) {
  .verdict { font-size: 1.15rem; } header { padding-top: 1.5rem; } h2 { margin-top: 2.25rem; }
  dl div { grid-template-columns: 1fr; padding: 0.3rem 0; }
}
@media print {
  :root {
    --paper: #ffffff; --raised: #ffffff; --ink: #000000; --soft: #444444; --line: #bbbbbb;
    --accent: #0b4f94; --warm: #8a3f00; --good: #14632b; --bad: #a31621;
  }
  body { font-size: 10pt; } main, footer { max-width: none; padding: 0; }
  h2, h3, h4, caption { break-after: avoid; } tr, figure, .finding, .decision { break-inside: avoid; }
  .plots { grid-template-columns: 1fr 1fr; }
  .scroll { overflow: visible; } figure .scroll svg, .case table { min-width: 0; }
}
`;
