//! What is measured together, and printed as one table.

use std::fmt::Write as _;
use std::io;

use crate::callgrind::Copies;
use crate::child::measure_apart;
use crate::figures::{Figures, Measurements, grouped};
use crate::variant::Variant;
use crate::{beside, by_hand, callgrind, library, targets};

/// Calls of a round.
const CALLS: u64 = 40_000;
const ROUNDS: usize = 9;

struct Section {
    title: &'static str,
    variants: &'static [Variant],
}

const SECTIONS: &[Section] = &[
    Section { title: "By hand, and nothing at all", variants: &by_hand::VARIANTS },
    Section { title: "`tracing` alone", variants: &library::FLOOR },
    Section { title: "This library, `#[operation]`", variants: &library::OPERATION },
    Section { title: "This library, `#[instrument(ret, err)]`", variants: &library::STOCK },
    Section { title: "This library, other writers", variants: &library::WRITERS },
    Section { title: "Beside this library", variants: &beside::VARIANTS },
    #[cfg(feature = "peers")]
    Section { title: "Other libraries", variants: &crate::peers::VARIANTS },
];

/// All that is measured.
pub(crate) fn variants() -> impl Iterator<Item = Variant> {
    in_table().chain(crate::scale::VARIANTS)
}

/// All of the table.
pub(crate) fn in_table() -> impl Iterator<Item = Variant> {
    SECTIONS.iter().flat_map(|section| section.variants).copied()
}

/// Measures everything and says how it compares.
pub(crate) fn table() -> io::Result<String> {
    let figures = measure(&in_table().collect::<Vec<_>>())?;
    let mut table = String::from(
        "| | instructions | x limit | ns | x limit | allocations |\n|---|---:|---:|---:|---:|---:|\n",
    );
    for section in SECTIONS {
        let _ = writeln!(table, "| **{}** | | | | | |", section.title);
        for variant in section.variants {
            table.push_str(&row(*variant, &figures));
        }
    }
    table.push('\n');
    table.push_str(&targets::table(&figures));
    Ok(table)
}

fn measure(variants: &[Variant]) -> io::Result<Measurements> {
    eprintln!("counting instructions");
    let mut figures: Measurements = variants
        .iter()
        .zip(callgrind::instructions(variants, Copies::Fastest)?)
        .map(|(variant, instructions)| {
            (variant.name, Figures { instructions, ..Figures::default() })
        })
        .collect();
    for round in 1..=ROUNDS {
        eprintln!("taking times, round {round} of {ROUNDS}");
        for variant in variants {
            let measured = measure_apart(*variant, CALLS)?;
            let figures = figures.entry(variant.name).or_default();
            figures.nanoseconds.push(measured.nanoseconds);
            figures.allocations = measured.allocations;
        }
    }
    Ok(figures)
}

fn row(variant: Variant, figures: &Measurements) -> String {
    let (Some(own), Some(limit)) = (figures.get(variant.name), figures.get(variant.limit)) else {
        return String::new();
    };
    let allocations = match variant.allocates_here {
        true => format!("{:.1}", own.allocations),
        false => String::new(),
    };
    format!(
        "| {} | {} | {:.2} | {:.0} | {:.2} | {allocations} |\n",
        variant.about,
        grouped(own.instructions),
        own.instructions_over(limit),
        own.median_nanoseconds(),
        own.time_over(limit),
    )
}

#[cfg(test)]
mod tests {
    use std::collections::{HashMap, HashSet};

    use super::*;

    #[test]
    fn every_variant_has_a_name_of_its_own_and_a_limit_that_is_measured() {
        let names: HashSet<_> = variants().map(|variant| variant.name).collect();
        assert_eq!(names.len(), variants().count());
        for variant in variants() {
            assert!(names.contains(variant.limit), "{}", variant.limit);
        }
    }

    #[test]
    fn a_row_compares_with_the_limit() {
        let figures = HashMap::from([
            (
                "by_hand",
                Figures { instructions: 1_500, nanoseconds: vec![200.0; 3], allocations: 0.0 },
            ),
            (
                "operation",
                Figures { instructions: 3_000, nanoseconds: vec![300.0; 3], allocations: 1.0 },
            ),
        ]);
        assert_eq!(
            row(library::OPERATION[0], &figures),
            "| sync | 3,000 | 2.00 | 300 | 1.50 | 1.0 |\n"
        );
    }
}
