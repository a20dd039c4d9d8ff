// The look of an embedded viewer. What a page may change are `--audit-accent`, `--audit-font`, `--audit-radius`, the
// size of the element, and the parts row, drawer and toolbar.

export const STYLE = `
:host {
  color-scheme: light dark; display: block; height: 36rem; container-type: inline-size; contain: content;
  --canvas: light-dark(#f7f6f3, #12151b); --surface: light-dark(#fff, #191d25); --sunken: light-dark(#efede8, #0d1015);
  --raised: light-dark(#fff, #212630); --line: light-dark(#ddd9d0, #2c323d);
  --line-strong: light-dark(#8a8578, #737b8a);
  --ink: light-dark(#1b1f27, #eceef2); --ink-2: light-dark(#4a4f5a, #b9bfca); --ink-3: light-dark(#646973, #959caa);
  --accent: var(--audit-accent, light-dark(#0f4c81, #7db4e8));
  --accent-soft: color-mix(in oklab, var(--accent) 12%, var(--surface));
  --success: light-dark(#1e6b45, #6cc795); --success-soft: light-dark(#e2f1e8, #16301f);
  --failure: light-dark(#b3261e, #ff8f85); --failure-soft: light-dark(#fbe7e5, #3b1816);
  --denied: light-dark(#8a4b08, #f0b364); --denied-soft: light-dark(#fbeedc, #35240f);
  --seal: light-dark(#0b6b66, #5ccac2); --seal-soft: light-dark(#ddf1ef, #0f302e);
  --broken: light-dark(#9c1c4a, #ff8db4); --broken-soft: light-dark(#fbe4ec, #3a1426);
  --focus: light-dark(#1f6feb, #58a6ff); --mark: light-dark(#fce9a6, #5a4a12);
  --hover: color-mix(in oklab, var(--ink) 6%, transparent);
  --sans: var(--audit-font, system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif);
  --mono: ui-monospace, "SF Mono", Menlo, "DejaVu Sans Mono", monospace;
  --radius: var(--audit-radius, 8px);
}
:host([hidden]) { display: none; }
:host([theme="light"]) { color-scheme: light; }
:host([theme="dark"]) { color-scheme: dark; }
*, ::before, ::after { box-sizing: border-box; }
h3, h4, p, ol, dl, dd { margin: 0; padding: 0; }
ol { list-style: none; }
.whole {
  display: flex; flex-direction: column; height: 100%; overflow: hidden; position: relative;
  font: 400 0.8125rem/1.25rem var(--sans); color: var(--ink); background: var(--surface);
  border: 1px solid var(--line); border-radius: var(--radius); text-align: left;
}
.sprite { position: absolute; width: 0; height: 0; }
.icon { width: 1rem; height: 1rem; fill: none; stroke: currentColor; stroke-width: 1.75; stroke-linecap: round;
  stroke-linejoin: round; flex: none; }
.grow { flex: 1; }
.quiet { color: var(--ink-3); font-size: 0.75rem; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
code, .code { font-family: var(--mono); font-size: 0.75rem; }
button, input, select { font: inherit; color: inherit; }
:focus-visible { outline: 2px solid var(--focus); outline-offset: 1px; }
.button, .field { min-height: 1.875rem; border: 1px solid var(--line-strong); border-radius: min(6px, var(--radius));
  background: var(--surface); padding: 0 10px; }
.button { cursor: pointer; white-space: nowrap; display: inline-flex; align-items: center; gap: 6px; }
.button:hover:not(:disabled) { background: var(--hover); }
.button:disabled { opacity: 0.6; cursor: default; }
.button[aria-pressed="true"] { background: var(--accent-soft); border-color: var(--accent); color: var(--accent); }
.button.square { width: 1.875rem; padding: 0; justify-content: center; border-color: transparent; }
.button .dot { width: 7px; height: 7px; border-radius: 4px; background: currentColor; opacity: 0.5; }
.button[aria-pressed="true"] .dot { opacity: 1; }
.link { border: 0; background: none; padding: 0; text-decoration: underline; cursor: pointer; color: var(--accent); }
.field::placeholder { color: var(--ink-3); opacity: 1; }
.field[aria-invalid="true"] { border-color: var(--failure); }
.toolbar { display: flex; flex-wrap: wrap; gap: 8px; align-items: center; padding: 8px 10px; flex: none;
  border-bottom: 1px solid var(--line); background: var(--canvas); }
.query { display: flex; gap: 8px; flex: 1 1 18rem; min-width: 0; }
.query .field { flex: 1; min-width: 0; width: 100%; font-family: var(--mono); font-size: 0.75rem; }
.custom { display: flex; flex-wrap: wrap; gap: 8px; align-items: center; }
.custom label { display: flex; gap: 6px; align-items: center; color: var(--ink-2); }
.custom .field { width: 9rem; }
.notes, .trouble { padding: 8px 12px; border-bottom: 1px solid var(--line); flex: none; }
.notes .error { color: var(--failure); }
.notes .warning { color: var(--denied); }
.trouble { display: flex; gap: 12px; align-items: center; justify-content: space-between;
  background: var(--failure-soft); }
.columns { flex: 1; min-height: 0; display: flex; position: relative; }
.rows { flex: 1; min-width: 0; overflow: auto; scrollbar-width: thin; overscroll-behavior: contain; }
.cells { display: grid; gap: 12px; align-items: center; padding: 0 12px; }
.of-1 .cells { grid-template-columns: minmax(0, 1fr); }
.of-2 .cells { grid-template-columns: 9rem minmax(0, 1fr); }
.of-3 .cells { grid-template-columns: 9rem 5rem minmax(0, 1fr); }
.of-4 .cells { grid-template-columns: 9rem 5rem minmax(0, 1fr) minmax(0, 9rem); }
.of-5 .cells { grid-template-columns: 9rem 5rem minmax(0, 1fr) repeat(2, minmax(0, 9rem)); }
.of-6 .cells, .of-7 .cells { grid-template-columns: 9rem 5rem minmax(0, 1fr) repeat(3, minmax(0, 8rem)); }
.heads { position: sticky; top: 0; min-height: 1.75rem; background: var(--canvas); border-bottom: 1px solid var(--line);
  color: var(--ink-3); font-size: 0.6875rem; font-weight: 600; z-index: 1; }
.row { width: 100%; min-height: 2.25rem; padding-block: 5px; border: 0; border-bottom: 1px solid var(--line);
  background: none; text-align: left; cursor: pointer; }
.row:hover { background: var(--hover); }
.row[aria-expanded="true"] { background: var(--accent-soft); }
.row:focus-visible { outline-offset: -2px; }
.row > * { min-width: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.row.fresh { animation: fresh 1.6s ease-out; }
@keyframes fresh { from { background: var(--mark); } }
.time { font-variant-numeric: tabular-nums; color: var(--ink-2); }
.extra { color: var(--ink-2); }
.say .who { font-weight: 600; }
.say .target { font-weight: 500; }
.outcome { display: inline-flex; align-items: center; gap: 5px; font-size: 0.75rem; font-weight: 500; }
.outcome::before { content: ""; width: 8px; height: 8px; flex: none; }
.outcome.success, .outcome.unknown { color: var(--ink-2); font-weight: 400; }
.outcome.success::before { border-radius: 4px; background: var(--success); }
.outcome.unknown::before { border-radius: 4px; border: 1.5px solid var(--ink-3); }
.outcome.failure { color: var(--failure); }
.outcome.failure::before { background: var(--failure); clip-path: polygon(50% 0, 100% 100%, 0 100%); }
.outcome.denied { color: var(--denied); }
.outcome.denied::before { background: var(--denied); rotate: 45deg; scale: 0.85; }
.end { padding: 16px 12px; text-align: center; color: var(--ink-3); }
.drawer { width: 24rem; flex: none; overflow: auto; border-left: 1px solid var(--line); background: var(--raised);
  scrollbar-width: thin; overscroll-behavior: contain; }
.drawer > header, section { padding: 12px 16px; border-bottom: 1px solid var(--line); }
.drawer > header > div, section > header { display: flex; align-items: center; gap: 8px; margin-bottom: 8px; }
section > header > :first-child { flex: 1; }
h3 { font-size: 0.875rem; font-weight: 600; }
h4 { margin: 10px 0 2px; font-size: 0.75rem; color: var(--ink-2); }
.drawer .say { font-size: 1rem; line-height: 1.5rem; overflow-wrap: anywhere; }
.reason { margin-top: 8px; padding-left: 10px; border-left: 2px solid var(--line); color: var(--ink-2); }
dl { display: grid; grid-template-columns: minmax(4rem, 30%) minmax(0, 1fr); gap: 2px 12px; }
dt { color: var(--ink-3); }
dd { font-family: var(--mono); font-size: 0.75rem; overflow-wrap: anywhere; }
.modes { display: inline-flex; border: 1px solid var(--line-strong); border-radius: 6px; overflow: hidden; }
.modes button { border: 0; background: none; padding: 0 8px; min-height: 1.5rem; font-size: 0.75rem; cursor: pointer; }
.modes button[aria-pressed="true"] { background: var(--accent-soft); color: var(--accent); }
.modes button:focus-visible { outline-offset: -2px; }
.diff { width: 100%; border-collapse: collapse; table-layout: fixed; }
.diff th { text-align: left; font-weight: 500; font-size: 0.75rem; color: var(--ink-3); padding: 0 8px 4px 0; }
.diff tbody th, .diff td { padding: 5px 8px 5px 0; vertical-align: top; border-top: 1px solid var(--line);
  font: 400 0.75rem/1.25rem var(--mono); color: var(--ink); overflow-wrap: anywhere; }
.diff del, .diff ins { text-decoration: none; padding: 1px 5px; border-radius: 3px; white-space: pre-wrap;
  box-decoration-break: clone; -webkit-box-decoration-break: clone; }
.diff del { background: var(--failure-soft); }
.diff ins { background: var(--success-soft); }
.diff del::before { content: "− "; color: var(--failure); }
.diff ins::before { content: "+ "; color: var(--success); }
.diff mark { color: inherit; background: color-mix(in oklab, currentColor 18%, transparent); border-radius: 2px; }
.diff i { font-family: var(--sans); color: var(--ink-3); font-style: normal; }
.patch, .json { font: 400 0.75rem/1.125rem var(--mono); background: var(--sunken); padding: 10px 12px; margin: 0;
  border-radius: 6px; overflow: auto; max-height: 20rem; white-space: pre-wrap; overflow-wrap: anywhere; }
.json details { padding-left: 14px; }
.json summary { margin-left: -14px; cursor: pointer; }
.json .leaf { padding-left: 14px; }
.json .name { color: var(--accent); }
.json .string { color: var(--success); }
.json .other { color: var(--denied); }
.proof.good { padding: 10px 12px; border-radius: 8px; background: var(--seal-soft); }
.proof.broken { padding: 10px 12px; border-radius: 8px; background: var(--broken-soft); }
.proof.good b { color: var(--seal); }
.proof.broken b { color: var(--broken); }
.proof ol { display: grid; gap: 4px; margin: 8px 0; font-size: 0.75rem; }
.proof li { display: grid; grid-template-columns: 16px minmax(0, 1fr); gap: 8px; }
.proof li .icon { width: 0.875rem; height: 0.875rem; margin-top: 3px; color: var(--seal); }
.proof li.no .icon { color: var(--broken); }
.proof li.open .icon { color: var(--ink-3); }
.proof li code { overflow-wrap: anywhere; color: var(--ink-2); }
@container (max-width: 60rem) {
  .drawer { position: absolute; inset: 0 0 0 auto; width: min(24rem, 100%);
    box-shadow: 0 8px 24px rgb(20 24 32 / 0.2); }
}
@container (max-width: 40rem) {
  .button, .field { min-height: 2.75rem; }
  .button.square { width: 2.75rem; }
  .heads { display: none; }
  .row.cells { display: flex; flex-wrap: wrap; gap: 2px 10px; padding-block: 8px; min-height: 2.75rem; }
  .row .say { flex: 1 0 100%; order: 3; white-space: normal; overflow-wrap: anywhere; }
  .row .extra { order: 4; font-size: 0.75rem; }
  .drawer { width: 100%; border: 0; }
}
@media (prefers-reduced-motion: reduce) { .row.fresh { animation: none; } }
@media (forced-colors: active) { .row[aria-expanded="true"] { outline: 2px solid Highlight; outline-offset: -2px; } }
`;
