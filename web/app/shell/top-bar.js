// The bar above every screen: organization, whether the log is intact, time zone, theme.

import { getJson } from "../lib/api.js";
import { ago, zoneLabel } from "../lib/time.js";
import { computed, h, html, signal, useEffect, useState } from "../lib/html.js";
import { number } from "../lib/format.js";
import { lazy } from "../lib/lazy.js";
import * as session from "../lib/session.js";
import { visible } from "../lib/safe-text.js";
import { Icon, IconButton } from "../ui/parts.js";
import { Popover } from "../ui/popover.js";
import { isPaletteOpen } from "./open.js";

const Account = lazy(() => import("./account.js"), "Account");
const ZoneMenu = lazy(() => import("./zone-menu.js"), "ZoneMenu");

const CHECK_EVERY_MS = 30_000;
/** A checkpoint older than that although the log has grown is worth a word. */
const LATE_MS = 5 * 60_000;

const answered = signal(null);
/** The state of the present organization's proofs, as the service answers; null while unknown. */
export const integrity = computed(() => (answered.value?.org === session.organization.value ? answered.value : null));

async function ask(org, stop) {
  if (document.hidden) return;
  try {
    answered.value = await getJson(`/v1/logs/${encodeURIComponent(org)}/integrity`, {}, stop);
  } catch (error) {
    if (!stop.aborted && error.status) answered.value = null;
  }
}

/** What the pill says of the state of a log. */
export function verdictOf(state, now = Date.now()) {
  if (!state) return { kind: "unknown", icon: "seal-waiting", text: "Not checked" };
  const findings = state.self_audit?.findings?.length ?? 0;
  if (state.rolled_back.length) return { kind: "broken", icon: "seal-broken", text: "Log was rolled back" };
  if (findings) return { kind: "broken", icon: "seal-broken", text: "Verification failed" };
  if (!state.checkpoint) return { kind: "waiting", icon: "seal-waiting", text: "No checkpoint yet" };
  const age = now - Date.parse(state.checkpoint.time);
  if (state.size > state.checkpoint.size && age > LATE_MS) {
    return { kind: "waiting", icon: "seal-waiting", text: `Checkpoint ${ago(now - age, now)}` };
  }
  return { kind: "", icon: "seal", text: "Log intact", detail: `checkpoint ${ago(now - age, now)}` };
}

function Pill() {
  const org = session.organization.value;
  const [, tick] = useState(0);
  useEffect(() => {
    if (!org) return undefined;
    const stop = new AbortController();
    ask(org, stop.signal);
    const timer = setInterval(() => {
      ask(org, stop.signal);
      tick((count) => count + 1);
    }, CHECK_EVERY_MS);
    return () => {
      clearInterval(timer);
      stop.abort();
    };
  }, [org]);
  if (!integrity.value) return null;
  const verdict = verdictOf(integrity.value);
  const size = integrity.value.checkpoint?.size ?? 0;
  return html`<a class=${`pill ${verdict.kind}`} href="/integrity" title=${`${number(size)} events are sealed`}>
    ${h(Icon, { name: verdict.icon })}${verdict.text}
    ${verdict.detail && html`<small class="wide-only">${verdict.detail}</small>`}
  </a>`;
}

function Organizations() {
  const all = session.organizations.value;
  if (!all?.length) return html`<span></span>`;
  const current = all.find(({ id }) => id === session.organization.value);
  const label = html`<b class="org-name">${visible(current?.name ?? "All organizations")}</b>`;
  if (all.length === 1) return html`<span class="org">${label}</span>`;
  const items = (close) =>
    [...all, { id: null, name: "All organizations" }].map(
      ({ id, name }) => html`<button type="button" class="item" role="menuitemradio"
      aria-checked=${String(id === (current?.id ?? null))}
      onClick=${() => (session.chooseOrganization(id), close())}>${visible(name)}${id && html`<em>${visible(id)}</em>`}
        </button>`,
    );
  const content = (close) => html`<div role="menu" aria-label="Organization">${items(close)}</div>`;
  return h(Popover, { label, title: "Organization", kind: "ghost", content });
}

function Zones() {
  const label = zoneLabel(session.zone.value);
  const content = (close) => h(ZoneMenu, { close });
  return h(Popover, { label, title: "Time zone", kind: "ghost plain", content, align: "end" });
}

const THEMES = {
  auto: ["auto", "Theme of this computer"],
  light: ["sun", "Light theme"],
  dark: ["moon", "Dark theme"],
};

function Themes() {
  const [icon, label] = THEMES[session.theme.value] ?? THEMES.auto;
  const names = Object.keys(THEMES);
  const next = names[(names.indexOf(session.theme.value) + 1) % names.length];
  return h(IconButton, { icon, label: `${label}; switch`, onClick: () => session.chooseTheme(next) });
}

export function TopBar() {
  return html`${h(Organizations, {})}<span class="grow"></span>${h(Pill, {})}
    ${h(IconButton, { icon: "search", label: "Go to … (Ctrl K)", onClick: () => (isPaletteOpen.value = true) })}
    ${h(Zones, {})}<span class="wide-only">${h(Themes, {})}</span>
    <span class="avatar-room">${session.person.value && h(Account, {})}</span>`;
}
