// The viewer in a frame, for pages whose policy lets no script of others in. The page around it hands the token over by
// messages, and only pages of the origins that the token was made for are heard; the browser has let no other show it.

import "./viewer.js";

const viewer = /** @type {import("./viewer.js").AuditViewer} */ (document.querySelector("audit-viewer"));
const origins = (document.body.dataset.origins ?? "").split(" ").filter((origin) => origin);
/** The origin of the page around, once it has spoken. */
let host = null;
let waiting = [];

/** Tells the page around; before it is known, whichever of the origins it is. A browser delivers to the right one. */
function tell(message) {
  for (const origin of host ? [host] : origins) parent.postMessage(message, origin);
}

const SETTINGS = ["query", "range", "texts"];
const ATTRIBUTES = ["theme", "tz", "columns"];
const PROPERTIES = { accent: "--audit-accent", font: "--audit-font", radius: "--audit-radius" };

function configure(options) {
  for (const name of ATTRIBUTES) if (typeof options[name] === "string") viewer.setAttribute(name, options[name]);
  for (const name of SETTINGS) if (options[name] !== undefined) viewer[name] = options[name];
  for (const [name, property] of Object.entries(PROPERTIES)) {
    if (typeof options[name] === "string") viewer.style.setProperty(property, options[name]);
  }
}

addEventListener("message", ({ source, origin, data }) => {
  if (source !== parent || !origins.includes(origin) || (host && origin !== host)) return;
  if (data?.type === "audit-token" && typeof data.token === "string") {
    host = origin;
    for (const take of waiting.splice(0)) take(data.token);
  } else if (data?.type === "audit-options" && data.options && typeof data.options === "object") {
    host = origin;
    configure(data.options);
  }
});

for (const name of ["audit-open", "audit-error", "audit-token-expired"]) {
  viewer.addEventListener(name, (event) => {
    const { detail } = /** @type {CustomEvent} */ (event);
    tell({ type: name, detail: JSON.parse(JSON.stringify(detail)) });
  });
}

if (parent === window) {
  document.querySelector("p").hidden = false;
  viewer.remove();
} else {
  viewer.tokenProvider = () =>
    new Promise((take) => {
      waiting = [...waiting, take];
      tell({ type: "audit-token-needed" });
    });
}
