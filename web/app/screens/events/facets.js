// The values of fields beside the results, with counts among what the other terms find. Each is a request of its own;
// one that is closed makes none.

import { h, html, signal, useEffect, useRef, useState } from "../../lib/html.js";
import { about, count, number, shortNumber } from "../../lib/format.js";
import { only, toggled, valuesFor } from "../../lib/query-edit.js";
import { visible } from "../../lib/safe-text.js";
import { organization } from "../../lib/session.js";
import { recall, remember } from "../../lib/store.js";
import { Icon, IconButton, Trouble } from "../../ui/parts.js";
import { moveFocus } from "../../ui/popover.js";
import { FACETS } from "./fields.js";
import * as model from "./model.js";

const STEP = 10;
const MORE_MAX = 1000;
const WAIT_MS = 200;
/** On a narrow screen the facets are a sheet that is opened. */
export const isSheetOpen = signal(false);

const include = (field, value) => model.search(toggled(model.state.peek().q, field, value));
const exclude = (field, value) => model.search(toggled(model.state.peek().q, field, value, true));

function Value({ field, value, label, amount, isExact, state }) {
  const name = visible(label);
  const keys = (event) => {
    if (event.key !== "x" && event.key !== "i") return;
    event.preventDefault();
    event.stopPropagation();
    (event.key === "x" ? exclude : include)(field, value);
  };
  const events = amount === null ? "" : `: ${about(amount, isExact)} events`;
  const pick = (event) => (event.altKey ? exclude : include)(field, value);
  return html`<div class=${`value ${state}`}>
    <button type="button" class="pick" role="checkbox"
      aria-checked=${state === "on" ? "true" : state === "off" ? "mixed" : "false"}
      title=${`${visible(name)}${events}. Click: include; Alt and click, or x: exclude`}
      onClick=${pick} onKeyDown=${keys}>
      <span class="box">${state && h(Icon, { name: state === "on" ? "check" : "minus" })}</span>
      <bdi class="name">${name}</bdi>
      <span class="amount">${isExact === false ? "≈" : ""}${amount === null ? "" : shortNumber(amount)}</span>
    </button>
    <span class="tools">
      ${h(IconButton, {
        icon: "target",
        small: true,
        label: `Only ${name}`,
        onClick: () => model.search(only(model.state.peek().q, field, value)),
      })}
      ${h(IconButton, {
        icon: "exclude",
        small: true,
        label: `Exclude ${name}`,
        onClick: () => exclude(field, value),
      })}
    </span>
  </div>`;
}

function Values({ facet }) {
  const { data, error, isLoading, field } = facet;
  const [text, setText] = useState(facet.contains);
  const [isSearching, setSearching] = useState(Boolean(facet.contains));
  useEffect(() => {
    if (text === facet.contains) return undefined;
    const timer = setTimeout(() => {
      facet.contains = text;
      model.loadFacet(facet);
    }, WAIT_MS);
    return () => clearTimeout(timer);
  }, [text]);
  if (error.value) return h(Trouble, { error: error.value, retry: () => facet.retry() });
  const found = data.value;
  if (!found) return isLoading.value ? html`<div class="facet-wait"></div>` : null;
  const q = model.state.value.q;
  const [on, off] = [valuesFor(q, field), valuesFor(q, field, true)];
  const listed = new Set(found.values.map(({ value }) => value));
  // What is chosen stays in sight, also where nothing has it any more.
  const isComplete = found.distinct === found.values.length;
  const absent = facet.contains ? [] : [...on, ...off].filter((value) => !listed.has(value));
  const rows = [
    ...absent.map((value) => ({
      value,
      label: model.labels.get(`${field}:${value}`) ?? value,
      count: isComplete ? 0 : null,
    })),
    ...found.values,
  ];
  const more = found.distinct - found.values.length;
  const grow = () => {
    facet.limit = Math.min(MORE_MAX, facet.limit + 5 * STEP);
    model.loadFacet(facet);
  };
  return html`
    ${
      isSearching &&
      html`<input class="field" type="search" value=${text} aria-label=${visible(`Search values of ${field}`)}
      placeholder=${`Search ${count(found.distinct, "value")}`} onInput=${(event) => setText(event.target.value)} />`
    }
    <div role="group" aria-label=${visible(`Values of ${field}`)} onKeyDown=${(event) => moveFocus(event, ".pick")}>
      ${rows.map(({ value, label, count: amount }) =>
        h(Value, {
          key: value,
          field,
          value,
          label,
          amount,
          isExact: found.exact,
          state: on.includes(value) ? "on" : off.includes(value) ? "off" : "",
        }),
      )}
      ${rows.length === 0 && html`<p class="quiet more">${facet.contains ? "No value contains this." : "None"}</p>`}
    </div>
    ${
      more > 0 &&
      html`<div class="more">
      <button type="button" class="link" onClick=${grow}>${number(more)} more</button>
      ${
        !isSearching &&
        html`${" · "}<button type="button" class="link"
        onClick=${() => setSearching(true)}>search</button>`
      }
    </div>`
    }`;
}

function Facet({ field, title, isOpenAtFirst }) {
  const facet = model.facetOf(field);
  const [isOpen, setOpen] = useState(() => (facet.isOpen = recall(`facet.${field}`, isOpenAtFirst)));
  useEffect(() => {
    facet.isOpen = isOpen;
    if (isOpen && model.isRestLoading() && !facet.isLoading.peek()) model.loadFacet(facet);
    if (!isOpen) facet.stop();
  }, [isOpen]);
  const toggle = () => (remember(`facet.${field}`, !isOpen), setOpen(!isOpen));
  return html`<section class="facet">
    <header><button type="button" class="title label" aria-expanded=${String(isOpen)} onClick=${toggle}>
      ${h(Icon, { name: "down" })}${title}</button></header>
    ${isOpen && h(Values, { facet })}
  </section>`;
}

export function Facets() {
  const orgs = organization.value === null ? [["org", "Organization", true]] : [];
  const sheet = useRef(null);
  useEffect(() => {
    if (isSheetOpen.value) sheet.current.focus();
  }, [isSheetOpen.value]);
  const close = () => {
    isSheetOpen.value = false;
    /** @type {HTMLElement} */ (document.querySelector("[aria-controls=facets]"))?.focus();
  };
  const keys = (event) => {
    if (event.key !== "Escape" || !isSheetOpen.value) return;
    event.preventDefault();
    close();
  };
  return html`<aside class=${`facets${isSheetOpen.value ? " open" : ""}`} id="facets" aria-label="Filters" ref=${sheet}
    tabindex="-1" onKeyDown=${keys}>
    ${[...orgs, ...FACETS].map(([field, title, isOpenAtFirst]) =>
      h(Facet, { key: field, field, title, isOpenAtFirst }),
    )}
    <button type="button" class="button primary done only-narrow"
      onClick=${close}>Show events</button>
  </aside>`;
}
