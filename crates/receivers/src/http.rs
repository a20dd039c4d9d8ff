//! The least of HTTP that it takes to ask a server of a test what it has. One question a connection, as HTTP/1.0 has
//! it, so that the end of the answer is the end of the connection.

use std::{
    io::{self, Read as _, Write as _},
    net::TcpStream,
    time::Duration,
};

use url::Url;

/// A server that takes longer to answer has hung.
const ANSWER_TIME_MAX: Duration = Duration::from_mins(1);

/// Asks a server, which must answer. Gives the status and the body.
pub fn call(method: &str, url: &str, headers: &[(&str, &str)], body: &[u8]) -> (u16, Vec<u8>) {
    try_call(method, url, headers, body).unwrap_or_else(|error| panic!("{method} {url}: {error}"))
}

/// Asks a server. Gives the status and the body.
///
/// # Errors
/// If it cannot be reached, or does not answer as HTTP has it.
pub fn try_call(
    method: &str,
    url: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> io::Result<(u16, Vec<u8>)> {
    let url: Url = url.parse().map_err(io::Error::other)?;
    let (host, port) = (url.host_str().unwrap_or_default(), url.port().unwrap_or(80));
    let mut stream = TcpStream::connect((host, port))?;
    stream.set_read_timeout(Some(ANSWER_TIME_MAX))?;
    let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
    let mut head = format!("{method} {}{query} HTTP/1.0\r\nhost: {host}:{port}\r\n", url.path());
    for (name, value) in headers {
        head = format!("{head}{name}: {value}\r\n");
    }
    head = format!("{head}content-length: {}\r\n\r\n", body.len());
    stream.write_all(&[head.as_bytes(), body].concat())?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n");
    let end = end.ok_or_else(|| io::Error::other("the answer has no head"))?;
    let status =
        String::from_utf8_lossy(&answer[..end]).split(' ').nth(1).and_then(|status| status.parse().ok());
    let status = status.ok_or_else(|| io::Error::other("the answer has no status"))?;
    Ok((status, answer.split_off(end + 4)))
}
