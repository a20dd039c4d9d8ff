// The rows that were found, page by page: pages far from what is looked at are dropped and asked for again by their
// cursor, so that a browser never holds more than it can. What comes live is a page at the start that grows.

import { signal } from "../../lib/html.js";

/** Rows that are kept; 20,000 of them are about 30 MB. */
const KEPT_MAX = 20_000;

export class Pages {
  static FIRST = 100;
  static MORE = 500;

  constructor() {
    /** Counts changes, for whoever shows rows. */
    this.version = signal(0);
    this.error = signal(null);
    this.isLoading = signal(false);
    this.clear();
  }

  clear() {
    this.live = { rows: [], length: 0 };
    this.list = [this.live];
    this.next = null;
    this.searchedUntil = null;
    this.fetch = null;
    this.run = (this.run ?? 0) + 1;
  }

  changed() {
    this.version.value++;
  }

  /** Takes the first page; `fetch(cursor, limit)` gets others. */
  start(page, fetch) {
    this.clear();
    this.fetch = fetch;
    this.error.value = null;
    this.isLoading.value = false;
    this.take(page, null, Pages.FIRST);
  }

  take(page, cursor, limit) {
    this.list.push({ rows: page.events, length: page.events.length, cursor, limit });
    this.next = page.next_cursor;
    this.searchedUntil = page.searched_until;
    this.changed();
  }

  get length() {
    return this.list.reduce((sum, page) => sum + page.length, 0);
  }

  /** The page with the row at that place, and its place there. */
  locate(index) {
    let at = index;
    for (const page of this.list) {
      if (at < page.length) return { page, at };
      at -= page.length;
    }
    return null;
  }

  /** The row at that place; null while it is being loaded again. */
  at(index) {
    const found = index < 0 ? null : this.locate(index);
    if (!found) return null;
    if (!found.page.rows) this.reload(found.page);
    return found.page.rows?.[found.at] ?? null;
  }

  indexOf(id) {
    let before = 0;
    for (const page of this.list) {
      const at = page.rows?.findIndex((row) => row.id === id) ?? -1;
      if (at >= 0) return before + at;
      before += page.length;
    }
    return -1;
  }

  find(id) {
    for (const page of this.list) {
      const row = page.rows?.find((one) => one.id === id);
      if (row) return row;
    }
    return null;
  }

  /** Loads the page behind the last one, once at a time. */
  async more() {
    if (!this.next || this.isLoading.value || !this.fetch) return;
    const { run } = this;
    const cursor = this.next;
    this.isLoading.value = true;
    this.error.value = null;
    try {
      const page = await this.fetch(cursor, Pages.MORE);
      if (run !== this.run) return;
      this.isLoading.value = false;
      this.take(page, cursor, Pages.MORE);
    } catch (error) {
      if (run !== this.run) return;
      this.isLoading.value = false;
      this.error.value = error;
    }
  }

  async reload(page) {
    if (page.isLoading || !page.cursor) return;
    page.isLoading = true;
    const { run } = this;
    const again = await this.fetch(page.cursor, page.limit).catch(() => null);
    page.isLoading = false;
    if (run !== this.run || !again) return;
    page.rows = again.events.slice(0, page.length);
    this.changed();
  }

  /** The largest seq among the rows that are held; null if there are none. */
  get newestSeq() {
    const seqs = this.list.flatMap(({ rows }) => rows ?? []).map(({ seq }) => seq ?? -1);
    return seqs.length ? seqs.reduce((most, seq) => Math.max(most, seq)) : null;
  }

  /** Drops what is farthest from the row at that place, if there is too much. */
  keepAround(index) {
    let held = this.list.reduce((sum, page) => sum + (page.rows?.length ?? 0), 0);
    if (held <= KEPT_MAX) return;
    let start = 0;
    const far = this.list.map((page) => {
      const distance = Math.abs(start + page.length / 2 - index);
      start += page.length;
      return { page, distance };
    });
    far.sort((a, b) => b.distance - a.distance);
    for (const { page } of far) {
      if (held <= KEPT_MAX) break;
      if (!page.cursor || !page.rows) continue;
      held -= page.rows.length;
      page.rows = null;
    }
  }

  /** Puts new events, newest first, before all others; those that are there already are left out. */
  prepend(rows) {
    const known = new Set([...this.live.rows, ...(this.list[1]?.rows ?? [])].map((row) => row.id));
    const fresh = rows.filter((row) => row.gap || !known.has(row.id));
    this.live.rows = [...fresh, ...this.live.rows].slice(0, KEPT_MAX);
    this.live.length = this.live.rows.length;
    if (fresh.length) this.changed();
    return fresh.length;
  }
}
