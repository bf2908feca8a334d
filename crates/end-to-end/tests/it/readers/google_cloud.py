"""Turns each line of standard input into a LogEntry, as the agents of Google Cloud are documented to, and has Google's
own client read it, which refuses fields that it does not know.

Prints the operation of each: its name, which entry of it this is, and the severity.
"""

import json
import re
import sys

from google.cloud.logging_v2.types import LogEntry
from google.logging.type.log_severity_pb2 import LogSeverity

# From https://cloud.google.com/logging/docs/structured-logging: which field of the entry each key becomes.
SPECIAL = {
    "severity": "severity",
    "time": "timestamp",
    "logging.googleapis.com/labels": "labels",
    "logging.googleapis.com/operation": "operation",
    "logging.googleapis.com/spanId": "spanId",
    "logging.googleapis.com/trace": "trace",
}

begun = set()
ended = set()
for line in sys.stdin:
    payload = json.loads(line)
    entry = {field: payload.pop(key) for key, field in SPECIAL.items() if key in payload}
    assert set(payload) == {"message", "invocation"}, payload
    assert all(isinstance(label, str) for label in entry["labels"].values()), entry
    assert isinstance(payload["message"], str) and payload["message"]
    time = entry["timestamp"]
    entry = LogEntry.from_json(json.dumps({**entry, "jsonPayload": payload}), ignore_unknown_fields=False)
    assert entry.timestamp.strftime("%Y-%m-%dT%H:%M:%S.%fZ") == time

    operation = entry.operation
    assert re.fullmatch("[0-9a-f]{16}", entry.span_id) and not int(entry.span_id, 16) == 0
    trace_id = re.fullmatch("projects/shop-7/traces/([0-9a-f]{32})", entry.trace).group(1)
    assert operation.id == f"{trace_id}/{entry.span_id}"
    key = (operation.producer, operation.id)
    if operation.first:
        assert key not in begun, "first twice"
        begun.add(key)
    if operation.last:
        assert key in begun and key not in ended, "last of nothing"
        ended.add(key)
    which = "+".join(word for word, is_so in (("first", operation.first), ("last", operation.last)) if is_so)
    outcome = entry.labels["event_outcome"]
    print(entry.labels["event_name"], outcome, which, LogSeverity.Name(entry.severity))
assert begun == ended, "every operation has its end"
