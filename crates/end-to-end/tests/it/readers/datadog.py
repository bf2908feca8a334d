"""Holds each line of standard input to the type of a log in Datadog's own client, and to the schema of the reserved and
standard attributes beside this file.

Prints the name, the outcome and the status of each.
"""

import json
import sys
from pathlib import Path

import jsonschema
from datadog_api_client.v2.model.http_log_item import HTTPLogItem

schema = json.loads(Path(sys.argv[1]).read_text())
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
for line in sys.stdin:
    log = json.loads(line)
    item = HTTPLogItem(**log).to_dict()
    assert item == log, item
    validator.validate(log)
    rest = log["invocation"]
    ids = log["dd"]
    assert int(ids["trace_id"], 16 if len(ids["trace_id"]) == 32 else 10) == int(rest["trace_id"], 16)
    assert int(ids["span_id"]) == int(rest["span_id"], 16)
    print(log["evt"]["name"], rest["event_outcome"], log["status"])
