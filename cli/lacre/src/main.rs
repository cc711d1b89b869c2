//! The program `lacre`: all of it is the library, so that the demonstration speaks as it does.

fn main() -> std::process::ExitCode {
    lacre::main()
}
