// <audit-viewer>: a part of an audit log inside the page of another product. What it shows is decided by the token that
// the page's own backend made (docs/embedding.md). It brings everything along and touches nothing outside of itself.

import { h, render } from "../lib/html.js";
import { State, rangeOf } from "./state.js";
import { STYLE } from "./style.js";
import { Viewer } from "./view.js";

/** One sheet for all viewers of a page. Made by script, it needs no exception in the page's content policy. */
let sheet = null;
function styles() {
  if (!sheet) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
  }
  return sheet;
}

/** The origin of a service, of whatever the page names. */
function originOf(text) {
  try {
    const { origin, protocol } = new URL(text || import.meta.url, document.baseURI);
    return /^https?:$/.test(protocol) ? origin : new URL(import.meta.url).origin;
  } catch {
    return new URL(import.meta.url).origin;
  }
}

export class AuditViewer extends HTMLElement {
  static observedAttributes = ["src", "tz", "columns", "query", "range"];

  #provider = null;
  #state = new State((name, detail) => this.#tell(name, detail));
  #isStarting = false;

  constructor() {
    super();
    this.attachShadow({ mode: "open" }).adoptedStyleSheets = [styles()];
  }

  connectedCallback() {
    // Set before the element was known: such a property would hide the one of the class.
    for (const name of ["tokenProvider", "query", "range", "texts", "sentence"]) {
      if (!Object.hasOwn(this, name)) continue;
      const value = this[name];
      delete this[name];
      this[name] = value;
    }
    render(h(Viewer, { v: this.#state }), this.shadowRoot);
    this.#begin();
  }

  disconnectedCallback() {
    this.#state.stop();
    render(null, this.shadowRoot);
  }

  attributeChangedCallback(name, before, value) {
    if (before === value) return;
    if (name === "tz") this.#state.setZone(value);
    else if (name === "columns") this.#state.setColumns(value);
    else if (name === "src") this.#begin();
    else this[name] = value ?? undefined;
  }

  /** An async function that gives a token: called at the start, before one ends, and when one is refused. */
  get tokenProvider() {
    return this.#provider;
  }

  set tokenProvider(provide) {
    this.#provider = typeof provide === "function" ? provide : null;
    this.#begin();
  }

  /** The query, where the token allows to search. */
  get query() {
    return this.#state.q.peek();
  }

  set query(text) {
    this.#state.q.value = String(text ?? "");
    this.#again();
  }

  /** The range of time: `24h`, `7d`, `all`, ..., or `{ from, to }`. */
  get range() {
    const range = this.#state.range.peek();
    return range.relative ?? { from: range.from, to: range.to };
  }

  set range(value) {
    this.#state.range.value = rangeOf(value);
    this.#again();
  }

  /** Texts to replace: see docs/embedding.md. */
  get texts() {
    return this.#state.texts.peek();
  }

  set texts(texts) {
    this.#state.texts.value = { ...texts };
  }

  /** A function that makes the sentence of an event: a text, or nothing for the usual one. */
  get sentence() {
    return this.#state.sentence;
  }

  set sentence(make) {
    this.#state.sentence = typeof make === "function" ? make : null;
    this.#state.rows.value = [...this.#state.rows.peek()];
  }

  /** Asks for a token and for events anew. */
  reload() {
    this.#begin();
  }

  #tell(name, detail) {
    if (name === "retry") {
      this.#begin();
      return true;
    }
    return this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true, cancelable: true }));
  }

  /** Once for all that a page sets in one go. */
  #begin() {
    if (!this.isConnected || this.#isStarting) return;
    this.#isStarting = true;
    queueMicrotask(() => {
      this.#isStarting = false;
      // A page usually sets the provider a moment after the element is there.
      if (!this.isConnected || !this.#provider) return;
      const provide = () => this.#provider?.();
      this.#state.start(originOf(this.getAttribute("src")), provide);
    });
  }

  #again() {
    if (this.#state.info.peek()) this.#state.search();
  }
}

if (!customElements.get("audit-viewer")) customElements.define("audit-viewer", AuditViewer);
