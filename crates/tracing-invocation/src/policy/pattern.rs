//! Ordered rules, of which the first that matches decides.

use std::collections::HashMap;

use super::EventPolicy;
use super::dimension::Dimension;
use super::error::{Fault, InvalidPolicy};
use super::group::{Group, Texts};
use super::index::PrefixIndex;
use super::metadata::EventMetadata;
use super::rule::{Action, PolicyRule};

/// A policy of ordered rules: the first that matches decides, and where none does, the default.
///
/// Patterns match a whole text, upper and lower case apart. `*` is any text, `?` any character, `[a-c]` one of some,
/// `[!a-c]` one that is none of them. There is no escape: a literal star is `[*]`, and a backslash, a brace and a `[`
/// that nothing closes are themselves. White space around a pattern does not count. Patterns without a wildcard, and
/// those that begin with a literal text, are found without a walk through the others, so there may be thousands.
///
/// ```
/// use tracing_invocation::{EventMetadata, EventPolicy, PatternPolicy, PolicyRule};
///
/// let policy = PatternPolicy::new([
///     PolicyRule::deny().with_events(["shop.job.noisy"]),
///     PolicyRule::allow().with_events(["shop.job.*"]),
/// ])?
/// .with_default(false);
///
/// assert!(policy.is_recorded(&EventMetadata::new("shop", "job.started")));
/// assert!(!policy.is_recorded(&EventMetadata::new("shop", "job.noisy")));
/// assert!(!policy.is_recorded(&EventMetadata::new("shop", "checkout")));
/// # Ok::<(), tracing_invocation::InvalidPolicy>(())
/// ```
///
/// # From a configuration
///
/// The same through `serde`, in any format that describes itself. The keys are `default_enabled`, which is true if
/// it is left out, and `rules`. A rule has an `action`, `"allow"` or `"deny"`, and any of `event_namespaces`,
/// `event_names`, `events`, `entity_ids`, `source_paths` and `source_funcs`. A list that is null is empty. Other keys
/// are refused, and an error says in which rule it is, counted from 1.
///
/// ```
/// use tracing_invocation::{EventMetadata, EventPolicy, PatternPolicy};
///
/// let policy: PatternPolicy = serde_json::from_str(
///     r#"{"rules": [{"action": "deny", "event_names": ["heartbeat", "cache.*"]}]}"#,
/// )?;
///
/// assert!(policy.is_recorded(&EventMetadata::new("shop", "checkout")));
/// assert!(!policy.is_recorded(&EventMetadata::new("shop", "cache.tick")));
///
/// let error = serde_json::from_str::<PatternPolicy>(r#"{"rules": [{"action": "deny", "event_names": "run"}]}"#);
/// assert!(error.unwrap_err().to_string().starts_with("rule 1, event_names: "));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct PatternPolicy {
    /// Up to the first that has no patterns, as none behind it is ever reached.
    rules: Box<[Compiled]>,
    /// The action of that one.
    rest: Option<Action>,
    default: Action,
    /// By dimension, the numbers of rules in their order. Each rule is filed in one dimension only.
    filed: [PrefixIndex<usize>; Dimension::COUNT],
    asks_for_events: bool,
}

#[derive(Clone, Debug)]
struct Compiled {
    action: Action,
    groups: Box<[Group]>,
}

impl PatternPolicy {
    /// A policy of these rules, which records what none of them matches.
    ///
    /// ```
    /// use tracing_invocation::{EventMetadata, EventPolicy, PatternPolicy, PolicyRule};
    ///
    /// let policy = PatternPolicy::new([PolicyRule::deny().with_event_names(["heartbeat"])])?;
    ///
    /// assert!(!policy.is_recorded(&EventMetadata::new("shop", "heartbeat")));
    /// assert!(policy.is_recorded(&EventMetadata::new("shop", "checkout")));
    /// # Ok::<(), tracing_invocation::InvalidPolicy>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Where a pattern is empty, or holds a range that runs backwards, as in `[z-a]`.
    pub fn new(rules: impl IntoIterator<Item = PolicyRule>) -> Result<Self, InvalidPolicy> {
        let mut compiled = Vec::new();
        let mut rest = None;
        for (at, rule) in rules.into_iter().enumerate() {
            let groups = compile(&rule).map_err(|(dimension, fault)| InvalidPolicy {
                rule: at + 1,
                dimension,
                fault,
            })?;
            if rest.is_some() {
                continue;
            }
            if groups.is_empty() {
                rest = Some(rule.action);
            } else {
                compiled.push(Compiled { action: rule.action, groups });
            }
        }
        let groups = || compiled.iter().flat_map(|rule: &Compiled| &rule.groups);
        let asks_for_events = groups().any(|group| group.dimension == Dimension::Event);
        let filed = file(&compiled);
        Ok(Self { rules: compiled.into(), rest, default: Action::Allow, filed, asks_for_events })
    }

    /// The same with this answer where no rule matches.
    ///
    /// ```
    /// use tracing_invocation::{EventMetadata, EventPolicy, PatternPolicy};
    ///
    /// let policy = PatternPolicy::new([])?.with_default(false);
    /// assert!(!policy.is_recorded(&EventMetadata::new("shop", "checkout")));
    /// # Ok::<(), tracing_invocation::InvalidPolicy>(())
    /// ```
    pub fn with_default(mut self, is_recorded: bool) -> Self {
        self.default = if is_recorded { Action::Allow } else { Action::Deny };
        self
    }

