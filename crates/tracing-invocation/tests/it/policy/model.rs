//! The policy once more, with no thought for speed: every rule in turn, every pattern in turn, every star at every
//! place.

use serde_json::{Map, Value, json};
use tracing_invocation::{EventMetadata, PolicyRule};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Allow,
    Deny,
}

/// Patterns by the place of their kind in [`KINDS`].
#[derive(Clone, Debug)]
pub(super) struct Rule {
    pub(super) action: Action,
    pub(super) patterns: [Vec<String>; 6],
}

const KINDS: [&str; 6] =
    ["event_namespaces", "event_names", "events", "entity_ids", "source_paths", "source_funcs"];

const ENTITY: usize = 3;

impl Rule {
    pub(super) fn in_code(&self) -> PolicyRule {
        let rule = match self.action {
            Action::Allow => PolicyRule::allow(),
            Action::Deny => PolicyRule::deny(),
        };
        let [namespaces, names, events, entities, paths, functions] = self.patterns.clone();
        rule.with_source_funcs(functions)
            .with_source_paths(paths)
            .with_entity_ids(entities)
            .with_events(events)
            .with_event_names(names)
            .with_event_namespaces(namespaces)
    }

    pub(super) fn in_json(&self) -> Value {
        let action = match self.action {
            Action::Allow => "allow",
            Action::Deny => "deny",
        };
        let mut rule = Map::from_iter([("action".to_owned(), json!(action))]);
        for (kind, patterns) in KINDS.iter().zip(&self.patterns) {
            if !patterns.is_empty() {
                rule.insert((*kind).to_owned(), json!(patterns));
            }
        }
        Value::Object(rule)
    }

    fn asks_for(&self, kind: usize) -> bool {
        !self.patterns[kind].is_empty()
    }

    fn matches(&self, probe: &Probe, kinds: impl IntoIterator<Item = usize>) -> bool {
        kinds.into_iter().filter(|&kind| self.asks_for(kind)).all(|kind| {
            let Some(text) = probe.text(kind) else { return false };
            let text: Vec<char> = text.chars().collect();
            self.patterns[kind].iter().any(|pattern| {
                let tokens = tokens(&pattern.chars().collect::<Vec<_>>()).unwrap();
                glob(&tokens, &text)
            })
        })
    }
}

#[derive(Clone, Debug)]
pub(super) struct Probe {
    pub(super) namespace: String,
    pub(super) name: String,
    pub(super) entity: Option<String>,
    pub(super) file: Option<String>,
    pub(super) function: Option<String>,
}

impl Probe {
    pub(super) fn metadata(&self) -> EventMetadata<'_> {
        let mut event = EventMetadata::new(&self.namespace, &self.name);
        if let Some(entity) = &self.entity {
            event = event.with_entity_id(entity);
        }
        if let Some(file) = &self.file {
            event = event.with_file(file);
        }
        if let Some(function) = &self.function {
            event = event.with_function(function);
        }
        event
    }

    fn text(&self, kind: usize) -> Option<String> {
        match kind {
            0 => Some(self.namespace.clone()),
            1 => Some(self.name.clone()),
            2 if self.namespace.is_empty() => Some(self.name.clone()),
            2 => Some(format!("{}.{}", self.namespace, self.name)),
            ENTITY => self.entity.clone(),
            4 => self.file.clone(),
            _ => self.function.clone(),
        }
    }
}

pub(super) struct Policy<'a> {
    rules: &'a [Rule],
    default: bool,
}

impl<'a> Policy<'a> {
    /// `None` where a pattern is to be refused.
    pub(super) fn new(rules: &'a [Rule], default: bool) -> Option<Self> {
        let mut patterns = rules.iter().flat_map(|rule| rule.patterns.iter().flatten());
        patterns
            .all(|pattern| tokens(&pattern.chars().collect::<Vec<_>>()).is_some())
            .then_some(Self { rules, default })
    }

    pub(super) fn answer(&self, probe: &Probe) -> bool {
        for rule in self.rules {
            if rule.matches(probe, 0..6) {
                return rule.action == Action::Allow;
            }
        }
        self.default
    }

    pub(super) fn static_answer(&self, probe: &Probe) -> Option<bool> {
        for rule in self.rules {
            if rule.matches(probe, (0..6).filter(|&kind| kind != ENTITY)) {
                return (!rule.asks_for(ENTITY)).then_some(rule.action == Action::Allow);
            }
        }
        Some(self.default)
    }
}

#[derive(Debug, PartialEq)]
enum Token {
    Star,
    Any,
    Only(char),
    /// Members, and whether they are those that do not match.
    Class(Vec<(char, char)>, bool),
}

/// `None` where a range runs backwards.
fn tokens(pattern: &[char]) -> Option<Vec<Token>> {
    let Some((&first, rest)) = pattern.split_first() else { return Some(Vec::new()) };
    let (token, rest) = match first {
        '*' => (Token::Star, rest),
        '?' => (Token::Any, rest),
        '[' => {
            let body = if rest.first() == Some(&'!') { 1 } else { 0 };
            match (body + 1..rest.len()).find(|&at| rest[at] == ']') {
                None => (Token::Only('['), rest),
                Some(end) => {
                    (Token::Class(members(&rest[body..end])?, body == 1), &rest[end + 1..])
                }
            }
        }
        _ => (Token::Only(first), rest),
    };
    let mut all = vec![token];
    all.extend(tokens(rest)?);
    Some(all)
}

fn members(body: &[char]) -> Option<Vec<(char, char)>> {
    let (member, rest) = match *body {
        [] => return Some(Vec::new()),
        [from, '-', to, ..] if from <= to => ((from, to), &body[3..]),
        [_, '-', _, ..] => return None,
        [one, ..] => ((one, one), &body[1..]),
    };
    let mut all = vec![member];
    all.extend(members(rest)?);
    Some(all)
}

fn glob(pattern: &[Token], text: &[char]) -> bool {
    match (pattern, text) {
        ([], []) => true,
        ([], _) => false,
        ([Token::Star, rest @ ..], _) => {
            (0..=text.len()).any(|skipped| glob(rest, &text[skipped..]))
        }
        (_, []) => false,
        ([one, rest @ ..], [first, behind @ ..]) => {
            let fits = match one {
                Token::Only(character) => character == first,
                Token::Class(members, negated) => {
                    members.iter().any(|(from, to)| from <= first && first <= to) != *negated
                }
                Token::Any | Token::Star => true,
            };
            fits && glob(rest, behind)
        }
    }
}
