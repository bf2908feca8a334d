//! Writers that fail, panic, log, or take what is written apart.

use std::io::{self, Write};
use std::panic::panic_any;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use tracing::{Span, info_span, instrument};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::writer::MakeWriterExt as _;
use tracing_subscriber::prelude::*;
use tracing_subscriber::registry;

use super::tools::{PanicsOnDrop, Writes, alone, bounded, read_line, stderr_of, tell};

/// Asks a function what to do with each `write`, given how many there were before.
struct Asks<F> {
    calls: AtomicUsize,
    write: F,
}

impl<F: Fn(usize, &[u8]) -> io::Result<usize>> Asks<F> {
    fn new(write: F) -> Self {
        Self { calls: AtomicUsize::new(0), write }
    }
}

struct Asking<'a, F>(&'a Asks<F>);

impl<F: Fn(usize, &[u8]) -> io::Result<usize>> Write for Asking<'_, F> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        (self.0.write)(self.0.calls.fetch_add(1, Ordering::Relaxed), bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a, F: Fn(usize, &[u8]) -> io::Result<usize> + 'a> MakeWriter<'a> for Asks<F> {
    type Writer = Asking<'a, F>;

    fn make_writer(&'a self) -> Self::Writer {
        Asking(self)
    }
}

#[instrument(ret, err, fields(invocation.entity_id = number))]
fn run(number: u32) -> Result<u32, String> {
    if number.is_multiple_of(2) { Ok(number) } else { Err("odd".into()) }
}

/// Runs four operations, eight records, through a writer.
fn run_four<F>(write: F)
where
    F: Fn(usize, &[u8]) -> io::Result<usize> + Send + Sync + 'static,
{
    let layer = tracing_invocation::layer().with_writer(Asks::new(write));
    tracing::subscriber::with_default(registry().with(layer), || {
        let answers = [0, 1, 2, 3].map(run);
        assert_eq!(answers, [Ok(0), Err("odd".into()), Ok(2), Err("odd".into())]);
    });
}

/// The names and outcomes of the records that were written. An empty line may stand where the writer panicked: what
/// it had taken until then is not known.
#[track_caller]
fn story_with_panics(writes: &Writes, panics: usize) -> Vec<String> {
    let (empty, lines): (Vec<_>, Vec<_>) =
        writes.lines().into_iter().partition(|line| line == b"\n");
    assert!(empty.len() <= panics, "{} empty lines", empty.len());
    lines.iter().map(|line| tell(&read_line(line))).collect()
}

#[test]
fn a_writer_that_fails_is_reported_once_and_what_was_lost_is_counted() {
    let writes = Writes::default();
    let output = alone(move || {
        let kept = writes.clone();
        let lost = AtomicUsize::new(0);
        run_four(move |_, line| {
            let told = tell(&read_line(line));
            let is_full = (1..4).contains(&lost.load(Ordering::Relaxed)) || told == "run failed";
            if is_full && lost.load(Ordering::Relaxed) < 4 {
                lost.fetch_add(usize::from(told != "delivery failed"), Ordering::Relaxed);
                return Err(io::Error::other("disk\nfull"));
            }
            kept.clone().write(line)
        });
        assert_eq!(
            story_with_panics(&writes, 0),
            ["run invoke", "run success", "run invoke", "delivery failed", "run failed"]
        );
    });
    if let Some(output) = output {
        assert_eq!(
            stderr_of(output),
            [
                "tracing-invocation: writer: records are being lost: disk full",
                "tracing-invocation: writer: records are written again, 4 were lost",
            ]
        );
    }
}

#[test]
fn a_writer_that_panics_loses_its_record_and_nothing_else() {
    let writes = Writes::default();
    let output = alone(move || {
        let kept = writes.clone();
        run_four(move |call, line| match call {
            1 => panic!("broken"),
            2 => panic_any(PanicsOnDrop),
            _ => kept.clone().write(line),
        });
        let told = [
            "run invoke",
            "run invoke",
            "delivery failed",
            "run failed",
            "run invoke",
            "run success",
            "run invoke",
            "run failed",
        ];
        assert_eq!(story_with_panics(&writes, 1), told);
    });
    if let Some(output) = output {
        assert_eq!(
            stderr_of(output),
            [
                "tracing-invocation: writer: records are being lost: the sink panicked",
                "tracing-invocation: writer: records are written again, 1 were lost",
            ]
        );
    }
}

