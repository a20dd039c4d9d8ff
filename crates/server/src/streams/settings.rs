//! What the server adds to settings of destinations: refusals with their place and a remedy, and which secrets changed.

use serde_json::{Map, Value};
use tallystick_auth::Auth;
use tallystick_catalog::{Changed, Stream};
use tallystick_destination::{BadSettings, kind};

use crate::{error::ApiError, http::v1::streams::bad};

/// Settings that a destination does not take.
pub fn refused(settings: &BadSettings) -> ApiError {
    bad(&format!("/settings/{}", settings.field), with_remedy(&settings.why))
}

/// What went wrong with an address, with what the operator can do about it.
pub fn with_remedy(why: &str) -> String {
    if is_about_private(why) {
        format!("{why} ([streams] allow_private_destinations)")
    } else {
        why.to_owned()
    }
}

/// Whether what is said is that an address is private or without TLS, which the operator can allow.
pub fn is_about_private(why: &str) -> bool {
    why.contains("private ones have to be allowed") || why.contains("over https only")
}

/// Names of the secrets that a change made different. None if they could not be opened before.
pub fn changed_secrets(auth: &Auth, changed: &Changed<Stream>) -> Vec<&'static str> {
    let Some(kind) = kind(&changed.after.kind) else { return Vec::new() };
    let (before, after) = (opened(auth, &changed.before), opened(auth, &changed.after));
    let secrets = kind.fields.iter().filter(|field| field.kind.is_secret());
    secrets.map(|field| field.name).filter(|name| before.get(*name) != after.get(*name)).collect()
}

fn opened(auth: &Auth, stream: &Stream) -> Map<String, Value> {
    let opened = auth.open_stream(stream.id.as_str(), &stream.settings_sealed).ok();
    opened.and_then(|opened| serde_json::from_slice(&opened).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_private_address_is_refused_with_what_the_operator_can_do() {
        let options = tallystick_outbound::OutboundOptions::default();
        for url in ["https://10.0.0.7/", "http://siem.example/"] {
            let error = options.check(&url.parse().expect("a URL")).expect_err("not allowed");
            let refused = refused(&BadSettings::new("url", error.to_string()));
            assert_eq!(refused.errors()[0].path, "/settings/url");
            assert!(refused.detail().contains("allow_private_destinations"), "{}", refused.detail());
        }
        assert!(!with_remedy("is needed").contains("allow_private"));
    }
}
