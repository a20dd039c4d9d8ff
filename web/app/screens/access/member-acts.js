// Dialogs about people: inviting them, another role, a link for a new password, the end of a membership.

import { send } from "../../lib/api.js";
import { h, html, useState } from "../../lib/html.js";
import { visible } from "../../lib/safe-text.js";
import { permissions, person, reloadBoot } from "../../lib/session.js";
import { Confirm, Field, FormEnd, Once, onSubmit, useAct } from "../../ui/forms.js";
import { toast } from "../../ui/parts.js";
import { Dialog } from "../../ui/dialog.js";
import { exactTime } from "./frame.js";
import { PERMISSIONS, canGive } from "./words.js";

/** The roles that the person looking can give. */
const giveable = (roles) => roles.filter((role) => canGive(permissions.value, person.value?.operator, role));

/** What somebody with a role may, in words. */
function RoleText({ role }) {
  if (!role) return null;
  const words = role.permissions.map((word) => PERMISSIONS[word] ?? word).join("; ");
  return html`<p class="quiet">May ${words || "nothing but see that the organization is there"}.
    ${role.filter && html` Sees only events that match <code>${visible(role.filter)}</code>.`}</p>`;
}

const path = ({ id }) => `/v1/members/${id}`;

export function RoleOfMember({ org, roles, subject, reload, onClose }) {
  const [role, setRole] = useState(subject.role);
  const act = useAct();
  const options = giveable(roles).map(({ id, name }) => [id, name]);
  const chosen = roles.find(({ id }) => id === role);
  const work = () => send("PATCH", path(subject), { parameters: { org }, body: { role } });
  const done = () => {
    onClose();
    toast(`${subject.name} is now ${chosen.name}`);
    if (subject.id === person.value?.id) reloadBoot();
    return reload();
  };
  return h(
    Dialog,
    { title: `Role of ${visible(subject.name)}`, onClose },
    html`<form class="form" onSubmit=${onSubmit(() => act.run(work, done))}>
      ${h(Field, { name: "role", label: "Role", value: role, onValue: setRole, options, act, "data-first": true })}
      ${h(RoleText, { role: chosen })}
      <p class="quiet">It holds from their next request on.</p>
      ${h(FormEnd, {
        act,
        label: `Make ${chosen?.name ?? ""}`,
        fields: ["role"],
        onCancel: onClose,
        isReady: role !== subject.role,
      })}</form>`,
  );
}

export function ResetLink({ org, subject, onClose }) {
  const [made, setMade] = useState(null);
  const act = useAct();
  if (made) {
    return h(
      Once,
      { title: "Link for a new password", label: "Link", text: new URL(made.url, location.origin).href, onClose },
      html`<p>Give it to ${visible(subject.name)}: whoever opens it chooses their new password. It works once,
        until${" "}
        ${exactTime(made.expires_at)}, and is not shown again.</p>`,
    );
  }
  const work = () => send("POST", `${path(subject)}/password-reset`, { parameters: { org } });
  return h(
    Dialog,
    { title: `New password for ${visible(subject.name)}`, onClose },
    html`<form class="form" onSubmit=${onSubmit(() => act.run(work, setMade))}>
      <p>Makes a link by which they choose a new password. When they have, all their sessions end.</p>
      ${h(FormEnd, { act, label: "Make the link", onCancel: onClose })}</form>`,
  );
}

export function RemoveMember({ org, subject, reload, onClose }) {
  const isMe = subject.id === person.value?.id;
  return h(
    Confirm,
    {
      title: `Remove ${visible(subject.name)}`,
      label: "Remove from the organization",
      work: () => send("DELETE", path(subject), { parameters: { org } }),
      done: `${subject.name} was removed`,
      then: isMe ? () => location.assign("/") : reload,
      onClose,
    },
    html`<p>${isMe ? "You lose" : html`<b><bdi>${visible(subject.name)}</bdi></b> loses`} the role
      ${` ${subject.role_name}`} and everything it allows here, from the next request on. The account stays, and so do
      the API keys that ${isMe ? "you" : "they"} made: revoke those by themselves.</p>`,
  );
}

export function InviteForm({ org, roles, reload, onClose }) {
  const options = giveable(roles).map(({ id, name }) => [id, name]);
  const [email, setEmail] = useState("");
  const [role, setRole] = useState(options.find(([id]) => id === "member")?.[0] ?? options[0]?.[0]);
  const [made, setMade] = useState(null);
  const act = useAct();
  if (made) {
    return h(
      Once,
      { title: "Invitation", label: "Link", text: new URL(made.url, location.origin).href, onClose },
      html`<p>Give this link to <bdi>${visible(made.email)}</bdi>: nothing is sent by mail. It works once, until${" "}
        ${exactTime(made.expires_at)}, and is not shown again.</p>`,
    );
  }
  const work = () => send("POST", "/v1/invitations", { parameters: { org }, body: { email: email.trim(), role } });
  const done = (answer) => {
    setMade(answer);
    return reload();
  };
  return h(
    Dialog,
    { title: "Invite somebody", onClose },
    html`<form class="form" onSubmit=${onSubmit(() => act.run(work, done))}>
      ${h(Field, {
        name: "email",
        label: "E-mail",
        kind: "email",
        value: email,
        onValue: setEmail,
        hint: "What they will sign in with.",
        act,
        required: true,
        "data-first": true,
        autocomplete: "off",
      })}
      ${h(Field, { name: "role", label: "Role", value: role, onValue: setRole, options, act })}
      ${h(RoleText, { role: roles.find(({ id }) => id === role) })}
      ${h(FormEnd, {
        act,
        label: "Make the invitation",
        fields: ["email", "role"],
        onCancel: onClose,
        isReady: Boolean(email.trim()),
      })}</form>`,
  );
}

export function RevokeInvitation({ subject, reload, onClose }) {
  return h(
    Confirm,
    {
      title: "Revoke the invitation",
      label: "Revoke the invitation",
      work: () => send("DELETE", `/v1/invitations/${subject.id}`),
      done: "Invitation revoked",
      then: reload,
      onClose,
    },
    html`<p>The link that was made for <b><bdi>${visible(subject.email)}</bdi></b> stops working.</p>`,
  );
}
