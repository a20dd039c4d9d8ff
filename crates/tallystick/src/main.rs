//! The `tallystick` command.

fn main() -> std::process::ExitCode {
    tallystick::run()
}