#[test]
fn a_writer_whose_error_panics_is_reported_and_harms_nobody() {
    #[derive(Debug)]
    struct Broken;
    impl std::fmt::Display for Broken {
        fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            panic!("broken")
        }
    }
    impl std::error::Error for Broken {}
    #[derive(Debug)]
    struct BreaksOnDrop;
    impl std::fmt::Display for BreaksOnDrop {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("breaks")
        }
    }
    impl std::error::Error for BreaksOnDrop {}
    impl Drop for BreaksOnDrop {
        fn drop(&mut self) {
            panic!("again")
        }
    }
    let writes = Writes::default();
    let output = alone(move || {
        let kept = writes.clone();
        run_four(move |call, line| match call {
            0 => Err(io::Error::other(Broken)),
            3 => Err(io::Error::other(BreaksOnDrop)),
            _ => kept.clone().write(line),
        });
        let told = story_with_panics(&writes, 1);
        assert_eq!(told.iter().filter(|record| *record != "delivery failed").count(), 6);
    });
    if let Some(output) = output {
        let said = stderr_of(output);
        assert_eq!(said.len(), 3, "{said:?}");
        assert!(
            said[0].starts_with("tracing-invocation: writer: records are being lost: "),
            "{said:?}"
        );
        assert_eq!(said[1], "tracing-invocation: writer: records are written again, 1 were lost");
    }
}

#[test]
fn a_record_torn_by_a_failing_writer_does_not_swallow_the_next() {
    for torn_by_panic in [false, true] {
        let writes = Writes::default();
        let kept = writes.clone();
        run_four(move |call, line| match call {
            2 => kept.clone().write(&line[..20]),
            3 if torn_by_panic => panic_any("no room"),
            3 => Err(io::Error::other("no room")),
            _ => kept.clone().write(line),
        });
        let lines = writes.lines();
        assert_eq!(lines.len(), 9);
        assert_eq!(lines[2].len(), 21, "the torn one");
        assert_eq!(tell(&read_line(&lines[3])), "delivery failed");
        let whole = lines.iter().enumerate().filter(|(at, _)| *at != 2);
        let outcomes: Vec<_> = whole.map(|(_, line)| read_line(line).event_outcome).collect();
        assert_eq!(outcomes.len(), 8);
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_terminal()).count(), 5);
    }
}

#[test]
fn a_writer_that_takes_bytes_one_by_one_gets_whole_lines() {
    let writes = Writes::default();
    let kept = writes.clone();
    run_four(move |call, line| match call % 3 {
        0 => Err(io::ErrorKind::Interrupted.into()),
        _ => kept.clone().write(&line[..1]),
    });
    assert_eq!(story_with_panics(&writes, 0).len(), 8);
}

#[test]
fn a_writer_that_takes_nothing_loses_its_records_and_ends() {
    bounded(|| run_four(|_, _| Ok(0)));
}

#[test]
fn a_writer_that_logs_does_not_record_itself() {
    let writes = Writes::default();
    alone(move || {
        let kept = Mutex::new(writes.clone());
        let writer = Asks::new(move |_, line: &[u8]| {
            let mut kept = kept.lock().unwrap();
            tracing::error!(error = "from the writer");
            let answer = run(7);
            info_span!("writing").in_scope(|| answer.unwrap_err());
            kept.write(line)
        });
        let layer = tracing_invocation::layer().with_writer(writer);
        tracing::subscriber::set_global_default(registry().with(layer)).unwrap();
        assert_eq!(run(1), Err("odd".into()));
        assert_eq!(writes.story(), ["run invoke", "run failed"]);
        assert_eq!(writes.records()[0].entity_id.as_deref(), Some("1"));
    });
}

