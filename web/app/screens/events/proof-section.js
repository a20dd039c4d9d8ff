// The proof of one event: whether a checkpoint covers it, and checking it here, step by step.

import { h, html, useEffect, useRef, useState } from "../../lib/html.js";
import { number } from "../../lib/format.js";
import { Problem } from "../../lib/api.js";
import { verify } from "../../lib/proof.js";
import { visible } from "../../lib/safe-text.js";
import { zone } from "../../lib/session.js";
import { fullTime, zoneLabel } from "../../lib/time.js";
import { integrity } from "../../shell/top-bar.js";
import { download } from "../../ui/hand-over.js";
import { Icon, announce } from "../../ui/parts.js";
import { Steps } from "../../ui/proof-steps.js";

/** What is known without checking: whether the newest checkpoint that the page has heard of covers the event. */
function before(event) {
  const state = integrity.value;
  const sealed = state?.checkpoint && state.org === event.org ? state.base_seq + state.checkpoint.size : null;
  if (sealed === null)
    return {
      kind: "waiting",
      icon: "seal-waiting",
      title: `Event #${number(event.seq)} of its log`,
      text: "Verify fetches its proof and checks it here.",
    };
  if (event.seq >= sealed)
    return {
      kind: "waiting",
      icon: "seal-waiting",
      title: "Waiting for the next checkpoint",
      text: "It takes about a second.",
    };
  const time = fullTime(state.checkpoint.time, zone.value);
  return {
    kind: "",
    icon: "seal",
    title: `Sealed as #${number(event.seq)}`,
    text: `Under the checkpoint of ${number(state.checkpoint.size)} events, ${time} ${zoneLabel(zone.value)}.`,
  };
}

function after({ isGood, steps, took }) {
  if (isGood) {
    const count = steps.filter(({ state }) => state === "yes").length;
    return {
      kind: "",
      icon: "seal",
      title: "Verified in this browser",
      text: `${count} checks hold, in ${Math.round(took)} ms.`,
    };
  }
  return {
    kind: "broken",
    icon: "seal-broken",
    title: "Does not verify",
    text: "Keep the proof and compare with a backup or a witness.",
  };
}

export function ProofSection({ event }) {
  const [run, setRun] = useState(/** @type {{ result?: any, steps?: any[], isRunning?: boolean, error?: any }} */ ({}));
  const stop = useRef(null);
  useEffect(() => () => stop.current?.abort(), []);
  const start = async () => {
    stop.current?.abort();
    stop.current = new AbortController();
    setRun({ isRunning: true, steps: [] });
    try {
      const result = await verify(event, stop.current.signal, (steps) => setRun({ isRunning: true, steps }));
      setRun({ result, steps: result.steps });
      announce(after(result).title);
    } catch (error) {
      if (stop.current.signal.aborted) return;
      if (!(error instanceof Problem)) console.warn(error);
      setRun({ error, steps: [] });
    }
  };
  const { result, steps = [], isRunning, error } = run;
  const says = error
    ? { kind: "waiting", icon: "seal-waiting", title: "The proof could not be checked", text: error.message }
    : result
      ? after(result)
      : before(event);
  return html`<section aria-label="Proof">
    <header><h3>Proof</h3></header>
    <div class=${`proof ${says.kind}`}>
      ${h(Icon, { name: says.icon })}<div><b>${says.title}</b><p>${visible(says.text)}</p></div>
      <button type="button" class="button verify" disabled=${isRunning}
        onClick=${start}>${result ? "Verify again" : "Verify"}</button>
      ${steps.length > 0 && h(Steps, { steps })}
      ${
        result &&
        html`<div class="after">
        <button type="button" class="button small" onClick=${() => download(`${event.id}.proof.json`, result.proof)}>
          ${h(Icon, { name: "download" })}Download proof</button>
        <a class="button small" href="/verify" data-outside="true">Verifier page</a></div>
        <details><summary>What this shows, and what it does not</summary>
          <p>The event is in the log as it was committed to, and the log still is the one this browser saw before. The
            code that checked it came from the same server: as evidence for others,
              download the proof and check it with
            <code>tallystick verify event</code> or a saved copy of the verifier page,
              with keys from elsewhere. No proof
            shows that what was reported to the log is true, or that everything was.</p></details>`
      }
    </div>
  </section>`;
}
