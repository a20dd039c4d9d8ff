import { after, before } from "node:test";
import { launch } from "./browser.mjs";
import { shared } from "./shared.mjs";
import "./sso-browser.mjs";
before(async () => { shared.browser = await launch(); });
after(async () => { await shared.browser?.close(); });
