//! Source maps, ECMA-426: where each line of a chunk comes from, for the browser's tools. Lines stay whole, so a line
//! has one mapping, from its first column to the first column of a line.

use serde_json::json;

/// The map of a file of which parts are modules.
#[derive(Debug)]
pub(super) struct Builder {
    sources: Vec<String>,
    mappings: String,
    /// The source and the line of the mapping before, from which the next one counts.
    before: (i64, i64),
}

impl Builder {
    /// For a file whose first lines are of no module.
    pub(super) fn new(lines: usize) -> Self {
        Self { sources: Vec::new(), mappings: ";".repeat(lines), before: (0, 0) }
    }

    /// The next module: a line before it, its lines of which the last is not its own, and a line after it.
    pub(super) fn module(&mut self, source: &str, lines: usize) {
        self.mappings.push(';');
        let number = self.sources.len() as i64;
        self.sources.push(source.to_owned());
        for line in 0..lines as i64 - 1 {
            // Column here, source, line there, column there; each as the difference to the one before.
            self.mappings.push('A');
            self.push(number - self.before.0);
            self.push(line - self.before.1);
            self.mappings.push_str("A;");
            self.before = (number, line);
        }
        self.mappings.push_str(";;");
    }

    pub(super) fn finish(self) -> String {
        json!({ "version": 3, "sources": self.sources, "names": [], "mappings": self.mappings }).to_string()
    }

    /// A number in base 64 with the sign in the lowest bit, five bits at a time, the lowest first.
    fn push(&mut self, number: i64) {
        const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let mut left = number.unsigned_abs() << 1 | u64::from(number < 0);
        loop {
            let more = if left > 31 { 32 } else { 0 };
            self.mappings.push(char::from(DIGITS[(left & 31 | more) as usize]));
            left >>= 5;
            if left == 0 {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_lead_to_lines() {
        let mut map = Builder::new(2);
        map.module("../a.js", 3);
        map.module("../b.js", 2);
        let finished = map.finish();
        let map: serde_json::Value = serde_json::from_str(&finished).unwrap();
        // Two lines of no module; a line, two of a.js, two more; a line, one of b.js, two more.
        assert_eq!(map["mappings"], ";;;AAAA;AACA;;;;ACDA;;;");
        assert_eq!(map["sources"], serde_json::json!(["../a.js", "../b.js"]));
    }

    #[test]
    fn numbers_have_any_size_and_sign() {
        let mut map = Builder::new(0);
        for number in [0, 1, -1, 15, 16, -16, 1000] {
            map.push(number);
        }
        assert_eq!(map.mappings, "ACDegBhBw+B");
    }
}
