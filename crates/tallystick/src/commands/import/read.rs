//! From files to batches of events. Runs on a thread of its own, since parsing and mapping keep a core busy.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::{Path, PathBuf},
    sync::Arc,
};

use flate2::read::MultiGzDecoder;
use serde_json::Value;
use tallystick_mapping::Mapping;
use tokio::sync::mpsc;

use super::{
    batch::{Batch, Place},
    document::Documents,
    report::{Report, Stop},
};

/// The first bytes of every gzip file (RFC 1952).
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];
const BUFFER_BYTES: usize = 256 << 10;

/// What to read.
pub(super) struct Input {
    pub(super) files: Vec<PathBuf>,
    pub(super) mapping: Arc<Mapping>,
    pub(super) org: Option<String>,
}

/// Reads all files and sends batches off. Ends early when nobody takes them any more, which has its own error.
pub(super) fn read_files(input: &Input, report: &Arc<Report>, batches: &mpsc::Sender<Batch>) {
    let mut reader = Reader { input, report, batches, batch: Batch::default() };
    if input.files.iter().try_for_each(|file| reader.file(file)).is_ok() {
        // Whoever should have taken it has an error of their own.
        let _ = reader.send();
    }
}

struct Reader<'a> {
    input: &'a Input,
    report: &'a Arc<Report>,
    batches: &'a mpsc::Sender<Batch>,
    batch: Batch,
}

impl Reader<'_> {
    fn file(&mut self, path: &Path) -> Result<(), Stop> {
        let is_stdin = path.as_os_str() == "-";
        let name: Arc<str> =
            if is_stdin { "(standard input)".into() } else { path.display().to_string().into() };
        let place = |line| Place { file: Arc::clone(&name), line, record: None };
        let raw: Box<dyn Read> = if is_stdin {
            Box::new(io::stdin())
        } else {
            match File::open(path) {
                Ok(file) => Box::new(file),
                Err(error) => return self.report.bad(&place(1), &error.to_string()),
            }
        };
        let input = match decompressed(Counted { input: raw, report: Arc::clone(self.report) }) {
            Ok(input) => input,
            Err(error) => return self.report.bad(&place(1), &format!("the file cannot be read: {error}")),
        };
        for (line, document) in Documents::new(input) {
            match document {
                Ok(document) => self.document(document, &place(line))?,
                Err(error) => self.report.bad(&place(line), &error.to_string())?,
            }
        }
        Ok(())
    }

    fn document(&mut self, document: Value, place: &Place) -> Result<(), Stop> {
        let mut records = self.input.mapping.records(document).enumerate().peekable();
        let mut is_alone = true;
        while let Some((index, record)) = records.next() {
            is_alone &= records.peek().is_none();
            let record_no = (!is_alone).then_some(index as u64 + 1);
            self.record(&record, Place { record: record_no, ..place.clone() })?;
        }
        Ok(())
    }

    fn record(&mut self, record: &Value, place: Place) -> Result<(), Stop> {
        let mapped = match self.input.mapping.map(record) {
            Ok(mapped) => mapped,
            Err(error) => return self.report.bad(&place, &error.to_string()),
        };
        self.report.notes(&mapped.notes);
        let mut event = mapped.event;
        if let (Some(org), Some(members)) = (&self.input.org, event.as_object_mut()) {
            members.insert("org".to_owned(), org.clone().into());
        }
        self.batch.push(serde_json::to_vec(&event).expect("a JSON value can be written"), place);
        if self.batch.is_full() { self.send() } else { Ok(()) }
    }

    fn send(&mut self) -> Result<(), Stop> {
        let batch = std::mem::take(&mut self.batch);
        if batch.len() == 0 {
            return Ok(());
        }
        self.batches.blocking_send(batch).map_err(|_| Stop)
    }
}

/// Counts what is read, for the progress bar: bytes as they lie on the disk.
struct Counted<R> {
    input: R,
    report: Arc<Report>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(buffer)?;
        self.report.read_bytes(read as u64);
        Ok(read)
    }
}

/// Undoes gzip, told by the first bytes and not by the name, which standard input does not have.
fn decompressed(input: impl Read + 'static) -> io::Result<Box<dyn BufRead>> {
    let mut input = BufReader::with_capacity(BUFFER_BYTES, input);
    let mut start = Vec::with_capacity(GZIP_MAGIC.len());
    (&mut input).take(GZIP_MAGIC.len() as u64).read_to_end(&mut start)?;
    let is_gzip = start == GZIP_MAGIC;
    let whole = io::Cursor::new(start).chain(input);
    if is_gzip {
        return Ok(Box::new(BufReader::with_capacity(BUFFER_BYTES, MultiGzDecoder::new(whole))));
    }
    Ok(Box::new(whole))
}
