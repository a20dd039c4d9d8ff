// Texts that try to be more than text, and how a page is asked whether one of them got anywhere.

import assert from "node:assert/strict";

/** Runs if anything of a text is executed. */
const RUN = "pwned()";
const RLO = "\u202e";

/** By kind, so that a failure names what got through. */
export const TEXTS = {
  script: `"'><script>${RUN}</script>`,
  image: `"><img src=x onerror=${RUN}>`,
  imageInAttribute: `' onmouseover='${RUN}' autofocus onfocus='${RUN}' x='`,
  svg: `<svg/onload=${RUN}><animate onbegin=${RUN} attributeName=x dur=1s></svg>`,
  svgUse: `<svg><use href="data:image/svg+xml,<svg id='x' onload='${RUN}'/>#x"/></svg>`,
  math: `<math><mi//xlink:href="data:x,<script>${RUN}</script>">`,
  frame: `<iframe srcdoc="<script>parent.${RUN}</script>"></iframe><object data="javascript:${RUN}"></object>`,
  form: `<form action="javascript:${RUN}"><button formaction="javascript:${RUN}">x</button></form>`,
  base: '<base href="https://evil.example/"><meta http-equiv="refresh" content="0;url=https://evil.example/">',
  style: `</style><style>body{display:none}@import "https://evil.example/x.css"</style>`,
  css: 'red;background:url(https://evil.example/x.png);position:fixed;inset:0;z-index:9999',
  javascriptUrl: `javascript:${RUN}//`,
  javascriptUrlHidden: `java\tscript:${RUN}`,
  dataUrl: `data:text/html;base64,PHNjcmlwdD5wYXJlbnQucHduZWQoKTwvc2NyaXB0Pg==`,
  otherSite: "//evil.example/%2e%2e/\\evil.example",
  template: `\${${RUN}}{{constructor.constructor('${RUN}')()}}<%= ${RUN} %>#{${RUN}}`,
  scriptInJson: `</script><script>${RUN}</script><!--<script>`,
  comment: "--><!--]]><![CDATA[ --!> <!---->",
  mutation: `<noscript><p title="</noscript><img src=x onerror=${RUN}>">`,
  entities: `&lt;img src=x onerror=${RUN}&gt;&#60;script&#62;${RUN}&#x3c;/script&#x3e;`,
  order: `${RLO}nimda\u202c \u2066isolated\u2069 \u061c\u200f\u200e`,
  invisible: "ad\u200bmin\u200d\u2060\ufeff\u00ad\u180e",
  controls: "bell\u0007 esc\u001b[31mred\u001b[0m delete\u007f c1\u009b back\u0008",
  zero: "before\u0000after",
  lines: "one\r\nset-cookie: a=b\r\n\r\ntwo\u2028three\u2029four\u0085five",
  homograph: "аdmіn@ехаmple.com \u{1d41a}\u{1d41d}\u{1d426}\u{1d422}\u{1d427}",
  halves: "\ufffd\ufffe\uffff",
  marks: `z${"\u0300\u0323\u035f".repeat(60)}`,
  wide: "\u{1f468}\u200d\u{1f469}\u200d\u{1f467}\u{12031}\u{fdfd}".repeat(20),
  proto: "__proto__",
  constructor: "constructor",
  long: "W".repeat(900),
  query: `) OR * "unbalanced \\" -action:* metadata.a:(`,
  formula: `=HYPERLINK("https://evil.example";"x")`,
};

/** What hides or reorders other characters, and must not be in anything that is shown. */
const HIDING = "[\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f\\u061c\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u206f]";

/** Before any script of the page: notes whatever runs, and what the policy had to stop. */
export const WATCH = `
  globalThis.got = [];
  globalThis.pwned = () => got.push("executed");
  for (const name of ["alert", "confirm", "prompt", "open"]) globalThis[name] = () => got.push(name);
  addEventListener("securitypolicyviolation", (event) => got.push(event.violatedDirective + " " + event.sample));
`;

