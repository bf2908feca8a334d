//! Every name the convention and the wire format give a meaning, each declared once.
//!
//! `docs/CONVENTION.md` explains them; a test holds its tables to this file.

/// The version of the wire format that this crate writes.
pub const WIRE_VERSION: u32 = 1;

/// The environment variable that [`init`](crate::init()) reads its directives from.
pub const ENVIRONMENT_VARIABLE: &str = "INVOCATION_LOG";

/// Names of span fields with a meaning.
pub mod field {
    /// The prefix of every field that speaks to this crate.
    pub const PREFIX: &str = "invocation.";
    /// The event name, instead of the span's name.
    pub const NAME: &str = "invocation.name";
    /// The namespace, instead of the span's target.
    pub const NAMESPACE: &str = "invocation.namespace";
    /// The entity that the operation works on.
    pub const ENTITY_ID: &str = "invocation.entity_id";
    /// Whether the call is recorded: `false` leaves no record at all, not even of a failure.
    pub const RECORD: &str = "invocation.record";
    /// What evidence the span leaves: `"ret"`, or `"ret, err"` where it can fail. Closed without any, it was cancelled.
    pub const EVIDENCE: &str = "invocation.evidence";
    /// The `traceparent` of the caller, of W3C Trace Context: the operation is a part of that trace.
    pub const TRACEPARENT: &str = "invocation.traceparent";
    /// The prefix of a gated field: `invocation.at.normal+maximum.x` is the field `x`, at these verbosities only.
    pub const GATE_PREFIX: &str = "invocation.at.";
    /// The prefix of a field that operations inside inherit: `invocation.inherit.x` is the field `x`, and stands in
    /// `payload.inherited` of their records. Behind a gate, where there is one.
    pub const INHERIT_PREFIX: &str = "invocation.inherit.";
    /// The prefix of a field that is an argument: `args.x` becomes `payload.args.x`, on `invoke` only.
    pub const ARGUMENT_PREFIX: &str = "args.";
}

/// Names of the one field that an evidence event carries.
pub mod evidence {
    /// The field of the event that `#[instrument(ret)]` expands to.
    pub const RETURN: &str = "return";
    /// The field of the event that `#[instrument(err)]` expands to.
    pub const ERROR: &str = "error";
}

/// Keys of a record, in the order in which they are written.
pub mod key {
    /// When the record was made: UTC, microseconds, RFC 3339 with `Z`.
    pub const TIMESTAMP: &str = "timestamp";
    /// The record's severity.
    pub const LEVEL: &str = "level";
    /// Where the operation lives.
    pub const EVENT_NAMESPACE: &str = "event_namespace";
    /// What the operation is called.
    pub const EVENT_NAME: &str = "event_name";
    /// What happened.
    pub const EVENT_OUTCOME: &str = "event_outcome";
    /// What the operation works on; absent when it has no entity.
    pub const ENTITY_ID: &str = "entity_id";
    /// The tree of operations that this one belongs to: 32 hexadecimal digits.
    pub const TRACE_ID: &str = "trace_id";
    /// The operation itself: 16 hexadecimal digits.
    pub const SPAN_ID: &str = "span_id";
    /// The operation that this one was begun in; absent at the root.
    pub const PARENT_SPAN_ID: &str = "parent_span_id";
    /// Nanoseconds of the monotonic clock since `invoke`; on terminal records and `slow` ones.
    pub const DURATION_NS: &str = "duration_ns";
    /// Present and `true` when the payload was shrunk to fit the record's size limit.
    pub const PAYLOAD_TRUNCATED: &str = "payload_truncated";
    /// What the operation was given and what it produced: always an object.
    pub const PAYLOAD: &str = "payload";

    /// Every key, in the order in which they are written.
    pub const ALL: [&str; 12] = [
        TIMESTAMP,
        LEVEL,
        EVENT_NAMESPACE,
        EVENT_NAME,
        EVENT_OUTCOME,
        ENTITY_ID,
        TRACE_ID,
        SPAN_ID,
        PARENT_SPAN_ID,
        DURATION_NS,
        PAYLOAD_TRUNCATED,
        PAYLOAD,
    ];
}

