"""The systemd units of deploy/ are accepted, hardened, and call the programs as they want to be called."""

import configparser
import re
import shutil
import subprocess

import pytest

import harness

UNITS = harness.ROOT / "deploy" / "systemd"
SERVICES = {
    "kpi-load.service": "load", "kpi-load-watch.service": "load", "kpi-load@.service": "load",
    "kpi-server.service": "server", "kpi-server@.service": "server",
}
INSTALLED = "/usr/local/bin"


class Unit(configparser.ConfigParser):
    """A unit file: keys as they are written, and the values of a key that is there more than once in one list."""

    def __init__(self, path):
        super().__init__(strict=False, interpolation=None, delimiters=("=",))
        self.optionxform = str
        self.read_string(path.read_text())
        self.text = path.read_text()

    def all(self, key):
        return re.findall(rf"^{key}=(.*)$", self.text, re.M)


@pytest.fixture(params=sorted(SERVICES))
def service(request):
    unit = Unit(UNITS / request.param)
    unit.role = SERVICES[request.param]
    # What a unit reads in /etc/kpi-server: one of another shop its own.
    unit.shop = "%i." if "@" in request.param else ""
    return unit


def help_of(role):
    return subprocess.run([harness.BUILD / f"kpi-{role}", "--help"], capture_output=True, text=True).stdout


@pytest.fixture
def copies(tmp_path):
    """The units with the programs where they were built: systemd wants them to be there."""
    for path in [*UNITS.glob("*.service"), *UNITS.glob("*.timer")]:
        (tmp_path / path.name).write_text(path.read_text().replace(INSTALLED, str(harness.BUILD)))
    return tmp_path


def analyze(*arguments):
    return subprocess.run(["systemd-analyze", *arguments], capture_output=True, text=True, timeout=60)


needs_systemd = pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")


@needs_systemd
def test_systemd_accepts_the_units(copies):
    done = analyze("verify", "--man=no", *sorted(copies.iterdir()))
    assert done.returncode == 0 and done.stderr == "", done.stderr


@needs_systemd
@pytest.mark.parametrize("name", sorted(SERVICES))
def test_services_are_exposed_to_little(copies, name):
    done = analyze("security", "--offline=true", "--no-pager", "--threshold=20", copies / name)  # 2.0 of 10
    assert done.returncode == 0, done.stdout
    print(done.stdout.splitlines()[-1])


@needs_systemd
def test_the_timer_is_daily_and_catches_up():
    timer = Unit(UNITS / "kpi-load.timer")
    assert timer["Timer"]["Persistent"] == "yes"
    assert timer["Install"]["WantedBy"] == "timers.target"
    done = analyze("calendar", "--iterations=2", "--base-time=2024-01-01 00:00:00 UTC", timer["Timer"]["OnCalendar"])
    assert re.findall(r"(?:Next elapse|Iteration #2|Iter\. #2): (.*)", done.stdout), done.stdout


def test_all_services_are_hardened_alike():
    def hardening(name):
        text = (UNITS / name).read_text()
        # What a server may do besides: ask for short turns at the processor.
        own = r"^(User|Group|Nice)=.*\n|^# The threads .*\nSystemCallFilter=sched_getattr sched_setattr\n"
        return re.sub(own, "", text[text.index("User=") :].split("\n\n")[0].strip(), flags=re.M)

    assert len({hardening(name) for name in SERVICES}) == 1
    assert "NoNewPrivileges=yes" in hardening("kpi-server.service")


def test_a_service_takes_its_secret_as_a_credential(service):
    assert service.all("LoadCredential") == [f"uri:/etc/kpi-server/{service.shop}{service.role}.uri"]
    assert service.all("Environment")[0] == "MONGODB_URI_FILE=%d/uri"
    assert not re.search(r"mongodb(\+srv)?://|--uri|MONGODB_URI=", service.text)


def test_who_serves_is_not_who_loads(service):
    users = re.findall(r"^u (\S+)", (UNITS / "kpi.sysusers").read_text(), re.M)
    assert service.all("User") == service.all("Group") == ["kpi" if service.role == "load" else "kpi-server"]
    assert service.all("User")[0] in users


def test_a_service_calls_its_program_as_it_is(service):
    (command,) = service.all("ExecStart")
    program, *arguments = command.split()
    assert program == f"{INSTALLED}/kpi-{service.role}"
    for flag in (argument for argument in arguments if argument.startswith("--")):
        assert re.search(rf"^  {flag}\b", help_of(service.role), re.M), f"{program} has no {flag}"


def test_rejected_rows_are_no_failure_and_a_wrong_command_is_not_repeated(service):
    assert service.all("RestartPreventExitStatus") == ["2"]
    if service.all("Type") == ["oneshot"]:
        assert service.all("SuccessExitStatus") == ["3"]


def test_the_server_has_started_when_it_serves_and_may_finish_when_it_ends():
    unit = Unit(UNITS / "kpi-server.service")
    assert unit.all("Type") == ["notify"]
    patience = int(re.search(r"--stop-timeout.*\[(\d+)\]", help_of("server"))[1])
    assert int(unit.all("TimeoutStopSec")[0]) > patience


@pytest.mark.parametrize("role", ["load", "server"])
def test_the_example_of_an_environment_names_variables_of_its_program(role):
    text = (UNITS / f"{role}.env.example").read_text()
    names = re.findall(r"^(?:# )?([A-Z_]+)=", text, re.M)
    assert "KPI_DB" in names
    for name in names:
        assert f"${name}" in help_of(role), name
    assert "0600" in text and f"{role}.uri" in text and "mongodb://" not in text
