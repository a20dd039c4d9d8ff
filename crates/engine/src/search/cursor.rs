//! Keyset cursors: the place of the last row that was handed out. They stay valid while events arrive, since
//! they name a place in the order and not a row number.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use tallystick_event::OrgId;

use crate::error::ReadError;

/// Direction of a result list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// By time of occurrence, newest first.
    #[default]
    NewestFirst,
    /// By time of occurrence, oldest first.
    OldestFirst,
}

/// The order of results: time of occurrence, then place in the log, then organization.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SortKey {
    /// Unix microseconds.
    pub occurred_us: i64,
    /// Index in the organization's log.
    pub seq: u64,
    /// The organization.
    pub org: OrgId,
}

/// Version of the cursor's bytes.
const VERSION: u8 = 1;

/// Where the next page starts: strictly after this key in the list's order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// The order it belongs to.
    pub order: Order,
    /// The key of the last row handed out.
    pub after: SortKey,
}

impl Cursor {
    /// The opaque text handed to clients.
    pub fn encode(&self) -> String {
        let mut bytes = vec![VERSION, u8::from(self.order == Order::OldestFirst)];
        bytes.extend_from_slice(&self.after.occurred_us.to_be_bytes());
        bytes.extend_from_slice(&self.after.seq.to_be_bytes());
        bytes.extend_from_slice(self.after.org.as_str().as_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Reads a cursor back; it must be for the same order.
    pub fn decode(text: &str, order: Order) -> Result<Self, ReadError> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| ReadError::BadCursor)?;
        let (head, org) = bytes.split_at_checked(18).ok_or(ReadError::BadCursor)?;
        if head[0] != VERSION || head[1] != u8::from(order == Order::OldestFirst) {
            return Err(ReadError::BadCursor);
        }
        let number = |range: std::ops::Range<usize>| <[u8; 8]>::try_from(&head[range]).expect("eight bytes");
        let org =
            std::str::from_utf8(org).ok().and_then(|text| text.parse().ok()).ok_or(ReadError::BadCursor)?;
        let after = SortKey {
            occurred_us: i64::from_be_bytes(number(2..10)),
            seq: u64::from_be_bytes(number(10..18)),
            org,
        };
        Ok(Self { order, after })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> SortKey {
        SortKey { occurred_us: -5, seq: 77, org: "org_acme".parse().unwrap() }
    }

    #[test]
    fn round_trip() {
        for order in [Order::NewestFirst, Order::OldestFirst] {
            let cursor = Cursor { order, after: key() };
            assert_eq!(Cursor::decode(&cursor.encode(), order), Ok(cursor));
        }
    }

    #[test]
    fn other_order_and_noise_are_refused() {
        let text = Cursor { order: Order::NewestFirst, after: key() }.encode();
        assert_eq!(Cursor::decode(&text, Order::OldestFirst), Err(ReadError::BadCursor));
        for noise in ["", "A", "####", "AAAAAAAA", &text[1..]] {
            assert_eq!(Cursor::decode(noise, Order::NewestFirst), Err(ReadError::BadCursor), "{noise}");
        }
    }
}
