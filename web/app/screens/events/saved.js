// The menu of searches: kept ones, ready-made ones, those of before; and the present one to keep or to hand over.

import { effect, h, html, useEffect } from "../../lib/html.js";
import { exportAddress, scheduleAddress } from "../../lib/export-address.js";
import { READY_MADE } from "../../lib/ready-made.js";
import { change, loadSaved, saved, savedById } from "../../lib/saved-searches.js";
import { isSame, stateOf, viewOf } from "../../lib/saved-view.js";
import { visible } from "../../lib/safe-text.js";
import { mayExport } from "../../lib/session.js";
import { recall } from "../../lib/store.js";
import { copy } from "../../ui/hand-over.js";
import { Icon, IconButton, Trouble, toast } from "../../ui/parts.js";
import { copyLink, curl } from "./handing-over.js";
import * as model from "./model.js";
import { saving, viewLabel } from "./search-menu.js";

/** Parameters without which an address names only the search. */
const OWN = ["q", "range", "from", "to", "cols", "group", "order"];

effect(() => {
  const search = savedById(model.state.value.view);
  viewLabel.value = search && `${visible(search.name)}${isSame(model.state.value, search) ? "" : " (changed)"}`;
});

const show = (search) => model.change({ ...stateOf(search), event: null, compare: [] });

/** Shows the kept search that the address names, where it says nothing else; one that is not there is left out. */
export async function follow(id) {
  await loadSaved();
  if (saved.error.peek() || model.state.peek().view !== id) return;
  const search = savedById(id);
  const params = new URLSearchParams(location.search);
  if (!search) {
    toast("This saved search is not there, or not for you to see.");
    model.change({ view: null }, { replace: true });
  } else if (!OWN.some((name) => params.has(name))) {
    model.change(stateOf(search), { replace: true });
  }
}

function Kept({ search, close }) {
  const isShown = model.state.value.view === search.id;
  const note = search.own ? (search.shared ? "shared" : "") : `by ${search.owner.name}`;
  return html`<div class="kept">
    <button type="button" class="item" aria-current=${isShown ? "true" : undefined} title=${visible(search.query)}
      onClick=${() => (close(), show(search))}><bdi>${visible(search.name)}</bdi><em>${visible(note)}</em></button>
    ${
      search.editable &&
      h(IconButton, {
        icon: "more",
        small: true,
        label: `Change ${visible(search.name)}`,
        onClick: () => (close(false), (saving.value = search)),
      })
    }
  </div>`;
}

/** What can be done with the search that is shown. */
function Present({ close }) {
  const state = model.state.value;
  const search = savedById(state.view);
  const isChanged = search?.editable && !isSame(state, search);
  const update = async () => {
    close();
    try {
      await change(search.id, { query: state.q, view: viewOf(state) });
      toast("Search changed");
    } catch (error) {
      toast(error.message);
    }
    loadSaved({ again: true });
  };
  return html`${
    isChanged &&
    html`<button type="button" class="item" onClick=${update}>${h(Icon, { name: "check" })}Save the changes to
      <bdi>${visible(search.name)}</bdi></button>`
  }
    <button type="button" class="item" onClick=${() => (close(false), (saving.value = {}))}>
      ${h(Icon, { name: "plus" })}Save this search … <em><kbd class="key">s</kbd></em></button>`;
}

export function Menu({ close }) {
  useEffect(() => {
    loadSaved({ again: true });
  }, []);
  const search = (q) => () => (close(), model.search(q));
  const take = (work) => () => (work(), close());
  const recent = recall("recent", []);
  const kept = saved.data.value ?? [];
  return html`<div class="searches">
    <h3>Saved</h3>
    ${saved.error.value && h(Trouble, { error: saved.error.value, retry: () => saved.retry() })}
    ${kept.map((one) => h(Kept, { key: one.id, search: one, close }))}
    ${model.common().org && h(Present, { close })}
    <h3>Ready-made</h3>
    ${READY_MADE.map(
      ({ name, q }) => html`<button type="button" class="item"
      onClick=${search(q)}>${name}</button>`,
    )}
    ${
      recent.length > 0 &&
      html`<h3>Searched before</h3>${recent.map(
        (q) => html`<button type="button" class="item" onClick=${search(q)}>
      <code>${visible(q.length > 60 ? `${q.slice(0, 60)}…` : q)}</code></button>`,
      )}`
    }
    <hr />
    ${
      mayExport.value &&
      html`<a class="item" href=${exportAddress()} onClick=${() => close(false)}>
        ${h(Icon, { name: "download" })}Export these events …</a>
      <a class="item" href=${scheduleAddress()} onClick=${() => close(false)}>
        ${h(Icon, { name: "calendar" })}Schedule an export …</a>`
    }
    <button type="button" class="item"
      onClick=${take(() => copyLink(true))}>${h(Icon, { name: "link" })}Copy link, fixed times</button>
    <button type="button" class="item"
      onClick=${take(() => copyLink(false))}>${h(Icon, { name: "link" })}Copy link, range as it is</button>
    <button type="button" class="item"
      onClick=${take(() => copy(curl(), "Command copied"))}>${h(Icon, { name: "copy" })}Copy as curl</button>
  </div>`;
}
