"""A collector, made from the protocol's own definitions.

    collector.py (http|grpc) PORT [ANSWER...] [--tls CERTIFICATE KEY]

Listens on 127.0.0.1, says "ready", and then what it is sent: one line of JSON for each request, before it is answered.
Each ANSWER is for one request, and the last of them for all that follow:

    ok              takes the records
    partial:N       takes all but N of them
    STATUS[:WAIT]   refuses with this status, of HTTP or of gRPC, and asks to wait for so many seconds
    page            answers with a page
    hang            does not answer

Ends when its stdin does.
"""

import base64
import gzip
import http.server
import json
import os
import ssl
import sys
import threading
import time
from concurrent import futures

from google.protobuf.json_format import MessageToDict
from google.rpc import status_pb2
from opentelemetry.proto.collector.logs.v1 import logs_service_pb2

over = threading.Event()


class Answers:
    """What is answered to one request after the other."""

    def __init__(self, answers):
        self.answers = answers or ["ok"]
        self.lock = threading.Lock()

    def next(self):
        with self.lock:
            return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def tell(request, headers, encoded, answer):
    """Says on stdout what was sent, in one write."""
    logs = MessageToDict(request)
    for resource in logs.get("resourceLogs", []):
        for scope in resource.get("scopeLogs", []):
            for record in scope.get("logRecords", []):
                for key in ("traceId", "spanId"):
                    record[key] = base64.b64decode(record.get(key, "")).hex()
    told = {
        "at": time.monotonic(),
        "answer": answer,
        "headers": {name.lower(): value for name, value in headers},
        "encoded": encoded,
        "size": request.ByteSize(),
        "request": logs,
    }
    line = (json.dumps(told) + "\n").encode()
    with told_lock:
        while line:
            line = line[os.write(1, line) :]


told_lock = threading.Lock()


def partial(answer):
    response = logs_service_pb2.ExportLogsServiceResponse()
    if answer.startswith("partial:"):
        response.partial_success.rejected_log_records = int(answer.split(":")[1])
        response.partial_success.error_message = "too old"
    return response


def serve_http(port, answers, tls):
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            encoded = len(body)
            if self.headers.get("content-encoding") == "gzip":
                body = gzip.decompress(body)
            request = logs_service_pb2.ExportLogsServiceRequest.FromString(body)
            answer = answers.next()
            headers = [*self.headers.items(), (":path", self.path)]
            tell(request, headers, encoded, answer)
            if answer == "hang":
                over.wait()
            elif answer == "page":
                self.reply(200, b"<html>welcome</html>", {"content-type": "text/html"})
            elif answer == "ok" or answer.startswith("partial:"):
                self.reply(200, partial(answer).SerializeToString())
            else:
                code, _, wait = answer.partition(":")
                status = status_pb2.Status(message="as it was told to")
                headers = {"retry-after": wait} if wait else {}
                self.reply(int(code), status.SerializeToString(), headers)

        def reply(self, code, body, headers={}):
            self.send_response(code)
            headers = {"content-type": "application/x-protobuf", **headers}
            for name, value in {**headers, "content-length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    class Server(http.server.ThreadingHTTPServer):
        daemon_threads = True
        allow_reuse_port = True

        def handle_error(self, *_):
            # The client went away.
            pass

    server = Server(("127.0.0.1", port), Handler)
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*tls)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()


def serve_grpc(port, answers, tls):
    # Slow to load.
    import grpc
    from google.protobuf import duration_pb2
    from google.rpc import error_details_pb2
    from opentelemetry.proto.collector.logs.v1 import logs_service_pb2_grpc

    class Logs(logs_service_pb2_grpc.LogsServiceServicer):
        def Export(self, request, context):
            answer = answers.next()
            tell(request, context.invocation_metadata(), None, answer)
            if answer == "hang":
                over.wait()
            elif answer != "ok" and not answer.startswith("partial:"):
                name, _, wait = answer.partition(":")
                code = getattr(grpc.StatusCode, name)
                status = status_pb2.Status(code=code.value[0], message="as it was told to")
                if wait:
                    nanos = int(float(wait) * 1e9)
                    delay = duration_pb2.Duration(seconds=nanos // 10**9, nanos=nanos % 10**9)
                    status.details.add().Pack(error_details_pb2.RetryInfo(retry_delay=delay))
                details = status.SerializeToString()
                context.set_trailing_metadata([("grpc-status-details-bin", details)])
                context.abort(code, status.message)
            return partial(answer)

    server = grpc.server(futures.ThreadPoolExecutor(4))
    logs_service_pb2_grpc.add_LogsServiceServicer_to_server(Logs(), server)
    address = f"127.0.0.1:{port}"
    if tls:
        certificate, key = (open(path, "rb").read() for path in tls)
        bound = server.add_secure_port(address, grpc.ssl_server_credentials([(key, certificate)]))
    else:
        bound = server.add_insecure_port(address)
    assert bound == port, f"{address} is taken"
    server.start()
    return server


def main(protocol, port, *rest):
    rest = list(rest)
    tls = None
    if "--tls" in rest:
        at = rest.index("--tls")
        tls = rest[at + 1 : at + 3]
        rest = rest[:at]
    serve = {"http": serve_http, "grpc": serve_grpc}[protocol]
    # The first request may come before this is said.
    with told_lock:
        kept = serve(int(port), Answers(rest), tls)
        os.write(1, b"ready\n")
    sys.stdin.buffer.read()
    over.set()
    del kept
    os._exit(0)


main(*sys.argv[1:])
