//! The real binary, as its users run it: started, fed, killed, damaged, and asked again.

mod config;
mod crash;
mod damage;
mod disk_full;
mod doctor;
mod import;
mod journal;
mod kill;
mod locking;
mod round_trip;
mod server;