/// Keys of a payload with a meaning of their own.
pub mod payload {
    /// The arguments of an operation, on `invoke`.
    pub const ARGS: &str = "args";
    /// The result of an operation, on `success`, when it was asked for.
    pub const RESULT: &str = "result";
    /// What went wrong, on `failed` and `cancelled`.
    pub const ERROR: &str = "error";
    /// `true`, on `cancelled`.
    pub const CANCELLED: &str = "cancelled";
    /// Why an operation was cancelled, where that is known.
    pub const CANCELLATION: &str = "cancellation";
    /// The `span_id` of the inner operation that reported the same error in full.
    pub const CAUSED_BY: &str = "caused_by";
    /// The `span_id` of the inner operation that reported the same cancellation in full.
    pub const CANCELLED_BY: &str = "cancelled_by";
    /// How many items a stream gave, on its terminal record.
    pub const ITEM_COUNT: &str = "item_count";
    /// Why an operation ended as `unknown`, where that is known.
    pub const UNKNOWN_REASON: &str = "unknown_reason";
    /// How far an operation got, on its terminal record, when it was asked for.
    pub const PROGRESS: &str = "progress";
    /// What took longer than it should, on `slow`.
    pub const SLOW: &str = "slow";
    /// What an operation inherits from those around it, where it did not end well or is slow.
    pub const INHERITED: &str = "inherited";
    /// Where context moves when one of its fields has a reserved name.
    pub const CONTEXT: &str = "context";

    /// The names that context fields must not have: if one does, all context moves under [`CONTEXT`].
    pub const RESERVED: [&str; 12] = [
        ARGS,
        RESULT,
        ERROR,
        CANCELLED,
        CANCELLATION,
        CAUSED_BY,
        CANCELLED_BY,
        ITEM_COUNT,
        UNKNOWN_REASON,
        PROGRESS,
        SLOW,
        INHERITED,
    ];

    /// The reason of an operation that was open when the program ended.
    pub const PROCESS_EXIT: &str = "process exit";
}

/// Keys of `payload.cancellation`.
pub mod cancellation {
    /// Why: a word of [`cause`](super::cause).
    pub const CAUSE: &str = "cause";
    /// What the program said why.
    pub const REASON: &str = "reason";
    /// The `span_id` of the enclosing operation that was dropped, where that is the cause.
    pub const SPAN_ID: &str = "span_id";
    /// Why that one was, where it is known.
    pub const PARENT_CAUSE: &str = "parent_cause";
    /// The nearest place in the program's own code at which it was dropped.
    pub const DROPPED_AT: &str = "dropped_at";
    /// Where it was waiting: a list, for it may have waited for several things.
    pub const AWAITING: &str = "awaiting";
    /// What would have woken it: in `awaiting`.
    pub const ON: &str = "on";
    /// The program's own functions from the operation to there, the outermost first: in `awaiting`.
    pub const CHAIN: &str = "chain";
}

/// Words that say why an operation was cancelled.
pub mod cause {
    /// A timeout around it ran out.
    pub const TIMEOUT: &str = "timeout";
    /// Another branch of a `select` was first.
    pub const SELECT: &str = "select";
    /// Another future of a `try_join` failed.
    pub const SIBLING_FAILED: &str = "sibling_failed";
    /// Its task was aborted: also where the set of tasks that held it was dropped.
    pub const ABORTED: &str = "aborted";
    /// A set of futures or tasks was dropped that held it.
    pub const TASK_SET_DROPPED: &str = "task_set_dropped";
    /// The runtime that ran it shut down.
    pub const RUNTIME_SHUTDOWN: &str = "runtime_shutdown";
    /// An enclosing operation was dropped.
    pub const PARENT: &str = "parent";
    /// Somebody else's panic unwound over it.
    pub const UNWINDING: &str = "unwinding";
    /// A token was cancelled.
    pub const TOKEN_CANCELLED: &str = "token_cancelled";
    /// The program shuts down, and said so.
    pub const SHUTDOWN: &str = "shutdown";
    /// The program dropped it, at a place of its own.
    pub const DROPPED: &str = "dropped";
    /// It is not known.
    pub const UNSPECIFIED: &str = "unspecified";

    /// Every word.
    pub const ALL: [&str; 12] = [
        TIMEOUT,
        SELECT,
        SIBLING_FAILED,
        ABORTED,
        TASK_SET_DROPPED,
        RUNTIME_SHUTDOWN,
        PARENT,
        UNWINDING,
        TOKEN_CANCELLED,
        SHUTDOWN,
        DROPPED,
        UNSPECIFIED,
    ];
}

