// One's own account: name and time zone, the password, the authenticator, passkeys.

import { getJson, send } from "../../lib/api.js";
import { h, html, useEffect, useMemo, useState } from "../../lib/html.js";
import { count } from "../../lib/format.js";
import { Resource } from "../../lib/resource.js";
import { reloadBoot } from "../../lib/session.js";
import { isZone, localZone } from "../../lib/time.js";
import { Field, FormEnd, Once, onSubmit, useAct } from "../../ui/forms.js";
import { copy } from "../../ui/hand-over.js";
import { Icon, Trouble, toast } from "../../ui/parts.js";
import { Dialog } from "../../ui/dialog.js";
import { Email } from "./email.js";
import { Passkeys } from "./passkeys.js";
import { PasswordField, Username } from "./password-field.js";

const zones = () => Intl.supportedValuesOf?.("timeZone") ?? [];

/** The secret in groups of four: it may have to be typed. */
const grouped = (secret) => secret.match(/.{1,4}/g).join(" ");

function Begun({ begun, onDone, onClose }) {
  const [code, setCode] = useState("");
  const act = useAct();
  useEffect(() => /** @type {HTMLElement} */ (document.querySelector("dialog [name=code]")).focus(), []);
  const digits = code.replaceAll(/\s/g, "");
  const work = () => send("POST", "/v1/account/totp/confirm", { body: { code: digits } });
  return html`<form class="form" onSubmit=${onSubmit(() => act.run(work, onDone))}>
    <p>Add an account in your app, with this secret. On a phone, <a href=${begun.url} data-outside="true">open it in the
      app</a>.</p>
    <pre class="once" tabindex="0" aria-label="Secret">${grouped(begun.secret)}</pre>
    <div class="form-end"><button type="button" class="button small"
        onClick=${() => copy(begun.secret, "Secret copied")}>${h(Icon, { name: "copy" })}Copy the secret</button>
      <button type="button" class="button small"
        onClick=${() => copy(begun.url, "Link copied")}>${h(Icon, { name: "link" })}Copy the otpauth link</button></div>
    ${h(Field, {
      name: "code",
      label: "Code that the app shows",
      value: code,
      onValue: setCode,
      hint: "Six digits. Only with it is the app in use.",
      act,
      required: true,
      inputmode: "numeric",
      autocomplete: "one-time-code",
    })}
    ${h(FormEnd, { act, label: "Confirm", fields: ["code"], onCancel: onClose, isReady: digits.length === 6 })}</form>`;
}

function Enrol({ user, onClose, reload }) {
  const [password, setPassword] = useState("");
  const [begun, setBegun] = useState(null);
  const [codes, setCodes] = useState(null);
  const act = useAct();
  if (codes) {
    const close = () => {
      onClose();
      reload();
    };
    return h(
      Once,
      { title: "Recovery codes", label: "Recovery codes", text: codes.join("\n"), onClose: close },
      html`<p>The authenticator is in use. Each of these codes signs you in once if you do not have it. They are not
        shown again: print them, or put them where your passwords are.</p>`,
    );
  }
  const work = () => send("POST", "/v1/account/totp", { body: { password } });
  const onDone = ({ recovery_codes: made }) => setCodes(made);
  return h(
    Dialog,
    { title: "Authenticator app", onClose },
    begun
      ? h(Begun, { begun, onDone, onClose })
      : html`<form class="form" onSubmit=${onSubmit(() => act.run(work, setBegun))}>
        <p>After your password, signing in will ask for a code that an app on your phone or computer shows.</p>
        ${h(PasswordField, { act, user, value: password, onValue: setPassword })}
        ${h(FormEnd, { act, label: "Go on", fields: ["password"], onCancel: onClose, isReady: Boolean(password) })}
      </form>`,
  );
}

function Remove({ user, onClose, reload }) {
  const [password, setPassword] = useState("");
  const act = useAct();
  const work = () => send("DELETE", "/v1/account/totp", { body: { password } });
  const done = () => {
    onClose();
    toast("Authenticator removed");
    return reload();
  };
  return h(
    Dialog,
    { title: "Remove the authenticator", onClose },
    html`<form class="form" onSubmit=${onSubmit(() => act.run(work, done))}>
      <p>From then on your password alone signs you in. The recovery codes stop working.</p>
      ${h(PasswordField, { act, user, value: password, onValue: setPassword })}
      ${h(FormEnd, {
        act,
        label: "Remove the authenticator",
        kind: "danger",
        fields: ["password"],
        onCancel: onClose,
        isReady: Boolean(password),
      })}</form>`,
  );
}

