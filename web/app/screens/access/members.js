// Members: who they are, what they may, when they were last here, and changing that.

import { getJson } from "../../lib/api.js";
import { h, html, useEffect, useMemo, useState } from "../../lib/html.js";
import { quoted } from "../../lib/query-edit.js";
import { Resource } from "../../lib/resource.js";
import { visible } from "../../lib/safe-text.js";
import { may, permissions, person } from "../../lib/session.js";
import { explorer } from "../../lib/url-state.js";
import { Icon, Name, Trouble } from "../../ui/parts.js";
import { Popover } from "../../ui/popover.js";
import { RemoveAuthenticator, Resume, Suspend } from "./account-acts.js";
import { AddButton, Ago, Day, More, Panel, loadPages } from "./frame.js";
import { InviteForm, RemoveMember, ResetLink, RevokeInvitation, RoleOfMember } from "./member-acts.js";
import { canGive } from "./words.js";

async function load(org, pages, stop) {
  const [members, { roles }, invitations] = await Promise.all([
    loadPages("/v1/members", "members", { org }, pages, stop),
    getJson("/v1/roles", { org }, stop),
    may("members.manage") ? getJson("/v1/invitations", { org }, stop).then((found) => found.invitations) : [],
  ]);
  members.rows.sort((a, b) => a.name.localeCompare(b.name));
  return { members, roles, invitations };
}

const DIALOGS = {
  role: RoleOfMember,
  reset: ResetLink,
  authenticator: RemoveAuthenticator,
  suspend: Suspend,
  resume: Resume,
  remove: RemoveMember,
  invite: InviteForm,
  revoke: RevokeInvitation,
};

function Acts({ member, canChange, open }) {
  const { id, name, totp, suspended_at: isSuspended } = member;
  const isOther = id !== person.value?.id;
  const item = (kind, icon, label) => (close) =>
    html`<button type="button" class="item"
      onClick=${() => (close(), open(kind, member))}>${h(Icon, { name: icon })}${label}</button>`;
  const link = (href, icon, label) => () => html`<a class="item" href=${href}>${h(Icon, { name: icon })}${label}</a>`;
  const isManager = may("members.manage");
  const items = [
    may("audit_logs.read") && link(explorer(`actor:${quoted(id)}`), "timeline", "Activity"),
    isManager && link(`/access?tab=sessions&user=${id}`, "system", "Sessions"),
    canChange && item("role", "user", "Change role"),
    canChange && item("reset", "link", "Link for a new password"),
    canChange && isOther && totp && item("authenticator", "key", "Remove the authenticator"),
    canChange && isOther && !isSuspended && item("suspend", "pause", "Suspend"),
    canChange && isOther && isSuspended && item("resume", "play", "Resume"),
    canChange && item("remove", "minus", "Remove"),
  ].filter(Boolean);
  if (!items.length) return null;
  const content = (close) => items.map((one) => one(close));
  const title = visible(`Acts on ${name}`);
  return h(Popover, { icon: "more", title, kind: "ghost square small", content, align: "end" });
}

function Row({ member, role, open }) {
  const { id, name, email, totp, operator, password, single_sign_on: isSso, break_glass: isExempt } = member;
  const { suspended_at: isSuspended } = member;
  const ways = [password && "password", isSso && "single sign-on"].filter(Boolean).join(", ");
  const isMe = id === person.value?.id;
  const canChange = may("members.manage") && canGive(permissions.value, person.value?.operator, role);
  return html`<tr><th scope="row" data-is="">${h(Name, { text: name })} ${isMe && html`<span class="tag">you</span>`}
      ${operator && html` <span class="tag" title="Runs this installation">operator</span>`}
      ${isSuspended && html` <span class="tag" title="Cannot sign in">suspended</span>`}
      <br /><span class="quiet"><bdi>${visible(email)}</bdi></span></th>
    <td data-is="Role">${visible(member.role_name)}</td>
    <td data-is="Signs in with">${ways || html`<span class="quiet">not yet</span>`}${
      isExempt &&
      html` <span class="tag" title="The password works although single sign-on is enforced">break-glass</span>`
    }</td>
    <td data-is="Second factor">${totp ? "Authenticator" : html`<span class="quiet">none</span>`}</td>
    <td data-is="Last active">${h(Ago, { time: member.last_active_at })}</td>
    <td class="acts">${h(Acts, { member, canChange, open })}</td></tr>`;
}

function Invitations({ rows, roles, open }) {
  const nameOf = (role) => roles.find(({ id }) => id === role)?.name ?? role;
  if (!rows.length) return html`<p class="body quiet">Nobody is invited at the moment.</p>`;
  return html`<table class="sheet stack"><thead><tr><th scope="col">E-mail</th><th scope="col">Role</th>
      <th scope="col">Link is good until</th><th scope="col"><span class="unseen">Acts</span></th></tr></thead>
    <tbody>${rows.map(
      (one) => html`<tr key=${one.id}><th scope="row" data-is=""><bdi>${visible(one.email)}</bdi></th>
        <td data-is="Role">${visible(nameOf(one.role))}</td>
        <td data-is="Good until">${h(Day, { time: one.expires_at })}</td>
        <td class="acts"><button type="button" class="button small"
          aria-label=${visible(`Revoke the invitation of ${one.email}`)}
          onClick=${() => open("revoke", one)}>Revoke</button></td></tr>`,
    )}</tbody></table>`;
}

export function Members({ org }) {
  const resource = useMemo(() => new Resource(), []);
  const [pages, setPages] = useState(1);
  const [dialog, setDialog] = useState(null);
  const reload = () => resource.load((stop) => load(org, pages, stop));
  useEffect(() => {
    reload();
    return () => resource.stop();
  }, [pages]);
  const data = resource.data.value;
  const open = (kind, subject) => setDialog({ kind, subject });
  const manages = may("members.manage");
  const sheet = (members) => html`<table class="sheet stack"><thead><tr><th scope="col">Member</th>
      <th scope="col">Role</th>
      <th scope="col">Signs in with</th><th scope="col">Second factor</th><th scope="col">Last active</th>
      <th scope="col"><span class="unseen">Acts</span></th></tr></thead>
    <tbody>${members.rows.map((member) => {
      const role = data.roles.find(({ id }) => id === member.role);
      return h(Row, { key: member.id, member, role, open });
    })}</tbody></table>${h(More, { ...members, what: "member", onMore: () => setPages(pages + 1) })}`;
  const acts = manages && h(AddButton, { label: "Invite", onClick: () => open("invite") });
  const dialogProps = { org, roles: data?.roles, subject: dialog?.subject, reload, onClose: () => setDialog(null) };
  return html`${resource.error.value && h(Trouble, { error: resource.error.value, retry: reload })}
    ${
      data &&
      html`${h(
        Panel,
        { id: "members", title: "Members", q: "action:user.role_assigned,user.role_removed,user.invited", acts },
        data.members.rows.length
          ? sheet(data.members)
          : html`<p class="body quiet">Nobody is a member. Invite the first.</p>`,
      )}
      ${
        manages &&
        h(
          Panel,
          { id: "invitations", title: "Pending invitations" },
          h(Invitations, { rows: data.invitations, roles: data.roles, open }),
        )
      }`
    }
    ${dialog && h(DIALOGS[dialog.kind], dialogProps)}`;
}
