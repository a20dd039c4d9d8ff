//! Streams of the real service to real receivers, and what goes wrong on the way: the service is killed, receivers are
//! away, busy, or refuse something, credentials are over. Every event arrives, in order; once where the protocol tells
//! repetitions.

mod away;
mod credentials;
mod kills;
mod poison;
mod proxy;
mod storms;
mod targets;
mod world;
