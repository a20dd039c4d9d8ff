//! Signing in, and from a session to a caller.
//!
//! An account that does not exist takes as long as one that does, and every refusal is the same refusal. Failures are
//! counted by address, and by account and address; see [`attempts`](crate::attempts).

use std::net::IpAddr;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tallystick_catalog::{CatalogError, Session, SessionId, Standing, TotpFactor, User, UserId};
use tallystick_event::{OrgId, Random};

use crate::attempts::{Budget, Spent, network_of};
use crate::password::{Busy, Hasher};
use crate::role::{self, Grant, OPERATOR_OF_INSTANCE};
use crate::uses::RECORD_EVERY_MS;
use crate::{Auth, Caller, CallerId, PasswordCost, Person, Rights, SealKey, Secret, token, totp};

/// Failures of one address.
const BY_ADDRESS: Budget = Budget { burst: 30, refill_ms: 10_000 };
/// Failures of one address on one account.
const BY_ACCOUNT: Budget = Budget { burst: 5, refill_ms: 60_000 };
/// The same, from an address that the account's person signed in from lately.
const BY_ACCOUNT_AT_HOME: Budget = Budget { burst: 20, refill_ms: 30_000 };
/// Wrong codes of one account, from anywhere: only those who have its password get that far.
const BY_CODE: Budget = Budget { burst: 10, refill_ms: 60_000 };
/// Random bytes of what a browser or a link has.
const TOKEN_BYTES: usize = 32;
/// What authenticators show beside the address.
const ISSUER: &str = "Tallystick";

/// How accounts behave.
#[derive(Debug, Clone)]
pub struct AccountOptions {
    /// Seals what has to be read again.
    pub seal_key: SealKey,
    /// The organization that holds the instance's own events.
    pub instance_org: OrgId,
    /// A session ends when it is not used for so long, ms.
    pub session_idle_ms: i64,
    /// A session ends after so long, ms.
    pub session_life_ms: i64,
    /// What hashing a password costs.
    pub password_cost: PasswordCost,
}

/// What accounts need beside the catalog.
pub(crate) struct People {
    pub(crate) options: AccountOptions,
    pub(crate) hasher: Hasher,
    by_address: Spent<Option<IpAddr>>,
    /// By the hash of the address as it was typed: whatever is sent there takes no more memory than that.
    by_account: Spent<([u8; 32], Option<IpAddr>)>,
    by_account_at_home: Spent<(UserId, Option<IpAddr>)>,
    by_code: Spent<UserId>,
    by_sso: Spent<Option<IpAddr>>,
}

/// An attempt to sign in.
#[derive(Debug, Clone)]
pub struct SignIn {
    /// As it was typed.
    pub email: String,
    /// As it was typed.
    pub password: Secret,
    /// Of the authenticator, or a recovery code.
    pub code: Option<Secret>,
    /// The client's address, if it is known.
    pub from: Option<IpAddr>,
    /// The client's program.
    pub user_agent: Option<String>,
}

/// Somebody signed in.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// Who.
    pub user: User,
    /// Their session.
    pub session: Session,
    /// What the browser gets. It is seen this once; only its hash is kept.
    pub token: Secret,
    /// What they confirmed it with.
    pub factor: Factor,
    /// Nobody has lately signed in to this account from this address.
    pub is_new_address: bool,
    /// Organizations that take no passwords, but this person's.
    pub break_glass: Vec<OrgId>,
}

/// With what a sign-in was confirmed, beside the password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Factor {
    /// Nothing: the account has no second factor.
    None,
    /// A code of the authenticator.
    Totp,
    /// A recovery code, which is used up now.
    RecoveryCode,
    /// The device that has the passkey verified its person, by PIN, finger or face. There was no password.
    UserVerification,
}