    fn event_of(&self, event: &EventMetadata<'_>) -> String {
        match event.event_namespace {
            _ if !self.asks_for_events => String::new(),
            "" => event.event_name.to_owned(),
            namespace => [namespace, ".", event.event_name].concat(),
        }
    }

    fn otherwise(&self) -> bool {
        self.rest.unwrap_or(self.default) == Action::Allow
    }
}

impl EventPolicy for PatternPolicy {
    fn is_recorded(&self, event: &EventMetadata<'_>) -> bool {
        let texts = Texts { metadata: *event, event: &self.event_of(event) };
        let mut first = self.rules.len();
        for dimension in Dimension::ALL {
            let Some(text) = texts.get(dimension) else { continue };
            for numbers in self.filed[dimension as usize].candidates(text) {
                let mut earlier = numbers.iter().copied().take_while(|&number| number < first);
                if let Some(number) = earlier.find(|&number| self.rules[number].matches(&texts)) {
                    first = number;
                }
            }
        }
        self.rules.get(first).map_or_else(|| self.otherwise(), |rule| rule.action == Action::Allow)
    }

    /// `None` where a rule that asks for an entity id may decide.
    fn static_answer(&self, event: &EventMetadata<'_>) -> Option<bool> {
        let texts = Texts { metadata: *event, event: &self.event_of(event) };
        match self.rules.iter().find(|rule| rule.matches_some_entity(&texts)) {
            Some(rule) if rule.asks_for_entity() => None,
            Some(rule) => Some(rule.action == Action::Allow),
            None => Some(self.otherwise()),
        }
    }
}

impl Compiled {
    fn matches(&self, texts: &Texts<'_>) -> bool {
        self.groups.iter().all(|group| group.matches(texts))
    }

    fn matches_some_entity(&self, texts: &Texts<'_>) -> bool {
        self.groups
            .iter()
            .all(|group| group.dimension == Dimension::EntityId || group.matches(texts))
    }

    fn asks_for_entity(&self) -> bool {
        self.groups.iter().any(|group| group.dimension == Dimension::EntityId)
    }
}

fn compile(rule: &PolicyRule) -> Result<Box<[Group]>, (Dimension, Fault)> {
    let groups = Dimension::ALL.into_iter().zip(&rule.patterns).map(|(dimension, patterns)| {
        Group::new(dimension, patterns).map_err(|fault| (dimension, fault))
    });
    groups.filter_map(Result::transpose).collect()
}

/// Files each rule under the one of its groups whose prefixes it shares with the fewest other rules.
fn file(rules: &[Compiled]) -> [PrefixIndex<usize>; Dimension::COUNT] {
    let mut shared = HashMap::<(usize, &str), usize>::new();
    for group in rules.iter().flat_map(|rule| &rule.groups) {
        for prefix in group.prefixes() {
            *shared.entry((group.dimension as usize, prefix)).or_default() += 1;
        }
    }
    let mut filed: [Vec<(Box<str>, usize)>; Dimension::COUNT] = Default::default();
    for (number, rule) in rules.iter().enumerate() {
        let most_shared = |group: &&Group| {
            group.prefixes().map(|prefix| shared[&(group.dimension as usize, prefix)]).max()
        };
        if let Some(group) = rule.groups.iter().min_by_key(most_shared) {
            let under = group.prefixes().map(|prefix| (prefix.into(), number));
            filed[group.dimension as usize].extend(under);
        }
    }
    filed.map(PrefixIndex::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many rules are looked at, at most, to answer for this event.
    fn considered(rules: impl IntoIterator<Item = PolicyRule>, event: &EventMetadata<'_>) -> usize {
        let policy = PatternPolicy::new(rules).unwrap();
        let texts = Texts { metadata: *event, event: &policy.event_of(event) };
        let filed = Dimension::ALL.into_iter().zip(&policy.filed);
        filed
            .filter_map(|(dimension, filed)| {
                Some(filed.candidates(texts.get(dimension)?).flatten())
            })
            .flatten()
            .count()
    }

    #[test]
    fn few_of_ten_thousand_rules_are_considered() {
        let event = EventMetadata::new("app", "job7.run").with_entity_id("e-7");
        let rules = |rule: fn(usize) -> PolicyRule| considered((0..10_000).map(rule), &event);

        assert_eq!(rules(|at| PolicyRule::deny().with_event_names([format!("job{at}.run")])), 1);
        assert_eq!(rules(|at| PolicyRule::deny().with_event_names([format!("job{at}.*")])), 1);
        assert_eq!(rules(|at| PolicyRule::deny().with_events([format!("app.job{at}.*")])), 1);
        let for_entity = |at| PolicyRule::deny().with_entity_ids([format!("e-{at}")]);
        assert_eq!(
            considered((0..10_000).map(|at| for_entity(at).with_events(["app.*"])), &event),
            1
        );
        assert_eq!(
            considered((0..10_000).map(|at| for_entity(at).with_event_names(["*run"])), &event),
            1
        );
    }

    #[test]
    fn rules_behind_one_that_matches_all_are_dropped() {
        let rules =
            [PolicyRule::deny().with_event_names(["a"]), PolicyRule::allow(), PolicyRule::deny()];
        let policy = PatternPolicy::new(rules).unwrap().with_default(false);
        assert_eq!(policy.rules.len(), 1);
        assert!(policy.otherwise(), "the rule that matches all is before the default");
        assert!(
            PatternPolicy::new([PolicyRule::deny(), PolicyRule::deny().with_events([""])]).is_err()
        );
    }
}
