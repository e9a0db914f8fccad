//! Database URLs.

use std::path::PathBuf;

use crate::failure::OpenError;

/// Where a database is.
#[derive(PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))]
pub(crate) enum Address {
    /// A SQLite file.
    File(PathBuf),
    /// A private temporary SQLite database.
    Memory,
    /// A PostgreSQL database; its URL is read by the engine. It may hold a password: never show it.
    Postgres(String),
}

impl Address {
    /// Reads a URL. The path is taken as it is: no `%` escapes, and a query is refused.
    pub(crate) fn parse(url: &str) -> Result<Self, OpenError> {
        // Without a colon it is most likely a path, which holds no password.
        let (scheme, rest) = url.split_once(':').unwrap_or((url, ""));
        match scheme {
            "sqlite" if rest == ":memory:" => Ok(Self::Memory),
            "sqlite" => match rest.strip_prefix("//").unwrap_or(rest) {
                "" => Err(OpenError::NoPath),
                ":memory:" => Ok(Self::Memory),
                // SQLite would read it as a URI whose query may turn off locks, syncs or writes.
                path if path.starts_with("file:") => Err(OpenError::FileUri),
                // Other programs take `?mode=ro` after the path for parameters; as part of the name it would make a new
                // file.
                path => match path.split_once('?') {
                    Some((path, _)) => Err(OpenError::Parameters { path: path.to_owned() }),
                    None => Ok(Self::File(PathBuf::from(path))),
                },
            },
            "postgres" | "postgresql" => Ok(Self::Postgres(url.to_owned())),
            other => Err(OpenError::UnknownScheme { scheme: other.to_owned() }),
        }
    }
}

/// Whether a URL names a database, which is not looked for.
///
/// # Errors
/// When it names none.
pub fn check_url(url: &str) -> Result<(), OpenError> {
    Address::parse(url).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_names_a_file_or_memory() {
        for (url, path) in [
            ("sqlite:data.db", "data.db"),
            ("sqlite://data.db", "data.db"),
            ("sqlite:///var/lib/data.db", "/var/lib/data.db"),
            ("sqlite:/var/lib/data.db", "/var/lib/data.db"),
            ("sqlite:./a b%20c.db", "./a b%20c.db"),
        ] {
            assert_eq!(Address::parse(url), Ok(Address::File(PathBuf::from(path))), "{url}");
        }
        assert_eq!(Address::parse("sqlite::memory:"), Ok(Address::Memory));
        for url in ["postgres://host/db", "postgresql://host/db"] {
            assert_eq!(Address::parse(url), Ok(Address::Postgres(url.to_owned())));
        }
    }

    #[test]
    fn a_sqlite_uri_is_refused_and_a_path_that_looks_like_one_is_not() {
        for url in ["sqlite:file:data.db", "sqlite://file:data.db?mode=ro", "sqlite:file:///var/lib/data.db"] {
            assert_eq!(Address::parse(url), Err(OpenError::FileUri), "{url}");
        }
        let path = PathBuf::from("./file:data.db");
        assert_eq!(Address::parse("sqlite:./file:data.db"), Ok(Address::File(path)));
    }

    #[test]
    fn parameters_are_refused() {
        for url in ["sqlite:data.db?mode=ro", "sqlite://data.db?", "sqlite:data.db?cache=shared&mode=memory"] {
            assert_eq!(Address::parse(url), Err(OpenError::Parameters { path: "data.db".to_owned() }), "{url}");
        }
    }

    #[test]
    fn an_unknown_url_is_reported_without_its_password() {
        assert_eq!(Address::parse("sqlite:"), Err(OpenError::NoPath));
        let error = Address::parse("mysql://me:secret@host/db").unwrap_err().to_string();
        assert!(error.contains("mysql") && error.contains("sqlite:PATH") && !error.contains("secret"), "{error}");
    }
}
