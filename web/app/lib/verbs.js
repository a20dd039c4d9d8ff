// English participles and the infinitives they come from, as far as the actions of audit logs need them: "updated" is
// said of what was done, "update" of what failed.

/** Those that are not made with -ed, or whose spelling follows no rule below. */
const IRREGULAR = {
  sent: "send",
  shown: "show",
  run: "run",
  begun: "begin",
  broken: "break",
  built: "build",
  chosen: "choose",
  done: "do",
  drawn: "draw",
  found: "find",
  given: "give",
  hidden: "hide",
  held: "hold",
  kept: "keep",
  left: "leave",
  lost: "lose",
  made: "make",
  paid: "pay",
  read: "read",
  reset: "reset",
  seen: "see",
  set: "set",
  shut: "shut",
  split: "split",
  taken: "take",
  withdrawn: "withdraw",
  written: "write",
  overridden: "override",
  put: "put",
  created: "create",
  acknowledged: "acknowledge",
  expired: "expire",
  synced: "sync",
  added: "add",
  tested: "test",
  used: "use",
  installed: "install",
  enrolled: "enroll",
  called: "call",
  cancelled: "cancel",
  labelled: "label",
  edited: "edit",
  visited: "visit",
  audited: "audit",
  exited: "exit",
  authored: "author",
  monitored: "monitor",
  reverted: "revert",
  targeted: "target",
  recorded: "record",
};
/** Nouns as well as participles: they are taken for a verb only where there is no other. */
const AMBIGUOUS = new Set(["run", "read", "set", "put", "split", "reset", "left"]);

/** Stems that lose an e before -ed: by their endings. */
const SILENT_E = [
  /[aeiouy][ktpdm]$/, // make, delete, upgrade, escape, resume
  /[^aeiou]l$/, // toggle, enable
  /[^aeiou][cg]$/, // announce, merge, change
  /[aeiou]c$/,
  /[vzu]$/, // approve, snooze, issue
  /[aeiouy]s$/, // close, pause
  /[^eo]r$/, // share, require, configure
  /[^e]ul$/, // schedule
  /(?:st|pl|fl|gn|cl)or$/, // restore, explore
  /[^aeo]in$/, // define, combine
  /[aeiou]g$/,
  /rs$/,
];
/** And stems with those endings that lose none. */
const NO_SILENT_E = /(?:oo[kdtpm]|[aeo][ui][ktpdm]|oa[dtk]|ea[dtkpm]|ee[dtkpm]|mit|it|mand|rd|nd|ing|ir)$/;
const DOES_END_SILENT = /(?:vit|cit|write|quir|fir|wir|nit|unit|cuit|ignit)$/;
const DOUBLED = /([bdgmnprt])\1$/;

/** Whether a word says that something was done. */
export const isParticiple = (word) => word.endsWith("ed") || Object.hasOwn(IRREGULAR, word);

/** Where the verb stands among the words of an action's last part; -1 if there is none. */
export function verbAt(words) {
  const clear = words.findIndex((word) => isParticiple(word) && !AMBIGUOUS.has(word));
  return clear >= 0 ? clear : words.findIndex(isParticiple);
}

/** `update` of `updated`, and of `signed in` `sign in`; what is no participle stays as it is. */
export function infinitive(verb) {
  const [first, ...rest] = verb.split(" ");
  const tail = rest.length ? ` ${rest.join(" ")}` : "";
  if (Object.hasOwn(IRREGULAR, first)) return IRREGULAR[first] + tail;
  if (!first.endsWith("ed")) return verb;
  const stem = first.slice(0, -2);
  if (stem.endsWith("i")) return `${stem.slice(0, -1)}y${tail}`;
  if (DOUBLED.test(stem)) return stem.slice(0, -1) + tail;
  const isSilent = SILENT_E.some((ending) => ending.test(stem));
  const isExcepted = NO_SILENT_E.test(stem) && !DOES_END_SILENT.test(stem);
  return (isSilent && !isExcepted ? `${stem}e` : stem) + tail;
}
