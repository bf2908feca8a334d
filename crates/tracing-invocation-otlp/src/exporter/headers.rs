//! What is sent along with every request.

use http::{HeaderMap, HeaderName, HeaderValue};
use percent_encoding::percent_decode_str;

use crate::environment::Environment;
use crate::settings::InvalidExporter;

/// The headers that the environment gives, and over them those of the code.
pub(super) fn resolve(
    given: &[(String, String)],
    environment: &Environment<'_>,
) -> Result<HeaderMap, InvalidExporter> {
    let mut headers = HeaderMap::new();
    if let Some(said) = environment.otlp("HEADERS")? {
        // The value is not told: it is where tokens are.
        let invalid = || {
            InvalidExporter::new(format!(
                "{}: write name=value,name=value, with other characters than visible ASCII as %20",
                said.by
            ))
        };
        for pair in said.value.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').ok_or_else(invalid)?;
            let value = percent_decode_str(value.trim()).decode_utf8().map_err(|_| invalid())?;
            let (name, value) = header(name.trim(), &value).ok_or_else(invalid)?;
            headers.insert(name, value);
        }
    }
    for (name, value) in given {
        let (name, value) = header(name, value).ok_or_else(|| {
            InvalidExporter::new(format!(
                "with_header: {name:?} cannot be sent: write a name of letters, digits and hyphens, and a value of \
                 visible ASCII"
            ))
        })?;
        headers.insert(name, value);
    }
    Ok(headers)
}

fn header(name: &str, value: &str) -> Option<(HeaderName, HeaderValue)> {
    let name: HeaderName = name.parse().ok()?;
    let mut value: HeaderValue = value.parse().ok()?;
    value.set_sensitive(true);
    // What is not visible ASCII, gRPC could not send.
    value.to_str().ok()?;
    Some((name, value))
}
