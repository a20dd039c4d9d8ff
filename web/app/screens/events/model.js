// The state of the explorer: what the address says, what was loaded for it, and which row is looked at. Rows,
// histogram, count and each facet are requests of their own, so that one may fail or be slow without the others.

import { getJson } from "../../lib/api.js";
import { computed, effect, signal, untracked } from "../../lib/html.js";
import { Resource } from "../../lib/resource.js";
import { go, partsOf, route } from "../../lib/route.js";
import { isReady, organization, zone } from "../../lib/session.js";
import { recall, remember } from "../../lib/store.js";
import { bucketTimes, widthMs } from "../../lib/time.js";
import { parameters } from "../../lib/time-range.js";
import { format, parse } from "../../lib/url-state.js";
import { Pages } from "./pages.js";

const BUCKETS_MAX = 96;
const FACET_VALUES = 10;
const RECENT_MAX = 8;
/** How long histogram and facets wait for the rows. */
const REST_AFTER_MS = 750;

export const state = computed(() => parse(route.value.search));
/** The id of `/events/{id}`: one event as a page of its own. */
export const pageOf = computed(() => {
  const { path } = route.value;
  return path.startsWith("/events/") ? (partsOf(path)[0] ?? null) : null;
});
/** The text in the box, which is not searched before Enter. */
export const draft = signal(state.peek().q);
/** Warnings of the last search and errors of the last attempt, as the service says them. */
export const notes = signal([]);
export const pages = new Pages();
export const rowsState = new Resource();
export const histogram = new Resource();
export const total = new Resource();
/** Facets by field; one is made when it is first opened. */
export const facets = new Map();
export const isHistogramShown = signal(recall("histogram", true));
/** The place of the row that the keyboard is at; -1: none. */
export const active = signal(-1);
/** Ids of the rows chosen for comparing. */
export const picked = signal(new Set());
/** Names that people know things by: `field:value` to label. */
export const labels = new Map();
/** The search whose rows are shown, as it was asked; null while its rows are not there. */
export const shownSearch = signal(null);
/** The parameters of the last search: exact times, so that every request means the same. */
let asked = null;
/** The first rows of what was asked for last. */
let coming = null;
/** Whether what stands beside the rows is asked for, too. */
let hasRest = false;

/** Changes the address; a step that going back undoes, unless it is replaced. */
export function change(patch, { replace = false } = {}) {
  const next = { ...state.peek(), ...patch };
  go(`${pageOf.peek() ? "/events" : route.peek().path}${format(next)}`, { replace });
}

/** Searches for this text. */
export function search(q) {
  const text = q.trim();
  draft.value = text;
  if (text && text !== state.peek().q) {
    remember("recent", [text, ...recall("recent", []).filter((one) => one !== text)].slice(0, RECENT_MAX));
  }
  if (text === state.peek().q) return run();
  return change({ q: text, event: null, compare: [] });
}

const wanted = computed(() => {
  const { q, range, order, group } = state.value;
  return { q, range, order, group, org: organization.value, tz: zone.value };
});

/** Whether histogram and facets of the present search have begun to load. */
export const isRestLoading = () => hasRest;

/** What all requests of the present search have in common. */
export const common = () => asked ?? parametersOf(wanted.peek());

function parametersOf({ q, range, org, tz }) {
  return { q, org, tz: tz === "UTC" ? null : tz, ...parameters(range) };
}

/** Starts the search of the present state. */
export function run() {
  const want = wanted.peek();
  const mine = parametersOf(want);
  asked = mine;
  hasRest = false;
  shownSearch.value = null;
  const same = { ...mine };
  active.value = -1;
  picked.value = new Set();
  total.load((stop) => getJson("/v1/count", same, stop));
  for (const part of [histogram, ...openFacets()]) part.expect();
  // Rows are what people wait for: what costs the service more begins when they are painted, or take long.
  coming = loadRows(same, want.order);
  const painted = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
  const rows = Promise.all([coming, shown.promise]).then(painted);
  const late = new Promise((resolve) => setTimeout(resolve, REST_AFTER_MS));
  Promise.race([rows, late]).then(() => asked === mine && loadRest());
}

const openFacets = () => [...facets.values()].filter(({ isOpen }) => isOpen);

function loadRest() {
  hasRest = true;
  loadHistogram();
  openFacets().forEach(loadFacet);
}

async function loadRows(same, order) {
  const rows = { ...same, order, sentence: true };
  const first = (stop) => getJson("/v1/events", { ...rows, limit: Pages.FIRST }, stop);
  const isTaken = await rowsState.load(first, (page) => {
    notes.value = page.warnings ?? [];
    pages.start(page, (cursor, limit) => getJson("/v1/events", { ...rows, limit, cursor }));
    shownSearch.value = same;
  });
  const error = rowsState.failure;
  if (!isTaken && error?.code === "invalid_query")
    notes.value = error.errors.map((one) => ({ ...one, severity: "error" }));
}

