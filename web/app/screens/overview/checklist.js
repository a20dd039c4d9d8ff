// What is worth doing first, for those who run an organization: there until all is done, or put away.

import { getJson } from "../../lib/api.js";
import { h, html, useEffect, useMemo, useState } from "../../lib/html.js";
import { Resource } from "../../lib/resource.js";
import { may, organization, person } from "../../lib/session.js";
import { recall, remember } from "../../lib/store.js";
import { Icon } from "../../ui/parts.js";

const nameOf = (org) => `checklist.${org}`;

/** Each with whether it is done; what cannot be told is not asked for. */
async function load(org, stop) {
  const [sent, members, invited, session, integrity] = await Promise.all([
    getJson("/v1/count", { org, q: "-source:tallystick" }, stop),
    getJson("/v1/members", { org, limit: 2 }, stop),
    getJson("/v1/invitations", { org }, stop),
    getJson("/v1/session", {}, stop),
    getJson(`/v1/logs/${encodeURIComponent(org)}/integrity`, {}, stop),
  ]);
  return [
    ["/start", "Send the first event", "a key, a command, and a line that says when it has come", sent.count > 0],
    [
      "/access",
      "Invite somebody",
      "an auditor, say, who sees everything and changes nothing",
      members.members.length > 1 || invited.invitations.length > 0,
    ],
    ["/settings", "Turn on your authenticator", "so that your password alone signs nobody in", session.totp],
    // Who runs the service sets witnesses up; an owner can only see whether there are any.
    person.value?.operator && [
      "/integrity",
      "Let a witness watch the log",
      "so that nobody who has this machine can rewrite it unseen: tallystick witness",
      Boolean(integrity.directory?.witnessed_at),
    ],
  ].filter(Boolean);
}

export function Checklist() {
  const org = organization.value;
  const [isAway, putAway] = useState(() => recall(nameOf(org), false));
  const isFor = !isAway && person.value && may("settings.manage") && may("audit_logs.read");
  const resource = useMemo(() => new Resource(), []);
  useEffect(() => {
    if (isFor) resource.load((stop) => load(org, stop));
    return () => resource.stop();
  }, [org, isFor]);
  const items = resource.data.value;
  // What cannot be loaded is not worth an error here: the same is asked for on the screens that it leads to.
  if (!isFor || !items || items.every(([, , , isDone]) => isDone)) return null;
  const dismiss = () => {
    remember(nameOf(org), true);
    putAway(true);
  };
  return html`<section class="panel checklist" aria-labelledby="checklist-title">
    <header><h2 id="checklist-title">To begin with</h2><span class="grow"></span>
      <button type="button" class="button small ghost" onClick=${dismiss}>Put away</button></header>
    <ul class="body attention">${items.map(
      ([href, title, why, isDone]) => html`<li key=${href}>${h(Icon, { name: isDone ? "check" : "minus" })}
        <span>${isDone ? html`<s>${title}</s><span class="unseen"> (done)</span>` : html`<a href=${href}>${title}</a>`}
          ${!isDone && html`<span class="quiet"> · ${why}</span>`}</span></li>`,
    )}</ul></section>`;
}
