// Fields for what a kind of destination has to be told, by their types. Secrets are written and never read back: of one
// that there is the form knows only that, and keeps it unless something else is written or it is taken away.

import { h, html, useMemo, useState } from "../../lib/html.js";
import { visible } from "../../lib/safe-text.js";
import { Field, errorOf } from "../../ui/forms.js";
import { Icon, IconButton } from "../../ui/parts.js";

/** Where the service says that something is wrong with a setting. */
export const pointerOf = ({ name }) => `/settings/${name}`;
/** A secret that stays as it is. */
const KEPT = true;
const isSecret = ({ type }) => type === "secret" || type === "secret_map";

/** What a form begins with: what is there, else what holds anyway. */
export function settingsAtFirst(fields, settings = {}) {
  const first = (field) => {
    const value = settings[field.name];
    if (isSecret(field)) return value === true ? KEPT : field.type === "secret" ? "" : [];
    if (field.type === "switch") return value ?? field.default === true;
    if (field.type === "choice") return value ?? field.default ?? "";
    return value === undefined ? "" : String(value);
  };
  return Object.fromEntries(fields.map((field) => [field.name, first(field)]));
}

const pairsOf = (pairs) =>
  Object.fromEntries(pairs.map(([name, text]) => [name.trim(), text]).filter(([name]) => name));

/** What is sent of one; undefined: nothing. What cannot be right is sent as it is, so that the service says so. What
  holds anyway is sent only if it was said before. */
function sent(field, value, before) {
  if (isSecret(field) && (value === KEPT || value === null)) return value;
  if (field.type === "secret_map") return value.length ? pairsOf(value) : undefined;
  const isAnyway = (field.type === "switch" || field.type === "choice") && value === (field.default ?? false);
  if (isAnyway && !(field.name in before)) return undefined;
  if (field.type === "switch") return value;
  const text = field.type === "secret" || field.type === "lines" ? value : value.trim();
  if (text === "") return undefined;
  return field.type === "number" && /^\d+$/.test(text) ? Number(text) : text;
}

/** The settings as the service wants them. */
export function settingsToSend(fields, values, before = {}) {
  const all = fields.map((field) => [field.name, sent(field, values[field.name], before)]);
  return Object.fromEntries(all.filter(([, value]) => value !== undefined));
}

