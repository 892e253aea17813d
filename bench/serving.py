"""Servers under measurement: started on a port of the loopback interface, asked, watched for what they cost, and ended."""

import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import time

import programs

HERE = pathlib.Path(__file__).resolve().parent
START_S, STOP_S, ANSWER_S = 20, 15, 3600
TICK = 1 / os.sysconf("SC_CLK_TCK")
# Of one answer each, or of one connection.
NOT_SHARED = {"date", "content-length", "connection", "keep-alive"}


class Wire:
    """One connection that is kept open. Asks and reads, with as little of its own time as Python can do."""

    def __init__(self, port):
        self.port = port
        self.socket = socket.create_connection(("127.0.0.1", port), ANSWER_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, path, **headers):
        """Seconds from the first byte sent to the last one read; status, headers and body."""
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n{lines}\r\n".encode()
        start = time.perf_counter()
        self.socket.sendall(request)
        head, body = self._read()
        while len(body) < int(head.get("content-length", 0)):
            body += self._more()
        return time.perf_counter() - start, int(head[""]), head, bytes(body)

    def _read(self):
        got = b""
        while b"\r\n\r\n" not in got:
            got += self._more()
        head, body = got.split(b"\r\n\r\n", 1)
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, value in (line.split(":", 1) for line in lines)}
        if "transfer-encoding" in headers:
            raise RuntimeError("an answer comes in chunks, which are not read here")
        return {**headers, "": first.split()[1]}, bytearray(body)

    def _more(self):
        part = self.socket.recv(1 << 18)
        if not part:
            raise RuntimeError("the server closed the connection")
        return part

    def get(self, path, **headers):
        """Seconds and body of what must be a 200."""
        seconds, status, _, body = self.ask(path, **headers)
        if status != 200:
            raise RuntimeError(f"{path} is answered with {status}: {body[:500].decode(errors='replace')}")
        return seconds, body

    def json(self, path):
        return json.loads(self.get(path)[1])

    def close(self):
        self.socket.close()


class Server:
    """A process that serves a port, with all that it started."""

    def __init__(self, name, process, port):
        self.name, self.process, self.port = name, process, port

    @contextlib.contextmanager
    def wire(self):
        wire = Wire(self.port)
        try:
            yield wire
        finally:
            wire.close()

    def url(self, path):
        return f"http://127.0.0.1:{self.port}{path}"

    def cpu(self):
        """Seconds of all its processes so far, the kernel's on their behalf too."""
        return sum(sum(map(int, fields[11:13])) for fields in family(self.process.pid)) * TICK

    def memory(self, what="VmRSS"):
        """KiB."""
        text = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(rf"^{what}:\s+(\d+)", text, re.M)[1])


def family(pid):
    """The fields of /proc/PID/stat, from the third, of a process and all below it."""
    found = {}
    for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            found[int(path.parent.name)] = path.read_text().rsplit(")", 1)[1].split()
    members, grown = {pid}, True
    while grown:
        more = {p for p, fields in found.items() if int(fields[1]) in members} - members
        members |= more
        grown = bool(more)
    return [found[p] for p in members if p in found]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def start(name, command, port=None, probe="/", log=None, **variables):
    """Runs the command until the block ends. Without a port, the program's first line of output tells it."""
    with open(log or os.devnull, "w") as errors:
        process = subprocess.Popen(
            list(map(str, command)), cwd=programs.ROOT, env=programs.environment(**variables), stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL if port else subprocess.PIPE, stderr=errors, text=True,
        )  # fmt: skip
    try:
        server = Server(name, process, port or int(process.stdout.readline()))
        await_answer(server, probe, log)
        yield server
    finally:
        end(process)


def await_answer(server, path, log):
    until = time.monotonic() + START_S
    while True:
        with contextlib.suppress(OSError, RuntimeError), server.wire() as wire:
            if wire.ask(path)[1] < 400:
                return
        if server.process.poll() is not None or time.monotonic() > until:
            said = pathlib.Path(log).read_text()[-2000:] if log else ""
            raise RuntimeError(f"{server.name} does not answer {path}\n{said}")
        time.sleep(0.01)


def end(process):
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout:
        process.stdout.close()


def log_file(name):
    folder = programs.BUILD / "bench" / "log"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{name}.log"


def kpi_command(database, port, *options):
    return [programs.BUILD / "kpi-server", "--db", database, "--listen", f"127.0.0.1:{port}", *options]


def kpi_server(database, *options, name="kpi-server"):
    """Which knows its data."""
    port = free_port()
    return start(name, kpi_command(database, port, *options), port, "/readyz", log_file(name))


def bare_http(name, answer):
    return start(name, [programs.BUILD / "bench" / "bare_http", answer])


def python_service(module, name, **variables):
    """uvicorn as one would run it: two workers, its fast loop and parser, no line for each request."""
    port = free_port()
    command = [
        sys.executable, "-m", "uvicorn", f"{module}:app", "--app-dir", HERE, "--host", "127.0.0.1", "--port", port,
        "--workers", "2", "--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning",
    ]  # fmt: skip
    return start(name, command, port, "/livez", log_file(name), **variables)


NGINX = """
worker_processes 2;
daemon off;
pid {folder}/nginx.pid;
error_log stderr warn;
{user}
events {{ worker_connections 4096; }}
http {{
    access_log off;
    sendfile on;
    keepalive_requests 1000000000;
    open_file_cache max=100 inactive=1h;
    open_file_cache_valid 1h;
    etag on;
    default_type "{content_type}";
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
        root {folder}/files;
        gzip_static on;
{headers}
        location = /livez {{ return 200; }}
    }}
}}
"""
# What nginx says itself of a file.
NGINX_OWN = {"content-type", "etag", "last-modified", "accept-ranges", "content-encoding"}


def nginx_program():
    """That of this system, or the one that tools/setup unpacked; None where there is neither."""
    unpacked = programs.ROOT / "build" / "bench" / "nginx" / "usr" / "sbin" / "nginx"
    return shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin") or (str(unpacked) if unpacked.exists() else None)


@contextlib.contextmanager
def nginx(bodies, headers):
    """Serves files, path -> bytes, with those headers; what is called like another with .gz is its compressed form."""
    folder, port = programs.WORK / "nginx", free_port()
    shutil.rmtree(folder, ignore_errors=True)
    for path, body in bodies.items():
        file = folder / "files" / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(body)
    lines = [f'        add_header {name} "{value}";' for name, value in headers.items() if name not in NGINX_OWN]
    config = folder / "nginx.conf"
    config.write_text(NGINX.format(
        folder=folder, port=port, headers="\n".join(lines), content_type=headers["content-type"],
        user="user root;" if os.geteuid() == 0 else "",
    ))  # fmt: skip
    log = log_file("nginx")
    with start("nginx", [nginx_program(), "-p", folder, "-c", config, "-e", "stderr"], port, "/livez", log) as server:
        yield server


def shared_headers(headers):
    return {name: value for name, value in headers.items() if name and name not in NOT_SHARED}


def write_answer(path, status, headers, body):
    """As bare_http reads it."""
    lines = [str(status), *(f"{name}: {value}" for name, value in shared_headers(headers).items())]
    path.write_bytes("\n".join(lines).encode() + b"\n\n" + body)
    return path
