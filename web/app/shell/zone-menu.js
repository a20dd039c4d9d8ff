// The choice of a time zone for all times on the page.

import { html, useState } from "../lib/html.js";
import { chooseZone, zone } from "../lib/session.js";
import { isZone, localZone, zoneLabel } from "../lib/time.js";

export function ZoneMenu({ close }) {
  const local = localZone();
  const [text, setText] = useState("");
  const choose = (name) => () => (chooseZone(name), close());
  return html`<div>
    <h3>Time zone of all times</h3>
    ${[...new Set(["UTC", local])].map(
      (name) => html`<button type="button" class="item" aria-pressed=${String(zone.value === name)}
        onClick=${choose(name)}>${zoneLabel(name)}<em>${name === local ? "this computer" : ""}</em></button>`,
    )}
    <hr />
    <form class="zone-form" onSubmit=${(event) => {
      event.preventDefault();
      if (isZone(text)) choose(text)();
    }}>
      <input class="field" list="zones" value=${text} placeholder="Europe/Madrid" aria-label="Another time zone"
        onInput=${(event) => setText(event.target.value)} />
      <datalist id="zones">${(Intl.supportedValuesOf?.("timeZone") ?? []).map(
        (name) => html`<option
        value=${name} />`,
      )}</datalist>
      <button class="button" disabled=${!isZone(text) || !text}>Use</button>
    </form>
  </div>`;
}
