//! Whether a log continues what it was, proven from its tiles.

use tallystick_merkle::{
    Checkpoint, GenerateError, Hash, TileError, TileId, TileReader, consistency_proof, verify_consistency,
};

use super::Fetch;
use crate::VerifyError;
use crate::report::{LogStatus, Report};

/// Compares a checkpoint that was verified before with the current one. Both are signed by the log: if they contradict
/// each other, they are the evidence.
pub(super) fn judge(
    fetcher: &mut dyn Fetch,
    old: &Checkpoint,
    now: &Checkpoint,
    report: &mut Report,
) -> Result<(), VerifyError> {
    let (was, is) = (old.size(), now.size());
    if is < was {
        report.log.worsen(LogStatus::RolledBack { was, is });
        return Ok(());
    }
    if is == was {
        if old.root() != now.root() {
            let why = format!("it has two roots at size {is}");
            report.log.worsen(LogStatus::Forked { why });
        }
        return Ok(());
    }
    match prove(fetcher, was, now) {
        Err(TileError::Fetch(error)) => return Err(error),
        Err(error) => {
            let why = format!("its tiles are not those of its checkpoint: {error}");
            report.log.worsen(LogStatus::Tampered { why });
        }
        Ok(proof) => {
            if let Err(error) = verify_consistency(was, is, &proof, old.root(), now.root()) {
                let why =
                    format!("what it is at size {is} does not continue what it was at size {was}: {error}");
                report.log.worsen(LogStatus::Forked { why });
            } else {
                report
                    .remarks
                    .push(format!("continues the checkpoint of size {was} that was verified before"));
            }
        }
    }
    Ok(())
}

/// The proof that the tree of a checkpoint continues that of its first `was` leaves, from tiles.
pub(super) fn prove(
    fetcher: &mut dyn Fetch,
    was: u64,
    now: &Checkpoint,
) -> Result<Vec<Hash>, TileError<VerifyError>> {
    // Nothing is to be proven, and no tile needed.
    if was == 0 || was == now.size() {
        return Ok(Vec::new());
    }
    let reader = open_tiles(fetcher, now)?;
    consistency_proof(was, now.size(), &reader).map_err(|error| match error {
        GenerateError::Outside(outside) => TileError::Outside(outside),
        GenerateError::Source(error) => error,
    })
}

/// Gives tiles from a fetcher. For a partial tile that is gone the full one is taken.
pub(super) type Tiles<'f> = Box<dyn FnMut(&[TileId]) -> Result<Vec<Vec<u8>>, VerifyError> + 'f>;

/// The tree of a checkpoint, read from tiles.
pub(super) fn open_tiles<'f>(
    fetcher: &'f mut dyn Fetch,
    checkpoint: &Checkpoint,
) -> Result<TileReader<Tiles<'f>>, TileError<VerifyError>> {
    let fetch: Tiles<'f> = Box::new(move |wanted| {
        let paths: Vec<String> = wanted.iter().map(TileId::to_string).collect();
        let found = fetcher.fetch(&paths)?;
        let mut tiles = Vec::with_capacity(wanted.len());
        for (path, bytes) in paths.iter().zip(found) {
            tiles.push(or_full(fetcher, path, bytes)?);
        }
        Ok(tiles)
    });
    TileReader::open(checkpoint.size(), *checkpoint.root(), fetch)
}

/// What was fetched; or, if that was a partial tile or bundle that is gone, the full one.
pub(super) fn or_full(
    fetcher: &mut dyn Fetch,
    path: &str,
    found: Option<Vec<u8>>,
) -> Result<Vec<u8>, VerifyError> {
    if let Some(bytes) = found {
        return Ok(bytes);
    }
    let missing = || VerifyError::NotFound { path: path.to_owned() };
    let (full, _) = path.split_once(".p/").ok_or_else(missing)?;
    super::fetch_one(fetcher, full)?.ok_or_else(missing)
}
