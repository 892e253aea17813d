"""Long answers, and clients that take them slowly."""

import datetime
import http.client
import io
import socket

import bson
import pytest

KPI = "/v1/kpis/sales-by-customer"
DAY = datetime.datetime(2024, 3, 1)


def fill(database, customers, name):
    """Customers of that name, with an order each."""
    for start in range(0, customers, 5_000):
        numbers = range(start, min(start + 5_000, customers))
        database.customers.insert_many({"_id": f"C{i:07}", "name": f"{name} {i}", "segment": "Consumer"} for i in numbers)
        database.orders.insert_many(
            {"_id": i, "counted": True, "day": DAY, "customer_id": f"C{i:07}", "sales": bson.Decimal128(f"{i}.25"),
             "profit": bson.Decimal128("0.01"), "orders": 1, "units": 1, "items": []}
            for i in numbers
        )  # fmt: skip
    database.meta.insert_one({"_id": "data", "version": 1, "first_day": DAY, "last_day": DAY})


@pytest.fixture(scope="module")
def long_rows(new_database, mongo):
    """The name of a database whose customers make an answer of 10 MB: more than connections hold."""
    name = new_database("long_rows")
    fill(mongo[name], 5_000, "x" * 2_000)
    return name


class Received(io.BytesIO):
    """What came, as http.client wants to be given it."""

    def makefile(self, _mode):
        return self


def body_of(got):
    """The body of a whole answer as it came: the sizes between its chunks can look like the start of a row."""
    answer = http.client.HTTPResponse(Received(got))
    answer.begin()
    return answer.read()


class Slow:
    """A client that takes little at a time."""

    def __init__(self, server, query, version="1.1"):
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        self.socket.settimeout(30)
        self.socket.connect((server.host, server.port))
        self.socket.sendall(f"GET {KPI}?{query} HTTP/{version}\r\nHost: test\r\n\r\n".encode())

    def take(self, n=2000):
        return self.socket.recv(n)

    def rest(self):
        """All that comes until the connection ends, and whether it ended well."""
        got = b""
        try:
            while more := self.take(1 << 20):
                got += more
        except ConnectionResetError:
            return got, False
        return got, True

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()
