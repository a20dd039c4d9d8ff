//! Ages as typed: a number and a unit.

/// Milliseconds of `90s`, `10m`, `24h` or `7d`.
pub(crate) fn parse(text: &str) -> Result<u64, String> {
    let wrong = || "an age is a number and s, m, h or d, such as 24h".to_owned();
    let unit = text.chars().next_back().ok_or_else(wrong)?;
    let ms: u64 = match unit {
        's' => 1_000,
        'm' => 60_000,
        'h' => 3_600_000,
        'd' => 86_400_000,
        _ => return Err(wrong()),
    };
    let number: u64 = text[..text.len() - 1].parse().map_err(|_| wrong())?;
    number.checked_mul(ms).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        assert_eq!(parse("90s"), Ok(90_000));
        assert_eq!(parse("7d"), Ok(604_800_000));
        for bad in ["", "s", "5", "5w", "-1s", "99999999999999999999d", "99999999999999999d", "5é"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
