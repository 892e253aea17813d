"""docker-compose.yml and Dockerfile say what they should. No daemon is asked: only what a client can tell."""

import os
import pathlib
import re
import shutil
import subprocess

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


@pytest.fixture
def services(tmp_path):
    return config(tmp_path, COMPOSE_PROFILES="load")["services"]


def test_compose_accepts_the_file(services):
    assert set(services) == {"mongo", "kpi-load", "kpi-load-watch", "kpi-server"}


def test_what_watches_a_folder_is_started_only_when_it_is_asked_for(services):
    assert [name for name, service in services.items() if service.get("profiles")] == ["kpi-load-watch"]
    assert services["kpi-load-watch"]["profiles"] == ["load"]


def test_the_watched_folder_is_only_read_and_is_the_one_that_was_loaded(tmp_path):
    services = config(tmp_path, COMPOSE_PROFILES="load", CSV=str(tmp_path), KPI_TIMEZONE="Europe/Paris")["services"]
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


def test_only_the_server_has_a_port_and_it_is_on_loopback(services):
    assert [name for name, service in services.items() if service.get("ports")] == ["kpi-server"]
    assert published(services) == ("127.0.0.1", "8080")


def published(services):
    (port,) = services["kpi-server"]["ports"]
    if isinstance(port, dict):
        return port["host_ip"], str(port["published"])
    host, number = port.split(":")[:2]
    return host, number


def test_port_and_orders_are_variables(tmp_path):
    services = config(tmp_path, PORT="9000", ORDERS="5")["services"]
    assert published(services) == ("127.0.0.1", "9000")
    assert services["kpi-load"]["environment"]["ORDERS"] == "5"


def test_the_server_waits_for_a_finished_load_and_a_healthy_database(services):
    def conditions(name):
        return {other: wait["condition"] for other, wait in services[name]["depends_on"].items()}

    assert conditions("kpi-load") == {"mongo": "service_healthy"}
    assert conditions("kpi-server") == {"mongo": "service_healthy", "kpi-load": "service_completed_successfully"}


def test_what_serves_has_a_health_check(services):
    for name in ("mongo", "kpi-server"):
        assert services[name]["healthcheck"]["test"][0] == "CMD"


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
            package = package_of(library)
            assert package in installed | {"libc6"}, f"{program} links {library} of {package}"


def linked(program):
    """The libraries that a program itself names; those of its libraries come with their packages."""
    dump = subprocess.run(["objdump", "-p", program], check=True, capture_output=True, text=True).stdout
    return re.findall(r"^\s+NEEDED\s+(\S+)", dump, re.M)


def package_of(library):
    found = subprocess.run(["dpkg-query", "-S", f"*/{library}"], check=True, capture_output=True, text=True).stdout
    return found.split(":")[0]


def test_the_health_check_tells_a_ready_server_from_none(engine_uri, new_database):
    def healthy(address):
        return subprocess.run([harness.ROOT / "tools/kpi-healthy", address], capture_output=True, timeout=30).returncode == 0

    with harness.Server(engine_uri, new_database("health")) as server:
        assert healthy(server.address)
    assert not healthy(server.address)


def test_an_empty_folder_gets_a_sample_and_a_full_one_is_left_alone(engine_uri, new_database, tmp_path):
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
