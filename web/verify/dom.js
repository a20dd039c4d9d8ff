// Builds what the page shows. Everything from a file is untrusted, so text becomes text nodes and nothing else, and
// characters that hide or reorder others are made visible.

import { visible } from "./visible.js";

/** An element with these attributes (`on…` are listeners) and children: nodes, or text of any origin. */
export function el(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (value !== null && value !== false) element.setAttribute(key, value === true ? "" : value);
  }
  element.append(
    ...children
      .flat(Infinity)
      .filter((child) => child !== null && child !== undefined)
      .map(nodeOf),
  );
  return element;
}

const nodeOf = (child) => (child instanceof Node ? child : document.createTextNode(visible(child)));

/** A name from a file, kept from changing the direction of what is around it. */
export const name = (text, kind = "") => el("bdi", { class: kind || null }, text);

const SVG = "http://www.w3.org/2000/svg";
const SHIELD = "M12 3 4.5 6v5.5c0 4.4 3.1 8 7.5 9.5 4.4-1.5 7.5-5.1 7.5-9.5V6z";
const PATHS = {
  proven: [SHIELD, "m8.5 12 2.5 2.5 4.5-5"],
  inconclusive: [SHIELD, "M12 8v5", "M12 16.2v.1"],
  tampered: [SHIELD, "m9 9 6 6", "m15 9-6 6"],
  malformed: ["M6 3h8l4 4v14H6z", "m9.5 11 5 5", "m14.5 11-5 5"],
  yes: ["m5 12.5 4.5 4.5L19 7.5"],
  no: ["M6 12h12"],
  file: ["M6 3h8l4 4v14H6z", "M14 3v4h4"],
  key: ["M14.5 9.5a4 4 0 1 1-4-4 4 4 0 0 1 4 4z", "m13.5 12.5 6 6", "m17 16-1.8 1.8"],
};

/** A drawing beside words that say the same, so it is hidden from screen readers. */
export function icon(kind, size = 16) {
  const svg = document.createElementNS(SVG, "svg");
  const attributes = { viewBox: "0 0 24 24", width: size, height: size, class: "icon", "aria-hidden": "true" };
  for (const [key, value] of Object.entries(attributes)) svg.setAttribute(key, value);
  for (const d of PATHS[kind]) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", d);
    svg.append(path);
  }
  return svg;
}

/** A list of terms and what belongs to them; those without are left out. */
export function facts(entries) {
  const shown = entries.filter(([, value]) => value !== null && value !== undefined);
  return el(
    "dl",
    { class: "facts" },
    shown.map(([term, value]) => el("div", {}, el("dt", {}, term), el("dd", {}, value))),
  );
}

/** A table with this label, which scrolls sideways where it has to. */
export const table = (label, headings, body) =>
  el(
    "div",
    { class: "scroll", tabindex: "0", role: "region", "aria-label": label },
    el(
      "table",
      {},
      el(
        "thead",
        {},
        el(
          "tr",
          {},
          headings.map((text) => el("th", { scope: "col" }, text)),
        ),
      ),
      body,
    ),
  );

export const number = (value) => BigInt(value).toLocaleString("en");
