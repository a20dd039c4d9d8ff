// Taking events away: what was found as a table for a spreadsheet, or with all that proves it.

import { html, useState } from "../lib/html.js";
import { download } from "../ui/hand-over.js";
import { sentenceText } from "../ui/parts.js";

const PAGE = 500;
const ROWS_MAX = 10_000;
/** @type {[string, (event: any) => unknown][]} */
const COLUMNS = [
  ["occurred_at", (event) => event.occurred_at],
  ["action", (event) => event.action],
  ["outcome", (event) => event.outcome],
  ["actor_id", (event) => event.actor?.id],
  ["actor_name", (event) => event.actor?.name],
  ["sentence", (event) => sentenceText(event)],
  ["targets", (event) => (event.targets ?? []).map(({ type, id }) => `${type}/${id}`).join(" ")],
  ["ip", (event) => event.context?.ip],
  ["reason", (event) => event.reason],
  ["id", (event) => event.id],
];

/** A value of a table. Spreadsheets run what begins like a formula, and events are written by strangers. */
function cell(value) {
  const text = String(value ?? "");
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** RFC 4180. */
export const csv = (events) =>
  [COLUMNS.map(([name]) => name), ...events.map((event) => COLUMNS.map(([, of]) => cell(of(event))))]
    .map((row) => `${row.join(",")}\r\n`)
    .join("");

async function all(v) {
  const events = [];
  let cursor = null;
  do {
    const page = await v.client.getJson("/v1/events", { ...v.asked, limit: PAGE, cursor, sentence: true });
    events.push(...page.events);
    cursor = page.next_cursor;
  } while (cursor && events.length < ROWS_MAX);
  return { events: events.slice(0, ROWS_MAX), isCut: Boolean(cursor) };
}

export function Exports({ v }) {
  const [state, set] = useState(/** @type {{ isBusy?: boolean, said?: string }} */ ({}));
  const run = (work) => async () => {
    set({ isBusy: true });
    try {
      set({ said: await work() });
    } catch (error) {
      set({ said: v.say("exportFailed", error.message) });
    }
  };
  const table = async () => {
    const { events, isCut } = await all(v);
    download("audit-log.csv", csv(events), "text/csv");
    return isCut ? v.say("exportCut", ROWS_MAX) : null;
  };
  const pack = async () => {
    const response = await v.client.request("/v1/evidence", { parameters: v.asked, accept: "application/x-tar" });
    download("audit-log.tallystick-pack.tar", await response.blob(), "application/x-tar");
  };
  return html`<button type="button" class="button" disabled=${state.isBusy}
      onClick=${run(table)}>${v.say("exportCsv")}</button>
    <button type="button" class="button" disabled=${state.isBusy} onClick=${run(pack)}>${v.say("exportPack")}</button>
    ${
      (state.isBusy || state.said) &&
      html`<span class="quiet" role="status">${state.said ?? v.say("exporting")}</span>`
    }`;
}
