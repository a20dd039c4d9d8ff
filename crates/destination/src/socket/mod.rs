//! Sockets of destinations that do not speak HTTP: where they lead, whether TLS is on them, and what it means for a
//! batch that they fail.

mod endpoint;
mod stream;
mod unique;

use std::sync::Arc;
use std::time::Duration;

use rustls::client::Resumption;
use tallystick_outbound::{ClientConfig, OutboundError, OutboundOptions, tls_client_config};
use tokio::net::TcpStream;

pub(crate) use self::endpoint::Endpoint;
pub(crate) use self::stream::Stream;
pub(crate) use self::unique::unique;
use crate::http::{Cleaner, bad_tls, misfortune, tls_of};
use crate::{Answer, BadSettings, Outcome, Settings, Surroundings};

/// How long looking a name up, connecting and the beginning of TLS may take together.
pub(crate) const CONNECT_TIME_MAX: Duration = Duration::from_secs(10);

/// Opens connections as the settings of a destination want them.
#[derive(Debug)]
pub(crate) struct Dialer {
    options: OutboundOptions,
    tls: Option<Arc<ClientConfig>>,
}

impl Dialer {
    /// Reads the fields of TLS that all kinds have, if TLS is wanted.
    ///
    /// # Errors
    /// What cannot be read of them.
    pub(crate) fn new(settings: &Settings, world: &Surroundings, has_tls: bool) -> Result<Self, BadSettings> {
        let options = world.outbound.clone();
        if !has_tls {
            return Ok(Self { options, tls: None });
        }
        let mut config = tls_client_config(&tls_of(settings)).map_err(|error| bad_tls(&error))?;
        // Servers that ask for certificates and give their sessions no name break off what is resumed: rsyslog with
        // OpenSSL does, with an internal error. A connection lasts for a batch, so that little is lost.
        config.resumption = Resumption::disabled();
        Ok(Self { options, tls: Some(Arc::new(config)) })
    }

    /// Whether there is TLS on the connections.
    pub(crate) fn has_tls(&self) -> bool {
        self.tls.is_some()
    }

    /// Connects, and begins TLS if it is wanted.
    pub(crate) async fn connect(&self, to: &Endpoint) -> Result<Stream, OutboundError> {
        match &self.tls {
            Some(_) => {
                let stream = self.connect_bare(to).await?;
                self.secure(stream, to).await
            }
            None => Ok(Stream::Plain(self.connect_bare(to).await?)),
        }
    }

    /// Connects without beginning TLS; what may be reached without any is asked of the guard if none will follow.
    pub(crate) async fn connect_bare(&self, to: &Endpoint) -> Result<TcpStream, OutboundError> {
        if self.tls.is_some() {
            tallystick_outbound::connect(&self.options, &to.host, to.port, CONNECT_TIME_MAX).await
        } else {
            tallystick_outbound::connect_plain(&self.options, &to.host, to.port, CONNECT_TIME_MAX).await
        }
    }

    /// Begins TLS on a connection of [`Self::connect_bare`], if it is wanted.
    pub(crate) async fn secure(&self, stream: TcpStream, to: &Endpoint) -> Result<Stream, OutboundError> {
        let Some(config) = &self.tls else { return Ok(Stream::Plain(stream)) };
        let begun = tallystick_outbound::start_tls(stream, config, &to.host, CONNECT_TIME_MAX).await?;
        Ok(Stream::Tls(Box::new(begun)))
    }
}

/// What an error of a connection means for a batch of which nothing is known to have arrived.
pub(crate) fn meaning(error: &OutboundError) -> Answer {
    let (outcome, detail) = misfortune(error);
    failed(outcome, detail)
}

/// An answer that is none of success.
pub(crate) fn failed(outcome: Outcome, detail: impl Into<String>) -> Answer {
    Answer { detail: detail.into(), ..Answer::plain(outcome) }
}

/// What must never be shown of an answer, wherever it turns up in what the other side says.
pub(crate) struct Hidden(Cleaner);

impl Hidden {
    /// The secrets of settings.
    pub(crate) fn new(settings: &Settings) -> Self {
        Self(Cleaner::new(settings.secrets()))
    }

    /// The same answer without secrets and not longer than what is kept.
    pub(crate) fn clean(&self, mut answer: Answer) -> Answer {
        answer.detail = self.0.excerpt(answer.detail.as_bytes());
        if let Outcome::Partial { rejected, .. } = &mut answer.outcome {
            for rejection in rejected {
                rejection.reason = self.0.excerpt(rejection.reason.as_bytes());
            }
        }
        answer
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::Rejection;
    use crate::http::CLIENT_KEY_PEM;
    use crate::limits::EXCERPT_BYTES_MAX;

    #[test]
    fn what_is_shown_has_no_secret_and_an_end() {
        let fields: &'static [crate::Field] = &[CLIENT_KEY_PEM];
        let values = json!({"client_key_pem": "c2VjcmV0LWJ5dGVz"});
        let settings = Settings::new(fields, values.as_object().unwrap().clone()).unwrap();
        let reason = "c2VjcmV0LWJ5dGVz is wrong".to_owned();
        let rejected = vec![Rejection { index: 0, reason }];
        let long = format!("it says c2VjcmV0LWJ5dGVz {}", "é".repeat(EXCERPT_BYTES_MAX));
        let answer = failed(Outcome::Partial { rejected, again: Vec::new() }, long);
        let answer = Hidden::new(&settings).clean(answer);
        assert!(!format!("{answer:?}").contains("c2VjcmV0"), "{answer:?}");
        assert!(answer.detail.len() <= EXCERPT_BYTES_MAX);
    }
}
