//! Sockets of destinations that do not speak HTTP: where they lead, whether TLS is on them, and what it means for a
//! batch that they fail.

mod endpoint;
mod fields;
mod stream;
mod unique;

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use tallystick_outbound::{ClientConfig, OutboundError, OutboundOptions, Tls, tls_client_config};
use tokio::net::TcpStream;
use zeroize::Zeroizing;

pub(crate) use self::endpoint::Endpoint;
pub(crate) use self::fields::{CA_PEM, CLIENT_CERT_PEM, CLIENT_KEY_PEM};
pub(crate) use self::stream::Stream;
pub(crate) use self::unique::unique;
use crate::limits::EXCERPT_BYTES_MAX;
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
    /// Reads the fields [`CA_PEM`], [`CLIENT_CERT_PEM`] and [`CLIENT_KEY_PEM`], if TLS is wanted.
    ///
    /// # Errors
    /// What cannot be read of them.
    pub(crate) fn new(settings: &Settings, world: &Surroundings, has_tls: bool) -> Result<Self, BadSettings> {
        let options = world.outbound.clone();
        if !has_tls {
            return Ok(Self { options, tls: None });
        }
        let text = |field: &crate::Field| settings.text(field.name).map(str::to_owned);
        let tls = Tls {
            ca_pem: text(&CA_PEM),
            client_cert_pem: text(&CLIENT_CERT_PEM),
            client_key_pem: text(&CLIENT_KEY_PEM).map(Zeroizing::new),
        };
        let config = tls_client_config(&tls).map_err(|error| match error {
            OutboundError::Pem { field, why } => BadSettings::new(field, why),
            other => BadSettings::new(CA_PEM.name, other.to_string()),
        })?;
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
    let outcome = if error.is_misconfigured() { Outcome::Misconfigured } else { Outcome::Retry { after: None } };
    failed(outcome, explain(error))
}

/// An answer that is none of success.
pub(crate) fn failed(outcome: Outcome, detail: impl Into<String>) -> Answer {
    Answer { detail: detail.into(), ..Answer::plain(outcome) }
}

/// An error and its causes in one line.
fn explain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text.push_str(": ");
            text.push_str(&more);
        }
        cause = error.source();
    }
    text
}

/// What must never be shown, wherever it turns up in what the other side says.
#[derive(Default)]
pub(crate) struct Hidden(Vec<Zeroizing<String>>);

impl Hidden {
    /// The secrets of settings, and each line of those that have several.
    pub(crate) fn new(settings: &Settings) -> Self {
        let secrets = settings.secrets().into_iter();
        let parts = secrets.flat_map(|secret| std::iter::once(secret).chain(secret.lines()));
        let long = parts.map(str::trim).filter(|part| part.len() >= HIDDEN_BYTES_MIN);
        Self(long.map(|part| Zeroizing::new(part.to_owned())).collect())
    }

    /// The same answer without secrets and not longer than what is kept.
    pub(crate) fn clean(&self, mut answer: Answer) -> Answer {
        answer.detail = self.cleaned(&answer.detail);
        if let Outcome::Partial { rejected, .. } = &mut answer.outcome {
            for rejection in rejected {
                rejection.reason = self.cleaned(&rejection.reason);
            }
        }
        answer
    }

    fn cleaned(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for secret in &self.0 {
            if text.contains(secret.as_str()) {
                text = text.replace(secret.as_str(), "***");
            }
        }
        if text.len() > EXCERPT_BYTES_MAX {
            text.truncate(text.floor_char_boundary(EXCERPT_BYTES_MAX));
        }
        text
    }
}

/// Shorter texts hide nothing and would tear words apart.
const HIDDEN_BYTES_MIN: usize = 4;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_shown_has_no_secret_and_an_end() {
        let fields: &'static [crate::Field] = &[CLIENT_KEY_PEM];
        let values = json!({"client_key_pem": "-----BEGIN X-----\nc2VjcmV0LWJ5dGVz\n-----END X-----"});
        let settings = Settings::new(fields, values.as_object().unwrap().clone()).unwrap();
        let hidden = Hidden::new(&settings);
        let long = format!("it says c2VjcmV0LWJ5dGVz {}", "é".repeat(EXCERPT_BYTES_MAX));
        let answer = hidden.clean(failed(Outcome::Split, long));
        assert!(answer.detail.starts_with("it says *** é"), "{}", &answer.detail[..40]);
        assert!(answer.detail.len() <= EXCERPT_BYTES_MAX);
    }
}