/// Why somebody was not signed in. Who it was is for the audit log, not for them.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// The address, the password or the code is wrong.
    #[error("the e-mail address, the password or the code is wrong")]
    Refused {
        /// The account, if there is one.
        user: Option<Box<User>>,
        /// It was the code that was wrong.
        was_code: bool,
        /// Further attempts from this address on this account have to wait from now on.
        locked_out: bool,
    },
    /// The password is right, and the account has a second factor.
    #[error("a code of your authenticator is needed")]
    SecondFactorNeeded,
    /// Password and code are right, and every organization of the person takes single sign-on only.
    #[error("your organization signs in with single sign-on")]
    SsoRequired {
        /// The account.
        user: Box<User>,
    },
    /// Too many failures; a right password would be refused as well.
    #[error("too many failed attempts")]
    TooManyAttempts {
        /// How long to wait.
        retry_after_ms: i64,
    },
    /// Too many people sign in at once.
    #[error("too many sign-ins at once")]
    Busy,
    /// The catalog's reason.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
}

impl From<Busy> for SignInError {
    fn from(_: Busy) -> Self {
        Self::Busy
    }
}

/// The id that stands for all accounts that do not exist.
fn nobody() -> UserId {
    "usr_00000000000000000000".parse().expect("of the right form")
}

impl People {
    pub(crate) fn new(options: AccountOptions, random: &dyn Random) -> Self {
        let hasher = Hasher::new(options.password_cost, random);
        Self {
            options,
            hasher,
            by_address: Spent::new(BY_ADDRESS),
            by_account: Spent::new(BY_ACCOUNT),
            by_account_at_home: Spent::new(BY_ACCOUNT_AT_HOME),
            by_code: Spent::new(BY_CODE),
            by_sso: Spent::new(BY_ADDRESS),
        }
    }

    /// How long until this address may fail at single sign-on once more, ms; 0: now.
    pub(crate) fn sso_wait_ms(&self, from: Option<IpAddr>, now_ms: i64) -> i64 {
        self.by_sso.wait_ms(&from.map(network_of), now_ms)
    }

    /// Counts a failure at single sign-on: each is recorded, and nobody must be able to fill the logs with them.
    pub(crate) fn sso_failed(&self, from: Option<IpAddr>, now_ms: i64) {
        self.by_sso.count(from.map(network_of), now_ms);
    }

    /// Forgives this address its failures at single sign-on.
    pub(crate) fn sso_succeeded(&self, from: Option<IpAddr>) {
        self.by_sso.forgive(&from.map(network_of));
    }

    /// Counts an attempt of somebody who is signed in at their own password: a stolen session must not be good for
    /// guessing it. None if they have to wait.
    pub(crate) fn take_own_password(&self, user: &UserId, now_ms: i64) -> Option<OwnPassword<'_>> {
        let key = (user.clone(), None);
        self.by_account_at_home.take(key.clone(), now_ms).ok()?;
        Some(OwnPassword { people: self, key })
    }

    /// Counts an attempt before it is known how it ends. An address that the person signed in from lately has a budget
    /// of its own, so that a guesser behind the same proxy does not keep them out.
    pub(crate) fn take(
        &self,
        email: &str,
        at_home: Option<&UserId>,
        network: Option<IpAddr>,
        now_ms: i64,
    ) -> Result<Attempt<'_>, SignInError> {
        let held = |retry_after_ms| SignInError::TooManyAttempts { retry_after_ms };
        let account = (token::hash(email), network);
        let at_home = at_home.map(|user| (user.clone(), network));
        let is_last = if let Some(home) = &at_home {
            let is_last = self.by_account_at_home.take(home.clone(), now_ms).map_err(held)?;
            self.by_account.count(account, now_ms);
            self.by_address.count(network, now_ms);
            is_last
        } else {
            let is_last = self.by_account.take(account, now_ms).map_err(held)?;
            self.by_address.take(network, now_ms).map_err(|wait| {
                self.by_account.give_back(&account);
                held(wait)
            })?;
            is_last
        };
        Ok(Attempt { people: self, account, at_home, is_last })
    }
}

/// An attempt at one's own password that is counted.
pub(crate) struct OwnPassword<'a> {
    people: &'a People,
    key: (UserId, Option<IpAddr>),
}

