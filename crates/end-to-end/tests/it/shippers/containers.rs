//! docs/shipping/containers.md: container runtimes put a head before each line, and split long ones.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use end_to_end::{fenced, tool};
use tracing_invocation::Limits;

use super::{assert_same, output, parse, produce, producer, run};

/// Where Docker and containerd split a line, by their documentation.
const SPLIT: usize = 16 * 1024;

/// Stands in for runc: starts the program, whose stdout and stderr are those that conmon gave it.
const RUNTIME: &str = r#"#!/bin/sh
while [ "$1" != --pid-file ]; do shift; done
echo 'not a record' >&2
"$PRODUCER" 400 default written.jsonl &
echo $! >"$2"
"#;

/// Has conmon, which writes the logs of CRI-O and Podman, run the producer. Answers with what the producer wrote; the
/// log is the file `container.log` in `folder`.
fn in_a_container(folder: &Path) -> Vec<String> {
    let runtime = folder.join("runtime");
    fs::write(&runtime, RUNTIME).unwrap();
    fs::set_permissions(&runtime, fs::Permissions::from_mode(0o755)).unwrap();
    fs::create_dir(folder.join("bundle")).unwrap();
    fs::create_dir(folder.join("exits")).unwrap();
    let log = format!("k8s-file:{}", folder.join("container.log").display());
    let mut conmon = tool("conmon");
    conmon.args([
        "--api-version",
        "1",
        "--cid",
        "shop",
        "--cuuid",
        "shop",
        "--name",
        "shop",
        "--sync",
        "--full-attach",
    ]);
    conmon.arg("--runtime").arg(runtime).arg("--bundle").arg(folder.join("bundle"));
    conmon
        .arg("--container-pidfile")
        .arg(folder.join("pid"))
        .arg("--exit-dir")
        .arg(folder.join("exits"));
    conmon.args(["--log-path", &log]).current_dir(folder).env("PRODUCER", producer().get_program());
    run(&mut conmon);
    assert_eq!(fs::read_to_string(folder.join("exits/shop")).unwrap(), "0");
    fs::read_to_string(folder.join("written.jsonl")).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn no_record_is_as_long_as_where_docker_and_containerd_split() {
    const { assert!(Limits::DEFAULT.record < SPLIT) };
    let folder = tempfile::tempdir().unwrap();
    let written = produce(2_000, "default", &folder.path().join("operations.jsonl"));
    let longest = written.iter().map(|line| line.len() + 1).max().unwrap();
    assert!((15_000..=Limits::DEFAULT.record).contains(&longest), "{longest}");
}

#[test]
fn parts_of_a_record_put_together_are_the_record() {
    let folder = tempfile::tempdir().unwrap();
    let written = in_a_container(folder.path());
    let log = fs::read(folder.path().join("container.log")).unwrap();
    let parts = log.windows(b" stdout P ".len()).filter(|window| window == b" stdout P ").count();
    assert!(parts > 10, "conmon splits where it reads, whatever the limit: {parts} parts");

    let [join] = &fenced("containers.md", "sh").collect::<Vec<_>>()[..] else {
        panic!("one command")
    };
    let joined = output(tool("sh").args(["-e", "-c", join]).current_dir(folder.path()));
    assert_same(&joined.lines().map(str::to_owned).collect::<Vec<_>>(), &written);
    joined.lines().map(parse).for_each(drop);
}
