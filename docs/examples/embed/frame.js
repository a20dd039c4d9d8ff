// The same in a frame: no script of the audit log runs in this page. The token goes to exactly its origin, and only its
// messages are heard.

const audit = new URL(document.body.dataset.audit).origin;
const said = document.getElementById("said");
const made = async () => (await fetch("/audit-token")).json();

const frame = document.createElement("iframe");
frame.title = "Audit log";
let first = await made();
addEventListener("message", async ({ source, origin, data }) => {
  if (source !== frame.contentWindow || origin !== audit) return;
  if (data.type === "audit-token-needed") {
    const { token } = first ?? (await made());
    first = null;
    frame.contentWindow.postMessage({ type: "audit-token", token }, audit);
  }
  if (data.type === "audit-open") said.textContent = `Opened ${data.detail.id}`;
  if (data.type === "audit-error") said.textContent = `Trouble: ${data.detail.message}`;
});
// The address names the token by its id, which is no secret: so the audit log knows which pages may show the frame.
frame.src = first.frame;
document.getElementById("place").append(frame);
