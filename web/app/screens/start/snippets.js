// The first event in several languages: programs that run as they stand, with nothing but what comes with the language.
// They are put together line by line, because modules are sent without indentation.

/** What is sent. */
export const EVENT = {
  action: "user.signed_in",
  actor: { type: "user", id: "u_1", name: "Ana Ruiz" },
  targets: [{ type: "application", id: "app_1", name: "My first application" }],
};

const lines = (...all) => all.join("\n");
/** A text between single quotes of a shell. */
const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

/** `[name, label, text]` of each language; `address` is the service's, `key` an API key. */
export function snippets(address, key) {
  const json = JSON.stringify(EVENT, null, 2);
  const line = JSON.stringify(EVENT);
  const url = `${address}/v1/events`;
  const [there, bearer] = [JSON.stringify(url), JSON.stringify(`Bearer ${key}`)];
  const curl = lines(
    `curl ${quoted(url)} \\`,
    `  -H ${quoted(`Authorization: Bearer ${key}`)} \\`,
    "  -H 'Content-Type: application/json' \\",
    `  -d ${quoted(line)}`,
  );
  const cli = lines(
    `export TALLYSTICK_SERVER=${quoted(address)} TALLYSTICK_KEY=${quoted(key)}`,
    `tallystick send --action ${EVENT.action} --actor user:u_1 --target application:app_1`,
  );
  const typescript = lines(
    `const response = await fetch(${there}, {`,
    '  method: "POST",',
    `  headers: { authorization: ${bearer}, "content-type": "application/json" },`,
    `  body: JSON.stringify(${json.replaceAll("\n", "\n  ")}),`,
    "});",
    "if (!response.ok) throw new Error(await response.text());",
  );
  const python = lines(
    "import json, urllib.request",
    "",
    `event = ${json}`,
    "request = urllib.request.Request(",
    `    ${there},`,
    "    data=json.dumps(event).encode(),",
    `    headers={"Authorization": ${bearer}, "Content-Type": "application/json"},`,
    ")",
    "print(urllib.request.urlopen(request).read().decode())",
  );
  const go = lines(
    "package main",
    "",
    'import (\n\t"fmt"\n\t"io"\n\t"net/http"\n\t"strings"\n)',
    "",
    "func main() {",
    `\tevent := \`${line}\``,
    `\trequest, err := http.NewRequest("POST", ${there}, strings.NewReader(event))`,
    "\tif err != nil {\n\t\tpanic(err)\n\t}",
    `\trequest.Header.Set("Authorization", ${bearer})`,
    '\trequest.Header.Set("Content-Type", "application/json")',
    "\tresponse, err := http.DefaultClient.Do(request)",
    "\tif err != nil {\n\t\tpanic(err)\n\t}",
    "\tdefer response.Body.Close()",
    "\tbody, _ := io.ReadAll(response.Body)",
    "\tfmt.Println(response.Status, string(body))",
    "}",
  );
  return [
    ["curl", "curl", curl],
    ["cli", "Command line", cli],
    ["typescript", "TypeScript", typescript],
    ["python", "Python", python],
    ["go", "Go", go],
  ];
}
