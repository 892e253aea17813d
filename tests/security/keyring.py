"""API keys, made with the program that operators make them with, and servers that ask for them."""

import subprocess

import harness


def run(*arguments, keys=None):
    """kpi-server key …, as it ends."""
    command = [harness.BUILD / "kpi-server", "key", *(["--keys", str(keys)] if keys else []), *arguments]
    return subprocess.run(command, env=harness.environment(), capture_output=True, text=True, timeout=20)


def add(keys, name, role="read"):
    """Adds a key and returns it."""
    done = run("add", name, "--role", role, keys=keys)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def remove(keys, name):
    done = run("remove", name, keys=keys)
    assert done.returncode == 0, done.stderr


def bearer(key):
    return {"Authorization": f"Bearer {key}"}


class Guarded:
    """A server with two keys."""

    def __init__(self, server, file, reader, operator):
        self.server, self.file, self.reader, self.operator = server, file, reader, operator

    def get(self, path, key=None, **headers):
        """An answer, and never a redirect's."""
        headers |= bearer(key) if key else {}
        return self.server.get(path, headers=headers, allow_redirects=False)


def guard(engine_uri, database, folder, *options):
    file = folder / "keys"
    reader, operator = add(file, "reader"), add(file, "operator", "operate")
    return Guarded(harness.Server(engine_uri, database, "--keys", str(file), *options), file, reader, operator)
