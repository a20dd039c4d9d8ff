// The parts of the form of a schedule: when it is due, who is written to, and where files are put.

import { h, html } from "../../../lib/html.js";
import { bytes } from "../../../lib/format.js";
import { visible } from "../../../lib/safe-text.js";
import { boot, may } from "../../../lib/session.js";
import { zoneLabel } from "../../../lib/time.js";
import { Field } from "../../../ui/forms.js";
import { Trouble } from "../../../ui/parts.js";
import { kinds, loadKinds } from "../../streams/model.js";
import { SettingFields, settingsAtFirst } from "../../streams/setting-fields.js";
import * as model from "./model.js";
import { REPEATS, WEEKDAYS, capital } from "./words.js";

const STORES = ["s3", "gcs", "azure_blob"];
/** What is of streams alone: an export is compressed by itself, and waits for nothing. */
const NOT_TOLD = ["compression", "linger_s"];
const DAYS_MAX = 28;
const PATTERN = "{name}/{year}/{month}/{name}-{date}-{run}.{ext}";

/** What a store has to be told; null: there is none of this name. */
export function kindOfStore(name) {
  const kind = STORES.includes(name) && kinds.data.value?.find((one) => one.kind === name);
  return kind ? { ...kind, fields: kind.fields.filter((field) => !NOT_TOLD.includes(field.name)) } : null;
}

/** What the service says of the members of one object, as if they stood at the top. */
function within(act, name) {
  if (!act.error) return act;
  const start = `/${name}/`;
  const errors = act.error.errors?.map((one) =>
    one.path?.startsWith(start) ? { ...one, path: `/${one.path.slice(start.length)}` } : one,
  );
  return { ...act, error: Object.assign(Object.create(act.error), { errors }) };
}

export function Timing({ act, value, tz, onValue }) {
  const own = within(act, "timing");
  const field = (name, label, more) =>
    h(Field, {
      act: own,
      name,
      label,
      value: value[name],
      onValue: (text) => onValue({ ...value, [name]: text }),
      ...more,
    });
  const days = [
    ...Array.from({ length: DAYS_MAX }, (_, at) => [String(at + 1), String(at + 1)]),
    ["last", "Last day"],
  ];
  return html`${field("repeat", "When", { options: REPEATS })}
    ${
      value.repeat === "cron"
        ? field("cron", "Minute, hour, day of month, month, day of week", {
            autocomplete: "off",
            hint: html`In ${visible(zoneLabel(tz || "UTC"))}. <code>0 6 * * 1-5</code>: at 06:00, Monday to Friday`,
          })
        : html`<div class="two-fields">
          ${
            value.repeat === "weekly" &&
            field("weekday", "On", { options: WEEKDAYS.map((day) => [day, capital(day)]) })
          }
          ${value.repeat === "monthly" && field("day", "On day", { options: days })}
          ${field("at", `At (${visible(zoneLabel(tz || "UTC"))})`, { kind: "time", required: true })}</div>`
    }`;
}

export function Email({ act, state, set }) {
  const limits = boot.data.value?.limits ?? {};
  // Addresses of before are shown all the same, so that they can be taken away.
  if (!model.list.data.value?.email_available && !state.to) {
    return html`<p class="quiet">This service sends no e-mail: whoever runs it can set a mail server.</p>`;
  }
  return html`${h(Field, {
    act: within(act, "email"),
    name: "to",
    label: html`E-mail to <span class="quiet optional">optional</span>`,
    value: state.to,
    onValue: (to) => set({ to }),
    placeholder: "audit@example.com, ciso@example.com",
    autocomplete: "off",
    hint: "They get a link, for people who can sign in and export; nothing of any event.",
  })}
    ${
      may("streams.manage") &&
      state.to.trim() &&
      html`<label class="check"><input type="checkbox" checked=${state.attach}
        onChange=${(event) => set({ attach: event.target.checked })} /><span>Send the file with the message, up
          to ${bytes(limits.export_schedule_attachment_bytes_max ?? 0)}</span></label>`
    }`;
}

export function Store({ act, state, set, kept }) {
  if (!may("streams.manage")) return null;
  if (!kinds.data.value) return kinds.error.value && h(Trouble, { error: kinds.error.value, retry: loadKinds });
  const own = within(act, "store");
  const options = [["", "Only in the history"], ...STORES.map((name) => [name, kindTitle(name)])];
  const kind = kindOfStore(state.store);
  return html`${h(Field, {
    act: own,
    name: "kind",
    label: "Put files into a store",
    value: state.store,
    onValue: (store) => set({ store, settings: {} }),
    options,
  })}
    ${
      kind &&
      html`${h(SettingFields, {
        fields: kind.fields,
        values: { ...settingsAtFirst(kind.fields, kept), ...state.settings },
        kept,
        onValues: (patch) => set({ settings: { ...state.settings, ...patch } }),
        act: own,
      })}
      ${h(Field, {
        act: own,
        name: "key",
        label: "Key of a file",
        value: state.key,
        onValue: (key) => set({ key }),
        placeholder: PATTERN,
        autocomplete: "off",
        hint: "A pattern below the prefix; {run} or {export} has to be in it.",
      })}`
    }`;
}

const kindTitle = (name) => kinds.data.value?.find((one) => one.kind === name)?.title ?? name;
