//! One life of the relay's store, for the power-cut tests, which run this under the recorder:
//! `power-cut-life FOLDER MEMORY SEED OPERATIONS honest|no-sync|answers-first`.
#![expect(clippy::print_stderr, reason = "a program of the tests")]

use lacre_tests::powercut::marks;
use lacre_tests::powercut::workload::{Honesty, Plan, live};
use std::path::Path;
use std::process::ExitCode;

fn run() -> Result<(), String> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, memory, seed, operations, honesty] = arguments.as_slice() else {
        return Err("five arguments: folder, memory, seed, operations, honesty".to_owned());
    };
    let honesty = match honesty.as_str() {
        "honest" => Honesty::Honest,
        "no-sync" => Honesty::NoSync,
        "answers-first" => Honesty::AnswersFirst,
        other => return Err(format!("no such honesty: {other}")),
    };
    let plan = Plan {
        seed: seed.parse().map_err(|e| format!("the seed: {e}"))?,
        operations: operations.parse().map_err(|e| format!("the operations: {e}"))?,
        honesty,
    };
    let memory = std::fs::read(memory).map_err(|e| format!("the memory: {e}"))?;
    live(Path::new(folder), marks::read(&memory)?, &plan)
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("power-cut-life: {e}");
            ExitCode::from(3)
        }
    }
}
