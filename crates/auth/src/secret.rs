//! Text that must not end up in a log, an error or a panic message.

use std::fmt;

/// A secret. It prints as `Secret(..)`; whoever needs the text says so with [`Secret::expose`].
#[derive(Clone)]
pub struct Secret(Box<str>);

impl Secret {
    /// The text.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_does_not_print() {
        let shown =
            format!("{0:?} {0:#?} {1:?}", Secret::from("hunter2"), Some(Secret::from("hunter2".to_owned())));
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}
