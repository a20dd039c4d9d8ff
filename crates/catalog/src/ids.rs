//! Ids that the catalog makes. The random ones have 100 bits, written in 20 lower-case characters without
//! the look-alikes `i l o u` (Crockford's base 32).

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use tallystick_event::{Clock, OrgId, Random};

/// Characters of the random part of an id.
pub(crate) const ID_CHARS: usize = 20;
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// The text is not an id of the kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not {0}")]
pub struct BadId(&'static str);

impl BadId {
    pub(crate) fn new(expected: &'static str) -> Self {
        Self(expected)
    }
}

macro_rules! ids {
    ($($(#[doc = $doc:literal])+ $name:ident, $prefix:literal, $what:literal;)+) => {$(
        $(#[doc = $doc])+
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Makes a new id.
            pub fn generate(random: &dyn Random) -> Self {
                Self(format!(concat!($prefix, "{}"), random_text(random, ID_CHARS)).into())
            }

            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = BadId;

            fn from_str(text: &str) -> Result<Self, BadId> {
                let random = text.strip_prefix($prefix).filter(|random| random.len() == ID_CHARS);
                if random.is_some_and(|random| random.bytes().all(|byte| ALPHABET.contains(&byte))) {
                    return Ok(Self(text.into()));
                }
                Err(BadId(concat!($what, " id (", $prefix, " and 20 characters)")))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )+};
}

ids! {
    /// Id of an API key: `ak_` and 20 characters. It is no secret.
    KeyId, "ak_", "an API key";
    /// Id of a person's account: `usr_` and 20 characters.
    UserId, "usr_", "a user";
    /// Id of a session: `ses_` and 20 characters. It is not what the browser has.
    SessionId, "ses_", "a session";
    /// Id of a custom role: `role_` and 20 characters.
    RoleId, "role_", "a role";
    /// Id of a link that works once: `lnk_` and 20 characters. It is not what stands in the link.
    LinkId, "lnk_", "a link";
    /// Id of a saved search: `sv_` and 20 characters.
    SearchId, "sv_", "a saved search";
    /// Id of a short link, which is the last part of its address: 20 characters.
    ShortLinkId, "", "a short link";
    /// Id of a link to an event: `shr_` and 20 characters. It is not what stands in the link.
    ShareId, "shr_", "a shared event";
    /// Id of an organization's connection to a provider of single sign-on: `sso_` and 20 characters.
    SsoId, "sso_", "a connection";
    /// Id of a viewer token: `vt_` and 20 characters. It is not the token.
    ViewerTokenId, "vt_", "a viewer token";
    /// Id of an export: `exp_` and 20 characters.
    ExportId, "exp_", "an export";
    /// Id of a schedule of exports: `sch_` and 20 characters.
    ScheduleId, "sch_", "a schedule of exports";
    /// Id of a dead letter of a stream: `dl_` and 20 characters.
    DeadLetterId, "dl_", "a dead letter";
    /// Id of a passkey: `pk_` and 20 characters. It is not the id that its authenticator gave it.
    PasskeyId, "pk_", "a passkey";
}

/// Id of a segment and name of its file: a UUIDv7, written as 32 hexadecimal digits, so that a listing of
/// files is in the order of their making.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SegmentId(pub [u8; 16]);

impl SegmentId {
    /// Makes a new id.
    pub fn generate(clock: &dyn Clock, random: &dyn Random) -> Self {
        let mut id = [0; 16];
        random.fill(&mut id[6..]);
        id[..6].copy_from_slice(&clock.now_ms().to_be_bytes()[2..]);
        id[6] = 0x70 | (id[6] & 0x0f);
        id[8] = 0x80 | (id[8] & 0x3f);
        Self(id)
    }
}

impl FromStr for SegmentId {
    type Err = BadId;

    fn from_str(text: &str) -> Result<Self, BadId> {
        let mut id = [0; 16];
        let lower = !text.bytes().any(|byte| byte.is_ascii_uppercase());
        match hex::decode_to_slice(text, &mut id) {
            Ok(()) if lower => Ok(Self(id)),
            _ => Err(BadId("a segment id (32 lower-case hexadecimal digits)")),
        }
    }
}

impl fmt::Display for SegmentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for SegmentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Makes the id of an organization that was created without one: `org_` and 20 characters.
pub fn new_org_id(random: &dyn Random) -> OrgId {
    OrgId::new(&format!("org_{}", random_text(random, ID_CHARS))).expect("letters, digits and _ only")
}

/// `chars` random characters of the id alphabet.
pub(crate) fn random_text(random: &dyn Random, chars: usize) -> String {
    let mut bytes = vec![0; chars];
    random.fill(&mut bytes);
    // 256 is a multiple of 32, so the remainder favours no character.
    bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Counting;

    impl Random for Counting {
        fn fill(&self, out: &mut [u8]) {
            for (i, byte) in out.iter_mut().enumerate() {
                *byte = (i as u8).wrapping_mul(37);
            }
        }
    }

    struct Fixed;

    impl Clock for Fixed {
        fn now_ms(&self) -> i64 {
            1_795_168_900_123
        }
    }

    #[test]
    fn ids_round_trip() {
        let key = KeyId::generate(&Counting);
        assert_eq!(key.to_string().parse::<KeyId>(), Ok(key));
        let segment = SegmentId::generate(&Fixed, &Counting);
        assert_eq!((segment.0[6] >> 4, segment.0[8] >> 6), (7, 2));
        assert_eq!(segment.to_string().parse::<SegmentId>(), Ok(segment));
        assert_eq!(new_org_id(&Counting).as_str().len(), 24);
    }

    #[test]
    fn other_texts_are_refused() {
        for bad in
            ["", "ak_", "ak_0123456789abcdefghil", "sk_0123456789abcdefghjk", "ak_0123456789ABCDEFGHJK"]
        {
            assert!(bad.parse::<KeyId>().is_err(), "{bad}");
        }
        for bad in ["", "00", "0192D3F07C1A70008000000000000001", "0192d3f07c1a7000800000000000000g"] {
            assert!(bad.parse::<SegmentId>().is_err(), "{bad}");
        }
    }
}
