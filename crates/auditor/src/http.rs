//! A log behind HTTP. Redirects are not followed: they could carry the API key to somebody else.

use std::io::{self, Read};
use std::time::Duration;

use bytes::{Buf as _, Bytes};
use futures::{StreamExt as _, TryStreamExt as _};
use reqwest::{StatusCode, Url};
use serde::Deserialize;
use tallystick_verify::{Fetch, LogStatus, VerifyError, limits};
use tokio::runtime::Runtime;

use crate::command::Failure;

/// Longest tile or bundle: 256 hashes have 8 KiB, 256 entries of our logs 23 KiB. Many are kept at once.
const TILE_BYTES_MAX: u64 = 64 << 10;
/// Longest proof of how a log is witnessed: two notes, a consistency proof and an entry, as JSON.
const DIRECTORY_BYTES_MAX: u64 = 4 << 20;
/// Longest range of one event.
const RANGE_BYTES_MAX: u64 = (limits::RANGE_HEADER_BYTES_MAX + limits::RECORD_BYTES_MAX + 2) as u64;
/// Longest error of a service that is repeated.
const PROBLEM_BYTES_MAX: u64 = 16 << 10;
/// Calls that are made at the same time.
const CALLS_AT_ONCE: usize = 8;
const CONNECT_TIME_MAX: Duration = Duration::from_secs(10);
const CALL_TIME_MAX: Duration = Duration::from_mins(2);
/// How long nothing may come of an answer that may take any time as a whole.
const READ_TIME_MAX: Duration = Duration::from_mins(1);
/// Times a read is made at most.
const ATTEMPTS_MAX: u32 = 5;
/// The first wait before a read is made again; each next one is twice as long.
const WAIT_MIN: Duration = Duration::from_millis(200);

/// Longest answer that is taken from a path and kept in memory.
pub(crate) fn answer_bytes_max(path: &str) -> u64 {
    match path {
        "checkpoint" => tallystick_merkle::limits::NOTE_BYTES_MAX as u64,
        "directory" => DIRECTORY_BYTES_MAX,
        _ if path.starts_with("tile/") => TILE_BYTES_MAX,
        _ => RANGE_BYTES_MAX,
    }
}

/// What went wrong, and whether asking again may help.
type Failed = (VerifyError, bool);

/// A log at an address.
pub(crate) struct Http {
    runtime: Runtime,
    client: reqwest::Client,
    base: Url,
    bearer: Option<String>,
}

impl Http {
    pub(crate) fn new(url: &str, bearer: Option<String>) -> Result<Http, Failure> {
        Http::with_read_time(url, bearer, READ_TIME_MAX)
    }

