// Following the log. New rows flow in at the top; while the reader is elsewhere, or looks at an event, they wait
// behind a button. Nothing that is read is ever moved.

import { batch, computed, effect, signal } from "../../lib/html.js";
import { count } from "../../lib/format.js";
import { organization } from "../../lib/session.js";
import { announce, toast } from "../../ui/parts.js";
import * as model from "./model.js";

const FLUSH_MS = 250;
const WAITING_MAX = 5000;
const REFRESH_MS = 10_000;

export const isAtTop = signal(true);
/** New rows that are not shown yet, newest first. */
export const pending = signal([]);
/** What the button says: `live`, `paused`, `connecting`, or seconds to the next attempt. */
export const tailState = signal(/** @type {string | number} */ ("live"));

/** Why there can be no live tail now; null if there can. */
export const obstacle = computed(() => {
  const { range, order } = model.state.value;
  if (order === "asc") return "Live shows the newest events first: change the order";
  if (!range.relative && range.to) return "This range has an end: choose one that goes up to now";
  return organization.value === null ? "Choose one organization to follow its log" : null;
});

/** Rows that came while somebody looked; the rows themselves stay as the service gave them. */
export const fresh = new WeakSet();

/** Puts the waiting rows in. */
export function showPending(scroller) {
  // Rows that are being loaded would replace them.
  if (!model.shownSearch.peek()) return;
  const rows = pending.peek();
  for (const row of rows) fresh.add(row);
  batch(() => {
    pending.value = [];
    const added = model.pages.prepend(rows);
    if (model.active.peek() >= 0) model.active.value += added;
  });
  if (scroller) scroller.scrollTop = 0;
}

function flush(buffer) {
  if (buffer.length) {
    const rows = buffer.splice(0).reverse();
    announce(count(rows.length, "new event"), { often: true });
    pending.value = [...rows, ...pending.peek()].slice(0, WAITING_MAX);
  }
  if (pending.peek().length && isAtTop.peek() && !model.state.peek().event) showPending();
}

/** Ends it, and says why. */
export function switchOff(why) {
  model.change({ live: false }, { replace: true });
  toast(`Live was switched off: ${why}`);
}

/** Asks for the events that the tail had to leave out. */
export function loadGap(row) {
  const { q, org } = model.common();
  const seqs = `seq:${row.gap.from_seq}..${row.gap.to_seq}`;
  model.change({ q: q ? `(${q}) ${seqs}` : seqs, live: false, event: null, org });
}

const isHidden = signal(document.hidden);

/** Follows while it is switched on, the page is seen and nothing stands against it. */
export function watchTail() {
  const seen = () => (isHidden.value = document.hidden);
  document.addEventListener("visibilitychange", seen);
  const wanted = computed(() => {
    const { live, q } = model.state.value;
    return live && !obstacle.value && !model.pageOf.value ? `${organization.value} ${q}` : null;
  });
  let key = null;
  /** How far the log was followed: `seq` of the last event that was looked at; null: not yet. */
  let reached = { seq: null };
  const stopEffect = effect(() => {
    const now = wanted.value;
    if (now !== key) {
      key = now;
      reached = { seq: null };
      pending.value = [];
    }
    if (now === null) return undefined;
    if (isHidden.value) {
      tailState.value = "paused";
      return undefined;
    }
    tailState.value = "connecting";
    const stop = new AbortController();
    const buffer = [];
    const timer = setInterval(() => flush(buffer), FLUSH_MS);
    // Counts and bars follow more slowly: they are questions about all of the range.
    const refresh = setInterval(() => {
      model.loadHistogram();
      model.total.retry();
    }, REFRESH_MS);
    const place = reached;
    import("./follow.js").then(
      ({ follow }) => follow(stop.signal, place, buffer),
      () => stop.signal.aborted || switchOff("a part of this page could not be loaded"),
    );
    return () => {
      stop.abort();
      clearInterval(timer);
      clearInterval(refresh);
    };
  });
  return () => {
    stopEffect();
    document.removeEventListener("visibilitychange", seen);
  };
}
