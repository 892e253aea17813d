"""bench/run.py ORDERS ROUNDS PART…: measures the parts and writes them into bench/RESULTS.md. `make bench` calls it by tools/bench."""

import sys

import hits
import kpis
import latency
import loader
import memory
import page
import programs
import report
import start
import superstore

PARTS = {
    "loader": loader, "memory": memory, "start": start, "http": hits, "latency": latency, "kpis": kpis, "superstore": superstore, "page": page,
}  # fmt: skip


def main(orders, rounds, *parts):
    unknown = [part for part in parts if part not in PARTS]
    if unknown:
        sys.exit(f"bench: there is no part {unknown[0]}; there are {', '.join(PARTS)}")
    for part in parts or PARTS:
        # Some data are of one size only.
        size = getattr(PARTS[part], "ORDERS", int(orders))
        body = PARTS[part].run(size, int(rounds), lambda text: print(f"bench: {part}: {text}", file=sys.stderr, flush=True))
        print(report.write(part, size, body, programs.client))


if __name__ == "__main__":
    main(*sys.argv[1:])
