//! From what a provider says of somebody to a session, confined to the organization whose provider it is.
//!
//! That the provider says it was checked before; here is what its word is good for: verified addresses of the domains
//! that were listed, and roles by the groups that were mapped.

use std::net::IpAddr;

use tallystick_catalog::{
    CatalogError, NewUser, RoleChoice, Session, SsoAdmission, SsoAdmitted, SsoConnection, SsoRefused, User,
    UserId,
};

use crate::{Auth, Caller, Secret, token};

/// What the state that a browser carries to the provider and back is sealed for.
const PURPOSE: &str = "sso-attempt";
const WHOSE: &str = "browser";
/// The zone of an account that a provider made, until its person chooses another.
const TIME_ZONE: &str = "UTC";
/// Longest name that is taken over, characters.
const NAME_CHARS_MAX: usize = 100;

/// What a provider says of somebody.
#[derive(Debug, Clone)]
pub struct Vouched {
    /// Whom it means.
    pub subject: String,
    /// Their address.
    pub email: Option<String>,
    /// It says that the address is theirs.
    pub is_email_verified: bool,
    /// What they are called.
    pub name: Option<String>,
    /// Their groups; none: it does not say.
    pub groups: Option<Vec<String>>,
}

/// Why somebody for whom a provider vouches does not get in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SsoRefusal {
    /// The provider gives no address.
    EmailMissing,
    /// The provider does not say that the address is theirs.
    EmailNotVerified,
    /// The provider may not speak for the address's domain.
    DomainNotAllowed,
    /// See [`SsoRefused`].
    Other(SsoRefused),
}

impl SsoRefusal {
    /// Stable word for the audit log.
    pub fn reason(self) -> &'static str {
        match self {
            Self::EmailMissing => "email_missing",
            Self::EmailNotVerified => "email_not_verified",
            Self::DomainNotAllowed => "domain_not_allowed",
            Self::Other(SsoRefused::PasswordNeeded) => "password_needed",
            Self::Other(SsoRefused::Suspended) => "suspended",
            Self::Other(SsoRefused::OtherSubject) => "address_has_changed_hands",
            Self::Other(SsoRefused::NoRole) => "no_role",
            Self::Other(SsoRefused::NotInvited) => "invitation_over",
        }
    }
}

impl Auth {
    /// Lets somebody in. With `only_try` nothing is changed. `invitation` is the token of the link that they came by,
    /// `beside` whoever is signed in in the same browser.
    pub async fn admit_sso(
        &self,
        connection: &SsoConnection,
        vouched: &Vouched,
        invitation: Option<&str>,
        beside: Option<&Caller>,
        only_try: bool,
    ) -> Result<Result<SsoAdmitted, SsoRefusal>, CatalogError> {
        let email = match email_of(connection, vouched) {
            Ok(email) => email,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let role = match role_of(connection, vouched.groups.as_deref().unwrap_or_default()) {
            Ok(role) => role,
            Err(refused) => return Ok(Err(SsoRefusal::Other(refused))),
        };
        let new = NewUser {
            id: UserId::generate(self.random()),
            email: email.to_owned(),
            name: name_of(vouched, email),
            time_zone: TIME_ZONE.to_owned(),
            is_operator: false,
            password_hash: None,
        };
        let admission = SsoAdmission {
            org: connection.org.clone(),
            issuer: connection.issuer.clone(),
            client_id: connection.client_id.clone(),
            subject: vouched.subject.clone(),
            new,
            role,
            signed_in: beside.filter(|caller| caller.sso_org().is_none()).and_then(Caller::user).cloned(),
            invitation: invitation.map(token::hash),
        };
        Ok(self.catalog().admit_sso(admission, only_try).await?.map_err(SsoRefusal::Other))
    }

    /// A session of somebody who was let in, good in the organization of the connection and nowhere else.
    pub async fn open_sso_session(
        &self,
        connection: &SsoConnection,
        user: &User,
        from: Option<IpAddr>,
        user_agent: Option<String>,
    ) -> Result<(Session, Secret), CatalogError> {
        self.people().sso_succeeded(from);
        self.open_session_of(user, Some(connection.org.clone()), from, user_agent).await
    }

    /// Seals what a browser carries while it is at a provider.
    pub fn seal_attempt(&self, text: &str) -> Vec<u8> {
        self.people().options.seal_key.seal(PURPOSE, WHOSE, text.as_bytes(), self.random())
    }

    /// Opens what [`Auth::seal_attempt`] sealed.
    pub fn open_attempt(&self, sealed: &[u8]) -> Option<String> {
        let opened = self.people().options.seal_key.open(PURPOSE, WHOSE, sealed).ok()?;
        String::from_utf8(opened.to_vec()).ok()
    }

    /// Notes that a browser came back with this state, which is good until then; false if it did before.
    pub async fn use_sso_state(&self, state: &str, expires_ms: i64) -> Result<bool, CatalogError> {
        self.catalog().use_sso_state(&token::hash(state), expires_ms).await
    }

    /// How long this address has to wait after its failures at single sign-on, ms; 0: not at all.
    pub fn sso_wait_ms(&self, from: Option<IpAddr>) -> i64 {
        self.people().sso_wait_ms(from, self.now_ms())
    }

    /// Counts a failure at single sign-on.
    pub fn sso_failed(&self, from: Option<IpAddr>) {
        self.people().sso_failed(from, self.now_ms());
    }
}

/// The address, if the provider may speak for it.
fn email_of<'a>(connection: &SsoConnection, vouched: &'a Vouched) -> Result<&'a str, SsoRefusal> {
    let email = vouched.email.as_deref().map(str::trim).filter(|email| !email.is_empty());
    let email = email.ok_or(SsoRefusal::EmailMissing)?;
    if !vouched.is_email_verified {
        return Err(SsoRefusal::EmailNotVerified);
    }
    let domain = email.rsplit_once('@').map(|(_, domain)| domain.to_lowercase()).unwrap_or_default();
    if connection.domains.contains(&domain) { Ok(email) } else { Err(SsoRefusal::DomainNotAllowed) }
}

