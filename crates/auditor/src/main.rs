//! The `tallystick-verify` command: all that an auditor needs, and nothing of the service.

use std::process::ExitCode;

use clap::Parser;
use tallystick_auditor::{Args, USAGE_EXIT_CODE};

const AFTER_HELP: &str = "\
Examples:
  tallystick-verify event proof.json --policy trust.policy
  tallystick-verify pack evidence.tallystick-pack.tar --policy trust.policy
  tallystick-verify log https://audit.example.com/v1/logs/acme --policy trust.policy --state ~/.tallystick
  tallystick-verify since kept.checkpoint --log https://audit.example.com/v1/logs/acme --policy trust.policy
  tallystick-verify range https://audit.example.com/v1/logs/acme --from 0 --to 1000 --policy trust.policy

Exit codes: 0 everything holds, 2 something was tampered with, 3 nothing is wrong but the policy demands more than
there is, 4 the input cannot be read or the command line is wrong.";

/// Checks what a Tallystick log hands out, believing nothing but your policy.
#[derive(Debug, Parser)]
#[command(name = "tallystick-verify", version, after_help = AFTER_HELP, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    args: Args,
}

fn main() -> ExitCode {
    match Cli::try_parse() {
        Ok(cli) => tallystick_auditor::run(&cli.args),
        Err(error) => {
            let _ = error.print();
            if error.use_stderr() { ExitCode::from(USAGE_EXIT_CODE) } else { ExitCode::SUCCESS }
        }
    }
}
