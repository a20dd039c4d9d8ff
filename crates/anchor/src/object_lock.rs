//! Objects that a store does not delete before a date: S3 Object Lock, at Amazon or in what speaks its language.
//!
//! Signatures are those of `rusty-s3`, which makes URLs and sends nothing, so that the guarded client does.

use std::fmt::{self, Debug, Formatter};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use jiff::Timestamp;
use md5::Md5;
use rusty_s3::{Bucket, Credentials, S3Action as _, UrlStyle};
use sha2::{Digest as _, Sha256};
use tallystick_outbound::{Answer, HeaderMap, HeaderName, HeaderValue, Method, Outbound, OutboundError, Url};
use zeroize::Zeroizing;

use crate::limits::{OBJECT_BYTES_MAX, RETAIN_DAYS_MAX, STORE_BYTES_MAX};

/// How long a signed request is good. Clocks differ.
const SIGNATURE_TIME: Duration = Duration::from_mins(5);
const DAY_S: i64 = 86_400;

/// Who may shorten the time that an object is locked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LockMode {
    /// Nobody, the owner of the account included.
    Compliance,
    /// Whoever has a permission of its own for that.
    Governance,
}

impl LockMode {
    /// As S3 spells it.
    pub fn name(self) -> &'static str {
        match self {
            LockMode::Compliance => "COMPLIANCE",
            LockMode::Governance => "GOVERNANCE",
        }
    }
}

/// An access key. It needs `s3:PutObject` and `s3:PutObjectRetention`; for [`ObjectLock::is_locked`] also
/// `s3:GetObject`, `s3:GetObjectVersion` and `s3:GetObjectRetention`.
#[derive(Clone)]
pub struct S3Credentials {
    /// Its id, which is no secret.
    pub access_key_id: String,
    /// The secret; wiped when dropped, never shown.
    pub secret_access_key: Zeroizing<String>,
}

impl Debug for S3Credentials {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "S3Credentials({}, …)", self.access_key_id)
    }
}

/// A bucket, what is put into it, and for how long.
#[derive(Debug, Clone)]
pub struct ObjectLockOptions {
    /// Where the store is, without the bucket: it is addressed by path.
    pub endpoint: Url,
    /// The region that requests are signed for; stores other than Amazon's mostly take `us-east-1`.
    pub region: String,
    /// The bucket. It must have been made with object lock.
    pub bucket: String,
    /// What every key begins with; empty, or as in `tallystick/`.
    pub prefix: String,
    /// Who may shorten the time.
    pub mode: LockMode,
    /// Days that each object is locked; 1 to [`RETAIN_DAYS_MAX`].
    pub retain_days: u32,
    /// Who we are there.
    pub credentials: S3Credentials,
}

/// A store.
#[derive(Debug, Clone)]
pub struct ObjectLock {
    outbound: Outbound,
    bucket: Bucket,
    options: ObjectLockOptions,
}

/// An object that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockedObject {
    /// Its key, prefix included.
    pub key: String,
    /// Its version; none if the store does not say, and then nothing is locked.
    pub version: Option<String>,
    /// When the lock ends, Unix seconds.
    pub retain_until: i64,
}

