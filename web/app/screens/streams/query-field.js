// The filter of a stream as it is written: in colours, with what is wrong in its place, and with the events that it
// finds, so that nobody sends what they did not mean to.

import { getJson, send } from "../../lib/api.js";
import { h, html, useEffect, useLayoutEffect, useMemo, useRef } from "../../lib/html.js";
import { about, number } from "../../lib/format.js";
import { tokens } from "../../lib/query-tokens.js";
import { Resource } from "../../lib/resource.js";
import { visible } from "../../lib/safe-text.js";
import { may, zone } from "../../lib/session.js";
import { relative } from "../../lib/time-range.js";
import { rowTime, zoneLabel } from "../../lib/time.js";
import { explorer } from "../../lib/url-state.js";
import { errorOf } from "../../ui/forms.js";
import { Icon, Outcome, Sentence } from "../../ui/parts.js";

const WAIT_MS = 300;
const SHOWN = 5;
const RANGE = "7d";

/** The text in colours; what a note is about is underlined. */
function painted(text, notes) {
  const parts = [];
  let at = 0;
  for (const token of tokens(text)) {
    const note = notes.find(({ span }) => span && span[0] < token.end && Math.max(span[1], span[0] + 1) > token.start);
    const mark = note ? (note.severity === "warning" ? " t-odd" : " t-wrong") : "";
    parts.push(text.slice(at, token.start));
    parts.push(html`<span class=${`t-${token.kind}${mark}`}>${text.slice(token.start, token.end)}</span>`);
    at = token.end;
  }
  return [...parts, text.slice(at), "\u200b"];
}

/** What the service makes of the text, and what the text finds, while it is typed. */
export function useQuery(text, org) {
  const resource = useMemo(() => new Resource(), []);
  const q = text.trim();
  useEffect(() => {
    const ask = async (stop) => {
      const { diagnostics } = q ? await send("POST", "/v1/query/parse", { body: { q } }) : { diagnostics: [] };
      const isWrong = diagnostics.some(({ severity }) => severity === "error");
      if (stop.aborted || isWrong || !may("audit_logs.read")) return { of: text, diagnostics, isWrong, found: null };
      const own = { org, q, from: `now-${RANGE}` };
      const [total, { events }] = await Promise.all([
        getJson("/v1/count", own, stop),
        getJson("/v1/events", { ...own, limit: SHOWN, sentence: true }, stop),
      ]);
      return { of: text, diagnostics, isWrong, found: { ...total, events } };
    };
    resource.expect();
    const timer = setTimeout(() => resource.load(ask), WAIT_MS);
    return () => {
      clearTimeout(timer);
      resource.stop();
    };
  }, [q, org]);
  const { data, isLoading } = resource;
  const answer = data.value;
  // Places are those of the text that was looked at: of another one they would be wrong.
  const notes = answer && answer.of.trim() === q ? answer.diagnostics : [];
  const failure = isLoading.value ? null : resource.failure;
  const isWrong = notes.length > 0 && answer.isWrong;
  return { notes, failure, isWaiting: isLoading.value, isWrong, found: answer?.found };
}

function Notes({ notes, text, onValue }) {
  const offset = text.length - text.trimStart().length;
  const repair = ({ replace, with: next }) => {
    const own = text.trim();
    onValue(text.slice(0, offset) + own.slice(0, replace[0]) + next + own.slice(replace[1]));
  };
  return notes.map(
    (note) => html`<p class=${note.severity}>
      <span>${note.severity === "warning" ? "" : `Column ${note.span[0] + 1}: `}${visible(note.message)}</span>
      ${
        note.fix &&
        html`<button type="button" class="button small" onClick=${() => repair(note.fix)}>
          Change to <code>${visible(note.fix.with)}</code></button>`
      }</p>`,
  );
}

/** To the second. */
const timeOf = ({ occurred_at: text }) => rowTime(text, zone.value).replace(/\.\d+$/, "");

function Found({ checked, text, org }) {
  const { found, isWaiting, failure } = checked;
  if (failure) return html`<p class="quiet" role="status">${visible(failure.message)}</p>`;
  const isCounting = isWaiting && may("audit_logs.read");
  if (!found) return html`<p class="quiet" role="status">${isCounting ? "Counting …" : ""}</p>`;
  const isSingle = found.count === 1;
  const href = explorer(text.trim(), { org, range: relative(RANGE) });
  return html`<div class=${`preview${isWaiting ? " dimmed" : ""}`}>
    <p role="status">${
      found.count
        ? html`<a href=${href} target="_blank">${about(found.count, found.exact)}${isSingle ? " event" : " events"}</a>
            ${" "}of the last 7 days ${isSingle ? "matches" : "match"}`
        : "No event of the last 7 days matches."
    }</p>
    <ul aria-label=${`The newest that match, times in ${zoneLabel(zone.value)}`}>${found.events.map(
      (event) => html`<li key=${event.id}><time datetime=${event.occurred_at}>${timeOf(event)}</time>
        ${h(Outcome, { value: event.outcome })}<span class="say">${h(Sentence, { event })}</span></li>`,
    )}${
      found.count > SHOWN && html`<li class="quiet">and ${number(found.count - SHOWN)} more</li>`
    }</ul></div>`;
}

export function QueryField({ value, onValue, checked, org, act }) {
  const box = useRef(null);
  const mirror = useRef(null);
  const refusal = checked.notes.length ? "" : errorOf(act, "query");
  const isWrong = checked.isWrong || Boolean(refusal);
  useLayoutEffect(() => {
    mirror.current.scrollTop = box.current.scrollTop;
  });
  const offset = value.length - value.trimStart().length;
  const shifted = checked.notes.map((note) => ({ ...note, span: note.span?.map((at) => at + offset) }));
  const has = checked.notes.length > 0 || Boolean(refusal);
  const text = (event) => onValue(event.target.value.replace(/\n/g, " "));
  const keys = (event) => event.key === "Enter" && event.preventDefault();
  return html`<div class="labelled"><label for="stream-query">Filter</label>
    <div class=${`query${isWrong ? " wrong" : ""}`}>${h(Icon, { name: "filter" })}
      <div class="edit"><pre ref=${mirror} aria-hidden="true">${painted(value, shifted)}</pre>
        <textarea ref=${box} id="stream-query" name="query" rows="1" value=${value} onInput=${text} onKeyDown=${keys}
          onScroll=${(event) => (mirror.current.scrollTop = event.target.scrollTop)}
          aria-invalid=${isWrong ? "true" : undefined}
          aria-describedby=${["stream-query-hint", has && "stream-query-notes"].filter(Boolean).join(" ")}
          spellcheck=${false} autocomplete="off" autocapitalize="off" placeholder="every event"></textarea></div></div>
    <p class="quiet" id="stream-query-hint">In the words of the search of events. Dates in it are of UTC.</p>
    <div class="diagnostics" id="stream-query-notes" role="status">
      ${h(Notes, { notes: checked.notes, text: value, onValue })}
      ${refusal && html`<p class="error">${visible(refusal)}</p>`}</div>
    ${h(Found, { checked, text: value, org })}</div>`;
}
