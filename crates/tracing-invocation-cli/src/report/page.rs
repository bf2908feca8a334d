//! Assembles the page from its parts.

use std::io::{self, Write};
use std::sync::LazyLock;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest as _, Sha256};
use tracing_invocation::format::harmless;

use super::columns::Columns;
use super::details::Details;
use super::html_safe;
use super::page_notes::PageNotes;

const TEMPLATE: &str = include_str!("page/page.html");

const STYLE: &str = concat!(
    include_str!("page/colours.css"),
    include_str!("page/page.css"),
    include_str!("page/lists.css"),
    include_str!("page/trace.css"),
    include_str!("page/narrow.css"),
    include_str!("page/print.css"),
);

/// One script of several files, each of which is an idea of its own. What they declare is nobody else's.
static SCRIPT: LazyLock<String> = LazyLock::new(|| {
    let parts = [
        include_str!("page/text.js"),
        include_str!("page/data.js"),
        include_str!("page/state.js"),
        include_str!("page/figures.js"),
        include_str!("page/rows.js"),
        include_str!("page/activity.js"),
        include_str!("page/overview.js"),
        include_str!("page/traces.js"),
        include_str!("page/details.js"),
        include_str!("page/waterfall.js"),
        include_str!("page/main.js"),
    ];
    format!("\"use strict\";\n(() => {{\n{}}})();\n", parts.concat())
});

/// A page that is ready to be written.
pub(super) struct Page<'a> {
    pub(super) title: &'a str,
    pub(super) notes: &'a PageNotes,
    pub(super) columns: &'a Columns,
    pub(super) details: &'a Details,
}

impl Page<'_> {
    pub(super) fn write(&self, to: &mut dyn Write) -> io::Result<()> {
        let mut to = to;
        let mut rest = TEMPLATE;
        // A part is put in once: whatever it says, nothing is looked for inside it.
        while let Some((before, after)) = rest.split_once("{{") {
            let Some((part, after)) = after.split_once("}}") else { break };
            to.write_all(before.as_bytes())?;
            match part {
                "title" => to.write_all(escaped(&harmless(self.title)).as_bytes())?,
                "policy" => to.write_all(policy().as_bytes())?,
                "style" => to.write_all(STYLE.as_bytes())?,
                "said" => html_safe::to_writer(&mut to, self.notes)?,
                "columns" => html_safe::to_writer(&mut to, self.columns)?,
                "details" => to.write_all(&self.details.lines)?,
                "script" => to.write_all(SCRIPT.as_bytes())?,
                _ => {}
            }
            rest = after;
        }
        to.write_all(rest.as_bytes())
    }
}

/// Nothing is fetched, nothing is sent, and no other script or style is heeded than these.
fn policy() -> String {
    format!(
        "default-src 'none'; script-src '{}'; style-src '{}'; base-uri 'none'; form-action 'none'",
        digest(&SCRIPT),
        digest(STYLE)
    )
}

/// The digest by which a policy names a script or a style.
fn digest(text: &str) -> String {
    format!("sha256-{}", BASE64_STANDARD.encode(Sha256::digest(text)))
}

/// A text as HTML says it.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_the_script_or_the_style_ends_it() {
        for (text, end) in [(&**SCRIPT, "</script"), (&**SCRIPT, "<!--"), (STYLE, "</style")] {
            assert!(!text.to_lowercase().contains(end));
        }
    }

    #[test]
    fn data_never_becomes_markup() {
        let makes_markup =
            ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("];
        for word in makes_markup {
            assert!(!SCRIPT.contains(word), "{word}");
        }
    }
}
