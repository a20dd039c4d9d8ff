// The page's part: where tokens come from, and what to do when something happens.

const viewer = document.querySelector("audit-viewer");
const said = document.getElementById("said");

viewer.tokenProvider = async () => {
  const answer = await fetch("/audit-token");
  if (!answer.ok) throw new Error("no token");
  return (await answer.json()).token;
};
viewer.addEventListener("audit-open", ({ detail }) => (said.textContent = `Opened ${detail.id}`));
viewer.addEventListener("audit-error", ({ detail }) => (said.textContent = `Trouble: ${detail.message}`));
viewer.addEventListener("audit-token-expired", () => (said.textContent = "The token has ended: another is asked for."));
