//! A format whose lines keep to a limit.

use super::Format;
use crate::payload::shrink::shrink_as;
use crate::record::Record;

/// Writes as another format does, and has the payload shrink where a line would have more than `limit` bytes.
pub(crate) struct Fitted {
    format: Box<dyn Format>,
    limit: usize,
}

impl Fitted {
    pub(crate) fn new(format: Box<dyn Format>, limit: usize) -> Self {
        Self { format, limit }
    }

    /// Appends a line, and its end where the format has left that out.
    fn push(&self, record: &Record, to: &mut Vec<u8>) {
        self.format.format(record, to);
        if !to.ends_with(b"\n") {
            to.push(b'\n');
        }
    }
}

impl Format for Fitted {
    fn format(&self, record: &Record, to: &mut Vec<u8>) {
        let start = to.len();
        self.push(record, to);
        if to.len() - start > self.limit {
            let mut line = to.split_off(start);
            shrink_as(&mut line, record.clone(), self.limit, |record, line| {
                self.push(record, line);
            });
            to.append(&mut line);
        }
    }
}
