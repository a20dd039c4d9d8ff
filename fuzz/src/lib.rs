//! Fuzz targets as plain functions, so that stable Rust can drive them in every test run and cargo-fuzz can drive the
//! same bodies for hours. Adding one is one file in `targets/` and one line in [`TARGETS`].

pub mod driver;
pub mod mutate;
mod targets;

/// One parser of outside bytes and the bytes to begin with.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Name on the command line and of saved inputs, `snake_case`.
    pub name: &'static str,
    /// Valid and nearly valid inputs; mutation starts here, so each feature of the format deserves one.
    pub seeds: fn() -> Vec<Vec<u8>>,
    /// Feeds one input. A panic is a finding, so say every property that must hold with `assert!`.
    pub run: fn(&[u8]),
}

/// Every target there is; `cargo xtask fuzz` shares its time equally among them.
pub const TARGETS: &[Target] = targets::ALL;

/// Feeds one input to the target of that name: what a libFuzzer harness calls.
///
/// # Panics
/// If there is no such target, or if the input is a finding.
pub fn run(name: &str, input: &[u8]) {
    let target = TARGETS.iter().find(|t| t.name == name).expect("the name of a target in TARGETS");
    (target.run)(input);
}
