//! Rice codes for ascending numbers: each distance is a quotient in unary and a remainder in k bits, k chosen per list.
//!
//! `u8 k`, then bits, lowest first: for each number, distance - 1 to the one before (the first: the number itself) as
//! quotient zeros and a one, and k bits of remainder. A quotient of 24 or more is 24 zeros and the distance in 32 bits.

const QUOTIENT_MAX: u32 = 24;
const ESCAPE_BITS: u32 = 32;

/// Encodes ascending numbers.
pub(crate) fn encode(numbers: &[u32], out: &mut Vec<u8>) {
    let gaps = || {
        let before = std::iter::once(0).chain(numbers.iter().map(|number| number + 1));
        numbers.iter().zip(before).map(|(number, next)| number - next)
    };
    let bits: u64 = gaps().map(|gap| u64::from(u32::BITS - gap.leading_zeros())).sum();
    let middle = (bits / numbers.len() as u64) as u32;
    let sizes =
        (middle.saturating_sub(2)..=(middle + 1).min(31)).map(|k| (gaps().map(|gap| size(gap, k)).sum(), k));
    let (_, k): (u64, u32) = sizes.min().expect("the range is not empty");
    out.push(k as u8);
    let (mut pending, mut used) = (0_u64, 0_u32);
    for gap in gaps() {
        let quotient = gap >> k;
        let (code, width) = if quotient >= QUOTIENT_MAX {
            (u64::from(gap) << QUOTIENT_MAX, QUOTIENT_MAX + ESCAPE_BITS)
        } else {
            let rest = u64::from(gap) & ((1 << k) - 1);
            ((rest << 1 | 1) << quotient, quotient + 1 + k)
        };
        pending |= code << used;
        used += width;
        while used >= 8 {
            out.push(pending as u8);
            pending >>= 8;
            used -= 8;
        }
    }
    if used > 0 {
        out.push(pending as u8);
    }
}

fn size(gap: u32, k: u32) -> u64 {
    let quotient = gap >> k;
    u64::from(if quotient >= QUOTIENT_MAX { QUOTIENT_MAX + ESCAPE_BITS } else { quotient + 1 + k })
}

/// Appends `count` numbers; `None` if the bytes are not such a list.
pub(crate) fn decode(bytes: &[u8], count: u32, out: &mut Vec<u32>) -> Option<()> {
    let (&k, bytes) = bytes.split_first()?;
    let k = u32::from(k);
    // Each number takes a bit at least: a count that the bytes cannot hold allocates nothing.
    if k > 31 || u64::from(count) > bytes.len() as u64 * 8 {
        return None;
    }
    out.reserve(count as usize);
    let mut at = 0;
    let mut next = 0_u64;
    for _ in 0..count {
        let window = window(bytes, at)?;
        let quotient = window.trailing_zeros();
        let gap = if quotient >= QUOTIENT_MAX {
            at += (QUOTIENT_MAX + ESCAPE_BITS) as usize;
            window >> QUOTIENT_MAX & u64::from(u32::MAX)
        } else {
            at += (quotient + 1 + k) as usize;
            u64::from(quotient) << k | (window >> (quotient + 1) & ((1 << k) - 1))
        };
        next += gap;
        out.push(u32::try_from(next).ok()?);
        next += 1;
    }
    (at <= bytes.len() * 8).then_some(())
}

/// At least 56 bits from a bit position on, zeros behind the end.
#[inline]
fn window(bytes: &[u8], at: usize) -> Option<u64> {
    let byte = at / 8;
    if let Some(eight) = bytes.get(byte..byte + 8) {
        return Some(u64::from_le_bytes(eight.try_into().ok()?) >> (at % 8));
    }
    let rest = bytes.get(byte..)?;
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    Some(u64::from_le_bytes(last) >> (at % 8))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn numbers_come_back(numbers in prop::collection::btree_set(any::<u32>(), 1..200), shift in 0_u32..32) {
            let numbers: Vec<u32> = numbers.into_iter().map(|n| n >> shift).collect();
            let mut numbers = numbers;
            numbers.dedup();
            numbers.retain(|n| *n < u32::MAX);
            prop_assume!(!numbers.is_empty());
            let (mut bytes, mut back) = (Vec::new(), Vec::new());
            encode(&numbers, &mut bytes);
            decode(&bytes, numbers.len() as u32, &mut back).expect("what was encoded");
            prop_assert_eq!(back, numbers);
        }

        #[test]
        fn other_bytes_do_not_panic(bytes in prop::collection::vec(any::<u8>(), 0..80), count in any::<u32>()) {
            let _ = decode(&bytes, count, &mut Vec::new());
        }
    }

    #[test]
    fn near_numbers_take_few_bits() {
        let numbers: Vec<u32> = (0..1000).map(|n| n * 3).collect();
        let mut bytes = Vec::new();
        encode(&numbers, &mut bytes);
        assert!(bytes.len() < 1000 * 4 / 8, "{}", bytes.len());
    }
}
