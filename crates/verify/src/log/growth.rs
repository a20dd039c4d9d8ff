//! Whether a log continues what it was, proven from its tiles.

use tallystick_merkle::{
    Checkpoint, GenerateError, Hash, TileError, TileId, TileReader, consistency_proof, verify_consistency,
};

use super::Fetch;
use crate::VerifyError;
use crate::report::LogStatus;

/// Compares a checkpoint that was verified before with another of the same log. Both were opened, so the log has signed
/// them: if they contradict each other, they are the evidence.
///
/// # Errors
/// If the tiles that the proof needs cannot be fetched.
pub fn continues(
    fetcher: &mut dyn Fetch,
    old: &Checkpoint,
    now: &Checkpoint,
) -> Result<LogStatus, VerifyError> {
    let (was, is) = (old.size(), now.size());
    if is < was {
        return Ok(LogStatus::RolledBack { was, is });
    }
    if is == was {
        let fork = || LogStatus::Forked { why: format!("it has two roots at size {is}") };
        return Ok(if old.root() == now.root() { LogStatus::Consistent } else { fork() });
    }
    match prove(fetcher, was, now) {
        Err(TileError::Fetch(error)) => Err(error),
        Err(error) => {
            Ok(LogStatus::Tampered { why: format!("its tiles are not those of its checkpoint: {error}") })
        }
        Ok(proof) => Ok(match verify_consistency(was, is, &proof, old.root(), now.root()) {
            Ok(()) => LogStatus::Consistent,
            Err(error) => LogStatus::Forked {
                why: format!("what it is at size {is} does not continue what it was at size {was}: {error}"),
            },
        }),
    }
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
