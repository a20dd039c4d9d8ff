//! The `tallystick` command.

/// Events come and go by the million on several threads: a tenth less CPU an event than with glibc's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    tallystick::run()
}
