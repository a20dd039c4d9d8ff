// The form of a stream, made of what the service says that its kind has to be told: a new one, or one that is changed.
// What it would send can be tried before it is kept.

import { send } from "../../lib/api.js";
import { h, html, useEffect, useRef, useState } from "../../lib/html.js";
import { back, go, route } from "../../lib/route.js";
import { visible } from "../../lib/safe-text.js";
import { may, organization, organizations, person } from "../../lib/session.js";
import { Field, FormEnd, onSubmit, useAct } from "../../ui/forms.js";
import { Empty, Icon, Trouble, toast } from "../../ui/parts.js";
import { Crumbs, useStream } from "./detail.js";
import { Format, Kinds, Masking } from "./form-parts.js";
import * as model from "./model.js";
import { Place, isPlace, placeAtFirst, placeToSend } from "./places.js";
import { QueryField, useQuery } from "./query-field.js";
import { SettingFields, pointerOf, settingsAtFirst, settingsToSend } from "./setting-fields.js";
import { Trial } from "./trial.js";
import { iconOf, orgName, pathOf } from "./words.js";

const NAME_CHARS_MAX = 200;
/** Every organization, in the list of them. */
const ALL = "*";
const STARTS = [
  ["now", "With what comes from now on"],
  ["beginning", "With the first event of the log"],
  ["time", "With a time …"],
];

function stateAtFirst(kind, one, search) {
  const params = new URLSearchParams(search);
  return {
    name: one?.name ?? kind.title,
    org: one ? one.organization_id : (organization.peek() ?? organizations.peek()?.[0]?.id ?? null),
    settings: settingsAtFirst(kind.fields, one?.settings),
    format: one?.format ?? kind.formats[0],
    query: one?.query ?? params.get("q") ?? "",
    mask: { fields: one?.mask.fields ?? [], method: one?.mask.method || "drop" },
    start: placeAtFirst(),
    isPaused: false,
  };
}

/** What both making and changing one are told. */
const bodyOf = (kind, state, one = null) => ({
  name: state.name.trim(),
  settings: settingsToSend(kind.fields, state.settings, one?.settings),
  format: state.format,
  query: state.query.trim(),
  mask: state.mask,
});

const newOf = (kind, state) => ({
  ...bodyOf(kind, state),
  kind: kind.kind,
  organization_id: state.org,
  start_from: placeToSend(state.start),
  paused: state.isPaused || undefined,
});

/** The field that is wrong is where somebody goes on. */
function useGoToError(error, root) {
  useEffect(() => {
    if (error) root.current.querySelector("[aria-invalid=true]")?.focus();
  }, [error]);
}

function Owner({ state, set, act }) {
  const all = organizations.value ?? [];
  const mayAll = may("instance_streams.manage");
  const own = organization.value === null ? all : all.filter(({ id }) => id === organization.value);
  const mine = own.filter(() => may("streams.manage") || (person.value && organization.value === null));
  const options = [...mine.map(({ id }) => [id, orgName(id)]), mayAll && [ALL, "Every organization"]].filter(Boolean);
  useEffect(() => {
    const now = state.org ?? ALL;
    const [first] = options;
    if (first && !options.some(([id]) => id === now)) set({ org: first[0] === ALL ? null : first[0] });
  }, []);
  if (options.length < 2) return null;
  return h(Field, {
    act,
    name: "organization_id",
    label: "Events of",
    value: state.org ?? ALL,
    onValue: (id) => set({ org: id === ALL ? null : id }),
    options,
    hint: state.org === null ? "Also of organizations that are made later, each from its beginning." : undefined,
  });
}

function Part({ id, title, children, note = undefined }) {
  return html`<section class="panel" aria-labelledby=${`${id}-title`}>
    <header><h2 id=${`${id}-title`}>${title}</h2>${note && html`<span class="grow"></span>${note}`}</header>
    <div class="body form">${children}</div></section>`;
}

function Start({ state, set, act }) {
  return h(
    Part,
    { id: "start", title: "Where it begins" },
    html`${h(Place, {
      name: "start_from",
      label: "Begin",
      labels: STARTS,
      value: state.start,
      onValue: (start) => set({ start }),
      act,
      hint: state.start.kind === "now" ? undefined : "What lies behind that place in the log is sent first, in order.",
    })}
    <label class="check"><input type="checkbox" checked=${state.isPaused}
      onChange=${(event) => set({ isPaused: event.target.checked })} /><span>Leave it paused: nothing is sent until it
        is resumed</span></label>`,
  );
}

