//! The command line as typed. Each command's arguments stand in its own file; here is how they hang together.

use clap::{Parser, Subcommand};

use crate::commands::{
    BenchArgs, CheckConfigArgs, CountArgs, DemoArgs, DoctorArgs, ExportArgs, ExportsArgs, ImportArgs,
    KeysArgs, OrgsArgs, ReconcileArgs, RecoverArgs, SearchArgs, SendArgs, ServeArgs, StreamsArgs, TailArgs,
    UserArgs, WitnessArgs,
};

const AFTER_HELP: &str = "\
Look around:      tallystick demo
Run a service:    tallystick serve --data-dir ./data
Send an event:    tallystick send --org acme --action user.created --actor user:u_1
Find it:          tallystick search --org acme 'action:user.created'

Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 3 the service cannot be reached or cannot answer now,
4 the service refused, 5 done, but something looked at is not well (bad records, failed checks).
The pages in docs/ explain the rest; a running service has its API at /docs.";

const VERIFY_EXAMPLES: &str = "\
Examples:
  tallystick verify event proof.json --policy trust.policy
  tallystick verify pack evidence.tallystick-pack.tar --policy trust.policy
  tallystick verify log https://audit.example.com/v1/logs/acme --policy trust.policy --state ./verified
  tallystick verify since kept.checkpoint --log https://audit.example.com/v1/logs/acme --policy trust.policy
  tallystick verify range https://audit.example.com/v1/logs/acme --from 0 --to 1000 --policy trust.policy

Exit codes of this command: 0 everything holds, 2 something was tampered with (or wrong usage), 3 nothing is wrong but
the policy demands more than there is, 4 the input cannot be read. tallystick-verify is the same without the service.";

/// A self-hosted audit log: takes in events, keeps them, finds them.
#[derive(Debug, Parser)]
#[command(name = "tallystick", version, after_help = AFTER_HELP, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the service.
    Serve(ServeArgs),
    /// Run a service with sixty days of a made-up company and new events arriving.
    Demo(DemoArgs),
    /// Send events.
    Send(SendArgs),
    /// Find events.
    Search(SearchArgs),
    /// Watch events arrive.
    Tail(TailArgs),
    /// Count events.
    Count(CountArgs),
    /// Write out all events that match, oldest first, one JSON object a line.
    Export(ExportArgs),
    /// Have the service make files of events: CSV, JSON, NDJSON, Parquet; wait for them and download them.
    Exports(ExportsArgs),
    /// Send events on to other systems as they arrive: make streams, test them, see how they get on.
    Streams(StreamsArgs),
    /// Compare a copy of events, in files, a bucket or an index, with the log: what is missing, changed, out of order.
    Reconcile(Box<ReconcileArgs>),
    /// Bring in audit records of other products.
    Import(ImportArgs),
    /// Make and list organizations.
    Orgs(OrgsArgs),
    /// Make, list and revoke API keys.
    Keys(KeysArgs),
    /// Get people back in: list accounts, make links to set up or to choose a new password.
    User(UserArgs),
    /// Go on after the data was found to be other than what was signed before.
    Recover(RecoverArgs),
    /// Look a data directory or a running service over.
    Doctor(DoctorArgs),
    /// Be a witness: cosign the checkpoints of logs, and never two that contradict each other.
    Witness(WitnessArgs),
    /// Measure what the service can do here, and compare it with other engines.
    Bench(BenchArgs),
    /// Verify event proofs, evidence packs and logs, believing nothing but a policy.
    #[command(after_help = VERIFY_EXAMPLES)]
    Verify(tallystick_auditor::Args),
    /// Check a configuration and show what it comes to.
    CheckConfig(CheckConfigArgs),
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent_and_each_command_shows_examples() {
        let mut command = Cli::command();
        command.clone().debug_assert();
        for sub in command.get_subcommands_mut() {
            let name = sub.get_name().to_owned();
            let help = sub.render_long_help().to_string();
            assert!(help.contains("Examples:") && help.contains("  tallystick "), "{name} has no examples");
        }
    }

    #[test]
    fn every_command_is_documented() {
        let text = include_str!("../../../docs/cli.md");
        for sub in Cli::command().get_subcommands() {
            assert!(
                text.contains(&format!("## {}", sub.get_name())),
                "{} is not in docs/cli.md",
                sub.get_name()
            );
            for flag in sub.get_arguments().filter_map(clap::Arg::get_long) {
                assert!(
                    text.contains(&format!("--{flag}")),
                    "{} --{flag} is not in docs/cli.md",
                    sub.get_name()
                );
            }
        }
    }
}
