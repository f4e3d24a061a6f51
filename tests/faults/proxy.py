"""A server on this machine between a sweep and MLflow's, or in its place: slow, silent, failing, talking nonsense, or gone."""

import contextlib
import http.client
import http.server
import threading
import time

NONSENSE = b"<html>\xff\xfe{not json"
PASSED = ("content-type", "content-length", "accept", "x-mlflow-workspace")


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        self.server.asked += 1
        does = self.server.does if self.server.asked > self.server.after else "pass"
        getattr(self, f"_{does}")(body)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = answer

    def _pass(self, body):
        time.sleep(self.server.delay)
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.server.behind, timeout=60)) as behind:
            sent = {key: value for key, value in self.headers.items() if key.lower() in PASSED}
            behind.request(self.command, self.path, body, sent)
            got = behind.getresponse()
            self._say(got.status, got.read(), got.headers.get("content-type") or "application/json")

    def _fail(self, _body):
        self._say(500, b'{"error_code": "INTERNAL_ERROR", "message": "out of order"}', "application/json")

    def _babble(self, _body):
        self._say(200, NONSENSE, "text/html")

    def _hang(self, _body):
        self.server.over.wait()
        self.close_connection = True

    def _drop(self, _body):
        self.close_connection = True

    def _lose(self, body):
        """Have it done, and let the answer get lost, once."""
        self.server.does = "pass"
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.server.behind, timeout=60)) as behind:
            behind.request(self.command, self.path, body, {"content-type": "application/json"})
            behind.getresponse().read()
        self.close_connection = True

    def _say(self, status, body, kind):
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Nothing is said."""


@contextlib.contextmanager
def proxy(does="pass", behind=0, delay=0.0, after=0):
    """A server that passes on what it is asked, so late, and after so many requests does something else.

    It fails, babbles, hangs, drops the connection, or loses one answer.
    """
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads, server.over = True, threading.Event()
    server.does, server.behind, server.delay, server.after, server.asked = does, behind, delay, after, 0
    server.uri = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.over.set()
        server.shutdown()
        server.server_close()
