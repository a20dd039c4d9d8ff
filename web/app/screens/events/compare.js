// Two to five events side by side: every fact in its row, those that differ marked.

import { getJson } from "../../lib/api.js";
import { h, html, useEffect, useState } from "../../lib/html.js";
import { pathOf } from "../../lib/diff.js";
import { lineOf, visible } from "../../lib/safe-text.js";
import { Outcome, Sentence, Trouble } from "../../ui/parts.js";
import { Dialog } from "../../ui/dialog.js";
import { factsOf } from "../../lib/facts.js";
import * as model from "./model.js";

/** Rows of a comparison: `{ label, values, differs }`. */
export function comparison(events) {
  const rows = new Map();
  events.forEach((event, place) => {
    const facts = factsOf(event).flatMap(([title, list]) =>
      list.map(([label, field, value]) => [`${title} · ${label || "type / id"}`, field, value]),
    );
    const changes = (event.changes ?? []).map((change) => [
      `Changed · ${pathOf(change.path)}`,
      null,
      `${JSON.stringify(change.old)} → ${JSON.stringify(change.new)}`,
    ]);
    for (const [label, , value] of [...facts, ...changes]) {
      if (!rows.has(label))
        rows.set(
          label,
          events.map(() => []),
        );
      rows.get(label)[place].push(lineOf(value));
    }
  });
  return [...rows].map(([label, lists]) => {
    const values = lists.map((list) => list.join(", "));
    return { label, values, differs: new Set(values).size > 1 };
  });
}

export function Compare() {
  const { compare: ids } = model.state.value;
  const [events, setEvents] = useState(null);
  const [error, setError] = useState(null);
  const [isAll, setAll] = useState(false);
  useEffect(() => {
    const stop = new AbortController();
    const get = (id) => model.pages.find(id) ?? getJson(`/v1/events/${id}`, {}, stop.signal);
    Promise.all(ids.map(get)).then(setEvents, (failure) => stop.signal.aborted || setError(failure));
    return () => stop.abort();
  }, [ids.join()]);
  const close = () => model.change({ compare: [] });
  const rows = events ? comparison(events).filter(({ differs }) => isAll || differs) : [];
  return h(
    Dialog,
    { title: `${ids.length} events side by side`, onClose: close, kind: "wide" },
    html`
    ${error && h(Trouble, { error })}
    ${
      events &&
      html`<label class="check"><input type="checkbox" checked=${isAll}
        onChange=${(event) => setAll(event.target.checked)} /> Also what is the same</label>
    <div class="scroll" tabindex="0" role="region" aria-label="Comparison"><table class="compare">
      <thead><tr><td></td>${events.map(
        (event) => html`<th scope="col">${h(Outcome, { value: event.outcome })}<br />
        <span class="say">${h(Sentence, { event })}</span></th>`,
      )}</tr></thead>
      <tbody>${rows.map(
        ({
          label,
          values,
          differs,
        }) => html`<tr class=${differs ? "differs" : ""}><th scope="row">${visible(label)}</th>
        ${values.map((value) => html`<td><bdi>${value || "—"}</bdi></td>`)}</tr>`,
      )}</tbody></table></div>`
    }`,
  );
}
