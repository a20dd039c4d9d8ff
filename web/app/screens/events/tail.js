// Following the log. New rows flow in at the top; while the reader is elsewhere, or looks at an event, they wait
// behind a button. Nothing that is read is ever moved.

import { Offline, Problem, request } from "../../lib/api.js";
import { batch, computed, effect, signal } from "../../lib/html.js";
import { count } from "../../lib/format.js";
import { organization } from "../../lib/session.js";
import { readEvents } from "../../lib/sse.js";
import { announce, toast } from "../../ui/parts.js";
import * as model from "./model.js";

const FLUSH_MS = 250;
const WAITING_MAX = 5000;
const REFRESH_MS = 10_000;
const RETRY_MS = [1000, 2000, 4000, 8000];

export const isAtTop = signal(true);
/** New rows that are not shown yet, newest first. */
export const pending = signal([]);
/** What the button says: `live`, `paused`, `connecting`, or seconds to the next attempt. */
export const tailState = signal("live");

/** Why there can be no live tail now; null if there can. */
export const obstacle = computed(() => {
  const { range, order } = model.state.value;
  if (order === "asc") return "Live shows the newest events first: change the order";
  if (!range.relative && range.to) return "This range has an end: choose one that goes up to now";
  return organization.value === null ? "Choose one organization to follow its log" : null;
});

let lastSeq = null;
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

/** Asks for the events that the tail had to leave out. */
export function loadGap(row) {
  const { q, org } = model.common();
  const seqs = `seq:${row.gap.from_seq}..${row.gap.to_seq}`;
  model.change({ q: q ? `(${q}) ${seqs}` : seqs, live: false, event: null, org });
}

function take(message, buffer) {
  if (message.type === "heartbeat") lastSeq = Math.max(lastSeq ?? 0, JSON.parse(message.data).seq);
  else if (message.type === "gap") {
    const gap = JSON.parse(message.data);
    buffer.push({ gap, id: `gap-${gap.from_seq}` });
    lastSeq = gap.to_seq;
  } else if (message.type === "event") {
    const event = JSON.parse(message.data);
    lastSeq = event.seq;
    buffer.push(event);
  }
}

/** Waits for the rows that the tail goes on from. */
async function rowsAreThere(stop) {
  let dispose;
  await new Promise((resolve) => {
    stop.addEventListener("abort", resolve, { once: true });
    dispose = effect(() => {
      if (model.shownSearch.value) resolve();
    });
  });
  dispose();
}

/** One connection, until it ends or is stopped. */
async function follow(stop, buffer) {
  const { q, org, tz } = model.common();
  const isFromNow = lastSeq === null;
  const parameters = { q, org, tz, after: lastSeq };
  const response = await request("/v1/tail", { parameters, signal: stop, accept: "text/event-stream" });
  tailState.value = "live";
  // What came between the search and this moment is in neither of them.
  if (isFromNow) model.run();
  await readEvents(response, (message) => take(message, buffer));
}

async function followOn(stop, buffer) {
  // The search of a changed query begins in this same step.
  await Promise.resolve();
  if (lastSeq === null) {
    await rowsAreThere(stop);
    // Without a query the newest row is near the end of the log; else there may be a million events to look at behind it.
    if (!model.common().q) lastSeq = model.pages.newestSeq;
  }
  for (let failures = 0; !stop.aborted;) {
    const since = Date.now();
    try {
      await follow(stop, buffer);
    } catch (error) {
      if (stop.aborted) return;
      if (error instanceof Problem && error.status < 500) {
        model.change({ live: false }, { replace: true });
        toast(`Live was switched off: ${error.message}`);
        return;
      }
      if (!(error instanceof Offline || error instanceof Problem || error instanceof TypeError)) throw error;
    }
    if (stop.aborted) return;
    failures = Date.now() - since > 10_000 ? 0 : Math.min(failures + 1, RETRY_MS.length - 1);
    for (let left = RETRY_MS[failures]; left > 0 && !stop.aborted; left -= 1000) {
      tailState.value = left / 1000;
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  }
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
  const stopEffect = effect(() => {
    const now = wanted.value;
    if (now !== key) {
      key = now;
      lastSeq = null;
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
    followOn(stop.signal, buffer);
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