impl OwnPassword<'_> {
    /// It was no failure.
    pub(crate) fn give_back(self) {
        self.people.by_account_at_home.give_back(&self.key);
    }
}

/// An attempt to sign in that is counted.
pub(crate) struct Attempt<'a> {
    people: &'a People,
    account: ([u8; 32], Option<IpAddr>),
    at_home: Option<(UserId, Option<IpAddr>)>,
    /// If it fails, this address has to wait before it tries this account again.
    pub(crate) is_last: bool,
}

impl Attempt<'_> {
    /// It was no failure.
    pub(crate) fn give_back(&self) {
        self.people.by_address.give_back(&self.account.1);
        self.people.by_account.give_back(&self.account);
        if let Some(home) = &self.at_home {
            self.people.by_account_at_home.give_back(home);
        }
    }

    /// It was the person themselves.
    pub(crate) fn forgive(&self, user: &UserId) {
        self.people.by_address.give_back(&self.account.1);
        self.people.by_account.forgive(&self.account);
        self.people.by_account_at_home.forgive(&(user.clone(), self.account.1));
    }
}

impl Auth {
    /// Signs somebody in, with a new session whatever session they had.
    pub async fn sign_in(&self, attempt: SignIn) -> Result<SignedIn, SignInError> {
        let email = attempt.email.trim().to_ascii_lowercase();
        let network = attempt.from.map(network_of);
        let user = self.catalog().user_by_email(&email).await?;
        let at_home = self.at_home(user.as_ref(), network).await?;
        let counted = self.people().take(&email, at_home.as_ref(), network, self.now_ms())?;
        let shown = self.check(&attempt, user, at_home.is_some(), counted.is_last).await;
        let (user, factor) = match shown {
            Ok(shown) => shown,
            Err(error) => {
                if !matches!(error, SignInError::Refused { .. }) {
                    counted.give_back();
                }
                return Err(error);
            }
        };
        counted.forgive(&user.id);
        self.admit(user, factor, at_home.is_none(), attempt.from, attempt.user_agent).await
    }

    /// Gives a session to somebody who has shown who they are without a provider of single sign-on, if any of their
    /// organizations takes that.
    pub(crate) async fn admit(
        &self,
        user: User,
        factor: Factor,
        is_new_address: bool,
        from: Option<IpAddr>,
        user_agent: Option<String>,
    ) -> Result<SignedIn, SignInError> {
        let standings = self.catalog().standings(&user.id).await?;
        let is_shut = |one: &Standing| one.is_enforced && !one.is_break_glass;
        if !user.is_operator && !standings.is_empty() && standings.iter().all(is_shut) {
            return Err(SignInError::SsoRequired { user: Box::new(user) });
        }
        let exempt = standings.into_iter().filter(|one| one.is_enforced && one.is_break_glass);
        let break_glass = exempt.map(|one| one.membership.org).collect();
        let (session, token) = self.open_session(&user, from, user_agent).await?;
        Ok(SignedIn { user, session, token, factor, is_new_address, break_glass })
    }

    /// How often a password was hashed since the start: the work by which guessing is seen, and slowed down.
    pub fn password_hashes(&self) -> u64 {
        self.people().hasher.begun()
    }

    /// The account's id, if its person signed in from there lately.
    pub(crate) async fn at_home(
        &self,
        user: Option<&User>,
        network: Option<IpAddr>,
    ) -> Result<Option<UserId>, CatalogError> {
        // Asked for an account that does not exist as well, so that it takes as long.
        let id = user.map_or_else(nobody, |user| user.id.clone());
        let from = network.map(|network| network.to_string()).unwrap_or_default();
        let is_known = self.catalog().is_known_network(&id, &from).await?;
        Ok((is_known && network.is_some()).then_some(id))
    }

