// Keeps the search that is shown, or changes one that is kept.

import { h, html, useState } from "../../lib/html.js";
import { change, forget, keep, loadSaved } from "../../lib/saved-searches.js";
import { viewOf } from "../../lib/saved-view.js";
import { visible } from "../../lib/safe-text.js";
import { present } from "../../lib/session.js";
import { Confirm, Field, FormEnd, onSubmit, useAct } from "../../ui/forms.js";
import { toast } from "../../ui/parts.js";
import { Dialog } from "../../ui/dialog.js";
import * as model from "./model.js";

function Delete({ search, onClose }) {
  const then = () => {
    if (model.state.peek().view === search.id) model.change({ view: null }, { replace: true });
    return loadSaved({ again: true });
  };
  return h(
    Confirm,
    {
      title: `Delete ${visible(search.name)}`,
      label: "Delete the search",
      work: () => forget(search.id),
      done: "Search deleted",
      then,
      onClose,
    },
    html`<p>The search <b><bdi>${visible(search.name)}</bdi></b> is
      gone${search.shared && " for everybody in the organization"}. No event is.</p>`,
  );
}

export function SearchDialog({ search, onClose }) {
  const isNew = !search.id;
  const [name, setName] = useState(search.name ?? "");
  const [isShared, setShared] = useState(search.shared ?? false);
  const [isDeleting, setDeleting] = useState(false);
  const act = useAct();
  if (isDeleting) return h(Delete, { search, onClose });
  const state = model.state.value;
  const work = () => {
    const body = { name: name.trim(), shared: isShared };
    return isNew ? keep({ ...body, query: state.q, view: viewOf(state) }) : change(search.id, body);
  };
  const done = async (answer) => {
    await loadSaved({ again: true });
    onClose();
    toast(isNew ? "Search saved" : "Search changed");
    if (isNew) model.change({ view: answer.id }, { replace: true });
  };
  const org = present.value?.organization?.name ?? "the organization";
  return h(
    Dialog,
    { title: isNew ? "Save this search" : "Saved search", onClose },
    html`<form class="form" onSubmit=${onSubmit(() => act.run(work, done))}>
      ${h(Field, {
        act,
        name: "name",
        label: "Name",
        value: name,
        onValue: setName,
        required: true,
        maxlength: 200,
        "data-first": true,
        autocomplete: "off",
      })}
      <p><span class="label">Query</span><br /><code class="query-shown">${
        visible((isNew ? state.q : search.query) || "every event")
      }</code></p>
      <label class="check"><input type="checkbox" checked=${isShared}
        onChange=${(event) => setShared(event.target.checked)} />
        <span>Everybody in <bdi>${visible(org)}</bdi> sees it. They see the events that they may see.</span></label>
      ${!isNew && html`<button type="button" class="link" onClick=${() => setDeleting(true)}>Delete it …</button>`}
      ${h(FormEnd, { act, label: "Save", fields: ["name"], onCancel: onClose, isReady: Boolean(name.trim()) })}</form>`,
  );
}