/** Fails if a text became markup, ran, left for another site, hides something, or moved the page out of its frame. */
export async function assertHarmless(page, where) {
  const found = await page.evaluate((hiding) => {
    const bad = [...globalThis.got];
    const says = (node) => node.outerHTML.slice(0, 160);
    const NEVER = "iframe, object, embed, base, meta[http-equiv], style, math, img, animate, form[action*='script']";
    for (const node of document.querySelectorAll(NEVER)) bad.push(says(node));
    for (const node of document.querySelectorAll("script")) {
      if (!node.getAttribute("src")?.startsWith("/_a/")) bad.push(says(node));
    }
    for (const node of document.querySelectorAll("*")) {
      for (const { name, value } of node.attributes) {
        if (["title", "aria-label"].includes(name) && new RegExp(hiding).test(value)) bad.push(says(node));
        if (name.startsWith("on") || name === "srcdoc" || name === "formaction") bad.push(says(node));
        if (name === "style" && /url\(|fixed|@import/.test(value)) bad.push(says(node));
      }
    }
    for (const link of document.querySelectorAll("a[href], area[href], link[href], use[href]")) {
      const target = new URL(link.getAttribute("href"), location.href);
      if (target.origin !== location.origin && target.protocol !== "blob:") bad.push(says(link));
    }
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      // The painted query stands behind the box that it is typed in, character by character.
      if (!node.parentElement.closest("script, .edit pre") && new RegExp(hiding).test(node.data)) {
        bad.push(`${says(node.parentElement)}: ${JSON.stringify(node.data.slice(0, 80))}`);
      }
    }
    if (new RegExp(hiding).test(document.title)) bad.push(`title ${JSON.stringify(document.title)}`);
    if ({}.polluted !== undefined || Object.keys(Object.prototype).length) bad.push("Object.prototype");
    if (document.documentElement.scrollWidth > innerWidth) {
      const wide = [...document.querySelectorAll("main *")].filter(
        (node) => node.getBoundingClientRect().right > innerWidth + 1 && !node.closest(".scroll, .rows, pre, .sheet"),
      );
      bad.push(`wider than the window: ${wide.slice(0, 3).map(says).join(" | ")}`);
    }
    return bad;
  }, HIDING);
  assert.deepEqual([...new Set(found)].slice(0, 8), [], where);
}

/** An event with this text wherever an event has room for one. */
export function hostileEvent(kind, text, { minutes = 0 } = {}) {
  const short = (most) => {
    let cut = text;
    while (Buffer.byteLength(cut) > most) cut = [...cut].slice(0, -1).join("");
    return cut;
  };
  // Types have no control characters, actions no spaces and nothing but ASCII.
  const type = short(128).replace(/[\p{Cc}]/gu, "") || "x";
  // Names of members are their own: JSON.parse makes an own "__proto__" of it, as the service reads it.
  const name = JSON.stringify(short(1000));
  const polluted = JSON.stringify(short(900));
  const members = (value) => JSON.parse(`{${name}: ${JSON.stringify(value)}, "polluted": ${polluted}}`);
  const deep = members(members([text.slice(0, 5000), members(text.slice(0, 5000))]));
  const id = short(1000) || "x";
  const printable = text.replace(/[^\x21-\x7e]/g, "_").slice(0, 100);
  return {
    action: `hostile.${printable}`,
    occurred_at: new Date(Date.now() - 60_000 * minutes).toISOString(),
    outcome: "success",
    actor: {
      type,
      id,
      name: short(1000),
      email: short(300),
      metadata: deep,
      on_behalf_of: [{ type, id, name: short(1000) }],
    },
    targets: [
      { type, id, name: short(1000), metadata: deep },
      { type: "thing", id: `${kind}-target`, name: short(1000) },
    ],
    context: {
      ip: "192.0.2.7",
      user_agent: short(4000),
      origin: short(128),
      request_id: short(1000),
      session_id: short(1000),
      trace_id: short(1000),
    },
    reason: short(16_000),
    metadata: { ...deep, kind, list: [text.slice(0, 5000), deep] },
    changes: [
      { op: "replace", path: `/${short(1000)}`, old: text.slice(0, 5000), new: `${text.slice(0, 5000)} more` },
      { op: "add", path: "/members", new: deep },
      { op: "remove", path: "/__proto__/polluted", old: text.slice(0, 5000) },
    ],
  };
}
