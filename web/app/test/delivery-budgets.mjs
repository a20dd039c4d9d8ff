// Measures how fast events leave the service, and holds it to the budgets of docs/benchmarks.md:
//
//   node test/delivery-budgets.mjs --events 10000000
//
// starts the service (TALLYSTICK_BINARY, a release build) on an empty data directory, writes the events, and prints a
// table: exports of all of them, a stream to a webhook, a hundred streams at once, and ingest beside dead destinations.

import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer as createHttp } from "node:http";
import { createServer as createTcp } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { writeEvents } from "./made-events.mjs";
import { startSet } from "./service.mjs";

const ORG = "made";
const IDLE_MS = 5000;
const STREAM_MS = 60_000;
const STREAMS = 100;
const STREAMS_EVENTS = 20_000;
const DEAD = 20;
const DEAD_EVENTS = 300_000;
const DEAD_ROUNDS = 3;
const BUDGET = { rowsPerS: 150_000, memoryMib: 128, eventsPerS: 20_000, besideDead: 0.85, liveMs: 1000 };
/** A port of this machine that nobody listens at. */
const REFUSED = "http://127.0.0.1:9/";

/** A receiver of NDJSON that only counts lines by address, in a process of its own; asked with GET for what it has. */
function receive() {
  const counts = {};
  const server = createHttp((request, response) => {
    if (request.method === "GET") return response.end(JSON.stringify(counts));
    let lines = 0;
    request.on("data", (part) => {
      for (let at = part.indexOf(10); at >= 0; at = part.indexOf(10, at + 1)) lines++;
    });
    request.on("end", () => {
      counts[request.url] = (counts[request.url] ?? 0) + lines;
      response.writeHead(204).end();
    });
  });
  server.listen(0, "127.0.0.1", () => process.send(server.address().port));
}

const rows = [];
function report(what, budget, measured, isMet) {
  rows.push(isMet);
  console.log(`| ${what} | ${budget} | ${measured}${isMet ? "" : " **missed**"} |`);
}
const perS = (count, ms) => Math.round((count / ms) * 1000);
const shown = (number) => number.toLocaleString("en-US");

/** Memory of a process that no file stands behind, MiB. */
const memoryOf = (pid) => Number(/RssAnon:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]) / 1024;

async function exported(service, format) {
  await sleep(IDLE_MS);
  const idle = memoryOf(service.pid);
  const started = Date.now();
  const body = { org: ORG, name: format, query: "", from: "2020-01-01", to: "now", format };
  let one = await service.ask("POST", "/v1/exports", body);
  let most = idle;
  while (!["completed", "failed"].includes(one.status)) {
    await sleep(100);
    most = Math.max(most, memoryOf(service.pid));
    one = await service.get(`/v1/exports/${one.id}`);
  }
  const rate = perS(one.rows, Date.now() - started);
  assert.equal(one.status, "completed", JSON.stringify(one));
  await service.ask("DELETE", `/v1/exports/${one.id}`);
  const above = Math.round(most - idle);
  report(`${format}, ${shown(one.rows)} events`, "150,000/s", `${shown(rate)}/s`, rate >= BUDGET.rowsPerS);
  report("… memory above idle", "128 MiB", `${above} MiB`, above <= BUDGET.memoryMib);
}

const lagOf = ({ health }) => health.lag_events;
const made = (service, org, name, url) => {
  const settings = { url, body: "ndjson" };
  const query = "-action:audit_stream.*";
  const body = { organization_id: org, name, kind: "webhook", settings, query, start_from: "beginning" };
  return service.ask("POST", "/v1/streams", body);
};

async function oneStream(service, to) {
  const one = await made(service, ORG, "one", `${to}/one`);
  const started = Date.now();
  let now = one;
  do {
    await sleep(500);
    now = await service.get(`/v1/streams/${one.id}`);
  } while (lagOf(now) > 0 && Date.now() - started < STREAM_MS);
  const rate = perS(now.health.delivered_total, Date.now() - started);
  await service.ask("DELETE", `/v1/streams/${one.id}`);
  report("one stream to a webhook", "20,000/s", `${shown(rate)}/s`, rate >= BUDGET.eventsPerS);
}

