"""HTTP by hand, for what client libraries do not send, and for many connections at once."""

import json
import socket


class Answer:
    def __init__(self, head, text):
        lines = head.split("\r\n")
        self.status_code = int(lines[0].split()[1])
        self.headers = {name.title(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        self.text = text

    def json(self):
        return json.loads(self.text)


class Connection:
    """One connection that stays open."""

    def __init__(self, address, timeout=15, source=None):
        """source: the client's own address, such as another one of the loopback."""
        host, port = address.rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)), timeout, (source, 0) if source else None)
        self.file = self.socket.makefile("rb")

    def send(self, text):
        self.socket.sendall(text if isinstance(text, bytes) else text.encode())

    def ask(self, path, method="GET", headers=(), body=""):
        lines = [f"{method} {path} HTTP/1.1", "Host: test", *headers, "", body]
        self.send("\r\n".join(lines))
        return self.read(has_body=method != "HEAD")

    def read(self, has_body=True):
        """The next answer; None where the connection was closed instead."""
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            line = self.file.readline()
            if not line:
                return None
            head += line
        answer = Answer(head.decode().strip(), "")
        if has_body and answer.status_code not in (204, 304):
            answer.text = self.file.read(int(answer.headers["Content-Length"])).decode()
        return answer

    def close(self):
        self.file.close()
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
