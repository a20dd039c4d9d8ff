// The words of a query, for colours, for chips and for what may be completed. The service's parser is the authority:
// this one has no opinion about what is right, and every text has tokens.

const SPACE = /[ \t\n\r\u00a0\u3000]/;
const QUOTES = '"“”';
const FIELD = /^[A-Za-z_][A-Za-z0-9_-]*(?:\.(?:[\p{L}\p{N}_-]+|"(?:[^"\\]|\\.)*"))*:/u;
const COMPARE = /^(?:>=|<=|>|<|=)/;

/** Where the quoted text that begins at `at` ends. */
function quotedEnd(text, at) {
  for (let i = at + 1; i < text.length; i++) {
    if (text[i] === "\\") i++;
    else if (QUOTES.includes(text[i])) return i + 1;
  }
  return text.length;
}

/** Where a bare word ends: at a space, a parenthesis or a quote, and in a value at a comma or two dots. */
function bareEnd(text, at, isValue) {
  let i = at;
  for (; i < text.length; i++) {
    const c = text[i];
    if (c === "\\") i++;
    else if (SPACE.test(c) || "()".includes(c) || QUOTES.includes(c)) break;
    else if (isValue && (c === "," || (c === "." && text[i + 1] === "."))) break;
  }
  return Math.min(i, text.length);
}

/**
 * Tokens `{ kind, start, end }` in order; what lies between them is space. Kinds: `field` with its colon, `value`,
 * `string`, `text`, `operator` (AND, OR, NOT, a minus, a comparison, dots), `comma`, `paren`.
 */
export function tokens(text) {
  const found = [];
  const push = (kind, start, end) => found.push({ kind, start, end });
  let i = 0;
  let inValue = false;
  while (i < text.length) {
    const c = text[i];
    const rest = text.slice(i);
    if (SPACE.test(c)) {
      i++;
      inValue = false;
    } else if (c === "(" || c === ")") {
      push("paren", i, ++i);
      inValue = false;
    } else if (QUOTES.includes(c)) {
      const end = quotedEnd(text, i);
      push("string", i, end);
      i = end;
    } else if (inValue) {
      const compare = COMPARE.exec(rest);
      if (c === ",") push("comma", i, ++i);
      else if (rest.startsWith("..")) push("operator", i, (i += 2));
      else if (compare && /[:,]/.test(text[i - 1])) push("operator", i, (i += compare[0].length));
      else {
        const end = Math.max(i + 1, bareEnd(text, i, true));
        push("value", i, end);
        i = end;
      }
    } else if (c === "-" && i + 1 < text.length && !SPACE.test(text[i + 1])) {
      push("operator", i, ++i);
    } else {
      const field = FIELD.exec(rest);
      if (field) {
        push("field", i, (i += field[0].length));
        inValue = text[i] !== "(";
      } else {
        const end = Math.max(i + 1, bareEnd(text, i, false));
        push(/^(AND|OR|NOT)$/.test(text.slice(i, end)) ? "operator" : "text", i, end);
        i = end;
      }
    }
  }
  return found;
}

/** The end of the group whose parenthesis is `all[at]`, as an index behind it. */
function groupEnd(text, all, at) {
  let depth = 0;
  for (let i = at; i < all.length; i++) {
    if (all[i].kind !== "paren") continue;
    depth += text[all[i].start] === "(" ? 1 : -1;
    if (depth === 0) return i + 1;
  }
  return all.length;
}

const plain = (text, { kind, start, end }) => {
  const raw = text.slice(start, end);
  if (kind !== "string") return raw.replace(/\\(.)/g, "$1");
  const isClosed = raw.length > 1 && QUOTES.includes(raw.at(-1));
  return raw.slice(1, isClosed ? -1 : undefined).replace(/\\(["“”\\])/g, "$1");
};

/** Reads the term whose first token is `all[at]`; the term and the index behind it. */
function termAt(text, all, at) {
  const start = all[at].start;
  let negated = false;
  let i = at;
  for (; i < all.length && all[i].kind === "operator"; i++) {
    const word = text.slice(all[i].start, all[i].end);
    if (word === "-" || word === "NOT") negated = !negated;
    else if (word !== "AND") break;
  }
  if (i >= all.length) return [{ kind: "text", negated, start, end: all.at(-1).end, values: [] }, i];
  const first = all[i];
  if (first.kind === "paren") {
    const next = groupEnd(text, all, i);
    return [{ kind: "group", negated, start, end: all[next - 1].end, values: [] }, next];
  }
  if (first.kind !== "field") {
    return [{ kind: "text", negated, start, end: first.end, values: [plain(text, first)] }, i + 1];
  }
  const field = text.slice(first.start, first.end - 1);
  const term = { kind: "term", negated, field, start, end: first.end, values: [], isSimple: true };
  let next = i + 1;
  if (all[next]?.kind === "paren" && all[next].start === first.end) {
    next = groupEnd(text, all, next);
    return [{ ...term, kind: "group", end: all[next - 1].end }, next];
  }
  for (; next < all.length && all[next].start === term.end; next++) {
    const token = all[next];
    if (!["value", "string", "comma", "operator"].includes(token.kind)) break;
    if (token.kind === "operator") term.isSimple = false;
    if (token.kind === "value" || token.kind === "string") {
      term.values.push({ text: plain(text, token), start: token.start, end: token.end });
      if (token.kind === "value" && text.slice(token.start, token.end).includes("*")) term.hasStar = true;
    }
    term.end = token.end;
  }
  return [term, next];
}

/**
 * The terms that are joined by AND at the top, each with its place. A query with an OR at the top is one term: nothing
 * of it can be taken away alone.
 */
export function terms(text) {
  const all = tokens(text);
  const found = [];
  let i = 0;
  while (i < all.length) {
    if (text.slice(all[i].start, all[i].end) === "OR" && all[i].kind === "operator") {
      return [{ kind: "group", negated: false, start: all[0].start, end: all.at(-1).end, values: [], isWhole: true }];
    }
    if (text.slice(all[i].start, all[i].end) === "AND" && all[i].kind === "operator") {
      i++;
      continue;
    }
    const [term, next] = termAt(text, all, i);
    found.push(term);
    i = Math.max(next, i + 1);
  }
  return found;
}
