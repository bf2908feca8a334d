//! Values that break while they are written.

use std::panic::{AssertUnwindSafe, catch_unwind};

use serde::ser::{Error as _, SerializeSeq, SerializeStruct};

use super::*;

/// A value that breaks when it is written.
#[derive(Clone, Copy)]
enum Breaks {
    Panics,
    Fails,
    FailsHalfway,
}

const BREAKS: [Breaks; 3] = [Breaks::Panics, Breaks::Fails, Breaks::FailsHalfway];

impl Serialize for Breaks {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Panics => panic!("broken"),
            Self::Fails => Err(S::Error::custom("broken")),
            Self::FailsHalfway => {
                let mut list = serializer.serialize_seq(None)?;
                list.serialize_element(&1)?;
                Err(S::Error::custom("broken"))
            }
        }
    }
}

#[test]
fn a_value_that_breaks_leaves_a_mark() {
    #[derive(Serialize)]
    struct Nested(Vec<BTreeMap<u8, (u8, Breaks)>>);
    for breaks in BREAKS {
        assert_eq!(written(&breaks), "\"<unprintable>\"");
        let nested = Nested(vec![BTreeMap::from([(1, (2, breaks))])]);
        assert_eq!(written(&nested), "\"<unprintable>\"");
    }
}

#[test]
fn a_value_that_hides_a_broken_part_leaves_a_mark() {
    struct Hides(Breaks);
    impl Serialize for Hides {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut list = serializer.serialize_seq(None)?;
            list.serialize_element(&1)?;
            let _ = catch_unwind(AssertUnwindSafe(|| list.serialize_element(&self.0)));
            list.serialize_element(&2)?;
            list.end()
        }
    }
    for breaks in BREAKS {
        assert_eq!(written(&[Hides(breaks)]), "\"<unprintable>\"");
    }
}

#[test]
fn a_display_that_breaks_leaves_a_mark_in_its_place() {
    struct Broken;
    impl fmt::Display for Broken {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("half")?;
            panic!("broken")
        }
    }
    impl Serialize for Broken {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_str(self)
        }
    }
    assert_eq!(written(&(1, Broken, 2)), r#"[1,"<unprintable>",2]"#);
}

#[test]
fn a_key_that_fails_is_a_mark_and_one_that_panics_takes_the_value_along() {
    #[derive(PartialEq, Eq, PartialOrd, Ord)]
    enum Key {
        FailsLate,
        Panics,
    }
    impl Serialize for Key {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_str("half")?;
            match self {
                Self::FailsLate => Err(S::Error::custom("broken")),
                Self::Panics => panic!("broken"),
            }
        }
    }
    assert_eq!(written(&BTreeMap::from([(Key::FailsLate, 1)])), r#"{"<unprintable>":1}"#);
    assert_eq!(written(&BTreeMap::from([(Key::Panics, 1)])), "\"<unprintable>\"");
}

#[test]
fn keys_and_values_out_of_step_leave_a_mark() {
    struct Steps(&'static str);
    impl Serialize for Steps {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut map = serializer.serialize_map(None)?;
            for step in self.0.chars() {
                match step {
                    'k' => map.serialize_key("k")?,
                    _ => map.serialize_value("v")?,
                }
            }
            map.end()
        }
    }
    struct Empty;
    impl Serialize for Empty {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_struct(number::TOKEN, 1)?.end()
        }
    }
    assert_eq!(written(&Steps("kvkv")), r#"{"k":"v"}"#);
    for steps in ["k", "v", "kk", "kvv", "kvk"] {
        assert_eq!(written(&[Steps(steps)]), "\"<unprintable>\"", "{steps}");
    }
    assert_eq!(written(&Empty), "\"<unprintable>\"");
}

#[test]
fn a_value_that_writes_itself_ends() {
    struct Endless(Cell<usize>);
    impl Serialize for Endless {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            self.0.set(self.0.get() + 1);
            serializer.serialize_str(written(self).trim_matches('"'))
        }
    }
    let endless = Endless(Cell::new(0));
    assert_eq!(written(&endless), "\"<too deep>\"");
    assert_eq!(endless.0.get(), 8);
}
