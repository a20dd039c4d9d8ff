//! The types that settings can have: how they are read from TOML and from a plain text, and written.

use std::fmt;

/// A value as it was given.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Given {
    Bool(bool),
    Integer(i64),
    Text(String),
    Texts(Vec<String>),
    /// From the environment or a flag: the setting decides what it is.
    Plain(String),
    /// A TOML value of a kind that no setting has.
    Other(&'static str),
}

impl Given {
    fn kind(&self) -> String {
        match self {
            Self::Bool(value) => format!("the boolean {value}"),
            Self::Integer(value) => format!("the number {value}"),
            Self::Text(text) => format!("the text {text:?}"),
            Self::Texts(_) => "a list of texts".to_owned(),
            Self::Plain(text) => format!("{text:?}"),
            Self::Other(kind) => (*kind).to_owned(),
        }
    }

    fn mismatch<T>(&self, expected: &str) -> Result<T, String> {
        Err(format!("expected {expected}, found {}", self.kind()))
    }
}

/// The type of a setting.
pub(crate) trait Value: Sized {
    /// Takes a given value, or says what was expected.
    fn take(given: &Given) -> Result<Self, String>;
    /// As TOML.
    fn show(&self) -> String;
}

impl Value for bool {
    fn take(given: &Given) -> Result<Self, String> {
        match given {
            Given::Bool(value) => Ok(*value),
            Given::Plain(text) if text == "true" => Ok(true),
            Given::Plain(text) if text == "false" => Ok(false),
            other => other.mismatch("true or false"),
        }
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

macro_rules! whole_numbers {
    ($($number:ty),+) => {$(
        impl Value for $number {
            fn take(given: &Given) -> Result<Self, String> {
                let number = match given {
                    Given::Integer(number) => Self::try_from(*number).ok(),
                    Given::Plain(text) => text.replace('_', "").parse().ok(),
                    _ => None,
                };
                number.map_or_else(|| given.mismatch(&format!("a whole number up to {}", Self::MAX)), Ok)
            }

            fn show(&self) -> String {
                self.to_string()
            }
        }
    )+};
}

whole_numbers!(u32, u64, usize);

impl Value for String {
    fn take(given: &Given) -> Result<Self, String> {
        match given {
            Given::Text(text) | Given::Plain(text) => Ok(text.clone()),
            other => other.mismatch("a text"),
        }
    }

    fn show(&self) -> String {
        toml::Value::String(self.clone()).to_string()
    }
}

impl Value for Vec<String> {
    fn take(given: &Given) -> Result<Self, String> {
        match given {
            Given::Texts(texts) => Ok(texts.clone()),
            Given::Plain(text) => Ok(text
                .split(',')
                .map(str::trim)
                .filter(|part| !part.is_empty())
                .map(str::to_owned)
                .collect()),
            other => other.mismatch("a list of texts"),
        }
    }

    fn show(&self) -> String {
        toml::Value::from(self.clone()).to_string()
    }
}

/// A text that may hold a password: a URL whose credentials are never shown.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Redacted(String);

impl Redacted {
    /// The whole text.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Redacted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.show())
    }
}

impl Value for Redacted {
    fn take(given: &Given) -> Result<Self, String> {
        match given {
            Given::Text(text) | Given::Plain(text) => Ok(Self(text.clone())),
            _ => Err("expected a text, found something else".to_owned()),
        }
    }

    fn show(&self) -> String {
        let shown = match self.0.as_str() {
            "" => String::new(),
            text => tallystick_catalog::CatalogUrl::parse(text)
                .map_or_else(|_| "(not shown: it may hold a password)".to_owned(), |url| url.to_string()),
        };
        shown.show()
    }
}

/// A text that is never shown.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Secret(String);

impl Secret {
    /// The whole text.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.show())
    }
}

impl Value for Secret {
    fn take(given: &Given) -> Result<Self, String> {
        match given {
            Given::Text(text) | Given::Plain(text) => Ok(Self(text.clone())),
            _ => Err("expected a text, found something else".to_owned()),
        }
    }

    fn show(&self) -> String {
        if self.0.is_empty() { String::new() } else { "(not shown)".to_owned() }.show()
    }
}

macro_rules! words {
    ($(
        #[doc = $type_doc:literal]
        $name:ident { $(#[doc = $doc:literal] $variant:ident = $word:literal),+ $(,)? }
    )+) => {$(
        #[doc = $type_doc]
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum $name { $(#[doc = $doc] $variant),+ }

        impl Value for $name {
            fn take(given: &Given) -> Result<Self, String> {
                match given {
                    $(Given::Text(text) | Given::Plain(text) if text == $word => Ok(Self::$variant),)+
                    other => other.mismatch(concat!("one of ", $("\"", $word, "\" "),+).trim_end()),
                }
            }

            fn show(&self) -> String {
                match self { $(Self::$variant => concat!("\"", $word, "\"").to_owned()),+ }
            }
        }
    )+};
}

words! {
    /// Whether `/metrics` answers without a key.
    MetricsPublic {
        /// If the service listens on a loopback address.
        Auto = "auto",
        /// Yes.
        Always = "always",
        /// No.
        Never = "never",
    }
    /// Who may shorten the time that an object is locked.
    ObjectLockMode {
        /// Nobody.
        Compliance = "compliance",
        /// Whoever has a permission of its own for that.
        Governance = "governance",
    }
    /// How the connection to the mail server is protected.
    SmtpTls {
        /// TLS after STARTTLS.
        StartTls = "starttls",
        /// TLS from the first byte.
        Implicit = "implicit",
        /// None, to this machine only.
        None = "none",
    }
    /// How the service's own log is written.
    LogFormat {
        /// For people.
        Text = "text",
        /// One JSON object a line.
        Json = "json",
    }
}
