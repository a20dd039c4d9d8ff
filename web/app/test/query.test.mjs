// The words of queries and changes of them by clicks.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { canonicalField, quoted, only, toggled, valuesFor, withTerm, withoutTerm } from "../lib/query-edit.js";
import { terms, tokens } from "../lib/query-tokens.js";
import { parse } from "../lib/url-state.js";
import { columnOf } from "../screens/events/fields.js";
import { accept, contextAt, offline } from "../screens/events/suggest.js";

const kinds = (text) => tokens(text).map(({ kind, start, end }) => `${kind}:${text.slice(start, end)}`);

test("words are those that the service's tokenizer finds: both run the same vectors", () => {
  const vectors = JSON.parse(readFileSync(new URL("../../../testdata/query/tokens.json", import.meta.url), "utf8"));
  assert.ok(vectors.length > 20);
  for (const { query, tokens: wanted } of vectors) assert.deepEqual(kinds(query), wanted, JSON.stringify(query));
});

test("tokens cover any text in order and without overlap", () => {
  const alphabet = 'ab:,-()"“” *.\\=<>\u00e9OR';
  let seed = 7;
  const next = (n) => (seed = (seed * 1103515245 + 12345) % 2 ** 31) % n;
  for (let i = 0; i < 20_000; i++) {
    const text = Array.from({ length: next(24) }, () => alphabet[next(alphabet.length)]).join("");
    let at = 0;
    for (const { start, end } of tokens(text)) {
      assert.ok(start >= at && end > start && end <= text.length, JSON.stringify(text));
      assert.equal(text.slice(at, start).trim(), "", JSON.stringify(text));
      at = end;
    }
    assert.equal(text.slice(at).trim(), "", JSON.stringify(text));
    for (const term of terms(text)) withoutTerm(text, term);
  }
});

test("terms are those that are joined by AND at the top", () => {
  const text = 'actor:alice -(a OR b) "free text" NOT outcome:success,failure';
  const found = terms(text);
  assert.deepEqual(
    found.map(({ kind, negated, start, end }) => [kind, negated, text.slice(start, end)]),
    [
      ["term", false, "actor:alice"],
      ["group", true, "-(a OR b)"],
      ["text", false, '"free text"'],
      ["term", true, "NOT outcome:success,failure"],
    ],
  );
  assert.deepEqual(
    found[3].values.map(({ text: value }) => value),
    ["success", "failure"],
  );
  assert.equal(terms("a OR b").length, 1);
  assert.ok(terms("a OR b")[0].isWhole);
});

test("a click adds a value to the list, and takes it out again", () => {
  const q = "action:user.created x";
  const two = toggled(q, "action", "user.deleted");
  assert.equal(two, "action:user.created,user.deleted x");
  assert.equal(toggled(two, "action", "user.created"), "action:user.deleted x");
  assert.equal(toggled("action:user.created", "action", "user.created"), "");
  assert.equal(toggled("", "actor", "Doe, Jane"), 'actor:"Doe, Jane"');
  assert.equal(toggled("user:alice", "actor", "bob"), "user:alice,bob");
});

test("excluding what is included takes that back first", () => {
  assert.equal(toggled("outcome:success", "outcome", "success", true), "-outcome:success");
  assert.equal(toggled("-outcome:success", "outcome", "success"), "outcome:success");
  assert.equal(only("a actor:x -actor:y", "actor", "z"), "a actor:z");
});

test("only the characters of the term that was clicked change", () => {
  const q = "  Actor:Alice   AND  x:(1 2) ";
  assert.equal(withoutTerm(q, terms(q)[0]), "AND  x:(1 2) ");
  assert.equal(withTerm("a OR b", "actor:x"), "(a OR b) actor:x");
  assert.deepEqual(valuesFor("metadata.amount:>100", "metadata.amount"), []);
});

test("values are quoted where the language needs it", () => {
  for (const [value, wanted] of [
    ["alice", "alice"],
    ["a b", '"a b"'],
    ["-x", '"-x"'],
    ["a..b", '"a..b"'],
    ['say "hi"', '"say \\"hi\\""'],
    ["2001:db8::1", "2001:db8::1"],
    ["", '""'],
    ["*", '"*"'],
  ]) {
    assert.equal(quoted(value), wanted);
    assert.deepEqual(valuesFor(`actor:${wanted}`, "actor"), value === "" ? [""] : [value]);
  }
});

test("what may come next follows from the place of the caret", () => {
  assert.equal(contextAt("", 0).kind, "start");
  assert.deepEqual((({ kind, typed }) => [kind, typed])(contextAt("act", 3)), ["word", "act"]);
  const value = contextAt("outcome:suc x", 11);
  assert.deepEqual([value.kind, value.field, value.typed], ["value", "outcome", "suc"]);
  assert.deepEqual(
    offline("outcome:suc x", value, []).map(({ label }) => label),
    ["success"],
  );
  assert.equal(offline("us", contextAt("us", 2), [])[0].insert, "actor:");
  const behind = contextAt("outcome:denied actor:", 21);
  assert.deepEqual([behind.kind, behind.field, behind.typed], ["value", "actor", ""]);
  assert.equal(contextAt("-outcome:x", 1).kind, "start");
  const inList = contextAt("outcome:success,", 16);
  assert.deepEqual(
    offline("outcome:success,", inList, []).map(({ label }) => label),
    ["failure", "denied", "unknown"],
  );
  const [option] = offline("outcome:suc x", value, []);
  assert.deepEqual(accept("outcome:suc x", value, option), { text: "outcome:success x", caret: 15 });
});

test("keys of metadata keep their case, and a name may have a dot or a comma in it", () => {
  assert.equal(canonicalField("User"), "actor");
  assert.equal(canonicalField("Metadata.deployRegion"), "metadata.deployRegion");
  assert.equal(canonicalField("user.METADATA.Team.id"), "actor.metadata.Team.id");
  assert.equal(canonicalField('changes."A.b"'), 'changes."A.b"');
  assert.equal(canonicalField("Timestamp"), "created");
  assert.equal(toggled("metadata.deployRegion:eu", "metadata.deployRegion", "us"), "metadata.deployRegion:eu,us");
  const { cols } = parse('?cols=time,metadata."a,b",sentence');
  assert.deepEqual(cols, ["time", 'metadata."a,b"', "sentence"]);
  const event = { metadata: { "a.b": { c: 1 }, a: { b: "not this" } } };
  assert.equal(columnOf('metadata."a.b".c').show(event), "1");
  assert.equal(columnOf("metadata.a.b").show(event), "not this");
});
