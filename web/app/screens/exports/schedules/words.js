// How schedules are put into words: when they are due, of what, and what became of a run.

import { zone } from "../../../lib/session.js";
import { fullTime } from "../../../lib/time.js";
import { ordinal } from "../words.js";

export const WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

export const REPEATS = [
  ["daily", "Every day"],
  ["weekly", "Every week"],
  ["monthly", "Every month"],
  ["cron", "Cron expression"],
];

export const COVERS = [
  ["received", "What was taken in since the run before"],
  ["occurred", "What occurred since the run before, without what comes late"],
];

/** @type {Record<string, [string, string, string]>} An icon, a word, and the state of an export that looks so. */
export const RUNS = {
  exporting: ["", "Exporting", "running"],
  delivering: ["", "Delivering", "running"],
  done: ["check", "Done", "completed"],
  failed: ["alert", "Failed", "failed"],
};

/** @type {Record<string, [string, string, string]>} */
export const DELIVERIES = {
  waiting: ["", "Under way", "running"],
  delivered: ["check", "Delivered", "completed"],
  failed: ["alert", "Failed", "failed"],
};

export const capital = (word) => word.charAt(0).toUpperCase() + word.slice(1);

/** When it is due. */
export function whenText({ timing }) {
  const { repeat, at, weekday, day, cron, time_zone: own } = timing;
  const tz = own ?? "UTC";
  if (repeat === "cron") return `${cron} (${tz})`;
  const days = {
    daily: "Daily",
    weekly: capital(`${weekday}s`),
    monthly: day === "last" ? "Last day of the month" : `${ordinal(Number(day))} of the month`,
  };
  return `${days[repeat]}, ${at} (${tz})`;
}

/** A time in the zone on screen, to the minute. */
export const minute = (text) => fullTime(text, zone.value).slice(0, -3);

export const rangeOfRun = ({ from, to }) => `${minute(from)} – ${minute(to)}`;

/** The address of the tab with one of them, or the form. */
export const scheduleOf = (id) => `/exports?tab=schedules&open=${encodeURIComponent(id)}`;
export const LIST = "/exports?tab=schedules";
export const NEW = "new";
