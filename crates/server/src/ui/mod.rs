//! What people see of the service in a browser.

pub mod pages;
