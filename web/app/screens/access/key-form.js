// Making an API key: for what, with which scopes, until when. Its secret is shown once.

import { send } from "../../lib/api.js";
import { h, html, useState } from "../../lib/html.js";
import { permissions, person, present } from "../../lib/people.js";
import { visible } from "../../lib/safe-text.js";
import { isoOf } from "../../lib/time.js";
import { Once } from "../../ui/dialogs.js";
import { Field, FormEnd, onSubmit, useAct } from "../../ui/forms.js";
import { Dialog } from "../../ui/popover.js";
import { Choices } from "./role-form.js";
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
    html`<p>Send it as <code>Authorization: Bearer …</code>. Only its hash is kept, so this is the only time that it is
      shown.</p>`,
  );
}

export function KeyForm({ org, reload, onClose }) {
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
        autofocus: true,
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
