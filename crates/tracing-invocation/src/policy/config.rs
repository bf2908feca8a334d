//! A policy from a configuration file.

use std::fmt::{self, Formatter};

use serde::Deserialize;
use serde::de::{
    DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Unexpected, Visitor,
};

use super::dimension::Dimension;
use super::pattern::PatternPolicy;
use super::rule::{Action, PolicyRule};

const DEFAULT_ENABLED: &str = "default_enabled";
const RULES: &str = "rules";
const ACTION: &str = "action";

impl<'de> Deserialize<'de> for PatternPolicy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Policy)
    }
}

struct Policy;

impl<'de> Visitor<'de> for Policy {
    type Value = PatternPolicy;

    fn expecting(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "a policy: a map with the keys {DEFAULT_ENABLED} and {RULES}")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<PatternPolicy, A::Error> {
        let mut default_enabled = None;
        let mut rules = None;
        while let Some(key) = map.next_key::<String>()? {
            match &*key {
                DEFAULT_ENABLED => once(&mut default_enabled, &mut map, Flag, "", DEFAULT_ENABLED)?,
                RULES => once(&mut rules, &mut map, Rules, "", RULES)?,
                _ => {
                    return Err(A::Error::custom(format_args!(
                        "there is no key {key:?} in a policy: write {DEFAULT_ENABLED} or {RULES}"
                    )));
                }
            }
        }
        PatternPolicy::new(rules.unwrap_or_default())
            .map(|policy| policy.with_default(default_enabled.unwrap_or(true)))
            .map_err(A::Error::custom)
    }
}

/// Reads the value of a key that may be given once.
fn once<'de, A: MapAccess<'de>, S: DeserializeSeed<'de>>(
    slot: &mut Option<S::Value>,
    map: &mut A,
    seed: S,
    place: &str,
    key: &str,
) -> Result<(), A::Error> {
    if slot.is_some() {
        map.next_value::<IgnoredAny>()?;
        return Err(A::Error::custom(format_args!("{place}{key} is given twice: write it once")));
    }
    *slot = Some(map.next_value_seed(seed)?);
    Ok(())
}

struct Flag;

impl<'de> DeserializeSeed<'de> for Flag {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_bool(self)
    }
}

impl Visitor<'_> for Flag {
    type Value = bool;

    fn expecting(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{DEFAULT_ENABLED} to be true or false")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<bool, E> {
        Ok(value)
    }
}

struct Rules;

impl<'de> DeserializeSeed<'de> for Rules {
    type Value = Vec<PolicyRule>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Rules {
    type Value = Vec<PolicyRule>;

    fn expecting(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{RULES} to be a list of maps, each with an {ACTION} and patterns")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut rules = Vec::new();
        while let Some(rule) = seq.next_element_seed(Rule { number: rules.len() + 1 })? {
            rules.push(rule);
        }
        Ok(rules)
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(Vec::new())
    }

    fn visit_none<E: Error>(self) -> Result<Self::Value, E> {
        Ok(Vec::new())
    }
}

struct Rule {
    /// From 1.
    number: usize,
}

impl<'de> DeserializeSeed<'de> for Rule {
    type Value = PolicyRule;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<PolicyRule, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Rule {
    type Value = PolicyRule;

    fn expecting(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "rule {} to be a map with an {ACTION} and patterns", self.number)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<PolicyRule, A::Error> {
        let place = format!("rule {}: ", self.number);
        let mut action = None;
        let mut patterns: [Option<Vec<String>>; Dimension::COUNT] = Default::default();
        while let Some(key) = map.next_key::<String>()? {
            if key == ACTION {
                let seed = Within { place: self.place(ACTION), inner: ActionWord };
                once(&mut action, &mut map, seed, &place, ACTION)?;
            } else if let Some(dimension) = Dimension::ALL.into_iter().find(|one| one.key() == key)
            {
                let seed = Within { place: self.place(&key), inner: Patterns };
                once(&mut patterns[dimension as usize], &mut map, seed, &place, &key)?;
            } else {
                return Err(A::Error::custom(format_args!(
                    "{place}there is no key {key:?} in a rule: write {ACTION}, {}",
                    Dimension::ALL.map(Dimension::key).join(", ")
                )));
            }
        }
        let Some(action) = action else {
            return Err(A::Error::custom(format_args!(
                "{place}{ACTION} is missing: write \"allow\" or \"deny\""
            )));
        };
        Ok(PolicyRule { action, patterns: patterns.map(Option::unwrap_or_default) })
    }
}

impl Rule {
    fn place(&self, key: &str) -> String {
        format!("rule {}, {key}", self.number)
    }
}

/// Says where the errors of the inner seed are.
struct Within<S> {
    place: String,
    inner: S,
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Within<S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<S::Value, D::Error> {
        let Self { place, inner } = self;
        inner
            .deserialize(deserializer)
            .map_err(|error| D::Error::custom(format_args!("{place}: {error}")))
    }
}

struct ActionWord;

impl<'de> DeserializeSeed<'de> for ActionWord {
    type Value = Action;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Action, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for ActionWord {
    type Value = Action;

    fn expecting(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("\"allow\" or \"deny\"")
    }

    fn visit_str<E: Error>(self, word: &str) -> Result<Action, E> {
        match word.trim() {
            "allow" => Ok(Action::Allow),
            "deny" => Ok(Action::Deny),
            _ => Err(E::invalid_value(Unexpected::Str(word), &self)),
        }
    }
}

struct Patterns;

impl<'de> DeserializeSeed<'de> for Patterns {
    type Value = Vec<String>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Patterns {
    type Value = Vec<String>;

    fn expecting(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("a list of patterns, as in [\"job.*\"]")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut patterns = Vec::new();
        while let Some(pattern) = seq.next_element()? {
            patterns.push(pattern);
        }
        Ok(patterns)
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(Vec::new())
    }

    fn visit_none<E: Error>(self) -> Result<Self::Value, E> {
        Ok(Vec::new())
    }
}
