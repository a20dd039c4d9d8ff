//! Who may do what: API keys, scopes and the authorization table.
