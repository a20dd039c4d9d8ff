// Shows a report: one verdict in words, colour and shape, what is proven and what is not, and what it rests on.

import { el, facts, icon, name, number, table } from "./dom.js";

const list = (title, kind, sentences) =>
  el(
    "section",
    { class: `claims ${kind}` },
    el("h3", {}, title),
    sentences.length
      ? el(
          "ul",
          {},
          sentences.map((text) => el("li", {}, icon(kind === "unproven" ? "no" : "yes"), el("span", {}, text))),
        )
      : el("p", { class: "quiet" }, "Nothing."),
  );

function verdict(report) {
  const { title, text } = report.headline;
  return el(
    "div",
    { class: `verdict ${report.conclusion}` },
    icon(report.conclusion, 40),
    el("div", {}, el("h2", { id: "verdict", tabindex: "-1" }, title), el("p", {}, text)),
  );
}

const COUNTED = [
  ["ok", "in full"],
  ["redacted", "with parts left out"],
  ["erased", "with parts erased"],
  ["tampered", "tampered with"],
  ["missing", "missing"],
  ["unwitnessed", "not yet witnessed"],
];

function counts(report) {
  if (!report.counts) return null;
  const all = report.counts.records;
  const cells = COUNTED.filter(([key]) => report.counts[key] > 0);
  const cell = (value, label, kind) => el("li", { class: kind }, el("b", {}, number(value)), ` ${label}`);
  return el(
    "ul",
    { class: "counts" },
    cell(all, all === 1 ? "event" : "events", "all"),
    cells.map(([key, label]) => cell(report.counts[key], label, key)),
  );
}

function signature({ name: signer, id, key, in_your_policy: yours }, by) {
  const known = yours
    ? "in your policy"
    : by === "auditor"
      ? "not in your policy, ignored"
      : key
        ? "key stated by the pack itself"
        : "unknown key, not checked";
  return el(
    "li",
    {},
    el("div", {}, name(signer, "mono"), " ", el("span", { class: yours ? "tag good" : "tag" }, known)),
    el("code", {}, key ?? `key ID ${id}`),
  );
}

function seenBy({ witnessed }, by) {
  if (!witnessed) return null;
  const { witnesses } = witnessed;
  const whose = by === "auditor" ? "the quorum" : "by the keys in the pack, its quorum";
  const quorum = `${whose} is ${witnessed.is_quorum ? "" : "not "}met`;
  return el(
    "div",
    {},
    el(
      "div",
      {},
      `${number(witnessed.size)} events, ${quorum}`,
      witnessed.directory
        ? [", through ", name(witnessed.directory, "mono"), `, whose entry of the log is of ${witnessed.listed_at}`]
        : null,
    ),
    el(
      "ul",
      {},
      witnesses.map((witness) => el("li", {}, name(witness.name, "mono"), ` at ${witness.at}`)),
    ),
  );
}

function basis(report) {
  const { log, trust, range } = report;
  return el(
    "section",
    {},
    el("h3", {}, "What it rests on"),
    facts([
      ["Log", name(log.origin, "mono")],
      ["Events in the log", log.size === null ? null : number(log.size)],
      ["Root of its tree", log.root && el("code", {}, log.root)],
      ["Range", range && `#${range[0]} up to, not including, #${range[1]}: complete`],
      ["Received", report.received && `${report.received[0]} to ${report.received[1]}`],
      ["Seen by", seenBy(log, trust.by)],
      [
        "Signatures",
        el(
          "ul",
          { class: "keys" },
          trust.signatures.map((found) => signature(found, trust.by)),
        ),
      ],
      ["Keys in the pack", trust.comparison],
    ]),
    trust.by === "auditor"
      ? null
      : el(
          "p",
          { class: "advice" },
          "Compare these keys, character by character, with keys that you got elsewhere: ",
          "the organization's published keys, ",
          "a contract, an earlier visit. Without that, somebody who made up the whole file would see this result too.",
        ),
  );
}

function stated({ manifest }) {
  if (!manifest) return null;
  const { organization } = manifest;
  return el(
    "section",
    {},
    el("h3", {}, "What the exporter states"),
    el("p", { class: "quiet" }, "Signed by nobody and checked by nothing."),
    facts([
      ["Organization", organization && name(organization.name ?? organization.id)],
      ["Query", manifest.query && el("code", {}, name(manifest.query))],
      ["Made at", name(manifest.created_at)],
      ["Made with", name(manifest.tool)],
    ]),
  );
}

function anchors(report) {
  if (!report.anchors.length) return null;
  const says = (anchor) => (anchor.names_checkpoint ? "names this checkpoint" : "does not name this checkpoint");
  return el(
    "section",
    {},
    el("h3", {}, "Further proofs of time"),
    el(
      "ul",
      {},
      report.anchors.map((anchor) => el("li", {}, el("code", {}, name(anchor.name)), ` ${says(anchor)}`)),
    ),
    el(
      "p",
      { class: "quiet" },
      "Their own signatures are not checked here. Unpack the file, then check a .tsr with the means of its authority:",
    ),
    el(
      "pre",
      { tabindex: "0" },
      `openssl ts -verify -in anchors/<name>.tsr -digest ${report.anchored} -CAfile <certificate>`,
    ),
  );
}

function problemText(problem) {
  if (problem.verdict !== "missing") return problem.why;
  const more = problem.to - problem.seq - 1n;
  return more > 0n ? `not in the pack, nor the ${number(more)} behind it` : "not in the pack";
}

const PROBLEMS = {
  missing: "Missing",
  tampered: "Tampered with",
  forked: "Forked",
  rolled_back: "Rolled back",
};

function problems(report) {
  const all = [...report.faults.map((fault) => ({ ...fault, seq: null })), ...report.records];
  if (!all.length) return null;
  const row = (problem) =>
    el(
      "tr",
      {},
      el("td", { class: "mono" }, problem.seq === null ? "Log" : `#${problem.seq}`),
      el("td", { class: "bad" }, PROBLEMS[problem.verdict]),
      el("td", {}, problemText(problem)),
    );
  const total = BigInt(report.counts?.tampered ?? 0) + BigInt(report.counts?.missing ?? 0);
  return el(
    "section",
    {},
    el("h3", {}, "Problems"),
    table("Problems", ["Where", "What", "Why"], el("tbody", {}, all.map(row))),
    report.records.length >= 1000
      ? el("p", { class: "quiet" }, `The first 1,000 of ${number(total)} events are listed.`)
      : null,
  );
}

/** The whole result but its events. */
export function resultView(report) {
  if (report.conclusion === "malformed") return [verdict(report)];
  const isTrusted = report.trust.by === "auditor";
  return [
    verdict(report),
    counts(report),
    problems(report),
    el(
      "div",
      { class: "columns" },
      list(isTrusted ? "Proven" : "Holds within the file", isTrusted ? "proven" : "held", report.proven),
      list("Not proven", "unproven", report.not_proven),
    ),
    basis(report),
    anchors(report),
    stated(report),
  ].filter((part) => part);
}
