//! What is remembered of logs between runs: one file for each origin, with the largest checkpoint that was verified,
//! and one for each address, with the origin of the log that was there.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};
use tallystick_verify::Pin;

use crate::command::Failure;

/// The folder of the pins.
pub(crate) struct State {
    folder: PathBuf,
}

impl State {
    pub(crate) fn open(folder: &Path) -> Result<State, Failure> {
        fs::create_dir_all(folder).map_err(|error| Failure::file(folder, error))?;
        Ok(State { folder: folder.to_owned() })
    }

    /// The pin of a log; none if it was never verified.
    pub(crate) fn read(&self, origin: &str) -> Result<Option<Pin>, Failure> {
        let path = self.folder.join(Pin::file_name(origin));
        match fs::read(&path) {
            // A pin that cannot be read must not pass for none: then a fork would go unnoticed.
            Ok(bytes) => Pin::parse(&bytes)
                .map(Some)
                .map_err(|error| Failure::with(format!("{} is no checkpoint", path.display()), error)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Failure::file(&path, error)),
        }
    }

    /// Replaces the pin of a log, durably and at once. A smaller one than what is there is not taken.
    pub(crate) fn write(&self, origin: &str, pin: &Pin) -> Result<(), Failure> {
        if self.read(origin)?.is_some_and(|old| old.size() > pin.size()) {
            return Ok(());
        }
        self.replace(&self.folder.join(Pin::file_name(origin)), &pin.to_string())
    }

    /// The origin of the log that was verified at an address before.
    pub(crate) fn origin_at(&self, address: &str) -> Result<Option<String>, Failure> {
        let path = self.address_file(address);
        match fs::read_to_string(&path) {
            Ok(text) => match text.split_once('\n') {
                Some((of, origin)) if of == address && origin.ends_with('\n') => {
                    Ok(Some(origin.trim_end().to_owned()))
                }
                _ => Err(Failure::plain(format!("{} does not say which log {address} is", path.display()))),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Failure::file(&path, error)),
        }
    }

    /// Remembers which log is at an address.
    pub(crate) fn bind(&self, address: &str, origin: &str) -> Result<(), Failure> {
        self.replace(&self.address_file(address), &format!("{address}\n{origin}\n"))
    }

    fn address_file(&self, address: &str) -> PathBuf {
        self.folder.join(format!("{}.address", hex::encode(Sha256::digest(address))))
    }

    /// Replaces a file, durably and at once.
    fn replace(&self, path: &Path, text: &str) -> Result<(), Failure> {
        let write = || -> io::Result<()> {
            let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
            file.write_all(text.as_bytes())?;
            file.as_file().sync_all()?;
            file.persist(path)?;
            File::open(&self.folder)?.sync_all()
        };
        write().map_err(|error| Failure::file(path, error))
    }
}

#[cfg(test)]
mod tests {
    use tallystick_merkle::{Checkpoint, SigningKey};

    use super::*;

    fn pin(size: u64) -> Pin {
        let key = SigningKey::new("example.com/log", &[1; 32]).unwrap();
        let note = Checkpoint::new("example.com/log", size, [0; 32]).unwrap().sign(&key).unwrap();
        Pin::parse(note.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn pins_grow_and_damage_is_no_absence() {
        let folder = tempfile::tempdir().unwrap();
        let state = State::open(&folder.path().join("a").join("b")).unwrap();
        assert_eq!(state.read("example.com/log").unwrap(), None);
        for (written, kept) in [(5, 5), (7, 7), (6, 7)] {
            state.write("example.com/log", &pin(written)).unwrap();
            assert_eq!(state.read("example.com/log").unwrap(), Some(pin(kept)));
        }
        assert_eq!(state.read("example.com/other").unwrap(), None);
        fs::write(folder.path().join("a/b").join(Pin::file_name("example.com/log")), "x").unwrap();
        assert!(state.read("example.com/log").is_err());
    }
}
