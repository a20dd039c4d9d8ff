//! Walking through a file from frame to frame, checking that each follows the one before. Recovery and
//! readers share it.

use std::fmt::Display;
use std::io;
use std::path::{Path, PathBuf};

use crate::disk::{Disk, DiskFile};
use crate::error::{Corrupt, Damage, OpenError, ReadError};
use crate::format::{
    FILL, FRAME_HEADER_BYTES, FileHeader, Frame, HeaderFault, Kind, SECTOR, VERSION, file_name, is_zero,
};
use crate::limits::{SECTOR_BYTES, WINDOW_BYTES};
use crate::log::Position;

/// Why a walk ended before its time.
#[derive(Debug)]
pub(super) enum WalkError {
    Corrupt(Corrupt),
    Io { path: PathBuf, source: io::Error },
}

impl From<WalkError> for OpenError {
    fn from(error: WalkError) -> Self {
        match error {
            WalkError::Corrupt(corrupt) => corrupt.into(),
            WalkError::Io { path, source } => Self::Io { path, source },
        }
    }
}

impl From<WalkError> for ReadError {
    fn from(error: WalkError) -> Self {
        match error {
            WalkError::Corrupt(corrupt) => corrupt.into(),
            WalkError::Io { path, source } => Self::Io { path, source },
        }
    }
}

/// What stands at the walker's place.
#[derive(Debug)]
pub(super) enum Here {
    /// The header of a batch that follows the one before, and its checksum. The body is not looked at yet.
    Batch(Frame, u32),
    /// A mark that belongs here.
    Mark,
    /// The file's end, which belongs here.
    End,
    /// A sector of zeros, or the end of the file.
    Blank,
    /// A sector that is neither zeros nor a frame; what is wrong with it.
    Damaged { expected: String, found: String },
}

/// A place in a file.
#[derive(Debug)]
pub(super) struct Walker {
    pub(super) path: PathBuf,
    pub(super) header: FileHeader,
    /// Offset of the frame that comes next.
    pub(super) at: u64,
    /// Position that it has to have.
    pub(super) position: Position,
    /// Checksum that it has to name.
    pub(super) chain: u32,
    window: Window,
}

impl Walker {
    /// Opens a file, reads its header and checks its size.
    pub(super) fn open(disk: &dyn Disk, dir: &Path, first: Position) -> Result<Self, WalkError> {
        let path = dir.join(file_name(first));
        let io = |source| WalkError::Io { path: path.clone(), source };
        let file = disk.open(&path).map_err(io)?;
        let size = file.size().map_err(io)?;
        let mut window = Window::new(file);
        let sector = window.get(0, SECTOR).map_err(io)?;
        let (header, crc) = decode_header(&path, sector, size)?;
        if header.first_position != first {
            return Err(corrupt(
                &path,
                Damage::FileHeader,
                16,
                format_args!("position {first}"),
                header.first_position,
            ));
        }
        if header.capacity != size {
            let expected = format_args!("a file of {} bytes", header.capacity);
            return Err(corrupt(
                &path,
                Damage::Size,
                size.min(header.capacity),
                expected,
                format_args!("{size} bytes"),
            ));
        }
        Ok(Self { path, header, at: SECTOR_BYTES, position: first, chain: crc, window })
    }

    /// Looks at the next frame without passing it. A frame that is intact but does not belong here is damage.
    pub(super) fn look(&mut self) -> Result<Here, WalkError> {
        if self.at + SECTOR_BYTES > self.header.capacity {
            return Ok(Here::Blank);
        }
        let sector = match self.window.get(self.at, SECTOR) {
            Ok(sector) => sector,
            Err(source) => return Err(self.io(source)),
        };
        if is_zero(sector) {
            return Ok(Here::Blank);
        }
        let (frame, crc) = match Frame::decode(sector) {
            Ok(decoded) => decoded,
            Err(fault) => return Ok(damaged(fault)),
        };
        let fill = &sector[FRAME_HEADER_BYTES..];
        let fill_is_intact = *fill == FILL[..fill.len()];
        self.check_sequence(&frame)?;
        Ok(match frame.kind {
            Kind::Batch => Here::Batch(frame, crc),
            Kind::Mark if fill_is_intact => Here::Mark,
            Kind::End if fill_is_intact => Here::End,
            Kind::Mark | Kind::End => Here::Damaged {
                expected: "a mark with its fill bytes".into(),
                found: "other fill bytes".into(),
            },
        })
    }

