//! Pages of single sign-on: beginning, coming back, and the result of a test. All work without JavaScript.

pub mod callback;
mod result;
pub mod start;
