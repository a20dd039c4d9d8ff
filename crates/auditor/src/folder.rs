//! A log as files in a folder, laid out as its paths.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::PathBuf;

use tallystick_verify::{Fetch, VerifyError};

use crate::http::answer_bytes_max;

/// A log in a folder.
pub(crate) struct Folder {
    pub(crate) path: PathBuf,
}

impl Folder {
    fn read(&self, path: &str) -> io::Result<Option<Vec<u8>>> {
        let bytes_max = answer_bytes_max(path);
        let path = self.path.join(path);
        // A full tile stands beside a folder with its partial ones, so a folder is no file that is missing.
        if !path.is_file() {
            return Ok(None);
        }
        let mut bytes = Vec::new();
        File::open(path)?.take(bytes_max).read_to_end(&mut bytes)?;
        Ok(Some(bytes))
    }
}

impl Fetch for Folder {
    fn fetch(&mut self, paths: &[String]) -> Result<Vec<Option<Vec<u8>>>, VerifyError> {
        let read = |path: &String| self.read(path).map_err(VerifyError::Io);
        paths.iter().map(read).collect()
    }
}
