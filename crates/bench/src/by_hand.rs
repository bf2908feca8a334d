//! The limit: the bytes that the library writes, put together by hand for this one operation.
//!
//! There is no span, no table, no policy, no redaction and no loss account. What is not done twice by a careful hand
//! is not done twice here: the text of a second, the fields, the static parts of a line, the buffer.

use std::cell::RefCell;
use std::error::Error;
use std::io::{self, Write};
use std::sync::Mutex;
use std::time::{Instant, SystemTime};

use crate::memory::Memory;
use crate::order::{Order, Random};
use crate::variant::{Program, Variant};

pub(crate) const VARIANTS: [Variant; 5] = [
    Variant::new("by_hand", "the two lines by hand, no `tracing` (the limit)", || {
        by_hand(Memory, &SUCCESS)
    }),
    Variant::new("by_hand_failed", "the same, `failed`", || by_hand(Memory, &FAILED))
        .with_limit("by_hand_failed"),
    Variant::new("by_hand_dropped", "the same, `cancelled`", || by_hand(Memory, &CANCELLED))
        .with_limit("by_hand_dropped"),
    Variant::new("by_hand_file", "the same as the first, into a file behind a lock", || {
        by_hand(Locked(Mutex::new(tempfile::tempfile()?)), &SUCCESS)
    })
    .with_limit("by_hand_file")
    .unsteady(),
    Variant::new("by_hand_two_threads", "the same as the first, two threads at once", || {
        Ok(Program::on_two_threads(by_thread))
    })
    .unsteady()
    .allocating_elsewhere(),
];

/// What is static in the last line of an operation.
struct Ending {
    head: &'static [u8],
    payload: &'static [u8],
}

/// The head of a line, from its level to where its trace begins.
macro_rules! head {
    ($level:literal, $outcome:literal) => {
        concat!(
            "\",\"level\":\"",
            $level,
            "\",\"event_namespace\":\"bench::library\",\"event_name\":\"place\",\"event_outcome\":\"",
            $outcome,
            "\",\"trace_id\":\""
        )
        .as_bytes()
    };
}

const INVOKE: &[u8] = head!("DEBUG", "invoke");
const SUCCESS: Ending = Ending { head: head!("DEBUG", "success"), payload: b"" };
const FAILED: Ending = Ending {
    head: head!("ERROR", "failed"),
    payload: br#""error":{"type":"Declined","message":"the card was declined"},"#,
};
const CANCELLED: Ending = Ending {
    head: head!("INFO", "cancelled"),
    payload:
        br#""cancelled":true,"error":{"type":"cancelled","message":"dropped before completion"},"#,
};

fn by_hand(sink: impl Lines + 'static, ending: &'static Ending) -> Result<Program, Box<dyn Error>> {
    let hand = RefCell::new(Hand::new().map_err(|error| error.to_string())?);
    Ok(Program::new(move |order| hand.borrow_mut().record(order, ending, &sink)))
}

fn by_thread(order: Order) -> io::Result<u64> {
    thread_local! {
        static HAND: RefCell<Option<Hand>> = const { RefCell::new(None) };
    }
    HAND.with_borrow_mut(|hand| match hand {
        Some(hand) => hand.record(order, &SUCCESS, &Memory),
        None => {
            *hand = Some(Hand::new().map_err(io::Error::other)?);
            Ok(0)
        }
    })
}

/// What takes whole lines.
trait Lines {
    fn write_line(&self, line: &[u8]) -> io::Result<()>;
}

impl Lines for Memory {
    fn write_line(&self, line: &[u8]) -> io::Result<()> {
        { *self }.write_all(line)
    }
}

struct Locked<W>(Mutex<W>);

impl<W: Write> Lines for Locked<W> {
    fn write_line(&self, line: &[u8]) -> io::Result<()> {
        self.0.lock().map_err(|_| io::ErrorKind::Other)?.write_all(line)
    }
}

struct Hand {
    line: Vec<u8>,
    fields: Vec<u8>,
    start: Instant,
    start_micros: u64,
    second: u64,
    second_text: [u8; 19],
    random: Random,
}

impl Hand {
    fn new() -> Result<Self, Box<dyn Error + Send + Sync>> {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
        Ok(Self {
            line: Vec::new(),
            fields: Vec::new(),
            start: Instant::now(),
            start_micros: u64::try_from(now.as_micros())?,
            second: u64::MAX,
            second_text: [0; 19],
            random: Random::new(),
        })
    }

