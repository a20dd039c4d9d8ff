//! Clients of what vouches for a log elsewhere: [witnesses](WitnessClient) that cosign its checkpoints, [timestamp
//! authorities](TimestampClient) (RFC 3161), and [stores](ObjectLock) that do not delete before a date.
//!
//! All of them speak through one guarded client, [`Outbound`](tallystick_outbound::Outbound): TLS, only addresses
//! that the operator means, no redirects, bounded in time and size. What comes back is believed only after it was
//! checked. [`Rounds`] asks them all, every so often, about the checkpoint of the directory log.

#![forbid(unsafe_code)]

pub mod limits;
mod object_lock;
mod rounds;
mod timestamp;
mod witness;

pub use object_lock::{
    LockMode, LockedObject, ObjectLock, ObjectLockError, ObjectLockOptions, S3Credentials,
};
pub use rounds::{Rounds, RoundsOptions};
pub use timestamp::{TimestampClient, TimestampError, TokenError, TrustedRoots, verify_token};
pub use witness::{WitnessAnswer, WitnessClient, WitnessError};
