// What may come next in a query: told from the place of the caret. Nothing is chosen beforehand, so Enter always runs
// what is typed.

import { getJson } from "../../lib/api.js";
import { canonicalField, quoted, withoutTerm } from "../../lib/query-edit.js";
import { terms, tokens } from "../../lib/query-tokens.js";
import { FIELDS, isCounted } from "./field-list.js";

const SHOWN_MAX = 9;
const TIMES = ["today", "yesterday", "last-24h", "last-7d", "this-week", "this-month", ">now-1h"];
const HALF_TYPED = /^[A-Za-z_][\w.-]*$/;

/** What is being typed at the caret: `{ kind: "start" | "word" | "value", … }`. */
export function contextAt(text, caret) {
  const token = tokens(text).find(({ start, end }) => start < caret && caret <= end);
  if (!token) return { kind: "start", start: caret, end: caret, typed: "" };
  const term = terms(text).find(({ start, end }) => start <= token.start && token.end <= end);
  const isBehindField = token.kind === "field" ? caret === token.end : token.start > (term?.start ?? 0);
  if (term?.kind === "term" && isBehindField) {
    const isValue = token.kind === "value" || token.kind === "string";
    const [start, end] = isValue ? [token.start, token.end] : [caret, caret];
    const typed = isValue ? text.slice(start, caret).replace(/^["“”]/, "") : "";
    const isNew = isValue || token.kind === "field" || token.kind === "comma" || token.kind === "operator";
    if (isNew) return { kind: "value", field: canonicalField(term.field), term, start, end, typed };
  }
  if (token.kind === "text")
    return { kind: "word", start: token.start, end: token.end, typed: text.slice(token.start, caret) };
  if (token.kind === "operator") return { kind: "start", start: caret, end: caret, typed: "" };
  return { kind: "none", start: caret, end: caret, typed: "" };
}

function fieldOptions(typed) {
  const lower = typed.toLowerCase();
  const fits = ({ name, aliases }) => name.startsWith(lower) || aliases.some((alias) => alias.startsWith(lower));
  return FIELDS.filter(fits).map(({ name, meaning, aliases }) => {
    const isAlias = lower && !name.startsWith(lower);
    const hint = isAlias ? `${aliases.find((alias) => alias.startsWith(lower))} → ${name}` : meaning;
    return { insert: name.endsWith(".") ? name : `${name}:`, label: name, hint, goesOn: true };
  });
}

const known = (field) => FIELDS.find(({ name }) => name === field);

/** The options at a place, without asking the service. */
export function offline(text, context, recent) {
  if (context.kind === "none") return [];
  if (context.kind === "value") {
    const field = known(context.field);
    const values = field?.values ?? (/^(created|received)$/.test(field?.name ?? "") ? TIMES : []);
    const taken = context.term.values.map((value) => value.text);
    return values
      .filter(
        (value) =>
          value.startsWith(context.typed.toLowerCase()) && (value === context.typed || !taken.includes(value)),
      )
      .map((value) => ({ insert: `${value} `, label: value }));
  }
  const searches =
    text.trim() === "" ? recent.map((q) => ({ insert: q, label: q, hint: "searched before", isWhole: true })) : [];
  const fields = fieldOptions(context.typed);
  return context.kind === "start"
    ? [...searches.slice(0, 4), ...fields].slice(0, SHOWN_MAX)
    : fields.slice(0, SHOWN_MAX);
}

/** The options that only the service knows: values with their counts among what else is asked for. */
export async function online(text, context, common, stop) {
  const ask = async (field, contains, limit) => {
    const rest = context.term ? withoutTerm(text, context.term) : withoutTerm(text, context);
    const own = { ...common, q: rest, field, contains, limit };
    return (await getJson("/v1/facets", own, stop)).values;
  };
  const option =
    (field) =>
    ({ value, label, count }) => ({
      insert: context.kind === "value" ? `${quoted(value)} ` : `${field}:${quoted(value)} `,
      label: label === value ? (context.kind === "value" ? value : `${field}:${value}`) : label,
      hint: label === value ? "" : `${field}:${value}`,
      count,
    });
  if (context.kind === "value") {
    const field = known(context.field)?.name ?? context.field;
    if (!isCounted(field)) return null;
    const values = await ask(field, context.typed.replace(/\*$/, ""), SHOWN_MAX);
    const taken = context.term.values.map((value) => value.text).filter((value) => value !== context.typed);
    return values.filter(({ value }) => !taken.includes(value)).map(option(field));
  }
  if (context.kind !== "word" || context.typed.length < 2 || !HALF_TYPED.test(context.typed)) return null;
  const found = await Promise.all(["action", "actor", "target"].map((field) => ask(field, context.typed, 3)));
  return ["action", "actor", "target"].flatMap((field, index) => found[index].map(option(field)));
}

/** The text with the option put in, and where the caret is then. */
export function accept(text, context, option) {
  if (option.isWhole) return { text: option.insert, caret: option.insert.length };
  const after = text.slice(context.end);
  const insert = option.insert.endsWith(" ") && /^[\s,)]/.test(after) ? option.insert.trimEnd() : option.insert;
  return { text: text.slice(0, context.start) + insert + after, caret: context.start + insert.length };
}