/// Keys and fixed words of `payload.error`.
pub mod error {
    /// The type of the error, in words a person reads.
    pub const TYPE: &str = "type";
    /// The error's text.
    pub const MESSAGE: &str = "message";
    /// Where a panic began, where that is known: `file:line:column`.
    pub const LOCATION: &str = "location";
    /// The texts of the errors that it was caused by, the nearest first.
    pub const SOURCES: &str = "sources";
    /// What the error says of itself.
    pub const DETAILS: &str = "details";

    /// The type of an error that only its text is known of: a stock span's `err` event.
    pub const TYPE_OPAQUE: &str = "error";
    /// The type of a panic that unwound through the operation.
    pub const TYPE_PANIC: &str = "panic";
    /// The type of a cancellation.
    pub const TYPE_CANCELLED: &str = "cancelled";
    /// The text of a panic whose message is not known.
    pub const MESSAGE_PANIC: &str = "panicked";
    /// The text of a cancellation.
    pub const MESSAGE_CANCELLED: &str = "dropped before completion";
}

/// Keys of `payload.progress`.
pub mod progress {
    /// How often the operation ran: stays inside its span, but for the one in which it was dropped.
    pub const POLLS: &str = "polls";
    /// Nanoseconds inside the span.
    pub const BUSY_NS: &str = "busy_ns";
    /// Nanoseconds since `invoke` that were not spent inside the span.
    pub const IDLE_NS: &str = "idle_ns";
    /// Nanoseconds since it last ran; absent where it ended while it did.
    pub const SINCE_LAST_POLL_NS: &str = "since_last_poll_ns";
    /// The operation directly inside it that ended last.
    pub const LAST_CHILD: &str = "last_child";
    /// The innermost operation inside it that ended along with it.
    pub const PENDING: &str = "pending";
    /// What such an operation is called.
    pub const NAME: &str = "name";
    /// Its `span_id`.
    pub const SPAN_ID: &str = "span_id";
    /// How it ended.
    pub const OUTCOME: &str = "outcome";
}

/// Keys of `payload.inherited`, beside the names of fields.
pub mod inherited {
    /// What enclosing operations work on: an object, from the operation's name to its entity.
    pub const ENTITY_IDS: &str = "entity_ids";
}

/// Keys of `payload.slow`.
pub mod slow {
    /// Nanoseconds of one stay inside the span.
    pub const POLL_NS: &str = "poll_ns";
    /// Nanoseconds that one may take.
    pub const LIMIT_NS: &str = "limit_ns";
    /// Nanoseconds that the operation is expected to take.
    pub const EXPECTED_NS: &str = "expected_ns";
    /// Nanoseconds since `invoke`.
    pub const AGE_NS: &str = "age_ns";
}

/// Words of the records that tell what is missing from a log: as of an operation that delivers records, and failed.
pub mod delivery {
    /// Their namespace.
    pub const NAMESPACE: &str = "tracing_invocation";
    /// Their event name.
    pub const NAME: &str = "delivery";
    /// The type of their error.
    pub const RECORDS_LOST: &str = "records_lost";
    /// The type of the error where spans do not exist because `tracing` was compiled without their levels.
    pub const LEVELS_COMPILED_OUT: &str = "levels_compiled_out";
    /// How many were lost: in the details of their error.
    pub const LOST: &str = "lost";
}

/// Marks that stand in the place of what could not be written.
pub mod mark {
    /// Ends a text that was cut.
    pub const CUT: &str = "...";
    /// The key under which an object says how many of its members are missing.
    pub const MORE_KEY: &str = "__more__";
    /// Stands for a list nested too deep inside a value.
    pub const LIST: &str = "<list>";
    /// Stands for an object nested too deep inside a value.
    pub const OBJECT: &str = "<object>";
    /// Stands for a value whose `Debug`, `Display` or `Serialize` panicked or failed, and for a key that is no text.
    pub const UNPRINTABLE: &str = "<unprintable>";
    /// Stands for a value under a secret key, or one that a text beside it names as a secret, for what is before the host
    /// of a URL, for a secret that a text shows by its form, and for what a pattern of the program's own matches.
    pub const REDACTED: &str = "<redacted>";
    /// Stands for a value met while too many others were being written on the same thread.
    pub const TOO_DEEP: &str = "<too deep>";
}

pub mod secret;
