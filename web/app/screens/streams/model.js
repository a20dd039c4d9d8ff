// The streams that may be managed here, as they were heard of last, and the kinds of destinations that there are.

import { getJson } from "../../lib/api.js";
import { signal } from "../../lib/html.js";
import { Live } from "../../lib/live.js";
import { Resource } from "../../lib/resource.js";
import { may, organization } from "../../lib/session.js";
import { announce } from "../../ui/parts.js";
import { stateOf } from "./words.js";

/** Over how long a rate is taken. */
const RATE_MS = 20_000;

export const list = new Live();
/** What streams can send to, in the order in which it is offered. */
export const kinds = new Resource();
/** Events that arrived, by the second, by the id of the stream; what was heard of once has none. */
export const rates = signal(new Map());
const samples = new Map();
const states = new Map();
let ofOrganization = null;

async function load(stop) {
  const org = organization.peek();
  // Whoever manages streams of all organizations sees those beside the organization's own.
  const all = org === null || may("instance_streams.manage");
  const { data } = await getJson("/v1/streams", { organization_id: all ? null : org }, stop);
  const isHere = ({ organization_id: own }) => org === null || own === null || own === org;
  return data.filter(isHere);
}

function sample({ id, health: { delivered_total: total } }, now) {
  const known = (samples.get(id) ?? []).filter(({ at, total: before }) => now - at <= RATE_MS && before <= total);
  known.push({ at: now, total });
  samples.set(id, known);
  const [first] = known;
  return now > first.at ? ((total - first.total) * 1000) / (now - first.at) : null;
}

/** Takes what the service said of some streams: how fast they are, and what has changed for those who cannot see it. */
export function take(streams) {
  const now = performance.now();
  const next = new Map(rates.peek());
  for (const one of streams) {
    next.set(one.id, sample(one, now));
    const before = states.get(one.id);
    states.set(one.id, one.state);
    if (before && before !== one.state) announce(`${one.name}: ${stateOf(one)[1]}`);
  }
  rates.value = next;
}

export function follow() {
  if (ofOrganization !== organization.peek()) {
    list.clear();
    ofOrganization = organization.peek();
  }
  return list.follow(load, { take });
}

/** The stream as the list has it, until it is asked for itself. */
export const listed = (id) =>
  ofOrganization === organization.peek() ? list.data.peek()?.find((one) => one.id === id) : undefined;

/** What an act on a stream was answered with, put into the list. */
export function put(one) {
  const before = list.data.peek();
  if (before) list.put(before.map((other) => (other.id === one.id ? one : other)));
  take([one]);
}

export function remove(id) {
  const before = list.data.peek();
  if (before) list.put(before.filter((other) => other.id !== id));
  samples.delete(id);
  states.delete(id);
}

/** Kinds do not change while a service runs. */
export function loadKinds() {
  if (kinds.data.peek() || kinds.isLoading.peek()) return;
  kinds.load(async (stop) => (await getJson("/v1/stream_kinds", {}, stop)).data);
}

export const kindOf = (name) => kinds.data.value?.find(({ kind }) => kind === name) ?? null;
export const titleOf = (name) => kindOf(name)?.title ?? name;
