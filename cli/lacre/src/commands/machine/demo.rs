//! `lacre demo`: the whole system in a minute, with a real relay and four example people. The demonstration is a program of
//! its own, `lacre-demo`, because it lays bare what its people hold; this one starts it.

use crate::context::{Context, Outcome};
use lacre_words::failure::Exit;
use lacre_words::shown::shown;
use lacre_words::usage::Forms;
use std::path::PathBuf;
use std::process::Command;

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[arg(long, value_name = "DIR")]
    input: Option<PathBuf>,
    #[arg(long)]
    keep: bool,
    #[arg(long, value_name = "N", value_parser = act)]
    act: Option<u32>,
}

fn act(text: &str) -> Result<u32, Forms> {
    text.parse().ok().filter(|act| (1..=11).contains(act)).ok_or(Forms("1-11"))
}

pub(crate) fn run(ctx: &Context, args: &Args) -> Outcome {
    let beside = std::env::current_exe().map(|own| own.with_file_name("lacre-demo"));
    let program = beside.unwrap_or_else(|_| PathBuf::from("lacre-demo"));
    let mut command = Command::new(&program);
    command.args(["--lang", ctx.words.lang().code()]);
    command.args(args.input.iter().flat_map(|dir| ["--input".as_ref(), dir.as_os_str()]));
    command.args(args.act.iter().flat_map(|act| ["--act".to_owned(), act.to_string()]));
    command.args(args.keep.then_some("--keep")).args(ctx.global.json.then_some("--json"));
    // its words and its answer are ours
    match command.status().map(|status| status.code()) {
        Ok(Some(0)) => Ok(Exit::Done),
        Ok(Some(1)) => Ok(Exit::No),
        Ok(Some(2)) => Ok(Exit::Usage),
        Ok(_) => Ok(Exit::CouldNotAsk),
        Err(_) => {
            let path = shown(&program.display().to_string());
            Err(ctx.failure("error-no-demo", Exit::CouldNotAsk, &[("program", path.into())]))
        }
    }
}
