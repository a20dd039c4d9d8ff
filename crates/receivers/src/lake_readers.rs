//! The engines of others that read lakes: DuckDB, ClickHouse, Spark and Arrow.

use std::{
    io::{BufRead as _, BufReader, Lines, Write as _},
    path::PathBuf,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use serde_json::{Value, json};

use crate::{debian, installed};

/// The program that asks the engines.
const PROGRAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/lake_readers.py");

/// All engines in one process, so that Spark starts once.
#[derive(Debug)]
pub struct LakeReaders {
    process: Child,
    questions: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
}

impl LakeReaders {
    /// Starts the process. What the engines say beside their answers goes to the test's standard error.
    pub fn start() -> LakeReaders {
        let mut command = Command::new(installed("bin/python"));
        command.arg(PROGRAM).stdin(Stdio::piped()).stdout(Stdio::piped());
        if let Some(home) = unpacked_java() {
            command.env("JAVA_HOME", home);
        }
        let mut process = command.spawn().unwrap();
        let questions = process.stdin.take().unwrap();
        let answers = BufReader::new(process.stdout.take().unwrap()).lines();
        Self { process, questions, answers }
    }

    /// What engines count in a lake: by the name of the engine, and that of the question. `place` is
    /// `{"folder": …}`, or of [`crate::Seaweed::lake`].
    pub fn ask(&mut self, engines: &[&str], place: &Value) -> Value {
        let mut question = place.clone();
        question["engines"] = json!(engines);
        writeln!(self.questions, "{question}").expect("it reads questions until it has failed");
        let answer = self.answers.next().expect("standard error says why it ended");
        serde_json::from_str(&answer.unwrap()).unwrap()
    }
}

impl Drop for LakeReaders {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The Java that was unpacked because none was installed.
fn unpacked_java() -> Option<PathBuf> {
    let homes = std::fs::read_dir(debian::root().join("usr/lib/jvm")).into_iter().flatten().flatten();
    homes.map(|entry| entry.path()).filter(|home| home.join("bin/java").exists()).min()
}