/// A writer behind a lock that enters, fails and closes operations of the program while it holds the lock.
#[test]
fn a_writer_that_ends_operations_of_the_program_deadlocks_nobody() {
    static OTHERS: OnceLock<Mutex<Vec<Span>>> = OnceLock::new();
    let writes = Writes::default();
    alone(move || {
        let kept = Mutex::new(writes.clone());
        let writer = Asks::new(move |_, line: &[u8]| {
            let mut kept = kept.lock().unwrap();
            let taken: Vec<_> = std::mem::take(&mut *OTHERS.get().unwrap().lock().unwrap());
            for other in taken {
                other.in_scope(|| tracing::info!("inside"));
            }
            kept.write(line)
        });
        let layer = tracing_invocation::layer().with_writer(writer);
        tracing::subscriber::set_global_default(registry().with(layer)).unwrap();
        OTHERS.get_or_init(Mutex::default);
        let [begun, held, fresh] =
            ["begun", "held", "fresh"].map(|name| info_span!("other", invocation.name = name));
        begun.in_scope(|| {});
        held.in_scope(|| {});
        OTHERS.get().unwrap().lock().unwrap().extend([begun, held.clone(), fresh.clone()]);
        assert_eq!(run(2), Ok(2));
        // Entered by the writer alone, which is not recorded; now by the program.
        fresh.in_scope(|| {});
        drop((held, fresh));
        let told = [
            "begun invoke",
            "held invoke",
            "run invoke",
            "begun unknown",
            "run success",
            "fresh invoke",
            "held unknown",
            "fresh unknown",
        ];
        assert_eq!(writes.story(), told);
    });
}

#[test]
fn each_record_is_one_write_of_one_whole_line() {
    let writes = Writes::default();
    let layer = tracing_invocation::layer().with_writer(writes.clone());
    tracing::subscriber::with_default(registry().with(layer), || {
        let text = "x\n".repeat(50_000);
        assert!(run(1).is_err());
        info_span!("large", a = text, b = text, c = ?text).in_scope(|| {});
    });
    assert_eq!(writes.story(), ["run invoke", "run failed", "large invoke", "large unknown"]);
}

#[test]
fn a_writer_chooses_records_by_their_level() {
    let writes = Writes::default();
    let layer = tracing_invocation::layer()
        .with_writer(writes.clone().with_max_level(tracing::Level::INFO));
    tracing::subscriber::with_default(registry().with(layer), || {
        let outer = info_span!("outer", invocation.evidence = "ret");
        outer.in_scope(|| {
            let _ = (run(1), run(2));
        });
        outer.in_scope(|| {});
    });
    assert_eq!(writes.story(), ["run failed", "outer cancelled"]);
}

#[test]
fn two_writers_share_the_records_by_level() {
    let (errors, others) = (Writes::default(), Writes::default());
    let writer = errors.clone().with_max_level(tracing::Level::ERROR).or_else(others.clone());
    let layer = tracing_invocation::layer().with_writer(writer);
    tracing::subscriber::with_default(registry().with(layer), || {
        let _ = run(1);
    });
    assert_eq!(
        (errors.story(), others.story()),
        (vec!["run failed".into()], vec!["run invoke".into()])
    );
}

#[test]
fn threads_do_not_mix_records_of_which_a_writer_takes_a_part_at_a_time() {
    #[derive(Clone, Default)]
    struct Bits(Arc<Mutex<Vec<u8>>>);
    impl Write for Bits {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let part = &bytes[..bytes.len().min(50)];
            self.0.lock().unwrap().extend_from_slice(part);
            std::thread::yield_now();
            Ok(part.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let bits = Bits::default();
    let writer = bits.clone();
    let layer = tracing_invocation::layer().with_writer(move || writer.clone());
    let dispatch = tracing::Dispatch::new(registry().with(layer));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                tracing::dispatcher::with_default(&dispatch, || {
                    (0..200).for_each(|_| info_span!("mixed").in_scope(|| {}));
                });
            });
        }
    });
    let written = bits.0.lock().unwrap();
    let lines: Vec<_> = written.split_inclusive(|byte| *byte == b'\n').map(read_line).collect();
    assert_eq!(lines.len(), 4 * 200 * 2);
}
