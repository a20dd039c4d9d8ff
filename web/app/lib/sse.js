// Server-sent events over fetch: EventSource could neither be told to stop while a page is hidden nor send what a
// session needs.

/** Takes text as it comes and calls `emit` with `{ type, data, id }` for every whole message. */
export class Parser {
  constructor(emit) {
    this.emit = emit;
    this.rest = "";
    this.clear();
  }

  clear() {
    this.type = "message";
    this.data = [];
    this.id = null;
  }

  push(chunk) {
    this.rest += chunk;
    // A carriage return at the end may be half of a line break.
    const end = this.rest.endsWith("\r") ? this.rest.length - 1 : this.rest.length;
    const lines = this.rest.slice(0, end).split(/\r\n|\n|\r/);
    this.rest = lines.pop() + this.rest.slice(end);
    for (const line of lines) this.line(line);
  }

  line(line) {
    if (line === "") {
      if (this.data.length) this.emit({ type: this.type, data: this.data.join("\n"), id: this.id });
      return this.clear();
    }
    const [, name, value = ""] = /^([^:]*)(?::\s?(.*))?$/s.exec(line);
    if (name === "event") this.type = value;
    else if (name === "data") this.data.push(value);
    else if (name === "id") this.id = value;
  }
}

/** Reads a response until it ends. */
export async function readEvents(response, emit) {
  const parser = new Parser(emit);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    parser.push(value);
  }
}
