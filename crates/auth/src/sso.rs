//! An organization's connection to a provider of single sign-on, as callers may change it.
//!
//! Whoever names the provider decides who is whom in the organization, so this takes a permission that only owners have
//! by default, and nobody maps a group to more than they have.

use tallystick_catalog::{Changed, GroupRole, NewSsoConnection, SsoConnection, UserId};
use tallystick_catalog::{DOMAINS_MAX, GROUP_ROLES_MAX};
use tallystick_event::OrgId;

use crate::{Auth, Caller, Operation, PeopleError, Secret, authorize};

/// What sealed secrets of clients are sealed for.
const PURPOSE: &str = "sso";
/// Longest issuer, bytes.
const ISSUER_BYTES_MAX: usize = 512;
/// Longest client id, name of a claim, or group, bytes.
const TEXT_BYTES_MAX: usize = 256;
/// Longest secret of a client, bytes.
const SECRET_BYTES_MAX: usize = 2_048;
/// Most scopes beside those that are always asked for.
const SCOPES_MAX: usize = 20;
/// Longest domain, bytes (RFC 1035 2.3.4).
const DOMAIN_BYTES_MAX: usize = 253;

/// What becomes of the client's secret.
#[derive(Debug, Clone)]
pub enum SecretChange {
    /// It stays as it is.
    Keep,
    /// There is none.
    Remove,
    /// It is this.
    Set(Secret),
}

/// How a connection is to be.
#[derive(Debug, Clone)]
pub struct SsoSettings {
    /// The provider, exactly as it calls itself.
    pub issuer: String,
    /// What the provider knows this service as.
    pub client_id: String,
    /// See [`SecretChange`].
    pub client_secret: SecretChange,
    /// Beside `openid`, `email` and `profile`.
    pub scopes: Vec<String>,
    /// Domains of e-mail addresses that the provider may speak for, each written out.
    pub domains: Vec<String>,
    /// The claim with a person's groups; `/a/b`: claim b within claim a.
    pub groups_claim: String,
    /// The first that fits counts.
    pub group_roles: Vec<GroupRole>,
    /// The role of those whom no group gives one; none: they do not get in.
    pub default_role: Option<String>,
}

impl Auth {
    /// The connection of an organization.
    pub async fn sso(&self, caller: &Caller, org: &OrgId) -> Result<Option<SsoConnection>, PeopleError> {
        let _reach = authorize(caller, Operation::GetSso, Some(org))?;
        self.catalog().organization(org).await?;
        Ok(self.catalog().sso_connection(org).await?)
    }

    /// Makes or changes the connection: how it was, and how it is.
    pub async fn put_sso(
        &self,
        caller: &Caller,
        org: &OrgId,
        settings: SsoSettings,
    ) -> Result<(Option<SsoConnection>, SsoConnection), PeopleError> {
        let _reach = authorize(caller, Operation::PutSso, Some(org))?;
        let settings = checked(settings)?;
        let roles = settings.group_roles.iter().map(|one| one.role.as_str());
        for role in roles.chain(settings.default_role.as_deref()) {
            self.giveable(caller, org, role).await?;
        }
        let before = self.catalog().sso_connection(org).await?;
        let client_secret = match settings.client_secret {
            SecretChange::Set(secret) => Some(self.seal_sso(org, &secret)),
            SecretChange::Remove => Some(Vec::new()),
            SecretChange::Keep => {
                // The secret would go to whoever is named here.
                let is_other = |before: &SsoConnection| {
                    before.issuer != settings.issuer && !before.client_secret.is_empty()
                };
                if before.as_ref().is_some_and(is_other) {
                    return invalid("client_secret", "another issuer needs a secret of its own");
                }
                None
            }
        };
        let new = NewSsoConnection {
            issuer: settings.issuer,
            client_id: settings.client_id,
            client_secret,
            scopes: settings.scopes,
            domains: settings.domains,
            groups_claim: settings.groups_claim,
            group_roles: settings.group_roles,
            default_role: settings.default_role,
        };
        Ok(self.catalog().put_sso_connection(org, new).await?)
    }

    /// Ends the connection, and the sessions that it opened. Passwords count again.
    pub async fn delete_sso(&self, caller: &Caller, org: &OrgId) -> Result<SsoConnection, PeopleError> {
        let _reach = authorize(caller, Operation::DeleteSso, Some(org))?;
        Ok(self.catalog().delete_sso_connection(org).await?)
    }

    /// The connection to try, if the caller may.
    pub async fn testable_sso(
        &self,
        caller: &Caller,
        org: &OrgId,
    ) -> Result<Option<SsoConnection>, PeopleError> {
        let _reach = authorize(caller, Operation::TestSso, Some(org))?;
        Ok(self.catalog().sso_connection(org).await?)
    }

    /// Has passwords count for the organization or not, except those of `break_glass`.
    pub async fn enforce_sso(
        &self,
        caller: &Caller,
        org: &OrgId,
        enforced: bool,
        break_glass: &[UserId],
    ) -> Result<Changed<SsoConnection>, PeopleError> {
        let _reach = authorize(caller, Operation::EnforceSso, Some(org))?;
        Ok(self.catalog().enforce_sso(org, enforced, break_glass).await?)
    }

