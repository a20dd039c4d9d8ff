// What a chip opens: the values of its field with counts, to include or exclude; and the fields, for a new one.

import { getJson } from "../../lib/api.js";
import { h, html, useEffect, useRef, useState } from "../../lib/html.js";
import { number } from "../../lib/format.js";
import { quoted, toggled, valuesFor, withTerm } from "../../lib/query-edit.js";
import { visible } from "../../lib/safe-text.js";
import { Icon } from "../../ui/parts.js";
import { FIELDS, isCounted } from "./field-list.js";
import * as model from "./model.js";

const WAIT_MS = 150;
const VALUES = 8;

/** Values of a field with counts, to include or exclude. */
export function Editor({ field, close }) {
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

/** A field, and then its values. */
export function NewFilter({ close }) {
  const [field, setField] = useState(null);
  const root = useRef(null);
  useEffect(() => {
    // The button that had the focus is gone.
    if (field) root.current.querySelector("input").focus();
  }, [field]);
  if (field) return html`<div ref=${root}>${h(Editor, { field, close })}</div>`;
  return html`<div>${FIELDS.filter(({ name }) => !name.endsWith(".")).map(
    ({ name, meaning }) =>
      html`<button type="button" class="item"
        onClick=${() => setField(name)}><code>${name}</code><em>${meaning}</em></button>`,
  )}</div>`;
}
