//! The commit log as its callers see it: on a disk that fails, loses power, runs full, or was tampered with.

#[cfg(test)]
mod basic;
#[cfg(test)]
mod crash;
#[cfg(test)]
mod damage;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod forged;
#[cfg(test)]
mod golden;
#[cfg(test)]
mod real;
#[cfg(test)]
mod space;
#[cfg(test)]
mod support;
