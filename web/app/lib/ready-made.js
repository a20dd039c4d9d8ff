// Searches that most people come with. Each is only a query: whoever clicks one reads how it is written.

export const READY_MADE = [
  {
    name: "Failed sign-ins",
    q: "action:user.sign_in_failed,user.login,session.created,mfa_factor.challenge_failed outcome:failure,denied",
  },
  {
    name: "Permission and role changes",
    q: "action:user.role_assigned,user.role_removed,user.permission_granted,user.permission_revoked,role",
  },
  { name: "API keys", q: "action:api_key -action:api_key.used" },
  { name: "Deletions", q: "crud:delete" },
  { name: "Everything that was refused", q: "outcome:denied" },
  { name: "Exports and views of secrets", q: "action:*.exported,*.downloaded,*.revealed,*.field_revealed" },
  { name: "Changes made with API keys", q: "actor.type:api_key,service_account crud:create,update,delete" },
  { name: "Changes with before and after", q: "has:diff" },
];
