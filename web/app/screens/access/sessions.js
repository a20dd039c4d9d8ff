// Sessions: where somebody is signed in, and ending that. One's own, or a member's for whoever manages members.

import { getJson, send } from "../../lib/api.js";
import { h, html, useEffect, useMemo, useState } from "../../lib/html.js";
import { Resource } from "../../lib/resource.js";
import { route } from "../../lib/route.js";
import { visible } from "../../lib/safe-text.js";
import { may, person } from "../../lib/session.js";
import { Confirm } from "../../ui/forms.js";
import { Icon, Trouble } from "../../ui/parts.js";
import { Ago, Day, Panel, exactTime } from "./frame.js";
import { deviceName } from "./words.js";

/** Of whom, if not of the person looking. */
const memberOf = (search) => {
  const user = new URLSearchParams(search).get("user");
  return user && user !== person.value?.id && may("members.manage") ? user : null;
};

async function load(org, user, stop) {
  const { sessions } = await getJson("/v1/sessions", { user }, stop);
  if (!user || !org) return { sessions, name: user };
  const { members } = await getJson("/v1/members", { org, limit: 1000 }, stop);
  return { sessions, name: members.find(({ id }) => id === user)?.name ?? user };
}

function Row({ one, open }) {
  const device = deviceName(one.user_agent);
  const end = `Sign out ${device}${one.ip ? ` at ${one.ip}` : ""}`;
  return html`<tr><th scope="row" data-is="" title=${one.user_agent}>${visible(device)}
      ${one.current && html` <span class="tag">this one</span>`}</th>
    <td data-is="Address">${one.ip ? html`<code>${one.ip}</code>` : html`<span class="quiet">unknown</span>`}</td>
    <td data-is="Last seen">${h(Ago, { time: one.seen_at })}</td>
    <td data-is="Signed in">${h(Ago, { time: one.created_at })}</td>
    <td data-is="Ends"><span title=${exactTime(one.expires_at)}>${h(Day, { time: one.expires_at })}</span></td>
    <td class="acts"><button type="button" class="button small" aria-label=${end}
      onClick=${() => open(one)}>Sign out</button></td></tr>`;
}

function EndSession({ one, reload, onClose }) {
  const then = one.current ? () => location.assign("/sign-in") : reload;
  return h(
    Confirm,
    {
      title: one.current ? "Sign out here" : `Sign out ${visible(deviceName(one.user_agent))}`,
      label: "Sign out",
      work: () => send("DELETE", `/v1/sessions/${one.id}`),
      done: "Session ended",
      then,
      onClose,
    },
    html`<p>${
      one.current
        ? "This is the session of this window: you will have to sign in again."
        : "Whoever uses it has to sign in again. What they have open stops being loaded."
    }</p>`,
  );
}

export function Sessions({ org }) {
  const user = memberOf(route.value.search);
  const resource = useMemo(() => new Resource(), [user]);
  const [one, open] = useState(null);
  const reload = () => resource.load((stop) => load(org, user, stop));
  useEffect(() => {
    reload();
    return () => resource.stop();
  }, [user]);
  const data = resource.data.value;
  const title = user ? `Sessions of ${visible(data?.name ?? "…")}` : "Your sessions";
  const own =
    user && html`<a class="button small" href="/access?tab=sessions">${h(Icon, { name: "left" })}Your own</a>`;
  return html`${resource.error.value && h(Trouble, { error: resource.error.value, retry: reload })}
    ${
      data &&
      h(
        Panel,
        { id: "sessions", title, q: "action:user.signed_in,user.signed_out,session.revoked", acts: own },
        data.sessions.length
          ? html`<table class="sheet stack"><thead><tr><th scope="col">Device</th><th scope="col">Address</th>
              <th scope="col">Last seen</th><th scope="col">Signed in</th><th scope="col">Ends at the latest</th>
              <th scope="col"><span class="unseen">Acts</span></th></tr></thead>
            <tbody>${data.sessions.map((session) => h(Row, { key: session.id, one: session, open }))}</tbody></table>`
          : html`<p class="body quiet">Nobody is signed in.</p>`,
      )
    }
    ${one && h(EndSession, { one, reload, onClose: () => open(null) })}`;
}
