//! Records operations into a file on a disk that becomes full, and has space again; then it says what became of them.
//!
//! `fills_a_disk FOLDER [gzip]`

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use flate2::read::GzDecoder;
use serde_json::json;
use tracing_invocation::sink::{File, OnFailure, Output, Rotation};
use tracing_subscriber::prelude::*;

type Error = Box<dyn std::error::Error>;

fn main() -> Result<(), Error> {
    let mut args = std::env::args().skip(1);
    let folder = PathBuf::from(args.next().ok_or("which folder?")?);
    let path = folder.join("shop.jsonl");
    let told = Arc::new(Mutex::new(Vec::new()));
    let tell = |told: &Arc<Mutex<Vec<String>>>| {
        let told = Arc::clone(told);
        OnFailure::call(move |incident| {
            if let Ok(mut told) = told.lock() {
                told.push(incident.to_string());
            }
        })
    };
    let mut file = File::open(&path)?.on_failure(tell(&told));
    if args.next().as_deref() == Some("gzip") {
        let rotation = Rotation::new().with_max_bytes(60_000).with_gzip();
        file = file.with_rotation(rotation).with_check_interval(Duration::ZERO);
    }
    let handle = file.handle();
    let layer = tracing_invocation::layer().with_sink(Output::new(file).on_failure(tell(&told)));
    let delivery = layer.delivery();
    tracing_subscriber::registry().with(layer).init();

    let lost = || delivery.counters().outputs[0].dropped.write_failed;
    let ballast = |round| folder.join(format!("ballast.{round}"));
    for round in 1..=3 {
        fs::write(ballast(round), vec![0; 60_000])?;
    }
    for round in 1..=3 {
        let before = lost();
        // A round ends when the disk is full. It holds far fewer records than this.
        for _ in 0..5_000 {
            record(round);
            if lost() >= before + 25 {
                break;
            }
        }
        fs::remove_file(ballast(round))?;
        (0..10).for_each(|_| record(round));
    }
    delivery.flush(Duration::from_secs(5))?;
    // Before the end of the log, which gives up what is still being compressed.
    let is_tidy = handle.wait_until_tidy(Duration::from_secs(30));
    delivery.finish(Duration::from_secs(5))?;
    let mut texts = serde_json::Map::new();
    for entry in fs::read_dir(&folder)? {
        let entry = entry?;
        let file = fs::File::open(entry.path())?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let mut text = String::new();
        match name.ends_with(".gz") {
            true => GzDecoder::new(file).read_to_string(&mut text),
            false => (&file).read_to_string(&mut text),
        }?;
        texts.insert(name, text.into());
    }
    let told = told.lock().map(|told| told.clone()).unwrap_or_default();
    let counters = delivery.counters();
    let said = json!({ "counters": counters, "files": texts, "told": told, "is_tidy": is_tidy });
    writeln!(io::stdout(), "{said}")?;
    Ok(())
}

fn record(round: u32) {
    tracing::info_span!("work", invocation.name = "work", round).in_scope(|| {});
}
