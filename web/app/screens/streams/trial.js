// What a destination answered to a test event, as it was: what that means, and its own words.

import { h, html } from "../../lib/html.js";
import { bytes } from "../../lib/format.js";
import { cut, visible } from "../../lib/safe-text.js";
import { Icon } from "../../ui/parts.js";
import { OUTCOMES, took } from "./words.js";

const isHttp = (status) => status >= 100 && status < 600;

function Answer({ answer }) {
  const [icon] = OUTCOMES[answer.outcome] ?? ["help"];
  const facts = [
    answer.status !== null && (isHttp(answer.status) ? `HTTP ${answer.status}` : `code ${answer.status}`),
    took(answer.took_ms),
    answer.sent_bytes > 0 && `${bytes(answer.sent_bytes)} sent`,
  ].filter(Boolean);
  const said = answer.response.trim();
  return html`<div class=${`trial ${answer.ok ? "good" : "bad"}`}>
    ${h(Icon, { name: answer.ok ? "check" : icon })}
    <div><b>${visible(answer.meaning)}</b><p class="quiet">${facts.join(" · ")}</p>
      ${
        said
          ? html`<pre tabindex="0" aria-label="What the destination answered">${cut(said).text}</pre>`
          : html`<p class="quiet">It answered nothing else.</p>`
      }</div></div>`;
}

/** The place of the answer is always there, so that it is read out when it comes. */
export function Trial({ answer, isBusy }) {
  return html`<div class="trial-room" role="status">${
    isBusy ? html`<p class="quiet">Sending a test event …</p>` : answer && h(Answer, { answer })
  }</div>`;
}
