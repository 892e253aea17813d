"""wrk: many connections that ask as fast as they are answered, or with pauses."""

import collections
import json
import pathlib

import programs

SCRIPT = pathlib.Path(__file__).resolve().parent / "wrk.lua"
Load = collections.namedtuple("Load", "rate cpu_us p50_us p99_us late")


def run(server, path, connections, seconds, headers=None, pause_ms=None):
    """Asks for so long; a Load. No request may have been refused or answered with an error; late are those that had no answer
    within two seconds."""
    options = [word for name, value in (headers or {}).items() for word in ("-H", f"{name}: {value}")]
    threads = min(2, connections)
    cpu = server.cpu()
    _, output = programs.run(
        "wrk", "-t", threads, "-c", connections, "-d", f"{seconds}s", *options, "-s", SCRIPT, server.url(path),
        **({"BENCH_PAUSE_MS": str(pause_ms)} if pause_ms else {}),
    )  # fmt: skip
    cpu = server.cpu() - cpu
    told = json.loads(output.strip().splitlines()[-1])
    if told["errors"] or not told["requests"]:
        raise RuntimeError(f"{server.name}, {connections} connections: {told['errors']} errors\n{output}")
    requests = told["requests"]
    return Load(requests / told["us"] * 1e6, cpu / requests * 1e6, told["p50"], told["p99"], told["late"])
