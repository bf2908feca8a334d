//! Names of the attributes of a record: the keys of the native wire format, behind `invocation.`.

/// The record's `event_namespace`.
pub const NAMESPACE: &str = "invocation.namespace";
/// The record's `event_outcome`, in its native word.
pub const OUTCOME: &str = "invocation.outcome";
/// The record's `entity_id`; absent when it has no entity.
pub const ENTITY_ID: &str = "invocation.entity_id";
/// The record's `parent_span_id`: 16 hexadecimal digits; absent at the root.
pub const PARENT_SPAN_ID: &str = "invocation.parent_span_id";
/// The record's `duration_ns`, an integer; on terminal records only.
pub const DURATION_NS: &str = "invocation.duration_ns";
/// Present and `true` when the payload was shrunk to fit the record's size limit.
pub const PAYLOAD_TRUNCATED: &str = "invocation.payload_truncated";
/// The record's `payload`: a map, with everything in it as nested as it was.
pub const PAYLOAD: &str = "invocation.payload";

/// The name of the instrumentation scope.
pub const SCOPE: &str = "tracing_invocation";
