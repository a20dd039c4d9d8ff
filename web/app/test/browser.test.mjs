// All tests in a browser, in one process, because they share the service.

import { after, before } from "node:test";

import { launch } from "./browser.mjs";
import { start } from "./service.mjs";
import { shared } from "./shared.mjs";
import "./account.mjs";
import "./begin.mjs";
import "./embed.mjs";
import "./ended.mjs";
import "./explorer.mjs";
import "./exports.mjs";
import "./failures.mjs";
import "./finding.mjs";
import "./organizations.mjs";
import "./passkeys.mjs";
import "./people.mjs";
import "./schedules.mjs";
import "./screens.mjs";
import "./shell.mjs";
import "./sso.mjs";
import "./streams.mjs";
import "./trouble.mjs";
import "./trust.mjs";
import "./hostile-texts.mjs";

before(async () => {
  shared.service = await start();
  shared.browser = await launch();
});
after(async () => {
  await shared.browser?.close();
  await shared.service?.stop();
});
