// Who may what: members, roles, API keys, viewer tokens, shared events, sessions. What somebody may not see or do is
// not there.

import { h, html, useEffect } from "../../lib/html.js";
import { visible } from "../../lib/safe-text.js";
import { lazy } from "../../lib/lazy.js";
import { boot, may, organization, person, present } from "../../lib/session.js";
import { Empty, Trouble } from "../../ui/parts.js";
import { Tabs, tabOf } from "../../ui/tabs.js";
import { Keys } from "./keys.js";
import { Members } from "./members.js";
import { Roles } from "./roles.js";
import { Sessions } from "./sessions.js";
import { Shares } from "./shares.js";

const SingleSignOn = lazy(() => import("./sso.js"), "SingleSignOn");
const ViewerTokens = lazy(() => import("./viewer-tokens.js"), "ViewerTokens");

function tabsOf(org) {
  const isKeys = may("keys.read") && (org || person.value?.operator || !person.value);
  return [
    org && may("members.read") && ["members", "Members", Members],
    org && may("members.read") && ["roles", "Roles", Roles],
    isKeys && ["keys", "API keys", Keys],
    org && may("viewer_tokens.manage") && ["viewers", "Viewer tokens", ViewerTokens],
    org && may("audit_logs.export") && ["shares", "Shared events", Shares],
    org && org !== "instance" && may("members.read") && ["sso", "Single sign-on", SingleSignOn],
    person.value && ["sessions", "Sessions", Sessions],
  ].filter(Boolean);
}

function Content() {
  const org = organization.value;
  const tabs = tabsOf(org);
  if (!tabs.length) {
    return h(Empty, { title: "Nothing here is for you to see." }, html`<p>Ask an owner of the organization.</p>`);
  }
  const [name, , Tab] = tabOf(tabs);
  return html`${h(Tabs, { label: "Access", tabs, current: name })}
    ${!org && html`<p class="notice">Members and roles belong to an organization. Choose one at the top.</p>`}
    ${h(Tab, { key: `${name} ${org}`, org })}`;
}

export function Screen() {
  useEffect(() => {
    document.title = "Access · Tallystick";
  }, []);
  const { data, error, isLoading } = boot;
  const name = organization.value ? (present.value?.organization?.name ?? organization.value) : "";
  return html`<div class="screen"><header><h1>Access</h1><span class="quiet">${visible(name)}</span></header>
    ${error.value && h(Trouble, { error: error.value, retry: () => boot.retry() })}
    ${data.value && present.value && h(Content, {})}
    ${
      data.value &&
      !present.value &&
      !isLoading.value &&
      h(Empty, { title: "This organization is not there, or not for you to see." }, html`<p>Choose one at the top.</p>`)
    }
  </div>`;
}