const FEW_CODES = 3;

function Authenticator({ session, reload }) {
  const [dialog, setDialog] = useState(null);
  const { user, totp, recovery_codes_left: left } = session;
  const onClose = () => setDialog(null);
  return html`<section class="panel" aria-labelledby="totp-title">
    <header><h2 id="totp-title">Authenticator app</h2><span class="grow"></span>
      <button type="button" class="button small"
        onClick=${() => setDialog(totp ? "remove" : "enrol")}>${totp ? "Remove" : "Set up"}</button></header>
    <div class="body form"><p>${
      totp
        ? `In use: signing in asks for a code. ${count(left, "recovery code")} left.`
        : "Not in use: your password alone signs you in."
    }</p>
    ${
      totp &&
      left <= FEW_CODES &&
      html`<p class="notice">Few recovery codes are left. Remove the authenticator and set it up again to get new ones.
        </p>`
    }</div>
    ${dialog === "enrol" && h(Enrol, { user, onClose, reload })}
    ${dialog === "remove" && h(Remove, { user, onClose, reload })}</section>`;
}

function About({ user, reload }) {
  const [name, setName] = useState(user.name);
  const [zone, setZone] = useState(user.time_zone);
  const act = useAct();
  const isChanged = name.trim() !== user.name || zone !== user.time_zone;
  const work = () => send("PATCH", "/v1/account", { body: { name: name.trim(), time_zone: zone } });
  const done = () => {
    toast("Account changed");
    reloadBoot();
    return reload();
  };
  const local = localZone();
  return html`<section class="panel" aria-labelledby="about-title">
    <header><h2 id="about-title">About you</h2></header>
    <form class="body form" onSubmit=${onSubmit(() => act.run(work, done))}>
      ${h(Field, { name: "name", label: "Name", value: name, onValue: setName, act, required: true })}
      ${h(Field, {
        name: "time_zone",
        label: "Time zone",
        value: zone,
        onValue: setZone,
        hint: zone === local ? "That of this computer." : `This computer is in ${local}.`,
        act,
        list: "account-zones",
        autocomplete: "off",
      })}
      <datalist id="account-zones">${zones().map((one) => html`<option value=${one} />`)}</datalist>
      ${h(FormEnd, {
        act,
        label: "Save",
        fields: ["name", "time_zone"],
        isReady: isChanged && Boolean(name.trim()) && isZone(zone),
      })}</form></section>`;
}

function Password({ user, minimum }) {
  const [password, setPassword] = useState("");
  const [next, setNext] = useState("");
  const act = useAct();
  const work = () => send("POST", "/v1/account/password", { body: { password, new_password: next } });
  const done = () => {
    setPassword("");
    setNext("");
    toast("Password changed; your other sessions have ended");
  };
  const hint = `At least ${minimum} characters of any kind.`;
  const field = (name, label, value, onValue, note, autocomplete) =>
    h(Field, { name, label, kind: "password", value, onValue, hint: note, act, required: true, autocomplete });
  return html`<section class="panel" aria-labelledby="password-title">
    <header><h2 id="password-title">Password</h2></header>
    <form class="body form" onSubmit=${onSubmit(() => act.run(work, done))}>
      ${h(Username, { user })}
      ${field("password", "Present password", password, setPassword, "", "current-password")}
      ${field("new_password", "New password", next, setNext, hint, "new-password")}
      ${h(FormEnd, {
        act,
        label: "Change the password",
        fields: ["password", "new_password"],
        isReady: Boolean(password && next),
      })}</form></section>`;
}

const PASSWORD_CHARS = 12;

export function Account() {
  const resource = useMemo(() => new Resource(), []);
  const reload = () =>
    resource.load(async (stop) => {
      const [session, limits] = await Promise.all([
        getJson("/v1/session", {}, stop),
        getJson("/v1/limits", {}, stop).catch(() => ({})),
      ]);
      return { session, minimum: limits.password_chars_min ?? PASSWORD_CHARS };
    });
  useEffect(() => {
    reload();
    return () => resource.stop();
  }, []);
  const data = resource.data.value;
  return html`${resource.error.value && h(Trouble, { error: resource.error.value, retry: reload })}
    ${
      data &&
      html`${h(About, { user: data.session.user, reload })}
      ${h(Email, { user: data.session.user, reload })}
      ${h(Password, { user: data.session.user, minimum: data.minimum })}
      ${h(Authenticator, { session: data.session, reload })}
      ${h(Passkeys, { user: data.session.user })}
      <p class="quiet">Where you are signed in: <a href="/access?tab=sessions">your sessions</a>.</p>`
    }`;
}
