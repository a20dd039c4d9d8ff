// Time, addresses, differences, text and the parts of the screens that compute.

import assert from "node:assert/strict";
import { test } from "node:test";

import { kindOf, patchOf, pathOf, shown, wordDiff } from "../lib/diff.js";
import { about, bytes, count, number, shortNumber } from "../lib/format.js";
import { instantOf, localOf } from "../lib/local-time.js";
import { cut, lineOf, visible } from "../lib/safe-text.js";
import { isSame, stateOf, viewOf } from "../lib/saved-view.js";
import { Parser } from "../lib/sse.js";
import { firstDifference } from "../lib/same-event.js";
import * as time from "../lib/time.js";
import { changed, fixed, labelOf, parameters, relative } from "../lib/time-range.js";
import { explorer, format, parse } from "../lib/url-state.js";
import { layOut } from "../screens/entities/activity-layout.js";
import { stateAt } from "../screens/entities/state-fields.js";
import { unusual } from "../screens/overview/unusual.js";
import { Pages } from "../screens/events/pages.js";

const NOW = Date.parse("2026-11-20T22:40:00Z");

test("times are those of the zone, also across a change of clocks", () => {
  assert.equal(time.rowTime("2026-11-20T22:01:01.855Z", "UTC", NOW), "20 Nov 22:01:01.855");
  assert.equal(time.rowTime("2025-11-20T22:01:01Z", "UTC", NOW), "20 Nov 2025 22:01:01.000");
  assert.equal(time.rowTime("2026-10-25T00:30:00Z", "Europe/Berlin", NOW), "25 Oct 02:30:00.000");
  assert.equal(time.rowTime("2026-10-25T01:30:00Z", "Europe/Berlin", NOW), "25 Oct 02:30:00.000");
  assert.equal(time.offsetOf(Date.parse("2026-10-25T00:30:00Z"), "Europe/Berlin"), "+02:00");
  assert.equal(time.offsetOf(Date.parse("2026-10-25T01:30:00Z"), "Europe/Berlin"), "+01:00");
  assert.equal(time.offsetOf(NOW, "Asia/Kathmandu"), "+05:45");
  assert.equal(time.offsetOf(NOW, "America/St_Johns"), "-03:30");
  assert.equal(time.rowTime("no time", "UTC"), "no time");
  assert.ok(!time.isZone("Mars/Olympus") && time.isZone("Europe/Madrid"));
});

test("buckets end where the next begins, and the last is as wide as the interval", () => {
  const buckets = [{ start: "2026-10-24T22:00:00Z" }, { start: "2026-10-25T23:00:00Z" }];
  const [day, last] = time.bucketTimes(buckets, "1d");
  assert.equal(day.end - day.start, 25 * 3_600_000);
  assert.equal(last.end - last.start, 24 * 3_600_000);
  assert.equal(time.widthMs("10s"), 10_000);
  assert.equal(time.widthMs("x"), null);
});

test("a relative range is exact while a search runs, and a fixed one stays as written", () => {
  assert.deepEqual(parameters(relative("24h"), NOW), { from: "2026-11-19T22:40:00Z", to: null });
  assert.deepEqual(parameters(relative("last-month"), NOW), { from: "now-1mo/mo", to: "now-1mo/mo" });
  assert.deepEqual(parameters(relative("this-quarter"), NOW), { from: "2026-10-01", to: null });
  assert.deepEqual(parameters(relative("all"), NOW), { from: null, to: null });
  assert.deepEqual(parameters(fixed("yesterday", ""), NOW), { from: "yesterday", to: null });
  assert.equal(labelOf(relative("36h"), String), "Last 36 hours");
  assert.equal(labelOf(fixed("a", "b"), String), "a – b");
});

test("ranges widen around their middle and do not reach into the future", () => {
  const bounds = { start: NOW - 3_600_000, end: NOW };
  assert.deepEqual(changed(bounds, 2, 0, NOW), { from: "2026-11-20T20:40:00Z", to: "2026-11-20T22:40:00Z" });
  assert.deepEqual(changed(bounds, 0.5, 0, NOW), { from: "2026-11-20T21:55:00Z", to: "2026-11-20T22:25:00Z" });
  assert.deepEqual(changed(bounds, 1, -1, NOW), { from: "2026-11-20T20:40:00Z", to: "2026-11-20T21:40:00Z" });
});

test("the address keeps the state, and what it does not know", () => {
  const id = `evt_${"a".repeat(32)}`;
  for (const search of [
    "",
    "?q=actor:alice+-outcome:success",
    "?range=30d",
    "?from=2026-11-01&to=2026-11-02T10:00Z&tz=Europe/Madrid&order=asc&cols=time,sentence,ip&group=actor",
    `?event=${id}&live=1`,
    `?compare=${id},${id.replaceAll("a", "b")}`,
    `?q=x&view=sv_${"0a".repeat(10)}`,
    "?org=acme&utm=x&utm=y",
  ]) {
    assert.equal(format(parse(search)).replaceAll("%2F", "/"), search);
  }
});

