//! Members of organizations.

pub mod add;
pub mod list;
pub mod remove;
pub mod remove_totp;
pub mod reset_password;
pub mod resume;
pub mod suspend;
pub mod update;

use serde::Serialize;
use tallystick_auth::MemberView;
use tallystick_event::format_ms;
use utoipa::ToSchema;

/// A member.
#[derive(Debug, Serialize, ToSchema)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own, as JSON has them")]
pub struct MemberAnswer {
    /// `usr_` and 20 characters.
    id: String,
    /// For people.
    name: String,
    /// What they sign in with.
    email: String,
    /// The organization.
    org: String,
    /// `owner`, `admin`, `auditor`, `member`, or a custom role's id.
    role: String,
    /// The role's name.
    role_name: String,
    /// Whether they confirm their sign-ins with an authenticator.
    totp: bool,
    /// Whether they have a password.
    password: bool,
    /// Whether they have signed in through the organization's provider.
    single_sign_on: bool,
    /// Whether their password counts although single sign-on is enforced.
    break_glass: bool,
    /// Whether they run the installation as well.
    operator: bool,
    /// RFC 3339; since when the account must not sign in; null: it may.
    suspended_at: Option<String>,
    /// RFC 3339; since when they are a member.
    joined_at: String,
    /// RFC 3339, within a minute or so; null: never.
    last_active_at: Option<String>,
}

impl From<MemberView> for MemberAnswer {
    fn from(view: MemberView) -> Self {
        let (user, membership) = (view.member.user, view.member.membership);
        Self {
            id: user.id.to_string(),
            name: user.name,
            email: user.email,
            org: membership.org.to_string(),
            role: membership.role,
            role_name: view.role_name,
            totp: view.member.has_totp,
            password: user.password_hash.is_some(),
            single_sign_on: view.member.has_sso,
            break_glass: view.member.is_break_glass,
            operator: user.is_operator,
            suspended_at: user.suspended_ms.map(format_ms),
            joined_at: format_ms(membership.created_ms),
            last_active_at: user.last_active_ms.map(format_ms),
        }
    }
}
