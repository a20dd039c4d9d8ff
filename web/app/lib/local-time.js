// Times as fields for a local time hold them, in the zone on screen.

import { offsetOf, partsOf } from "./time.js";

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const MINUTE_MS = 60_000;

function offsetMs(ms, zone) {
  const [, sign, hours, minutes] = /^([+-])(\d\d):(\d\d)$/.exec(offsetOf(ms, zone));
  return (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * MINUTE_MS;
}

/**
 * The instant of a local time such as `2026-11-20T09:30` in a zone, in milliseconds; NaN if it is none. Of an hour that
 * a clock shows twice it is one of both, of one that it leaves out the instant as far behind the change.
 */
export function instantOf(text, zone) {
  const asUtc = Date.parse(`${text}Z`);
  if (Number.isNaN(asUtc)) return NaN;
  // The offset is that of the instant itself, which is close to the first guess.
  const near = asUtc - offsetMs(asUtc, zone);
  return asUtc - offsetMs(near, zone);
}

/** An instant as a field for a local time holds it, to the minute. */
export function localOf(ms, zone) {
  const { year, month, day, hour, minute } = partsOf(ms, zone);
  return `${year}-${String(MONTHS.indexOf(month) + 1).padStart(2, "0")}-${day}T${hour}:${minute}`;
}
