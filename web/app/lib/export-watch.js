// Follows exports, wherever in the app somebody is: by a stream while the page is seen, by asking now and then while it
// is not, because a browser opens few connections to a service. The end of those that were asked for here is told.

import { Problem, getJson, request } from "./api.js";
import { computed, effect, signal } from "./html.js";
import { readEvents } from "./sse.js";
import { recall, remember } from "./store.js";
import { toast } from "../ui/parts.js";

/** Streams at the same time. The others are asked for whenever one of these has ended. */
const STREAMS_MAX = 2;
const HIDDEN_MS = 5000;
const RETRY_MS = [1000, 2000, 4000, 8000];
/** Exports asked for here that are remembered until their end. */
const OWN_MAX = 20;

export const isActive = ({ status }) => status === "queued" || status === "running";
/** What was heard last of each export, by id. */
export const known = signal(new Map());
/** Whether a list of exports is on the page: then all of them are followed, else only those asked for here. */
export const isListed = signal(false);
/** Whether an export asked for here was completed and nobody has looked since. */
export const hasNews = signal(false);
const own = signal(new Set(recall("exports", [])));

function keepOwn(ids) {
  own.value = new Set([...ids].slice(-OWN_MAX));
  remember("exports", own.value.size ? [...own.value] : null);
}

/** Whatever the title is of. */
const mark = () => {
  if (hasNews.peek() && !document.title.startsWith("✓")) document.title = `✓ ${document.title}`;
};
new MutationObserver(mark).observe(document.querySelector("title"), { childList: true });

function tell({ id, name, status, error }) {
  keepOwn([...own.peek()].filter((one) => one !== id));
  if (status === "failed") toast(`Export ${name} failed: ${error?.message ?? "the service does not say why"}`);
  if (status !== "completed") return;
  hasNews.value = true;
  mark();
  toast(`Export ${name} is completed`);
}

/** An answer that is older than what is known: of an attempt that has ended since. */
const isLate = (next, now) =>
  now && (next.attempt < now.attempt || (next.attempt === now.attempt && isActive(next) && !isActive(now)));

/** Takes what the service said of some exports. */
export function take(exports) {
  const all = new Map(known.peek());
  const fresh = exports.filter((one) => !isLate(one, all.get(one.id)));
  const isEnded = fresh.some((one) => !isActive(one) && isActive(all.get(one.id) ?? {}));
  for (const one of fresh) all.set(one.id, one);
  known.value = all;
  for (const one of fresh) if (!isActive(one) && own.peek().has(one.id)) tell(one);
  if (isEnded) askForRest();
}

/** Follows one that was asked for here to its end, and tells it. */
export function begin(one) {
  hasNews.value = false;
  keepOwn([...own.peek(), one.id]);
  take([one]);
}

export function forget(id) {
  const all = new Map(known.peek());
  all.delete(id);
  known.value = all;
  keepOwn([...own.peek()].filter((one) => one !== id));
}

const wanted = computed(() => {
  const active = [...known.value.values()].filter((one) => isActive(one) && (isListed.value || own.value.has(one.id)));
  const place = ({ status, created_at }) => (status === "running" ? "0" : "1") + created_at;
  return active.sort((a, b) => (place(a) < place(b) ? -1 : 1)).map(({ id }) => id);
});

/** It was deleted, or is not to be seen any more. */
const isGone = (error) => error instanceof Problem && [403, 404].includes(error.status);

const path = (id) => `/v1/exports/${encodeURIComponent(id)}`;

async function ask(id, stop = undefined) {
  try {
    take([await getJson(path(id), {}, stop)]);
  } catch (error) {
    if (!isGone(error)) throw error;
    forget(id);
  }
}

const askForRest = () => wanted.peek().forEach((id) => following.has(id) || ask(id).catch(() => {}));

/** Hears of an export until it has ended, or the page is hidden. */
async function listen(id, stop) {
  const hidden = new AbortController();
  const look = () => document.hidden && hidden.abort();
  document.addEventListener("visibilitychange", look);
  try {
    const signal = AbortSignal.any([stop, hidden.signal]);
    const response = await request(`${path(id)}/progress`, { signal, accept: "text/event-stream" });
    await readEvents(response, ({ type, data }) => type === "progress" && take([JSON.parse(data)]));
  } catch (error) {
    if (!hidden.signal.aborted) throw error;
  } finally {
    document.removeEventListener("visibilitychange", look);
  }
}

const isOver = (id) => !isActive(known.peek().get(id) ?? {});

async function follow(id, stop) {
  for (let failures = 0; !stop.aborted && !isOver(id); failures++) {
    const isHidden = document.hidden;
    try {
      await (isHidden ? ask(id, stop) : listen(id, stop));
      failures = -1;
    } catch (error) {
      if (isGone(error)) forget(id);
    }
    if (stop.aborted || isOver(id)) return;
    const wait = isHidden ? HIDDEN_MS : RETRY_MS[Math.max(0, Math.min(failures, RETRY_MS.length - 1))];
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
}

/** What stops following, by the id of the export. */
const following = new Map();
effect(() => {
  const ids = wanted.value.slice(0, STREAMS_MAX);
  for (const [id, stop] of following) {
    if (ids.includes(id)) continue;
    stop.abort();
    following.delete(id);
  }
  for (const id of ids) {
    if (following.has(id)) continue;
    const stop = new AbortController();
    following.set(id, stop);
    // Not within the effect: what it reads is nothing to wait for.
    queueMicrotask(() => follow(id, stop.signal));
  }
});

for (const id of own.peek()) ask(id).catch(() => {});