test("what is not valid in an address is left out", () => {
  const state = parse("?range=soon&tz=Nowhere&group=size&event=1&order=up&compare=x&view=sv_1");
  assert.deepEqual(
    [state.range, state.tz, state.group, state.event, state.order],
    [relative("7d"), null, "outcome", null, "desc"],
  );
  assert.equal(format(state), "");
  assert.equal(explorer("a b"), "/events?q=a+b");
});

test("server-sent events are read from chunks of any size", () => {
  const text = 'id: 7\nevent: event\ndata: {"a":\r\ndata: 1}\r\n\r\n: ping\n\ndata:x\n\n';
  for (let size = 1; size <= text.length; size++) {
    const found = [];
    const parser = new Parser((message) => found.push(message));
    for (let at = 0; at < text.length; at += size) parser.push(text.slice(at, at + size));
    assert.deepEqual(found, [
      { type: "event", data: '{"a":\n1}', id: "7" },
      { type: "message", data: "x", id: null },
    ]);
  }
});

test("text that hides or reorders is written out, and long text is cut between characters", () => {
  assert.equal(visible("a\u202eb\u0000\u200b"), "a⟨U+202E⟩b⟨U+0000⟩⟨U+200B⟩");
  assert.equal(lineOf({ a: [1] }), '{"a":[1]}');
  assert.equal(lineOf("a\n\n b"), "a b");
  const { text, rest } = cut("😀".repeat(10), 5);
  assert.equal(text, "😀😀");
  assert.equal(rest, 16);
});

test("changes are shown word by word where that helps", () => {
  const { before, after } = wordDiff(
    "page the on-call team after 5 minutes",
    "page the on-call team after 10 minutes",
  );
  assert.deepEqual(
    before.filter((part) => part.isChanged).map(({ text }) => text),
    ["5"],
  );
  assert.deepEqual(
    after.filter((part) => part.isChanged).map(({ text }) => text),
    ["10"],
  );
  assert.equal(before.map(({ text }) => text).join(""), "page the on-call team after 5 minutes");
  assert.equal(wordDiff("one", "two"), null);
  assert.deepEqual([shown("5", 5), shown(5, "5"), shown("member", "admin"), shown("")], ['"5"', "5", "member", '""']);
  assert.deepEqual([kindOf(null), kindOf([]), kindOf("")], ["nothing", "list", "string"]);
  assert.equal(pathOf("/steps/0/a~1b"), "steps[0].a/b");
  assert.deepEqual(patchOf([{ op: "remove", path: "/a", old: 1 }]), [{ op: "remove", path: "/a" }]);
});

test("numbers", () => {
  const format = new Intl.NumberFormat("en");
  for (const value of [0, 12, 999, 1_000, -999, -1_000, 123_456, 1_234_567, 2 ** 53 - 1, 1e21, 1234.5678, Infinity]) {
    assert.equal(number(value), format.format(value));
  }
  assert.deepEqual([shortNumber(9_999), shortNumber(12_345)], ["9,999", "12.3K"]);
  assert.deepEqual([about(5, true), about(5, false)], ["5", "≈ 5"]);
  assert.deepEqual(
    [count(1, "event"), count(2, "entity", "entities"), bytes(1500)],
    ["1 event", "2 entities", "1.5 kB"],
  );
});

test("a state is put together from changes only", () => {
  const at = (text) => Date.parse(text);
  const events = [
    { occurred_at: "2026-01-01T00:00:00Z", changes: [{ op: "add", path: "/role", new: "member" }] },
    {
      occurred_at: "2026-02-01T00:00:00Z",
      changes: [
        { op: "replace", path: "/role", old: "member", new: "admin" },
        { op: "replace", path: "/team", old: "a", new: "b" },
      ],
    },
  ];
  const values = (time) => stateAt(events, at(time)).map(({ path, value, isThere }) => [path, isThere ? value : null]);
  assert.deepEqual(values("2025-12-01T00:00:00Z"), [
    ["/role", null],
    ["/team", "a"],
  ]);
  assert.deepEqual(values("2026-01-15T00:00:00Z"), [
    ["/role", "member"],
    ["/team", "a"],
  ]);
  assert.deepEqual(values("2026-03-01T00:00:00Z"), [
    ["/role", "admin"],
    ["/team", "b"],
  ]);
});

test("a calendar begins on the weekday it begins on", () => {
  const buckets = Array.from({ length: 9 }, (_, i) => ({
    start: new Date(Date.UTC(2026, 0, 1 + i)).toISOString(),
    count: i,
  }));
  const days = layOut(buckets, () => 3);
  assert.deepEqual([days[0].week, days[0].day], [0, 3]);
  assert.deepEqual([days[4].week, days[4].day], [1, 0]);
});

test("unlike before is by a rule", () => {
  const now = [
    { value: "a", count: 12 },
    { value: "b", count: 12 },
    { value: "c", count: 9 },
    { value: "d", count: 4 },
  ];
  const before = [
    { value: "a", count: 8 },
    { value: "b", count: 40 },
  ];
  assert.deepEqual(unusual(now, before, 4), [
    { value: "c", count: 9, ratio: null },
    { value: "a", count: 12, ratio: 6 },
  ]);
});

