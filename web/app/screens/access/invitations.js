// Inviting somebody: a link to hand over, shown once, and taking it back.

import { send } from "../../lib/api.js";
import { h, html, useState } from "../../lib/html.js";
import { visible } from "../../lib/safe-text.js";
import { Confirm, Once } from "../../ui/dialogs.js";
import { Field, FormEnd, onSubmit, useAct } from "../../ui/forms.js";
import { Dialog } from "../../ui/popover.js";
import { exactTime } from "./frame.js";
import { RoleText, giveable } from "./member-acts.js";

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
      html`<p>Give this link to <bdi>${visible(made.email)}</bdi>: nothing is sent by mail. It works once, until
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
        autofocus: true,
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
