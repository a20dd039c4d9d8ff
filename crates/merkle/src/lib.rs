//! RFC 6962 trees: hashing and the compact right edge of a growing log.