/** A label, what is filled in, and what there is to say of it, for what is no `Field`. */
function Labelled({ field, act, children }) {
  const id = useMemo(() => `setting-${field.name}`, []);
  const error = errorOf(act, pointerOf(field));
  const notes = [field.help && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ");
  return html`<div class="labelled"><label for=${id}>${visible(field.title)}${h(Optional, { field })}</label>
    ${children({ id, name: pointerOf(field), notes: notes || undefined, isWrong: error ? "true" : undefined })}
    ${field.help && html`<p class="quiet" id=${`${id}-hint`}>${visible(field.help)}</p>`}
    ${error && html`<p class="wrong" id=${`${id}-error`} role="alert">${visible(error)}</p>`}</div>`;
}

const Optional = ({ field }) => !field.required && html`<span class="quiet optional"> optional</span>`;

function Kept({ field, onValue, id = undefined }) {
  const replace = () => onValue(field.type === "secret" ? "" : [["", ""]]);
  return html`<div class="kept-line"><span class="kept">${h(Icon, { name: "key" })}kept as it is</span>
    <button type="button" class="button small" id=${id} aria-label=${`Replace ${visible(field.title)}`}
      onClick=${replace}>Replace</button>${
        !field.required &&
        html`<button type="button" class="button small" aria-label=${`Take away ${visible(field.title)}`}
          onClick=${() => onValue(null)}>Take away</button>`
      }</div>`;
}

function Secret({ field, value, onValue, wasKept, act }) {
  const [isShown, setShown] = useState(false);
  return h(Labelled, { field, act }, ({ id, name, notes, isWrong }) => {
    if (value === KEPT) return h(Kept, { field, onValue, id });
    if (value === null) {
      return html`<div class="kept-line"><span class="quiet">will be taken away</span>
        <button type="button" class="button small" id=${id} onClick=${() => onValue(KEPT)}>Keep it</button></div>`;
    }
    const kind = `field secret${isShown ? "" : " hidden-text"}`;
    return html`<div class="kept-line"><textarea class=${kind} id=${id} name=${name} rows="1" value=${value}
        placeholder=${visible(field.example)} spellcheck=${false} autocomplete="off" autocapitalize="off"
        aria-describedby=${notes} aria-invalid=${isWrong} aria-required=${field.required ? "true" : undefined}
        onInput=${(event) => onValue(event.target.value)}></textarea>
      <button type="button" class="button small" aria-pressed=${String(isShown)}
        aria-label=${`Show ${visible(field.title)}`} onClick=${() => setShown(!isShown)}>Show</button>${
          wasKept &&
          html`<button type="button" class="button small" onClick=${() => onValue(KEPT)}>Keep the old one</button>`
        }</div>`;
  });
}

function Pairs({ field, value, onValue, wasKept, act }) {
  const title = visible(field.title);
  return h(Labelled, { field, act }, ({ id, name, notes, isWrong }) => {
    if (value === KEPT) return h(Kept, { field, onValue, id });
    const pairs = value ?? [];
    const set = (at, pair) => onValue(pairs.map((one, index) => (index === at ? pair : one)));
    return html`<div class="pairs" role="group" aria-label=${title} aria-describedby=${notes}>${pairs.map(
      ([key, text], at) => html`<div class="group-line" key=${at}>
        <input class="field" name=${name} value=${key} placeholder="Name" aria-label=${`${title}: name ${at + 1}`}
          aria-invalid=${isWrong} spellcheck=${false} autocomplete="off"
          onInput=${(event) => set(at, [event.target.value, text])} />
        <input class="field hidden-text" value=${text} placeholder="Value" aria-label=${`${title}: value ${at + 1}`}
          spellcheck=${false} autocomplete="off" onInput=${(event) => set(at, [key, event.target.value])} />
        ${h(IconButton, {
          icon: "close",
          label: `Take ${key || "this one"} away`,
          onClick: () => onValue(pairs.filter((_, index) => index !== at)),
        })}</div>`,
    )}<div class="kept-line"><button type="button" class="button small" id=${id} aria-label=${`Add to ${title}`}
        onClick=${() => onValue([...pairs, ["", ""]])}>${h(Icon, { name: "plus" })}Add</button>${
          wasKept &&
          html`<button type="button" class="button small" onClick=${() => onValue(KEPT)}>Keep the old ones</button>`
        }</div></div>`;
  });
}

function Lines({ field, value, onValue, act }) {
  return h(Labelled, { field, act }, ({ id, name, notes, isWrong }) =>
    html`<textarea class="field" id=${id} name=${name} rows="3" value=${value} placeholder=${visible(field.example)}
      spellcheck=${false} autocomplete="off" aria-describedby=${notes} aria-invalid=${isWrong}
      onInput=${(event) => onValue(event.target.value)}></textarea>`,
  );
}

function Switch({ field, value, onValue, act }) {
  const error = errorOf(act, pointerOf(field));
  const id = `setting-${field.name}`;
  const name = pointerOf(field);
  return html`<div class="labelled"><label class="check"><input type="checkbox" name=${name} checked=${value}
      aria-describedby=${`${id}-hint`} onChange=${(event) => onValue(event.target.checked)} />
      <span>${visible(field.title)}</span></label>
    <p class="quiet" id=${`${id}-hint`}>${visible(field.help)}</p>
    ${error && html`<p class="wrong" role="alert">${visible(error)}</p>`}</div>`;
}

function Plain({ field, value, onValue, act }) {
  const choices = field.type === "choice" && [
    ...(field.required || field.default ? [] : [["", "—"]]),
    ...field.choices.map((one) => [one, one]),
  ];
  const own = choices
    ? { options: choices }
    : {
        kind: field.type === "number" ? "number" : "text",
        inputmode: field.type === "url" ? "url" : undefined,
        min: field.min,
        max: field.max,
        placeholder: visible(field.default === null ? field.example : String(field.default)),
        autocomplete: "off",
        autocapitalize: "off",
      };
  return h(Field, {
    act,
    name: pointerOf(field),
    label: html`${visible(field.title)}${h(Optional, { field })}`,
    value,
    onValue,
    hint: field.help ? visible(field.help) : undefined,
    "aria-required": field.required ? "true" : undefined,
    ...own,
  });
}

const BY_TYPE = { secret: Secret, secret_map: Pairs, lines: Lines, switch: Switch };

/** What few need stands behind a fold: certificates, and what is there while a secret is replaced. */
const isRare = ({ type, required, name }) => !required && (type === "lines" || /_pem$|^previous_/.test(name));

export function SettingFields({ fields, values, onValues, kept, act }) {
  const one = (field) =>
    h(BY_TYPE[field.type] ?? Plain, {
      key: field.name,
      field,
      act,
      value: values[field.name],
      wasKept: kept[field.name] === true,
      onValue: (value) => onValues({ [field.name]: value }),
    });
  const rare = fields.filter(isRare);
  const isUsed = rare.some((field) => values[field.name] || errorOf(act, pointerOf(field)));
  return html`${fields.filter((field) => !isRare(field)).map(one)}
    ${
      rare.length > 0 &&
      html`<details class="rest" open=${isUsed || undefined}><summary>More settings${" "}
        <span class="quiet">${rare.map(({ title }) => visible(title)).join(" · ")}</span></summary>
        <div class="form">${rare.map(one)}</div></details>`
    }`;
}
