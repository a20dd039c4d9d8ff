//! The paths of tiles and bundles below a log's prefix, read as strictly as they are written: one path for each tile.

use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

use super::id::{BundleId, TileId};
use crate::limits::{TILE_HASHES, TILE_LEVEL_MAX};
use crate::spelling::decimal;

/// What a path below a log's prefix names: `tile/0/x001/x234/067`, `tile/entries/000.p/12`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TilePath {
    /// A tile of hashes.
    Tile(TileId),
    /// A bundle of entries.
    Entries(BundleId),
}

/// Why a text is no path of a tile or bundle. To a client it is simply not found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// It is not `tile/`, a level or `entries`, and a number.
    #[error("not the path of a tile or bundle")]
    Shape,
    /// The level is no number from 0 to 63, or is not spelled the only way.
    #[error("the level of a tile is a number from 0 to 63")]
    Level,
    /// The number is not in groups of three digits, all but the last behind an `x`, without a needless first group; or
    /// it is over 2^64 - 1.
    #[error("the number of a tile is groups of three digits, all but the last behind an x")]
    Index,
    /// What stands behind `.p/` is no number from 1 to 255, or is not spelled the only way.
    #[error("the width of a partial tile is a number from 1 to 255")]
    Width,
}

impl Display for TileId {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "tile/{}/", self.level())?;
        write_place(f, self.index(), self.width())
    }
}

impl Display for BundleId {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("tile/entries/")?;
        write_place(f, self.index(), self.width())
    }
}

impl Display for TilePath {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            TilePath::Tile(tile) => tile.fmt(f),
            TilePath::Entries(bundle) => bundle.fmt(f),
        }
    }
}

fn write_place(f: &mut Formatter<'_>, index: u64, width: u16) -> fmt::Result {
    // 2^64 - 1 has seven groups.
    let groups = (1..7).rev().map(|power| 1000u64.pow(power)).filter(|group| index >= *group);
    for group in groups {
        write!(f, "x{:03}/", index / group % 1000)?;
    }
    write!(f, "{:03}", index % 1000)?;
    if width == TILE_HASHES { Ok(()) } else { write!(f, ".p/{width}") }
}

impl FromStr for TilePath {
    type Err = PathError;

    fn from_str(path: &str) -> Result<TilePath, PathError> {
        let (level, place) =
            path.strip_prefix("tile/").and_then(|rest| rest.split_once('/')).ok_or(PathError::Shape)?;
        if level == "entries" {
            let (index, width) = read_place(place)?;
            return BundleId::new(index, width).map(TilePath::Entries).ok_or(PathError::Width);
        }
        let level =
            decimal(level).filter(|level| *level <= TILE_LEVEL_MAX.into()).ok_or(PathError::Level)? as u8;
        let (index, width) = read_place(place)?;
        TileId::new(level, index, width).map(TilePath::Tile).ok_or(PathError::Width)
    }
}

fn read_place(place: &str) -> Result<(u64, u16), PathError> {
    let (number, width) = match place.split_once(".p/") {
        None => (place, TILE_HASHES),
        Some((number, width)) => {
            let width = decimal(width).filter(|width| (1..TILE_HASHES.into()).contains(width));
            (number, width.ok_or(PathError::Width)? as u16)
        }
    };
    Ok((read_index(number).ok_or(PathError::Index)?, width))
}

fn read_index(number: &str) -> Option<u64> {
    let mut index = 0u64;
    let mut groups = number.split('/').peekable();
    let mut is_first = true;
    while let Some(group) = groups.next() {
        let is_last = groups.peek().is_none();
        let digits = if is_last { group } else { group.strip_prefix('x')? };
        let is_three_digits = digits.len() == 3 && digits.bytes().all(|byte| byte.is_ascii_digit());
        // A first group of zeros would be a second path of the same tile.
        if !is_three_digits || (is_first && !is_last && digits == "000") {
            return None;
        }
        index = index.checked_mul(1000)?.checked_add(digits.parse().ok()?)?;
        is_first = false;
    }
    Some(index)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tile(level: u8, index: u64, width: u16) -> TilePath {
        TilePath::Tile(TileId::new(level, index, width).unwrap())
    }

    #[test]
    fn the_examples_of_the_specification() {
        for (path, expected) in [
            ("tile/0/x001/x234/067", tile(0, 1_234_067, 256)),
            ("tile/0/005", tile(0, 5, 256)),
            ("tile/1/x001/000", tile(1, 1000, 256)),
            ("tile/0/273.p/112", tile(0, 273, 112)),
            ("tile/63/999.p/255", tile(63, 999, 255)),
            ("tile/7/x018/x446/x744/x073/x709/x551/615", tile(7, u64::MAX, 256)),
            ("tile/entries/000.p/12", TilePath::Entries(BundleId::new(0, 12).unwrap())),
            ("tile/entries/x001/x234/067", TilePath::Entries(BundleId::new(1_234_067, 256).unwrap())),
        ] {
            assert_eq!(path.parse(), Ok(expected));
            assert_eq!(expected.to_string(), path);
        }
    }

    #[test]
    fn every_other_spelling_is_refused() {
        use PathError::{Index, Level, Shape, Width};
        for (path, error) in [
            ("", Shape),
            ("tile/0", Shape),
            ("tile", Shape),
            ("/tile/0/005", Shape),
            ("checkpoint", Shape),
            ("tile/64/005", Level),
            ("tile/00/005", Level),
            ("tile/-1/005", Level),
            ("tile//005", Level),
            ("tile/Entries/005", Level),
            ("tile/0/5", Index),
            ("tile/0/0005", Index),
            ("tile/0/x005", Index),
            ("tile/0/x000/005", Index),
            ("tile/0/001/005", Index),
            ("tile/0/x001/5", Index),
            ("tile/0/x001//005", Index),
            ("tile/0/x001/005/", Index),
            ("tile/0/X001/005", Index),
            ("tile/0/+05", Index),
            ("tile/0/005.P/1", Index),
            ("tile/0/x018/x446/x744/x073/x709/x551/616", Index),
            ("tile/0/x001/x000/x000/x000/x000/x000/x000/000", Index),
            ("tile/0/005.p/", Width),
            ("tile/0/005.p/0", Width),
            ("tile/0/005.p/01", Width),
            ("tile/0/005.p/256", Width),
            ("tile/0/005.p/1/", Width),
            ("tile/0/005.p/1.p/1", Width),
        ] {
            assert_eq!(path.parse::<TilePath>(), Err(error), "{path:?}");
        }
    }

    proptest! {
        #[test]
        fn a_tile_has_one_path(level in 0u8..=63, index: u64, shift in 0u32..64, width in 1u16..=256) {
            let path = tile(level, index >> shift, width);
            prop_assert_eq!(path.to_string().parse(), Ok(path));
        }

        #[test]
        fn what_is_read_is_written_the_same(path in "tile/([0-9]{1,2}|entries)(/x?[0-9]{3}){1,3}(\\.p/[0-9]{1,3})?") {
            if let Ok(read) = path.parse::<TilePath>() {
                prop_assert_eq!(read.to_string(), path);
            }
        }
    }
}
