//! Who may do what: API keys, people, roles and the authorization table.
//!
//! [`Auth::authenticate`] turns a key's token into a [`Caller`], [`Auth::authenticate_session`] a session's;
//! [`authorize`] asks the one table in [`operation`] whether the caller may, and for which organization. Nothing else
//! decides.

#![forbid(unsafe_code)]

mod account;
mod attempts;
mod auth;
mod caller;
mod feature;
mod keyring;
mod keys;
mod later;
mod links;
mod members;
mod operation;
mod passkeys;
mod password;
mod people;
mod permission;
mod role;
mod roles;
mod root;
mod schedules;
mod scope;
mod seal;
mod secret;
mod shares;
mod sso;
mod sso_sign_in;
mod streams;
mod token;
mod totp;
mod uses;
mod viewer_tokens;

pub use self::account::{BegunTotp, RevokedSession};
pub use self::auth::{Auth, AuthenticateError};
pub use self::caller::{Caller, CallerId, Denied, Person, Reach, Rights, Viewer, authorize};
pub use self::feature::{Feature, FeatureSet, UnknownFeature};
pub use self::keyring::FollowError;
pub use self::keys::{CreateKey, CreatedKey, KeyError, KeyView};
pub use self::links::{INVITATION_MS, MadeLink, NewAccount, RESET_LINK_MS, SETUP_LINK_MS};
pub use self::members::{MemberView, PeopleError};
pub use self::operation::{Bound, Operation, Rule};
pub use self::passkeys::{
    CHALLENGE_MS, NewPasskeyAnswer, NoPasskeys, PasskeyChallenge, PasskeyRefusal, PasskeySignIn,
    PasskeySignInError, PasskeySite, SignedInByPasskey,
};
pub use self::password::{
    PASSWORD_BYTES_MAX, PASSWORD_CHARS_MIN, PasswordCost, WeakPassword, check_password,
};
pub use self::people::{AccountOptions, Factor, SignIn, SignInError, SignedIn};
pub use self::permission::{Level, Permission, PermissionSet, UnknownPermission};
pub use self::role::{BUILT_IN_ROLES, BuiltInRole, FILTERED_MAX, Grant, built_in};
pub use self::roles::{ChangeRole, CreateRole};
pub use self::root::{ROOT_KEY_CHARS_MIN, RootKey, RootKeyError};
pub use self::scope::{Scope, ScopeSet, UnknownScope};
pub use self::seal::{SealKey, Unsealable};
pub use self::secret::Secret;
pub use self::shares::{MadeShare, OpenShareError, SHARE_MS, SHARE_MS_MAX};
pub use self::sso::{SecretChange, SsoSettings};
pub use self::sso_sign_in::{SsoRefusal, Vouched};
pub use self::token::{TOKEN_CHARS, TOKEN_PREFIX};
pub use self::totp::RECOVERY_CODES;
pub use self::viewer_tokens::{
    CreateViewerToken, MadeViewerToken, ORIGINS_MAX, VIEWER_TOKEN_MS_MAX, ViewerError,
};
