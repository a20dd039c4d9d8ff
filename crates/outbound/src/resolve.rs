//! Looks names up and leaves only addresses that may be asked, so that the address that was looked at is the one that
//! is connected to.

use std::io;
use std::net::SocketAddr;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::address::Guard;

/// What the system's resolver says when it is a name server that failed, and not the name: `EAI_AGAIN`, in the words of
/// glibc and macOS, and of musl. The standard library keeps nothing but the words.
const NO_ANSWER: [&str; 2] = ["temporary failure", "try again"];

/// Why a name gives no address to connect to.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LookupError {
    /// It has addresses, and none may be asked.
    #[error("none of its addresses may be asked")]
    Refused,
    /// It has none.
    #[error("the name has no address")]
    NoName,
    /// That cannot be told now.
    #[error("the name cannot be looked up")]
    NoAnswer(#[source] io::Error),
}

/// The addresses of a name, or the one that it is, which may be asked; at least one.
pub(crate) async fn look_up(host: &str, port: u16, guard: Guard) -> Result<Vec<SocketAddr>, LookupError> {
    let found = tokio::net::lookup_host((host, port)).await.map_err(of_resolver)?;
    let found: Vec<SocketAddr> = found.collect();
    if found.is_empty() {
        return Err(LookupError::NoName);
    }
    let permitted: Vec<SocketAddr> =
        found.into_iter().filter(|address| guard.permits(address.ip())).collect();
    if permitted.is_empty() { Err(LookupError::Refused) } else { Ok(permitted) }
}

fn of_resolver(error: io::Error) -> LookupError {
    let words = error.to_string().to_lowercase();
    let is_theirs = error.raw_os_error().is_some() || NO_ANSWER.iter().any(|known| words.contains(known));
    if is_theirs { LookupError::NoAnswer(error) } else { LookupError::NoName }
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct GuardedResolver(pub(crate) Guard);

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.0;
        Box::pin(async move {
            // The port is put in its place by the client.
            let permitted = look_up(name.as_str(), 0, guard).await?;
            Ok(Box::new(permitted.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_server_that_fails_says_nothing_about_the_name() {
        let said = |detail: &str| {
            of_resolver(io::Error::other(format!("failed to lookup address information: {detail}")))
        };
        for detail in ["Temporary failure in name resolution", "Try again"] {
            assert!(matches!(said(detail), LookupError::NoAnswer(_)), "{detail}");
        }
        for detail in
            ["Name or service not known", "No address associated with hostname", "Name does not resolve"]
        {
            assert!(matches!(said(detail), LookupError::NoName), "{detail}");
        }
        // Too many open files, say.
        assert!(matches!(of_resolver(io::Error::from_raw_os_error(24)), LookupError::NoAnswer(_)));
    }
}