test("pages that are far away are dropped and asked for again", async () => {
  const pages = new Pages();
  const page = (from, length) => ({
    events: Array.from({ length }, (_, i) => ({ id: from + i })),
    next_cursor: `c${from + length}`,
    searched_until: null,
  });
  const asked = [];
  pages.start(
    page(0, Pages.FIRST),
    async (cursor, limit) => (asked.push(cursor), page(Number(cursor.slice(1)), limit)),
  );
  while (pages.length < 22_000) await pages.more();
  pages.keepAround(pages.length - 1);
  const held = pages.list.reduce((sum, { rows }) => sum + (rows?.length ?? 0), 0);
  assert.ok(held <= 20_000 && pages.length >= 22_000, String(held));
  assert.equal(pages.at(pages.length - 1).id, pages.length - 1);
  assert.equal(pages.at(700), null);
  await new Promise((resolve) => setTimeout(resolve));
  assert.equal(pages.at(700).id, 700);
  pages.prepend([{ id: "new" }, { id: 1 }]);
  assert.equal(pages.at(0).id, "new");
  assert.equal(pages.at(1).id, 0);
  assert.equal(pages.indexOf(3), 4);
});

test("an event is the one in the log only with all of its units", () => {
  const leaf = { id: "evt_1", seq: 7n, receivedAt: "2026-11-20T22:40:00.000Z" };
  const event = {
    id: "evt_1",
    seq: 7,
    received_at: leaf.receivedAt,
    org: "acme",
    action: "user.updated",
    actor: { type: "user", id: "u_1" },
    changes: [{ path: "/role", old: { a: 1, b: [null, 2] }, new: "admin" }],
    sentence: ["made by the service"],
  };
  const values = new Map([
    ["actor", { id: "u_1", type: "user" }],
    ["changes", [{ new: "admin", old: { b: [null, 2], a: 1 }, path: "/role" }]],
    ["event", { action: "user.updated", org: "acme" }],
  ]);
  assert.equal(firstDifference(event, values, leaf), null);
  const altered = [
    [{ id: "evt_2" }, /^the id/],
    [{ seq: 8 }, /^the seq/],
    [{ received_at: "2026-11-20T22:40:00.001Z" }, /^the time received/],
    [{ action: "user.viewed" }, /^event/],
    [{ outcome: "success" }, /^event/],
    [{ actor: { type: "user", id: "u_1", name: "Root" } }, /^actor/],
    [{ changes: [{ path: "/role", old: { a: 1, b: [2, null] }, new: "admin" }] }, /^changes/],
    [{ changes: { 0: event.changes[0] } }, /^changes/],
    [{ metadata: {} }, /^metadata: the proof does not disclose/],
  ];
  for (const [change, wanted] of altered) {
    assert.match(firstDifference({ ...event, ...change }, values, leaf), wanted);
  }
  const { changes: _, ...without } = event;
  assert.match(firstDifference(without, values, leaf), /^changes: it is left out/);
});

test("a kept search is shown as it was kept, and a change of it is noticed", () => {
  for (const view of [
    {},
    { range: "30d", columns: ["time", "metadata.x"], group: "actor", order: "asc" },
    { from: "2026-11-01" },
    { from: "2026-11-01", to: "now-1d" },
  ]) {
    const search = { id: "sv_1", query: "outcome:denied", view };
    const state = { ...parse(""), ...stateOf(search) };
    assert.ok(isSame(state, search), JSON.stringify(view));
    assert.ok(isSame(state, { ...search, view: JSON.parse(JSON.stringify(viewOf(state))) }));
    const order = view.order ? "desc" : "asc";
    for (const other of [{ q: "x" }, { range: relative("90d") }, { order }, { cols: ["time"] }])
      assert.ok(!isSame({ ...state, ...other }, search), JSON.stringify([view, other]));
  }
});

test("local times are those of their zone, also around a change of the clocks", () => {
  for (const [local, zone, utc] of [
    ["2026-11-20T09:30", "UTC", "2026-11-20T09:30:00.000Z"],
    ["2026-11-20T09:30", "Europe/Madrid", "2026-11-20T08:30:00.000Z"],
    ["2026-07-01T00:00", "Asia/Kathmandu", "2026-06-30T18:15:00.000Z"],
    ["2026-07-01T00:00", "America/New_York", "2026-07-01T04:00:00.000Z"],
    ["2026-10-25T01:59", "Europe/Madrid", "2026-10-24T23:59:00.000Z"],
    ["2026-10-25T03:00", "Europe/Madrid", "2026-10-25T02:00:00.000Z"],
    ["2026-03-29T01:59", "Europe/Madrid", "2026-03-29T00:59:00.000Z"],
    ["2026-03-29T03:00", "Europe/Madrid", "2026-03-29T01:00:00.000Z"],
  ]) {
    const ms = instantOf(local, zone);
    assert.equal(new Date(ms).toISOString(), utc, `${local} ${zone}`);
    assert.equal(localOf(ms, zone), local);
  }
  assert.ok(Number.isNaN(instantOf("yesterday", "UTC")));
  assert.ok(Number.isNaN(instantOf("", "Europe/Madrid")));
});
