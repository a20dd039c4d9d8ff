//! What a provider says of somebody, after it was checked.

use serde_json::{Map, Value};

use crate::limits::GROUPS_MAX;

/// Issuers that say in `xms_edov`, not in `email_verified`, that an address is of a domain that its owner has shown to
/// be theirs.
const ISSUERS_WITH_DOMAIN_OWNERS: [&str; 2] =
    ["https://login.microsoftonline.com/", "https://login.microsoftonline.us/"];

/// The claims of an ID token that passed all checks.
#[derive(Debug, Clone)]
pub struct Claims {
    /// Who says it.
    pub issuer: String,
    /// Whom the issuer means; never anybody else.
    pub subject: String,
    all: Map<String, Value>,
}

impl Claims {
    pub(crate) fn new(issuer: String, subject: String, all: Map<String, Value>) -> Self {
        Self { issuer, subject, all }
    }

    /// All claims, as they are in the token.
    pub fn all(&self) -> &Map<String, Value> {
        &self.all
    }

    /// A claim that is text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.all.get(name).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty())
    }

    /// The e-mail address.
    pub fn email(&self) -> Option<&str> {
        self.text("email")
    }

    /// Whether the provider says that the address is this person's.
    pub fn is_email_verified(&self) -> bool {
        let says = |name: &str| match self.all.get(name) {
            Some(Value::Bool(says)) => *says,
            Some(Value::String(text)) => matches!(text.as_str(), "true" | "1"),
            Some(Value::Number(number)) => number.as_i64() == Some(1),
            _ => false,
        };
        let by_domain = ISSUERS_WITH_DOMAIN_OWNERS.iter().any(|issuer| self.issuer.starts_with(issuer));
        says("email_verified") || (by_domain && says("xms_edov"))
    }

    /// What to call them.
    pub fn name(&self) -> Option<&str> {
        self.text("name").or_else(|| self.text("preferred_username"))
    }

    /// Their groups: a claim that is a list of texts, or one text. A name that begins with `/` is a JSON pointer, for
    /// claims within claims. None: there is no such claim.
    pub fn groups(&self, claim: &str) -> Option<Vec<String>> {
        let found = match claim.strip_prefix('/') {
            None => self.all.get(claim)?,
            Some(path) => {
                let mut steps = path.split('/').map(|step| step.replace("~1", "/").replace("~0", "~"));
                let first = self.all.get(&steps.next()?)?;
                steps.try_fold(first, |value, step| value.get(step))?
            }
        };
        match found {
            Value::String(one) => Some(vec![one.clone()]),
            Value::Array(list) => {
                let texts = list.iter().filter_map(Value::as_str).take(GROUPS_MAX);
                Some(texts.map(str::to_owned).collect())
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn claims(issuer: &str, all: Value) -> Claims {
        let Value::Object(all) = all else { panic!("an object") };
        Claims::new(issuer.into(), "s".into(), all)
    }

    #[test]
    fn an_address_is_verified_only_if_it_is_said_so() {
        for (value, expected) in [
            (json!({ "email_verified": true }), true),
            (json!({ "email_verified": "true" }), true),
            (json!({ "email_verified": false }), false),
            (json!({ "email_verified": "false" }), false),
            (json!({ "email_verified": ["true"] }), false),
            (json!({}), false),
            (json!({ "xms_edov": true }), false),
        ] {
            assert_eq!(claims("https://id.example", value.clone()).is_email_verified(), expected, "{value}");
        }
        let entra = "https://login.microsoftonline.com/tenant/v2.0";
        assert!(claims(entra, json!({ "xms_edov": true })).is_email_verified());
        assert!(claims(entra, json!({ "xms_edov": "1" })).is_email_verified());
        assert!(!claims(entra, json!({ "xms_edov": false })).is_email_verified());
        let like = "https://login.microsoftonline.com.evil.example/";
        assert!(!claims(like, json!({ "xms_edov": true })).is_email_verified());
    }

    #[test]
    fn groups_are_texts_at_a_name_or_a_path() {
        let all = claims(
            "x",
            json!({ "groups": ["a", 1, "b"], "role": "c", "https://x/y": ["d"], "realm": { "a/b": ["e"] } }),
        );
        assert_eq!(all.groups("groups").unwrap(), ["a", "b"]);
        assert_eq!(all.groups("role").unwrap(), ["c"]);
        assert_eq!(all.groups("https://x/y").unwrap(), ["d"]);
        assert_eq!(all.groups("/realm/a~1b").unwrap(), ["e"]);
        for missing in ["none", "/realm/none", "/", "realm"] {
            assert_eq!(all.groups(missing), None, "{missing}");
        }
    }
}
