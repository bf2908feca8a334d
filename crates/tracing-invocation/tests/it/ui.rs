//! What the attribute refuses and in which words, and shapes that it takes without a warning.

#[test]
fn every_misuse_is_refused_in_words_that_say_what_to_write_instead() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/ui/*.rs");
    cases.pass("tests/ui/pass/*.rs");
}
