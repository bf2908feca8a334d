//! Shortens what `std::any::type_name` returns to what a person reads.
//!
//! The name is read once, token by token. A path is written over with each of its segments, so that the last one is left;
//! what was open where a bracket begins waits on a stack. Nothing recurses: a name may nest as deep as types do.

/// Returns a type's name without what is in front of it: `Box<dyn Error>`, `ParseIntError`. Modules, functions, closures and
/// `impl` blocks are left out.
///
/// A type that is just called `Error` keeps the last module, crate or function that says whose it is: `io::Error`,
/// `anyhow::Error`. A type that has no name of its own is called what it is: `closure`.
pub(super) fn readable(type_name: &str) -> String {
    let mut reader = Reader { to: String::with_capacity(type_name.len()), ..Reader::default() };
    let mut rest = type_name;
    while !rest.is_empty() {
        let (token, behind) = Token::split(rest);
        reader.take(token);
        rest = behind;
    }
    reader.to
}

/// A part of a name that belongs together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token<'a> {
    /// A name between two `::`, or a word such as `dyn`.
    Word(&'a str),
    /// `{{closure}}`, `{impl#0}`, `{async_block#1}`: what is inside the braces.
    Braces(&'a str),
    Separator,
    Open,
    Close,
    /// Everything else, as it stands: `->`, `'a`, `'<'`, a space.
    Other(&'a str),
}

impl<'a> Token<'a> {
    /// Splits the first token off a text that is not empty.
    fn split(text: &'a str) -> (Self, &'a str) {
        let at = |length: usize| text.split_at_checked(length).unwrap_or((text, ""));
        if let Some(rest) = text.strip_prefix("::") {
            return (Self::Separator, rest);
        }
        if text.starts_with("->") {
            let (arrow, rest) = at(2);
            return (Self::Other(arrow), rest);
        }
        match text.chars().next() {
            Some('<') => (Self::Open, at(1).1),
            Some('>') => (Self::Close, at(1).1),
            Some('{') => {
                let (braces, rest) = at(end_of_braces(text));
                (Self::Braces(braces.trim_matches(['{', '}'])), rest)
            }
            Some('\'') => {
                let (quoted, rest) = at(end_of_quoted(text));
                (Self::Other(quoted), rest)
            }
            Some(c) if is_word(c) => {
                let (word, rest) = at(text.find(|c| !is_word(c)).unwrap_or(text.len()));
                (Self::Word(word), rest)
            }
            other => {
                let (other, rest) = at(other.map_or(0, char::len_utf8));
                (Self::Other(other), rest)
            }
        }
    }
}

fn is_word(c: char) -> bool {
    // As in `r#try`.
    c.is_alphanumeric() || matches!(c, '_' | '#')
}

/// Returns where the braces end that begin `text`.
fn end_of_braces(text: &str) -> usize {
    let mut depth = 0_usize;
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 1 => return at + 1,
            '}' => depth -= 1,
            _ => {}
        }
    }
    text.len()
}

/// Returns where a character or a lifetime ends that begins `text`: `'<'`, `'\''`, `'a`.
fn end_of_quoted(text: &str) -> usize {
    let behind = &text[1..];
    if let Some(escaped) = behind.strip_prefix('\\') {
        // The escaped character may be a quote.
        let first = escaped.chars().next().map_or(0, char::len_utf8);
        let end = escaped.get(first..).and_then(|rest| rest.find('\''));
        return end.map_or(text.len(), |end| 2 + first + end + 1);
    }
    let first = behind.chars().next().map_or(0, char::len_utf8);
    if behind.get(first..).is_some_and(|rest| rest.starts_with('\'')) {
        return 1 + first + 1;
    }
    1 + behind.find(|c| !is_word(c)).unwrap_or(behind.len())
}

/// What was read so far.
#[derive(Default)]
struct Reader<'a> {
    to: String,
    path: Option<Path<'a>>,
    /// What was open around the brackets that are.
    around: Vec<Around<'a>>,
}

/// The path that is being read.
struct Path<'a> {
    /// Where it begins in what was written.
    start: usize,
    /// The last two segments.
    last: [&'a str; 2],
    /// The last segment that says whose something is, or nothing.
    owner: &'a str,
    /// Whether another segment follows.
    goes_on: bool,
}

