//! Folders opened one by one from their parents: no link is followed, so that nothing leads out of the lake, whoever
//! may write into it.

use std::{
    fs::File,
    io,
    os::fd::{AsFd, OwnedFd},
    path::Path,
};

use rustix::fs::{AtFlags, Mode, OFlags};

/// As the standard library makes files and folders: what of it holds is the umask's matter.
const FILE_MODE: Mode = Mode::from_raw_mode(0o666);
const FOLDER_MODE: Mode = Mode::from_raw_mode(0o777);

const OPEN_FOLDER: OFlags =
    OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);
const OPEN_FILE: OFlags =
    OFlags::RDONLY.union(OFlags::NOFOLLOW).union(OFlags::NONBLOCK).union(OFlags::CLOEXEC);
const CREATE_FILE: OFlags =
    OFlags::WRONLY.union(OFlags::CREATE).union(OFlags::EXCL).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// A folder with those above it, the topmost first.
#[derive(Debug)]
pub(crate) struct Chain(Vec<OwnedFd>);

impl Chain {
    /// The folder where a chain begins. It may be reached over links: the operator has named it.
    pub(crate) fn open(root: &Path) -> io::Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Ok(Self(vec![rustix::fs::open(root, flags, Mode::empty())?]))
    }

    /// The folder where it ends.
    pub(crate) fn end(&self) -> &OwnedFd {
        self.0.last().expect("a chain has at least the folder where it begins")
    }

    /// Goes on to a folder in the last one, if it is there.
    pub(crate) fn enter(&mut self, name: &str) -> io::Result<()> {
        let folder = rustix::fs::openat(self.end(), name, OPEN_FOLDER, Mode::empty())?;
        self.0.push(folder);
        Ok(())
    }

    /// Goes on to a folder in the last one, which is made if it is not there.
    pub(crate) fn make(&mut self, name: &str) -> io::Result<()> {
        match rustix::fs::mkdirat(self.end(), name, FOLDER_MODE) {
            Ok(()) | Err(rustix::io::Errno::EXIST) => self.enter(name),
            Err(error) => Err(error.into()),
        }
    }

    /// Makes the names of all that is in these folders durable. Those that were there before are no trouble: there is
    /// nothing of them to be written.
    pub(crate) fn sync(&self) -> io::Result<()> {
        self.0.iter().rev().try_for_each(|folder| rustix::fs::fsync(folder).map_err(io::Error::from))
    }

    /// Opens a file in the last folder for reading; none if there is none. What is no ordinary file is an error.
    pub(crate) fn read(&self, name: &str) -> io::Result<Option<File>> {
        match rustix::fs::openat(self.end(), name, OPEN_FILE, Mode::empty()) {
            Ok(file) => {
                let file = File::from(file);
                if file.metadata()?.is_file() {
                    return Ok(Some(file));
                }
                Err(io::Error::new(io::ErrorKind::InvalidInput, "there is something that is no file"))
            }
            Err(rustix::io::Errno::NOENT) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Makes a file in the last folder. One that is there goes.
    pub(crate) fn create(&self, name: &str) -> io::Result<File> {
        self.remove(name)?;
        Ok(File::from(rustix::fs::openat(self.end(), name, CREATE_FILE, FILE_MODE)?))
    }

    /// Removes a file from the last folder, if it is there.
    pub(crate) fn remove(&self, name: &str) -> io::Result<()> {
        match rustix::fs::unlinkat(self.end(), name, AtFlags::empty()) {
            Ok(()) | Err(rustix::io::Errno::NOENT) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Gives a file of the last folder another name.
    pub(crate) fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        Ok(rustix::fs::renameat(self.end(), from, self.end(), to)?)
    }

    /// Bytes of the disk that are free.
    pub(crate) fn free_bytes(&self) -> io::Result<u64> {
        let disk = rustix::fs::fstatvfs(self.end().as_fd())?;
        Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
    }

    /// Whether files may be made in the last folder.
    pub(crate) fn may_write(&self) -> io::Result<()> {
        use rustix::fs::Access;
        let access = Access::WRITE_OK | Access::EXEC_OK;
        Ok(rustix::fs::accessat(self.end(), ".", access, AtFlags::empty())?)
    }
}