async function manyStreams(service, to) {
  await service.ask("POST", "/v1/orgs", { id: "few" });
  await writeEvents(service, "few", STREAMS_EVENTS);
  const ids = [];
  const started = Date.now();
  for (let index = 0; index < STREAMS; index++) {
    ids.push((await made(service, "few", `one of many ${index}`, `${to}/many-${index}`)).id);
  }
  const behind = async () => (await service.get("/v1/streams?organization_id=few")).data.some((one) => lagOf(one) > 0);
  while (await behind()) await sleep(500);
  const rate = perS(STREAMS * STREAMS_EVENTS, Date.now() - started);
  const counts = Object.entries(await (await fetch(to)).json()).filter(([path]) => path.startsWith("/many-"));
  const isWhole = counts.length === STREAMS && counts.every(([, count]) => count >= STREAMS_EVENTS);
  for (const id of ids) await service.ask("DELETE", `/v1/streams/${id}`);
  const found = `${shown(rate)}/s together, ${isWhole ? "nothing" : "something"} missing`;
  report(`${STREAMS} streams at once, ${shown(STREAMS_EVENTS)} events each`, "all arrive", found, isWhole);
}

/** Ingest with a live stream, alone and beside dead ones in turn: what matters is how the two compare. */
async function besideDead(service, to) {
  const hole = createTcp((socket) => socket.on("error", () => {}).resume()).listen(0, "127.0.0.1");
  await once(hole, "listening");
  await service.ask("POST", "/v1/orgs", { id: "busy" });
  const live = await made(service, "busy", "live", `${to}/live`);
  const round = async () => {
    const started = Date.now();
    await writeEvents(service, "busy", DEAD_EVENTS);
    const written = Date.now();
    while (lagOf(await service.get(`/v1/streams/${live.id}`)) > 0) await sleep(20);
    return [perS(DEAD_EVENTS, written - started), Date.now() - written];
  };
  await round();
  const [ratios, lags] = [[], []];
  for (let index = 0; index < DEAD_ROUNDS; index++) {
    const [alone] = await round();
    const ids = [];
    for (let nth = 0; nth < DEAD; nth++) {
      const url = nth % 2 ? `http://127.0.0.1:${hole.address().port}/` : REFUSED;
      ids.push((await made(service, "busy", `dead ${index} ${nth}`, url)).id);
    }
    const [beside, lag] = await round();
    for (const id of ids) await service.ask("DELETE", `/v1/streams/${id}`);
    ratios.push(beside / alone);
    lags.push(lag);
  }
  hole.close();
  const middle = ratios.toSorted()[Math.floor(DEAD_ROUNDS / 2)];
  const what = `ingest beside ${DEAD} dead destinations, of what it is without`;
  report(what, `${BUDGET.besideDead}`, middle.toFixed(2), middle >= BUDGET.besideDead);
  const last = Math.max(...lags);
  report("… the live stream has all after the last acknowledgement", "1 s", `${last} ms`, last <= BUDGET.liveMs);
}

async function main() {
  const { values } = parseArgs({ options: { events: { type: "string", default: "1000000" } } });
  const service = await startSet({ env: { TALLYSTICK_STREAMS__ALLOW_PRIVATE_DESTINATIONS: "true" } });
  const receiver = fork(fileURLToPath(import.meta.url), ["receive"]);
  const [port] = await once(receiver, "message");
  const to = `http://127.0.0.1:${port}`;
  try {
    await service.ask("POST", "/v1/orgs", { id: ORG });
    const say = (done) => done % 500_000 === 0 && console.error(`${done} of ${values.events} written`);
    await writeEvents(service, ORG, Number(values.events), say);
    for (const format of ["csv", "ndjson", "parquet"]) await exported(service, format);
    await oneStream(service, to);
    await manyStreams(service, to);
    await besideDead(service, to);
  } finally {
    receiver.kill();
    await service.stop();
  }
  process.exit(rows.every(Boolean) ? 0 : 1);
}

if (process.argv[2] === "receive") receive();
else await main();
