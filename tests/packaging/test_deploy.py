"""The systemd units of deploy/ are accepted, hardened, and call kpi-load as it wants to be called."""

import configparser
import re
import shutil
import subprocess

import pytest

import harness

UNITS = harness.ROOT / "deploy" / "systemd"
SERVICES = ["kpi-load.service", "kpi-load-watch.service"]
INSTALLED = "/usr/local/bin/kpi-load"


class Unit(configparser.ConfigParser):
    """A unit file: keys as they are written, and the values of a key that is there more than once in one list."""

    def __init__(self, path):
        super().__init__(strict=False, interpolation=None, delimiters=("=",))
        self.optionxform = str
        self.read_string(path.read_text())
        self.text = path.read_text()

    def all(self, key):
        return re.findall(rf"^{key}=(.*)$", self.text, re.M)


@pytest.fixture(params=SERVICES)
def service(request):
    return Unit(UNITS / request.param)


@pytest.fixture
def copies(tmp_path):
    """The units with the program where it was built: systemd wants it to be there."""
    for path in [*UNITS.glob("*.service"), *UNITS.glob("*.timer")]:
        (tmp_path / path.name).write_text(path.read_text().replace(INSTALLED, str(harness.BUILD / "kpi-load")))
    return tmp_path


def analyze(*arguments):
    return subprocess.run(["systemd-analyze", *arguments], capture_output=True, text=True, timeout=60)


needs_systemd = pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")


@needs_systemd
def test_systemd_accepts_the_units(copies):
    done = analyze("verify", "--man=no", *sorted(copies.iterdir()))
    assert done.returncode == 0 and done.stderr == "", done.stderr


@needs_systemd
@pytest.mark.parametrize("name", SERVICES)
def test_services_are_exposed_to_little(copies, name):
    done = analyze("security", "--offline=true", "--no-pager", "--threshold=20", copies / name)  # 2.0 of 10
    assert done.returncode == 0, done.stdout


@needs_systemd
def test_the_timer_is_daily_and_catches_up():
    timer = Unit(UNITS / "kpi-load.timer")
    assert timer["Timer"]["Persistent"] == "yes"
    assert timer["Install"]["WantedBy"] == "timers.target"
    done = analyze("calendar", "--iterations=2", "--base-time=2024-01-01 00:00:00 UTC", timer["Timer"]["OnCalendar"])
    assert re.findall(r"(?:Next elapse|Iteration #2|Iter\. #2): (.*)", done.stdout), done.stdout


def test_both_services_are_hardened_alike():
    def hardening(name):
        text = (UNITS / name).read_text()
        return text[text.index("# Nothing but the network"):].split("\n\n")[0].strip()

    assert hardening(SERVICES[0]) == hardening(SERVICES[1])
    assert "NoNewPrivileges=yes" in hardening(SERVICES[0])


def test_a_service_takes_its_secrets_from_a_file(service):
    assert service.all("EnvironmentFile") == ["/etc/kpi-server/kpi.env"]
    assert not re.search(r"mongodb(\+srv)?://|--uri|MONGODB_URI", service.text)
    assert service.all("User") == ["kpi"]


def test_a_service_calls_kpi_load_as_it_is(service):
    (command,) = service.all("ExecStart")
    known = subprocess.run([harness.BUILD / "kpi-load", "--help"], capture_output=True, text=True).stdout
    program, *arguments = command.split()
    assert program == INSTALLED
    for flag in (argument for argument in arguments if argument.startswith("--")):
        assert re.search(rf"^  {flag}\b", known, re.M), f"kpi-load has no {flag}"


def test_rejected_rows_are_no_failure_and_a_wrong_command_is_not_repeated(service):
    assert service.all("RestartPreventExitStatus") == ["2"]
    if service.all("Type") == ["oneshot"]:
        assert service.all("SuccessExitStatus") == ["3"]


def test_the_example_of_the_environment_names_variables_of_kpi_load():
    known = subprocess.run([harness.BUILD / "kpi-load", "--help"], capture_output=True, text=True).stdout
    text = (UNITS / "kpi.env.example").read_text()
    names = re.findall(r"^(?:# )?([A-Z_]+)=", text, re.M)
    assert "MONGODB_URI" in names
    for name in names:
        assert f"${name}" in known, name
    assert "PASSWORD" in text and "0640" in text
