// Chooses columns and the height of rows.

import { h, html, useState } from "../../lib/html.js";
import { chooseDensity, density } from "../../lib/session.js";
import { Icon, IconButton } from "../../ui/parts.js";
import { choose, names } from "./columns.js";
import { COLUMNS, DEFAULT_COLUMNS, columnOf } from "./fields.js";

function Chosen({ id, index, all }) {
  const column = columnOf(id);
  const move = (by) => {
    const next = all.filter((name) => name !== id);
    next.splice(index + by, 0, id);
    choose(next);
  };
  const keys = (event) => {
    const by = event.altKey ? { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key] : 0;
    if (!by || !all[index + by]) return;
    event.preventDefault();
    event.stopPropagation();
    move(by);
  };
  return html`<li key=${id} onKeyDown=${keys}>
    <button type="button" class="item" role="checkbox" aria-checked="true" disabled=${all.length === 1}
      title="Alt and an arrow key move it" onClick=${() => choose(all.filter((name) => name !== id))}>
      <span class="on"><span class="box">${h(Icon, { name: "check" })}</span></span>${column.title}</button>
    ${h(IconButton, {
      icon: "up",
      small: true,
      label: `Move ${column.title} to the left`,
      disabled: index === 0,
      onClick: () => move(-1),
    })}
    ${h(IconButton, {
      icon: "down",
      small: true,
      label: `Move ${column.title} to the right`,
      disabled: index === all.length - 1,
      onClick: () => move(1),
    })}
  </li>`;
}

export function Chooser() {
  const [text, setText] = useState("");
  const all = names.value.filter((name) => columnOf(name));
  const others = [...COLUMNS.values()].filter(({ id }) => !all.includes(id));
  const own = (event) => {
    event.preventDefault();
    const name = text.trim().replace(/^metadata\./, "");
    if (name) choose([...all, `metadata.${name}`]);
    setText("");
  };
  const heights = [
    ["compact", "Compact"],
    ["normal", "Normal"],
    ["comfortable", "Comfortable"],
  ];
  return html`<div class="columns-menu">
    <h3>Rows</h3>
    <div class="modes" role="group" aria-label="Height of rows">${heights.map(
      ([name, label]) => html`<button type="button"
      aria-pressed=${String(density.value === name)} onClick=${() => chooseDensity(name)}>${label}</button>`,
    )}</div>
    <h3>Columns</h3>
    <ul>${all.map((id, index) => h(Chosen, { id, index, all }))}</ul>
    <hr />
    ${others.map(
      ({ id, title }) => html`<button type="button" class="item" role="checkbox" aria-checked="false"
      onClick=${() => choose([...all, id])}><span class="box"></span>${title}</button>`,
    )}
    <form class="zone-form" onSubmit=${own}><input class="field" value=${text} placeholder="key of the metadata"
      aria-label="Key of the metadata"
      onInput=${(event) => setText(event.target.value)} /><button class="button"
        disabled=${!text.trim()}>Add</button></form>
    <button type="button" class="item"
      onClick=${() => choose(DEFAULT_COLUMNS)}>${h(Icon, { name: "reset" })}As at the start</button>
  </div>`;
}
