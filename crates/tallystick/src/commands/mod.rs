//! The commands, one a file.

mod bench;
mod check_config;
mod count;
mod demo;
mod doctor;
mod evidence;
mod export;
mod exports;
mod import;
mod keys;
mod orgs;
mod reconcile;
mod recover;
mod search;
mod send;
mod serve;
mod streams;
mod tail;
mod user;
mod witness;

use crate::{cli::Command, exit::Exit};

/// Runs a command.
pub(crate) async fn run(command: Command) -> anyhow::Result<Exit> {
    match command {
        Command::Serve(args) => serve::run(args).await,
        Command::Demo(args) => demo::run(args).await,
        Command::Send(args) => send::run(args).await,
        Command::Search(args) => search::run(args).await,
        Command::Tail(args) => tail::run(args).await,
        Command::Count(args) => count::run(args).await,
        Command::Export(args) => export::run(args).await,
        Command::Exports(args) => exports::run(args).await,
        Command::Streams(args) => streams::run(args).await,
        Command::Reconcile(args) => reconcile::run(*args).await,
        Command::Import(args) => import::run(args).await,
        Command::Orgs(args) => orgs::run(args).await,
        Command::Keys(args) => keys::run(args).await,
        Command::User(args) => user::run(args).await,
        Command::Doctor(args) => doctor::run(args).await,
        Command::Recover(args) => recover::run(args).await,
        Command::Witness(args) => witness::run(args).await,
        Command::Bench(args) => bench::run(args).await,
        Command::Verify(_) => unreachable!("it runs before there is a runtime"),
        Command::CheckConfig(args) => check_config::run(&args).await,
    }
}

pub(crate) use self::{
    bench::BenchArgs, check_config::CheckConfigArgs, count::CountArgs, demo::DemoArgs, doctor::DoctorArgs,
    export::ExportArgs, exports::ExportsArgs, import::ImportArgs, keys::KeysArgs, orgs::OrgsArgs,
    reconcile::ReconcileArgs, recover::RecoverArgs, search::SearchArgs, send::SendArgs, serve::ServeArgs,
    streams::StreamsArgs, tail::TailArgs, user::UserArgs, witness::WitnessArgs,
};
