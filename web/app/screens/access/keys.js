// API keys: what programs sign in with. The list, making one, whose secret is shown once, and revoking one.

import { send } from "../../lib/api.js";
import { h, html, useEffect, useMemo, useState } from "../../lib/html.js";
import { count } from "../../lib/format.js";
import { quoted } from "../../lib/query-edit.js";
import { Resource } from "../../lib/resource.js";
import { visible } from "../../lib/safe-text.js";
import { may, permissions, person, present } from "../../lib/session.js";
import { isoOf } from "../../lib/time.js";
import { explorer } from "../../lib/url-state.js";
import { Choices, Confirm, Field, FormEnd, Once, onSubmit, useAct } from "../../ui/forms.js";
import { Name, Trouble } from "../../ui/parts.js";
import { Dialog } from "../../ui/dialog.js";
import { AddButton, Ago, Day, More, None, Panel, loadPages } from "./frame.js";
import { SCOPES, scopesToGive } from "./words.js";

const DAY_MS = 86_400_000;
const ENDS = [
  ["30", "in 30 days"],
  ["90", "in 90 days"],
  ["365", "in a year"],
  ["day", "on a day …"],
  ["", "never"],
];
const ALL = "*";

/** When a key ends, as the service wants it; undefined: never. */
function endOf(end, day) {
  if (end === "day") return new Date(`${day}T23:59:59Z`).toISOString();
  return end ? isoOf(Date.now() + Number(end) * DAY_MS) : undefined;
}

function Made({ made, onClose }) {
  return h(
    Once,
    { title: `Key ${visible(made.name)}`, label: "Key", text: made.token, onClose },
    html`<p>Send it as <code>Authorization: Bearer …</code>. Only its hash is kept, so it is shown this
      once.</p>`,
  );
}

function KeyForm({ org, reload, onClose }) {
  const [name, setName] = useState("");
  const [scopes, setScopes] = useState([]);
  const [end, setEnd] = useState("90");
  const [day, setDay] = useState("");
  const [bound, setBound] = useState(org ?? ALL);
  const [made, setMade] = useState(null);
  const act = useAct();
  if (made) return h(Made, { made, onClose });
  const mayAll = person.value?.operator || (!person.value && !org);
  const offered = scopesToGive(permissions.value, bound === ALL);
  const chosen = scopes.filter((scope) => offered.includes(scope));
  const orgs = [org && [org, present.value?.organization?.name ?? org], mayAll && [ALL, "All organizations"]];
  const work = () => {
    const body = { name: name.trim(), scopes: chosen, expires_at: endOf(end, day) };
    return send("POST", "/v1/keys", { body: bound === ALL ? body : { ...body, org: bound } });
  };
  const done = (answer) => {
    setMade(answer);
    return reload();
  };
  const isReady = name.trim() && chosen.length > 0 && (end !== "day" || day);
  const common = { act };
  return h(
    Dialog,
    { title: "New API key", onClose },
    html`<form class="form" onSubmit=${onSubmit(() => act.run(work, done))}>
      ${h(Field, {
        ...common,
        name: "name",
        label: "Name",
        value: name,
        onValue: setName,
        hint: "The program that will use it.",
        required: true,
        "data-first": true,
        autocomplete: "off",
      })}
      ${
        orgs.filter(Boolean).length > 1 &&
        h(Field, {
          ...common,
          name: "org",
          label: "Good for",
          value: bound,
          onValue: setBound,
          options: orgs.filter(Boolean),
        })
      }
      ${h(Choices, { legend: "May", words: offered, chosen, meaning: (word) => SCOPES[word][0], onChange: setScopes })}
      ${h(Field, { ...common, name: "expires_at", label: "Ends", value: end, onValue: setEnd, options: ENDS })}
      ${
        end === "day" &&
        h(Field, {
          name: "day",
          label: "Last day (UTC)",
          kind: "date",
          value: day,
          onValue: setDay,
          min: new Date().toISOString().slice(0, 10),
          required: true,
        })
      }
      ${h(FormEnd, {
        act,
        label: "Make the key",
        fields: ["name", "org", "expires_at"],
        onCancel: onClose,
        isReady: Boolean(isReady),
      })}</form>`,
  );
}

/** Whether a key still works, in a word. */
function stateOf({ revoked_at: revoked, expires_at: expires }) {
  if (revoked) return "revoked";
  return expires && Date.parse(expires) <= Date.now() ? "expired" : "active";
}

