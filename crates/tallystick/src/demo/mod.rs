//! The demonstration: a service with a sample organization, so that somebody who tries the product has a log to read.

pub mod sim;
