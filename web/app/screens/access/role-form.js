// Making and changing a custom role: its name, what it may, and which events its holders see.

import { send } from "../../lib/api.js";
import { h, html, useState } from "../../lib/html.js";
import { permissions } from "../../lib/people.js";
import { Field, FormEnd, onSubmit, useAct } from "../../ui/forms.js";
import { toast } from "../../ui/parts.js";
import { Dialog } from "../../ui/popover.js";
import { PERMISSIONS } from "./words.js";

/** Boxes for some words, each with what it means. */
export function Choices({ legend, words, chosen, meaning, onChange, blocked = () => false }) {
  const turn = (word, isOn) => onChange(isOn ? [...chosen, word] : chosen.filter((one) => one !== word));
  return html`<fieldset class="choices"><legend>${legend}</legend>${words.map(
    (word) => html`<label class="check" key=${word}><input type="checkbox" value=${word}
      checked=${chosen.includes(word)} disabled=${blocked(word)}
      onChange=${(event) => turn(word, event.target.checked)} /><span>${meaning(word)}${" "}
        <code class="quiet">${word}</code></span></label>`,
  )}</fieldset>`;
}

export function RoleForm({ org, role, data, reload, onClose }) {
  const [name, setName] = useState(role?.name ?? "");
  const [filter, setFilter] = useState(role?.filter ?? "");
  const [chosen, setChosen] = useState(role?.permissions ?? ["audit_logs.read"]);
  const act = useAct();
  const isFiltered = filter.trim() !== "";
  const words = data.permissions.filter((word) => permissions.value.has(word) || chosen.includes(word));
  // Every member has it.
  const isGiven = (word) => word === "organization.read";
  const isBlocked = (word) => isGiven(word) || (isFiltered && !data.filtered_permissions.includes(word));
  const sent = chosen.filter((word) => isGiven(word) || !isBlocked(word));
  const work = () => {
    const body = { name: name.trim(), permissions: sent, filter: filter.trim() };
    return role
      ? send("PATCH", `/v1/roles/${role.id}`, { body })
      : send("POST", "/v1/roles", { parameters: { org }, body });
  };
  const done = () => {
    onClose();
    toast(role ? "Role changed" : "Role made");
    return reload();
  };
  return h(
    Dialog,
    { title: role ? `Change ${role.name}` : "New role", onClose },
    html`<form class="form" onSubmit=${onSubmit(() => act.run(work, done))}>
      ${h(Field, {
        name: "name",
        label: "Name",
        value: name,
        onValue: setName,
        act,
        required: true,
        "data-first": true,
        autocomplete: "off",
      })}
      ${h(Field, {
        name: "filter",
        label: "Sees only events that match (optional)",
        value: filter,
        onValue: setFilter,
        hint: "A query, such as target:service/*. A role with one can only read.",
        act,
        placeholder: "all events",
        autocomplete: "off",
      })}
      ${h(Choices, {
        legend: "May",
        words: words.filter((word) => !isGiven(word)),
        chosen: sent,
        meaning: (word) => PERMISSIONS[word] ?? word,
        onChange: setChosen,
        blocked: isBlocked,
      })}
      ${h(FormEnd, {
        act,
        label: role ? "Change the role" : "Make the role",
        fields: ["name", "filter"],
        onCancel: onClose,
        isReady: Boolean(name.trim()),
      })}</form>`,
  );
}
