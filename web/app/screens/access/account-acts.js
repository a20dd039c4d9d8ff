// Dialogs about another's account: the end of a lost authenticator, keeping somebody out for a while, and letting them
// in again.

import { send } from "../../lib/api.js";
import { h, html } from "../../lib/html.js";
import { visible } from "../../lib/safe-text.js";
import { Confirm } from "../../ui/forms.js";

const path = ({ id }) => `/v1/members/${id}`;
const who = ({ name }) => html`<b><bdi>${visible(name)}</bdi></b>`;

export function RemoveAuthenticator({ org, subject, reload, onClose }) {
  return h(
    Confirm,
    {
      title: `Remove the authenticator of ${visible(subject.name)}`,
      label: "Remove the authenticator",
      work: () => send("DELETE", `${path(subject)}/totp`, { parameters: { org } }),
      done: `The authenticator of ${subject.name} was removed`,
      then: reload,
      onClose,
    },
    html`<p>For somebody who has lost it: from then on the password alone signs ${who(subject)} in, until they set up
      another. Make sure by another way that it is they who ask.</p>`,
  );
}

export function Suspend({ org, subject, reload, onClose }) {
  return h(
    Confirm,
    {
      title: `Suspend ${visible(subject.name)}`,
      label: "Suspend the account",
      work: () => send("POST", `${path(subject)}/suspend`, { parameters: { org } }),
      done: `${subject.name} is suspended`,
      then: reload,
      onClose,
    },
    html`<p>${who(subject)} is signed out everywhere and cannot sign in, to any organization, until somebody resumes the
      account. Role and account stay, and so do the API keys that they made: revoke those by themselves.</p>`,
  );
}

export function Resume({ org, subject, reload, onClose }) {
  return h(
    Confirm,
    {
      title: `Resume ${visible(subject.name)}`,
      label: "Resume the account",
      work: () => send("POST", `${path(subject)}/resume`, { parameters: { org } }),
      done: `${subject.name} can sign in again`,
      then: reload,
      onClose,
    },
    html`<p>${who(subject)} can sign in again, with the role that they had.</p>`,
  );
}