    fn with_read_time(url: &str, bearer: Option<String>, read_time_max: Duration) -> Result<Http, Failure> {
        let base = Url::parse(url.trim_end_matches('/'))
            .map_err(|error| Failure::with(format!("{url} is not an address"), error))?;
        if bearer.as_ref().is_some_and(|key| !key.bytes().all(|byte| byte.is_ascii_graphic())) {
            return Err(Failure::plain("the API key has characters that no key has".to_owned()));
        }
        // Installing twice fails, and the first one is the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIME_MAX)
            .read_timeout(read_time_max)
            .user_agent(concat!("tallystick-verify/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| Failure::with("cannot set up HTTP".to_owned(), error))?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| Failure::with("cannot set up HTTP".to_owned(), error))?;
        Ok(Http { runtime, client, base, bearer })
    }

    /// All bytes of an answer; none if there is nothing at that path.
    pub(crate) fn get(&mut self, path: &str) -> Result<Option<Vec<u8>>, VerifyError> {
        self.runtime.block_on(self.read(path))
    }

    /// An answer of any length, read as it comes.
    pub(crate) fn stream(&mut self, path: &str) -> Result<Body<'_>, VerifyError> {
        let response = self.runtime.block_on(self.call(path, None)).map_err(|(error, _)| error)?;
        let response = response.ok_or_else(|| VerifyError::NotFound { path: path.to_owned() })?;
        Ok(Body { runtime: &self.runtime, response, chunk: Bytes::new() })
    }

    async fn read(&self, path: &str) -> Result<Option<Vec<u8>>, VerifyError> {
        let mut attempt = 1;
        loop {
            match self.read_once(path).await {
                Err((_, true)) if attempt < ATTEMPTS_MAX => {
                    tokio::time::sleep(WAIT_MIN * 2u32.pow(attempt - 1)).await;
                    attempt += 1;
                }
                outcome => return outcome.map_err(|(error, _)| error),
            }
        }
    }

    async fn read_once(&self, path: &str) -> Result<Option<Vec<u8>>, Failed> {
        let Some(mut response) = self.call(path, Some(CALL_TIME_MAX)).await? else { return Ok(None) };
        let bytes_max = answer_bytes_max(path);
        let mut bytes = Vec::new();
        while let Some(chunk) =
            response.chunk().await.map_err(|error| (failed(path, &error.without_url()), true))?
        {
            if (bytes.len() + chunk.len()) as u64 > bytes_max {
                return Err((failed(path, &"the answer is too long"), false));
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(Some(bytes))
    }

    async fn call(&self, path: &str, timeout: Option<Duration>) -> Result<Option<reqwest::Response>, Failed> {
        let url = format!("{}/{path}", self.base.as_str().trim_end_matches('/'));
        let mut request = self.client.get(url);
        if let Some(timeout) = timeout {
            request = request.timeout(timeout);
        }
        if let Some(bearer) = &self.bearer {
            request = request.bearer_auth(bearer);
        }
        let response = request.send().await.map_err(|error| (failed(path, &error.without_url()), true))?;
        match response.status() {
            status if status.is_success() => Ok(Some(response)),
            StatusCode::NOT_FOUND | StatusCode::GONE => Ok(None),
            status => {
                let may_help = status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS;
                let problem = problem(response).await;
                Err(match problem.verdict() {
                    Some(status) => (VerifyError::Admitted { path: path.to_owned(), status }, false),
                    None => (failed(path, &format!("the answer is {status}{}", problem.said())), may_help),
                })
            }
        }
    }
}

/// What a service says about an error (RFC 9457).
#[derive(Default, Deserialize)]
#[serde(default)]
struct Problem {
    detail: String,
    verdict: String,
}

impl Problem {
    /// What it says of its own log, if that is what is wrong.
    fn verdict(&self) -> Option<LogStatus> {
        LogStatus::admitted(&self.verdict, &self.detail)
    }

    /// To be repeated; nothing if it says nothing.
    fn said(&self) -> String {
        let detail = self.detail.replace(char::is_control, " ");
        if detail.is_empty() { detail } else { format!(": {detail}") }
    }
}

async fn problem(response: reqwest::Response) -> Problem {
    if response.content_length().is_none_or(|length| length > PROBLEM_BYTES_MAX) {
        return Problem::default();
    }
    serde_json::from_slice(&response.bytes().await.unwrap_or_default()).unwrap_or_default()
}

fn failed(path: &str, why: &dyn std::fmt::Display) -> VerifyError {
    VerifyError::Fetch { path: path.to_owned(), why: why.to_string() }
}

impl Fetch for Http {
    fn fetch(&mut self, paths: &[String]) -> Result<Vec<Option<Vec<u8>>>, VerifyError> {
        let calls = futures::stream::iter(paths).map(|path| self.read(path)).buffered(CALLS_AT_ONCE);
        self.runtime.block_on(calls.try_collect())
    }
}

/// The body of an answer as a reader.
pub(crate) struct Body<'a> {
    runtime: &'a Runtime,
    response: reqwest::Response,
    chunk: Bytes,
}

impl Read for Body<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.chunk.is_empty() {
            match self.runtime.block_on(self.response.chunk()) {
                Ok(Some(chunk)) => self.chunk = chunk,
                Ok(None) => return Ok(0),
                Err(error) => return Err(io::Error::other(error.without_url())),
            }
        }
        let len = out.len().min(self.chunk.len());
        self.chunk.copy_to_slice(&mut out[..len]);
        Ok(len)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::net::TcpListener;

    use super::*;

    /// Gives every caller this, and then nothing more without hanging up.
    fn serve(answer: Vec<u8>) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            let mut open = Vec::new();
            for mut stream in listener.incoming().flatten() {
                // The caller may hang up before it has all of it.
                let _ = stream.read(&mut [0; 4096]).and_then(|_| stream.write_all(&answer));
                open.push(stream);
            }
        });
        url
    }

    fn answer(claimed: usize, body: &[u8]) -> Vec<u8> {
        [
            format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {claimed}\r\n\r\n").as_bytes(),
            body,
        ]
        .concat()
    }

    #[test]
    fn a_stream_that_stalls_ends() {
        let url = serve(answer(100, b"some"));
        let mut http = Http::with_read_time(&url, None, Duration::from_millis(200)).unwrap();
        let mut bytes = Vec::new();
        assert!(http.stream("range?from=0&to=9").unwrap().read_to_end(&mut bytes).is_err());
        assert_eq!(bytes, b"some");
    }

    #[test]
    fn no_answer_is_longer_than_its_path_allows() {
        let long = TILE_BYTES_MAX as usize + 1;
        let url = serve(answer(long, &vec![0; long]));
        let mut http = Http::new(&url, None).unwrap();
        for path in ["tile/0/000", "tile/entries/000.p/7"] {
            let error = http.get(path).unwrap_err().to_string();
            assert!(error.contains("too long"), "{error}");
        }
        assert_eq!(http.get("checkpoint").unwrap().map(|bytes| bytes.len()), Some(long));
    }
}