    /// Checks the password, then the second factor.
    async fn check(
        &self,
        attempt: &SignIn,
        user: Option<User>,
        is_at_home: bool,
        locked_out: bool,
    ) -> Result<(User, Factor), SignInError> {
        let hash = user.as_ref().and_then(|user| user.password_hash.as_deref());
        let fits = self.people().hasher.verify(&attempt.password, hash).await?;
        let refused = |user: Option<User>, was_code| SignInError::Refused {
            user: user.map(Box::new),
            was_code,
            locked_out,
        };
        let may = |user: &&User| fits && user.suspended_ms.is_none();
        let Some(user) = user.as_ref().filter(may) else { return Err(refused(user, false)) };
        match self.check_factor(user, attempt.code.as_ref(), is_at_home).await? {
            Some(factor) => Ok((user.clone(), factor)),
            None => Err(refused(Some(user.clone()), true)),
        }
    }

    /// Checks the second factor of somebody whose password is right; none if the code is wrong.
    async fn check_factor(
        &self,
        user: &User,
        code: Option<&Secret>,
        is_at_home: bool,
    ) -> Result<Option<Factor>, SignInError> {
        let factor = self.catalog().totp(&user.id).await?.filter(|factor| factor.confirmed_ms.is_some());
        let Some(factor) = factor else { return Ok(Some(Factor::None)) };
        let Some(code) = code.map(|code| code.expose().trim()).filter(|code| !code.is_empty()) else {
            return Err(SignInError::SecondFactorNeeded);
        };
        let by_code = &self.people().by_code;
        let taken = if is_at_home {
            Ok(by_code.count(user.id.clone(), self.now_ms()))
        } else {
            by_code.take(user.id.clone(), self.now_ms())
        };
        taken.map_err(|retry_after_ms| SignInError::TooManyAttempts { retry_after_ms })?;
        let checked = self.check_code(user, code, &factor).await;
        if !matches!(checked, Ok(None)) {
            by_code.give_back(&user.id);
        }
        checked
    }

    /// Uses a code of the authenticator, or a recovery code; none if it is wrong.
    async fn check_code(
        &self,
        user: &User,
        code: &str,
        factor: &TotpFactor,
    ) -> Result<Option<Factor>, SignInError> {
        let spaceless: String = code.chars().filter(|c| !c.is_whitespace()).collect();
        if totp::is_code(&spaceless) {
            let secret = self.open_totp(&user.id, &factor.sealed)?;
            let step = totp::matching_step(&secret, &spaceless, self.now_ms());
            let Some(step) = step else { return Ok(None) };
            let used = self.catalog().use_totp_step(&user.id, step).await?;
            return Ok(used.then_some(Factor::Totp));
        }
        let used = self.catalog().use_recovery_code(&user.id, &totp::recovery_hash(code)).await?;
        Ok(used.then_some(Factor::RecoveryCode))
    }

    /// A new session of somebody who has shown who they are.
    pub async fn open_session(
        &self,
        user: &User,
        from: Option<IpAddr>,
        user_agent: Option<String>,
    ) -> Result<(Session, Secret), CatalogError> {
        self.open_session_of(user, None, from, user_agent).await
    }

    /// A new session of somebody for whom the provider of an organization vouches (none: nobody does).
    pub(crate) async fn open_session_of(
        &self,
        user: &User,
        sso_org: Option<OrgId>,
        from: Option<IpAddr>,
        user_agent: Option<String>,
    ) -> Result<(Session, Secret), CatalogError> {
        let now = self.now_ms();
        let token = self.new_token();
        let session = Session {
            id: SessionId::generate(self.random()),
            user: user.id.clone(),
            token_sha256: token::hash(token.expose()),
            network: from.map(|from| network_of(from).to_string()).unwrap_or_default(),
            ip: from.map(|from| from.to_canonical().to_string()),
            user_agent,
            sso_org,
            created_ms: now,
            seen_ms: now,
            expires_ms: now + self.people().options.session_life_ms,
            revoked_ms: None,
        };
        self.catalog().create_session(&session).await?;
        Ok((session, token))
    }

