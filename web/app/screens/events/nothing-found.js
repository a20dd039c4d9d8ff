// No event matches: how many there are without the filters, and without each of them, so that the reader sees which
// one it is.

import { getJson } from "../../lib/api.js";
import { html, useEffect, useState } from "../../lib/html.js";
import { about, number } from "../../lib/format.js";
import { withoutTerm } from "../../lib/query-edit.js";
import { terms } from "../../lib/query-tokens.js";
import { relative } from "../../lib/time-range.js";
import { visible } from "../../lib/safe-text.js";
import * as model from "./model.js";

const TERMS_MAX = 6;

export function NothingFound() {
  const q = model.state.value.q;
  const [counts, setCounts] = useState(null);
  const all = terms(q).slice(0, TERMS_MAX);
  useEffect(() => {
    const stop = new AbortController();
    const ask = (text) => getJson("/v1/count", { ...model.common(), q: text }, stop.signal).catch(() => null);
    const without = all.length > 1 ? all.map((term) => ask(withoutTerm(q, term))) : [];
    Promise.all([ask(""), ...without]).then(([whole, ...each]) => stop.signal.aborted || setCounts({ whole, each }));
    return () => stop.abort();
  }, [q]);
  const isAll = model.state.value.range.relative === "all";
  return html`<div class="empty"><b>No events match.</b>
    ${
      counts?.whole &&
      q &&
      html`<p>In this range there ${counts.whole.count === 1 ? "is" : "are"}
      ${" "}
        ${about(counts.whole.count, counts.whole.exact)} ${
          counts.whole.count === 1 ? "event" : "events"
        } without these filters.</p>`
    }
    <div class="empty-actions">
      ${counts?.each.map(
        (found, index) =>
          found &&
          html`<button type="button" class="button"
        onClick=${() => model.search(withoutTerm(q, all[index]))}>Without <code>
          ${visible(q.slice(all[index].start, all[index].end))}</code>
        <span class="quiet">${number(found.count)}</span></button>`,
      )}
      ${q && html`<button type="button" class="button" onClick=${() => model.search("")}>Without any filter</button>`}
      ${
        !isAll &&
        html`<button type="button" class="button"
        onClick=${() => model.change({ range: relative("all") })}>In all of the log</button>`
      }
    </div></div>`;
}
