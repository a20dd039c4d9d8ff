// Another e-mail address to sign in with.

import { send } from "../../lib/api.js";
import { h, html, useState } from "../../lib/html.js";
import { visible } from "../../lib/safe-text.js";
import { reloadBoot } from "../../lib/session.js";
import { Field, FormEnd, onSubmit, useAct } from "../../ui/forms.js";
import { toast } from "../../ui/parts.js";

export function Email({ user, reload }) {
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const act = useAct();
  const work = () => send("POST", "/v1/account/email", { body: { email: email.trim(), password } });
  const done = () => {
    setEmail("");
    setPassword("");
    toast("E-mail address changed");
    reloadBoot();
    return reload();
  };
  return html`<section class="panel" aria-labelledby="email-title">
    <header><h2 id="email-title">E-mail address</h2></header>
    <form class="body form" onSubmit=${onSubmit(() => act.run(work, done))}>
      <p>You sign in with <b><bdi>${visible(user.email)}</bdi></b>.</p>
      ${h(Field, {
        name: "email",
        label: "New address",
        kind: "email",
        value: email,
        onValue: setEmail,
        hint: "Nothing is sent to it: mind the spelling.",
        act,
        required: true,
        autocomplete: "email",
      })}
      ${h(Field, {
        name: "password",
        label: "Your present password",
        kind: "password",
        value: password,
        onValue: setPassword,
        act,
        required: true,
        autocomplete: "current-password",
      })}
      ${h(FormEnd, {
        act,
        label: "Change the address",
        fields: ["email", "password"],
        isReady: Boolean(email.trim() && password),
      })}</form></section>`;
}