export function loadHistogram() {
  if (!isHistogramShown.peek()) return histogram.stop();
  const by = state.peek().group;
  const own = { ...common(), buckets: BUCKETS_MAX, by: by === "none" ? null : by };
  return histogram.load(async (stop) => {
    const found = await getJson("/v1/histogram", own, stop);
    return { ...found, by, times: bucketTimes(found.buckets, found.interval) };
  });
}

/** The facet of a field, made closed. */
export function facetOf(field) {
  if (!facets.has(field))
    facets.set(field, Object.assign(new Resource(), { field, isOpen: false, contains: "", limit: FACET_VALUES }));
  return facets.get(field);
}

export function loadFacet(facet) {
  const own = { ...common(), field: facet.field, limit: facet.limit, contains: facet.contains };
  return facet.load(async (stop) => {
    const found = await getJson("/v1/facets", own, stop);
    for (const { value, label } of found.values) labels.set(`${facet.field}:${value}`, label);
    return found;
  });
}

export function showHistogram(isShown) {
  isHistogramShown.value = isShown;
  remember("histogram", isShown);
  loadHistogram();
}

/** Start and end of what is looked at, in milliseconds: of the histogram where the range itself does not say. */
export function bounds() {
  const { from, to } = common();
  const times = histogram.data.peek()?.times ?? [];
  const own = (text) => (text && /^\d{4}-\d\d-\d\dT/.test(text) ? Date.parse(text) : NaN);
  const start = Number.isNaN(own(from)) ? times[0]?.start : own(from);
  const end = Number.isNaN(own(to)) ? Math.min(times.at(-1)?.end ?? Date.now(), Date.now()) : own(to);
  return { start: start ?? end - widthMs("7d"), end };
}

/** The event with this id, if it is among the rows. */
export const selected = computed(() => {
  const id = state.value.event;
  return id ? (pages.version.value, pages.find(id)) : null;
});

/** Opens the event of the row at that place. */
export function open(index, { replace = false } = {}) {
  const row = pages.at(index);
  if (!row || row.gap) return;
  active.value = index;
  change({ event: row.id }, { replace });
}

export const closeEvent = () => change({ event: null });

/** Forgets what was loaded: of another organization it would be read as this one's. */
function forget() {
  for (const resource of [rowsState, histogram, total, ...facets.values()]) resource.clear();
  facets.clear();
  pages.clear();
  pages.changed();
  labels.clear();
  asked = null;
  shownSearch.value = null;
  notes.value = [];
  active.value = -1;
  picked.value = new Set();
}

let ofOrganization = organization.peek();
effect(() => {
  const org = organization.value;
  if (org === ofOrganization) return;
  ofOrganization = org;
  untracked(forget);
});

/** Ends what watches the address; null while nothing does. */
let stopEffects = null;
let watched = null;
/** What waits for the screen to stand, and what tells it so. */
let shown = signalled();

function signalled() {
  let tell = null;
  const promise = new Promise((resolve) => (tell = resolve));
  return { promise, tell };
}

function begin() {
  let before = "";
  const org = organization.peek();
  stopEffects?.();
  watched = org;
  stopEffects = effect(() => {
    const now = JSON.stringify(wanted.value);
    // Of another organization the screen is another one, which loads by itself.
    if (wanted.value.org !== org) before = "";
    if (wanted.value.org !== org || !isReady.value || pageOf.value || now === before) return;
    const [old, next] = [before ? JSON.parse(before) : null, wanted.value];
    before = now;
    draft.value = next.q;
    // Another grouping changes the bars alone.
    const isGroup = old && JSON.stringify({ ...old, group: "" }) === JSON.stringify({ ...next, group: "" });
    if (isGroup) loadHistogram();
    else run();
  });
}

/** Asks before the screen is put together, so that it is put together once, with its rows; ends when they are there. */
export function ahead() {
  if (!isReady.peek() || pageOf.peek()) return null;
  coming = null;
  begin();
  return coming;
}

/** Loads whenever what is asked for changes, while the screen is shown. */
export function watch() {
  if (!stopEffects || watched !== organization.peek()) begin();
  // What is open was not known before.
  if (asked && !hasRest) for (const facet of openFacets()) facet.expect();
  shown.tell();
  return () => {
    stopEffects?.();
    stopEffects = null;
    shown = signalled();
    asked = null;
    hasRest = false;
    for (const resource of [rowsState, histogram, total, ...facets.values()]) resource.stop();
  };
}
