//! Calls and sockets against real servers on this machine, with certificates made for the test.

mod addresses;
mod calls;
mod certificates;
mod servers;
mod sockets;
