// What the service says of itself: its version, where to read on, and every limit that a caller can meet.

import { h, html } from "../../lib/html.js";
import { bytes, capital, number } from "../../lib/format.js";
import { may, present } from "../../lib/people.js";
import { visible } from "../../lib/safe-text.js";
import { Icon } from "../../ui/parts.js";

const PLACES = [
  ["/docs", "Documentation", "the API and the query language"],
  ["/verify", "Verifier page", "checks evidence without this service"],
];
const METRICS = ["/metrics", "Metrics", "for Prometheus"];

/** A limit's name without its unit, and its value with it: `body_bytes_max` of 1000000 is 1.0 MB. */
export function inWords(name, value) {
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
  const { version, limits } = present.value;
  const places = may("metrics.read") ? [...PLACES, METRICS] : PLACES;
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
