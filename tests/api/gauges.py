"""What /metrics shows, and waiting for it."""

import time


def gauge(server, name):
    """A number of /metrics; 0 where there is none of that name yet."""
    for line in server.get("/metrics").text.splitlines():
        label, _, value = line.rpartition(" ")
        if label == name:
            return float(value)
    return 0


def wait_for_gauge(server, name, wanted, seconds=30):
    until = time.monotonic() + seconds
    while (value := gauge(server, name)) != wanted:
        assert time.monotonic() < until, f"{name} is {value}, not {wanted}:\n{server.log()}"
        time.sleep(0.05)
