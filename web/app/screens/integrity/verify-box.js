// Checks a pasted id or proof, or a file, with the modules of the verifier page: the same code as in the saved one-
// file verifier, and the same words in the result.

import { getJson, request } from "../../lib/api.js";
import { h, html, useEffect, useRef, useState } from "../../lib/html.js";
import { bytes, number } from "../../lib/format.js";
import { visible } from "../../lib/safe-text.js";
import { isEventId } from "../../lib/url-state.js";
import { download } from "../../ui/hand-over.js";
import { Icon, announce } from "../../ui/parts.js";

const SLICE_MS = 40;

/** Lets the page do other things when a slice of time is used up. */
function slices() {
  let until = performance.now() + SLICE_MS;
  return async () => {
    if (performance.now() < until) return;
    await new Promise((resolve) => setTimeout(resolve));
    until = performance.now() + SLICE_MS;
  };
}

/** The keys that this service states for a log: enough to see that it agrees with itself. */
async function keysOf(origin) {
  const found = await getJson("/.well-known/tallystick-keys.json", { log: origin.split("/").at(-1) }).catch(
    () => null,
  );
  return found?.keys.map(({ vkey }) => vkey).join("\n") ?? "";
}

async function check(file, tell) {
  const { Session } = await import("../../../verify/session.js");
  const session = new Session(tell, slices());
  const kind = await session.kind({ file });
  if (kind === "unknown" || kind === "policy")
    return { trouble: "This is neither an evidence pack nor an event proof." };
  /** @type {any} */
  let answer = await session.verify({ file, kind });
  if (answer.waiting)
    return { trouble: "This needs a second file: the verifier page takes a proof and its event one after the other." };
  const origin = answer.report.log?.origin;
  const keys = origin ? await keysOf(origin) : "";
  if (keys) {
    session.takeKeys({ text: keys });
    answer = await session.verify({ file, kind });
  }
  return { ...answer, hasKeys: Boolean(keys) };
}

const ICONS = { proven: "seal", inconclusive: "seal-waiting", tampered: "seal-broken", malformed: "alert" };
const KINDS = { proven: "", inconclusive: "waiting", tampered: "broken", malformed: "waiting" };

function Result({ name, answer }) {
  const { report, json, hasKeys } = answer;
  const list = (title, sentences, icon) =>
    sentences?.length > 0 &&
    html`<div><h3>${title}</h3>
    <ul class="claims">${sentences.map(
      (text) => html`<li>${h(Icon, { name: icon })}<span>${visible(text)}</span>
      </li>`,
    )}</ul></div>`;
  const { records, tampered, missing } = report.counts ?? {};
  const counts =
    records > 1 &&
    `${number(records)} events read, ${number(tampered)} tampered with, ${number(Number(missing))} missing`;
  return html`<div class=${`verdict ${KINDS[report.conclusion]}`}
    role="status">${h(Icon, { name: ICONS[report.conclusion] })}
      <div><h2>${report.headline.title}</h2><p><code>${visible(name)}</code></p>
        <p>${visible(report.headline.text)} ${counts}</p></div></div>
    <div class="claims-columns">${list("Proven", report.proven, "check")}
      ${list("Not proven", report.not_proven, "minus")}</div>
    ${
      report.records?.length > 0 &&
      html`<ul
      class="reasons">
      ${report.records
        .slice(0, 20)
        .map((one) => html`<li>#${number(Number(one.seq))}: ${one.verdict}. ${visible(one.why ?? "")}</li>`)}</ul>`
    }
    <p class="quiet">
      ${
        hasKeys ? "Checked with the keys that this service states for the log. " : ""
      }For evidence that does not rest on this service, take keys from
      elsewhere and use the <a href="/verify"
        data-outside="true">verifier page</a>, which works from a file and without a network.</p>
    ${
      json &&
      html`<button type="button" class="button small"
      onClick=${() => download("verification-report.json", json)}>
      ${h(Icon, { name: "download" })}Report as JSON</button>`
    }`;
}

export function VerifyBox() {
  const [text, setText] = useState("");
  const [state, setState] = useState(/** @type {{ [part: string]: any }} */ ({}));
  const input = useRef(null);
  const latest = useRef(null);
  useEffect(() => () => (latest.current = null), []);
  /** Begins with another piece of evidence: what an earlier one still comes to is not shown. */
  const begin = (name) => {
    const tell = (next) => latest.current === tell && setState({ name, ...next });
    latest.current = tell;
    tell({ isRunning: true });
    return tell;
  };
  const run = async (file, tell = begin(file.name)) => {
    try {
      const progress = ({ bytes: done, records }) =>
        tell({ isRunning: true, progress: `${number(records)} events, ${bytes(done)}` });
      const answer = await check(file, progress);
      tell(answer.trouble ? { trouble: answer.trouble } : { answer });
      if (latest.current === tell) announce(answer.trouble ?? answer.report.headline.title);
    } catch (error) {
      tell({ trouble: error.message });
    }
  };
  const choose = ({ target }) => {
    const [file] = target.files;
    // So that the same file can be chosen once more.
    target.value = "";
    if (file) run(file);
  };
  const submit = async (event) => {
    event.preventDefault();
    const own = text.trim();
    if (!own) return;
    if (!isEventId(own)) return run(new File([own], "pasted.json"));
    const tell = begin(own);
    const proof = await request(`/v1/events/${own}/proof`)
      .then((answer) => answer.text())
      .catch((error) => ({ error }));
    if (proof.error) tell({ trouble: proof.error.message });
    else run(new File([proof], `${own}.json`), tell);
  };
  const drop = (event) => {
    event.preventDefault();
    if (event.dataTransfer.files[0]) run(event.dataTransfer.files[0]);
  };
  const { answer, trouble, isRunning, progress, name } = state;
  return html`<section class="panel" aria-labelledby="verify-title" onDragOver=${(event) => event.preventDefault()}
    onDrop=${drop}>
    <header><h2 id="verify-title">Verify</h2><span
      class="quiet">an event's id, its proof, or an evidence pack: checked in this browser</span></header>
    <div class="body verify-body">
      <form onSubmit=${submit}>
        <textarea class="field" rows="2" value=${text} aria-label="Event id or proof" spellcheck=${false}
          placeholder="evt_… or the text of a proof; files can be dropped here"
            onInput=${(event) => setText(event.target.value)}></textarea>
        <div class="verify-buttons"><button class="button primary"
          disabled=${!text.trim() || isRunning}>Verify in this browser</button>
          <button type="button" class="button"
            onClick=${() => input.current.click()}>${h(Icon, { name: "file" })}Choose a file</button>
          <input type="file" hidden ref=${input} aria-label="Evidence file"
            onChange=${choose} />
          ${
            isRunning &&
            html`<span class="quiet"
            role="status">Checking ${visible(name)} ${progress ?? ""} …</span>`
          }</div></form>
      ${trouble && html`<p class="trouble" role="alert">${h(Icon, { name: "alert" })}${visible(trouble)}</p>`}
      ${answer && h(Result, { name, answer })}
    </div></section>`;
}
