// Times in the zone that is on screen. One zone is shown at a time, and every column of times names it.

const UNIT_MS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000, mo: 30 * 86_400_000 };
UNIT_MS.y = 365 * UNIT_MS.d;

const formats = new Map();

function formatOf(zone) {
  let format = formats.get(zone);
  if (!format) {
    format = new Intl.DateTimeFormat("en-GB", {
      timeZone: zone,
      hourCycle: "h23",
      year: "numeric",
      month: "short",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
      weekday: "short",
    });
    formats.set(zone, format);
  }
  return format;
}

/** Year, month, day, hour, minute, second, weekday of an instant in a zone, as texts. */
export function partsOf(ms, zone) {
  const parts = {};
  for (const { type, value } of formatOf(zone).formatToParts(ms)) parts[type] = value;
  // Some versions of ICU write four letters for one month of the twelve.
  parts.month = parts.month.slice(0, 3);
  return parts;
}

/** Whether the browser knows a zone of that name. */
export function isZone(name) {
  try {
    formatOf(name);
    return true;
  } catch {
    return false;
  }
}

export const localZone = () => Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";

/** The name of a zone as short as it can be understood. */
export const zoneLabel = (zone) => (zone === "UTC" ? "UTC" : zone.split("/").at(-1).replaceAll("_", " "));

const fraction = (text) => (/\.(\d{1,3})/.exec(text)?.[1] ?? "").padEnd(3, "0");

/** `20 Nov 22:01:01.855` of an RFC 3339 time; with the year where it is not this one. */
export function rowTime(text, zone, now = Date.now()) {
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) return text;
  const { day, month, year, hour, minute, second } = partsOf(ms, zone);
  const isThisYear = year === partsOf(now, zone).year;
  return `${day} ${month}${isThisYear ? "" : ` ${year}`} ${hour}:${minute}:${second}.${fraction(text)}`;
}

/** `20 Nov 2026 22:01:01`. */
export function fullTime(text, zone) {
  const ms = typeof text === "number" ? text : Date.parse(text);
  if (Number.isNaN(ms)) return String(text);
  const { day, month, year, hour, minute, second } = partsOf(ms, zone);
  return `${day} ${month} ${year} ${hour}:${minute}:${second}`;
}

/** `20 Nov 22:40`, or only the day where the buckets are days. */
export function axisTime(ms, zone, interval) {
  const { day, month, year, hour, minute, second } = partsOf(ms, zone);
  if (/y$/.test(interval)) return year;
  if (/mo$/.test(interval)) return `${month} ${year}`;
  if (/[dw]$/.test(interval)) return `${day} ${month}`;
  return /s$/.test(interval) ? `${hour}:${minute}:${second}` : `${day} ${month} ${hour}:${minute}`;
}

/** `Friday 20 Nov 2026`: the heading above the events of a day. */
export function dayOf(ms, zone) {
  const { weekday, day, month, year } = partsOf(ms, zone);
  return `${weekday} ${day} ${month} ${year}`;
}

/** The offset of a zone at an instant, `+01:00`. */
export function offsetOf(ms, zone) {
  const { year, month, day, hour, minute, second } = partsOf(ms, zone);
  const local = Date.parse(`${day} ${month} ${year} ${hour}:${minute}:${second} UTC`);
  const minutes = Math.round((local - Math.floor(ms / 1000) * 1000) / 60_000);
  const two = (value) => String(value).padStart(2, "0");
  const size = Math.abs(minutes);
  return `${minutes < 0 ? "-" : "+"}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}

/** RFC 3339 in UTC, to the second where nothing is lost. */
export const isoOf = (ms) => new Date(ms).toISOString().replace(".000Z", "Z");

/** How long ago in words, for headings only. */
export function ago(ms, now = Date.now()) {
  const seconds = Math.max(0, Math.round((now - ms) / 1000));
  if (seconds < 5) return "just now";
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.round(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.round(seconds / 3600)} h ago`;
  return `${Math.round(seconds / 86_400)} d ago`;
}

/** Milliseconds of a width such as `10s`, `3h`, `1mo`: of months and years about. */
export function widthMs(text) {
  const found = /^(\d+)(s|m|h|d|w|mo|y)$/.exec(text);
  return found ? Number(found[1]) * UNIT_MS[found[2]] : null;
}

/** The ends of a histogram's buckets, in milliseconds: the last one is as wide as its interval. */
export function bucketTimes(buckets, interval) {
  const starts = buckets.map(({ start }) => Date.parse(start));
  if (!starts.length) return [];
  const last = starts.at(-1) + (widthMs(interval) ?? 0);
  return starts.map((start, index) => ({ start, end: starts[index + 1] ?? last }));
}
