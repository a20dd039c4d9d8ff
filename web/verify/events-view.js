// The events of a checked file, page by page. A page is read from the file again and checked again before it is
// shown, so that a file of any size can be looked through without being kept.

import { el, facts, icon, name, number, table } from "./dom.js";

const PAGE = 50;
const PARTS = { ok: "", ok_redacted: ", parts left out", erased: ", parts erased" };
const OUTCOMES = ["success", "failure", "denied", "unknown"];

const thing = (found, kind) => [
  found.type && found.type !== "user" ? [found.type, " "] : null,
  name(found.label, kind),
];

const capital = (text) => text[0].toUpperCase() + text.slice(1);

/** Who did what to what. */
function sentence(row) {
  if (row.verdict === "tampered") return el("span", { class: "bad" }, row.why);
  if (!row.actor && !row.action) {
    const why = row.verdict === "erased" ? "erased" : row.kind === "event" ? "not shown" : row.kind;
    return el("i", { class: "quiet" }, capital(why));
  }
  const isHidden = row.units.some((found) => found.state !== "disclosed");
  const actor = row.actor ? thing(row.actor, "who") : el("i", {}, isHidden ? "Somebody not shown" : "The log");
  const action = row.action ? name(row.action, "action") : el("i", {}, "did something not shown");
  const targets = row.targets.flatMap((target, index) => [index ? ", " : " ", thing(target, "target")]);
  const others = row.on_behalf_of.flatMap((other) => [" for ", thing(other)]);
  return el(
    "span",
    {},
    actor,
    " ",
    action,
    targets,
    row.more_targets ? ` and ${number(row.more_targets)} more` : null,
    others,
  );
}

function outcome(row) {
  if (!row.outcome) return null;
  return el(
    "span",
    { class: OUTCOMES.includes(row.outcome) ? `outcome ${row.outcome}` : "outcome" },
    name(row.outcome),
  );
}

/** How much a sound event is worth: what its entry commits to is proven only if the log itself holds. */
const WORTH = {
  verified: ["Verified", "seal", "yes"],
  consistent: ["Consistent", "quiet", "yes"],
  unproven: ["Not proven", "quiet", "no"],
};

function verdict(row, worth) {
  if (row.verdict === "tampered") return el("span", { class: "bad mark" }, icon("tampered"), "Tampered with");
  const [text, kind, shape] = WORTH[worth];
  const witnessed = row.unwitnessed && worth === "verified" ? ", not yet witnessed" : "";
  return el("span", { class: `mark ${kind}` }, icon(shape), `${text}${PARTS[row.verdict]}${witnessed}`);
}

function unit(found) {
  const title = el(
    "h4",
    {},
    found.name === null || found.name === undefined ? "A part whose name is not shown" : name(found.name),
  );
  if (found.state === "disclosed")
    return el("section", { class: "unit" }, title, el("pre", { tabindex: "0" }, found.value));
  const gone =
    found.state === "erased"
      ? `Erased for good, as the log's entry #${found.by} says. Its hash still proves its place:`
      : "Left out of this copy. Its hash proves that it exists:";
  return el("section", { class: `unit ${found.state}` }, title, el("p", {}, gone), el("code", {}, found.hash));
}

function details(row) {
  return el(
    "div",
    { class: "details" },
    row.verdict === "tampered" ? el("p", { class: "bad" }, `Not shown: ${row.why}.`) : null,
    facts([
      ["Event", row.event_id && el("code", {}, row.event_id)],
      ["Received", row.received_at],
      ["Happened", row.occurred_at && name(row.occurred_at)],
      ["Kind", row.kind],
      ["Reason", row.reason && name(row.reason)],
    ]),
    row.units.map(unit),
  );
}

