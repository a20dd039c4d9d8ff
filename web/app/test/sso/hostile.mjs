// A provider that lies, in each way that a token can be wrong, and else is as strict as a good one: it wants PKCE, the
// client's secret and the redirect URI. A message says what to change next.

import { createHash, createHmac, generateKeyPairSync, randomUUID, sign } from "node:crypto";
import { createServer } from "node:http";

// Made ahead: making one can take longer than the service waits for an answer.
const [first, second, unpublished] = ["one", "two", "unpublished"].map(newKey);
const keys = [first];
const codes = new Map();
const counts = { keys: 0 };
let lie = {};
let client = {};

function newKey(kid) {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return { kid, privateKey, jwk: { ...publicKey.export({ format: "jwk" }), kid, alg: "RS256", use: "sig" } };
}

const encode = (value) => Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");

function token(claims) {
  const key = lie.key ? { ...unpublished, kid: lie.key } : keys.at(-1);
  const header = { alg: lie.alg ?? "RS256", typ: "JWT", kid: key.kid };
  const text = `${encode(header)}.${encode(claims)}`;
  if (lie.alg === "none") {
    return `${text}.`;
  }
  if (lie.alg === "HS256") {
    // The classic: what everybody can read, the public key, taken for a shared secret.
    const secret = lie.secret ?? JSON.stringify(key.jwk);
    return `${text}.${createHmac("sha256", secret).update(text).digest("base64url")}`;
  }
  const signature = sign("sha256", Buffer.from(text), key.privateKey).toString("base64url");
  return `${text}.${lie.signature ?? signature}`;
}

/** As RFC 6749 2.3.1 wants it of clients. */
const formEncoded = (text) => new URLSearchParams({ x: text }).toString().slice(2);

function redeem(form, authorization, issuer) {
  const asked = codes.get(form.get("code"));
  codes.delete(form.get("code"));
  const basic = Buffer.from((authorization ?? "").replace(/^Basic /, ""), "base64").toString();
  const challenge = createHash("sha256").update(form.get("code_verifier") ?? "").digest("base64url");
  const isRight =
    asked?.challenge === challenge &&
    asked.redirectUri === form.get("redirect_uri") &&
    basic === [client.id, client.secret].map(formEncoded).join(":");
  if (!isRight) {
    return [400, { error: "invalid_grant" }];
  }
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    iss: issuer,
    sub: "mallory",
    aud: client.id,
    iat: now,
    exp: now + 300,
    nonce: asked.nonce,
    email: "mallory@hostile.example",
    email_verified: true,
    ...lie.claims,
  };
  for (const name of lie.without ?? []) {
    delete claims[name];
  }
  return [200, { access_token: randomUUID(), token_type: "Bearer", id_token: token(claims) }];
}

const server = createServer(async (request, response) => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const url = new URL(request.url, issuer);
  const json = (status, body) => {
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  };
  if (url.pathname === "/.well-known/openid-configuration") {
    return json(200, {
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      jwks_uri: `${issuer}/keys`,
      response_types_supported: ["code"],
      subject_types_supported: ["public"],
      id_token_signing_alg_values_supported: ["RS256"],
      authorization_response_iss_parameter_supported: true,
    });
  }
  if (url.pathname === "/keys") {
    counts.keys += 1;
    return json(200, { keys: keys.map(({ jwk }) => jwk) });
  }
  if (url.pathname === "/authorize") {
    const code = randomUUID();
    const asked = Object.fromEntries(url.searchParams);
    codes.set(code, { challenge: asked.code_challenge, redirectUri: asked.redirect_uri, nonce: asked.nonce });
    const back = new URL(asked.redirect_uri);
    const answer = { code, state: asked.state, iss: issuer, ...lie.answer };
    for (const [name, value] of Object.entries(answer)) {
      if (value !== null) {
        back.searchParams.set(name, value);
      }
    }
    return response.writeHead(303, { location: back.href }).end();
  }
  if (url.pathname === "/token") {
    const chunks = [];
    for await (const chunk of request) {
      chunks.push(chunk);
    }
    const form = new URLSearchParams(Buffer.concat(chunks).toString());
    return json(...redeem(form, request.headers.authorization, issuer));
  }
  return json(404, {});
});

server.listen(0, "127.0.0.1", () => {
  process.on("message", (message) => {
    client = message.client ?? client;
    lie = message.lie ?? {};
    if (message.rotate && !keys.includes(second)) {
      keys.push(second);
    }
    process.send({ done: true, counts: { ...counts } });
  });
  process.send({ issuer: `http://127.0.0.1:${server.address().port}` });
});
process.on("disconnect", () => process.exit(0));
