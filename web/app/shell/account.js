// Who is signed in, and the way out.

import { request } from "../lib/api.js";
import { h, html, useState } from "../lib/html.js";
import { visible } from "../lib/safe-text.js";
import { person, present } from "../lib/session.js";
import { Icon } from "../ui/parts.js";
import { Popover } from "../ui/popover.js";

/** The first letters of the first and the last name. */
function initials(name) {
  const words = name.replace(/[^\p{L}\p{N}\s]/gu, "").trim().split(/\s+/u);
  return [...new Set([words[0], words.at(-1)])].map(([letter = ""]) => letter.toLocaleUpperCase());
}

function Menu() {
  const [trouble, setTrouble] = useState(null);
  const leave = () =>
    request("/v1/session", { method: "DELETE" }).then(
      () => location.assign("/sign-in"),
      (error) => setTrouble(error.message),
    );
  const { name, email, operator } = person.value;
  return html`<div class="account">
    <p><b>${visible(name)}</b><br />${visible(email)}</p>
    <p class="quiet">${visible(present.value?.role_name ?? "No role here")}${operator && ", runs this installation"}</p>
    <hr />
    <button type="button" class="item" onClick=${leave}>${h(Icon, { name: "close" })}Sign out</button>
    ${trouble && html`<p role="alert">${trouble}</p>`}
  </div>`;
}

export function Account() {
  const label = html`<span class="avatar" aria-hidden="true">${initials(person.value.name)}</span>
    <span class="unseen">Account of ${visible(person.value.name)}</span>`;
  return h(Popover, { label, title: "Account", kind: "ghost plain round", content: () => h(Menu, {}), align: "end" });
}
