// Measures what people wait for in the events explorer, and holds it to the budgets of docs/benchmarks.md:
//
//   node test/budgets.mjs --events 10000000
//
// starts the service (TALLYSTICK_BINARY, a release build) on an empty data directory, writes the events, and prints a
// table. With TALLYSTICK_APP_URL and TALLYSTICK_APP_KEY it measures a service that runs, with the events of `--org ID`.

import { parseArgs } from "node:util";

import { launch, open, rowsShown } from "./browser.mjs";
import { madeEvent, writeEvents } from "./made-events.mjs";
import { startEmpty } from "./service.mjs";

const MADE_ORG = "made";
const ROUNDS = 9;
/** How long a page that begins is left alone. */
const START_MS = 1500;
const SLOW_START_MS = 4000;
const CLICKS = 30;
const SCROLL_ROWS = 19_500;
const SCROLL_STEP_PX = 600;
const SCROLL_MS_MAX = 180_000;
const TAIL_MS = 8000;
const TAIL_PER_S = 200;
const SLOW = { rtt: 100, bits: 10_000_000, cpu: 4 };
/** Two frames of a display of 60 Hz, 33.3 ms, by a browser's clock, which counts tenths of a millisecond. */
const FRAME_MS = 33.5;

const { values } = parseArgs({
  options: { events: { type: "string", default: "200000" }, org: { type: "string", default: MADE_ORG } },
});
const { org } = values;
const address = `/events?range=30d&org=${org}`;
const sorted = (times) => times.toSorted((one, other) => one - other);
const at = (times, share) => sorted(times)[Math.min(times.length - 1, Math.floor(times.length * share))];
const ms = (number) => `${number < 10 ? number.toFixed(1) : Math.round(number)} ms`;

const rows = [];
/** A line of the table; `isMet` says whether the budget holds. */
function report(what, budget, measured, isMet) {
  rows.push(isMet);
  console.log(`| ${what} | ${budget} | ${measured}${isMet ? "" : " **missed**"} |`);
}

const service = await startEmpty();
if (!process.env.TALLYSTICK_APP_URL) {
  await service.ask("POST", "/v1/orgs", { id: org });
  const count = Number(values.events);
  const say = (done) => done % 500_000 === 0 && console.error(`${done} of ${count} written`);
  await writeEvents(service, org, count, say);
}
const browser = await launch();
const go = (path, options) => open(browser, service, path, options);

/** Notes when the first rows were painted: seen by the page itself, for asking it from outside takes its time. */
function noteRows() {
  const observer = new MutationObserver(() => {
    if (!document.querySelector(".row:not(.ghost-row)")) return;
    observer.disconnect();
    requestAnimationFrame(() => setTimeout(() => (globalThis.rowsPainted = performance.now())));
  });
  observer.observe(document, { subtree: true, childList: true });
}

/** Everything of a page that begins empty: when something was painted, and when the rows were. */
async function coldStart(slow) {
  const times = { paint: [], rows: [] };
  for (let round = 0; round < ROUNDS; round++) {
    const { page, close, context } = await go("/readyz");
    if (slow) {
      const session = await context.newCDPSession(page);
      await session.send("Network.enable");
      const throughput = slow.bits / 8;
      const wire = { offline: false, latency: slow.rtt, downloadThroughput: throughput, uploadThroughput: throughput };
      await session.send("Network.emulateNetworkConditions", wire);
      await session.send("Emulation.setCPUThrottlingRate", { rate: slow.cpu });
    }
    await page.addInitScript(noteRows);
    await page.goto(service.url + address, { waitUntil: "commit" });
    // Asking a page puts a program of the test's into it, which would be counted. So it is left alone at first.
    await page.waitForTimeout(slow ? SLOW_START_MS : START_MS);
    const painted = await page.waitForFunction(() => globalThis.rowsPainted);
    times.rows.push(await painted.jsonValue());
    times.paint.push(
      await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0].startTime),
    );
    // The bars and the values of this page are not to be counted while the next one begins.
    await page.waitForLoadState("networkidle");
    await close();
  }
  return times;
}