/// The role by the groups. Where groups are mapped they decide at every sign-in, so that whoever leaves a group loses
/// what it gave; where none are, the role for others is given to those who join, and nobody's is changed.
fn role_of(connection: &SsoConnection, groups: &[String]) -> Result<RoleChoice, SsoRefused> {
    if connection.group_roles.is_empty() {
        return Ok(RoleChoice::ToJoin(connection.default_role.clone()));
    }
    let fits = connection.group_roles.iter().find(|one| groups.contains(&one.group));
    let role = fits.map(|one| one.role.clone()).or_else(|| connection.default_role.clone());
    role.map(RoleChoice::Always).ok_or(SsoRefused::NoRole)
}

/// A name that an account may have, whatever the provider says.
fn name_of(vouched: &Vouched, email: &str) -> String {
    let said = vouched.name.as_deref().unwrap_or_default();
    let clean: String = said.chars().filter(|c| !c.is_control()).take(NAME_CHARS_MAX).collect();
    let clean = clean.trim();
    if clean.is_empty() { email.chars().take(NAME_CHARS_MAX).collect() } else { clean.to_owned() }
}

#[cfg(test)]
mod tests {
    use tallystick_catalog::GroupRole;

    use super::*;

    fn connection(group_roles: &[(&str, &str)], default_role: Option<&str>) -> SsoConnection {
        SsoConnection {
            id: "sso_0123456789abcdefghjk".parse().unwrap(),
            org: "acme".parse().unwrap(),
            issuer: "https://id.example".into(),
            client_id: "tallystick".into(),
            client_secret: Vec::new(),
            scopes: Vec::new(),
            domains: vec!["acme.example".into(), "büro.example".into()],
            groups_claim: "groups".into(),
            group_roles: group_roles
                .iter()
                .map(|(group, role)| GroupRole { group: (*group).into(), role: (*role).into() })
                .collect(),
            default_role: default_role.map(str::to_owned),
            enforced: false,
            break_glass: Vec::new(),
            revision: 1,
            tested: None,
            created_ms: 0,
            updated_ms: 0,
        }
    }

    fn vouched(email: Option<&str>, is_email_verified: bool) -> Vouched {
        Vouched {
            subject: "s".into(),
            email: email.map(str::to_owned),
            is_email_verified,
            name: None,
            groups: None,
        }
    }

    #[test]
    fn a_provider_speaks_for_verified_addresses_of_its_domains_only() {
        let connection = connection(&[], None);
        for good in ["ana@acme.example", " Ana@ACME.Example ", "b@BÜRO.example"] {
            assert_eq!(email_of(&connection, &vouched(Some(good), true)), Ok(good.trim()), "{good}");
        }
        for bad in [
            "ana@other.example",
            "ana@acme.example.evil.example",
            "ana@evilacme.example",
            "ana@a.acme.example",
            "ana@acme.example@evil.example",
            "acme.example",
            "ana@acme.example\n@evil.example",
            "ana@acme.example.",
        ] {
            let vouched = vouched(Some(bad), true);
            assert_eq!(email_of(&connection, &vouched), Err(SsoRefusal::DomainNotAllowed), "{bad}");
        }
        let unsure = vouched(Some("ana@acme.example"), false);
        assert_eq!(email_of(&connection, &unsure), Err(SsoRefusal::EmailNotVerified));
        assert_eq!(email_of(&connection, &vouched(None, true)), Err(SsoRefusal::EmailMissing));
        assert_eq!(email_of(&connection, &vouched(Some(" "), true)), Err(SsoRefusal::EmailMissing));
    }

    #[test]
    fn groups_decide_where_they_are_mapped() {
        let groups = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
        let mapped =
            connection(&[("boss", "owner"), ("eng", "member"), ("audit", "auditor")], Some("member"));
        let role = |connection: &SsoConnection, names: &[&str]| role_of(connection, &groups(names));
        let always = |role: &str| Ok(RoleChoice::Always(role.to_owned()));
        assert_eq!(role(&mapped, &["audit"]), always("auditor"));
        assert_eq!(role(&mapped, &["audit", "eng"]), always("member"), "the first of the map counts");
        assert_eq!(role(&mapped, &["Audit", "x"]), always("member"), "no group fits: the role for others");
        let strict = connection(&[("eng", "member")], None);
        assert_eq!(role(&strict, &["eng"]), always("member"));
        assert_eq!(role(&strict, &[]), Err(SsoRefused::NoRole), "members without a group are out, too");
        let open = connection(&[], Some("member"));
        assert_eq!(role(&open, &["eng"]), Ok(RoleChoice::ToJoin(Some("member".into()))));
        assert_eq!(role(&connection(&[], None), &[]), Ok(RoleChoice::ToJoin(None)));
    }

    #[test]
    fn names_are_made_fit() {
        let named = |name: &str| {
            name_of(&Vouched { name: Some(name.into()), ..vouched(None, true) }, "ana@acme.example")
        };
        assert_eq!(named(" Ana\u{7} Ruiz\n"), "Ana Ruiz");
        assert_eq!(named("\n"), "ana@acme.example");
        assert_eq!(named(&"x".repeat(500)).len(), 100);
    }
}
