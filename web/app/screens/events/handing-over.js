// The present search as something to hand over: a link, a short one if it is long, or a command.

import { address, send } from "../../lib/api.js";
import { zone } from "../../lib/session.js";
import { isoOf } from "../../lib/time.js";
import { fixed } from "../../lib/time-range.js";
import { format } from "../../lib/url-state.js";
import { copy } from "../../ui/hand-over.js";
import * as model from "./model.js";

/** Longer addresses are cut by chats and mail programs. */
export const LINK_CHARS_MAX = 2000;

/** A link to what is shown: at fixed times, so that it shows the same tomorrow, or with the range as it is. */
export function link(isFixed) {
  const state = { ...model.state.peek(), tz: zone.peek(), org: model.common().org, live: false };
  const { start, end } = model.bounds();
  const range = isFixed && state.range.relative ? fixed(isoOf(start), isoOf(end)) : state.range;
  return `${location.origin}/events${format({ ...state, range })}`;
}

/** Copies the link; a long one as a short link, which leads those on who may see the same. */
export async function copyLink(isFixed) {
  const long = link(isFixed);
  const { org } = model.common();
  const what = isFixed ? "Link with fixed times copied" : "Link copied";
  if (long.length <= LINK_CHARS_MAX || !org) return copy(long, what);
  const body = { path: long.slice(location.origin.length) };
  const made = await send("POST", "/v1/short-links", { parameters: { org }, body }).catch(() => null);
  if (!made) return copy(long, what);
  return copy(new URL(made.url, location.origin).href, `${what}, as a short one`);
}

export function curl() {
  const url =
    location.origin + address("/v1/events", { ...model.common(), order: model.state.peek().order, limit: 200 });
  return `curl -sS -H "Authorization: Bearer $KEY" '${url.replaceAll("'", "%27")}'`;
}
