// The page: takes files by drop, by button or by paste, hands them to the session, and shows what it finds out.

import { connect } from "./channel.js";
import { el, icon, name, number } from "./dom.js";
import { eventsView } from "./events-view.js";
import { resultView } from "./result-view.js";

const byId = (id) => document.getElementById(id);
const state = { evidence: null, isWaiting: false, run: 0 };

/** Runs the page; `core` is the function with all that checks, whose source is the worker's. */
export function start(core) {
  const ask = connect(core, showProgress);
  byId("evidence-button").addEventListener("click", () => byId("evidence-input").click());
  byId("policy-button").addEventListener("click", () => byId("policy-input").click());
  for (const id of ["evidence-input", "policy-input"]) {
    byId(id).addEventListener("change", ({ target }) => {
      take([...target.files], ask, id === "policy-input");
      target.value = "";
    });
  }
  byId("keys").addEventListener("submit", (event) => {
    event.preventDefault();
    takeKeys(byId("keys-text").value, ask);
  });
  acceptDrops(ask);
}

function acceptDrops(ask) {
  let depth = 0;
  const mark = (change) => {
    depth = Math.max(0, depth + change);
    document.body.classList.toggle("dropping", depth > 0);
  };
  addEventListener("dragenter", () => mark(1));
  addEventListener("dragleave", () => mark(-1));
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", (event) => {
    event.preventDefault();
    mark(-depth);
    take([...event.dataTransfer.files], ask, false);
  });
}

/** Takes files of any kind; policies first, so that they count for what comes with them. */
async function take(files, ask, isPolicy) {
  trouble("");
  let kinds;
  try {
    kinds = await Promise.all(files.map((file) => ask({ ask: "kind", file })));
  } catch {
    return trouble("This cannot be read: is it a folder?");
  }
  const found = files.map((file, index) => ({ file, kind: isPolicy ? "policy" : kinds[index] }));
  try {
    for (const { file } of found.filter(({ kind }) => kind === "policy")) {
      showPolicy(await ask({ ask: "takePolicy", file }), file.name);
    }
  } catch (error) {
    return trouble(`The policy cannot be used: ${error.message}.`);
  }
  const evidence = found.filter(({ kind }) => kind !== "policy");
  const unknown = evidence.find(({ kind }) => kind === "unknown");
  if (unknown) return trouble(`${unknown.file.name} is neither an evidence pack nor an event proof nor a policy.`);
  // A proof and its event may come one after the other.
  if (state.evidence && (!evidence.length || state.isWaiting)) evidence.unshift(...state.evidence);
  if (evidence.length) {
    state.evidence = evidence;
    await verify(evidence, ask);
  }
}

async function takeKeys(text, ask) {
  trouble("");
  try {
    showPolicy(await ask({ ask: "takeKeys", text }), "pasted keys");
  } catch (error) {
    return trouble(`The keys cannot be used: ${error.message}.`);
  }
  if (state.evidence) await verify(state.evidence, ask);
}

async function verify(evidence, ask) {
  const run = ++state.run;
  const size = evidence.reduce((sum, { file }) => sum + file.size, 0);
  byId("evidence-name").replaceChildren(
    icon("file"),
    name(evidence.map(({ file }) => file.name).join(", ")),
    ` ${bytes(size)}`,
  );
  byId("result").replaceChildren();
  beginProgress(size);
  let answer;
  try {
    for (const { file, kind } of evidence) answer = await ask({ ask: "verify", file, kind });
  } catch (error) {
    answer = { trouble: error.message };
  }
  if (run !== state.run) return;
  endProgress();
  if (answer.trouble) return trouble(answer.trouble);
  state.isWaiting = Boolean(answer.waiting);
  if (answer.waiting) {
    return trouble(
      answer.waiting === "record"
        ? "This proof needs the event it is about: choose the event's record as well."
        : "This is an event without a proof: choose its .tlog-proof as well.",
    );
  }
  show(answer, ask);
}

function show({ report, json, groups }, ask) {
  const events = groups?.length ? eventsView(groups, ask, report.worth) : null;
  const parts = resultView(report);
  // The events stand behind what counts most, before what they rest on.
  if (events) parts.splice(parts.findIndex((part) => part.classList.contains("columns")) + 1, 0, events);
  if (json) parts.push(el("p", { class: "download" }, downloadButton(json)));
  byId("result").replaceChildren(...parts);
  document.title = `${report.headline.title} · Tallystick verifier`;
  byId("verdict").focus({ preventScroll: true });
  byId("result").scrollIntoView({ block: "start" });
}

function downloadButton(json) {
  const save = () => {
    const url = URL.createObjectURL(new Blob([json], { type: "application/json" }));
    el("a", { href: url, download: "verification-report.json" }).click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
  };
  return el("button", { class: "button", type: "button", onclick: save }, "Download the report as JSON");
}

function showPolicy(policy, from) {
  const shown = byId("policy-name");
  if (!policy) return shown.replaceChildren("No policy: only consistency is checked.");
  const { logs, witnesses } = policy;
  const parts =
    `: ${number(logs.length)} ${logs.length === 1 ? "log" : "logs"}, ` +
    `${number(witnesses.length)} ${witnesses.length === 1 ? "witness" : "witnesses"}` +
    (policy.has_quorum ? "" : ", no quorum asked for");
  shown.replaceChildren(icon("key"), el("span", {}, name(from), parts));
}

function trouble(text) {
  byId("trouble").replaceChildren(text);
}

let progress = null;

function beginProgress(size) {
  progress = { size, since: performance.now() };
  byId("progress-bar").removeAttribute("value");
  byId("progress-bar").max = size;
  byId("progress-text").textContent = "Checking…";
  byId("progress").hidden = false;
}

function showProgress({ bytes: done, records }) {
  if (!progress) return;
  const seconds = (performance.now() - progress.since) / 1000;
  byId("progress-bar").value = done;
  const rate = Math.round(records / seconds);
  const left = Math.ceil(((progress.size - done) / done) * seconds);
  byId("progress-text").textContent =
    `${number(records)} events checked, ${number(rate)} a second, about ${number(left)} s left`;
}

function endProgress() {
  progress = null;
  byId("progress").hidden = true;
}

function bytes(size) {
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  let unit = 0;
  for (; size >= 1000 && unit < units.length - 1; unit++) size /= 1000;
  return `${unit ? size.toFixed(1) : size} ${units[unit]}`;
}
