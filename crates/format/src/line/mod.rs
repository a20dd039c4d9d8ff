//! The formats that are one line of text: CEF and LEEF.

mod cef;
mod leef;
mod text;

pub(crate) use cef::write as cef;
pub(crate) use leef::write as leef;