    fn check_sequence(&self, frame: &Frame) -> Result<(), WalkError> {
        let fail = |expected: &dyn Display, found: &dyn Display| {
            Err(corrupt(&self.path, Damage::Sequence, self.at, expected, found))
        };
        if frame.first_position != self.position {
            let (expected, found) = (self.position, frame.first_position);
            return fail(&format_args!("a frame at position {expected}"), &format_args!("position {found}"));
        }
        if frame.previous != self.chain {
            let expected = format_args!("a frame that follows checksum {:08x}", self.chain).to_string();
            return fail(&expected, &format_args!("one that follows {:08x}", frame.previous));
        }
        let room = self.header.capacity - self.at;
        if frame.kind == Kind::Batch && frame.bytes() + SECTOR_BYTES > room {
            let expected =
                format_args!("a frame that ends a sector before the end, {room} bytes away").to_string();
            return fail(&expected, &format_args!("{} bytes", frame.bytes()));
        }
        Ok(())
    }

    /// All bytes of the batch at the walker's place.
    pub(super) fn whole(&mut self, frame: &Frame) -> Result<&[u8], WalkError> {
        let path = &self.path;
        self.window
            .get(self.at, frame.bytes() as usize)
            .map_err(|source| WalkError::Io { path: path.clone(), source })
    }

    /// Goes on behind the batch at the walker's place.
    pub(super) fn pass(&mut self, frame: &Frame, crc: u32) {
        self.at += frame.bytes();
        self.position = frame.end_position();
        self.chain = crc;
    }

    /// Bytes anywhere in the file.
    pub(super) fn bytes(&mut self, at: u64, length: usize) -> Result<&[u8], WalkError> {
        let path = &self.path;
        self.window.get(at, length).map_err(|source| WalkError::Io { path: path.clone(), source })
    }

    /// Gives the open file away.
    pub(super) fn into_file(self) -> Box<dyn DiskFile> {
        self.window.file
    }

    fn io(&self, source: io::Error) -> WalkError {
        WalkError::Io { path: self.path.clone(), source }
    }
}

fn decode_header(path: &Path, sector: &[u8], size: u64) -> Result<(FileHeader, u32), WalkError> {
    let fail = |damage, at, expected: &dyn Display, found: &dyn Display| {
        Err(corrupt(path, damage, at, expected, found))
    };
    let Ok(sector) = sector.try_into() else {
        return fail(Damage::Size, size, &"a whole file header", &format_args!("a file of {size} bytes"));
    };
    match FileHeader::decode(sector) {
        Ok(decoded) => Ok(decoded),
        Err(HeaderFault::Magic) => {
            fail(Damage::FileHeader, 0, &"the start of a commit log file", &"other bytes")
        }
        Err(HeaderFault::Crc { stored, computed }) => {
            let found = format_args!("bytes with checksum {computed:08x}").to_string();
            fail(Damage::FileHeader, 0, &format_args!("a header with checksum {stored:08x}"), &found)
        }
        Err(HeaderFault::Version(version)) => {
            fail(Damage::Version, 8, &format_args!("version {VERSION}"), &format_args!("version {version}"))
        }
        Err(HeaderFault::Value(what)) => fail(Damage::FileHeader, 0, &"a header of this version", &what),
    }
}

fn damaged(fault: crate::format::FrameFault) -> Here {
    use crate::format::FrameFault::{Crc, Value};
    match fault {
        Crc { stored, computed } => Here::Damaged {
            expected: format!("a frame header with checksum {stored:08x}"),
            found: format!("bytes with checksum {computed:08x}"),
        },
        Value(what) => Here::Damaged { expected: "a frame of this version".into(), found: what.into() },
    }
}

pub(super) fn corrupt(
    path: &Path,
    damage: Damage,
    offset: u64,
    expected: impl Display,
    found: impl Display,
) -> WalkError {
    WalkError::Corrupt(Corrupt {
        damage,
        file: path.to_owned(),
        offset,
        expected: expected.to_string(),
        found: found.to_string(),
    })
}

/// A buffered view of a file.
#[derive(Debug)]
struct Window {
    file: Box<dyn DiskFile>,
    start: u64,
    buf: Vec<u8>,
}

impl Window {
    fn new(file: Box<dyn DiskFile>) -> Self {
        Self { file, start: 0, buf: Vec::new() }
    }

    /// `length` bytes at an offset, fewer only if the file ends before.
    fn get(&mut self, at: u64, length: usize) -> io::Result<&[u8]> {
        let end = at + length as u64;
        if at < self.start || end > self.start + self.buf.len() as u64 {
            self.fill(at, length.max(WINDOW_BYTES))?;
        }
        let from = ((at - self.start) as usize).min(self.buf.len());
        let to = (from + length).min(self.buf.len());
        Ok(&self.buf[from..to])
    }

    fn fill(&mut self, at: u64, length: usize) -> io::Result<()> {
        self.start = at;
        self.buf.resize(length, 0);
        let mut filled = 0;
        while filled < length {
            match self.file.read_at(&mut self.buf[filled..], at + filled as u64) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.buf.clear();
                    return Err(error);
                }
            }
        }
        self.buf.truncate(filled);
        Ok(())
    }
}
