//! The limits of an event that a mapping keeps, so that a record from outside is never refused for a
//! long value: the value is cut or left out of its field, and stays whole in `metadata`.

/// An action, bytes of printable ASCII without space.
pub(crate) const ACTION_BYTES_MAX: usize = 256;
/// `type` of an actor or target, bytes.
pub(crate) const TYPE_BYTES_MAX: usize = 128;
/// `id` of an actor or target, bytes.
pub(crate) const ID_BYTES_MAX: usize = 1_024;
/// `name` of an actor or target, bytes.
pub(crate) const NAME_BYTES_MAX: usize = 1_024;
/// An e-mail address, bytes.
pub(crate) const EMAIL_BYTES_MAX: usize = 320;
/// `context.user_agent`, bytes.
pub(crate) const USER_AGENT_BYTES_MAX: usize = 4_096;
/// `context.origin`, bytes.
pub(crate) const ORIGIN_BYTES_MAX: usize = 128;
/// `context.request_id`, `session_id` and `trace_id`, bytes each.
pub(crate) const CORRELATION_BYTES_MAX: usize = 1_024;
/// `reason`, bytes.
pub(crate) const REASON_BYTES_MAX: usize = 16_384;
/// `path` of a change, bytes.
pub(crate) const CHANGE_PATH_BYTES_MAX: usize = 1_024;
/// A member name in free JSON, bytes.
pub(crate) const MEMBER_NAME_BYTES_MAX: usize = 1_024;
/// Targets of one event.
pub(crate) const TARGETS_MAX: usize = 64;
/// Changes of one event.
pub(crate) const CHANGES_MAX: usize = 256;
/// Actors in `on_behalf_of`.
pub(crate) const ON_BEHALF_OF_MAX: usize = 8;
/// Levels of arrays and objects inside `metadata`, `old` or `new`; what is deeper becomes JSON text.
pub(crate) const JSON_DEPTH_MAX: usize = 32;
/// 2^53-1: a larger integer becomes text, because many JSON readers would change it.
pub(crate) const SAFE_INTEGER_MAX: u64 = 9_007_199_254_740_991;
/// 2000-01-01T00:00:00Z in Unix seconds: an earlier time is a clock fault, not an event.
pub(crate) const OCCURRED_AT_MIN_S: i64 = 946_684_800;
/// The product's own id inside a source id, bytes; a longer one is replaced by its digest.
pub(crate) const SOURCE_ID_BYTES_MAX: usize = 200;
