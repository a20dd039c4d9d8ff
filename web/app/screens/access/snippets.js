// What a product needs to show a log: a piece of its page, and a piece of its backend in some languages.

/** The pieces, with this organization and service filled in. */
export function snippets(org, base) {
  const wanted = {
    org,
    actor: { id: "u_7", name: "Ana Ruiz" },
    query: "-action:audit_log.*,audit_viewer_token.*",
    features: ["search"],
    origins: ["https://app.example.com"],
  };
  const json = JSON.stringify(wanted, null, 2);
  const url = `${base}/v1/viewer-tokens`;
  const backend =
    "In the backend, for whoever is signed in there. The key needs viewers:write and events:read, and stays there.";
  return [
    {
      name: "HTML",
      where: "In the page. Your backend answers /audit-token with a token as text.",
      text: `<script type="module" src="${base}/embed/v1/viewer.js"></script>
<audit-viewer src="${base}"></audit-viewer>
<script type="module">
  document.querySelector("audit-viewer").tokenProvider =
    () => fetch("/audit-token").then((answer) => answer.text());
</script>`,
    },
    {
      name: "curl",
      where: backend,
      text: `curl -sS ${url} \\
  -H "Authorization: Bearer $AUDIT_KEY" -H "Content-Type: application/json" \\
  -d '${json.replaceAll("'", "'\\''")}'`,
    },
    {
      name: "TypeScript",
      where: backend,
      text: `const answer = await fetch("${url}", {
  method: "POST",
  headers: { authorization: \`Bearer \${process.env.AUDIT_KEY}\`, "content-type": "application/json" },
  body: JSON.stringify(${json.replaceAll("\n", "\n  ")}),
});
if (!answer.ok) throw new Error(await answer.text());
const { token } = (await answer.json()) as { token: string };`,
    },
    {
      name: "Python",
      where: backend,
      text: `import json, os, urllib.request

wanted = ${json}
request = urllib.request.Request(
    "${url}",
    data=json.dumps(wanted).encode(),
    headers={"authorization": "Bearer " + os.environ["AUDIT_KEY"], "content-type": "application/json"},
)
with urllib.request.urlopen(request, timeout=10) as answer:
    token = json.load(answer)["token"]`,
    },
    {
      name: "Go",
      where: backend,
      text: `body := \`${json.replaceAll("`", "")}\`
request, err := http.NewRequest("POST", "${url}", strings.NewReader(body))
if err != nil {
\treturn err
}
request.Header.Set("Authorization", "Bearer "+os.Getenv("AUDIT_KEY"))
request.Header.Set("Content-Type", "application/json")
answer, err := http.DefaultClient.Do(request)
if err != nil {
\treturn err
}
defer answer.Body.Close()
if answer.StatusCode != http.StatusCreated {
\treturn fmt.Errorf("the audit log says %s", answer.Status)
}
var made struct{ Token string }
err = json.NewDecoder(answer.Body).Decode(&made)`,
    },
  ];
}