/// What was open where a `<` stood.
struct Around<'a> {
    path: Option<Path<'a>>,
    /// Where what is inside begins in what was written, where that is no part of the name: `<Mine as Job>::run`.
    dropped_from: Option<usize>,
}

impl<'a> Reader<'a> {
    fn take(&mut self, token: Token<'a>) {
        match token {
            Token::Word(word) => self.segment(word.strip_prefix("r#").unwrap_or(word), false),
            Token::Braces(braces) => {
                let word = braces.split('#').next().unwrap_or(braces);
                let is_name = !word.is_empty() && word.chars().all(is_word);
                self.segment(if is_name { word } else { "_" }, true);
            }
            Token::Separator => {
                if let Some(path) = &mut self.path {
                    path.goes_on = true;
                } else {
                    self.to.push_str("::");
                }
            }
            Token::Open => self.open(),
            Token::Close => self.close(),
            Token::Other(other) => {
                self.path = None;
                self.to.push_str(other);
            }
        }
    }

    /// Writes a segment of a path over the one before it. `name` says whose something is, unless `is_anonymous`.
    fn segment(&mut self, name: &'a str, is_anonymous: bool) {
        let before = self.path.take().filter(|path| path.goes_on);
        let Path { start, last, owner, .. } = before.unwrap_or_else(|| Path::at(self.to.len()));
        self.to.truncate(start);
        // `core::error::Error` is the trait, as in `dyn Error`.
        if name == "Error" && !owner.is_empty() && last != ["core", "error"] {
            self.to.push_str(owner);
            self.to.push_str("::");
        }
        self.to.push_str(name);
        let owner = if is_anonymous || matches!(name, "error" | "errors") { owner } else { name };
        self.path = Some(Path { start, last: [last[1], name], owner, goes_on: false });
    }

    /// A bracket behind a name holds what it is made of; any other, what a path begins with or goes through.
    fn open(&mut self) {
        let is_behind_name = self.path.as_ref().is_some_and(|path| !path.goes_on);
        let dropped_from = (!is_behind_name).then_some(self.to.len());
        if is_behind_name {
            self.to.push('<');
        }
        self.around.push(Around { path: self.path.take(), dropped_from });
    }

    fn close(&mut self) {
        let Some(Around { path, dropped_from }) = self.around.pop() else {
            self.path = None;
            return self.to.push('>');
        };
        let Some(from) = dropped_from else {
            self.to.push('>');
            self.path = path;
            return;
        };
        self.to.truncate(from);
        let path = path.unwrap_or_else(|| Path::at(from));
        self.path = Some(Path { goes_on: false, ..path });
    }
}

