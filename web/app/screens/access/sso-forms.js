// The forms of single sign-on: the connection, what groups come to, and who keeps a password when it is enforced.

import { send } from "../../lib/api.js";
import { h, html, useState } from "../../lib/html.js";
import { visible } from "../../lib/safe-text.js";
import { permissions, person } from "../../lib/session.js";
import { Field, FormEnd, onSubmit, useAct } from "../../ui/forms.js";
import { toast } from "../../ui/parts.js";
import { Dialog } from "../../ui/dialog.js";
import { canGive } from "./words.js";

/** Words that are separated by whatever people separate words by. */
const words = (text) => text.split(/[\s,;]+/).filter(Boolean);

/** A connection as it is sent: all of it, as it is kept, but the secret, which stays what it is. */
const bodyOf = ({ issuer, client_id, scopes, domains, groups_claim, group_roles, default_role }) => ({
  issuer,
  client_id,
  scopes,
  domains,
  groups_claim,
  group_roles,
  default_role,
});

const EMPTY = { scopes: [], domains: [], groups_claim: "groups", group_roles: [], default_role: null };

function useSaving({ org, connection, reload, onClose }) {
  const act = useAct();
  const save = (changes) => {
    const body = { ...bodyOf(connection ?? EMPTY), ...changes };
    act.run(
      () => send("PUT", "/v1/sso", { parameters: { org }, body }),
      () => {
        onClose();
        toast("Connection saved");
        return reload();
      },
    );
  };
  return { act, save };
}

export function ConnectionForm(props) {
  const { connection, onClose } = props;
  const { act, save } = useSaving(props);
  const [issuer, setIssuer] = useState(connection?.issuer ?? "");
  const [client, setClient] = useState(connection?.client_id ?? "");
  const [secret, setSecret] = useState("");
  const [domains, setDomains] = useState(connection?.domains.join(" ") ?? "");
  const [scopes, setScopes] = useState(connection?.scopes.join(" ") ?? "");
  const sent = () =>
    save({
      issuer: issuer.trim(),
      client_id: client.trim(),
      domains: words(domains),
      scopes: words(scopes),
      ...(secret && { client_secret: secret }),
    });
  const field = (name, label, value, onValue, hint, more) =>
    h(Field, { name, label, value, onValue, hint, act, autocomplete: "off", ...more });
  const kept = connection?.has_client_secret ? "Empty: it stays as it is." : "Empty: a client without a secret.";
  return h(
    Dialog,
    { title: connection ? "Edit the connection" : "Connect a provider", onClose },
    html`<form class="form" onSubmit=${onSubmit(sent)}>
      ${field("issuer", "Issuer", issuer, setIssuer, "As the provider writes it, such as https://login.example.com", {
        required: true,
        "data-first": true,
        inputmode: "url",
      })}
      ${field("client_id", "Client id", client, setClient, null, { required: true })}
      ${field("client_secret", "Client secret", secret, setSecret, kept, {
        kind: "password",
        autocomplete: "new-password",
      })}
      ${field("domains", "Domains of e-mail addresses", domains, setDomains, "The provider speaks for these only.", {
        required: true,
        placeholder: "acme.example",
      })}
      ${field("scopes", "More scopes (optional)", scopes, setScopes, "Beside openid, email and profile; often: groups")}
      ${h(FormEnd, {
        act,
        label: "Save the connection",
        fields: ["issuer", "client_id", "client_secret", "domains", "scopes"],
        onCancel: onClose,
        isReady: Boolean(issuer.trim() && client.trim() && domains.trim()),
      })}</form>`,
  );
}

/** A line of the map that is being edited. */
function Line({ line, place, options, set, remove }) {
  const id = `group-${place}`;
  return html`<div class="group-line">
    <label class="unseen" for=${id}>Group ${place + 1}</label>
    <input class="field" id=${id} value=${line.group} placeholder="group" spellcheck=${false} autocomplete="off"
      onInput=${(event) => set({ ...line, group: event.target.value })} />
    <select class="field" aria-label=${`Role of group ${place + 1}`}
      onInput=${(event) => set({ ...line, role: event.target.value })}>${options.map(
        ([role, name]) => html`<option value=${role} selected=${role === line.role}>${visible(name)}</option>`,
      )}</select>
    <button type="button" class="button small" aria-label=${`Remove group ${place + 1}`}
      onClick=${remove}>Remove</button>
  </div>`;
}