    /// Who has this session; none: it is unknown or has ended.
    pub async fn authenticate_session(&self, token: &Secret) -> Result<Option<Arc<Caller>>, CatalogError> {
        self.session(token, true).await
    }

    /// The same without counting as a use: what goes on by itself must not keep a session alive.
    pub async fn glance_at_session(&self, token: &Secret) -> Result<Option<Arc<Caller>>, CatalogError> {
        self.session(token, false).await
    }

    async fn session(&self, token: &Secret, is_use: bool) -> Result<Option<Arc<Caller>>, CatalogError> {
        let (now, hash) = (self.now_ms(), token::hash(token.expose()));
        let noted = self.session_uses().noted(&hash);
        let Some((mut session, user)) = self.catalog().session_by_hash(&hash).await? else { return Ok(None) };
        session.seen_ms = session.seen_ms.max(noted.unwrap_or(i64::MIN));
        if !session.is_live(now, self.people().options.session_idle_ms) || user.suspended_ms.is_some() {
            return Ok(None);
        }
        if is_use && now - session.seen_ms >= RECORD_EVERY_MS && self.session_uses().note(&hash, now) {
            self.start_writing_uses();
        }
        let sso_org = session.sso_org;
        let is_operator = user.is_operator && sso_org.is_none();
        let grants = self.grants(&user, is_operator, sso_org.as_ref()).await?;
        let person = Person {
            email: user.email,
            time_zone: user.time_zone,
            is_operator,
            session: session.id,
            sso_org,
            grants,
        };
        Ok(Some(Arc::new(Caller {
            id: CallerId::User(user.id),
            name: user.name,
            rights: Rights::Person(person),
            expires_ms: None,
        })))
    }

    /// What somebody may in each of their organizations: with a session of single sign-on, in the one whose provider
    /// opened it; with any other, where passwords count.
    pub(crate) async fn grants(
        &self,
        user: &User,
        is_operator: bool,
        sso_org: Option<&OrgId>,
    ) -> Result<Vec<Grant>, CatalogError> {
        let mut grants = Vec::new();
        for standing in self.catalog().standings(&user.id).await? {
            let counts = match sso_org {
                Some(only) => standing.membership.org == *only,
                None => !standing.is_enforced || standing.is_break_glass,
            };
            if !counts {
                continue;
            }
            let (membership, custom) = (standing.membership, standing.role);
            match (role::built_in(&membership.role), custom) {
                (Some(built_in), _) => grants.push(Grant::built_in(membership.org, built_in)),
                (None, Some(custom)) => grants.push(Grant::custom(&custom)),
                // It gives nothing there, and takes nothing elsewhere.
                (None, None) => tracing::error!(?membership, "somebody has a role that does not exist"),
            }
        }
        if is_operator {
            let org = self.people().options.instance_org.clone();
            grants.push(Grant {
                org,
                role: "operator".to_owned(),
                role_name: "operator".to_owned(),
                permissions: OPERATOR_OF_INSTANCE,
                filter: None,
            });
        }
        Ok(grants)
    }

    /// 32 random bytes in base64url.
    pub(crate) fn new_token(&self) -> Secret {
        let mut bytes = [0; TOKEN_BYTES];
        self.random().fill(&mut bytes);
        URL_SAFE_NO_PAD.encode(bytes).into()
    }

    pub(crate) fn open_totp(
        &self,
        user: &UserId,
        sealed: &[u8],
    ) -> Result<zeroize::Zeroizing<Vec<u8>>, CatalogError> {
        let opened = self.people().options.seal_key.open("totp", user.as_str(), sealed);
        opened.map_err(|error| CatalogError::Inconsistent { table: "totp_factors", what: error.to_string() })
    }

    pub(crate) fn seal_totp(&self, user: &UserId, secret: &[u8]) -> Vec<u8> {
        self.people().options.seal_key.seal("totp", user.as_str(), secret, self.random())
    }

    pub(crate) fn totp_address(secret: &[u8], email: &str) -> String {
        totp::address(secret, ISSUER, email)
    }
}
