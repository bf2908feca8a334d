//! Whether a person sees colours, in a real process: what stream it is, and what its environment says.

use crate::process::{PRETTY, command, finish};

/// How a cancellation begins in colour.
const COLORED: &str = "\u{1b}[1m\u{1b}[35m⊘ cancelled";

/// What the program writes to a pipe.
fn piped(environment: &[(&str, &str)]) -> String {
    let mut command = command(PRETTY);
    command.envs(environment.iter().copied());
    finish(command).stderr
}

/// What the program writes to a terminal, which `script` of util-linux makes for it.
#[cfg(target_os = "linux")]
fn on_a_terminal(environment: &[(&str, &str)]) -> String {
    let mut command = command("script");
    command.args(["--quiet", "--return", "--command", &format!("'{PRETTY}' >/dev/null")]);
    command.arg("/dev/null").env("TERM", "xterm").envs(environment.iter().copied());
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_pipe_is_written_to_in_color_only_where_that_is_forced() {
    assert!(!piped(&[]).contains('\u{1b}'));
    assert!(piped(&[("CLICOLOR_FORCE", "1")]).contains(COLORED));
    assert!(piped(&[("FORCE_COLOR", "1")]).contains(COLORED));
    assert!(!piped(&[("FORCE_COLOR", "1"), ("NO_COLOR", "1")]).contains('\u{1b}'));
}

#[test]
#[cfg(target_os = "linux")]
fn a_terminal_is_written_to_in_color_unless_it_or_the_person_says_no() {
    assert!(on_a_terminal(&[]).contains(COLORED));
    assert!(on_a_terminal(&[("NO_COLOR", "")]).contains(COLORED));
    for no in [("NO_COLOR", "1"), ("TERM", "dumb")] {
        let seen = on_a_terminal(&[no]);
        assert!(seen.contains("⊘ cancelled") && !seen.contains('\u{1b}'), "{no:?}: {seen}");
    }
}
