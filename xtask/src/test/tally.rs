//! Counts tests by reading the summaries the runners print, so that the closing line speaks of what really ran.

/// How many tests ran and how they ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) passed: u64,
    pub(super) failed: u64,
}

impl Tally {
    pub(super) fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }

    /// What a step adds to the sum: its tests, or itself if it ran none; a failure is never lost, even one without a
    /// failed test, such as code that does not compile.
    pub(super) fn of_step(mut self, good: bool) -> Self {
        match good {
            true if self.passed == 0 => self.passed = 1,
            false if self.failed == 0 => self.failed = 1,
            _ => {}
        }
        self
    }
}

/// nextest's closing line: `Summary [1.0s] 5 tests run: 3 passed (1 slow), 1 failed, 1 timed out, 0 skipped`.
pub(super) fn test_run(line: &str) -> Tally {
    let line = plain(line);
    match line.trim_start().strip_prefix("Summary [").and_then(|rest| rest.split_once("run:")) {
        Some((_, counts)) => Tally {
            passed: count(counts, "passed"),
            failed: count(counts, "failed") + count(counts, "timed out") + count(counts, "exec failed"),
        },
        None => Tally::default(),
    }
}

/// The closing line of one test binary or one crate's doc tests: `test result: ok. 2 passed; 0 failed; …`.
pub(super) fn doc_tests(line: &str) -> Tally {
    let line = plain(line);
    match line.strip_prefix("test result: ").and_then(|rest| rest.split_once(". ")) {
        Some((_, counts)) => Tally { passed: count(counts, "passed"), failed: count(counts, "failed") },
        None => Tally::default(),
    }
}

/// One of the closing lines of node's test runner in the form TAP: `# pass 2`, `# fail 0`, `# cancelled 0`.
pub(super) fn node_tests(line: &str) -> Tally {
    let number = |word: &str| line.strip_prefix(word).and_then(|rest| rest.trim().parse().ok()).unwrap_or(0);
    Tally { passed: number("# pass "), failed: number("# fail ") + number("# cancelled ") }
}

/// The number before `word` in a list such as `3 passed (1 slow), 1 failed`.
fn count(list: &str, word: &str) -> u64 {
    let mut parts = list.split([',', ';']).map(str::trim);
    parts.find_map(|part| part.split(" (").next()?.strip_suffix(word)?.trim().parse().ok()).unwrap_or(0)
}

/// The line without colours.
fn plain(line: &str) -> String {
    let mut text = String::new();
    for (index, piece) in line.split("\u{1b}[").enumerate() {
        text.push_str(if index == 0 { piece } else { piece.split_once('m').map_or("", |(_, rest)| rest) });
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nextest_summaries_are_read() {
        let tally = |passed, failed| Tally { passed, failed };
        assert_eq!(test_run("     Summary [   0.005s] 3 tests run: 3 passed, 0 skipped"), tally(3, 0));
        let mixed =
            "Summary [ 9.1s] 7/9 tests run: 4 passed (1 slow, 1 flaky), 2 failed, 1 timed out, 2 skipped";
        assert_eq!(test_run(mixed), tally(4, 3));
        let coloured = "\u{1b}[32;1m     Summary\u{1b}[0m [   0.0s] \u{1b}[1m1\u{1b}[0m test run: \u{1b}[1m1\u{1b}[0m \
                        \u{1b}[32;1mpassed\u{1b}[0m, \u{1b}[1m0\u{1b}[0m skipped";
        assert_eq!(test_run(coloured), tally(1, 0));
        assert_eq!(test_run("PASS [0.1s] tallystick-wal 3 passed"), tally(0, 0));
    }

    #[test]
    fn cargo_summaries_are_read() {
        let line = "test result: FAILED. 12 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s";
        assert_eq!(doc_tests(line), Tally { passed: 12, failed: 1 });
        assert_eq!(doc_tests("12 passed; 1 failed"), Tally::default());
    }

    #[test]
    fn node_summaries_are_read() {
        let mut tally = Tally::default();
        for line in [
            "# tests 9",
            "# pass 6",
            "# fail 1",
            "# cancelled 1",
            "# skipped 1",
            "ok 1 - # pass 5",
            "# pass on",
        ] {
            tally.add(node_tests(line));
        }
        assert_eq!(tally, Tally { passed: 6, failed: 2 });
    }

    #[test]
    fn a_step_counts_at_least_itself() {
        assert_eq!(Tally::default().of_step(true), Tally { passed: 1, failed: 0 });
        assert_eq!(Tally { passed: 3, failed: 0 }.of_step(false), Tally { passed: 3, failed: 1 });
        assert_eq!(Tally { passed: 3, failed: 2 }.of_step(false), Tally { passed: 3, failed: 2 });
    }
}
