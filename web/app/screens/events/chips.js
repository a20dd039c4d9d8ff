// The terms of the query as chips: a projection of the text, never a second state. Whatever is done to a chip changes
// exactly that term's characters.

import { getJson } from "../../lib/api.js";
import { h, html, useEffect, useState } from "../../lib/html.js";
import { about, number } from "../../lib/format.js";
import { canonicalField, quoted, toggled, valuesFor, withTerm, withoutTerm } from "../../lib/query-edit.js";
import { terms } from "../../lib/query-tokens.js";
import { visible } from "../../lib/safe-text.js";
import { Icon } from "../../ui/parts.js";
import { Popover } from "../../ui/popover.js";
import { FIELDS, isCounted } from "./fields.js";
import * as model from "./model.js";

const WAIT_MS = 150;
const VALUES = 8;

/** What a chip says: `{ what, value }`. */
function wordsOf(text, term) {
  const whole = visible(text.slice(term.start, term.end));
  if (term.kind === "text") return { what: term.negated ? "not" : "words", value: visible(term.values.join(" ")) };
  if (term.kind !== "term" || !term.isSimple) return { what: "", value: whole };
  const field = canonicalField(term.field);
  const named = term.values.map((value) => visible(model.labels.get(`${field}:${value.text}`) ?? value.text));
  return { what: `${term.negated ? "not " : ""}${term.field.toLowerCase()}`, value: named.join(" or ") };
}

/** Values of a field with counts, to include or exclude. */
function Editor({ field, close }) {
  const q = model.draft.value;
  const [contains, setContains] = useState("");
  const [isNot, setNot] = useState(valuesFor(q, field, true).length > 0);
  const [values, setValues] = useState(null);
  useEffect(() => {
    const stop = new AbortController();
    const own = { ...model.common(), q: model.state.peek().q, field, contains, limit: VALUES };
    const timer = setTimeout(() => {
      if (isCounted(field))
        getJson("/v1/facets", own, stop.signal).then(
          (found) => setValues(found.values),
          () => setValues([]),
        );
      else
        setValues(FIELDS.find(({ name }) => name === field)?.values?.map((value) => ({ value, label: value })) ?? []);
    }, WAIT_MS);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [field, contains]);
  const chosen = valuesFor(q, field, isNot);
  const pick = (value, label) => {
    model.labels.set(`${field}:${value}`, label);
    model.search(toggled(model.draft.peek(), field, value, isNot));
  };
  const typed = (event) => {
    event.preventDefault();
    if (contains) model.search(withTerm(model.draft.peek(), `${isNot ? "-" : ""}${field}:${quoted(contains)}`));
    close();
  };
  return html`<form class="editor" onSubmit=${typed}>
    <div class="row-of-buttons"><b class="grow">${field}</b>
      <div class="modes" role="group" aria-label="Include or exclude">
        <button type="button" aria-pressed=${String(!isNot)} onClick=${() => setNot(false)}>is</button>
        <button type="button" aria-pressed=${String(isNot)} onClick=${() => setNot(true)}>is not</button>
      </div>
    </div>
    <input class="field" value=${contains} aria-label=${`Value of ${field}`} placeholder="Value, or part of one"
      onInput=${(event) => setContains(event.target.value)} />
    <div role="group" aria-label="Values">
      ${values?.map(
        ({ value, label, count }) => html`<button type="button" class="item" role="checkbox"
        aria-checked=${String(chosen.includes(value))} onClick=${() => pick(value, label)}>
        <span class=${chosen.includes(value) ? "on" : ""}><span class="box">
          ${chosen.includes(value) && h(Icon, { name: "check" })}</span></span>
        <bdi>${visible(label)}</bdi>${count !== undefined && html`<em>${number(count)}</em>`}</button>`,
      )}
      ${
        values?.length === 0 &&
        html`<p
        class="quiet editor-none">No value in this range. Enter takes what is typed.</p>`
      }
    </div>
  </form>`;
}

function Chip({ text, term }) {
  const { what, value } = wordsOf(text, term);
  const label = html`<span class="what">${what && html`<b>${what}</b>`}<span><bdi>${value}</bdi></span></span>`;
  const isEditable = term.kind === "term" && term.isSimple;
  const remove = () => model.search(withoutTerm(text, term));
  const edit = () => {
    const box = document.getElementById("query");
    box.focus();
    box.setSelectionRange(term.start, term.end);
  };
  const content = (close) => h(Editor, { field: canonicalField(term.field), close });
  return html`<span class=${`chip${term.negated ? " not" : ""}`}>
    ${
      isEditable
        ? h(Popover, { label, kind: "chip-edit plain", title: "Change this filter", content })
        : html`<button type="button" title="Change it in the box" onClick=${edit}>${label}</button>`
    }
    <button type="button" class="away" aria-label=${`Remove filter ${what} ${value}`} onClick=${remove}>
      ${h(Icon, { name: "close" })}</button>
  </span>`;
}

function AddFilter() {
  const [field, setField] = useState(null);
  const content = (close) => {
    const done = () => (setField(null), close());
    if (field) return h(Editor, { field, close: done });
    return html`<div>${FIELDS.filter(({ name }) => !name.endsWith(".")).map(
      ({ name, meaning }) =>
        html`<button type="button" class="item"
          onClick=${() => setField(name)}><code>${name}</code><em>${meaning}</em></button>`,
    )}</div>`;
  };
  return h(Popover, { label: "Filter", icon: "plus", kind: "ghost small plain", title: "Add a filter", content });
}

/** How many events match, said when it is known. */
function Total() {
  const { data, error, isLoading } = model.total;
  const took = model.rowsState.data.value?.took_ms;
  if (error.value)
    return html`<span class="total">The events could not be counted.
    <button type="button" class="link" onClick=${() => model.total.retry()}>Try again</button></span>`;
  if (!data.value) return html`<span class="total">${isLoading.value ? "counting …" : ""}</span>`;
  const { count, exact } = data.value;
  return html`<span class="total" role="status"><b>${about(count, exact)}</b> ${count === 1 ? "event" : "events"}
    ${took !== undefined && html` · first page ${took} ms`}</span>`;
}

export function Chips() {
  const q = model.state.value.q;
  return html`<div class="chips" role="group" aria-label="Filters in the query">
    ${terms(q).map((term) => h(Chip, { text: q, term, key: `${term.start}-${q.slice(term.start, term.end)}` }))}
    ${h(AddFilter, {})}${h(Total, {})}
  </div>`;
}
