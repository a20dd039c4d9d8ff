//! A copy in a bucket of S3 or of a store that speaks its language. Keys are read in their order, which for what a
//! stream has put is that of the log.

use std::{io::Cursor, time::Duration};

use serde_json::{Map, Value};
use tallystick_destination::{
    Answer, Outcome, Settings, Surroundings,
    object::{CheckedStore, S3_FIELDS, open_s3},
};
use tallystick_event::Clock as _;
use tallystick_outbound::{OutboundOptions, Plain};

use super::{Out, blocking, is_of_records};
use crate::{
    config::environment,
    exit::{Advice, Exit},
    reconcile::copied::Item,
    system::SystemClock,
};

/// Largest object that is read, bytes: it is in memory while it is. Those of streams have a few MiB.
const OBJECT_BYTES_MAX: usize = 1 << 30;
/// Times that a store that is busy is asked again.
const TRIES_MAX: u32 = 5;
/// The first wait before it is asked again, ms; each next one is twice as long.
const WAIT_MS: u64 = 250;

/// Where a bucket is.
#[derive(Debug, Clone)]
pub(crate) struct Place<'a> {
    /// `s3://bucket/prefix`.
    pub(crate) url: &'a str,
    pub(crate) endpoint: Option<&'a str>,
    pub(crate) region: Option<&'a str>,
    /// Root certificates to be trusted, PEM.
    pub(crate) ca_pem: Option<String>,
}

/// Objects below a prefix.
pub(crate) struct Bucket {
    store: Box<dyn CheckedStore>,
    name: String,
    prefix: String,
}

/// Whom a command may ask: whoever runs it says so, and means addresses of his own network too.
pub(super) fn outbound() -> OutboundOptions {
    OutboundOptions { allow_private: true, plain: Plain::Private, ..OutboundOptions::default() }
}

impl Bucket {
    /// With the credentials of the environment, as other tools for S3 take them.
    pub(crate) fn new(place: Place<'_>) -> anyhow::Result<Self> {
        let help = "buckets are written s3://BUCKET or s3://BUCKET/PREFIX";
        let bad = || Advice::usage(format!("{} is not the place of a bucket", place.url), help);
        let path = place.url.strip_prefix("s3://").ok_or_else(bad)?;
        let (name, prefix) = path.split_once('/').unwrap_or((path, ""));
        if name.is_empty() {
            return Err(bad());
        }
        let secrets = environment::aws().ok_or_else(|| {
            let help =
                "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and AWS_SESSION_TOKEN if there is one";
            Advice::usage("there are no credentials for the bucket", help)
        })?;
        let region = place.region.map(str::to_owned).or_else(environment::aws_region);
        let mut values = Map::new();
        let mut set = |name: &str, value: Option<String>| {
            values.extend(value.map(|value| (name.to_owned(), Value::from(value))));
        };
        set("bucket", Some(name.to_owned()));
        set("region", region);
        set("endpoint", place.endpoint.map(str::to_owned));
        set("access_key_id", Some(secrets.access_key_id));
        set("secret_access_key", Some(secrets.secret_access_key));
        set("session_token", secrets.session_token);
        set("ca_pem", place.ca_pem);
        let surroundings = Surroundings {
            outbound: outbound(),
            agent: concat!("tallystick-cli/", env!("CARGO_PKG_VERSION")).to_owned(),
            stream: String::new(),
            folder: None,
        };
        let store = Settings::new(S3_FIELDS, values)
            .and_then(|settings| open_s3(&settings, &surroundings))
            .map_err(|error| Advice::usage(format!("the bucket: {error}"), help))?;
        Ok(Self { store, name: name.to_owned(), prefix: prefix.to_owned() })
    }

    pub(super) async fn read(self, out: &Out) -> anyhow::Result<()> {
        let mut from = None;
        loop {
            let mut tries = Tries::default();
            let page = loop {
                match self.store.list(&self.prefix, from.as_deref(), SystemClock.now_ms()).await {
                    Ok(page) => break page,
                    Err(answer) => tries.again(&answer).await?,
                }
            };
            for key in &page.keys {
                let is_heard = if is_of_records(key) {
                    self.object(key, out).await?
                } else {
                    out.say(vec![Item::LeftAlone]).await
                };
                if !is_heard {
                    return Ok(());
                }
            }
            from = page.next;
            if from.is_none() {
                return Ok(());
            }
        }
    }

    /// False when nobody listens any more.
    async fn object(&self, key: &str, out: &Out) -> anyhow::Result<bool> {
        let piece = format!("s3://{}/{key}", self.name);
        let mut tries = Tries::default();
        let got = loop {
            match self.store.get(key, OBJECT_BYTES_MAX, SystemClock.now_ms()).await {
                Ok(got) => break got,
                Err(answer) => tries.again(&answer).await?,
            }
        };
        let Some(bytes) = got else {
            let why = "it was listed, and is not there any more".to_owned();
            return Ok(out.say(vec![Item::Broken { piece: piece.into(), why }]).await);
        };
        let out = out.clone();
        blocking(move || Ok(out.piece(&piece, Cursor::new(bytes)).is_continue())).await
    }
}

/// How often a store was asked in vain.
#[derive(Default)]
struct Tries(u32);

impl Tries {
    /// Waits before it is asked again; an error if waiting does not help.
    async fn again(&mut self, answer: &Answer) -> anyhow::Result<()> {
        self.0 += 1;
        let is_busy = matches!(answer.outcome, Outcome::Retry { .. });
        if !is_busy || self.0 == TRIES_MAX {
            return Err(refused(answer, is_busy));
        }
        tokio::time::sleep(Duration::from_millis(WAIT_MS << self.0)).await;
        Ok(())
    }
}

fn refused(answer: &Answer, is_busy: bool) -> anyhow::Error {
    let status = answer.status.map_or_else(String::new, |status| format!(" ({status})"));
    Advice {
        message: format!("the store{status}: {}", answer.detail),
        help: "reading a copy needs s3:ListBucket on the bucket and s3:GetObject on its objects".to_owned(),
        exit: if is_busy { Exit::Unavailable } else { Exit::Refused },
    }
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_bucket_is_not_asked() {
        for url in ["bucket/prefix", "s3://", "https://bucket"] {
            let place = Place { url, endpoint: None, region: None, ca_pem: None };
            assert!(Bucket::new(place).is_err(), "{url}");
        }
    }
}
