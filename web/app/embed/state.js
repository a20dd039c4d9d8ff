// What one viewer knows: what it was told by the page, what the service has answered, and which event is open. Each
// element on a page has its own.

import { Offline, Problem } from "../lib/api.js";
import { batch, signal } from "../lib/html.js";
import { readEvents } from "../lib/sse.js";
import { DEFAULT, fixed, isRelative, parameters, relative } from "../lib/time-range.js";
import { isZone, localZone } from "../lib/time.js";
import { Client, NoToken } from "./client.js";
import { say } from "./words.js";

const PAGE = 50;
/** Rows that a page holds; older ones are still found by narrowing the search. */
const ROWS_MAX = 2000;
const RETRY_MS = [1000, 2000, 4000, 8000, 15_000];
const COLUMNS = ["time", "outcome", "sentence", "actor", "action", "target", "ip"];
const DEFAULT_COLUMNS = ["time", "outcome", "sentence", "actor"];

/** The range that a page names: `7d`, `all`, or `{ from, to }`. */
export function rangeOf(value) {
  if (value && typeof value === "object") return fixed(value.from ?? "", value.to ?? "");
  return relative(isRelative(String(value)) ? String(value) : DEFAULT);
}

export class State {
  /** `tell(name, detail)` tells the page; false if it said not to go on. */
  constructor(tell) {
    this.tell = tell;
    this.texts = signal({});
    this.zone = signal(localZone());
    this.columns = signal(DEFAULT_COLUMNS);
    this.sentence = null;
    /** What the token shows; null until it is known. */
    this.info = signal(null);
    /** Why nothing can be shown: a text. */
    this.trouble = signal(null);
    this.rows = signal([]);
    /** Ids of the rows that came live. */
    this.fresh = new Set();
    this.next = signal(null);
    this.searchedUntil = signal(null);
    this.isLoading = signal(false);
    /** What the service says about the query. */
    this.notes = signal([]);
    this.q = signal("");
    this.range = signal(/** @type {any} */ (relative(DEFAULT)));
    this.open = signal(null);
    this.live = signal(null);
    this.client = null;
    this.run = 0;
    this.tail = null;
  }

  say(name, n) {
    return say(this.texts.value, name, n);
  }

  has(feature) {
    return this.info.value?.features.includes(feature) ?? false;
  }

  setColumns(text) {
    const named = (text ?? "").split(",").map((name) => name.trim());
    const known = named.filter((name) => COLUMNS.includes(name));
    this.columns.value = known.length ? known : DEFAULT_COLUMNS;
  }

  setZone(name) {
    this.zone.value = name && isZone(name) ? name : localZone();
  }

  /** Begins anew: with another service, or another token. */
  async start(base, provide) {
    this.stop();
    const client = new Client(base, provide, () => this.tell("audit-token-expired", {}));
    this.client = client;
    batch(() => {
      this.info.value = null;
      this.trouble.value = null;
      this.rows.value = [];
      this.open.value = null;
    });
    try {
      const info = await client.getJson("/v1/viewer");
      if (this.client !== client) return;
      this.info.value = info;
      client.renewBefore(info.expires_in_ms);
      await this.search();
    } catch (error) {
      if (this.client === client) this.fail(error);
    }
  }

  stop() {
    this.client?.stop();
    this.client = null;
    this.run++;
    this.switchLive(false);
  }

  fail(error) {
    let name = error.status === 401 ? "ended" : "failed";
    if (error instanceof NoToken) name = "noToken";
    if (error instanceof Offline) name = "offline";
    this.trouble.value = this.say(name, error.message);
    const { message, code = "", requestId = null } = error;
    this.tell("audit-error", { code: code || name, message, requestId });
  }

  /** What all requests of the present search have in common; nothing without the feature to search. */
  parameters() {
    if (!this.has("search")) return {};
    const tz = this.zone.value === "UTC" ? null : this.zone.value;
    const range = this.range.value;
    // In words where there are some: the same search of an hour later is not another one, which would be recorded.
    const times = /^\d+[mhdw]$/.test(range.relative) ? { from: `now-${range.relative}` } : parameters(range);
    return { q: this.q.value, tz, ...times };
  }

  async search() {
    const run = ++this.run;
    const isLive = this.live.value !== null;
    this.switchLive(false);
    this.fresh.clear();
    this.asked = this.parameters();
    this.trouble.value = null;
    if (await this.load(run, null)) {
      if (isLive) this.switchLive(true);
    }
  }

  more() {
    return this.isLoading.value || !this.next.value ? false : this.load(this.run, this.next.value);
  }

  async load(run, cursor) {
    this.isLoading.value = true;
    try {
      const page = await this.client.getJson("/v1/events", { ...this.asked, limit: PAGE, cursor, sentence: true });
      if (run !== this.run) return false;
      batch(() => {
        this.notes.value = page.warnings ?? [];
        this.rows.value = cursor ? [...this.rows.value, ...page.events].slice(0, ROWS_MAX) : page.events;
        this.next.value = this.rows.value.length < ROWS_MAX ? page.next_cursor : null;
        this.searchedUntil.value = page.searched_until;
        this.trouble.value = null;
        this.isLoading.value = false;
      });
      return true;
    } catch (error) {
      if (run !== this.run) return false;
      this.isLoading.value = false;
      if (error.code === "invalid_query") this.notes.value = error.errors.map((one) => ({ ...one, severity: "error" }));
      else this.fail(error);
      return false;
    }
  }

  /** Opens an event, unless the page shows it itself. */
  show(event) {
    if (this.tell("audit-open", { id: event.id, event })) this.open.value = event;
  }

  /** Follows the log, or stops. `live` is `on`, or `waiting` while it is to be reached again. */
  switchLive(isOn) {
    this.tail?.abort();
    this.tail = null;
    this.live.value = isOn ? "on" : null;
    if (isOn) this.follow();
  }

  async follow() {
    const stop = new AbortController();
    this.tail = stop;
    const { client } = this;
    let after = null;
    for (let failures = 0; !stop.signal.aborted; ) {
      try {
        const { q, tz } = this.asked;
        const parameters = { q, tz, after, sentence: true };
        const options = { parameters, signal: stop.signal, accept: "text/event-stream" };
        const response = await client.request("/v1/tail", options);
        this.live.value = "on";
        failures = 0;
        await readEvents(response, ({ type, data }) => {
          const found = JSON.parse(data);
          after = type === "gap" ? found.to_seq : (found.seq ?? after);
          if (type === "event") this.take(found);
        });
      } catch (error) {
        if (stop.signal.aborted) return;
        if (error instanceof Problem && error.status < 500) {
          this.switchLive(false);
          this.fail(error);
          return;
        }
      }
      if (stop.signal.aborted) return;
      this.live.value = "waiting";
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS[Math.min(failures++, RETRY_MS.length - 1)]));
    }
  }

  take(event) {
    if (this.rows.value.some(({ id }) => id === event.id)) return;
    this.fresh.add(event.id);
    this.rows.value = [event, ...this.rows.value].slice(0, ROWS_MAX);
  }
}