function Form({ kind, one = null }) {
  const root = useRef(null);
  const [state, setState] = useState(() => stateAtFirst(kind, one, route.peek().search));
  const set = (patch) => setState((before) => ({ ...before, ...patch }));
  const saving = useAct();
  const trying = useAct();
  const [answer, setAnswer] = useState(null);
  const [last, setLast] = useState("save");
  const checked = useQuery(state.query, state.org);
  // What was said last is what is to be mended: by saving, or by trying.
  const act = last === "try" ? trying : saving;
  useGoToError(act.error, root);
  useEffect(() => root.current.querySelector("[data-first]").focus({ preventScroll: true }), []);
  const fields = ["name", "organization_id", "format", "query", "mask", "start_from", ...kind.fields.map(pointerOf)];
  const done = (made) => {
    toast(one ? "Stream changed" : "Stream made");
    model.put(made);
    if (one) back(pathOf(one));
    else go(pathOf(made), { replace: true });
  };
  const save = () => {
    setLast("save");
    return saving.run(
      () =>
        one
          ? send("PATCH", `/v1/streams/${one.id}`, { body: bodyOf(kind, state, one) })
          : send("POST", "/v1/streams", { body: newOf(kind, state) }),
      done,
    );
  };
  const attempt = () => {
    setLast("try");
    setAnswer(null);
    const body = one ? { ...bodyOf(kind, state, one), kind: kind.kind, id: one.id } : newOf(kind, state);
    return trying.run(() => send("POST", "/v1/streams/test", { body }), setAnswer);
  };
  const isReady = !checked.isWrong && isPlace(state.start);
  const docs = html`<a href=${kind.docs} target="_blank" rel="noopener">How to set it up</a>`;
  return html`<form class="stream-form" ref=${root} onSubmit=${onSubmit(save)}>
    ${h(
      Part,
      { id: "destination", title: html`${h(Icon, { name: iconOf(kind.kind) })}${visible(kind.title)}`, note: docs },
      html`<p class="quiet">${visible(kind.summary)}</p>
        ${h(Field, {
          act,
          name: "name",
          label: "Name",
          value: state.name,
          onValue: (name) => set({ name }),
          maxlength: NAME_CHARS_MAX,
          autocomplete: "off",
          required: true,
          "data-first": true,
        })}
        ${h(SettingFields, {
          fields: kind.fields,
          values: state.settings,
          kept: one?.settings ?? {},
          onValues: (patch) => setState((before) => ({ ...before, settings: { ...before.settings, ...patch } })),
          act,
        })}`,
    )}
    ${h(
      Part,
      { id: "what", title: "What is sent" },
      html`${!one && h(Owner, { state, set, act })}
        ${h(QueryField, { value: state.query, onValue: (query) => set({ query }), checked, org: state.org, act })}
        ${h(Format, { kind, value: state.format, onValue: (format) => set({ format }), act })}
        ${h(Masking, { value: state.mask, onValue: (mask) => set({ mask }), act })}`,
    )}
    ${!one && h(Start, { state, set, act })}
    ${h(Trial, { answer, isBusy: trying.isBusy })}
    ${h(
      FormEnd,
      {
        act: { ...act, isBusy: saving.isBusy || trying.isBusy },
        label: one ? "Save the changes" : "Create the stream",
        fields,
        onCancel: () => back(one ? pathOf(one) : "/streams"),
        isReady,
      },
      html`<button type="button" class="button" disabled=${saving.isBusy || trying.isBusy || !isReady}
        onClick=${attempt}>${h(Icon, { name: "stream" })}Send a test event</button>`,
    )}</form>`;
}

function useKinds() {
  useEffect(() => model.loadKinds(), []);
  const { data, error } = model.kinds;
  const isMissing = error.value && !data.value;
  const trouble = isMissing ? h(Trouble, { error: error.value, retry: () => model.kinds.retry() }) : null;
  return { kinds: data.value, trouble };
}

/** A new stream: first its kind, then the form for that. */
export function NewStream() {
  const { kinds, trouble } = useKinds();
  const { search } = route.value;
  const name = new URLSearchParams(search).get("kind");
  const kind = kinds?.find((one) => one.kind === name);
  useEffect(() => {
    document.title = "New stream · Tallystick";
  }, []);
  return html`<div class="screen narrow-screen">
    <div class="stream-head">${h(Crumbs, {})}<header><h1>New stream</h1><span class="grow"></span>${
      kind && html`<a class="button" href="/streams/new">Another kind</a>`
    }</header></div>
    ${trouble}
    ${
      kinds &&
      (kind
        ? h(Form, { key: kind.kind, kind })
        : html`<p class="lead">Where are events to be sent?</p>${h(Kinds, { kinds, search })}`)
    }</div>`;
}

/** The form of a stream that is there. */
export function EditStream({ id }) {
  const { one, error, retry } = useStream(id);
  const { kinds, trouble } = useKinds();
  const kind = kinds?.find((other) => other.kind === one?.kind);
  const name = one ? visible(one.name) : "";
  useEffect(() => {
    document.title = `Edit ${name} · Streams · Tallystick`;
  }, [name]);
  // The form begins with the stream as it was when it was opened.
  const first = useRef(null);
  first.current ??= one;
  return html`<div class="screen narrow-screen">
    <div class="stream-head">${h(Crumbs, { one, here: "edit" })}<header><h1>Edit <bdi>${name}</bdi></h1></header></div>
    ${trouble}
    ${!one && error && (error.status ? h(Empty, { title: "There is no such stream." }) : h(Trouble, { error, retry }))}
    ${
      first.current &&
      kinds &&
      (kind
        ? h(Form, { kind, one: first.current })
        : h(Empty, { title: `This service does not know the kind ${visible(first.current.kind)}.` }))
    }</div>`;
}
