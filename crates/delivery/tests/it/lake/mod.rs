//! The lake: what is in the files, what an attempt that was cut short leaves, and what the engines of others read.

mod cut;
mod files;
mod golden;
mod readers;
mod rig;
mod run;
mod store;
