// The search box: a text area with the colours of a query on a layer behind it, and what may come next below it.

import { h, html, useEffect, useLayoutEffect, useRef, useState } from "../../lib/html.js";
import { number } from "../../lib/format.js";
import { tokens } from "../../lib/query-tokens.js";
import { visible } from "../../lib/safe-text.js";
import { recall } from "../../lib/store.js";
import { Icon, announce } from "../../ui/parts.js";
import * as model from "./model.js";

const WAIT_MS = 120;

/** The text in colours; what a note is about is underlined. */
function painted(text, notes) {
  const parts = [];
  let at = 0;
  const isIn =
    ({ start, end }) =>
    ({ span }) =>
      span && span[0] < end && Math.max(span[1], span[0] + 1) > start;
  for (const token of tokens(text)) {
    const note = notes.find(isIn(token));
    const mark = note ? (note.severity === "warning" ? " t-odd" : " t-wrong") : "";
    parts.push(text.slice(at, token.start));
    parts.push(html`<span class=${`t-${token.kind}${mark}`}>${text.slice(token.start, token.end)}</span>`);
    at = token.end;
  }
  return [...parts, text.slice(at), "\u200b"];
}

const NO_OPTIONS = { list: [], put: null };

/** What may come next at the caret, and how one of it is put in; late answers are dropped. */
function useOptions(text, caret, isOpen) {
  const [options, setOptions] = useState(NO_OPTIONS);
  useEffect(() => {
    if (!isOpen) {
      setOptions(NO_OPTIONS);
      return undefined;
    }
    const stop = new AbortController();
    const find = async () => {
      const { accept, contextAt, offline, online } = await import("./suggest.js");
      if (stop.signal.aborted) return;
      const context = contextAt(text, caret);
      const first = offline(text, context, recall("recent", []));
      const put = (option) => accept(text, context, option);
      setOptions({ list: first, put });
      await new Promise((resolve) => setTimeout(resolve, WAIT_MS));
      if (stop.signal.aborted) return;
      const more = await online(text, context, model.common(), stop.signal);
      if (!more || stop.signal.aborted) return;
      const isListed = new Set(more.map(({ insert }) => insert));
      const list =
        context.kind === "word"
          ? [...first.slice(0, 4), ...more]
          : [...more, ...first.filter(({ insert }) => !isListed.has(insert))];
      setOptions({ list, put });
    };
    // A query can be written without help.
    find().catch(() => {});
    return () => stop.abort();
  }, [text, caret, isOpen]);
  return options;
}

function Options({ list, at, take }) {
  return html`<div class="menu suggestions" id="suggestions" role="listbox" aria-label="What may come next">
    ${list.map(
      (option, index) => html`<div class="option" role="option" id=${`option-${index}`}
      aria-selected=${String(index === at)} onPointerDown=${(event) => (event.preventDefault(), take(option))}>
      <code>${visible(option.label)}</code>${option.hint && html`<span class="hint">${visible(option.hint)}</span>`}
      ${
        option.count !== undefined &&
        html`<em>${number(option.count)}<span class="unseen"> events</span></em>`
      }
    </div>`,
    )}
  </div>`;
}

