//! Signing in, and from a session to a caller.
//!
//! An account that does not exist takes as long as one that does, and every refusal is the same refusal. Failures are
//! counted by address, and by account and address; see [`attempts`](crate::attempts).

use std::net::IpAddr;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tallystick_catalog::{CatalogError, Session, SessionId, User, UserId};
use tallystick_event::{OrgId, Random};

use crate::attempts::{Budget, Spent};
use crate::failures::network_of;
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
    by_account: Spent<(String, Option<IpAddr>)>,
    by_account_at_home: Spent<(UserId, Option<IpAddr>)>,
    by_code: Spent<UserId>,
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
        }
    }

    /// How long until a person who is signed in may be wrong about their password once more, ms; 0: now.
    pub(crate) fn own_password_wait_ms(&self, user: &UserId, now_ms: i64) -> i64 {
        self.by_account_at_home.wait_ms(&(user.clone(), None), now_ms)
    }

    /// Counts a wrong password of somebody who is signed in: a stolen session must not be good for guessing it.
    pub(crate) fn own_password_failed(&self, user: &UserId, now_ms: i64) {
        self.by_account_at_home.count((user.clone(), None), now_ms);
    }

    /// Counts a failure, on the account in question if it has been lately used from there. True if it spent what this
    /// address has for this account.
    fn count(&self, email: &str, at_home: Option<&UserId>, network: Option<IpAddr>, now_ms: i64) -> bool {
        self.by_address.count(network, now_ms);
        let is_spent = self.by_account.count((email.to_owned(), network), now_ms);
        at_home.map_or(is_spent, |user| self.by_account_at_home.count((user.clone(), network), now_ms))
    }
}

impl Auth {
    /// Signs somebody in, with a new session whatever session they had.
    pub async fn sign_in(&self, attempt: SignIn) -> Result<SignedIn, SignInError> {
        let (people, now) = (self.people(), self.now_ms());
        let email = attempt.email.trim().to_ascii_lowercase();
        let network = attempt.from.map(network_of);
        let user = self.catalog().user_by_email(&email).await?;
        let is_at_home = self.hold(&email, user.as_ref(), network, now).await?;
        let hash = user.as_ref().and_then(|user| user.password_hash.as_deref());
        let fits = people.hasher.verify(&attempt.password, hash).await?;
        let user = match user {
            Some(user) if fits => user,
            user => {
                let at_home = user.as_ref().filter(|_| is_at_home).map(|user| &user.id);
                let locked_out = people.count(&email, at_home, network, now);
                return Err(SignInError::Refused { user: user.map(Box::new), was_code: false, locked_out });
            }
        };
        let Some(factor) = self.check_factor(&user, attempt.code.as_ref(), is_at_home).await? else {
            let locked_out = people.count(&email, Some(&user.id).filter(|_| is_at_home), network, now);
            people.by_code.count(user.id.clone(), now);
            return Err(SignInError::Refused { user: Some(Box::new(user)), was_code: true, locked_out });
        };
        people.by_account.forgive(&(email, network));
        people.by_account_at_home.forgive(&(user.id.clone(), network));
        let (session, token) = self.open_session(&user, attempt.from, attempt.user_agent).await?;
        Ok(SignedIn { user, session, token, factor, is_new_address: !is_at_home })
    }

    /// Refuses an attempt while it has to wait. An address that the person signed in from lately has a budget of its
    /// own, so that a guesser behind the same proxy does not keep them out. True if this is such an address.
    async fn hold(
        &self,
        email: &str,
        user: Option<&User>,
        network: Option<IpAddr>,
        now_ms: i64,
    ) -> Result<bool, SignInError> {
        let people = self.people();
        // Asked for an account that does not exist as well, so that it takes as long.
        let id = user.map_or_else(nobody, |user| user.id.clone());
        let from = network.map(|network| network.to_string()).unwrap_or_default();
        let is_known = self.catalog().is_known_network(&id, &from).await?;
        let is_at_home = is_known && network.is_some();
        let wait = if is_at_home {
            people.by_account_at_home.wait_ms(&(id, network), now_ms)
        } else {
            let by_account = people.by_account.wait_ms(&(email.to_owned(), network), now_ms);
            by_account.max(people.by_address.wait_ms(&network, now_ms))
        };
        if wait > 0 {
            return Err(SignInError::TooManyAttempts { retry_after_ms: wait });
        }
        Ok(is_at_home)
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
        let wait = self.people().by_code.wait_ms(&user.id, self.now_ms());
        if wait > 0 && !is_at_home {
            return Err(SignInError::TooManyAttempts { retry_after_ms: wait });
        }
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
        let now = self.now_ms();
        let token = self.new_token();
        let session = Session {
            id: SessionId::generate(self.random()),
            user: user.id.clone(),
            token_sha256: token::hash(token.expose()),
            network: from.map(|from| network_of(from).to_string()).unwrap_or_default(),
            ip: from.map(|from| from.to_canonical().to_string()),
            user_agent,
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
        if !session.is_live(now, self.people().options.session_idle_ms) {
            return Ok(None);
        }
        if is_use && now - session.seen_ms >= RECORD_EVERY_MS && self.session_uses().note(&hash, now) {
            self.start_writing_uses();
        }
        let grants = self.grants(&user).await?;
        let person = Person {
            email: user.email,
            time_zone: user.time_zone,
            is_operator: user.is_operator,
            session: session.id,
            grants,
        };
        Ok(Some(Arc::new(Caller {
            id: CallerId::User(user.id),
            name: user.name,
            rights: Rights::Person(person),
            expires_ms: None,
        })))
    }

    /// What somebody may in each of their organizations.
    pub(crate) async fn grants(&self, user: &User) -> Result<Vec<Grant>, CatalogError> {
        let mut grants = Vec::new();
        for (membership, custom) in self.catalog().memberships_with_roles(&user.id).await? {
            match (role::built_in(&membership.role), custom) {
                (Some(built_in), _) => grants.push(Grant::built_in(membership.org, built_in)),
                (None, Some(custom)) => grants.push(Grant::custom(&custom)),
                // It gives nothing there, and takes nothing elsewhere.
                (None, None) => tracing::error!(?membership, "somebody has a role that does not exist"),
            }
        }
        if user.is_operator {
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
