"""Programs whose Nth allocation of memory fails: nth_malloc.c, and the file by which it is told which."""

import array
import mmap
import os
import random
import re
import struct

import harness

NUMBERS = ("count", "first", "last", "failed", "live", "stacks")
FOR_EVER = 2**62
# libbson has no way to say that memory is out: it writes this, and aborts.
EXCUSE = re.compile(r"^Failure to (re-)?allocate memory in bson_\w+\(\)", re.M)


def build(folder):
    return harness.build_preload("faults/nth_malloc.c", folder)


class Control:
    """The numbers that the program and the test share."""

    def __init__(self, path, hashes=0):
        self.path, size = path, 8 * (len(NUMBERS) + hashes)
        path.write_bytes(bytes(size))
        with path.open("r+b") as file:
            self.memory = mmap.mmap(file.fileno(), size)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.memory.close()
        self.path.unlink()

    def get(self, name):
        return struct.unpack_from("q", self.memory, 8 * NUMBERS.index(name))[0]

    def set(self, **numbers):
        for name, number in numbers.items():
            struct.pack_into("q", self.memory, 8 * NUMBERS.index(name), number)

    def arm(self, first, for_ever=False):
        """From here on, the allocation of that number fails, or all from it on."""
        self.set(first=0)
        self.set(count=0, failed=0)
        self.set(last=FOR_EVER if for_ever else first)
        self.set(first=first)

    def disarm(self):
        self.set(first=0)

    def places(self):
        """The first allocation of each place in the program: the calls that led to it are those of no other before it."""
        hashes = array.array("Q", self.memory[8 * len(NUMBERS) :])[: self.get("stacks")]
        first = {}
        for number, calls in enumerate(hashes, 1):
            first.setdefault(calls, number)
        return sorted(first.values())


def variables(library, control):
    return {"LD_PRELOAD": str(library), "NTH_MALLOC": str(control.path)}


def seconds(otherwise):
    """For how long allocations are let fail, at length."""
    return float(os.environ.get("MALLOC_SECONDS") or otherwise)


def is_excused(status, stderr):
    """Whether libbson has ended the program."""
    return status == -6 and EXCUSE.search(stderr) is not None


def drawn(count, places, seed, few=None):
    """Which allocations are let fail, in which order: with `few`, so many of the places; without, one of each place and then all others,
    so that those that time allows are spread."""
    luck = random.Random(seed)
    places = luck.sample(places, len(places))
    if few is not None:
        return places[:few]
    known = set(places)
    others = [number for number in range(1, count + 1) if number not in known]
    return places + luck.sample(others, len(others))
