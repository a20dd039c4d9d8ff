// Roles: what each of them may, side by side, and roles of the organization's own making.

import { getJson, send } from "../../lib/api.js";
import { h, html, useEffect, useMemo, useState } from "../../lib/html.js";
import { count } from "../../lib/format.js";
import { Resource } from "../../lib/resource.js";
import { visible } from "../../lib/safe-text.js";
import { may, permissions, person, reloadBoot } from "../../lib/session.js";
import { explorer } from "../../lib/url-state.js";
import { Choices, Confirm, Field, FormEnd, onSubmit, useAct } from "../../ui/forms.js";
import { Icon, Name, Trouble, toast } from "../../ui/parts.js";
import { Dialog } from "../../ui/dialog.js";
import { AddButton, Panel } from "./frame.js";
import { PERMISSIONS, canGive } from "./words.js";

/** What every member may. */
const EVERYBODYS = "organization.read";

function Matrix({ roles, words }) {
  const cell = (role, word) =>
    role.permissions.includes(word) || word === EVERYBODYS
      ? html`<td class="mark">${h(Icon, { name: "check" })}<span class="unseen">allowed</span></td>`
      : html`<td class="mark quiet"><span aria-hidden="true">–</span><span class="unseen">not allowed</span></td>`;
  return html`<div class="scroll" role="region" tabindex="0" aria-labelledby="roles-title">
    <table class="sheet matrix"><thead><tr><th scope="col">Permission</th>${roles.map(
      ({ id, name, filter }) => html`<th scope="col" key=${id} class="mark"><bdi>${visible(name)}</bdi>
        ${
          filter &&
          html`<span title=${visible(`Only events that match ${filter}`)}> ${h(Icon, { name: "filter" })}
          <span class="unseen">sees only some events</span></span>`
        }</th>`,
    )}</tr></thead>
    <tbody>${words.map(
      (word) => html`<tr key=${word}><th scope="row">${PERMISSIONS[word] ?? word}<br /><code
        class="quiet">${word}</code></th>${roles.map((role) => cell(role, word))}</tr>`,
    )}</tbody></table></div>`;
}

function Own({ roles, open }) {
  if (!roles.length) {
    return html`<p class="body quiet">There are none. A custom role has some of the permissions above and, if wanted,
      a filter: a query that every event which its holders see matches.</p>`;
  }
  return html`<table class="sheet stack"><thead><tr><th scope="col">Role</th><th scope="col">Permissions</th>
      <th scope="col">Sees events that match</th><th scope="col"><span class="unseen">Acts</span></th></tr></thead>
    <tbody>${roles.map((role) => {
      const { id, name, filter } = role;
      const canChange = may("members.manage") && canGive(permissions.value, person.value?.operator, role);
      return html`<tr key=${id}><th scope="row" data-is="">${h(Name, { text: name })}</th>
        <td data-is="Permissions"
          title=${role.permissions.join(", ")}>${count(role.permissions.length, "permission")}</td>
        <td data-is="Events">${
          !filter
            ? html`<span class="quiet">all</span>`
            : may("audit_logs.read")
              ? html`<a href=${explorer(filter)}><code>${visible(filter)}</code></a>`
              : html`<code>${visible(filter)}</code>`
        }</td>
        <td class="acts">${
          canChange &&
          html`<button type="button" class="button small" aria-label=${visible(`Edit ${name}`)}
            onClick=${() => open("edit", role)}>Edit</button> <button type="button" class="button small"
            aria-label=${visible(`Delete ${name}`)} onClick=${() => open("delete", role)}>Delete</button>`
        }</td></tr>`;
    })}</tbody></table>`;
}

function RoleForm({ org, role, data, reload, onClose }) {
  const [name, setName] = useState(role?.name ?? "");
  const [filter, setFilter] = useState(role?.filter ?? "");
  const [chosen, setChosen] = useState(role?.permissions ?? ["audit_logs.read"]);
  const act = useAct();
  const isFiltered = filter.trim() !== "";
  const words = data.permissions.filter((word) => permissions.value.has(word) || chosen.includes(word));
  // Every member has it.
  const isGiven = (word) => word === EVERYBODYS;
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

function DeleteRole({ subject, reload, onClose }) {
  return h(
    Confirm,
    {
      title: `Delete the role ${visible(subject.name)}`,
      label: "Delete the role",
      work: () => send("DELETE", `/v1/roles/${subject.id}`),
      done: `${subject.name} was deleted`,
      then: reload,
      onClose,
    },
    html`<p>Nobody can be given <b><bdi>${visible(subject.name)}</bdi></b> any more. A role that somebody has, or is
      invited to, cannot be deleted: give them another one before.</p>`,
  );
}

export function Roles({ org }) {
  const resource = useMemo(() => new Resource(), []);
  const [dialog, setDialog] = useState(null);
  const load = () => resource.load((stop) => getJson("/v1/roles", { org }, stop));
  const reload = () => {
    // The person looking may have the role that was changed.
    reloadBoot();
    return load();
  };
  useEffect(() => {
    load();
    return () => resource.stop();
  }, []);
  const data = resource.data.value;
  const open = (kind, subject) => setDialog({ kind, subject });
  const acts = may("members.manage") && h(AddButton, { label: "New role", onClick: () => open("edit") });
  const own = data?.roles.filter(({ built_in: isBuiltIn }) => !isBuiltIn);
  const onClose = () => setDialog(null);
  return html`${resource.error.value && h(Trouble, { error: resource.error.value, retry: load })}
    ${
      data &&
      html`${h(
        Panel,
        { id: "roles", title: "What roles may", note: "Operators run the installation and have no role here" },
        h(Matrix, { roles: data.roles, words: data.permissions }),
      )}
      ${h(
        Panel,
        { id: "own-roles", title: "Custom roles", q: "action:role.created,role.updated,role.deleted", acts },
        h(Own, { roles: own, open }),
      )}`
    }
    ${dialog?.kind === "edit" && h(RoleForm, { org, role: dialog.subject, data, reload, onClose })}
    ${dialog?.kind === "delete" && h(DeleteRole, { subject: dialog.subject, reload, onClose })}`;
}
