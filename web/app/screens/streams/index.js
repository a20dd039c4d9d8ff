// Streams: where events are sent on to, whether they arrive, and how far behind each is; one of them; and their form.

import { h, html, useEffect, useRef } from "../../lib/html.js";
import { partsOf, route } from "../../lib/route.js";
import { boot, mayStream, present } from "../../lib/session.js";
import { Empty, Icon, Trouble } from "../../ui/parts.js";
import { Detail } from "./detail.js";
import { Asked } from "./dialogs.js";
import { EditStream, NewStream } from "./form.js";
import { List } from "./list.js";
import * as model from "./model.js";
import { isFailing } from "./words.js";

const NEW = "new";
const EDIT = "edit";
const isOwn = (path) => /^\/streams(?:\/|$)/.test(path);

function All() {
  const failing = model.list.data.value?.filter(isFailing).length ?? 0;
  useEffect(() => {
    model.loadKinds();
    return model.follow();
  }, []);
  useEffect(() => {
    document.title = `${failing ? `${failing} failing · ` : ""}Streams · Tallystick`;
  }, [failing]);
  return html`<div class="screen">
    <header><h1>Streams</h1><span class="grow"></span>
      <a class="button primary" href="/streams/new">${h(Icon, { name: "plus" })}New stream</a></header>
    ${h(List, {})}${h(Asked, {})}</div>`;
}

function One({ id }) {
  useEffect(() => model.loadKinds(), []);
  return h(Detail, { id });
}

export function Screen() {
  // While another screen is being loaded this one stays as it was.
  const { path } = route.value;
  const own = useRef(path);
  if (isOwn(path)) own.current = path;
  const [id, part] = partsOf(own.current);
  const { data, error } = boot;
  useEffect(() => {
    document.title = "Streams · Tallystick";
  }, []);
  if (error.value && !data.value) {
    return html`<div class="screen">${h(Trouble, { error: error.value, retry: () => boot.retry() })}</div>`;
  }
  if (!present.value) return null;
  if (!mayStream.value) {
    const text = html`<p>Sending events on takes the permission <code>streams.manage</code>: owners and administrators
      have it.</p>`;
    return html`<div class="screen"><h1>Streams</h1>
      ${h(Empty, { title: "Streams are not for you to see." }, text)}</div>`;
  }
  if (id === NEW) return h(NewStream, {});
  if (id && part === EDIT) return h(EditStream, { key: id, id });
  return id ? h(One, { key: id, id }) : h(All, {});
}
