//! Names of types that a person reads.

/// A type's name without the modules in front of it: `Box<dyn Error>`, `ParseIntError`.
///
/// A type that is just called `Error` keeps the last module or crate that says whose it is: `io::Error`,
/// `anyhow::Error`.
pub(super) fn readable(type_name: &str) -> String {
    let mut readable = String::with_capacity(type_name.len());
    let mut rest = type_name;
    while let Some(start) = rest.find(is_path) {
        let (before, path) = rest.split_at(start);
        let (path, after) = path.split_at(path.find(|c| !is_path(c)).unwrap_or(path.len()));
        readable.push_str(before);
        push_short(&mut readable, path);
        rest = after;
    }
    readable.push_str(rest);
    readable
}

fn is_path(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | ':')
}

fn push_short(to: &mut String, path: &str) {
    let (modules, name) = path.rsplit_once("::").unwrap_or(("", path));
    // `core::error::Error` is the trait, as in `dyn Error`.
    if name == "Error" && modules != "core::error" {
        let mut owners = modules.rsplit("::").filter(|owner| !matches!(*owner, "error" | "errors"));
        if let Some(owner) = owners.next().filter(|owner| !owner.is_empty()) {
            to.push_str(owner);
            to.push_str("::");
        }
    }
    to.push_str(name);
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::any::type_name;
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
            ("Error", "Error"),
        ];
        for (name, expected) in names {
            assert_eq!(readable(name), expected);
        }
    }
}
