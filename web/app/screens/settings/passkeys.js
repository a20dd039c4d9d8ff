// One's own passkeys: adding, renaming, removing. Where there can be none, a sentence says why.

import { getJson, send } from "../../lib/api.js";
import { h, html, useEffect, useMemo, useState } from "../../lib/html.js";
import { explained, hasPasskeys, makePasskey } from "../../lib/passkeys.js";
import { Resource } from "../../lib/resource.js";
import { visible } from "../../lib/safe-text.js";
import { zone } from "../../lib/session.js";
import { ago, fullTime, zoneLabel } from "../../lib/time.js";
import { Field, FormEnd, onSubmit, useAct } from "../../ui/forms.js";
import { Trouble, toast } from "../../ui/parts.js";
import { Dialog } from "../../ui/dialog.js";
import { PasswordField } from "./password-field.js";

/** Why there are none here; empty if there can be. */
function obstacle({ unavailable, origin }) {
  if (unavailable) return `${unavailable[0].toUpperCase()}${unavailable.slice(1)}.`;
  if (origin !== location.origin) return `Passkeys work at ${origin} only, and this page is at ${location.origin}.`;
  return hasPasskeys() ? "" : "This browser has no passkeys.";
}

function Time({ time }) {
  if (!time) return html`<span class="quiet">never</span>`;
  const exact = `${fullTime(time, zone.value)} ${zoneLabel(zone.value)}`;
  return html`<time datetime=${time} title=${exact}>${ago(Date.parse(time))}</time>`;
}

const NameField = ({ value, onValue, act }) =>
  h(Field, {
    name: "name",
    label: "Name of the passkey",
    value,
    onValue,
    hint: "By which you know where it is: a device, or a password manager.",
    act,
    required: true,
    autocomplete: "off",
  });

/** What this device calls itself, for the first proposal of a name; few browsers say it. */
const DEVICE = /** @type {any} */ (navigator).userAgentData?.platform || "Passkey";

function Add({ user, onClose, reload }) {
  const [password, setPassword] = useState("");
  const [name, setName] = useState(DEVICE);
  const act = useAct();
  const work = async () => {
    const { options } = await send("POST", "/v1/account/passkeys/begin", { body: { password } });
    const credential = await makePasskey(options).catch((error) => Promise.reject(explained(error)));
    return send("POST", "/v1/account/passkeys", { body: { name: name.trim(), credential } });
  };
  const done = () => {
    onClose();
    toast("Passkey added");
    return reload();
  };
  return h(
    Dialog,
    { title: "Add a passkey", onClose },
    html`<form class="form" onSubmit=${onSubmit(() => act.run(work, done))}>
      <p>It signs you in without password and code: your device asks for your finger, face or PIN instead.</p>
      ${h(PasswordField, { act, user, value: password, onValue: setPassword })}
      ${h(NameField, { value: name, onValue: setName, act })}
      ${h(FormEnd, {
        act,
        label: "Go on",
        fields: ["password", "name"],
        onCancel: onClose,
        isReady: Boolean(password && name.trim()),
      })}</form>`,
  );
}

function Rename({ one, onClose, reload }) {
  const [name, setName] = useState(one.name);
  const act = useAct();
  const work = () => send("PATCH", `/v1/account/passkeys/${one.id}`, { body: { name: name.trim() } });
  const done = () => {
    onClose();
    toast("Passkey renamed");
    return reload();
  };
  return h(
    Dialog,
    { title: "Rename the passkey", onClose },
    html`<form class="form" onSubmit=${onSubmit(() => act.run(work, done))}>
      ${h(NameField, { value: name, onValue: setName, act })}
      ${h(FormEnd, { act, label: "Rename", fields: ["name"], onCancel: onClose, isReady: Boolean(name.trim()) })}
    </form>`,
  );
}

function Remove({ one, user, onClose, reload }) {
  const [password, setPassword] = useState("");
  const act = useAct();
  const work = () => send("DELETE", `/v1/account/passkeys/${one.id}`, { body: { password } });
  const done = () => {
    onClose();
    toast("Passkey removed");
    return reload();
  };
  return h(
    Dialog,
    { title: "Remove the passkey", onClose },
    html`<form class="form" onSubmit=${onSubmit(() => act.run(work, done))}>
      <p><b><bdi>${visible(one.name)}</bdi></b> signs nobody in any more. Remove it on the device as well, or it goes on
        being offered there.</p>
      ${h(PasswordField, { act, user, value: password, onValue: setPassword })}
      ${h(FormEnd, {
        act,
        label: "Remove the passkey",
        kind: "danger",
        fields: ["password"],
        onCancel: onClose,
        isReady: Boolean(password),
      })}</form>`,
  );
}

function Row({ one, open }) {
  const act = (kind, label) =>
    html`<button type="button" class="button small" aria-label=${`${label} ${visible(one.name)}`}
      onClick=${() => open({ kind, one })}>${label}</button>`;
  return html`<tr><th scope="row" data-is=""><bdi>${visible(one.name)}</bdi></th>
    <td data-is="Added">${h(Time, { time: one.created_at })}</td>
    <td data-is="Last used">${h(Time, { time: one.used_at })}</td>
    <td data-is="Kept">${one.synced ? "synced" : "on one device"}</td>
    <td class="acts">${act("rename", "Rename")} ${act("remove", "Remove")}</td></tr>`;
}

const DIALOGS = { add: Add, rename: Rename, remove: Remove };

export function Passkeys({ user }) {
  const resource = useMemo(() => new Resource(), []);
  const [dialog, open] = useState(null);
  const reload = () => resource.load((stop) => getJson("/v1/account/passkeys", {}, stop));
  useEffect(() => {
    reload();
    return () => resource.stop();
  }, []);
  const data = resource.data.value;
  const why = data ? obstacle(data) : "";
  const onClose = () => open(null);
  return html`<section class="panel" aria-labelledby="passkeys-title">
    <header><h2 id="passkeys-title">Passkeys</h2><span class="grow"></span>
      ${
        data &&
        !why &&
        html`<button type="button" class="button small" onClick=${() => open({ kind: "add" })}>Add a passkey</button>`
      }</header>
    ${resource.error.value && h(Trouble, { error: resource.error.value, retry: reload })}
    ${why && html`<p class="body quiet">${why}</p>`}
    ${
      data?.passkeys.length > 0 &&
      html`<table class="sheet stack"><thead><tr><th scope="col">Name</th><th scope="col">Added</th>
          <th scope="col">Last used</th><th scope="col">Kept</th><th scope="col"><span class="unseen">Acts</span></th>
        </tr></thead><tbody>${data.passkeys.map((one) => h(Row, { key: one.id, one, open }))}</tbody></table>`
    }
    ${data && !why && !data.passkeys.length && html`<p class="body">None: you sign in with your password.</p>`}
    ${dialog && h(DIALOGS[dialog.kind], { one: dialog.one, user, onClose, reload })}</section>`;
}