impl Path<'_> {
    /// A path that begins there.
    fn at(start: usize) -> Self {
        Self { start, last: ["", ""], owner: "", goes_on: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::any::{type_name, type_name_of_val};
    use std::error::Error;

    #[test]
    fn leaves_out_modules() {
        let names = [
            (type_name::<std::num::ParseIntError>(), "ParseIntError"),
            (type_name::<Box<dyn Error + Send + Sync>>(), "Box<dyn Error + Send + Sync>"),
            (type_name::<&'static str>(), "&str"),
            (type_name::<Result<Vec<String>, [u8; 2]>>(), "Result<Vec<String>, [u8; 2]>"),
            ("u8", "u8"),
        ];
        for (name, expected) in names {
            assert_eq!(readable(name), expected);
        }
    }

    #[test]
    fn says_whose_error_it_is() {
        let names = [
            (type_name::<std::io::Error>(), "io::Error"),
            (type_name::<std::fmt::Error>(), "fmt::Error"),
            (type_name::<serde_json::Error>(), "serde_json::Error"),
            ("anyhow::Error", "anyhow::Error"),
            ("shop::error::errors::Error", "shop::Error"),
            ("shop::r#try::Error", "try::Error"),
            ("shop::pay::{{closure}}::Error", "pay::Error"),
            ("<shop::Till as shop::Pay>::pay::Error", "pay::Error"),
            ("Error", "Error"),
        ];
        for (name, expected) in names {
            assert_eq!(readable(name), expected);
        }
    }

    trait Job {
        fn run(&self) -> &'static str;
    }
    struct Till<T>(T);
    impl<T> Job for Till<T> {
        fn run(&self) -> &'static str {
            struct Local;
            let in_closure = || {
                struct InClosure;
                type_name::<Result<Local, InClosure>>()
            };
            in_closure()
        }
    }
    impl Till<u8> {
        fn own() -> &'static str {
            struct Local<const C: char, const N: i8>;
            type_name::<Local<'>', -3>>()
        }
    }

    #[test]
    fn types_inside_functions_have_their_own_names_alone() {
        struct Here;
        let in_async = async {
            struct InAsync;
            type_name::<InAsync>()
        };
        let mut in_async = std::pin::pin!(in_async);
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        assert_eq!(
            in_async.as_mut().poll(&mut context).map(readable),
            std::task::Poll::Ready("InAsync".to_owned())
        );
        assert_eq!(readable(type_name::<Option<Here>>()), "Option<Here>");
        assert_eq!(readable(Till([1_u8]).run()), "Result<Local, InClosure>");
        assert_eq!(readable(Till::<u8>::own()), "Local<'>', -3>");
        assert_eq!(readable(type_name_of_val(&|| ())), "closure");
        assert_eq!(readable(type_name_of_val(&[Some(|| ())])), "[Option<closure>; 1]");
    }

    #[test]
    fn types_without_a_path_stay_what_they_are() {
        let names = [
            (
                "for<'a> unsafe extern \"C\" fn(&'a std::io::error::Error, (u8, !)) -> *const shop::Till<u8>",
                "for<'a> unsafe extern \"C\" fn(&'a io::Error, (u8, !)) -> *const Till<u8>",
            ),
            (
                "&mut dyn core::iter::Iterator<Item = (shop::A, [shop::B])> + core::marker::Send",
                "&mut dyn Iterator<Item = (A, [B])> + Send",
            ),
            ("shop::Marked<'\\''>", "Marked<'\\''>"),
            ("shop::Marked<'<'>", "Marked<'<'>"),
            ("shop::Marked<{shop::LIMIT + 1}>", "Marked<_>"),
        ];
        for (name, expected) in names {
            assert_eq!(readable(name), expected);
        }
    }

    /// A name, as `type_name` writes it and as it should be read.
    type Pair = (String, String);

    fn segment() -> impl Strategy<Value = String> {
        prop_oneof![
            "[a-z_][a-z0-9_]{0,4}",
            Just("{{closure}}".to_owned()),
            "\\{(impl|closure|async_block)#[0-9]\\}",
            "<[a-z]{1,3}::[A-Z] as [a-z]{1,3}::[A-Z]<u8>>",
            "<impl [a-z]::[A-Z] for [a-z]::[A-Z]<\\[u8\\]>>",
            "[a-z]{1,3}<[a-z]::[A-Z], '[<>:]'>",
        ]
    }

    /// A type of a name of its own, however deep inside of what.
    fn path() -> impl Strategy<Value = Pair> {
        (prop::collection::vec(segment(), 0..6), "[A-Z][a-z0-9]{0,5}").prop_map(|(around, name)| {
            // A path begins with a name, or with a `<`.
            let around = around.into_iter().skip_while(|segment| segment.starts_with('{'));
            let segments: Vec<_> = around.chain([name.clone()]).collect();
            (segments.join("::"), name)
        })
    }

    fn any_type() -> impl Strategy<Value = Pair> {
        path().prop_recursive(4, 24, 3, |inner| {
            let inside = |shape: fn(&str) -> String| {
                inner.clone().prop_map(move |(name, read)| (shape(&name), shape(&read)))
            };
            prop_oneof![
                inside(|of| format!("&{of}")),
                inside(|of| format!("&mut [{of}; 3]")),
                inside(|of| format!("(u8, {of})")),
                inside(|of| format!("dyn {of} + {of}")),
                inside(|of| format!("for<'a> fn(&'a {of}) -> {of}")),
                (path(), prop::collection::vec(inner, 1..3)).prop_map(|((name, read), of)| {
                    let (names, reads): (Vec<_>, Vec<_>) = of.into_iter().unzip();
                    (
                        format!("{name}<{}>", names.join(", ")),
                        format!("{read}<{}>", reads.join(", ")),
                    )
                }),
            ]
        })
    }

    proptest! {
        #[test]
        fn a_name_of_its_own_is_left_of_any_path((name, expected) in any_type()) {
            prop_assert_eq!(readable(&name), expected);
        }

        #[test]
        fn reads_whatever_it_is_given(text in "[a-z<>{}':;()\\[\\]\\-#&é\\\\]{0,40}") {
            readable(&text);
        }
    }
}
