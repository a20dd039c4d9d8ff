// The organization's name: what the API lets its owners change.

import { send } from "../../lib/api.js";
import { h, html, useState } from "../../lib/html.js";
import { present, reloadBoot } from "../../lib/people.js";
import { visible } from "../../lib/safe-text.js";
import { loadSession } from "../../lib/session.js";
import { Field, FormEnd, onSubmit, useAct } from "../../ui/forms.js";
import { toast } from "../../ui/parts.js";

export function Organization() {
  const { id, name: before } = present.value.organization;
  const [name, setName] = useState(before);
  const act = useAct();
  const work = () => send("PATCH", `/v1/orgs/${encodeURIComponent(id)}`, { body: { name: name.trim() } });
  const done = () => {
    toast("Organization renamed");
    return Promise.all([reloadBoot(), loadSession()]);
  };
  return html`<section class="panel" aria-labelledby="organization-title">
    <header><h2 id="organization-title">Organization</h2></header>
    <form class="body form" onSubmit=${onSubmit(() => act.run(work, done))}>
      <dl class="facts"><dt>Id</dt><dd><code>${visible(id)}</code></dd></dl>
      ${h(Field, {
        name: "name",
        label: "Name",
        value: name,
        onValue: setName,
        hint: "For people. The id, which events and keys name, stays.",
        act,
        required: true,
        autocomplete: "off",
      })}
      ${h(FormEnd, {
        act,
        label: "Rename",
        fields: ["name"],
        isReady: Boolean(name.trim()) && name.trim() !== before,
      })}</form></section>`;
}
