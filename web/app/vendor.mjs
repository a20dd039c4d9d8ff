// Takes over what others have published: `node vendor.mjs` writes vendor/, fonts/ and icons.svg from the npm packages
// in package-lock.json, `--check` says whether they are up to date. The app is served as it lies here, so what it
// needs of others must lie here too; nobody needs npm to build the service.

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const HERE = dirname(fileURLToPath(import.meta.url));
const PACKAGES = join(HERE, "node_modules");

/** What is taken of each package, by the file it is joined and minified into: a module more is a request more before
  the first paint. */
const MODULES = {
  "preact.js": {
    preact: "export { h, render } from",
    "preact/hooks": "export { useEffect, useLayoutEffect, useMemo, useRef, useState } from",
    "@preact/signals": "export { batch, computed, effect, signal, untracked } from",
    htm: "export { default as htm } from",
  },
  // What web/verify imports of them.
  "noble.js": {
    "@noble/ed25519": "export { Point, hashes } from",
    "@noble/hashes/sha2.js": "export { sha512 } from",
  },
};
/** What they import themselves. */
const WITHIN = { "preact.js": ["@preact/signals-core"] };
const FONTS = {
  "ibm-plex-sans-latin-wght-normal.woff2": "@fontsource-variable/ibm-plex-sans",
  "ibm-plex-mono-latin-400-normal.woff2": "@fontsource/ibm-plex-mono",
  "ibm-plex-mono-latin-500-normal.woff2": "@fontsource/ibm-plex-mono",
};
/** What an icon is called here, and in Lucide. */
const ICONS = {
  overview: "layout-grid",
  events: "list",
  entities: "users-round",
  seal: "shield-check",
  "seal-broken": "shield-x",
  "seal-waiting": "shield-ellipsis",
  help: "circle-question-mark",
  search: "search",
  close: "x",
  down: "chevron-down",
  up: "chevron-up",
  left: "chevron-left",
  play: "play",
  moon: "moon",
  sun: "sun",
  auto: "sun-moon",
  columns: "columns-3",
  link: "link",
  copy: "copy",
  filter: "list-filter",
  plus: "plus",
  minus: "minus",
  reset: "rotate-ccw",
  "arrow-up": "arrow-up",
  clock: "clock",
  calendar: "calendar",
  check: "check",
  alert: "triangle-alert",
  include: "circle-plus",
  exclude: "circle-minus",
  timeline: "history",
  download: "download",
  key: "key-round",
  density: "rows-3",
  more: "ellipsis",
  compare: "columns-2",
  newest: "arrow-down-wide-narrow",
  oldest: "arrow-up-narrow-wide",
  user: "user-round",
  system: "server-cog",
  target: "box",
  file: "file-check",
  outside: "arrow-up-right",
  offline: "wifi-off",
  settings: "settings",
  share: "share-2",
  stream: "send",
  pause: "pause",
  rewind: "rewind",
  edit: "pencil",
  webhook: "webhook",
  store: "database",
  queue: "layers",
  terminal: "terminal",
  siem: "radar",
};

const read = (path) => readFileSync(join(PACKAGES, path));
const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");

function describe(name) {
  const { version, license } = JSON.parse(read(`${name}/package.json`));
  return { name, version, license };
}

const packageOf = (path) =>
  path
    .split("/")
    .slice(0, path.startsWith("@") ? 2 : 1)
    .join("/");
const heading = (what) => `/* ${what};\n   taken over by vendor.mjs, licences in LICENSES.txt */\n`;

/** The packages that a file of `MODULES` is made of. */
const packagesOf = (file) => [
  ...new Set([...Object.keys(MODULES[file]).map(packageOf), ...(WITHIN[file] ?? [])]),
];

async function joined(file) {
  const contents = Object.entries(MODULES[file]).map(([from, names]) => `${names} "${from}";`);
  const { outputFiles, metafile } = await build({
    stdin: { contents: contents.join("\n"), resolveDir: HERE },
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    legalComments: "none",
    lineLimit: 4000,
    metafile: true,
    write: false,
  });
  const used = Object.keys(metafile.inputs).map((path) => packageOf(path.replace(/^.*node_modules\//, "")));
  const unnamed = used.filter((name) => name !== "<stdin>" && !packagesOf(file).includes(name));
  if (unnamed.length) throw new Error(`${file} is made of ${unnamed}, too`);
  const names = packagesOf(file).map(describe);
  const what = names.map(({ name, version }) => `${name} ${version}`).join(", ");
  // A tab stands in a template, where its escape means the same.
  return `${heading(what)}${outputFiles[0].text.trimEnd().replaceAll("\t", "\\t")}\n`;
}

function sprite() {
  const symbols = Object.entries(ICONS).map(([name, lucide]) => {
    const inner = /<svg[^>]*>([^]*)<\/svg>/.exec(read(`lucide-static/icons/${lucide}.svg`).toString())[1];
    return `<symbol id="i-${name}" viewBox="0 0 24 24">${inner.replace(/\s*\n\s*/g, "")}</symbol>`;
  });
  const { name, version } = describe("lucide-static");
  const head = `<!-- ${name} ${version}, ISC; put together by vendor.mjs -->`;
  return [head, '<svg xmlns="http://www.w3.org/2000/svg">', ...symbols, "</svg>", ""].join("\n");
}

/** The text of a licence, wherever its package keeps it. */
function licence(name) {
  const path = ["LICENSE", "LICENSE.md", "OFL.txt"]
    .map((file) => `${name}/${file}`)
    .find((file) => existsSync(join(PACKAGES, file)));
  const { version, license } = describe(name);
  const text = read(path)
    .toString()
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n")
    .trim();
  return `${name} ${version} (${license})\n\n${text}`;
}

/** All files, by their paths here. */
async function files() {
  const found = new Map();
  const entries = [];
  const add = (path, content, names, source) => {
    found.set(path, Buffer.from(content));
    for (const name of names) {
      const { version, license } = describe(name);
      entries.push({ path, name, version, license, source, sha256: sha256(found.get(path)) });
    }
  };
  for (const file of Object.keys(MODULES)) {
    const from = `${Object.keys(MODULES[file]).join(", ")}: joined by esbuild`;
    add(`vendor/${file}`, await joined(file), packagesOf(file), from);
  }
  for (const [name, from] of Object.entries(FONTS)) {
    add(`fonts/${name}`, read(`${from}/files/${name}`), [from], `${from}/files/${name}`);
  }
  add("icons.svg", sprite(), ["lucide-static"], "icons/*.svg");
  const names = [...new Set(entries.map(({ name }) => name))];
  found.set("vendor/LICENSES.txt", Buffer.from(`${names.map(licence).join("\n\n\n")}\n`));
  found.set("vendor/VENDOR.toml", Buffer.from(listing(entries)));
  return found;
}

function listing(entries) {
  const head = "# What the app carries of others, each with the SHA-256 of the file here. Written by ../vendor.mjs.\n";
  const one = ({ path, name, version, license, source, sha256: hash }) =>
    [
      "\n[[file]]",
      `path = "${path}"`,
      `name = "${name}"`,
      `version = "${version}"`,
      `licence = "${license}"`,
      `source = "${source}"`,
      `sha256 = "${hash}"`,
      "",
    ].join("\n");
  return head + entries.map(one).join("");
}

for (const [path, content] of await files()) {
  const target = join(HERE, path);
  if (process.argv.includes("--check")) {
    if (!existsSync(target) || !readFileSync(target).equals(content)) throw new Error(`${path} is not up to date`);
  } else {
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, content);
  }
}
