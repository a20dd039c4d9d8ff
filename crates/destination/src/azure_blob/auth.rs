//! Who we are for Azure: a shared access signature, which is a part of URLs, or the account's key, which signs each
//! request (<https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key>).

use std::{collections::BTreeMap, fmt::Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::Method;
use sha2::Sha256;
use url::Url;
use zeroize::Zeroizing;

use crate::object::printable;
use crate::{BadSettings, Settings};

/// Headers that stand in the text to sign without their names, in this order. `Date` is always empty, as `x-ms-date` is
/// sent.
const NAMELESS: [&str; 11] = [
    "content-encoding",
    "content-language",
    "content-length",
    "content-md5",
    "content-type",
    "date",
    "if-modified-since",
    "if-match",
    "if-none-match",
    "if-unmodified-since",
    "range",
];

/// Who we are.
pub(super) enum Auth {
    /// The query of URLs, without `?`.
    Sas(Zeroizing<String>),
    /// The account's key, as bytes.
    Key { account: String, key: Zeroizing<Vec<u8>> },
}

impl Auth {
    /// Of the settings.
    pub(super) fn new(settings: &Settings) -> Result<Self, BadSettings> {
        match (printable(settings, "sas_token")?, printable(settings, "account_key")?) {
            (Some(sas), None) => {
                let sas = sas.trim_start_matches('?').to_owned();
                let names: Vec<String> =
                    url::form_urlencoded::parse(sas.as_bytes()).map(|(name, _)| name.into_owned()).collect();
                if !names.iter().any(|name| name == "sig") || sas.contains(['#', ' ']) {
                    return Err(BadSettings::new(
                        "sas_token",
                        "is none: it is a text such as sv=…&sp=cw&sig=…",
                    ));
                }
                Ok(Self::Sas(Zeroizing::new(sas)))
            }
            (None, Some(key)) => {
                let key = BASE64.decode(&key).map_err(|_| BadSettings::new("account_key", "is no base64"))?;
                Ok(Self::Key {
                    account: settings.required("account")?.trim().to_owned(),
                    key: Zeroizing::new(key),
                })
            }
            (None, None) => Err(BadSettings::new("sas_token", "is needed, or an account_key")),
            (Some(_), Some(_)) => {
                Err(BadSettings::new("account_key", "is not needed with a sas_token: give one of them"))
            }
        }
    }

    /// Secrets that do not stand in the settings as they are: the signature of several parameters, decoded.
    pub(super) fn secrets(&self) -> Vec<String> {
        match self {
            Self::Sas(sas) => {
                let pairs = url::form_urlencoded::parse(sas.as_bytes());
                pairs.filter(|(name, _)| name == "sig").map(|(_, value)| value.into_owned()).collect()
            }
            Self::Key { .. } => Vec::new(),
        }
    }

    /// Puts who we are into a URL or among the headers, which are complete but for this; names are lower-case.
    pub(super) fn authorize(&self, method: &Method, url: &mut Url, headers: &mut BTreeMap<String, String>) {
        match self {
            Self::Sas(sas) => {
                let query = match url.query() {
                    Some(query) => format!("{query}&{}", **sas),
                    None => sas.to_string(),
                };
                url.set_query(Some(&query));
            }
            Self::Key { account, key } => {
                let text = text_to_sign(account, method, url, headers);
                let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
                mac.update(text.as_bytes());
                let signature = BASE64.encode(mac.finalize().into_bytes());
                headers.insert("authorization".to_owned(), format!("SharedKey {account}:{signature}"));
            }
        }
    }
}

/// What is signed.
fn text_to_sign(account: &str, method: &Method, url: &Url, headers: &BTreeMap<String, String>) -> String {
    let mut text = format!("{method}\n");
    for name in NAMELESS {
        text.push_str(headers.get(name).map_or("", String::as_str));
        text.push('\n');
    }
    for (name, value) in headers.iter().filter(|(name, _)| name.starts_with("x-ms-")) {
        writeln!(text, "{name}:{}", value.trim()).expect("memory takes everything");
    }
    write!(text, "/{account}{}", url.path()).expect("memory takes everything");
    let parameters: BTreeMap<String, String> =
        url.query_pairs().map(|(name, value)| (name.to_lowercase(), value.into_owned())).collect();
    for (name, value) in parameters {
        write!(text, "\n{name}:{value}").expect("memory takes everything");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    /// The example of Microsoft's page for version 2009-09-19 and later.
    #[test]
    fn the_text_to_sign_is_that_of_microsofts_example() {
        let url =
            "https://myaccount.blob.core.windows.net/mycontainer?restype=container&comp=metadata&timeout=20";
        let headers =
            pairs(&[("x-ms-date", "Fri, 26 Jun 2015 23:39:12 GMT"), ("x-ms-version", "2015-02-21")]);
        let text = text_to_sign("myaccount", &Method::GET, &url.parse().unwrap(), &headers);
        assert_eq!(
            text,
            "GET\n\n\n\n\n\n\n\n\n\n\n\nx-ms-date:Fri, 26 Jun 2015 23:39:12 GMT\nx-ms-version:2015-02-21\n\
             /myaccount/mycontainer\ncomp:metadata\nrestype:container\ntimeout:20"
        );
    }

    #[test]
    fn a_signature_is_put_where_it_belongs() {
        let mut url: Url = "https://a.blob.example/c?comp=list".parse().unwrap();
        let mut headers = pairs(&[]);
        let sas = Auth::Sas(Zeroizing::new("sv=1&sig=a%2Bb".to_owned()));
        sas.authorize(&Method::GET, &mut url, &mut headers);
        assert_eq!((url.query(), headers.len()), (Some("comp=list&sv=1&sig=a%2Bb"), 0));
        assert_eq!(sas.secrets(), ["a+b"]);
        let key = Auth::Key { account: "a".to_owned(), key: Zeroizing::new(b"key".to_vec()) };
        key.authorize(&Method::GET, &mut url, &mut headers);
        assert!(headers["authorization"].starts_with("SharedKey a:"));
    }
}
