// Requests of an embedded viewer: with the token that the page hands out, to the service it is told, and without
// anything that the browser may have of it otherwise. A token that has ended is asked for anew, once.

import { Offline, Problem, address } from "../lib/api.js";

/** The page has given no token. */
export class NoToken extends Error {}

/** How long before its end a token is replaced, as a part of how long it works. */
const EARLY = 0.2;
const EARLY_MS_MAX = 60_000;

export class Client {
  /** `base` is the origin of the service; `provide` gives a token; `onEnd` is told of one that has ended. */
  constructor(base, provide, onEnd) {
    this.base = base;
    this.provide = provide;
    this.onEnd = onEnd;
    this.token = null;
    this.timer = null;
    this.memory = new Map();
    this.isStopped = false;
    this.asked = null;
    // Called without the object, as those of the app's own API are.
    this.request = this.request.bind(this);
    this.getJson = async (path, parameters, signal) => (await this.request(path, { parameters, signal })).json();
    this.getText = async (path, parameters, signal) =>
      (await this.request(path, { parameters, signal, accept: "text/plain" })).text();
    // What a verification remembers is kept for as long as the page: the storage of the page is not ours.
    this.recall = (name, fallback) => this.memory.get(name) ?? fallback;
    this.remember = (name, value) => this.memory.set(name, value);
  }

  stop() {
    this.isStopped = true;
    clearTimeout(this.timer);
  }

  /** Gets a token, one at a time. */
  renew() {
    const ask = async () => {
      const token = this.provide ? await this.provide() : null;
      if (typeof token !== "string" || !token.trim()) throw new NoToken("the page has given no token");
      this.token = token.trim();
    };
    this.asked ??= ask().finally(() => (this.asked = null));
    return this.asked;
  }

  /** Replaces the token before it ends, which is in `ms`. */
  renewBefore(ms) {
    clearTimeout(this.timer);
    if (this.isStopped) return;
    const wait = Math.max(1000, ms - Math.min(EARLY_MS_MAX, ms * EARLY));
    this.timer = setTimeout(async () => {
      try {
        await this.renew();
        this.renewBefore((await this.getJson("/v1/viewer")).expires_in_ms);
      } catch {
        // The next request says what is wrong, if it is still.
      }
    }, wait);
  }

  /** @type {(path: string, options: import("../lib/api.js").Asked) => Promise<Response>} */
  async fetch(path, { parameters, signal, accept = "application/json" }) {
    try {
      return await fetch(this.base + address(path, parameters), {
        signal,
        headers: { accept, authorization: `Bearer ${this.token}` },
        credentials: "omit",
        cache: "no-store",
        referrerPolicy: "no-referrer",
      });
    } catch (error) {
      if (signal?.aborted) throw error;
      // Browsers do not tell a service that is away from one that does not answer this page.
      throw new Offline("the service cannot be reached, or does not answer pages of this origin");
    }
  }

  /** As the function of the app's API. */
  async request(path, options = {}) {
    if (!this.token) await this.renew();
    const shown = this.token;
    let response = await this.fetch(path, options);
    if (response.status === 401) {
      this.onEnd();
      // Another request may have got a new one meanwhile.
      if (this.token === shown) await this.renew();
      response = await this.fetch(path, options);
    }
    if (response.ok) return response;
    throw new Problem(response.status, await response.json().catch(() => ({})));
  }
}