/** Notes of the page: how long interactions took until they were painted, long tasks, and the time between frames. */
const watch = (page) =>
  page.evaluate(() => {
    const seen = { interactions: [], tasks: [], frames: [], isOn: true };
    globalThis.seen = seen;
    const note = (type, options, take) =>
      new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({ type, ...options });
    note("event", { durationThreshold: 16 }, (entry) => entry.interactionId && seen.interactions.push(entry.duration));
    note("longtask", {}, (entry) => seen.tasks.push(entry.duration));
    let last = performance.now();
    const frame = (now) => {
      seen.frames.push(now - last);
      last = now;
      if (seen.isOn) requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  });
const seenOf = (page) => page.evaluate(() => Object.assign(globalThis.seen, { isOn: false }));

async function clicks(page) {
  const times = [];
  for (let index = 0; index < CLICKS; index++) {
    times.push(
      await page.evaluate(
        (nth) =>
          new Promise((resolve) => {
            const row = document.querySelectorAll(".row:not(.ghost-row)")[nth];
            const before = document.querySelector("#event-sentence")?.textContent;
            const start = performance.now();
            const look = () => {
              const now = document.querySelector("#event-sentence")?.textContent;
              if (now === undefined || now === before) return void requestAnimationFrame(look);
              setTimeout(() => resolve(performance.now() - start));
            };
            row.click();
            requestAnimationFrame(look);
          }),
        index % 12,
      ),
    );
    await page.waitForTimeout(60);
  }
  return times;
}

/** Scrolls like a wheel that does not stop; where nothing is loaded yet it waits, as people must. */
const scroll = (page) =>
  page.evaluate(
    ({ most, step, giveUpMs }) =>
      new Promise((resolve) => {
        const rows = () => document.querySelectorAll(".row").length;
        const row = document.querySelector(".row");
        let scroller = row.parentElement;
        while (!["auto", "scroll"].includes(getComputedStyle(scroller).overflowY)) scroller = scroller.parentElement;
        const { height } = row.getBoundingClientRect();
        const until = performance.now() + giveUpMs;
        let elements = 0;
        const frame = () => {
          scroller.scrollTop += step;
          elements = Math.max(elements, rows());
          const passed = Math.round((scroller.scrollTop + scroller.clientHeight) / height);
          if (passed < most && performance.now() < until) requestAnimationFrame(frame);
          else resolve({ elements, passed });
        };
        frame();
      }),
    { most: SCROLL_ROWS, step: SCROLL_STEP_PX, giveUpMs: SCROLL_MS_MAX },
  );

async function measurePages() {
  for (const [name, slow, paintMax, rowsMax] of [
    ["this machine", null, 200, 400],
    ["100 ms, 10 Mbit/s, a CPU 4 times slower", SLOW, 800, 1500],
  ]) {
    const { paint, rows: shown } = await coldStart(slow);
    report(`first paint, ${name}`, `${paintMax} ms`, ms(at(paint, 0.5)), at(paint, 0.5) <= paintMax);
    report(`rows on screen, ${name}`, `${rowsMax} ms`, ms(at(shown, 0.5)), at(shown, 0.5) <= rowsMax);
  }
}

async function measureActs() {
  const { page, close } = await go(address);
  await rowsShown(page);
  await page.waitForTimeout(1500);
  await clicks(page);
  const opened = await clicks(page);
  const middle = at(opened, 0.5);
  report("row pressed until the event is painted", "50 ms", `${ms(middle)}, p95 ${ms(at(opened, 0.95))}`, middle <= 50);
  const { events } = await service.get(`/v1/events?org=${org}&limit=1`);
  await page.goto(`${service.url}/events/${events[0].id}`);
  const verified = [];
  for (let index = 0; index < ROUNDS; index++) {
    const button = page.locator(".verify");
    await button.waitFor();
    verified.push(
      await page.evaluate(
        () =>
          new Promise((resolve) => {
            const start = performance.now();
            document.querySelector(".verify").click();
            const look = () =>
              document.querySelector(".verify").disabled
                ? requestAnimationFrame(look)
                : resolve(performance.now() - start);
            setTimeout(look);
          }),
      ),
    );
  }
  report("verify one event, with the proof fetched", "150 ms", ms(at(verified, 0.5)), at(verified, 0.5) <= 150);
  await close();
}

async function measureKeys() {
  const { page, close } = await go(address);
  await rowsShown(page);
  await watch(page);
  await page.focus("#query");
  await page.keyboard.type("outcome:denied -action:user.signed_in actor:user/u_1", { delay: 40 });
  await page.keyboard.press("Escape");
  await page.keyboard.press("Enter");
  await page.waitForTimeout(300);
  for (const key of ["j", "j", "Enter", "j", "j", "k", "Escape"]) {
    await page.keyboard.press(key);
    await page.waitForTimeout(80);
  }
  // What took less than 16 ms is not noted, so these are the slow ones only.
  const { interactions } = await seenOf(page);
  const slow = interactions.length ? at(interactions, 0.75) : 0;
  report("interaction until painted, p75 of those over 16 ms", "100 ms", ms(slow), slow <= 100);
  await close();
}

async function measureScroll() {
  const { page, close, context } = await go(address);
  await rowsShown(page);
  const session = await context.newCDPSession(page);
  await watch(page);
  const { elements, passed } = await scroll(page);
  const { frames } = await seenOf(page);
  await session.send("HeapProfiler.collectGarbage");
  const { usedSize } = await session.send("Runtime.getHeapUsage");
  const p95 = at(frames, 0.95);
  const isSmooth = p95 <= FRAME_MS && passed >= SCROLL_ROWS;
  report(`scroll through ${passed} rows: frame p95`, "33 ms", ms(p95), isSmooth);
  report("… row elements at most", "60", String(elements), elements <= 60);
  const heap = usedSize / 1024 ** 2;
  report("… heap", "60 MB", `${heap.toFixed(0)} MB`, heap <= 60);
  await close();
}

async function measureTail() {
  const { page, close } = await go(`/events?range=1h&org=${org}&live=1`);
  await page.waitForTimeout(1500);
  await watch(page);
  const until = Date.now() + TAIL_MS;
  let sent = 0;
  while (Date.now() < until) {
    const batch = Array.from({ length: TAIL_PER_S / 10 }, (_, index) => madeEvent(org, sent + index, 1, Date.now()));
    await service.send(batch.map((text) => ({ ...JSON.parse(text), occurred_at: new Date().toISOString() })));
    sent += batch.length;
    await page.waitForTimeout(Math.max(0, until - TAIL_MS + (sent / TAIL_PER_S) * 1000 - Date.now()));
  }
  const { frames, tasks } = await seenOf(page);
  const p95 = at(frames, 0.95);
  const rate = Math.round(sent / (TAIL_MS / 1000));
  report(`live tail, ${rate} events/s: frame p95`, "33 ms", ms(p95), p95 <= FRAME_MS);
  report("… tasks over 50 ms", "0", String(tasks.length), tasks.length === 0);
  await close();
}

async function measureService() {
  const from = new Date(Date.now() - 30 * 86_400_000).toISOString();
  const ask = async (path) => {
    const times = [];
    for (let index = 0; index < ROUNDS; index++) {
      const start = performance.now();
      await service.get(`${path}&org=${org}&from=${from}`);
      times.push(performance.now() - start);
    }
    return at(times, 0.5);
  };
  for (const [name, q] of [
    ["all events", ""],
    ["a tenth (one action)", "&q=action:alert.created"],
  ]) {
    const first = await ask(`/v1/events?limit=200${q}`);
    const histogram = await ask(`/v1/histogram?buckets=80&by=outcome${q}`);
    const facet = await ask(`/v1/facets?field=action&limit=10${q}`);
    const count = await ask(`/v1/count?${q.slice(1)}`);
    report(`service, ${name}: first 200`, "50 ms", ms(first), first <= 50);
    report(`service, ${name}: histogram + a facet`, "300 ms", ms(histogram + facet), histogram + facet <= 300);
    report(`service, ${name}: count`, "300 ms", ms(count), count <= 300);
  }
}

const { count } = await service.get(`/v1/count?org=${org}`);
console.log(`With ${count.toLocaleString("en")} events in the organization:\n`);
console.log("| what | at most | measured |\n|---|---|---|");
await measurePages();
await measureActs();
await measureKeys();
await measureScroll();
await measureTail();
await measureService();
await browser.close();
await service.stop();
process.exitCode = rows.every(Boolean) ? 0 : 1;
