//! A log, wherever it is, whose checkpoint is read once: what names the log must be what is verified.

use std::fs;
use std::path::PathBuf;

use tallystick_verify::{Fetch, VerifyError};

use crate::args::Args;
use crate::command::Failure;
use crate::folder::Folder;
use crate::http::Http;

/// A log at an address or in a folder.
pub(crate) struct Source {
    inner: Box<dyn Fetch>,
    checkpoint: Vec<u8>,
}

impl Source {
    /// Opens a log and reads its checkpoint.
    pub(crate) fn open(place: &str, key: Option<String>) -> Result<Source, Failure> {
        let mut inner: Box<dyn Fetch> = if is_address(place) {
            Box::new(Http::new(place, key)?)
        } else {
            Box::new(Folder { path: PathBuf::from(place) })
        };
        let found = inner.fetch(&["checkpoint".to_owned()]).map_err(Failure::Verify)?.pop().flatten();
        let missing = || Failure::Verify(VerifyError::NotFound { path: "checkpoint".to_owned() });
        Ok(Source { checkpoint: found.ok_or_else(missing)?, inner })
    }

    /// The first line of the checkpoint, which nothing has verified yet.
    pub(crate) fn stated_origin(&self) -> String {
        String::from_utf8_lossy(&self.checkpoint).lines().next().unwrap_or_default().to_owned()
    }

    /// Its second line.
    pub(crate) fn stated_size(&self) -> Option<u64> {
        String::from_utf8_lossy(&self.checkpoint).lines().nth(1)?.parse().ok()
    }
}

impl Fetch for Source {
    fn fetch(&mut self, paths: &[String]) -> Result<Vec<Option<Vec<u8>>>, VerifyError> {
        if let [path] = paths
            && path == "checkpoint"
        {
            return Ok(vec![Some(self.checkpoint.clone())]);
        }
        self.inner.fetch(paths)
    }
}

pub(crate) fn is_address(place: &str) -> bool {
    place.starts_with("https://") || place.starts_with("http://")
}

/// The API key; an empty one is none. To be read once: what it is read from may give it once only, as a pipe does.
pub(crate) fn bearer(args: &Args) -> Result<Option<String>, Failure> {
    let key = match (&args.bearer_file, &args.bearer) {
        (Some(file), _) => Some(fs::read_to_string(file).map_err(|error| Failure::file(file, error))?),
        (None, bearer) => bearer.clone(),
    };
    Ok(key.map(|key| key.trim().to_owned()).filter(|key| !key.is_empty()))
}
