"""docker-compose.yml and Dockerfile say what they should. No daemon is asked: only what a client can tell."""

import gzip
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys

import pytest
import yaml

import harness

PROGRAMS = ("kpi-server", "kpi-load", "kpi-sample")


def compose():
    """The client's command, whichever of its two forms is installed."""
    if shutil.which("docker-compose"):
        return ["docker-compose"]
    if shutil.which("docker") and subprocess.run(["docker", "compose", "version"], capture_output=True).returncode == 0:
        return ["docker", "compose"]
    return pytest.fail("neither docker-compose nor docker compose is installed: tools/setup test")


def config(tmp_path, **variables):
    """The file as compose reads it, with all variables filled in."""
    kept = {k: v for k, v in os.environ.items() if k not in ("PORT", "CSV", "ORDERS") and not k.startswith(("COMPOSE_", "KPI_"))}
    done = subprocess.run(
        [*compose(), "-f", harness.ROOT / "docker-compose.yml", "config"],
        cwd=tmp_path, env={**kept, **variables}, capture_output=True, text=True, timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return yaml.safe_load(done.stdout)


def profile(tmp_path, name, **variables):
    """The services of a profile. The older of the two clients prints those of the others too."""
    services = config(tmp_path, COMPOSE_PROFILES=name, **variables)["services"]
    return {key: service for key, service in services.items() if name in service.get("profiles", [name])}


@pytest.fixture
def services(tmp_path):
    return profile(tmp_path, "default")


@pytest.fixture
def sharded(tmp_path):
    return profile(tmp_path, "sharded")


def test_compose_accepts_the_file(tmp_path, services, sharded):
    assert set(services) == {"mongo", "kpi-load", "kpi-server"}
    assert set(profile(tmp_path, "load")) == {*services, "kpi-load-watch"}
    assert set(sharded) == {
        "config", "shard-1", "shard-2", "mongos", "cluster-init", "kpi-load-sharded", "kpi-server-1", "kpi-server-2", "nginx"
    }


def test_a_profile_is_taken_where_none_is_named():
    """Or `docker compose up` would start nothing, and with services of no profile --profile sharded would start them all."""
    assert "COMPOSE_PROFILES=default" in (harness.ROOT / ".env").read_text().splitlines()


def test_the_watched_folder_is_only_read_and_is_the_one_that_was_loaded(tmp_path):
    services = profile(tmp_path, "load", CSV=str(tmp_path), KPI_TIMEZONE="Europe/Paris")
    watch, load = services["kpi-load-watch"], services["kpi-load"]
    assert mounted(watch, "/csv") == (str(tmp_path), True)
    assert mounted(load, "/csv") == (str(tmp_path), False)
    assert watch["environment"]["KPI_TIMEZONE"] == load["environment"]["KPI_TIMEZONE"] == "Europe/Paris"
    assert watch["command"][-1] == "/csv" and watch["read_only"]
    assert watch["depends_on"]["kpi-load"]["condition"] == "service_completed_successfully"


def mounted(service, target):
    """What is mounted there, and whether for reading only."""
    for volume in service["volumes"]:
        if isinstance(volume, str):
            source, where, *mode = volume.split(":")
            volume = {"source": source, "target": where, "read_only": mode == ["ro"]}
        if volume["target"] == target:
            return volume["source"], volume.get("read_only", False)
    return None


@pytest.mark.parametrize("name, serving", [("default", "kpi-server"), ("load", "kpi-server"), ("sharded", "nginx")])
def test_only_what_serves_has_a_port_and_it_is_on_loopback(tmp_path, name, serving):
    services = profile(tmp_path, name)
    assert [name for name, service in services.items() if service.get("ports")] == [serving]
    assert published(services, serving) == ("127.0.0.1", "8080")


@pytest.mark.parametrize("name, servers", [("default", ["kpi-server"]), ("sharded", ["kpi-server-1", "kpi-server-2"])])
def test_servers_ask_for_no_key_as_nobody_else_reaches_them(tmp_path, name, servers):
    services = profile(tmp_path, name)
    for server in servers:
        assert services[server]["environment"]["KPI_PUBLIC"] == "1"


def published(services, serving="kpi-server"):
    (port,) = services[serving]["ports"]
    if isinstance(port, dict):
        return port["host_ip"], str(port["published"])
    host, number = port.split(":")[:2]
    return host, number


def test_port_and_orders_are_variables(tmp_path):
    services = profile(tmp_path, "default", PORT="9000", ORDERS="5")
    assert published(services) == ("127.0.0.1", "9000")
    assert services["kpi-load"]["environment"]["ORDERS"] == "5"


def test_the_server_waits_for_a_finished_load_and_a_healthy_database(services):
    assert conditions(services["kpi-load"]) == {"mongo": "service_healthy"}
    assert conditions(services["kpi-server"]) == {"mongo": "service_healthy", "kpi-load": "service_completed_successfully"}


def conditions(service):
    return {other: wait["condition"] for other, wait in service["depends_on"].items()}


def test_the_cluster_is_made_then_filled_then_served(sharded):
    members = {name: "service_healthy" for name in ("config", "shard-1", "shard-2")}
    assert conditions(sharded["cluster-init"]) == {**members, "mongos": "service_started"}
    assert conditions(sharded["kpi-load-sharded"]) == {"cluster-init": "service_completed_successfully"}
    for name in ("kpi-server-1", "kpi-server-2"):
        assert conditions(sharded[name]) == {"kpi-load-sharded": "service_completed_successfully"}
    assert conditions(sharded["nginx"]) == {"kpi-server-1": "service_healthy", "kpi-server-2": "service_healthy"}


def test_what_serves_has_a_health_check(services, sharded):
    for service in [services["mongo"], services["kpi-server"], *(sharded[name] for name in sharded if "load" not in name and "init" not in name)]:
        assert service["healthcheck"]["test"][0] == "CMD"


def test_our_containers_may_do_little(tmp_path):
    for name in ("load", "sharded"):
        for service in profile(tmp_path, name).values():
            if service["image"] == "kpi-server" or "nginx" in service["image"]:
                assert service["read_only"] and service["cap_drop"] == ["ALL"] and service["security_opt"] == ["no-new-privileges:true"]


def test_passwords_of_the_cluster_come_from_files(tmp_path, sharded):
    whole = config(tmp_path, COMPOSE_PROFILES="sharded")
    folder = harness.ROOT / "deploy" / "sharded"
    for secret in whole["secrets"].values():
        assert pathlib.Path(secret["file"]).parent == folder / "secrets"
    for name, service in sharded.items():
        for value in (service.get("environment") or {}).values():
            assert "mongodb://" not in str(value), name
        given = [secret["source"] if isinstance(secret, dict) else secret for secret in service.get("secrets", [])]
        assert set(given) <= set(whole["secrets"]), name
    assert f"/{(folder / 'secrets').relative_to(harness.ROOT)}/" in (harness.ROOT / ".gitignore").read_text().splitlines()


def test_secrets_are_made_once_and_reached_by_their_owner_only(tmp_path, sharded):
    folder = tmp_path / "secrets"

    def make():
        done = subprocess.run([harness.ROOT / "deploy/sharded/make-secrets", folder], capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return {path.name: path.read_text() for path in folder.iterdir()}

    first = make()
    assert make() == first
    assert set(first) == set(config(tmp_path, COMPOSE_PROFILES="sharded")["secrets"])
    assert folder.stat().st_mode & 0o777 == 0o700
    # What MongoDB takes as a keyfile.
    assert re.fullmatch(r"[A-Za-z0-9+/=]{700,1024}", first["keyfile"].strip())
    for who in ("load", "server"):
        password = first[f"{who}_password"].strip()
        assert re.fullmatch(r"[A-Za-z0-9]{40,}", password)
        assert first[f"{who}_uri"].startswith(f"mongodb://kpi-{who}:{password}@mongos:27017/?authSource=admin")


def test_a_uri_of_the_cluster_is_one_that_the_programs_take(tmp_path):
    subprocess.run([harness.ROOT / "deploy/sharded/make-secrets", tmp_path], check=True, capture_output=True, timeout=60)
    uri = (tmp_path / "server_uri").read_text().replace("@mongos:27017", "@127.0.0.1:1")
    (tmp_path / "uri").write_text(uri)
    # It is away, which a server that has begun to serve does not mind.
    with harness.Server("mongodb://unused/", "kpi", "--uri-file", tmp_path / "uri", ready=False) as server:
        assert server.get("/livez").status_code == 200
        assert server.get("/readyz").status_code == 503


def test_the_script_of_the_cluster_is_javascript():
    done = subprocess.run(["node", "--check", harness.ROOT / "deploy/sharded/cluster-init.js"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_the_loader_of_the_cluster_divides_its_collections(sharded):
    assert sharded["kpi-load-sharded"]["command"] == ["kpi-load-folder", "/csv", "--shard"]


def dockerfile():
    return (harness.ROOT / "Dockerfile").read_text()


def test_the_image_runs_as_an_ordinary_user_with_a_health_check():
    last_stage = dockerfile().rsplit("\nFROM ", 1)[1]
    users = re.findall(r"^USER (\S+)", last_stage, re.M)
    assert users and users[-1] not in ("root", "0")
    assert re.search(r"^HEALTHCHECK .*CMD", last_stage, re.M)


def test_the_image_has_the_time_zones():
    assert re.search(r"^\s.*\btzdata\b", dockerfile().rsplit("\nFROM ", 1)[1], re.M)


def test_what_the_image_copies_is_there_and_not_ignored():
    ignored = [line for line in (harness.ROOT / ".dockerignore").read_text().splitlines() if line and line[0] != "#"]
    assert {".env", ".git", "deploy/sharded"} <= set(ignored)
    for sources in re.findall(r"^COPY (?!--from)(.+) \S+$", dockerfile(), re.M):
        for source in sources.split():
            assert (harness.ROOT / source).exists(), source
            assert source.split("/")[0] not in ignored, source


@pytest.mark.skipif(not pathlib.Path("/etc/debian_version").exists(), reason="asks Debian's package of a library")
def test_the_image_installs_every_library_that_the_programs_link():
    release = pathlib.Path("/etc/os-release").read_text()
    if "VERSION_CODENAME=bookworm" not in release:
        pytest.skip("the image is Debian 12, and this machine is not")
    installed = set(re.findall(r"\blib[a-z0-9.+-]+|\bzlib1g\b", dockerfile().rsplit("\nFROM ", 1)[1]))
    for program in PROGRAMS:
        for library in linked(harness.BUILD / program):
            packages = packages_of(library)
            assert packages & (installed | {"libc6"}), f"{program} links {library} of {packages}"


def linked(program):
    """The libraries that a program itself names; those of its libraries come with their packages."""
    dump = subprocess.run(["objdump", "-p", program], check=True, capture_output=True, text=True).stdout
    return re.findall(r"^\s+NEEDED\s+(\S+)", dump, re.M)


def packages_of(library):
    """Those that bring a file of that name, for whichever architecture."""
    found = subprocess.run(["dpkg-query", "-S", f"*/{library}"], check=True, capture_output=True, text=True).stdout
    return {line.split(":")[0] for line in found.splitlines()}


def test_the_health_check_tells_a_ready_server_from_none(engine_uri, new_database):
    with harness.Server(engine_uri, new_database("health")) as server:
        assert is_healthy(server)
    assert not is_healthy(server)


def is_healthy(server, **variables):
    done = subprocess.run(
        [harness.ROOT / "tools/kpi-healthy", server.address], env={**os.environ, **variables}, capture_output=True, timeout=30
    )
    return done.returncode == 0


def test_the_health_check_asks_over_tls_whatever_the_certificate_is_called(engine_uri, new_database, tmp_path):
    """Somebody who only listens is no server that is ready."""
    key, certificate = tmp_path / "server.key", tmp_path / "server.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate, "-subj", "/CN=kpi.example"],
        check=True, capture_output=True, timeout=60,
    )  # fmt: skip
    key.chmod(0o600)
    tls, options = ({"KPI_TLS_CERT": str(certificate)}, ["--tls-cert", str(certificate), "--tls-key", str(key)])
    with harness.Server(engine_uri, new_database("health"), *options) as server:
        assert is_healthy(server, **tls)
        assert not is_healthy(server), "plain bytes where TLS is spoken"
    assert not is_healthy(server, **tls)
    with harness.Server("mongodb://127.0.0.1:1/", "nowhere", *options, ready=False) as server:
        assert not is_healthy(server, **tls)


@pytest.mark.parametrize("loopback, said", [("127.0.0.1", "127.0.0.1"), ("127.0.0.1", "0.0.0.0"), ("[::1]", "[::1]"), ("[::1]", "[::]")])
def test_the_health_check_asks_where_the_server_listens(engine_uri, new_database, loopback, said):
    """A server of any address answers on the loopback too; here it listens there alone, whatever the check is told."""
    if ":" in loopback:
        try:
            socket.create_server(("::1", 0), family=socket.AF_INET6).close()
        except OSError:
            pytest.skip("this machine has no IPv6")
    with harness.Server(engine_uri, new_database("health"), "--listen", f"{loopback}:0") as server:
        env = harness.environment(KPI_LISTEN=f"{said}:{server.port}")
        done = subprocess.run([harness.ROOT / "tools/kpi-healthy"], env=env, capture_output=True, text=True, timeout=30)
        assert done.returncode == 0, done.stderr


def test_both_stages_of_the_image_are_of_one_release_and_the_last_has_no_tools():
    assert re.findall(r"^FROM (\S+)", dockerfile(), re.M) == ["debian:${DEBIAN}", "debian:${DEBIAN}"]
    assert re.search(r"^ARG DEBIAN=\w+-slim$", dockerfile(), re.M)
    last_stage = dockerfile().rsplit("\nFROM ", 1)[1]
    assert not re.search(r"-dev\b|gcc|npm|make ", last_stage)
    assert "org.opencontainers.image.version" in last_stage


def test_hadolint_finds_nothing():
    hadolint = pathlib.Path(sys.executable).parent / "hadolint"
    if not hadolint.exists():
        pytest.skip("hadolint is not in this virtual environment: tools/setup test")
    done = subprocess.run([hadolint, harness.ROOT / "Dockerfile"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout


def test_the_image_says_the_version_of_the_programs():
    version = re.search(r'KPI_VERSION "(.*)"', (harness.ROOT / "core/version.h").read_text())[1]
    assert f"\nARG VERSION={version}\n" in dockerfile()


def test_stopping_the_container_of_a_load_stops_the_load(engine_uri, new_database, tmp_path):
    """The first process of a container gets the signal, and that is the script."""
    path = f"{harness.BUILD}:{os.environ['PATH']}"
    variables = harness.environment(MONGODB_URI=engine_uri, KPI_DB=new_database("stopped"), PATH=path)
    harness.generate(tmp_path / "csv", orders=100)
    # A folder that is watched never ends by itself.
    (tmp_path / "kpi-load").write_text(f'#!/bin/sh\nexec {harness.BUILD}/kpi-load --watch "$1"\n')
    (tmp_path / "kpi-load").chmod(0o755)
    process = subprocess.Popen(
        [harness.ROOT / "tools/kpi-load-folder", tmp_path / "csv"],
        cwd=harness.ROOT, env={**variables, "PATH": f"{tmp_path}:{path}"}, stderr=subprocess.PIPE, text=True,
    )
    try:
        for line in process.stderr:
            if "watching" in line or "loaded" in line:
                break
        process.terminate()
        rest = process.communicate(timeout=60)[1]
        assert process.returncode == 0, rest
    finally:
        process.kill()


def test_stopping_the_container_while_the_sample_is_made_loads_nothing(tmp_path):
    """The sample is whole, as the next start takes what is there for the data."""
    csv = tmp_path / "csv"
    (tmp_path / "kpi-sample").write_text(f'#!/bin/sh\necho begun >&2\nread stopped <fifo\nexec {harness.BUILD}/kpi-sample "$@"\n')
    (tmp_path / "kpi-sample").chmod(0o755)
    os.mkfifo(tmp_path / "fifo")
    csv.mkdir()
    variables = harness.environment(MONGODB_URI="mongodb://127.0.0.1:1/", ORDERS="100", PATH=f"{tmp_path}:{harness.BUILD}:{os.environ['PATH']}")
    process = subprocess.Popen([harness.ROOT / "tools/kpi-load-folder", csv], cwd=tmp_path, env=variables, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr.readline() == "begun\n"
        process.terminate()
        (tmp_path / "fifo").write_text("stopped\n")
        said = process.communicate(timeout=60)[1]
        assert process.returncode == 143 and "127.0.0.1:1" not in said, said
        assert (csv / "orders.csv").read_text().count("\n") == 101
    finally:
        process.kill()
        process.communicate()


def test_rejected_rows_do_not_keep_the_server_from_starting(engine_uri, new_database, tmp_path):
    variables = harness.environment(
        MONGODB_URI=engine_uri, KPI_DB=new_database("rejects"), PATH=f"{harness.BUILD}:{os.environ['PATH']}"
    )
    harness.generate(tmp_path, orders=50)
    with open(tmp_path / "orders.csv", "a") as orders:
        orders.write("no order\n")

    def status(*command):
        return subprocess.run(command, cwd=harness.ROOT, env=variables, capture_output=True, timeout=120).returncode

    assert status(harness.BUILD / "kpi-load", tmp_path) == 3
    assert status(harness.ROOT / "tools/kpi-load-folder", tmp_path, "--reload") == 0
    assert status(harness.ROOT / "tools/kpi-load-folder", tmp_path, "--reload", "--max-rejects", "0") == 1


@pytest.mark.parametrize("end", [".csv", ".CSV", ".csv.gz", ".CSV.GZ"])
def test_an_empty_folder_gets_a_sample_and_a_full_one_is_left_alone(engine_uri, new_database, tmp_path, end):
    path = f"{harness.BUILD}:{os.environ['PATH']}"
    variables = harness.environment(MONGODB_URI=engine_uri, KPI_DB=new_database("folder"), ORDERS="50", PATH=path)

    def load():
        done = subprocess.run(
            [harness.ROOT / "tools/kpi-load-folder", tmp_path],
            cwd=harness.ROOT, env=variables, capture_output=True, text=True, timeout=120,
        )
        assert done.returncode == 0, done.stderr
        return {file.name: file.stat().st_mtime_ns for file in tmp_path.iterdir()}

    first = load()
    assert "orders.csv" in first
    assert load() == first
    # Of a shop too, whose files are packed, or come from a system that knows no small letters.
    for file in list(tmp_path.iterdir()):
        file.with_name(file.stem.upper() + end).write_bytes(gzip.compress(file.read_bytes()) if end.lower().endswith(".gz") else file.read_bytes())
        file.unlink()
    assert set(load()) == {name.removesuffix(".csv").upper() + end for name in first}
