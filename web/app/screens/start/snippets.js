// The first event in several languages: programs that run as they stand, with nothing but what comes with the language.

/** What is sent. */
export const EVENT = {
  action: "user.signed_in",
  actor: { type: "user", id: "u_1", name: "Ana Ruiz" },
  targets: [{ type: "application", id: "app_1", name: "My first application" }],
};

const indented = (text, by) => text.replaceAll("\n", `\n${by}`);
/** A text between single quotes of a shell. */
const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

/** `[name, label, text]` of each language; `address` is the service's, `key` an API key. */
export function snippets(address, key) {
  const json = JSON.stringify(EVENT, null, 2);
  const line = JSON.stringify(EVENT);
  return [
    [
      "curl",
      "curl",
      `curl ${quoted(`${address}/v1/events`)} \\
  -H ${quoted(`Authorization: Bearer ${key}`)} \\
  -H 'Content-Type: application/json' \\
  -d ${quoted(line)}`,
    ],
    [
      "cli",
      "Command line",
      `export TALLYSTICK_SERVER=${quoted(address)} TALLYSTICK_KEY=${quoted(key)}
tallystick send --action ${EVENT.action} --actor user:u_1 --target application:app_1`,
    ],
    [
      "typescript",
      "TypeScript",
      `const response = await fetch(${JSON.stringify(`${address}/v1/events`)}, {
  method: "POST",
  headers: { authorization: ${JSON.stringify(`Bearer ${key}`)}, "content-type": "application/json" },
  body: JSON.stringify(${indented(json, "  ")}),
});
if (!response.ok) throw new Error(await response.text());`,
    ],
    [
      "python",
      "Python",
      `import json, urllib.request

event = ${json}
request = urllib.request.Request(
    ${JSON.stringify(`${address}/v1/events`)},
    data=json.dumps(event).encode(),
    headers={"Authorization": ${JSON.stringify(`Bearer ${key}`)}, "Content-Type": "application/json"},
)
print(urllib.request.urlopen(request).read().decode())`,
    ],
    [
      "go",
      "Go",
      `package main

import (
	"fmt"
	"io"
	"net/http"
	"strings"
)

func main() {
	event := \`${line}\`
	request, err := http.NewRequest("POST", ${JSON.stringify(`${address}/v1/events`)}, strings.NewReader(event))
	if err != nil {
		panic(err)
	}
	request.Header.Set("Authorization", ${JSON.stringify(`Bearer ${key}`)})
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		panic(err)
	}
	defer response.Body.Close()
	body, _ := io.ReadAll(response.Body)
	fmt.Println(response.Status, string(body))
}`,
    ],
  ];
}
