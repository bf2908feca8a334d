//! What the environment says of an exporter.

use std::ffi::OsString;

use crate::settings::InvalidExporter;

/// Variables of the environment, by the names that OpenTelemetry gives.
pub(crate) struct Environment<'a>(&'a dyn Fn(&str) -> Option<OsString>);

/// What a variable says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Said {
    /// The variable's name.
    pub(crate) by: String,
    pub(crate) value: String,
    /// Whether it speaks of logs only.
    pub(crate) is_of_logs: bool,
}

impl<'a> Environment<'a> {
    pub(crate) fn new(read: &'a dyn Fn(&str) -> Option<OsString>) -> Self {
        Self(read)
    }

    /// `OTEL_EXPORTER_OTLP_LOGS_x`, else `OTEL_EXPORTER_OTLP_x`. An empty variable says nothing.
    pub(crate) fn otlp(&self, name: &str) -> Result<Option<Said>, InvalidExporter> {
        for (signal, is_of_logs) in [("LOGS_", true), ("", false)] {
            let by = format!("OTEL_EXPORTER_OTLP_{signal}{name}");
            let Some(value) = (self.0)(&by).filter(|value| !value.is_empty()) else {
                continue;
            };
            let value = value.into_string().map_err(|_| {
                InvalidExporter::new(format!("{by} is not UTF-8: write it in UTF-8, or unset it"))
            })?;
            return Ok(Some(Said { by, value, is_of_logs }));
        }
        Ok(None)
    }
}

impl Said {
    /// The error of a variable that says something else than it should.
    pub(crate) fn invalid(&self, instead: &str) -> InvalidExporter {
        InvalidExporter::new(format!("{}={:?}: write {instead}", self.by, self.value))
    }
}
