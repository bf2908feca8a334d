//! Prints tables of aligned columns.

use std::io::{self, Write};

use anstyle::Style;
use tabled::builder::Builder;
use tabled::settings::object::{Columns, Object as _};
use tabled::settings::{Alignment, Padding, Style as Lines};

const HEADING: Style = Style::new().dimmed();

/// Which columns are right-aligned. Numbers are.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Align {
    LeftBut(usize),
    RightBut(usize),
}

/// Rows of styled cells.
pub(crate) struct Table {
    rows: Builder,
    align: Align,
}

impl Table {
    pub(crate) fn new(header: &[&str], align: Align) -> Self {
        let mut rows = Builder::new();
        rows.push_record(header.iter().map(|title| styled(title, HEADING)));
        Self { rows, align }
    }

    /// Adds a row. The caller must have passed its texts through `harmless`.
    pub(crate) fn push(&mut self, row: impl IntoIterator<Item = (String, Style)>) {
        self.rows.push_record(row.into_iter().map(|(text, style)| styled(&text, style)));
    }

    pub(crate) fn print(self, out: &mut dyn Write) -> io::Result<()> {
        let mut table = self.rows.build();
        table.with(Lines::empty()).with(Padding::new(0, 2, 0, 0));
        match self.align {
            Align::LeftBut(column) => table.modify(Columns::one(column), Alignment::right()),
            Align::RightBut(column) => {
                table.modify(Columns::new(..).not(Columns::one(column)), Alignment::right())
            }
        };
        table.to_string().lines().try_for_each(|line| writeln!(out, "{}", line.trim_end()))
    }
}

/// Converts an error of the CSV writer to an I/O error of the same kind, so that `main` still recognizes a closed pipe.
pub(crate) fn csv_error(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

fn styled(text: &str, style: Style) -> String {
    if style.is_plain() { text.to_owned() } else { format!("{style}{text}{style:#}") }
}