function Row({ one, isOfAll, open }) {
  const state = stateOf(one);
  const ended = state === "revoked" ? one.revoked_at : one.expires_at;
  const activity = explorer(`actor:${quoted(one.id)}`);
  return html`<tr><th scope="row" data-is="">${
    may("audit_logs.read")
      ? html`<a href=${activity} title="What it did">${h(Name, { text: one.name })}</a>`
      : h(Name, { text: one.name })
  }<br /><code class="quiet">${one.token_prefix}…</code></th>
    ${isOfAll && html`<td data-is="Organization">${one.org ? visible(one.org) : "all"}</td>`}
    <td data-is="Scopes"><span class="tags">${one.scopes.map(
      (scope) => html`<span class="tag">${visible(scope)}</span>`,
    )}</span></td>
    <td data-is="Made">${h(Day, { time: one.created_at })}</td>
    <td data-is="Last used">${h(Ago, { time: one.last_used_at })}</td>
    <td data-is="Ends">${state !== "active" && html`<span class="tag">${state}</span> `}${h(Day, { time: ended })}</td>
    <td class="acts">${
      state === "active" &&
      may("keys.manage") &&
      html`<button type="button" class="button small" aria-label=${visible(`Revoke the key ${one.name}`)}
        onClick=${() => open("revoke", one)}>Revoke</button>`
    }</td></tr>`;
}

function RevokeKey({ subject, reload, onClose }) {
  const used = subject.last_used_at ? html` It was last used ${h(Ago, { time: subject.last_used_at })}.` : "";
  return h(
    Confirm,
    {
      title: `Revoke the key ${visible(subject.name)}`,
      label: "Revoke the key",
      work: () => send("DELETE", `/v1/keys/${subject.id}`),
      done: "Key revoked",
      then: reload,
      onClose,
    },
    html`<p>Whatever uses <b><bdi>${visible(subject.name)}</bdi></b> (<code>${subject.token_prefix}…</code>) is
      refused at once, and it cannot be made to work again.${used}</p>`,
  );
}

function Sheet({ rows, isOfAll, open }) {
  return html`<table class="sheet stack"><thead><tr><th scope="col">Key</th>
    ${isOfAll && html`<th scope="col">Organization</th>`}<th scope="col">Scopes</th><th scope="col">Made</th>
    <th scope="col">Last used</th><th scope="col">Ends</th><th scope="col"><span class="unseen">Acts</span></th></tr>
    </thead><tbody>${rows.map((one) => h(Row, { key: one.id, one, isOfAll, open }))}</tbody></table>`;
}

export function Keys({ org }) {
  const resource = useMemo(() => new Resource(), []);
  const [pages, setPages] = useState(1);
  const [isAll, setAll] = useState(false);
  const [dialog, setDialog] = useState(null);
  const reload = () => resource.load((stop) => loadPages("/v1/keys", "keys", { org }, pages, stop));
  useEffect(() => {
    reload();
    return () => resource.stop();
  }, [pages]);
  const data = resource.data.value;
  const sorted = [...(data?.rows ?? [])].sort((a, b) => b.created_at.localeCompare(a.created_at));
  const live = sorted.filter((one) => stateOf(one) === "active");
  const rows = isAll ? sorted : live;
  const open = (kind, subject) => setDialog({ kind, subject });
  const onClose = () => setDialog(null);
  const acts = may("keys.manage") && h(AddButton, { label: "New key", onClick: () => open("make") });
  const others = sorted.length - live.length;
  return html`${resource.error.value && h(Trouble, { error: resource.error.value, retry: reload })}
    ${
      data &&
      h(
        Panel,
        { id: "keys", title: "API keys", q: "action:api_key.created,api_key.revoked", acts },
        html`${
          rows.length
            ? h(Sheet, { rows, isOfAll: !org, open })
            : h(None, { about: "create_key" }, "No key is in use. Programs that write or read events need one.")
        }
        ${
          others > 0 &&
          html`<p class="more"><label class="check"><input type="checkbox" checked=${isAll}
            onChange=${(event) => setAll(event.target.checked)} />Show ${count(others, "key")} that ended</label></p>`
        }
        ${h(More, { ...data, what: "key", onMore: () => setPages(pages + 1) })}`,
      )
    }
    ${dialog?.kind === "make" && h(KeyForm, { org, reload, onClose })}
    ${dialog?.kind === "revoke" && h(RevokeKey, { subject: dialog.subject, reload, onClose })}`;
}
