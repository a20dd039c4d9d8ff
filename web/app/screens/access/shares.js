// Links by which events are shown to people without an account, and taking them back.

import { getJson, send } from "../../lib/api.js";
import { h, html, useEffect, useMemo, useState } from "../../lib/html.js";
import { Resource } from "../../lib/resource.js";
import { visible } from "../../lib/safe-text.js";
import { Confirm } from "../../ui/forms.js";
import { Name, Trouble } from "../../ui/parts.js";
import { Ago, Day, None, Panel } from "./frame.js";

function Row({ one, revoke }) {
  const event = html`<a href=${`/events/${one.event}`}><code>${one.event.slice(0, 16)}…</code></a>`;
  return html`<tr><th scope="row" data-is="">${event}
    ${one.note && html`<br /><span class="quiet"><bdi>${visible(one.note)}</bdi></span>`}</th>
    <td data-is="Made by">${h(Name, { text: one.created_by_name })}</td>
    <td data-is="Made">${h(Day, { time: one.created_at })}</td>
    <td data-is="Last opened">${h(Ago, { time: one.opened_at })}</td>
    <td data-is="Ends">${h(Day, { time: one.expires_at })}</td>
    <td class="acts"><button type="button" class="button small" aria-label=${`Revoke the link to ${one.event}`}
      onClick=${revoke}>Revoke</button></td></tr>`;
}

export function Shares({ org }) {
  const resource = useMemo(() => new Resource(), []);
  const [revoked, setRevoked] = useState(null);
  const reload = () => resource.load((stop) => getJson("/v1/shares", { org }, stop));
  useEffect(() => {
    reload();
    return () => resource.stop();
  }, []);
  const rows = resource.data.value?.shares;
  const q = "action:audit_share.created,audit_share.opened,audit_share.downloaded,audit_share.revoked";
  return html`${resource.error.value && h(Trouble, { error: resource.error.value, retry: reload })}
    ${
      rows &&
      h(
        Panel,
        { id: "shares", title: "Shared events", note: "Links for people without an account", q },
        rows.length
          ? html`<table class="sheet stack"><thead><tr><th scope="col">Event</th><th scope="col">Made by</th>
            <th scope="col">Made</th><th scope="col">Last opened</th><th scope="col">Ends</th>
            <th scope="col"><span class="unseen">Acts</span></th></tr></thead>
            <tbody>${rows.map((one) => h(Row, { key: one.id, one, revoke: () => setRevoked(one) }))}</tbody></table>`
          : h(
              None,
              { about: "create_share" },
              "No event is shared. Open an event and choose Share to hand it to somebody without an account.",
            ),
      )
    }
    ${
      revoked &&
      h(
        Confirm,
        {
          title: "Revoke the link",
          label: "Revoke the link",
          work: () => send("DELETE", `/v1/shares/${revoked.id}`),
          done: "Link revoked",
          then: reload,
          onClose: () => setRevoked(null),
        },
        html`<p>The link opens nothing any more. What was downloaded with it is out and stays a proof.</p>`,
      )
    }`;
}
