// Puts the page together: `node web/verify/build.mjs` writes verifier.html, `--check` says whether it is up to date.
// The modules are joined as they are written, each in a function of its own, so that whoever reads the page reads the
// source. It is the same for the same sources, byte for byte.

import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const HERE = dirname(fileURLToPath(import.meta.url));
const WEB = dirname(HERE);
const TARGET = join(HERE, "verifier.html");
const LICENCES = ["noble-hashes", "noble-ed25519"];

const read = (path) => readFileSync(path, "utf8");
const nameOf = (path) =>
  relative(WEB, path)
    .replace(/\.js$/, "")
    .replace(/[^a-zA-Z0-9]/g, "_");

/** The lines of a module with a mark for those inside of block comments, which are left as they are. */
function codeLines(text) {
  let isComment = false;
  return text.split("\n").map((line) => {
    const wasComment = isComment;
    if (!isComment && /^\s*\/\*/.test(line) && !line.includes("*/")) isComment = true;
    else if (isComment && line.includes("*/")) isComment = false;
    return { line, isCode: !wasComment && !isComment };
  });
}

const bindings = (list) =>
  list
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item)
    .map((item) => item.split(/\s+as\s+/))
    .map(([from, to]) => ({ from, to: to ?? from }));

/** Reads a module: its code without imports and exports, what it needs, and the names that it exports. */
function parse(path) {
  const modules = [];
  const exported = [];
  const locate = (specifier) => {
    const found = join(dirname(path), specifier);
    if (!modules.includes(found)) modules.push(found);
    return nameOf(found);
  };
  const statement = /^(?:import|export) (?:\* as (\w+)|\{([^}]*)\}) from "([^"]+)";$/;
  const code = [];
  const lines = codeLines(read(path));
  for (let i = 0; i < lines.length; i++) {
    let { line } = lines[i];
    const { isCode } = lines[i];
    while (isCode && /^(import|export) \{[^}]*$/.test(line)) line += ` ${lines[++i].line.trim()}`;
    const found = isCode ? statement.exec(line) : null;
    const declared = isCode ? /^export (?:async )?(?:const|class|function\*?) (\w+)/.exec(line) : null;
    const list = isCode ? /^export \{([^}]*)\};$/.exec(line) : null;
    if (found && line.startsWith("import")) {
      const [, all, some, from] = found;
      const names =
        all ??
        `{ ${bindings(some)
          .map(({ from: a, to: b }) => (a === b ? a : `${a}: ${b}`))
          .join(", ")} }`;
      code.push(`const ${names} = ${locate(from)};`);
    } else if (found) {
      for (const { from, to } of bindings(found[2])) exported.push(`${to}: ${locate(found[3])}.${from}`);
    } else if (list) {
      for (const { from, to } of bindings(list[1])) exported.push(`${to}: ${from}`);
    } else {
      if (declared) exported.push(declared[1]);
      else if (isCode && /^(import|export)\b/.test(line)) throw new Error(`${path}: cannot join: ${line}`);
      code.push(declared ? line.replace(/^export /, "") : line);
    }
  }
  return { path, code: code.join("\n").trim(), modules, exported };
}

/** All modules that `entry` needs, each behind those that it needs itself. */
function collect(entry, found = new Map(), above = []) {
  if (above.includes(entry)) throw new Error(`modules need each other: ${[...above, entry].join(" ")}`);
  if (found.has(entry)) return found;
  const module = parse(entry);
  for (const path of module.modules) collect(path, found, [...above, entry]);
  return found.set(entry, module);
}

function joined(entry) {
  const parts = [...collect(entry).values()].map(
    ({ path, code, exported }) =>
      `/* ${relative(WEB, path)} */\nconst ${nameOf(path)} = (() => {\n${code}\n` +
      `return { ${exported.join(", ")} };\n})();\n`,
  );
  return `${parts.join("\n")}\nreturn ${nameOf(entry)};`;
}

/** The page as text. */
export function build() {
  const script =
    `"use strict";\n` +
    `const core = () => {\n"use strict";\n${joined(join(HERE, "core.js"))}\n};\n` +
    `const page = (() => {\n${joined(join(HERE, "page.js"))}\n})();\npage.start(core);\n`;
  const style = read(join(HERE, "page.css"));
  if (/<\/script|<!--/i.test(script) || /<\/style/i.test(style)) throw new Error("text that would end its element");
  const hash = (text) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
  const rules = [
    "default-src 'none'",
    `script-src ${hash(script)}`,
    `style-src ${hash(style)}`,
    "worker-src blob:",
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types verifier",
  ];
  const licences = LICENCES.map(
    (name) => `@${name.replace("-", "/")}\n\n${read(join(WEB, "vendor", name, "LICENSE")).trim()}`,
  );
  const escape = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  const parts = {
    csp: `<meta http-equiv="Content-Security-Policy" content="${rules.join("; ")}">`,
    style: `<style>${style}</style>`,
    licences: escape(licences.join("\n\n\n")),
    script: `<script>${script}</script>`,
  };
  return read(join(HERE, "page.html")).replace(/<!-- (\w+) -->/g, (_, name) => parts[name]);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const page = build();
  if (process.argv.includes("--check")) {
    if (read(TARGET) !== page)
      throw new Error("verifier.html is not what its sources give: run node web/verify/build.mjs");
  } else {
    writeFileSync(TARGET, page);
    console.log(`${page.length} characters, SHA-256 ${createHash("sha256").update(page).digest("hex")}`);
  }
}
