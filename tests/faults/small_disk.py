"""A small disk: a tmpfs, made without root where that may be (bubblewrap, as the engine does it), with root otherwise."""

import functools
import os
import shutil
import subprocess

import pytest


def bubblewrap(folder, size):
    return ["bwrap", "--dev-bind", "/", "/", "--size", str(size), "--tmpfs", str(folder), "--"]


def mounted(folder, size):
    return ["unshare", "--mount", "sh", "-c", f'mount -t tmpfs -o size={size} none "$0" && exec "$@"', str(folder)]


@functools.cache
def way(folder):
    """How a command gets a small disk here; None: in no way."""
    for one in (bubblewrap, mounted) if os.geteuid() == 0 else (bubblewrap,):
        trial = [*one(folder, 65536), "true"]
        if shutil.which(trial[0]) and subprocess.run(trial, capture_output=True).returncode == 0:
            return one
    return None


def on_small_disk(folder, size):
    """What stands before a command that finds a disk of so many bytes in the folder."""
    folder.mkdir(exist_ok=True)
    found = way(folder)
    if found is None:
        pytest.skip("neither user namespaces nor mounts are allowed here: there is no small disk to fill")
    return found(folder, size)


class SmallDisk:
    """A disk that lives as long as its commands may need it: all run inside, by a shell there."""

    def __init__(self, folder, size):
        self.folder = folder
        self.shell = subprocess.Popen([*on_small_disk(folder, size), "bash"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def run(self, command):
        """Status and output of a shell command."""
        self.shell.stdin.write(f'( {command} ) 2>&1 </dev/null; printf "\\n==%s==\\n" $?\n')
        self.shell.stdin.flush()
        lines = []
        for line in self.shell.stdout:
            if line.startswith("==") and line.endswith("==\n"):
                return int(line.strip("=\n")), "".join(lines).strip()
            lines.append(line)
        raise AssertionError("".join(lines))

    def leave_room(self, size):
        """Fills it but for so many bytes."""
        free = f"$(df --output=avail -B1 {self.folder} | tail -n 1)"
        status, said = self.run(f"head -c $(({free} - {size})) /dev/zero >> {self.folder}/ballast")
        assert status == 0, said

    def make_room(self):
        self.run(f"rm -f {self.folder}/ballast")

    def close(self):
        self.shell.stdin.close()
        self.shell.wait(60)
