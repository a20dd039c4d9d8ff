// What is asked for again and again while the page is seen. What was there stays until something newer has come; while
// the page is hidden nothing is asked for.

import { useEffect, useMemo } from "./html.js";
import { Resource } from "./resource.js";

const EVERY_MS = 2000;

export class Live extends Resource {
  constructor() {
    super();
    this.stopFollowing = () => {};
    this.ask = () => {};
  }

  /** Asks at once, and again as long after each answer; gives back what ends it. */
  follow(work, { take = null, every = EVERY_MS } = {}) {
    this.stopFollowing();
    let round = 0;
    let timer;
    const turn = async () => {
      const mine = ++round;
      clearTimeout(timer);
      if (document.hidden) return;
      await this.load(work, take);
      if (mine === round) timer = setTimeout(turn, every);
    };
    const look = () => {
      if (!document.hidden) turn();
    };
    document.addEventListener("visibilitychange", look);
    this.ask = turn;
    this.stopFollowing = () => {
      round++;
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", look);
      this.ask = () => {};
      this.stop();
    };
    turn();
    return this.stopFollowing;
  }

  /** What somebody's act was answered with: newer than whatever is being asked for. */
  put(value) {
    this.stop();
    this.data.value = value;
    this.error.value = null;
    this.ask();
  }
}

/** What a part of a page follows: by `work`, anew whenever one of these changes, as long as the part is shown. */
export function useLive(work, inputs, options = undefined) {
  const live = useMemo(() => new Live(), []);
  useEffect(() => live.follow(work, options), inputs);
  return live;
}
