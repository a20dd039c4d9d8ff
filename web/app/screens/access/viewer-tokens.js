// Viewer tokens: what other products show of this log. Those that are good now, making one to try, what a backend has
// to do to make them itself, and ending one or all.

import { getJson, send } from "../../lib/api.js";
import { h, html, useEffect, useMemo, useState } from "../../lib/html.js";
import { count, number } from "../../lib/format.js";
import { Resource } from "../../lib/resource.js";
import { visible } from "../../lib/safe-text.js";
import { may } from "../../lib/session.js";
import { Choices, Confirm, Field, FormEnd, Once, onSubmit, useAct } from "../../ui/forms.js";
import { copy } from "../../ui/hand-over.js";
import { Icon, Name, Trouble } from "../../ui/parts.js";
import { Dialog } from "../../ui/dialog.js";
import { AddButton, Ago, More, None, Panel, exactTime, loadPages } from "./frame.js";
import { snippets } from "./snippets.js";
import { FEATURES } from "./words.js";

const WAIT_MS = 300;
const NEEDED = { raw: "integrity.read", export: "audit_logs.export" };

/** How many events a filter lets through, while it is typed. */
function Preview({ org, query }) {
  const resource = useMemo(() => new Resource(), []);
  useEffect(() => {
    const ask = (stop) => getJson("/v1/count", { org, q: query.trim() }, stop);
    const timer = setTimeout(() => resource.load(ask), WAIT_MS);
    return () => clearTimeout(timer);
  }, [query]);
  const isAsked = !resource.isLoading.value;
  const found = resource.data.value;
  const wrong = isAsked && resource.failure?.code === "invalid_query" ? resource.failure : null;
  const said = wrong
    ? wrong.message
    : found
      ? `${found.exact ? "" : "up to "}${count(found.count, "event")} of this log would be shown now`
      : " ";
  return html`<p class=${wrong ? "wrong" : "quiet"} role="status">${visible(said)}</p>`;
}

function Made({ made, onClose }) {
  return h(
    Once,
    { title: "Viewer token", label: "Token", text: made.token, onClose },
    html`<p>Good until ${exactTime(made.expires_at)}, for pages of ${visible(made.origins.join(", "))}. It is for
      trying: a product's backend makes one for each user who looks.</p>`,
  );
}

function TokenForm({ org, reload, onClose }) {
  const [id, setId] = useState("");
  const [name, setName] = useState("");
  const [query, setQuery] = useState("-action:audit_log.*,audit_viewer_token.*");
  const [origins, setOrigins] = useState("");
  const [features, setFeatures] = useState(["search"]);
  const [isRecorded, setRecorded] = useState(true);
  const [made, setMade] = useState(null);
  const act = useAct();
  if (made) return h(Made, { made, onClose });
  const work = () =>
    send("POST", "/v1/viewer-tokens", {
      body: {
        org,
        actor: { id: id.trim(), ...(name.trim() && { name: name.trim() }) },
        query: query.trim(),
        features,
        origins: origins.split(/[\s,]+/).filter((origin) => origin),
        record_views: isRecorded,
      },
    });
  const done = (answer) => {
    setMade(answer);
    return reload();
  };
  const choose = (next) => {
    const isExport = next.includes("export") && !features.includes("export");
    if (isExport && !next.includes("raw")) next = [...next, "raw"];
    setFeatures(next.includes("raw") ? next : next.filter((word) => word !== "export"));
  };
  const blocked = (word) => Boolean(NEEDED[word]) && !may(NEEDED[word]);
  const text = { act, required: true, autocomplete: "off" };
  return h(
    Dialog,
    { title: "New viewer token", onClose },
    html`<form class="form" onSubmit=${onSubmit(() => act.run(work, done))}>
      ${h(Field, {
        ...text,
        name: "actor",
        label: "Who looks: their id in the product",
        value: id,
        onValue: setId,
        "data-first": true,
      })}
      ${h(Field, { ...text, required: false, name: "name", label: "Their name", value: name, onValue: setName })}
      ${h(Field, {
        ...text,
        required: false,
        name: "query",
        label: "Shows only events that match",
        value: query,
        onValue: setQuery,
        hint: "A query. Whatever is asked with the token, nothing else is shown.",
      })}
      ${h(Preview, { org, query })}
      ${h(Field, {
        ...text,
        name: "origins",
        label: "Pages that may show it",
        value: origins,
        onValue: setOrigins,
        placeholder: "https://app.example.com",
        hint: "Origins exactly as browsers send them, several with spaces between.",
      })}
      ${h(Choices, {
        legend: "May also",
        words: Object.keys(FEATURES),
        chosen: features,
        meaning: (word) => FEATURES[word],
        onChange: choose,
        blocked,
      })}
      <label class="check"><input type="checkbox" checked=${isRecorded}
        onChange=${(event) => setRecorded(event.target.checked)} /><span>What they look at is recorded in this log, as
          theirs</span></label>
      ${h(FormEnd, {
        act,
        label: "Make the token",
        fields: ["actor", "query", "origins", "name"],
        onCancel: onClose,
        isReady: Boolean(id.trim() && origins.trim()),
      })}</form>`,
  );
}

