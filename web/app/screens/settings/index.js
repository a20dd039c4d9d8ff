// Settings: one's own account, how things look here, the organization, and what the service says of itself.

import { h, html, useEffect } from "../../lib/html.js";
import { boot, may, organization, person, present } from "../../lib/session.js";
import { Trouble } from "../../ui/parts.js";
import { Tabs, tabOf } from "../../ui/tabs.js";
import { Account } from "./account.js";
import { Appearance, Organization, System } from "./general.js";
import { Ingest } from "./ingest.js";

export function Screen() {
  useEffect(() => {
    document.title = "Settings · Tallystick";
  }, []);
  const org = organization.value;
  const { data, error } = boot;
  const tabs = [
    person.value && ["account", "My account", Account],
    ["appearance", "Appearance", Appearance],
    org && may("settings.manage") && ["organization", "Organization", Organization],
    org && present.value && may("settings.manage") && ["ingest", "Ingest", Ingest],
    present.value && ["system", "System", System],
  ].filter(Boolean);
  const [name, , Tab] = tabOf(tabs);
  // Until it is known who is looking, which tab is first is not either; the look needs nobody.
  const isKnown = data.value || error.value;
  return html`<div class="screen narrow-screen"><header><h1>Settings</h1></header>
    ${error.value && h(Trouble, { error: error.value, retry: () => boot.retry() })}
    ${
      isKnown &&
      html`${h(Tabs, { label: "Settings", tabs, current: name })}${h(Tab, { key: `${name} ${org}` })}`
    }
  </div>`;
}
