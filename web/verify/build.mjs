// Puts the page together: `node web/verify/build.mjs` writes verifier.html, `--check` says whether it is up to date.
// The modules, and those of the packages that they name, are joined as they are written, each in a function of its own,
// so that whoever reads the page reads the source. The same sources give the same bytes, wherever they lie.

import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const HERE = dirname(fileURLToPath(import.meta.url));
const TARGET = join(HERE, "verifier.html");
const TOKENS = join(HERE, "..", "app", "css", "tokens.css");
const NOTICE = "Made by build.mjs from the other files of web/verify: edit those, not this one.";

const read = (path) => readFileSync(path, "utf8");

/** The package that a module belongs to: what its package.json says, and the folder. */
function packageOf(path) {
  const folder = dirname(path);
  const description = join(folder, "package.json");
  return existsSync(description) ? { ...JSON.parse(read(description)), folder } : packageOf(folder);
}

/** What the page calls a module: nothing of it depends on where packages lie. */
function labelOf(path) {
  const { folder, name } = packageOf(path);
  return `${folder === HERE ? "verify" : name}/${relative(folder, path)}`;
}

const nameOf = (path) =>
  labelOf(path)
    .replace(/^@|\.js$/g, "")
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
  const { resolve } = createRequire(path);
  const locate = (specifier) => {
    const found = resolve(specifier);
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

const joined = (entry, modules) =>
  [...modules.values()]
    .map(
      ({ path, code, exported }) =>
        `/* ${labelOf(path)} */\nconst ${nameOf(path)} = (() => {\n${code}\n` +
        `return { ${exported.join(", ")} };\n})();\n`,
    )
    .concat(`return ${nameOf(entry)};`)
    .join("\n");

/** The licences of the packages that these modules are from. */
function licencesOf(modules) {
  const packages = new Map(modules.map(packageOf).map((found) => [found.name, found]));
  return [...packages.values()]
    .filter(({ folder }) => folder !== HERE)
    .map(({ folder, name, version }) => `${name} ${version}\n\n${read(join(folder, "LICENSE")).trim()}`);
}

/** The tokens of the app's look that a style uses, also by way of other tokens. */
function tokensOf(style) {
  const all = new Map([...read(TOKENS).matchAll(/^ {4}(--[\w-]+): (.+);$/gm)].map(([, name, value]) => [name, value]));
  const used = new Set();
  const use = (text) => {
    for (const [, name] of text.matchAll(/var\((--[\w-]+)/g)) {
      if (!all.has(name)) throw new Error(`there is no token ${name}`);
      if (used.has(name)) continue;
      used.add(name);
      use(all.get(name));
    }
  };
  use(style);
  const lines = [...all].filter(([name]) => used.has(name)).map(([name, value]) => `  ${name}: ${value};`);
  return [":root {", "  color-scheme: light dark;", ...lines, "}"].join("\n");
}

/** The page as text. */
export function build() {
  const [core, page] = ["core.js", "page.js"].map((name) => join(HERE, name));
  const [coreModules, pageModules] = [collect(core), collect(page)];
  const script =
    `"use strict";\n` +
    `const core = () => {\n"use strict";\n${joined(core, coreModules)}\n};\n` +
    `const page = (() => {\n${joined(page, pageModules)}\n})();\npage.start(core);\n`;
  const css = read(join(HERE, "page.css"));
  const style = css.replace("/* tokens */", () => tokensOf(css));
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
  const escape = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  const parts = {
    notice: `<!-- ${NOTICE} -->`,
    csp: `<meta http-equiv="Content-Security-Policy" content="${rules.join("; ")}">`,
    style: `<style>${style}</style>`,
    licences: escape(licencesOf([...coreModules.keys(), ...pageModules.keys()]).join("\n\n\n")),
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
