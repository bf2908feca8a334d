//! The lines that lead to an operation, whatever its depth.

/// How many levels are told apart by where they stand.
pub(super) const DEPTH: usize = 20;

/// Which of the operations on the way to a line have siblings below it.
#[derive(Debug, Default)]
pub(super) struct Branches {
    /// By level, as far as it stands on its own: whether something follows on it.
    goes_on: Vec<bool>,
}

impl Branches {
    /// What stands in front of a line at this depth, and by how much it lies deeper than it stands.
    ///
    /// Lines come as they are printed, each below the one that it is in.
    pub(super) fn lead(&mut self, depth: usize, is_last: bool) -> (String, usize) {
        if depth == 0 {
            self.goes_on.clear();
            return (String::new(), 0);
        }
        if depth > DEPTH {
            return (self.drawn(), depth - DEPTH);
        }
        self.goes_on.truncate(depth - 1);
        self.goes_on.push(!is_last);
        (self.drawn(), 0)
    }

    fn drawn(&self) -> String {
        let Some((goes_on, before)) = self.goes_on.split_last() else { return String::new() };
        let stems = before.iter().map(|goes_on| if *goes_on { "│  " } else { "   " });
        stems.chain([if *goes_on { "├─ " } else { "└─ " }]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stem_leads_past_what_is_deeper() {
        let mut branches = Branches::default();
        let lines = [(0, true), (1, false), (2, false), (2, true), (3, true), (1, true), (2, true)];
        let drawn: Vec<_> = lines.map(|(depth, is_last)| branches.lead(depth, is_last).0).into();
        insta::assert_snapshot!(drawn.join("*\n"), @r"
        *
        ├─ *
        │  ├─ *
        │  └─ *
        │     └─ *
        └─ *
           └─
        ");
    }

    #[test]
    fn what_lies_too_deep_stands_where_the_deepest_stand() {
        let mut branches = Branches::default();
        let leads: Vec<_> = (0..100_000).map(|depth| branches.lead(depth, true)).collect();
        assert_eq!(leads[DEPTH].1, 0);
        assert_eq!(leads[99_999].1, 99_999 - DEPTH);
        assert!(leads.iter().all(|(lead, _)| lead.chars().count() <= 3 * DEPTH));
        assert_eq!(branches.lead(1, false), ("├─ ".to_owned(), 0));
    }
}
