// A provider of OpenID Connect as organizations have one: oidc-provider in a process of its own. The test sets who its
// people are by messages; whoever signs in types a name and any password.

import Provider from "oidc-provider";
import { createServer } from "node:http";

const people = {};
const server = createServer();
server.listen(0, "127.0.0.1", () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  let provider;
  process.on("message", ({ client, person }) => {
    if (person) {
      people[person.sub] = person;
    }
    if (client) {
      provider = new Provider(issuer, {
        clients: [
          {
            client_id: client.id,
            client_secret: client.secret,
            redirect_uris: [client.redirectUri],
            response_types: ["code"],
            grant_types: ["authorization_code"],
          },
        ],
        claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"], groups: ["groups"] },
        scopes: ["openid", "email", "profile", "groups"],
        conformIdTokenClaims: false,
        pkce: { required: () => true },
        cookies: { keys: ["of the test"] },
        findAccount: (_, id) => ({ accountId: id, claims: () => people[id] ?? { sub: id } }),
      });
      const answer = provider.callback();
      server.removeAllListeners("request");
      server.on("request", answer);
    }
    process.send({ done: true });
  });
  process.send({ issuer });
});
process.on("disconnect", () => process.exit(0));
