// Over a page whose session has ended: what is on it stays, and goes on when the same person has signed in again.

import { signInAddress } from "../lib/api.js";
import { h, html, useEffect } from "../lib/html.js";
import { person } from "../lib/session.js";
import { Dialog } from "../ui/dialog.js";

const LOOK_MS = 3000;

/** Whoever is signed in now; null: nobody, or the service is away. */
async function whoIsThere() {
  const answer = await fetch("/v1/ui/boot", { cache: "no-store" }).catch(() => null);
  return answer?.ok ? (await answer.json()).user : null;
}

async function look(onBack) {
  if (document.hidden) return;
  const user = await whoIsThere();
  if (!user) return;
  if (user.id === person.peek()?.id) onBack();
  // What is on the page was shown to somebody else.
  else location.reload();
}

export function SessionEnded({ onBack }) {
  useEffect(() => {
    const again = () => look(onBack);
    const timer = setInterval(again, LOOK_MS);
    addEventListener("focus", again);
    return () => {
      clearInterval(timer);
      removeEventListener("focus", again);
    };
  }, []);
  return h(
    Dialog,
    { title: "Your session has ended", onClose: () => {}, isKept: true },
    html`<p>What is on this page stays as it is. Sign in again, in a window of its own, and go on where you were.</p>
      <div class="form-end">
        <a class="button primary" data-first href=${signInAddress()} target="_blank">Sign in</a>
        <button type="button" class="button" onClick=${() => location.assign(signInAddress())}>Leave this page</button>
      </div>`,
  );
}