/// Why an object is not there.
#[derive(Debug, thiserror::Error)]
pub enum ObjectLockError {
    /// The options cannot be used.
    #[error("{0}")]
    Options(&'static str),
    /// The object is too long, or its name is empty or has parts `.` and `..`.
    #[error("this object cannot be put: {0}")]
    Object(&'static str),
    /// The call failed.
    #[error(transparent)]
    Outbound(#[from] OutboundError),
    /// The store refuses. `code` is S3's: `AccessDenied`, `NoSuchBucket`, `SignatureDoesNotMatch`; `InvalidRequest` if
    /// the bucket has no object lock.
    #[error("the store refuses with status {status}, {code}")]
    Refused {
        /// The status.
        status: u16,
        /// The code in the answer, empty if there is none.
        code: String,
    },
    /// The store cannot answer now (5xx, 429).
    #[error("the store cannot answer now, status {status}")]
    Unavailable {
        /// The status.
        status: u16,
    },
}

impl ObjectLock {
    /// A client of a bucket. Nothing is asked yet.
    ///
    /// # Errors
    /// If the options cannot be used, or the endpoint may not be asked.
    pub fn new(outbound: Outbound, options: ObjectLockOptions) -> Result<ObjectLock, ObjectLockError> {
        outbound.check(&options.endpoint)?;
        if !(1..=RETAIN_DAYS_MAX).contains(&options.retain_days) {
            return Err(ObjectLockError::Options("an object is locked for 1 to 36,500 days"));
        }
        let (region, name) = (options.region.clone(), options.bucket.clone());
        if region.is_empty() || name.is_empty() {
            return Err(ObjectLockError::Options("a bucket has a name and a region"));
        }
        let bucket = Bucket::new(options.endpoint.clone(), UrlStyle::Path, name, region)
            .map_err(|_| ObjectLockError::Options("the endpoint and the bucket make no URL"))?;
        Ok(ObjectLock { outbound, bucket, options })
    }

    /// Puts an object and locks it from `now` (Unix seconds) for the days of the options. The same name put again is
    /// another version; the first stays.
    ///
    /// # Errors
    /// If it is not there. A store that knows no locks may take the object all the same: ask [`ObjectLock::is_locked`].
    pub async fn put(
        &self,
        name: &str,
        content_type: &str,
        bytes: Vec<u8>,
        now: i64,
    ) -> Result<LockedObject, ObjectLockError> {
        let key = self.key(name)?;
        if bytes.len() > OBJECT_BYTES_MAX {
            return Err(ObjectLockError::Object("it is over the limit of 16 MiB"));
        }
        let retain_until = now.saturating_add(i64::from(self.options.retain_days) * DAY_S);
        let until = timestamp(retain_until)?.to_string();
        let (sha256, md5) = (BASE64.encode(Sha256::digest(&bytes)), BASE64.encode(Md5::digest(&bytes)));
        // All of them are signed, so that nobody on the way takes the lock off. Stores want one of the two sums.
        let head = [
            ("content-md5", md5.as_str()),
            ("content-type", content_type),
            ("x-amz-checksum-sha256", sha256.as_str()),
            ("x-amz-object-lock-mode", self.options.mode.name()),
            ("x-amz-object-lock-retain-until-date", until.as_str()),
        ];
        let credentials = self.credentials();
        let mut action = self.bucket.put_object(Some(&credentials), &key);
        for (name, value) in head {
            action.headers_mut().insert(name, value);
        }
        let url = action.sign_with_time(SIGNATURE_TIME, &timestamp(now)?);
        let mut headers = HeaderMap::with_capacity(head.len());
        for (name, value) in head {
            let bad = |_| ObjectLockError::Object("its content type is no header");
            headers.insert(HeaderName::from_static(name), HeaderValue::from_str(value).map_err(bad)?);
        }
        let body = Bytes::from(bytes);
        let answer = self.outbound.call(Method::PUT, url, headers, body, STORE_BYTES_MAX).await?;
        if answer.status != 200 {
            return Err(refused(&answer));
        }
        let version = answer.header("x-amz-version-id").filter(|id| *id != "null").map(str::to_owned);
        Ok(LockedObject { key, version, retain_until })
    }

    /// Whether the store says that the object is locked as it was put, at least as long.
    ///
    /// # Errors
    /// If the store cannot be asked or does not have the object.
    pub async fn is_locked(&self, object: &LockedObject, now: i64) -> Result<bool, ObjectLockError> {
        let Some(version) = object.version.as_deref() else { return Ok(false) };
        let credentials = self.credentials();
        let mut action = self.bucket.head_object(Some(&credentials), &object.key);
        action.query_mut().insert("versionId", version);
        let url = action.sign_with_time(SIGNATURE_TIME, &timestamp(now)?);
        let (headers, body) = (HeaderMap::new(), Bytes::new());
        let answer = self.outbound.call(Method::HEAD, url, headers, body, STORE_BYTES_MAX).await?;
        if answer.status != 200 {
            return Err(refused(&answer));
        }
        let until = answer.header("x-amz-object-lock-retain-until-date");
        let until: Option<Timestamp> = until.and_then(|until| until.parse().ok());
        let is_long = until.is_some_and(|until| until.as_second() >= object.retain_until);
        Ok(is_long && answer.header("x-amz-object-lock-mode") == Some(self.options.mode.name()))
    }

    fn key(&self, name: &str) -> Result<String, ObjectLockError> {
        let key = format!("{}{name}", self.options.prefix);
        // Such keys are no URL of themselves but of another object.
        if name.is_empty() || key.split('/').any(|part| matches!(part, "." | "..")) {
            return Err(ObjectLockError::Object("its name is empty or has parts . and .."));
        }
        Ok(key)
    }

    fn credentials(&self) -> Credentials {
        let S3Credentials { access_key_id, secret_access_key } = &self.options.credentials;
        Credentials::new(access_key_id.clone(), secret_access_key.to_string())
    }
}

fn timestamp(seconds: i64) -> Result<Timestamp, ObjectLockError> {
    Timestamp::from_second(seconds).map_err(|_| ObjectLockError::Options("the time is out of range"))
}

fn refused(answer: &Answer) -> ObjectLockError {
    let status = answer.status;
    if status == 429 || status >= 500 {
        return ObjectLockError::Unavailable { status };
    }
    let text = String::from_utf8_lossy(&answer.body);
    let code = text.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>"));
    let code = code.map_or("", |(code, _)| code);
    let is_code = code.len() <= 64 && code.bytes().all(|byte| byte.is_ascii_alphanumeric());
    ObjectLockError::Refused { status, code: if is_code { code.to_owned() } else { String::new() } }
}

#[cfg(test)]
mod tests {
    use tallystick_outbound::OutboundOptions;

    use super::*;

    fn options() -> ObjectLockOptions {
        ObjectLockOptions {
            endpoint: "https://s3.example".parse().unwrap(),
            region: "us-east-1".to_owned(),
            bucket: "audit".to_owned(),
            prefix: "t/".to_owned(),
            mode: LockMode::Compliance,
            retain_days: 30,
            credentials: S3Credentials {
                access_key_id: "AKIAEXAMPLE".to_owned(),
                secret_access_key: Zeroizing::new("hunter2".to_owned()),
            },
        }
    }

    fn make(options: ObjectLockOptions) -> Result<ObjectLock, ObjectLockError> {
        ObjectLock::new(Outbound::new(OutboundOptions::default()).unwrap(), options)
    }

    #[test]
    fn the_secret_is_never_shown() {
        let shown = format!("{:?}{:?}", options(), make(options()).unwrap());
        assert!(shown.contains("AKIAEXAMPLE") && !shown.contains("hunter2"), "{shown}");
    }

    #[test]
    fn slips_are_found_before_anything_is_asked() {
        for days in [0, RETAIN_DAYS_MAX + 1] {
            assert!(make(ObjectLockOptions { retain_days: days, ..options() }).is_err());
        }
        assert!(make(ObjectLockOptions { bucket: String::new(), ..options() }).is_err());
        let plain = ObjectLockOptions { endpoint: "http://s3.example".parse().unwrap(), ..options() };
        assert!(matches!(make(plain), Err(ObjectLockError::Outbound(OutboundError::Plain { .. }))));
        let store = make(options()).unwrap();
        assert_eq!(store.key("a/b").unwrap(), "t/a/b");
        assert!(store.key("").is_err() && store.key("../x").is_err());
    }

    #[test]
    fn a_code_is_a_word() {
        let answer = |status, body: &str| Answer { status, headers: HeaderMap::new(), body: body.into() };
        let code = |body: &str| match refused(&answer(400, body)) {
            ObjectLockError::Refused { code, .. } => code,
            other => panic!("{other}"),
        };
        assert_eq!(code("<Error><Code>InvalidRequest</Code></Error>"), "InvalidRequest");
        assert_eq!(code("<Code>a\nb</Code>"), "");
        assert_eq!(code(""), "");
        assert!(matches!(refused(&answer(503, "")), ObjectLockError::Unavailable { .. }));
    }
}
