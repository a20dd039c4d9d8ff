// The connection of the live tail: opened again after a break, and from where the rows on the page end. Loaded when
// Live is switched on.

import { Offline, Problem, request } from "../../lib/api.js";
import { effect } from "../../lib/html.js";
import { readEvents } from "../../lib/sse.js";
import * as model from "./model.js";
import { switchOff, tailState } from "./tail.js";

const RETRY_MS = [1000, 2000, 4000, 8000];

/** Takes one message: events and gaps into the buffer, and how far the service has looked. */
function take(message, place, buffer) {
  if (message.type === "heartbeat") place.seq = Math.max(place.seq ?? 0, JSON.parse(message.data).seq);
  else if (message.type === "gap") {
    const gap = JSON.parse(message.data);
    buffer.push({ gap, id: `gap-${gap.from_seq}` });
    place.seq = gap.to_seq;
  } else if (message.type === "event") {
    const event = JSON.parse(message.data);
    place.seq = event.seq;
    buffer.push(event);
  }
}

/** Waits for the rows that the tail goes on from. */
async function rowsAreThere(stop) {
  let dispose;
  const seen = new Promise((resolve) => {
    stop.addEventListener("abort", resolve, { once: true });
    dispose = effect(() => {
      if (model.shownSearch.value) resolve(null);
    });
  });
  await seen;
  dispose();
}

/** One connection, until it ends or is stopped. */
async function connect(stop, place, buffer) {
  const { q, org, tz } = model.common();
  const isFromNow = place.seq === null;
  const parameters = { q, org, tz, after: place.seq, sentence: true };
  const response = await request("/v1/tail", { parameters, signal: stop, accept: "text/event-stream" });
  tailState.value = "live";
  // What came between the search and this moment is in neither of them.
  if (isFromNow) model.run();
  await readEvents(response, (message) => take(message, place, buffer));
}

/** Follows until it is stopped, from the place that was reached. */
export async function follow(stop, place, buffer) {
  if (place.seq === null) {
    await rowsAreThere(stop);
    // Without a query the newest row is near the end of the log; else a million events may have to be looked at.
    if (!model.common().q) place.seq = model.pages.newestSeq;
  }
  for (let failures = 0; !stop.aborted;) {
    const since = Date.now();
    try {
      await connect(stop, place, buffer);
    } catch (error) {
      if (stop.aborted) return;
      if (error instanceof Problem && error.status < 500) {
        switchOff(error.message);
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
