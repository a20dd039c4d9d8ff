// Where the checking runs: in a worker made from the page's own source, so that the page stays responsive; and where a
// browser allows none, in the page itself, in slices.

const SLICE_MS = 30;

/** Gives a function that asks the session and waits for its answer; `tell` is given what happens meanwhile. */
export function connect(core, tell) {
  const waiting = new Map();
  let count = 0;
  let local = null;
  let worker = null;
  let hasAnswered = false;

  function settle({ id, answer, error, progress }) {
    if (progress) return tell(progress);
    hasAnswered = true;
    const { resolve, reject } = waiting.get(id);
    waiting.delete(id);
    return error === undefined ? resolve(answer) : reject(new Error(error));
  }

  async function inPage(message) {
    local ??= new (core().Session)(tell, slices());
    settle(await local.answer(message));
  }

  /** A worker that never answered cannot be had here; one that did has taken what it knew with it. */
  function leaveWorker() {
    if (!hasAnswered) worker = null;
    for (const { message } of [...waiting.values()]) {
      if (hasAnswered)
        settle({ id: message.id, error: "the check was stopped by the browser; load this page again" });
      else inPage(message);
    }
  }

  try {
    worker = workerOf(core);
    worker.onmessage = ({ data }) => settle(data);
    worker.onerror = (event) => {
      event.preventDefault();
      leaveWorker();
    };
  } catch {
    worker = null;
  }

  return (parts) =>
    new Promise((resolve, reject) => {
      const message = { id: ++count, ...parts };
      waiting.set(message.id, { resolve, reject, message });
      if (worker) worker.postMessage(message);
      else inPage(message);
    });
}

function workerOf(core) {
  const source = `"use strict";(${core})().serve(self);`;
  const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  // The page's policy allows scripts by address from here alone.
  const rules = { createScriptURL: (address) => address };
  return new Worker(
    globalThis.trustedTypes ? trustedTypes.createPolicy("verifier", rules).createScriptURL(url) : url,
  );
}

/** Lets the page do other things when a slice of time is used up. */
function slices() {
  let until = performance.now() + SLICE_MS;
  return async () => {
    if (performance.now() < until) return;
    await new Promise((resolve) => setTimeout(resolve));
    until = performance.now() + SLICE_MS;
  };
}
