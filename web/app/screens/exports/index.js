// Exports: the history of an organization's files of events, and beside it one of them, or the form for a new one.

import { h, html, useEffect } from "../../lib/html.js";
import { hasNews, isListed } from "../../lib/export-watch.js";
import { lazy } from "../../lib/lazy.js";
import { go, partsOf, route } from "../../lib/route.js";
import { boot, mayExport, organization, present } from "../../lib/session.js";
import { Empty, Icon, Trouble } from "../../ui/parts.js";
import { Tabs, tabOf } from "../../ui/tabs.js";
import { Detail } from "./detail.js";
import { NewExport } from "./form.js";
import { List } from "./list.js";
import * as model from "./model.js";
import { percent } from "./words.js";

const NEW = "new";
const loadSchedules = () => import("./schedules/index.js");
const ScheduleList = lazy(loadSchedules, "List");
const ScheduleBeside = lazy(loadSchedules, "Beside");
const TABS = [
  ["history", "History"],
  ["schedules", "Schedules"],
];
const SCHEDULES = "/exports?tab=schedules";

/** How far the first one has come that runs, in front of the title. */
function useTitle() {
  const running = model.rows.value.find(({ status }) => status === "running");
  const far = running && percent(running) !== null ? `${percent(running)} % · ` : "";
  useEffect(() => {
    document.title = `${far}Exports · Tallystick`;
  }, [far, hasNews.value]);
  // Leaving is having seen it.
  useEffect(() => () => void (hasNews.value = false), []);
}

const Bar = ({ current }) => h(Tabs, { label: "Exports", tabs: TABS, current, path: "/exports" });

function Schedules() {
  const open = new URLSearchParams(route.value.search).get("open");
  return html`<div class="beside">
    <div class="screen">
      <header><h1>Exports</h1><span class="grow"></span>
        <a class="button primary" href=${`${SCHEDULES}&open=new`}>${h(Icon, { name: "plus" })}New schedule</a></header>
      ${h(Bar, { current: "schedules" })}
      ${h(ScheduleList, { open })}
    </div>
    ${h(ScheduleBeside, { onClose: () => go(SCHEDULES) })}
  </div>`;
}

function Frame({ id }) {
  useEffect(() => {
    isListed.value = true;
    const again = () => document.hidden || model.reload();
    document.addEventListener("visibilitychange", again);
    addEventListener("tallystick:again", again);
    model.reload();
    return () => {
      isListed.value = false;
      document.removeEventListener("visibilitychange", again);
      removeEventListener("tallystick:again", again);
    };
  }, []);
  useTitle();
  const close = () => go("/exports");
  return html`<div class="beside">
    <div class="screen">
      <header><h1>Exports</h1><span class="grow"></span>
        <a class="button primary" href="/exports/new">${h(Icon, { name: "plus" })}New export</a></header>
      ${h(Bar, { current: "history" })}
      ${h(List, { open: id })}
    </div>
    ${id === NEW && h(NewExport, { key: route.value.search })}
    ${id && id !== NEW && h(Detail, { key: id, id, onClose: close })}
  </div>`;
}

/** Why there is nothing to see, for whoever cannot export here. */
function Not() {
  if (organization.value === null) {
    return h(Empty, { title: "Exports belong to an organization." }, html`<p>Choose one at the top.</p>`);
  }
  return h(
    Empty,
    { title: "Exports are not for you to see." },
    html`<p>Exporting takes the permission <code>audit_logs.export</code>: owners, administrators and auditors have
      it.</p>`,
  );
}

export function Screen() {
  const [id] = partsOf(route.value.path);
  const { data, error } = boot;
  useEffect(() => {
    document.title = "Exports · Tallystick";
  }, []);
  if (error.value && !data.value) {
    return html`<div class="screen">${h(Trouble, { error: error.value, retry: () => boot.retry() })}</div>`;
  }
  if (!present.value) return null;
  const [tab] = tabOf(TABS);
  if (mayExport.value && !id && tab === "schedules") return h(Schedules, {});
  return mayExport.value ? h(Frame, { id }) : html`<div class="screen"><h1>Exports</h1>${h(Not, {})}</div>`;
}