    fn record(&mut self, order: Order, ending: &Ending, sink: &impl Lines) -> io::Result<u64> {
        let (trace, span) = ([self.random.next(), self.random.next()], self.random.next());
        self.format_fields(order);
        let begun = self.begin_line(INVOKE, trace, span);
        self.line.extend_from_slice(br#"","payload":{"#);
        self.end_line(sink)?;

        let receipt = order.receipt();

        let ended = self.begin_line(ending.head, trace, span);
        self.line.extend_from_slice(br#"","duration_ns":"#);
        self.line.extend_from_slice(itoa::Buffer::new().format(ended - begun).as_bytes());
        self.line.extend_from_slice(br#","payload":{"#);
        self.line.extend_from_slice(ending.payload);
        self.end_line(sink)?;
        Ok(receipt)
    }

    fn format_fields(&mut self, order: Order) {
        let to = &mut self.fields;
        to.clear();
        to.extend_from_slice(br#""item":"#);
        to.extend_from_slice(itoa::Buffer::new().format(order.item).as_bytes());
        to.extend_from_slice(br#","region":"#);
        push_text(to, order.region);
        to.extend_from_slice(if order.retry { br#","retry":true"# } else { br#","retry":false"# });
    }

    /// Returns the time since the start, in nanoseconds.
    fn begin_line(&mut self, head: &[u8], trace: [u64; 2], span: u64) -> u64 {
        let elapsed = self.start.elapsed();
        let elapsed = elapsed.as_secs() * 1_000_000_000 + u64::from(elapsed.subsec_nanos());
        let micros = self.start_micros + elapsed / 1_000;

        self.line.clear();
        self.line.extend_from_slice(br#"{"timestamp":""#);
        self.push_timestamp(micros);
        self.line.extend_from_slice(head);
        push_hex(&mut self.line, trace[0]);
        push_hex(&mut self.line, trace[1]);
        self.line.extend_from_slice(br#"","span_id":""#);
        push_hex(&mut self.line, span);
        elapsed
    }

    fn end_line(&mut self, sink: &impl Lines) -> io::Result<()> {
        self.line.extend_from_slice(&self.fields);
        self.line.extend_from_slice(b"}}\n");
        sink.write_line(&self.line)
    }

    fn push_timestamp(&mut self, micros: u64) {
        let (second, mut fraction) = (micros / 1_000_000, micros % 1_000_000);
        if second != self.second {
            self.second = second;
            self.second_text = text_of(second);
        }
        self.line.extend_from_slice(&self.second_text);
        let mut text = *b".000000Z";
        for digit in text[1..7].iter_mut().rev() {
            *digit += (fraction % 10) as u8;
            fraction /= 10;
        }
        self.line.extend_from_slice(&text);
    }
}

/// The second, as RFC 3339 in UTC without its `Z`.
fn text_of(second: u64) -> [u8; 19] {
    let time = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(second);
    let text = humantime::format_rfc3339_seconds(time).to_string();
    text.as_bytes().first_chunk().copied().unwrap_or(*b"1970-01-01T00:00:00")
}

fn push_text(to: &mut Vec<u8>, text: &str) {
    let is_plain = |byte: &u8| (b' '..0x7f).contains(byte) && !matches!(byte, b'"' | b'\\');
    if text.as_bytes().iter().all(is_plain) {
        to.push(b'"');
        to.extend_from_slice(text.as_bytes());
        to.push(b'"');
    } else {
        to.extend_from_slice(serde_json::Value::from(text).to_string().as_bytes());
    }
}

fn push_hex(to: &mut Vec<u8>, number: u64) {
    const PAIRS: [[u8; 2]; 256] = {
        let digits = b"0123456789abcdef";
        let mut pairs = [[0; 2]; 256];
        let mut byte = 0;
        while byte < 256 {
            pairs[byte] = [digits[byte >> 4], digits[byte & 15]];
            byte += 1;
        }
        pairs
    };
    let mut text = [[0; 2]; 8];
    for (pair, byte) in text.iter_mut().zip(number.to_be_bytes()) {
        *pair = PAIRS[usize::from(byte)];
    }
    to.extend_from_slice(text.as_flattened());
}

#[cfg(test)]
mod tests {
    use tracing_subscriber::prelude::*;

    use super::*;
    use crate::library::{declined, place, waits};
    use crate::memory;
    use crate::order::poll_once;

    /// What `operation` writes through the library.
    fn recorded<T>(operation: impl Fn(Order) -> T) -> String {
        let layer = tracing_invocation::layer().with_writer(|| Memory);
        let subscriber = tracing_subscriber::registry().with(layer);
        tracing::subscriber::with_default(subscriber, || operation(Order::nth(7)));
        memory::take()
    }

    fn written_by_hand(ending: &Ending) -> String {
        let order = Order::nth(7);
        Hand::new().unwrap().record(order, ending, &Memory).unwrap();
        memory::take()
    }

    /// The lines with an `x` for each character of what differs from one operation to the next, and one for a duration.
    fn masked(lines: &str) -> String {
        let mut masked = lines.to_owned();
        for key in ["timestamp", "trace_id", "span_id", "duration_ns"] {
            let key = format!("\"{key}\":");
            let mut from = 0;
            while let Some(at) = masked[from..].find(&key) {
                let start = from + at + key.len();
                let end = start + masked[start..].find(',').unwrap();
                let width = if key == "\"duration_ns\":" { 1 } else { end - start };
                masked.replace_range(start..end, &"x".repeat(width));
                from = start;
            }
        }
        masked
    }

    #[test]
    fn the_limit_writes_what_the_library_writes() {
        assert_eq!(masked(&written_by_hand(&SUCCESS)), masked(&recorded(place)));
        assert_eq!(masked(&written_by_hand(&FAILED)), masked(&recorded(declined)));
        let dropped = recorded(|order| assert!(!poll_once(waits(order, 1))));
        assert_eq!(masked(&written_by_hand(&CANCELLED)), masked(&dropped));
    }

    #[test]
    fn a_timestamp_by_hand_is_the_time() {
        let mut hand = Hand::new().unwrap();
        for micros in [0, 1_732_339_200_000_001, 1_732_339_200_999_999] {
            hand.line.clear();
            hand.push_timestamp(micros);
            let read = humantime::parse_rfc3339(str::from_utf8(&hand.line).unwrap()).unwrap();
            assert_eq!(read, SystemTime::UNIX_EPOCH + std::time::Duration::from_micros(micros));
        }
    }

    #[test]
    fn a_text_by_hand_is_escaped_where_it_must_be() {
        for (text, json) in
            [("eu-west", r#""eu-west""#), ("a\"b\n", r#""a\"b\n""#), ("\u{e9}", "\"\u{e9}\"")]
        {
            let mut to = Vec::new();
            push_text(&mut to, text);
            assert_eq!(to, json.as_bytes());
        }
    }
}
