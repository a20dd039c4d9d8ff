// One event: what happened as a sentence, what changed, the proof, all its details, what is related, and how it is
// stored. Beside the rows, or as a page of its own; the same content in both.

import { address, getJson } from "../../lib/api.js";
import { h, html, useEffect, useLayoutEffect, useRef, useState } from "../../lib/html.js";
import { useResource } from "../../lib/resource.js";
import { lineOf, visible } from "../../lib/safe-text.js";
import { lazy } from "../../lib/lazy.js";
import { may, zone } from "../../lib/session.js";
import { fullTime, rowTime, zoneLabel } from "../../lib/time.js";
import { copy } from "../../ui/hand-over.js";
import { Empty, Icon, IconButton, Outcome, Sentence, Trouble, sentenceText } from "../../ui/parts.js";
import { Changes } from "./changes.js";
import { Details } from "./details.js";
import * as model from "./model.js";
import { ProofSection } from "./proof-section.js";
import { RawEvent } from "./raw-event.js";
import { Related } from "./related.js";
import { step } from "./table.js";

const ShareDialog = lazy(() => import("./share-dialog.js"), "ShareDialog");

/** Shows the event to somebody outside, for whoever may take events away. */
function Share({ event }) {
  const [isOpen, setOpen] = useState(false);
  if (!event || !may("audit_logs.export")) return null;
  return html`${h(IconButton, { icon: "share", label: "Share with somebody outside", onClick: () => setOpen(true) })}
    ${isOpen && h(ShareDialog, { event, onClose: () => setOpen(false) })}`;
}

/** The address of an event as a page. */
const eventAddress = (id) => `/events/${id}`;

function Content({ event }) {
  const { context = {} } = event;
  const when = `${rowTime(event.occurred_at, zone.value)} ${zoneLabel(zone.value)}`;
  const title = `${event.occurred_at}\nreceived ${event.received_at}`;
  return html`
    <p class="say" id="event-sentence">${h(Sentence, { event, links: true })}</p>
    <p class="meta"><time datetime=${event.occurred_at} title=${title}>${when}</time>
      ${context.ip && html` · ${visible(context.ip)}`}${context.country && html` · ${visible(context.country)}`}</p>
    ${
      event.reason &&
      html`<p class="reason"><span
      class="unseen">Reason: </span><bdi>${visible(event.reason)}</bdi></p>`
    }`;
}

function Sections({ event }) {
  return html`
    ${event.changes?.length > 0 && h(Changes, { changes: event.changes })}
    ${h(ProofSection, { key: event.id, event })}
    ${h(Details, { event })}
    ${h(Related, { event })}
    ${h(RawEvent, { key: `raw-${event.id}`, event })}`;
}

/** An event that is not among the rows is asked for. */
function useEvent(id) {
  const known = model.selected.value;
  const isKnown = known?.id === id;
  const ask = (stop) => (isKnown ? known : getJson(`/v1/events/${encodeURIComponent(id)}`, {}, stop));
  const { data, error, isLoading } = useResource(ask, [id, isKnown]);
  if (isKnown) return { event: known };
  if (data.value?.id === id) return { event: data.value };
  return error.value && !isLoading.value ? { error: error.value } : {};
}

function NotFound({ id, error }) {
  if (error.status !== 404) return h(Trouble, { error });
  return h(
    Empty,
    { title: "There is no such event." },
    html`<p><code>${visible(id)}</code> may belong to an organization that you cannot see, or be mistyped.</p>
      <a class="button" href="/events">All events</a>`,
  );
}

export function Drawer() {
  const id = model.state.value.event;
  const { event, error } = useEvent(id);
  const panel = useRef(null);
  useLayoutEffect(() => {
    if (panel.current) panel.current.scrollTop = 0;
  }, [id]);
  useEffect(() => {
    // On a narrow screen it covers the rows, and the focus goes with it.
    if (matchMedia("(max-width: 1180px)").matches) panel.current?.focus();
  }, []);
  const close = () => {
    model.closeEvent();
    /** @type {HTMLElement} */ (document.querySelector(".rows"))?.focus();
  };
  const link = `${location.origin}${eventAddress(id)}`;
  return html`<aside class="drawer" ref=${panel} tabindex="-1" aria-label="Event details">
    <header><div class="tools">
      ${event && h(Outcome, { value: event.outcome })}<span class="grow"></span>
      ${h(IconButton, { icon: "up", label: "Previous event (k)", onClick: () => step(-1) })}
      ${h(IconButton, { icon: "down", label: "Next event (j)", onClick: () => step(1) })}
      ${h(IconButton, {
        icon: "link",
        label: "Copy link to this event",
        onClick: () => copy(link, "Link to the event copied"),
      })}
      ${h(Share, { event })}
      <a class="button ghost square" href=${eventAddress(id)} aria-label="Open as a page"
        title="Open as a page">${h(Icon, { name: "outside" })}</a>
      ${h(IconButton, { icon: "close", label: "Close (Esc)", onClick: close })}
    </div>${event && h(Content, { event })}</header>
    ${event && h(Sections, { event })}
    ${error && html`<section>${h(NotFound, { id, error })}</section>`}
  </aside>`;
}

export function EventPage({ id }) {
  const { event, error } = useEvent(id);
  useEffect(() => {
    if (event) document.title = `${lineOf(sentenceText(event))} · Tallystick`;
  }, [event]);
  return html`<div class="page-of-event">
    ${error && h(NotFound, { id, error })}
    ${
      event &&
      html`<article class="drawer">
      <header><div class="tools">${h(Outcome, { value: event.outcome })}<span class="grow"></span>
        <a class="button"
          href=${address("/events", { org: event.org, event: id })}>${h(Icon, { name: "events" })}Among the others</a>
        ${h(IconButton, {
          icon: "link",
          label: "Copy link",
          onClick: () => copy(location.href, "Link to the event copied"),
        })}${h(Share, { event })}</div>
        <h1 class="unseen">Event of ${fullTime(event.occurred_at, zone.value)}</h1>
        ${h(Content, { event })}</header>
      ${h(Sections, { event })}
    </article>`
    }
  </div>`;
}