    /// The client's secret, for the provider alone.
    pub fn sso_secret(&self, connection: &SsoConnection) -> Result<Option<Secret>, PeopleError> {
        if connection.client_secret.is_empty() {
            return Ok(None);
        }
        let opened =
            self.people().options.seal_key.open(PURPOSE, connection.org.as_str(), &connection.client_secret);
        let text = opened.ok().and_then(|bytes| String::from_utf8(bytes.to_vec()).ok());
        let text = text.ok_or(PeopleError::Refused(
            "the client's secret cannot be read: enter it again (keys/seal.key is another one)",
        ))?;
        Ok(Some(text.into()))
    }

    fn seal_sso(&self, org: &OrgId, secret: &Secret) -> Vec<u8> {
        let key = &self.people().options.seal_key;
        key.seal(PURPOSE, org.as_str(), secret.expose().as_bytes(), self.random())
    }
}

fn invalid<T>(field: &'static str, why: impl Into<String>) -> Result<T, PeopleError> {
    Err(PeopleError::Invalid { field, why: why.into() })
}

/// The settings without what white space and case make different, if they can be right.
fn checked(mut settings: SsoSettings) -> Result<SsoSettings, PeopleError> {
    for text in [&mut settings.issuer, &mut settings.client_id, &mut settings.groups_claim] {
        *text = text.trim().to_owned();
    }
    let is_url = settings.issuer.starts_with("https://") || settings.issuer.starts_with("http://");
    if !is_url || settings.issuer.len() > ISSUER_BYTES_MAX || settings.issuer.contains(['?', '#', ' ']) {
        return invalid(
            "issuer",
            "it is an address such as https://login.example.com, as the provider shows it",
        );
    }
    plain("client_id", &settings.client_id)?;
    plain("groups_claim", &settings.groups_claim)?;
    if let SecretChange::Set(secret) = &settings.client_secret
        && !(1..=SECRET_BYTES_MAX).contains(&secret.expose().len())
    {
        return invalid("client_secret", format!("it has 1 to {SECRET_BYTES_MAX} bytes"));
    }
    // As RFC 6749 3.3 has it.
    let is_scope = |scope: &String| {
        let is_good = |c: char| c.is_ascii_graphic() && !"\"\\".contains(c);
        (1..=TEXT_BYTES_MAX).contains(&scope.len()) && scope.chars().all(is_good)
    };
    if settings.scopes.len() > SCOPES_MAX || !settings.scopes.iter().all(is_scope) {
        return invalid("scopes", format!("at most {SCOPES_MAX}, each one word"));
    }
    for domain in &mut settings.domains {
        *domain = domain.trim().trim_start_matches('@').to_lowercase();
    }
    if settings.domains.is_empty() || settings.domains.len() > DOMAINS_MAX {
        return invalid("domains", format!("1 to {DOMAINS_MAX} domains of e-mail addresses"));
    }
    if let Some(bad) = settings.domains.iter().find(|domain| !is_domain(domain)) {
        return invalid("domains", format!("{bad:?} is not a domain such as acme.example"));
    }
    if settings.group_roles.len() > GROUP_ROLES_MAX {
        return invalid("group_roles", format!("at most {GROUP_ROLES_MAX}"));
    }
    for one in &settings.group_roles {
        plain("group_roles", &one.group)?;
    }
    Ok(settings)
}

fn plain(field: &'static str, text: &str) -> Result<(), PeopleError> {
    if text.is_empty() || text.len() > TEXT_BYTES_MAX || text.chars().any(char::is_control) {
        return invalid(field, format!("1 to {TEXT_BYTES_MAX} bytes, in one line"));
    }
    Ok(())
}

fn is_domain(text: &str) -> bool {
    let is_label = |label: &str| {
        let is_good = |c: char| c.is_alphanumeric() || c == '-';
        !label.is_empty() && label.chars().all(is_good) && !label.starts_with('-') && !label.ends_with('-')
    };
    text.len() <= DOMAIN_BYTES_MAX && text.contains('.') && text.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> SsoSettings {
        SsoSettings {
            issuer: " https://id.example/ ".into(),
            client_id: "tallystick".into(),
            client_secret: SecretChange::Keep,
            scopes: vec!["groups".into()],
            domains: vec![" @ACME.example".into()],
            groups_claim: "groups".into(),
            group_roles: vec![GroupRole { group: "Admins & Co".into(), role: "admin".into() }],
            default_role: None,
        }
    }

    /// What makes good settings bad.
    type Spoil = fn(&mut SsoSettings);

    #[test]
    fn settings_are_cleaned_and_checked() {
        let good = checked(settings()).unwrap();
        assert_eq!((good.issuer.as_str(), good.domains[0].as_str()), ("https://id.example/", "acme.example"));
        let bad: [(&str, Spoil); 10] = [
            ("issuer", |s| s.issuer = "id.example".into()),
            ("issuer", |s| s.issuer = "https://id.example/?a=b".into()),
            ("issuer", |s| s.issuer = format!("https://{}", "a".repeat(600))),
            ("client_id", |s| s.client_id = String::new()),
            ("client_secret", |s| s.client_secret = SecretChange::Set("".into())),
            ("scopes", |s| s.scopes = vec!["a b".into()]),
            ("domains", |s| s.domains = Vec::new()),
            ("domains", |s| s.domains = vec!["*.example".into()]),
            ("domains", |s| s.domains = vec!["acme".into()]),
            ("group_roles", |s| s.group_roles[0].group = "a\nb".into()),
        ];
        for (field, spoil) in bad {
            let mut settings = settings();
            spoil(&mut settings);
            match checked(settings) {
                Err(PeopleError::Invalid { field: found, .. }) => assert_eq!(found, field),
                other => panic!("{field}: {other:?}"),
            }
        }
    }
}
