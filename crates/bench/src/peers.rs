//! Other libraries, each used as its documentation says, writing what it writes of the same operation.

mod emit;
mod fastrace;
mod ids;
mod slog;
mod spdlog;
mod tracing_layers;

use crate::variant::Variant;

pub(crate) const VARIANTS: [Variant; 8] = [
    Variant::new("slog", "`slog` and `slog-json`, called by hand", slog::set_up),
    Variant::new("spdlog", "`spdlog-rs` JSON, called by hand", spdlog::set_up),
    Variant::new(
        "fastrace",
        "`fastrace` and a JSON reporter, one line at the end",
        fastrace::set_up,
    )
    .unsteady(),
    Variant::new(
        "fastrace_local",
        "the same, `#[trace]` inside a trace of a hundred operations",
        fastrace::set_up_local,
    )
    .unsteady(),
    Variant::new("bunyan", "`tracing-bunyan-formatter`", tracing_layers::bunyan),
    Variant::new(
        "json_subscriber",
        "`json-subscriber`, an event at each end",
        tracing_layers::json_subscriber,
    ),
    Variant::new("emit", "`emit`, an event and a span", emit::set_up),
    Variant::new(
        "fmt_json",
        "`tracing-subscriber` fmt JSON, `NEW` and `CLOSE`",
        tracing_layers::fmt,
    ),
];
