// Single sign-on: from the connection to a provider, over a test, to signing in in no other way. Each step says what is
// done and what comes next; whoever may only look sees how it is set up.

import { getJson, send } from "../../lib/api.js";
import { h, html, useEffect, useMemo, useState } from "../../lib/html.js";
import { Resource } from "../../lib/resource.js";
import { visible } from "../../lib/safe-text.js";
import { may } from "../../lib/session.js";
import { Confirm, useAct } from "../../ui/forms.js";
import { copy } from "../../ui/hand-over.js";
import { Icon, Trouble } from "../../ui/parts.js";
import { Ago, Panel, loadPages } from "./frame.js";
import { ConnectionForm, EnforceForm, GroupsForm } from "./sso-forms.js";

/** Owners that are looked for among this many pages of members. */
const MEMBER_PAGES = 5;

async function load(org, stop) {
  const [sso, { roles }, members] = await Promise.all([
    getJson("/v1/sso", { org }, stop),
    getJson("/v1/roles", { org }, stop),
    loadPages("/v1/members", "members", { org }, MEMBER_PAGES, stop),
  ]);
  const owners = members.rows.filter(({ role }) => role === "owner");
  return { ...sso, roles, owners };
}

const Button = ({ label, onClick, kind = "", disabled }) =>
  html`<button type="button" class=${`button small ${kind}`} disabled=${disabled} onClick=${onClick}>${label}</button>`;

const Fact = ({ name, children }) => html`<dt>${name}</dt><dd>${children}</dd>`;

const List = ({ words, none = "none" }) =>
  words.length
    ? html`<bdi>${visible(words.join(", "))}</bdi>`
    : html`<span class="quiet">${none}</span>`;

function Connection({ connection, canChange, open }) {
  const acts =
    canChange &&
    (connection
      ? html`${h(Button, { label: "Edit the connection", onClick: () => open("connection") })}
        ${h(Button, { label: "Remove", onClick: () => open("remove") })}`
      : h(Button, { label: "Connect", kind: "primary", onClick: () => open("connection") }));
  const q = "action:sso_connection,sso_enforcement";
  return h(
    Panel,
    { id: "sso", title: "1. Connection", q, acts },
    connection
      ? html`<div class="body"><dl class="facts">
          ${h(Fact, { name: "Issuer" }, html`<bdi>${visible(connection.issuer)}</bdi>`)}
          ${h(Fact, { name: "Client id" }, html`<code>${visible(connection.client_id)}</code>`)}
          ${h(Fact, { name: "Client secret" }, connection.has_client_secret ? "stored, never shown" : "none")}
          ${h(Fact, { name: "May speak for" }, h(List, { words: connection.domains }))}
          ${h(Fact, { name: "More scopes" }, h(List, { words: connection.scopes }))}
        </dl></div>`
      : html`<p class="body quiet">Your people can sign in at a provider of OpenID Connect, such as Keycloak, Entra ID,
          Okta or Google. Register this service there with the address below, then enter what it gives you.</p>`,
  );
}

function Redirect({ uri }) {
  const acts = h(Button, { label: "Copy", onClick: () => copy(uri, "Redirect URI copied") });
  return h(
    Panel,
    { id: "redirect", title: "2. Redirect URI", note: "Enter it at the provider", acts },
    html`<div class="body"><pre class="once" tabindex="0" aria-label="Redirect URI">${uri}</pre>
      <p class="quiet">A web application with the authorization code flow. PKCE is always used.</p></div>`,
  );
}

function Test({ connection, canChange, org }) {
  const act = useAct();
  const work = () => send("POST", "/v1/sso/test", { parameters: { org } });
  const begin = () => act.run(work, ({ url }) => location.assign(url));
  const acts =
    canChange && connection && h(Button, { label: "Test sign-in", disabled: act.isBusy, onClick: begin });
  const state = !connection
    ? "Once there is a connection, you can sign in for a test: nobody is let in, and you see what the provider said."
    : connection.tested_at
      ? html`${h(Icon, { name: "check" })} It worked ${h(Ago, { time: connection.tested_at })}, as it is now.`
      : "It has not been tested as it is now.";
  return h(
    Panel,
    { id: "test", title: "3. Test", acts },
    html`<p class="body">${state}</p>${act.error && h(Trouble, { error: act.error })}`,
  );
}

