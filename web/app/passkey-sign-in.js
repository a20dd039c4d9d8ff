// The button on the page to sign in: shown where the browser has passkeys and the page is at the address at which they
// work. The rest of that page works without any script.

import { explained, hasPasskeys, usePasskey } from "./lib/passkeys.js";

const part = document.querySelector("#passkey");
const button = part.querySelector("button");
const alert = part.querySelector(".alert");

async function post(path, body) {
  const headers = { accept: "application/json", "content-type": "application/json" };
  const options = { method: "POST", credentials: "same-origin", cache: "no-store" };
  const response = await fetch(path, body ? { ...options, headers, body: JSON.stringify(body) } : options);
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(answer.detail ?? `the service answered ${response.status}`);
  return answer;
}

async function signIn() {
  button.disabled = true;
  alert.hidden = true;
  try {
    const { options } = await post("/v1/session/passkey/begin");
    await post("/v1/session/passkey", { credential: await usePasskey(options) });
    location.assign(part.dataset.next);
  } catch (error) {
    alert.textContent = explained(error).message;
    alert.hidden = false;
    button.disabled = false;
    button.focus();
  }
}

if (hasPasskeys() && location.origin === part.dataset.origin) {
  button.addEventListener("click", signIn);
  part.hidden = false;
}
