//! What an operation costs: instructions per call, counted by callgrind, which do not depend on the machine's load.
//!
//! `cargo run --release -p bench` prints a table. It runs itself once more for each variant under
//! `valgrind --tool=callgrind`, with two numbers of calls, and takes the difference.

mod count;
mod variants;

use std::process::ExitCode;

use variants::Variant;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => count::print_table(),
        ["run", name, calls] => run(name, calls),
        _ => {
            eprintln!("usage: bench | bench run VARIANT CALLS");
            ExitCode::FAILURE
        }
    }
}

fn run(name: &str, calls: &str) -> ExitCode {
    match (Variant::named(name), calls.parse()) {
        (Some(variant), Ok(calls)) => {
            variant.run(calls);
            ExitCode::SUCCESS
        }
        _ => {
            eprintln!("{name} {calls}: not a variant, or not a number of calls");
            ExitCode::FAILURE
        }
    }
}
