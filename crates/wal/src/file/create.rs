//! Making a file: it gets its name only when its header and all its room are durable, so that whatever carries a log
//! file's name is complete, and a shorter one is damage.

use std::io::{self, IoSlice};
use std::path::Path;

use crate::disk::{Disk, DiskFile, is_no_space, write_all, write_zeros};
use crate::format::{FileHeader, SECTOR, file_name, temp_name};
use crate::limits::SECTOR_BYTES;

/// Why there is no new file.
#[derive(Debug)]
pub(super) enum CreateError {
    /// No room; nothing is left of the attempt.
    NoSpace(io::Error),
    /// It could not be begun; nothing is left of the attempt.
    NotBegun(io::Error),
    /// The device failed, so it is unknown what is there.
    Fatal(&'static str, io::Error),
}

/// Makes the file that `header` describes, durably, replacing one of the same name. Returns it and the checksum of its
/// header.
pub(super) fn create_file(
    disk: &dyn Disk,
    dir: &Path,
    header: &FileHeader,
) -> Result<(Box<dyn DiskFile>, u32), CreateError> {
    let temp = dir.join(temp_name(header.first_position));
    let (sector, crc) = header.encode();
    let made = make_complete(disk, &temp, header.capacity, &sector).and_then(|file| {
        match disk.rename(&temp, &dir.join(file_name(header.first_position))) {
            Ok(()) => Ok(file),
            Err(error) => Err(classify("naming a new file", error)),
        }
    });
    let file = match made {
        Ok(file) => file,
        Err(error) => {
            // Best effort: what stays behind is removed when the log is opened, or by the next attempt.
            let _ = disk.remove(&temp);
            return Err(error);
        }
    };
    disk.sync_dir(dir).map_err(|e| CreateError::Fatal("syncing the directory of a new file", e))?;
    Ok((file, crc))
}

fn make_complete(
    disk: &dyn Disk,
    temp: &Path,
    capacity: u64,
    header: &[u8; SECTOR],
) -> Result<Box<dyn DiskFile>, CreateError> {
    // A temporary file of an earlier failed attempt is in the way; that there is none is the normal case.
    let _ = disk.remove(temp);
    let file = disk
        .create(temp)
        .map_err(|e| if is_no_space(&e) { CreateError::NoSpace(e) } else { CreateError::NotBegun(e) })?;
    match file.allocate(capacity) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::Unsupported => {
            write_zeros(&*file, SECTOR_BYTES, capacity)
                .map_err(|e| classify("filling a new file with zeros", e.source))?;
        }
        Err(error) => return Err(classify("reserving room for a new file", error)),
    }
    write_all(&*file, &mut [IoSlice::new(header)], 0)
        .map_err(|e| classify("writing the header of a new file", e.source))?;
    file.sync_data().map_err(|e| CreateError::Fatal("syncing a new file", e))?;
    Ok(file)
}

fn classify(doing: &'static str, error: io::Error) -> CreateError {
    if is_no_space(&error) { CreateError::NoSpace(error) } else { CreateError::Fatal(doing, error) }
}