function Groups({ connection, roles, canChange, open }) {
  const nameOf = (role) => roles.find(({ id }) => id === role)?.name ?? role;
  const acts = canChange && connection && h(Button, { label: "Edit the roles", onClick: () => open("groups") });
  if (!connection) {
    const why = html`<p class="body quiet">Groups of the provider can decide what people may here.</p>`;
    return h(Panel, { id: "groups", title: "4. Groups and roles" }, why);
  }
  const { group_roles: mapped, default_role: others, groups_claim: claim } = connection;
  return h(
    Panel,
    { id: "groups", title: "4. Groups and roles", acts },
    html`<div class="body">${
      mapped.length > 0 &&
      html`<table class="sheet"><thead><tr><th scope="col">Group</th><th scope="col">Role</th></tr></thead>
        <tbody>${mapped.map(
          ({ group, role }) => html`<tr key=${group}><th scope="row"><bdi>${visible(group)}</bdi></th>
            <td>${visible(nameOf(role))}</td></tr>`,
        )}</tbody></table>
        <p class="quiet">The first that fits counts, at every sign-in. The claim with the groups is
          <code> ${claim}</code>.</p>`
    }
    <p>${
      others
        ? html`${mapped.length > 0 ? "Everybody else is" : "Whoever joins becomes"} <b>${visible(nameOf(others))}</b>.`
        : mapped.length > 0
          ? "Nobody else gets in."
          : "Only members and those who are invited get in."
    }</p></div>`,
  );
}

function Enforcement({ connection, owners, canChange, open }) {
  const isOn = connection?.enforced;
  const names = (connection?.break_glass ?? []).map((id) => owners.find((one) => one.id === id)?.name ?? id);
  const acts =
    canChange &&
    connection &&
    html`${h(Button, {
      label: isOn ? "Change who keeps a password" : "Enforce",
      disabled: !isOn && !connection.tested_at,
      onClick: () => open("enforce"),
    })} ${isOn && h(Button, { label: "Stop enforcing", onClick: () => open("stop") })}`;
  return h(
    Panel,
    { id: "enforce", title: "5. Enforce", acts },
    html`<div class="body"><p>${
      isOn
        ? html`Passwords do not work for this organization, except those of ${h(List, { words: names })}. Each use of
          one is recorded as <code>session.elevated</code>.`
        : "Passwords work as well."
    }</p>${
      !isOn &&
      connection &&
      !connection.tested_at &&
      html`<p class="quiet">It can be enforced after a test that succeeded.</p>`
    }${
      isOn && !connection.tested_at && html`<p class="wrong">The connection was changed and not tested since.</p>`
    }</div>`,
  );
}

export function SingleSignOn({ org }) {
  const resource = useMemo(() => new Resource(), []);
  const [dialog, setDialog] = useState(null);
  const reload = () => resource.load((stop) => load(org, stop));
  useEffect(() => {
    reload();
    return () => resource.stop();
  }, []);
  const data = resource.data.value;
  if (!data) return resource.error.value && h(Trouble, { error: resource.error.value, retry: reload });
  const { connection } = data;
  const canChange = may("sso.manage");
  const onClose = () => setDialog(null);
  const shared = { ...data, org, canChange, open: setDialog, reload, onClose };
  return html`${resource.error.value && h(Trouble, { error: resource.error.value, retry: reload })}
    ${h(Connection, shared)} ${h(Redirect, { uri: data.redirect_uri })} ${h(Test, shared)} ${h(Groups, shared)}
    ${h(Enforcement, shared)}
    ${dialog === "connection" && h(ConnectionForm, shared)}
    ${dialog === "groups" && h(GroupsForm, shared)}
    ${dialog === "enforce" && h(EnforceForm, shared)}
    ${
      dialog === "stop" &&
      h(
        Confirm,
        {
          title: "Stop enforcing single sign-on",
          label: "Stop enforcing",
          work: () => send("PUT", "/v1/sso/enforcement", { parameters: { org }, body: { enforced: false } }),
          done: "Passwords work again",
          then: reload,
          onClose,
        },
        html`<p>Members who have a password can sign in with it again.</p>`,
      )
    }
    ${
      dialog === "remove" &&
      h(
        Confirm,
        {
          title: "Remove single sign-on",
          label: "Remove the connection",
          work: () => send("DELETE", "/v1/sso", { parameters: { org } }),
          done: "Single sign-on was removed",
          then: reload,
          onClose,
        },
        html`<p>Sessions that <bdi>${visible(connection?.issuer ?? "")}</bdi> opened end at once. Members stay; those
          without a password need a link for one.</p>`,
      )
    }`;
}
