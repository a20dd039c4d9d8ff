// The terms of the query as chips: a projection of the text, never a second state. Whatever is done to a chip changes
// exactly that term's characters.

import { h, html } from "../../lib/html.js";
import { about } from "../../lib/format.js";
import { lazy } from "../../lib/lazy.js";
import { canonicalField, withoutTerm } from "../../lib/query-edit.js";
import { terms } from "../../lib/query-tokens.js";
import { visible } from "../../lib/safe-text.js";
import { Icon } from "../../ui/parts.js";
import { Popover } from "../../ui/popover.js";
import * as model from "./model.js";

const Editor = lazy(() => import("./filter-editor.js"), "Editor");
const NewFilter = lazy(() => import("./filter-editor.js"), "NewFilter");

/** What a chip says: `{ what, value }`. */
function wordsOf(text, term) {
  const whole = visible(text.slice(term.start, term.end));
  if (term.kind === "text") return { what: term.negated ? "not" : "words", value: visible(term.values.join(" ")) };
  if (term.kind !== "term" || !term.isSimple) return { what: "", value: whole };
  const field = canonicalField(term.field);
  const named = term.values.map((value) => visible(model.labels.get(`${field}:${value.text}`) ?? value.text));
  return { what: `${term.negated ? "not " : ""}${visible(term.field)}`, value: named.join(" or ") };
}

function Chip({ text, term }) {
  const { what, value } = wordsOf(text, term);
  const label = html`<span class="what">${what && html`<b>${visible(what)}</b>`}<span><bdi>${value}</bdi></span></span>`;
  const isEditable = term.kind === "term" && term.isSimple;
  const remove = () => model.search(withoutTerm(text, term));
  const edit = () => {
    /** @type {HTMLTextAreaElement} */
    const box = document.querySelector("#query");
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
    <button type="button" class="away" aria-label=${visible(`Remove filter ${what} ${value}`)} onClick=${remove}>
      ${h(Icon, { name: "close" })}</button>
  </span>`;
}

function AddFilter() {
  const content = (close) => h(NewFilter, { close });
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
    ${terms(q).map((term) => h(Chip, { text: q, term, key: `${term.start} ${term.field}` }))}
    ${h(AddFilter, {})}${h(Total, {})}
  </div>`;
}
