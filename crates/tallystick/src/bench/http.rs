//! An HTTP connection with as little around it as possible: the client shares the machine with what it measures, so it
//! has no pool, no redirects and no copies of bodies.

use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::{
    Method, Request, StatusCode,
    client::conn::http1::{self, SendRequest},
    header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderValue},
};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// Characters of a refusal that are repeated in the error.
const SHOWN_CHARS_MAX: usize = 300;
/// How long to wait after an answer of "too busy".
const BUSY_WAIT: Duration = Duration::from_millis(20);

/// Which service, and as whom.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    address: String,
    host: HeaderValue,
    authorization: HeaderValue,
}

impl Target {
    /// From the address of a service, `http://HOST:PORT`, and a key.
    pub(crate) fn new(server: &str, key: &str) -> anyhow::Result<Self> {
        let plain = server.strip_prefix("http://").unwrap_or(server).trim_end_matches('/');
        ensure!(
            !plain.contains('/'),
            "{server} is not of the form http://HOST:PORT; the benchmark speaks plain HTTP, without a proxy in between"
        );
        let address = if plain.contains(':') { plain.to_owned() } else { format!("{plain}:80") };
        let mut authorization =
            HeaderValue::try_from(format!("Bearer {key}")).context("this is not a key")?;
        authorization.set_sensitive(true);
        Ok(Self { host: HeaderValue::try_from(plain).context("this is not a host")?, address, authorization })
    }
}

/// One keep-alive connection; one call at a time.
pub(crate) struct Connection {
    sender: SendRequest<Full<Bytes>>,
    target: Target,
}

impl Connection {
    /// Connects.
    pub(crate) async fn open(target: &Target) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(&target.address)
            .await
            .with_context(|| format!("cannot connect to {}", target.address))?;
        stream.set_nodelay(true)?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        // Its errors come out of the call that they interrupt.
        tokio::spawn(connection);
        Ok(Self { sender, target: target.clone() })
    }

    /// Makes a call and reads the whole answer.
    pub(crate) async fn call(
        &mut self,
        method: Method,
        path: &str,
        content_type: Option<&'static str>,
        body: Bytes,
    ) -> anyhow::Result<(StatusCode, Bytes)> {
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = method;
        *request.uri_mut() = path.parse().with_context(|| format!("{path} is not a path"))?;
        let headers = request.headers_mut();
        headers.insert(HOST, self.target.host.clone());
        headers.insert(AUTHORIZATION, self.target.authorization.clone());
        if let Some(content_type) = content_type {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        }
        self.sender.ready().await.context("the connection was lost")?;
        let response = self.sender.send_request(request).await.context("the connection was lost")?;
        let status = response.status();
        let body = response.into_body().collect().await.context("the answer was cut off")?.to_bytes();
        Ok((status, body))
    }

    /// Reads; anything but 200 is an error.
    pub(crate) async fn get(&mut self, path: &str) -> anyhow::Result<Bytes> {
        let (status, body) = self.call(Method::GET, path, None, Bytes::new()).await?;
        if status == StatusCode::OK { Ok(body) } else { Err(refusal(path, status, &body)) }
    }

    /// Writes events until the service takes them. Returns the answer and how often the service was too busy.
    pub(crate) async fn write(
        &mut self,
        content_type: &'static str,
        body: &Bytes,
    ) -> anyhow::Result<(Bytes, u64)> {
        const PATH: &str = "/v1/events";
        let mut busy = 0;
        loop {
            let (status, answer) = self.call(Method::POST, PATH, Some(content_type), body.clone()).await?;
            match status {
                StatusCode::CREATED => return Ok((answer, busy)),
                StatusCode::SERVICE_UNAVAILABLE => {
                    busy += 1;
                    tokio::time::sleep(BUSY_WAIT).await;
                }
                _ => return Err(refusal(PATH, status, &answer)),
            }
        }
    }

    /// Makes an organization, or finds that it is there.
    pub(crate) async fn make_org(&mut self, id: &str) -> anyhow::Result<()> {
        let body = Bytes::from(format!("{{\"id\":\"{id}\"}}"));
        let path = "/v1/orgs";
        let (status, answer) = self.call(Method::POST, path, Some("application/json"), body).await?;
        match status {
            StatusCode::CREATED | StatusCode::CONFLICT => Ok(()),
            _ => Err(refusal(path, status, &answer)),
        }
    }
}

/// Waits until the service says that it is ready.
pub(crate) async fn wait_until_ready(target: &Target, time_max: Duration) -> anyhow::Result<()> {
    const STEP: Duration = Duration::from_millis(1);
    let started = std::time::Instant::now();
    loop {
        if let Ok(mut connection) = Connection::open(target).await
            && connection.get("/readyz").await.is_ok()
        {
            return Ok(());
        }
        if started.elapsed() > time_max {
            bail!("the service at {} is not ready after {} s", target.address, time_max.as_secs());
        }
        tokio::time::sleep(STEP).await;
    }
}

fn refusal(path: &str, status: StatusCode, body: &[u8]) -> anyhow::Error {
    let start: String = String::from_utf8_lossy(body).chars().take(SHOWN_CHARS_MAX).collect();
    anyhow::anyhow!("{path} answered {status}: {start}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_plain_http_and_keys_fit_a_header() {
        assert_eq!(Target::new("http://127.0.0.1:8440/", "k").unwrap().address, "127.0.0.1:8440");
        assert_eq!(Target::new("log.example", "k").unwrap().address, "log.example:80");
        assert!(Target::new("https://log.example", "k").is_err());
        assert!(Target::new("http://log.example/audit", "k").is_err());
        assert!(Target::new("http://log.example", "k\n").is_err());
    }
}
