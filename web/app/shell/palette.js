// The command palette: screens, ready-made searches, people and things by name, events by id, actions.

import { getJson } from "../lib/api.js";
import { exportAddress } from "../lib/export-address.js";
import { h, html, useEffect, useRef, useState } from "../lib/html.js";
import { number } from "../lib/format.js";
import { quoted } from "../lib/query-edit.js";
import { go } from "../lib/route.js";
import { visible } from "../lib/safe-text.js";
import { chooseTheme, may, mayExport, mayStream, organization, present } from "../lib/session.js";
import { READY_MADE } from "../lib/ready-made.js";
import { loadSaved, saved, savedAddress } from "../lib/saved-searches.js";
import { explorer, isEventId } from "../lib/url-state.js";
import { Icon, entityAddress, entityOf } from "../ui/parts.js";
import { Dialog } from "../ui/dialog.js";
import { isPaletteOpen, paletteText } from "./open.js";

const WAIT_MS = 120;
const READ = () => may("audit_logs.read");
/** @type {[string, string, string, () => boolean][]} */
const PLACES = [
  ["overview", "Overview", "/", READ],
  ["events", "Events", "/events", READ],
  ["entities", "Entities", "/entities", READ],
  ["download", "Exports", "/exports", () => mayExport.value],
  ["plus", "New export", "/exports/new", () => mayExport.value],
  ["stream", "Streams", "/streams", () => mayStream.value],
  ["plus", "New stream", "/streams/new", () => mayStream.value],
  ["seal", "Integrity", "/integrity", () => may("integrity.read")],
  ["key", "Access", "/access", () => true],
  ["settings", "Settings", "/settings", () => true],
];

const matches = (text, wanted) => text.toLowerCase().includes(wanted.toLowerCase());

function fixedItems(text) {
  // What may be done here is not known at once: until then nothing is left out, as in the rail.
  const places = PLACES.filter(([, , , isOpen]) => !present.value || isOpen()).map(([icon, name, href]) => ({
    icon,
    name,
    hint: icon === "plus" ? "act" : "screen",
    href: name === "New export" ? exportAddress() : href,
  }));
  const kept = (saved.data.value ?? []).map((one) => ({
    icon: "search",
    name: one.name,
    hint: "saved search",
    href: savedAddress(one),
  }));
  const searches = READY_MADE.map(({ name, q }) => ({ icon: "search", name, hint: "search", href: explorer(q) }));
  const themes = ["auto", "light", "dark"].map((name) => ({
    icon: { auto: "auto", light: "sun", dark: "moon" }[name],
    name: `Theme: ${name}`,
    hint: "look",
    run: () => chooseTheme(name),
  }));
  return [...places, ...kept, ...searches, ...themes].filter(({ name }) => matches(name, text));
}

async function foundItems(text, stop) {
  if (isEventId(text)) return [{ icon: "events", name: text, hint: "event", href: `/events/${text}` }];
  const common = { org: organization.value, contains: text, limit: 5, from: "now-90d" };
  const ask = (field) => getJson("/v1/facets", { ...common, field }, stop).then(({ values }) => values);
  const [actors, targets, actions] = await Promise.all(["actor", "target", "action"].map(ask));
  const hint = (what, count) => `${what} · ${number(count)}`;
  return [
    ...actors.map(({ value, label, count }) => ({
      icon: "user",
      name: label,
      hint: hint("actor", count),
      href: entityAddress("actor", entityOf("actor", value)),
    })),
    ...targets.map(({ value, label, count }) => {
      const target = entityOf("target", value);
      return { icon: "target", name: label, hint: hint(target.type, count), href: entityAddress("target", target) };
    }),
    ...actions.map(({ value, count }) => ({
      icon: "filter",
      name: value,
      hint: hint("action", count),
      href: explorer(`action:${quoted(value)}`),
    })),
  ];
}

function useItems(text) {
  const [found, setFound] = useState([]);
  useEffect(() => {
    const stop = new AbortController();
    if (text.length < 2) {
      setFound([]);
      return undefined;
    }
    const timer = setTimeout(() => foundItems(text, stop.signal).then(setFound, () => {}), WAIT_MS);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [text]);
  const search = text ? [{ icon: "search", name: `Search for ${text}`, hint: "events", href: explorer(text) }] : [];
  return [...fixedItems(text), ...found, ...search];
}

function Content({ close }) {
  const text = paletteText.value;
  const [at, setAt] = useState(0);
  const list = useRef(null);
  useEffect(() => {
    loadSaved({ again: true });
  }, []);
  const items = useItems(text.trim());
  const active = Math.min(at, items.length - 1);
  const take = (item) => {
    close();
    if (item.run) item.run();
    else go(item.href);
  };
  const keys = (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && items.length) setAt((active + step + items.length) % items.length);
    else if (event.key === "Enter" && items[active]) take(items[active]);
    else return;
    event.preventDefault();
  };
  useEffect(() => list.current?.children[active]?.scrollIntoView({ block: "nearest" }), [active, items.length]);
  return html`<input class="field palette-field" role="combobox" aria-expanded="true" aria-controls="palette-list"
      aria-label="Go to" aria-activedescendant=${items.length ? `palette-${active}` : undefined} data-first
      placeholder="Screen, search, person, thing, action or event id" value=${text} spellcheck=${false}
      onInput=${(event) => ((paletteText.value = event.target.value), setAt(0))} onKeyDown=${keys} />
    <div id="palette-list" class="palette-list" role="listbox" aria-label="Results" ref=${list}>
      ${items.map(
        (item, index) => html`<div class="option" role="option" id=${`palette-${index}`}
        aria-selected=${String(index === active)} onClick=${() => take(item)}>
        ${h(Icon, { name: item.icon })}<bdi>${visible(item.name)}</bdi><em>${visible(item.hint)}</em></div>`,
      )}
    </div>`;
}

export function Palette() {
  const close = () => (isPaletteOpen.value = false);
  return h(Dialog, { title: "Go to", onClose: close, kind: "palette" }, h(Content, { close }));
}
