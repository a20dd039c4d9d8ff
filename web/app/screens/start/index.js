// The first event: a key for it, the call in one's own language, and a line that says when it has come.

import { getJson, request, send } from "../../lib/api.js";
import { h, html, useEffect, useState } from "../../lib/html.js";
import { visible } from "../../lib/safe-text.js";
import { may, organization, present } from "../../lib/session.js";
import { readEvents } from "../../lib/sse.js";
import { FormEnd, onSubmit, useAct } from "../../ui/forms.js";
import { copy } from "../../ui/hand-over.js";
import { Empty, Icon, Sentence, announce } from "../../ui/parts.js";
import { snippets } from "./snippets.js";

const RETRY_MS = 2000;
/** What people and programs send, not what the service records of its own administration. */
const SENT = "-source:tallystick";

/** The newest event that somebody sent; null while there is none. */
function useArrival(org) {
  const [event, setEvent] = useState(null);
  useEffect(() => {
    const stop = new AbortController();
    const take = (found) => {
      setEvent(found);
      announce("An event has arrived.");
    };
    const follow = async () => {
      const found = await getJson("/v1/events", { org, q: SENT, limit: 1, sentence: true }, stop.signal);
      if (found.events.length) take(found.events[0]);
      const parameters = { org, q: SENT, sentence: true };
      const response = await request("/v1/tail", { parameters, signal: stop.signal, accept: "text/event-stream" });
      await readEvents(response, (message) => message.type === "event" && take(JSON.parse(message.data)));
    };
    const go = async () => {
      while (!stop.signal.aborted) {
        await follow().catch(() => {});
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    };
    go();
    return () => stop.abort();
  }, [org]);
  return event;
}

function Key({ org, token, onMade }) {
  const act = useAct();
  const body = { name: "First event", org, scopes: ["events:write"] };
  const work = () => send("POST", "/v1/keys", { body });
  if (token) {
    return html`<p>The key is in the commands below. It can write events and nothing else, and is not shown again once
      you leave: <button type="button" class="link" onClick=${() => copy(token, "Key copied")}>copy it</button>, or make
      another in <a href="/access?tab=keys">Access</a>.</p>`;
  }
  if (!may("keys.manage")) {
    return html`<p>Your role cannot make keys. Ask an owner or an admin for one that writes events, and put it in the
      place of <code>tsk_…</code>.</p>`;
  }
  return html`<form class="form" onSubmit=${onSubmit(() => act.run(work, (made) => onMade(made.token)))}>
    <p>Programs show who they are by an API key. This one can write events into this organization, and nothing else.</p>
    ${h(FormEnd, { act, label: "Make a key" })}</form>`;
}

function Call({ token }) {
  const [chosen, setChosen] = useState("curl");
  const all = snippets(location.origin, token ?? "tsk_…");
  const [, label, text] = all.find(([name]) => name === chosen);
  return html`<div class="form"><div class="modes tabs" role="group" aria-label="Language">${all.map(
    ([name, title]) => html`<button type="button" aria-pressed=${String(name === chosen)}
      onClick=${() => setChosen(name)}>${title}</button>`,
  )}</div>
    <pre class="once" tabindex="0" aria-label=${`${label} that sends an event`}>${text}</pre>
    <div class="form-end"><button type="button" class="button" onClick=${() => copy(text, `${label} copied`)}>
      ${h(Icon, { name: "copy" })}Copy</button></div></div>`;
}

function Arrival({ org }) {
  const event = useArrival(org);
  if (!event) return html`<p role="status" class="listening">Listening… nothing yet</p>`;
  const address = `/events/${event.id}`;
  return html`<p role="status" class="listening">${h(Icon, { name: "check" })} <b>${h(Sentence, { event })}</b></p>
    <div class="form-end"><a class="button primary" href=${address}>Look at it</a>
      <a class="button" href="/">Go on to the overview</a></div>`;
}

export function Screen() {
  const [token, setToken] = useState(null);
  useEffect(() => {
    document.title = "Send the first event · Tallystick";
  }, []);
  const org = organization.value;
  if (!org || !present.value) {
    return h(Empty, { title: "Choose an organization at the top." }, html`<p>Events belong to one.</p>`);
  }
  const panel = (id, title, content) => html`<section class="panel" aria-labelledby=${`${id}-title`}>
    <header><h2 id=${`${id}-title`}>${title}</h2></header><div class="body">${content}</div></section>`;
  return html`<div class="screen narrow-screen"><header><h1>Send the first event</h1></header>
    <p>An event says who did what to which thing, with what result. It goes to
      ${" "}<b><bdi>${visible(present.value.organization?.name ?? org)}</bdi></b>, and stays there unchanged.</p>
    ${panel("key", "1. A key", h(Key, { org, token, onMade: setToken }))}
    ${panel("call", "2. A call", h(Call, { token }))}
    ${panel("arrival", "3. The event", h(Arrival, { key: org, org }))}
    <p class="quiet">What an event can hold is in <a href="/docs#shape-EventInput" data-outside="true">the
      documentation</a>.</p></div>`;
}
