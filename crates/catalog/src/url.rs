//! Where the catalog lives: a SQLite file, or a PostgreSQL database whose password must not be printed.

use std::fmt;
use std::path::PathBuf;

use crate::CatalogError;

/// The place of a catalog.
#[derive(Clone, PartialEq, Eq)]
pub enum CatalogUrl {
    /// A SQLite file; it is created if its folder exists.
    Sqlite(PathBuf),
    /// A `postgres://` URL. May contain a password, so it is never printed whole.
    Postgres(String),
}

impl CatalogUrl {
    /// Reads `postgres://…`, `postgresql://…` or `sqlite:PATH`.
    pub fn parse(text: &str) -> Result<Self, CatalogError> {
        let invalid = |why: &str| CatalogError::invalid("catalog URL", why);
        match text.split_once(':') {
            Some(("postgres" | "postgresql", rest)) if rest.starts_with("//") => {
                Ok(Self::Postgres(text.to_owned()))
            }
            Some(("sqlite", path)) => match path.strip_prefix("//").unwrap_or(path) {
                "" => Err(invalid("sqlite: needs a path")),
                path => Ok(Self::Sqlite(PathBuf::from(path))),
            },
            _ => Err(invalid("it starts with neither postgres:// nor sqlite:")),
        }
    }
}

/// The URL with user, password and parameters left out: safe for logs.
impl fmt::Display for CatalogUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Self::Postgres(url) => {
                let rest = url.split_once("//").map_or("", |(_, rest)| rest);
                let rest = rest.split('?').next().unwrap_or_default();
                let place = rest.rsplit_once('@').map_or(rest, |(_, place)| place);
                write!(f, "postgres://{place}")
            }
        }
    }
}

impl fmt::Debug for CatalogUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CatalogUrl({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_kinds_are_read() {
        assert_eq!(
            CatalogUrl::parse("sqlite:///var/lib/t/catalog.db").unwrap(),
            CatalogUrl::Sqlite("/var/lib/t/catalog.db".into())
        );
        assert_eq!(CatalogUrl::parse("sqlite:catalog.db").unwrap(), CatalogUrl::Sqlite("catalog.db".into()));
        assert!(matches!(CatalogUrl::parse("postgresql://h/db").unwrap(), CatalogUrl::Postgres(_)));
        for bad in ["", "sqlite:", "sqlite://", "mysql://h/db", "postgres:db"] {
            assert!(CatalogUrl::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_password_is_never_printed() {
        let url = CatalogUrl::parse("postgres://u:p@ss@db.example:5432/t?password=hidden").unwrap();
        assert_eq!(url.to_string(), "postgres://db.example:5432/t");
        assert_eq!(format!("{url:?}"), "CatalogUrl(postgres://db.example:5432/t)");
    }
}
