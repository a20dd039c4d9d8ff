// What is loaded for a part of a page: each part loads by itself, so that one may fail or be slow without the others.
// What was there stays until something new has come, and a late answer never replaces a newer one.

import { Offline } from "./api.js";
import { batch, signal, useEffect, useMemo } from "./html.js";

export class Resource {
  constructor() {
    this.data = signal(null);
    this.error = signal(null);
    this.isLoading = signal(false);
    this.controller = null;
    this.again = null;
    /** The last error of any kind. */
    this.failure = null;
  }

  /**
   * Runs `work` with a signal to stop by; true if its answer was taken. `take` is given the answer at the moment when
   * the page sees it.
   */
  async load(work, take = null) {
    this.controller?.abort();
    const controller = new AbortController();
    this.controller = controller;
    this.again = () => this.load(work, take);
    this.isLoading.value = true;
    // The service could not be reached: once more when it can, unless something else was asked for since.
    const again = () => this.controller === controller && this.retry();
    const settle = (data, error) => {
      if (this.controller !== controller) return false;
      batch(() => {
        this.isLoading.value = false;
        // A query that cannot be read is the query's matter: what was there before stays.
        this.error.value = error?.code === "invalid_query" ? null : error;
        this.failure = error;
        if (error) return;
        this.data.value = data;
        take?.(data);
      });
      if (error instanceof Offline) addEventListener("tallystick:again", again, { once: true });
      return !error;
    };
    try {
      return settle(await work(controller.signal), null);
    } catch (error) {
      if (controller.signal.aborted) return false;
      return settle(null, error);
    }
  }

  retry() {
    return this.again?.();
  }

  /** What is there is old from now on, and a late answer is not taken: something new will be loaded soon. */
  expect() {
    this.stop();
    this.isLoading.value = true;
  }

  stop() {
    this.controller?.abort();
    this.controller = null;
    this.isLoading.value = false;
  }

  /** Forgets what was there. */
  clear() {
    this.stop();
    this.data.value = null;
    this.error.value = null;
    this.failure = null;
  }
}

/** What a part of a page loads: by `work`, again whenever one of these changes, as long as the part is shown. */
export function useResource(work, inputs) {
  const resource = useMemo(() => new Resource(), []);
  useEffect(() => {
    resource.load(work);
    return () => resource.stop();
  }, inputs);
  return resource;
}