export function GroupsForm(props) {
  const { connection, roles, onClose } = props;
  const { act, save } = useSaving(props);
  const [claim, setClaim] = useState(connection.groups_claim);
  const [lines, setLines] = useState(connection.group_roles);
  const [others, setOthers] = useState(connection.default_role ?? "");
  const isGiven = (role) => canGive(permissions.value, person.value?.operator, role);
  const options = roles.filter(isGiven).map(({ id, name }) => [id, name]);
  const change = (place, line) => setLines(lines.map((one, at) => (at === place ? line : one)));
  const sent = () =>
    save({
      groups_claim: claim.trim(),
      group_roles: lines
        .map(({ group, role }) => ({ group: group.trim(), role }))
        .filter(({ group }) => group),
      default_role: others || null,
    });
  const nobody = lines.length ? "nobody: they do not get in" : "nobody: only members and those who are invited get in";
  return h(
    Dialog,
    { title: "Groups and roles", onClose },
    html`<form class="form" onSubmit=${onSubmit(sent)}>
      <fieldset class="choices"><legend>The first group that fits counts</legend>
        ${lines.map((line, place) =>
          h(Line, {
            key: place,
            line,
            place,
            options,
            set: (next) => change(place, next),
            remove: () => setLines(lines.filter((_, at) => at !== place)),
          }),
        )}
        <button type="button" class="button small"
          onClick=${() => setLines([...lines, { group: "", role: "member" }])}>Add a group</button></fieldset>
      ${h(Field, {
        name: "default_role",
        label: lines.length ? "Everybody else becomes" : "Whoever joins becomes",
        value: others,
        onValue: setOthers,
        options: [["", nobody], ...options],
        act,
      })}
      ${h(Field, {
        name: "groups_claim",
        label: "Claim with the groups",
        value: claim,
        onValue: setClaim,
        hint: "A claim within a claim is written /a/b.",
        required: true,
        autocomplete: "off",
        act,
      })}
      ${h(FormEnd, {
        act,
        label: "Save the roles",
        fields: ["default_role", "groups_claim"],
        onCancel: onClose,
        isReady: Boolean(claim.trim()),
      })}</form>`,
  );
}

export function EnforceForm({ org, connection, owners, reload, onClose }) {
  const act = useAct();
  const able = owners.filter(({ password }) => password);
  const first = connection.break_glass.length ? connection.break_glass : [person.value?.id];
  const [chosen, setChosen] = useState(first.filter((id) => able.some((one) => one.id === id)));
  const turn = (id, isOn) => setChosen(isOn ? [...chosen, id] : chosen.filter((one) => one !== id));
  const body = { enforced: true, break_glass: chosen };
  const sent = () =>
    act.run(
      () => send("PUT", "/v1/sso/enforcement", { parameters: { org }, body }),
      () => {
        onClose();
        toast("Single sign-on is enforced");
        return reload();
      },
    );
  return h(
    Dialog,
    { title: "Enforce single sign-on", onClose },
    html`<form class="form" onSubmit=${onSubmit(sent)}>
      <p>Sessions that were opened with a password give no rights in this organization any more, from now on. API keys
        go on working. If the provider fails, these owners get in with their password, which is recorded each time:</p>
      <fieldset class="choices"><legend>Keep their password</legend>${able.map(
        ({ id, name, email }) => html`<label class="check" key=${id}><input type="checkbox"
          checked=${chosen.includes(id)} onChange=${(event) => turn(id, event.target.checked)} /><span>
          <bdi>${visible(name)}</bdi> <span class="quiet"><bdi>${visible(email)}</bdi></span></span></label>`,
      )}</fieldset>
      ${!able.length && html`<p class="wrong">No owner has a password. Give one a link for a new password first.</p>`}
      ${h(FormEnd, { act, label: "Enforce single sign-on", onCancel: onClose, isReady: chosen.length > 0 })}</form>`,
  );
}
