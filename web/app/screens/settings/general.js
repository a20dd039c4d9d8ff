// How things look and which keys do something, remembered by this browser; the organization's name; and what the
// service says of itself: its version, where to read on, and every limit that a caller can meet.

import { send } from "../../lib/api.js";
import { h, html, useState } from "../../lib/html.js";
import { bytes, capital, number } from "../../lib/format.js";
import { visible } from "../../lib/safe-text.js";
import * as session from "../../lib/session.js";
import { Field, FormEnd, onSubmit, useAct } from "../../ui/forms.js";
import { Icon, toast } from "../../ui/parts.js";

const THEMES = [
  ["auto", "That of this computer"],
  ["light", "Light"],
  ["dark", "Dark"],
];
const DENSITIES = [
  ["compact", "Compact"],
  ["normal", "Normal"],
  ["comfortable", "Comfortable"],
];

function Choice({ name, legend, words, value, onChange, note = "" }) {
  return html`<fieldset class="choices"><legend>${legend}</legend>${words.map(
    ([word, label]) => html`<label class="check" key=${word}><input type="radio" name=${name} value=${word}
      checked=${value === word} onChange=${() => onChange(word)} /><span>${label}</span></label>`,
  )}${note && html`<p class="quiet">${note}</p>`}</fieldset>`;
}

export function Appearance() {
  return html`<section class="panel" aria-labelledby="look-title">
    <header><h2 id="look-title">Appearance</h2><span class="quiet">of this browser</span></header>
    <div class="body form">
      ${Choice({
        name: "theme",
        legend: "Theme",
        words: THEMES,
        value: session.theme.value,
        onChange: session.chooseTheme,
      })}
      ${Choice({
        name: "density",
        legend: "Height of rows of events",
        words: DENSITIES,
        value: session.density.value,
        onChange: session.chooseDensity,
        note: "In wide windows. On a phone rows always have room for a finger.",
      })}
      <fieldset class="choices"><legend>Keys</legend>
        <label class="check"><input type="checkbox" checked=${session.singleKeys.value}
          onChange=${(event) => session.switchSingleKeys(event.target.checked)} />
          <span>Single keys do something, such as <kbd class="key">j</kbd> for the next event</span></label></fieldset>
      <p class="quiet">Motion follows what this computer is set to.</p>
    </div></section>`;
}

export function Organization() {
  const { id, name: before } = session.present.value.organization;
  const [name, setName] = useState(before);
  const act = useAct();
  const work = () => send("PATCH", `/v1/orgs/${encodeURIComponent(id)}`, { body: { name: name.trim() } });
  const done = () => {
    toast("Organization renamed");
    return session.reloadBoot();
  };
  return html`<section class="panel" aria-labelledby="organization-title">
    <header><h2 id="organization-title">Organization</h2></header>
    <form class="body form" onSubmit=${onSubmit(() => act.run(work, done))}>
      <dl class="facts"><dt>Id</dt><dd><code>${visible(id)}</code></dd></dl>
      ${h(Field, {
        name: "name",
        label: "Name",
        value: name,
        onValue: setName,
        hint: "For people. The id, which events and keys name, stays.",
        act,
        required: true,
        autocomplete: "off",
      })}
      ${h(FormEnd, {
        act,
        label: "Rename",
        fields: ["name"],
        isReady: Boolean(name.trim()) && name.trim() !== before,
      })}</form></section>`;
}

const PLACES = [
  ["/docs", "Documentation", "the API and the query language"],
  ["/verify", "Verifier page", "checks evidence without this service"],
];
const METRICS = ["/metrics", "Metrics", "for Prometheus"];

/** A limit's name without its unit, and its value with it: `body_bytes_max` of 1000000 is 1.0 MB. */
function inWords(name, value) {
  const unit = /_(bytes|ms|chars)(?=_)/.exec(name)?.[1];
  const what = capital(
    name
      .replace(/_(bytes|ms)(?=_)/, "")
      .replace(/_max$/, "")
      .replace(/_min$/, ", at least")
      .replaceAll("_", " "),
  );
  if (unit === "bytes") return [what, bytes(value)];
  if (unit !== "ms") return [what, number(value)];
  const DAY = 86_400_000;
  if (value >= DAY && value % DAY === 0) return [what, `${number(value / DAY)} d`];
  return [what, value >= 1000 ? `${number(value / 1000)} s` : `${number(value)} ms`];
}

export function System() {
  const { version, limits } = session.present.value;
  const places = session.may("metrics.read") ? [...PLACES, METRICS] : PLACES;
  return html`<section class="panel" aria-labelledby="service-title">
    <header><h2 id="service-title">Service</h2></header>
    <div class="body"><dl class="facts"><dt>Version</dt><dd>${visible(version)}</dd>
      ${places.map(
        ([href, name, what]) =>
          html`<dt>${name}</dt><dd><a href=${href} data-outside="true">${href}${h(Icon, {
            name: "outside",
          })}</a> <span class="quiet">${what}</span></dd>`,
      )}</dl></div></section>
    <section class="panel" aria-labelledby="limits-title">
      <header><h2 id="limits-title">Limits</h2></header>
      <table class="sheet"><thead><tr><th scope="col">Limit</th><th scope="col" class="number">Value</th></tr></thead>
        <tbody>${Object.entries(limits)
          .sort(([a], [b]) => a.localeCompare(b))
          .map(([name, value]) => {
            const [what, amount] = inWords(name, value);
            return html`<tr key=${name}><th scope="row" title=${name}>${what}</th>
              <td class="number">${amount}</td></tr>`;
          })}</tbody></table></section>`;
}
