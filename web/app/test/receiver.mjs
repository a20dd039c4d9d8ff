// A receiver of webhooks as somebody would run one: it keeps what it was sent, answers as it is told, and can go away
// and come back at the same address.

import { once } from "node:events";
import { createServer } from "node:http";

/** What it answers unless it is told otherwise. */
const FINE = () => ({ status: 200, body: "thank you" });

/** Starts one on a free port of this machine. */
export async function receiver() {
  const calls = [];
  let answer = FINE;
  let server;
  let port = 0;
  const serve = async (request, response) => {
    const parts = [];
    for await (const part of request) parts.push(part);
    const text = Buffer.concat(parts).toString();
    const call = { headers: request.headers, text, events: text ? JSON.parse(text).data : [] };
    calls.push(call);
    const { status, body = "", headers = {} } = answer(call);
    response.writeHead(status, { "content-type": "text/plain; charset=utf-8", ...headers });
    response.end(body);
  };
  const up = async () => {
    server = createServer((request, response) => serve(request, response).catch(() => response.destroy()));
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    ({ port } = server.address());
  };
  const down = async () => {
    server.close();
    server.closeAllConnections();
    await once(server, "close");
  };
  await up();
  return {
    url: `http://127.0.0.1:${port}/audit`,
    calls,
    /** All events that it has taken, in the order of their arrival. */
    events: () => calls.flatMap(({ events }) => events),
    /** Answers with this from now on: `{ status, body, headers }` of a call. */
    answers: (next = FINE) => (answer = next),
    up,
    down,
  };
}
