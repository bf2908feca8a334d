//! What an operation costs, side by side: this library, writing the same lines by hand, and other libraries.
//!
//! `cargo run --release -p bench` prints a table. Each figure comes from a process of its own, which this program
//! starts with `run VARIANT CALLS`: instructions from two numbers of calls under `valgrind --tool=callgrind`, times
//! from rounds in which every variant has its turn.

mod beside;
mod by_hand;
mod callgrind;
mod child;
mod figures;
mod guard;
mod library;
mod memory;
mod order;
#[cfg(feature = "peers")]
mod peers;
mod report;
mod scale;
mod targets;
mod variant;

use std::error::Error;
use std::process::ExitCode;

use callgrind::Copies;
use figures::grouped;
use variant::Variant;

const USAGE: &str = "\
usage: bench                       prints the table of docs/PERFORMANCE.md
       bench sample [VARIANT..]    prints what each variant writes of one operation
       bench count [VARIANT..]     counts instructions only
       bench scale [OPERATIONS]    many operations at once, and one after another
       bench check                 fails where instructions grew beyond crates/bench/baseline.txt
       bench baseline              writes crates/bench/baseline.txt
       bench run VARIANT CALLS     runs one variant in this process";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    command(&arguments).unwrap_or_else(|error| {
        eprintln!("bench: {error}");
        ExitCode::FAILURE
    })
}

fn command(arguments: &[&str]) -> Result<ExitCode, Box<dyn Error>> {
    match arguments {
        [] => print(&report::table()?),
        ["sample"] => {
            for variant in report::in_table() {
                print(&format!("{}: {}\n", variant.name, variant.about));
                print(&child::output_of(&["sample", variant.name])?);
            }
        }
        ["sample", name] => {
            memory::echo();
            let mut program = named(name)?.set_up()?;
            program.repeat(1);
            program.finish();
        }
        ["sample", names @ ..] => {
            for name in names {
                print(&child::output_of(&["sample", name])?);
            }
        }
        ["count", names @ ..] => {
            let variants: Vec<Variant> = match names {
                [] => report::variants().collect(),
                names => names.iter().map(|name| named(name)).collect::<Result<_, _>>()?,
            };
            for (variant, instructions) in
                variants.iter().zip(callgrind::instructions(&variants, Copies::Fastest)?)
            {
                print(&format!("{:22} {:>9}\n", variant.name, grouped(instructions)));
            }
        }
        ["scale"] => return Ok(scale::report(5_000_000)?),
        ["scale", operations] => return Ok(scale::report(number(operations)?)?),
        ["check"] => return Ok(guard::check()?),
        ["baseline"] => return Ok(guard::write()?),
        ["run", name, calls] => {
            let measured = child::measure(named(name)?, number(calls)?)?;
            print(&format!("{}\n", measured.to_line()));
        }
        ["open", kind, operations] => print(&scale::open(kind, number(operations)?)?),
        ["endure", operations] => print(&scale::endure(number(operations)?)?),
        _ => return Err(USAGE.into()),
    }
    Ok(ExitCode::SUCCESS)
}

fn named(name: &str) -> Result<Variant, Box<dyn Error>> {
    let mut variants = report::variants();
    variants.find(|variant| variant.name == name).ok_or_else(|| {
        let names: Vec<_> = report::variants().map(|variant| variant.name).collect();
        format!("{name:?} is no variant; they are {}", names.join(", ")).into()
    })
}

fn number(text: &str) -> Result<u64, Box<dyn Error>> {
    let number = text.replace('_', "").parse();
    number
        .ok()
        .filter(|number| *number > 0)
        .ok_or_else(|| format!("{text:?} is not a number of calls: write 1 or more").into())
}

#[expect(clippy::print_stdout, reason = "what it prints is what this program is for")]
fn print(text: &str) {
    print!("{text}");
}
