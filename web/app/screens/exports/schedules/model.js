// The schedules of an organization, each as it was heard of last.

import { getJson } from "../../../lib/api.js";
import { Resource } from "../../../lib/resource.js";
import { organization } from "../../../lib/session.js";

const RUNNING_MS = 2000;
const IDLE_MS = 20_000;

/** `{ schedules, email_available }`. */
export const list = new Resource();
let ofOrganization = null;

export function reload() {
  // What was listed of another organization is not this one's.
  if (ofOrganization !== organization.peek()) {
    list.clear();
    ofOrganization = organization.peek();
  }
  return list.load((stop) => getJson("/v1/export-schedules", { org: ofOrganization }, stop));
}

/** Takes what the service has answered about one. */
export function put(one) {
  const before = list.data.peek();
  if (!before) return;
  const isListed = before.schedules.some(({ id }) => id === one.id);
  const schedules = isListed
    ? before.schedules.map((other) => (other.id === one.id ? one : other))
    : [...before.schedules, one];
  list.data.value = { ...before, schedules };
}

export function remove(id) {
  const before = list.data.peek();
  if (before) list.data.value = { ...before, schedules: before.schedules.filter((one) => one.id !== id) };
}

export const isOpen = (run) => Boolean(run) && (run.status === "exporting" || run.status === "delivering");
const isBusy = (one) => Boolean(one.asked_at) || isOpen(one.last_run);

let wake = null;

/** Looks again now, because something has begun: whoever follows looks often from then on. */
export const soon = () => (wake ? wake() : reload());

/** Looks again from time to time, sooner while something runs; call what it gives to stop. */
export function follow() {
  let timer = null;
  let isOver = false;
  const again = async () => {
    if (!document.hidden) await reload();
    if (isOver) return;
    const wait = list.data.peek()?.schedules.some(isBusy) ? RUNNING_MS : IDLE_MS;
    timer = setTimeout(again, wait);
  };
  const now = () => {
    clearTimeout(timer);
    again();
  };
  now();
  wake = now;
  addEventListener("tallystick:again", now);
  return () => {
    isOver = true;
    wake = null;
    clearTimeout(timer);
    removeEventListener("tallystick:again", now);
  };
}

export const find = (id) => list.data.value?.schedules.find((one) => one.id === id) ?? null;