export function QueryBar() {
  const box = useRef(null);
  const mirror = useRef(null);
  const text = model.draft.value;
  const notes = model.notes.value;
  const isAsked = text.trim() === model.state.value.q || notes.some(({ severity }) => severity === "error");
  const shownNotes = isAsked ? notes : [];
  const [caret, setCaret] = useState(0);
  const [isOpen, setOpen] = useState(false);
  const [at, setAt] = useState(-1);
  const { list, put } = useOptions(text, caret, isOpen);
  const wrong = shownNotes.some(({ severity }) => severity === "error");

  useEffect(() => setAt(-1), [list]);
  const write = (next, position) => {
    model.draft.value = next;
    setCaret(position);
    requestAnimationFrame(() => box.current?.setSelectionRange(position, position));
  };
  const take = (option) => {
    const done = put(option);
    setAt(-1);
    write(done.text, done.caret);
    if (option.isWhole) submit(done.text);
    else setOpen(true);
  };
  const submit = (query) => {
    setOpen(false);
    model.notes.value = [];
    model.search(query);
  };
  const typed = (event) => {
    const { value, selectionStart } = event.target;
    model.draft.value = value.replace(/\n/g, " ");
    if (wrong) model.notes.value = [];
    setCaret(selectionStart);
    setOpen(true);
    if (value === "" && model.state.peek().q) submit("");
  };
  const keys = (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.isComposing) return;
    if (step && isOpen && list.length) setAt((at + step + list.length + (at < 0 && step < 0 ? 1 : 0)) % list.length);
    else if (event.key === "Tab" && !event.shiftKey && isOpen && at >= 0) take(list[at]);
    else if (event.key === "Enter" && (at < 0 || !list[at] || event.ctrlKey || event.metaKey)) submit(text);
    else if (event.key === "Enter") take(list[at]);
    else if (event.key === "Escape" && isOpen) setOpen(false);
    else if (event.key === "Escape") box.current.blur();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  // At first neither is scrolled, and asking would lay the page out before it is whole.
  const isDrawn = useRef(false);
  useLayoutEffect(() => {
    if (isDrawn.current) mirror.current.scrollTop = box.current.scrollTop;
    isDrawn.current = true;
  }, [text]);
  useEffect(() => {
    if (shownNotes.length) announce(shownNotes.map(({ message }) => message).join(". "));
  }, [notes]);

  const isListed = isOpen && list.length > 0;
  return html`<form class=${`query${wrong ? " wrong" : ""}`} role="search"
    onSubmit=${(event) => (event.preventDefault(), submit(text))}>
    ${h(Icon, { name: "search" })}
    <div class="edit">
      <pre ref=${mirror} aria-hidden="true">${painted(text, shownNotes)}</pre>
      <textarea ref=${box} id="query" rows="1" value=${text} onInput=${typed} onKeyDown=${keys} role="combobox"
        onScroll=${(event) => (mirror.current.scrollTop = event.target.scrollTop)}
        onSelect=${(event) => setCaret(event.target.selectionStart)} onFocus=${() => setOpen(text === "")}
        onClick=${() => setOpen(true)} onBlur=${() => setOpen(false)}
        aria-label="Search events" aria-expanded=${String(isListed)}
          aria-controls=${isListed ? "suggestions" : undefined}
        aria-autocomplete="list" aria-activedescendant=${isListed && at >= 0 ? `option-${at}` : undefined}
        aria-invalid=${String(wrong)} aria-describedby=${shownNotes.length ? "notes" : undefined}
        spellcheck=${false} autocomplete="off" autocapitalize="off"
        placeholder="Search: actor:alice  action:user.*  -outcome:success  “free text”"></textarea>
    </div>
    <kbd class="key" aria-hidden="true">/</kbd>
    ${isListed && h(Options, { list, at, take })}
  </form>`;
}

/** Errors and warnings about the query, each with its repair where there is an obvious one. */
export function Notes() {
  const notes = model.notes.value.filter(({ span }) => span);
  if (!notes.length) return null;
  const repair =
    ({ fix }) =>
    () => {
      const text = model.draft.peek();
      model.notes.value = [];
      model.search(text.slice(0, fix.replace[0]) + fix.with + text.slice(fix.replace[1]));
    };
  return html`<div class="diagnostics" id="notes">
    ${notes.map(
      (note) => html`<p class=${note.severity}>
      <span>${note.severity === "warning" ? "" : `Column ${note.span[0] + 1}: `}${visible(note.message)}</span>
      ${
        note.fix &&
        html`<button type="button" class="button small" onClick=${repair(note)}>
        Change to <code>${visible(note.fix.with)}</code></button>`
      }
    </p>`,
    )}
  </div>`;
}
