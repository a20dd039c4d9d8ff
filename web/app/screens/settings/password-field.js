// The password again, for what could lock the owner of an account out, or a thief in.

import { h, html } from "../../lib/html.js";
import { Field } from "../../ui/forms.js";

/** For password managers: of whom a password in a form is. */
export const Username = ({ user }) =>
  html`<input hidden type="text" autocomplete="username" value=${user.email} readonly />`;

export function PasswordField({ act, user, value, onValue }) {
  return html`${h(Username, { user })}${h(Field, {
    name: "password",
    label: "Your password",
    kind: "password",
    value,
    onValue,
    act,
    required: true,
    "data-first": true,
    autocomplete: "current-password",
  })}`;
}