/** Two rows of the table: the event, and below it what opens. */
function rows(row, worth) {
  const id = `event-${row.seq}`;
  const below = el("tr", { class: "below", id, hidden: true }, el("td", { colspan: "5" }));
  const toggle = el(
    "button",
    {
      class: "toggle",
      type: "button",
      "aria-expanded": "false",
      "aria-controls": id,
      onclick: () => {
        const isOpen = toggle.getAttribute("aria-expanded") === "true";
        toggle.setAttribute("aria-expanded", String(!isOpen));
        below.hidden = isOpen;
        if (!isOpen && !below.firstChild.firstChild) below.firstChild.append(details(row));
      },
    },
    `#${row.seq}`,
  );
  const time = row.received_at ? el("time", {}, row.received_at.replace("T", " ").replace("Z", "")) : null;
  const above = el(
    "tr",
    { class: `event ${row.verdict}` },
    el("th", { scope: "row" }, toggle),
    el("td", { class: "when" }, time),
    el("td", {}, outcome(row)),
    el("td", { class: "what" }, sentence(row)),
    el("td", { class: "verdict-cell" }, verdict(row, worth)),
  );
  return [above, below];
}

/** A view of the events in `groups`, of which `ask` gets rows; `worth` says what a sound one of them proves. */
export function eventsView(groups, ask, worth) {
  const total = groups.reduce((sum, group) => sum + group.count, 0);
  if (!total) return null;
  let first = 0;
  const body = el("tbody", {});
  const where = el("p", { class: "quiet", "aria-live": "polite" });
  const trouble = el("p", { class: "bad", role: "alert" });

  async function show(from) {
    first = Math.max(0, Math.min(from, total - 1));
    first -= first % PAGE;
    try {
      const found = await rowsFrom(groups, ask, first, PAGE);
      body.replaceChildren(...found.flatMap((row) => rows(row, worth)));
      where.textContent = `${number(first + 1)} to ${number(first + found.length)} of ${number(total)}`;
      trouble.textContent = "";
      back.disabled = first === 0;
      next.disabled = first + PAGE >= total;
      if (total === 1) body.querySelector("button").click();
    } catch (error) {
      body.replaceChildren();
      trouble.textContent = error.message;
    }
  }
  const back = el("button", { class: "button", type: "button", onclick: () => show(first - PAGE) }, "Earlier");
  const next = el("button", { class: "button", type: "button", onclick: () => show(first + PAGE) }, "Later");
  const wanted = el("input", { id: "wanted", inputmode: "numeric", pattern: "[0-9]*", size: "10" });
  const go = (event) => {
    event.preventDefault();
    if (/^[0-9]{1,20}$/.test(wanted.value)) find(groups, ask, BigInt(wanted.value)).then(show, () => {});
  };
  show(0);
  return el(
    "section",
    { class: "events" },
    el("h3", {}, "Events"),
    table("Events", ["Entry", "Received (UTC)", "Outcome", "What happened", "Verdict"], body),
    trouble,
    total > PAGE
      ? el(
          "div",
          { class: "pager" },
          back,
          next,
          where,
          el(
            "form",
            { onsubmit: go },
            el("label", { for: "wanted" }, "Go to entry #"),
            wanted,
            el("button", { class: "button" }, "Go"),
          ),
        )
      : null,
  );
}

/** `count` rows from the number `from` of all on, across the borders of groups. */
async function rowsFrom(groups, ask, from, count) {
  const found = [];
  let skipped = 0;
  for (let group = 0; group < groups.length && found.length < count; group++) {
    const start = Math.max(0, from - skipped);
    skipped += groups[group].count;
    if (from >= skipped) continue;
    found.push(...(await ask({ ask: "rows", group, from: start, count: count - found.length })));
  }
  return found;
}

/** The place, among all, of the last event whose seq is not above `seq`. */
async function find(groups, ask, seq) {
  let group = groups.findLastIndex(({ first }) => first <= seq);
  if (group < 0) group = 0;
  const before = groups.slice(0, group).reduce((sum, { count }) => sum + count, 0);
  const rows = await ask({ ask: "rows", group, from: 0, count: groups[group].count });
  return (
    before +
    Math.max(
      0,
      rows.findLastIndex((row) => row.seq <= seq),
    )
  );
}
