//! Schedules: which events are in which run, and what becomes of the files, with a real mail server and a real store.

mod mail;
mod ranges;
mod rig;
mod stores;
