"""Reads each line of standard input as OTLP, in both ways in which OpenTelemetry's own packages read it.

Prints the event name, the outcome and the severity of each.
"""

import base64
import json
import sys

from google.protobuf import json_format
from opentelemetry.proto.logs.v1.logs_pb2 import LogsData
from opentelemetry.proto_json.logs.v1.logs import LogsData as JsonLogsData


def without_defaults(value):
    """What protobuf does not write: empty lists and empty objects, but for the value that is null."""
    if isinstance(value, list):
        return [without_defaults(item) for item in value]
    if isinstance(value, dict):
        inner = {key: without_defaults(item) for key, item in value.items()}
        return {key: item for key, item in inner.items() if item not in ([], "") or key == "stringValue"}
    return value


def in_base64(data):
    """OTLP writes ids in hexadecimal digits where the JSON of protobuf has base64; everything else is the same."""
    for resource in data["resourceLogs"]:
        for scope in resource["scopeLogs"]:
            for record in scope["logRecords"]:
                for key, width in (("traceId", 16), ("spanId", 8)):
                    bytes_of = bytes.fromhex(record[key])
                    assert len(bytes_of) == width, record[key]
                    record[key] = base64.b64encode(bytes_of).decode()
    return data


def plain(value):
    kind = value.WhichOneof("value")
    if kind is None:
        return None
    inner = getattr(value, kind)
    if kind == "array_value":
        return [plain(item) for item in inner.values]
    if kind == "kvlist_value":
        return members(inner.values)
    return inner


def members(pairs):
    plain_members = {pair.key: plain(pair.value) for pair in pairs}
    assert len(plain_members) == len(pairs), "a key is there twice"
    return plain_members


for line in sys.stdin:
    data = json.loads(line)
    read = JsonLogsData.from_json(line)
    # A field that the schema does not know would be missing here.
    assert without_defaults(read.to_dict()) == without_defaults(data), line

    # Refuses fields that the schema does not know.
    logs = json_format.ParseDict(in_base64(data), LogsData())
    # As it would come over the wire.
    logs = LogsData.FromString(logs.SerializeToString())
    (resource,) = logs.resource_logs
    assert members(resource.resource.attributes)["service.name"] == "shop"
    (scope,) = resource.scope_logs
    (record,) = scope.log_records
    assert record.time_unix_nano == record.observed_time_unix_nano > 1_700_000_000_000_000_000
    attributes = members(record.attributes)
    payload = attributes.pop("invocation.payload")
    outcome = attributes["invocation.event_outcome"]
    assert ("exception.type" in attributes) == (outcome == "failed" and "caused_by" not in payload)
    print(record.event_name, outcome, record.severity_number, record.severity_text)
