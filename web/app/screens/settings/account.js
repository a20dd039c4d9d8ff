// One's own account: name and time zone, the password, the authenticator.

import { getJson, send } from "../../lib/api.js";
import { h, html, useEffect, useMemo, useState } from "../../lib/html.js";
import { reloadBoot } from "../../lib/people.js";
import { Resource } from "../../lib/resource.js";
import { visible } from "../../lib/safe-text.js";
import { isZone, localZone } from "../../lib/time.js";
import { Field, FormEnd, onSubmit, useAct } from "../../ui/forms.js";
import { Trouble, toast } from "../../ui/parts.js";
import { Authenticator, Username } from "./authenticator.js";

const zones = () => Intl.supportedValuesOf?.("timeZone") ?? [];

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
      <dl class="facts"><dt>E-mail</dt><dd><bdi>${visible(user.email)}</bdi></dd></dl>
      ${h(Field, { name: "name", label: "Name", value: name, onValue: setName, act, required: true, autocomplete: "name" })}
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
  const field = (name, label, value, onValue, hint, autocomplete) =>
    h(Field, { name, label, kind: "password", value, onValue, hint, act, required: true, autocomplete });
  return html`<section class="panel" aria-labelledby="password-title">
    <header><h2 id="password-title">Password</h2></header>
    <form class="body form" onSubmit=${onSubmit(() => act.run(work, done))}>
      ${h(Username, { user })}
      ${field("password", "Present password", password, setPassword, "", "current-password")}
      ${field("new_password", "New password", next, setNext, `At least ${minimum} characters of any kind.`, "new-password")}
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
      ${h(Password, { user: data.session.user, minimum: data.minimum })}
      ${h(Authenticator, { session: data.session, reload })}
      <p class="quiet">Where you are signed in: <a href="/access?tab=sessions">your sessions</a>.</p>`
    }`;
}
