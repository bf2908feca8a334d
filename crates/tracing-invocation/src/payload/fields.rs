//! What the fields of a span say, in the form in which it is written.

use super::Fragment;

/// What the fields of a span say.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fields {
    /// Whether the call asks not to be recorded.
    pub(crate) opts_out: bool,
    /// Whether the span promises that it leaves evidence of how it ends.
    pub(crate) promises_evidence: bool,
    /// Set only where a span names itself, which most do not.
    pub(crate) identity: Option<Box<Identity>>,
    pub(crate) args: Fragment,
    pub(crate) context: Fragment,
    /// What operations inside inherit, where a field is marked for that: the same values once more, under the fields' names.
    pub(crate) inherited: Option<Box<Fragment>>,
    /// The members of `context` that were cut, as they were before: there while a function of the program's own shapes
    /// context.
    pub(crate) uncut: Option<Box<Fragment>>,
}

/// The names that a span gives itself: JSON texts, quotes included.
#[derive(Clone, Debug, Default)]
pub(crate) struct Identity {
    pub(crate) name: Option<Vec<u8>>,
    pub(crate) namespace: Option<Vec<u8>>,
    pub(crate) entity_id: Option<Vec<u8>>,
}

impl Fields {
    /// Bytes of uncut members that are kept of one operation.
    pub(crate) const MOST_UNCUT: usize = 64_000;

    /// Takes over what `newer` says. Once `invoked`, the names stay what the `invoke` record said, so that an
    /// operation's records agree; an entity may still become known.
    pub(crate) fn update(&mut self, newer: Self, invoked: bool) {
        self.args.update(&newer.args);
        self.context.update(&newer.context);
        if let Some(newer) = newer.inherited {
            self.inherited.get_or_insert_default().update(&newer);
        }
        if let Some(uncut) = &mut self.uncut {
            newer.context.keys().for_each(|key| uncut.remove(key));
        }
        if let Some(newer) = newer.uncut {
            let kept = self.uncut.get_or_insert_default();
            if kept.as_bytes().len() + newer.as_bytes().len() <= Self::MOST_UNCUT {
                kept.update(&newer);
            }
        }
        if let Some(newer) = newer.identity {
            let identity = self.identity.get_or_insert_default();
            if newer.entity_id.is_some() {
                identity.entity_id = newer.entity_id;
            }
            if !invoked {
                identity.name = newer.name.or(identity.name.take());
                identity.namespace = newer.namespace.or(identity.namespace.take());
            }
        }
    }
}
