"""A web server on 127.0.0.1 for tests: each path behaves, or misbehaves, as the test says."""

import http.server
import socket
import ssl
import struct
import threading


class Website:
    """acts: path -> function that is given the request's handler. Every request's method, path and headers are kept in requests."""

    def __init__(self, certificate=None):
        site = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                site.requests.append((self.path, self.headers))
                act = site.acts.get(self.path.partition("?")[0])
                try:
                    act(self) if act else status(404)(self)
                except (BrokenPipeError, ConnectionResetError):
                    self.close_connection = True

            def log_message(self, *_):
                pass

        self.acts, self.requests = {}, []
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        self.url = f"http{'s' if certificate else ''}://127.0.0.1:{self.port}"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self.thread.start()

    def header(self, name):
        """What each request so far said in that header."""
        return [headers[name] for _, headers in self.requests]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


def begin(request, code, length=None, **headers):
    request.send_response(code)
    if length is not None:
        request.send_header("Content-Length", str(length))
    for name, value in headers.items():
        request.send_header(name.replace("_", "-"), value)
    request.end_headers()


def status(code, **headers):
    return lambda request: begin(request, code, 0, **headers)


def redirect(to, code=302):
    return status(code, Location=to)


def file(body, **headers):
    """A server that knows no ranges and no versions."""
    def act(request):
        begin(request, 200, len(body), **headers)
        request.wfile.write(body)
    return act


def in_turn(*acts):
    """Each request gets the next; the last one stays."""
    left = list(acts)
    return lambda request: (left.pop(0) if len(left) > 1 else left[0])(request)


def drop(request):
    """Ends the connection the hard way."""
    request.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    request.close_connection = True
    request.connection.close()


def versioned(body, etag=None, modified=None, breaks=(), ignores_if_range=False, chunked=False):
    """A server that knows ranges and versions. breaks: after how many bytes each answer in turn breaks off."""
    breaks = list(breaks)

    def act(request):
        known, since = request.headers["If-None-Match"], request.headers["If-Modified-Since"]
        versions = {name: value for name, value in (("ETag", etag), ("Last-Modified", modified)) if value}
        if (known is not None and known == etag) or (known is None and since is not None and since == modified):
            return begin(request, 304, None, **versions)
        at, code, extra = 0, 200, {}
        asked = request.headers["Range"]
        if asked and (ignores_if_range or request.headers["If-Range"] in (etag, modified)):
            at, code = int(asked.removeprefix("bytes=").removesuffix("-")), 206
            if at >= len(body):
                return begin(request, 416, 0, Content_Range=f"bytes */{len(body)}")
            extra = {"Content-Range": f"bytes {at}-{len(body) - 1}/{len(body)}"}
        if chunked:
            begin(request, code, None, Transfer_Encoding="chunked", **versions, **extra)
        else:
            begin(request, code, len(body) - at, **versions, **extra)
        part = body[at:]
        stop = breaks.pop(0) if breaks else None
        sent = part if stop is None else part[:stop]
        if chunked:
            request.wfile.write(b"%x\r\n%s\r\n" % (len(sent), sent) if sent else b"")
            request.wfile.write(b"0\r\n\r\n" if stop is None else b"")
        else:
            request.wfile.write(sent)
        if stop is not None:
            request.wfile.flush()
            request.close_connection = True
            request.connection.shutdown(socket.SHUT_RDWR)
    return act
