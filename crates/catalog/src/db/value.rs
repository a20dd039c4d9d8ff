//! The three types the catalog stores (64-bit integer, text, bytes), bound to and read from either
//! database, so that each statement exists once.

use sqlx::Row as _;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;

use crate::CatalogError;

/// A statement parameter. Nulls are typed, because PostgreSQL types parameters before it sees them.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Value<'a> {
    Int(Option<i64>),
    Text(Option<&'a str>),
    Bytes(&'a [u8]),
}

impl From<i64> for Value<'_> {
    fn from(value: i64) -> Self {
        Self::Int(Some(value))
    }
}

impl From<Option<i64>> for Value<'_> {
    fn from(value: Option<i64>) -> Self {
        Self::Int(value)
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(value: &'a str) -> Self {
        Self::Text(Some(value))
    }
}

impl<'a> From<Option<&'a str>> for Value<'a> {
    fn from(value: Option<&'a str>) -> Self {
        Self::Text(value)
    }
}

impl<'a> From<&'a [u8]> for Value<'a> {
    fn from(value: &'a [u8]) -> Self {
        Self::Bytes(value)
    }
}

/// One row of an answer.
pub(crate) enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

macro_rules! get {
    ($self:expr, $column:expr) => {
        match $self {
            Row::Sqlite(row) => row.try_get($column).map_err(CatalogError::from),
            Row::Postgres(row) => row.try_get($column).map_err(CatalogError::from),
        }
    };
}

impl Row {
    pub(crate) fn int(&self, column: &'static str) -> Result<i64, CatalogError> {
        get!(self, column)
    }

    pub(crate) fn opt_int(&self, column: &'static str) -> Result<Option<i64>, CatalogError> {
        get!(self, column)
    }

    pub(crate) fn text(&self, column: &'static str) -> Result<String, CatalogError> {
        get!(self, column)
    }

    pub(crate) fn opt_text(&self, column: &'static str) -> Result<Option<String>, CatalogError> {
        get!(self, column)
    }

    pub(crate) fn bytes(&self, column: &'static str) -> Result<Vec<u8>, CatalogError> {
        get!(self, column)
    }

    /// A number that this program stored from a `u64`.
    pub(crate) fn count(&self, table: &'static str, column: &'static str) -> Result<u64, CatalogError> {
        let value = self.int(column)?;
        u64::try_from(value).map_err(|_| CatalogError::corrupt(table, format!("{column} is {value}")))
    }

    /// Bytes of a fixed length.
    pub(crate) fn array<const N: usize>(
        &self,
        table: &'static str,
        column: &'static str,
    ) -> Result<[u8; N], CatalogError> {
        let bytes = self.bytes(column)?;
        let found = bytes.len();
        bytes
            .try_into()
            .map_err(|_| CatalogError::corrupt(table, format!("{column} has {found} bytes, not {N}")))
    }

    /// Text that parses as an id or a state.
    pub(crate) fn parsed<T: std::str::FromStr>(
        &self,
        table: &'static str,
        column: &'static str,
    ) -> Result<T, CatalogError> {
        let text = self.text(column)?;
        text.parse().map_err(|_| CatalogError::corrupt(table, format!("{column} is {text:?}")))
    }
}

/// A count on its way into the database. Both databases have signed 64-bit integers only.
pub(crate) fn stored(what: &'static str, count: u64) -> Result<i64, CatalogError> {
    i64::try_from(count).map_err(|_| CatalogError::invalid(what, format!("{count} is above 2^63-1")))
}
