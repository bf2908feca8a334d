mod broken;
mod model;
mod properties;
mod strict;

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::net::Ipv4Addr;

use serde::ser::{SerializeMap, Serializer};
use serde_json::{Value, json};

use super::*;
use crate::payload::Limits;

const SMALL: Limits = Limits { text: 5, items: 3, depth: 2, ..Limits::DEFAULT };

fn written_within<T: Serialize + ?Sized>(value: &T, limits: &Limits) -> String {
    let mut line = b"before".to_vec();
    push_serialized(&mut line, value, &Rules { limits: *limits });
    let line = String::from_utf8(line).unwrap();
    line.strip_prefix("before").unwrap().to_owned()
}

fn written<T: Serialize + ?Sized>(value: &T) -> String {
    written_within(value, &Limits::DEFAULT)
}

fn small<T: Serialize + ?Sized>(value: &T) -> String {
    written_within(value, &SMALL)
}

/// An object with these members, told one by one and in this order.
struct OneByOne<'a>(&'a [(String, u8)]);

impl Serialize for OneByOne<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (key, value) in self.0 {
            map.serialize_key(key)?;
            map.serialize_value(value)?;
        }
        map.end()
    }
}

#[test]
fn cuts_lists_with_an_exact_count() {
    assert_eq!(small(&[1, 2, 3]), "[1,2,3]");
    assert_eq!(small(&[1, 2, 3, 4]), r#"[1,2,3,"... (1 more)"]"#);
    assert_eq!(small(&vec![0; 1003]), r#"[0,0,0,"... (1000 more)"]"#);
    assert_eq!(small(&BTreeSet::from([4, 3, 2, 1])), r#"[1,2,3,"... (1 more)"]"#);
    assert_eq!(small(&(1, 'x', "y", 4, 5)), r#"[1,"x","y","... (2 more)"]"#);
}

#[test]
fn cuts_objects_with_an_exact_count() {
    #[derive(Serialize)]
    struct Wide {
        a: u8,
        b: u8,
        c: u8,
        d: u8,
        e: u8,
    }
    let wide = Wide { a: 1, b: 2, c: 3, d: 4, e: 5 };
    assert_eq!(small(&wide), r#"{"a":1,"b":2,"c":3,"__more__":"2 more keys"}"#);
    let map: BTreeMap<_, _> = (0..7).map(|n| (n, n)).collect();
    assert_eq!(small(&map), r#"{"0":0,"1":1,"2":2,"__more__":"4 more keys"}"#);
}

#[test]
fn a_real_key_gives_way_to_the_mark_and_is_counted() {
    let limits = Limits { items: 2, ..Limits::DEFAULT };
    let members = [("__more__", 1), ("b", 2), ("c", 3)].map(|(key, value)| (key.to_owned(), value));
    assert_eq!(written_within(&OneByOne(&members), &limits), r#"{"b":2,"__more__":"2 more keys"}"#);
    assert_eq!(written_within(&OneByOne(&members[..2]), &limits), r#"{"__more__":1,"b":2}"#);
}

#[test]
fn what_is_nested_too_deep_is_a_mark() {
    assert_eq!(small(&json!([[[1]], [{}], []])), r#"[["<list>"],["<object>"],[]]"#);
    assert_eq!(small(&json!({"a": {"b": {"c": 1}}})), r#"{"a":{"b":"<object>"}}"#);
    let none = Limits { depth: 0, ..SMALL };
    assert_eq!(written_within(&json!([]), &none), r#""<list>""#);
    assert_eq!(written_within(&json!({}), &none), r#""<object>""#);
    assert_eq!(written_within(&1, &none), "1");
    assert_eq!(written(&json!([[[[[0]]]]])), r#"[[[["<list>"]]]]"#);
}

#[test]
fn what_is_cut_is_not_serialized() {
    struct Counted<'a>(&'a Cell<usize>);
    impl Serialize for Counted<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            self.0.set(self.0.get() + 1);
            serializer.serialize_unit()
        }
    }
    let count = Cell::new(0);
    let many: Vec<_> = (0..100).map(|_| Counted(&count)).collect();
    written(&many);
    assert_eq!(count.take(), 10);
    written(&[[[[&many]]]]);
    assert_eq!(count.take(), 0);
    let map: HashMap<_, _> = many.iter().enumerate().collect();
    written(&map);
    assert_eq!(count.take(), 10);
}

#[test]
fn scalars_are_json() {
    assert_eq!(
        written(&(i64::MIN, u64::MAX, i128::MIN, u128::MAX, 7_u128)),
        "[-9223372036854775808,\"18446744073709551615\",\
         \"-170141183460469231731687303715884105728\",\
         \"340282366920938463463374607431768211455\",7]"
    );
    assert_eq!(
        written(&(i8::MIN, i16::MIN, i32::MIN, u8::MAX, u16::MAX, u32::MAX)),
        "[-128,-32768,-2147483648,255,65535,4294967295]"
    );
    assert_eq!(
        written(&(0.1_f32, 0.1_f64, f32::NAN, f64::NEG_INFINITY, f32::INFINITY)),
        "[0.1,0.1,null,null,null]"
    );
    assert_eq!(
        written(&(true, (), None::<u8>, Some(1), Some(Some('"')))),
        r#"[true,null,null,1,"\""]"#
    );
    assert_eq!(written("\u{0}\u{7f}\u{2028}\n"), "\"\u{FFFD}\\u007f\\u2028\\n\"");
}

#[test]
fn texts_are_cut_after_characters() {
    assert_eq!(small("ééééé"), "\"ééééé\"");
    assert_eq!(small("éééééé"), "\"ééééé...\"");
    assert_eq!(written_within(&'é', &Limits { text: 0, ..SMALL }), "\"...\"");
    assert_eq!(small(&format_args!("{}{}", "abc", "defg")), "\"abcde...\"");
    assert_eq!(small(&Ipv4Addr::LOCALHOST), "\"127.0...\"");
}

#[test]
fn bytes_are_hexadecimal() {
    struct Bytes<'a>(&'a [u8]);
    impl Serialize for Bytes<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_bytes(self.0)
        }
    }
    assert_eq!(written(&Bytes(&[])), "\"\"");
    assert_eq!(written(&Bytes(&[0, 0x7f, 0xff])), "\"007fff\"");
    assert_eq!(small(&Bytes(&[0xab, 0xcd])), "\"abcd\"");
    assert_eq!(small(&Bytes(&[0xab, 0xcd, 0xef])), "\"abcd...\"");
}

#[test]
fn enums_are_tagged_by_their_variant() {
    #[derive(Serialize)]
    enum Shape {
        Unit,
        Newtype(u8),
        Tuple(u8, u8),
        Struct { a: u8, b: u8, c: u8, d: u8 },
        Longer(u8),
    }
    let shape = Shape::Struct { a: 1, b: 2, c: 3, d: 4 };
    assert_eq!(written(&Shape::Unit), r#""Unit""#);
    assert_eq!(written(&Shape::Newtype(1)), r#"{"Newtype":1}"#);
    assert_eq!(written(&Shape::Tuple(1, 2)), r#"{"Tuple":[1,2]}"#);
    assert_eq!(written(&shape), r#"{"Struct":{"a":1,"b":2,"c":3,"d":4}}"#);

    assert_eq!(small(&shape), r#"{"Struc...":{"a":1,"b":2,"c":3,"__more__":"1 more keys"}}"#);
    assert_eq!(small(&Shape::Longer(1)), r#"{"Longe...":1}"#);
    assert_eq!(
        small(&[Shape::Newtype(1), Shape::Tuple(1, 2), shape]),
        r#"[{"Newty...":1},{"Tuple":"<list>"},{"Struc...":"<object>"}]"#
    );
    let shape = Shape::Struct { a: 1, b: 2, c: 3, d: 4 };
    assert_eq!(
        small(&[[Shape::Newtype(1), Shape::Tuple(1, 2), shape]]),
        r#"[["<object>","<object>","<object>"]]"#
    );
}

#[test]
fn structs_look_through_their_wrappers() {
    #[derive(Serialize)]
    struct Unit;
    #[derive(Serialize)]
    struct Newtype(u8);
    #[derive(Serialize)]
    struct Tuple(u8, Unit);
    #[derive(Serialize)]
    struct Skipping {
        #[serde(skip_serializing_if = "Option::is_none")]
        a: Option<u8>,
        b: Newtype,
        c: Tuple,
    }
    let value = Skipping { a: None, b: Newtype(1), c: Tuple(2, Unit) };
    assert_eq!(written(&value), r#"{"b":1,"c":[2,null]}"#);
}

#[test]
fn keys_become_texts() {
    #[derive(PartialEq, Eq, PartialOrd, Ord, Serialize)]
    enum Unit {
        Variant,
    }
    #[derive(PartialEq, Eq, PartialOrd, Ord, Serialize)]
    struct Newtype(i8);
    fn one<K: Ord + Serialize>(key: K) -> String {
        written(&BTreeMap::from([(key, 0)]))
    }
    assert_eq!(one("a\"b"), r#"{"a\"b":0}"#);
    assert_eq!(one('x'), r#"{"x":0}"#);
    assert_eq!(one(true), r#"{"true":0}"#);
    assert_eq!(one(Newtype(-1)), r#"{"-1":0}"#);
    assert_eq!(one(u64::MAX), r#"{"18446744073709551615":0}"#);
    assert_eq!(one(i128::MIN), r#"{"-170141183460469231731687303715884105728":0}"#);
    assert_eq!(one(Unit::Variant), r#"{"Variant":0}"#);
    assert_eq!(one(Some(1)), r#"{"1":0}"#);
    assert_eq!(one(Ipv4Addr::LOCALHOST), r#"{"127.0.0.1":0}"#);
    assert_eq!(small(&BTreeMap::from([("abcdef", 0)])), r#"{"abcde...":0}"#);
    assert_eq!(small(&BTreeMap::from([(1_234_567, 0)])), r#"{"12345...":0}"#);
    assert_eq!(small(&BTreeMap::from([("abcdef", 0), ("abcdeg", 1)])), r#"{"abcde...":1}"#);
}

#[test]
fn a_key_that_is_no_text_is_a_mark() {
    #[derive(PartialEq, Eq, PartialOrd, Ord)]
    struct Float(u32);
    impl Serialize for Float {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_f32(f32::from_bits(self.0))
        }
    }
    let floats = BTreeMap::from([(Float(0.1_f32.to_bits()), 0), (Float(f32::NAN.to_bits()), 1)]);
    assert_eq!(written(&floats), r#"{"0.1":0,"<unprintable>":1}"#);
    assert_eq!(written(&BTreeMap::from([((1, 2), 0)])), r#"{"<unprintable>":0}"#);
    assert_eq!(written(&BTreeMap::from([(None::<u8>, 0)])), r#"{"<unprintable>":0}"#);
    assert_eq!(written(&BTreeMap::from([((), 0)])), r#"{"<unprintable>":0}"#);
}

#[test]
fn of_flattened_duplicates_the_later_wins() {
    #[derive(Serialize)]
    struct Inner {
        id: u8,
        name: &'static str,
    }
    #[derive(Serialize)]
    struct Outer {
        id: u8,
        #[serde(flatten)]
        inner: Inner,
        tail: u8,
    }
    let value = Outer { id: 1, inner: Inner { id: 2, name: "n" }, tail: 3 };
    assert_eq!(written(&value), r#"{"id":2,"name":"n","tail":3}"#);
    assert_eq!(written(&[[value]]), r#"[[{"id":2,"name":"n","tail":3}]]"#);
}

#[test]
fn numbers_kept_as_text_are_numbers() {
    #[derive(Serialize)]
    #[serde(rename = "$serde_json::private::Number")]
    struct Kept {
        #[serde(rename = "$serde_json::private::Number")]
        digits: &'static str,
    }
    let number = |digits| small(&Kept { digits });
    assert_eq!(number("-1234567"), "-1234567");
    assert_eq!(number("1.5"), "1.5");
    assert_eq!(number("1e3"), "1000.0");
    assert_eq!(number("18446744073709551615"), "\"18446744073709551615\"");
    assert_eq!(number("1e999"), "\"1e999\"");
    assert_eq!(number("inf"), "\"inf\"");
    assert_eq!(number(""), "\"\"");
    assert_eq!(number("é\"}"), "\"é\\\"}\"");
    assert_eq!(
        written(&json!({"n": 1.5, "m": u64::MAX})),
        r#"{"m":"18446744073709551615","n":1.5}"#
    );
}