/** What to put where: the page, and the backend in a language of choice. */
function Snippet({ org, onClose }) {
  const all = useMemo(() => snippets(org, location.origin), [org]);
  const [name, setName] = useState(all[0].name);
  const { text, where } = all.find((one) => one.name === name);
  return h(
    Dialog,
    { title: "Show this log in your product", onClose, kind: "wide" },
    html`<div class="form"><div class="modes" role="group" aria-label="Part">${all.map(
      (one) => html`<button type="button" aria-pressed=${String(one.name === name)}
        onClick=${() => setName(one.name)}>${one.name}</button>`,
    )}</div><p class="quiet">${where}</p>
      <pre class="once code-block" tabindex="0" aria-label=${name}>${text}</pre>
      <div class="form-end"><button type="button" class="button" data-first
        onClick=${() => copy(text, `${name} copied`)}>${h(Icon, { name: "copy" })}Copy</button></div></div>`,
  );
}

function Row({ one, open }) {
  return html`<tr><th scope="row" data-is="">${h(Name, { text: one.actor.name ?? one.actor.id })}<br />
      <code class="quiet">${visible(one.actor.id)}</code></th>
    <td data-is="Shows">${one.query ? html`<code>${visible(one.query)}</code>` : "all events"}</td>
    <td data-is="May also"><span class="tags">
      ${one.features.map((word) => html`<span class="tag">${visible(word)}</span>`)}
      ${!one.record_views && html`<span class="tag">not recorded</span>`}</span></td>
    <td data-is="Pages">${one.origins.map((origin) => html`<div><bdi>${visible(origin)}</bdi></div>`)}</td>
    <td data-is="Made">${h(Ago, { time: one.created_at })}</td>
    <td data-is="Ends"><time datetime=${one.expires_at}
      title=${exactTime(one.expires_at)}>${exactTime(one.expires_at).slice(12, 17)}</time></td>
    <td class="acts"><button type="button" class="button small"
      aria-label=${`Revoke the viewer token of ${visible(one.actor.name ?? one.actor.id)}`}
      onClick=${() => open("revoke", one)}>Revoke</button></td></tr>`;
}

function Revoke({ subject, reload, onClose }) {
  return h(
    Confirm,
    {
      title: "Revoke the viewer token",
      label: "Revoke the token",
      work: () => send("DELETE", `/v1/viewer-tokens/${subject.id}`),
      done: "Viewer token revoked",
      then: reload,
      onClose,
    },
    html`<p><b><bdi>${visible(subject.actor.name ?? subject.actor.id)}</bdi></b> sees nothing more with it at once. The
      product can make another: to end that, revoke its API key.</p>`,
  );
}

function RevokeAll({ org, many, reload, onClose }) {
  return h(
    Confirm,
    {
      title: "Revoke all viewer tokens",
      label: "Revoke all",
      work: () => send("DELETE", "/v1/viewer-tokens", { parameters: { org } }),
      done: "Viewer tokens revoked",
      then: reload,
      onClose,
    },
    html`<p>Whoever looks at this log through another product (${number(many)} now) sees nothing more at once. Products
      can make new ones: to end that, revoke their API keys.</p>`,
  );
}

export function ViewerTokens({ org }) {
  const resource = useMemo(() => new Resource(), []);
  const [pages, setPages] = useState(1);
  const [dialog, setDialog] = useState(null);
  const reload = () =>
    resource.load((stop) => loadPages("/v1/viewer-tokens", "viewer_tokens", { org }, pages, stop));
  useEffect(() => {
    reload();
    return () => resource.stop();
  }, [pages]);
  const data = resource.data.value;
  const rows = [...(data?.rows ?? [])].sort((a, b) => b.created_at.localeCompare(a.created_at));
  const open = (kind, subject) => setDialog({ kind, subject });
  const onClose = () => setDialog(null);
  const acts = html`<button type="button" class="button small" onClick=${() => open("snippet")}>Show how</button>
    ${
      rows.length > 0 &&
      html`<button type="button" class="button small" onClick=${() => open("all")}>Revoke all</button>`
    }
    ${h(AddButton, { label: "New token", onClick: () => open("make") })}`;
  return html`${resource.error.value && h(Trouble, { error: resource.error.value, retry: reload })}
    ${
      data &&
      h(
        Panel,
        { id: "viewers", title: "Viewer tokens", q: "action:audit_viewer_token.*", acts },
        html`${
          rows.length
            ? html`<table class="sheet stack"><thead><tr><th scope="col">Who looks</th><th scope="col">Shows</th>
              <th scope="col">May also</th><th scope="col">Pages</th><th scope="col">Made</th><th scope="col">Ends</th>
              <th scope="col"><span class="unseen">Acts</span></th></tr></thead>
              <tbody>${rows.map((one) => h(Row, { key: one.id, one, open }))}</tbody></table>`
            : h(
                None,
                { about: "create_viewer_token" },
                `No viewer token is good now. With one, your product shows a part of this log to one of its users,
                  for 15 minutes.`,
              )
        }
        ${h(More, { ...data, what: "token", onMore: () => setPages(pages + 1) })}`,
      )
    }
    ${dialog?.kind === "make" && h(TokenForm, { org, reload, onClose })}
    ${dialog?.kind === "snippet" && h(Snippet, { org, onClose })}
    ${dialog?.kind === "revoke" && h(Revoke, { subject: dialog.subject, reload, onClose })}
    ${dialog?.kind === "all" && h(RevokeAll, { org, many: rows.length, reload, onClose })}`;
}
