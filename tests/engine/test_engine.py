"""engine/engine on the real engine: starting, stopping, surviving, and keeping to itself."""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pymongo
import pytest

ENGINE = Path(__file__).resolve().parents[2] / "engine" / "engine"
KINDS = ("postgres", "ferretdb")
ROOT = os.geteuid() == 0
NOBODY_ELSE = 61234  # a user id that no account has

as_root = pytest.mark.skipif(not ROOT, reason="needs root")


def environment(**more):
    """The caller's environment, without what would choose another server."""
    kept = {k: v for k, v in os.environ.items() if k != "MONGODB_URI" and not k.startswith("ENGINE_")}
    return {**kept, "ENGINE_KIND": "embedded", **more}


def run(*args, check=True, program=(str(ENGINE),), env=None, **options):
    """Runs engine/engine with both outputs in pipes, so that it returns only if no child keeps them open."""
    done = subprocess.run(
        [*program, *map(str, args)], env=env or environment(), capture_output=True, text=True, timeout=900, **options
    )
    if check:
        assert done.returncode == 0, done.stderr
    return done


def start(folder, **options):
    return run("start", folder, **options).stdout.strip()


def connect(uri):
    return pymongo.MongoClient(uri, serverSelectionTimeoutMS=10_000)


def put(uri, value):
    with connect(uri) as client:
        client.test.numbers.insert_one({"_id": value})


def numbers(uri):
    with connect(uri) as client:
        return sorted(d["_id"] for d in client.test.numbers.find())


def processes(folder):
    """{pid: name} of every process whose working folder lies in this instance's data."""
    places = {(s.st_dev, s.st_ino) for p in ("pg", "ferretdb") if (s := stat_or_none(folder / "data" / p))}
    found = {}
    for proc in Path("/proc").glob("[0-9]*"):
        place = stat_or_none(proc / "cwd")
        if place and (place.st_dev, place.st_ino) in places:
            try:
                found[int(proc.name)] = (proc / "comm").read_text().strip()
            except OSError:
                pass  # it has just ended
    return found


def owners(folder):
    return {owner.st_uid for pid in processes(folder) if (owner := stat_or_none(Path(f"/proc/{pid}")))}


def stat_or_none(path):
    try:
        return path.stat()
    except OSError:
        return None


def kill(folder, *names):
    """SIGKILL, as an out-of-memory kill would: of PostgreSQL the postmaster, whose children are left to notice."""
    postmaster = int((folder / "data/pg/postmaster.pid").read_text().split()[0])
    for pid, name in processes(folder).items():
        if name in names and (name != "postgres" or pid == postmaster):
            os.kill(pid, signal.SIGKILL)


@pytest.fixture(scope="session", autouse=True)
def installed():
    run("install")


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "e"
    yield place
    run("stop", place)


@pytest.fixture
def other_folder(tmp_path):
    place = tmp_path / "other"
    yield place
    run("stop", place)


def test_start_prints_the_uri_and_nothing_else(folder):
    done = run("start", folder)
    assert done.stdout == f"mongodb://{str(folder / 'run/mongo.sock').replace('/', '%2F')}/\n"
    assert connect(done.stdout.strip()).admin.command("ping")["ok"] == 1


def test_start_leaves_nothing_in_the_database(folder):
    assert connect(start(folder)).list_database_names() == []


def test_start_of_a_running_engine_changes_nothing(folder):
    uri = start(folder)
    before = {p: n for p, n in processes(folder).items() if n == "ferretdb"}
    assert start(folder) == uri
    assert {p: n for p, n in processes(folder).items() if n == "ferretdb"} == before


def test_started_engine_keeps_no_file_of_its_caller_open(folder):
    ours, theirs = os.pipe()
    run("start", folder, pass_fds=[theirs])
    os.close(theirs)
    with open(ours, "rb") as pipe:
        assert pipe.read() == b""  # the end of the file: nobody else can write to it


def test_stop_keeps_the_data(folder):
    put(start(folder), 1)
    run("stop", folder)
    assert numbers(start(folder)) == [1]


def test_stop_leaves_no_process(folder):
    start(folder)
    assert set(processes(folder).values()) == set(KINDS)
    run("stop", folder)
    assert processes(folder) == {}
    assert not list((folder / "run").glob("*.sock"))


def test_stop_of_a_stopped_engine_is_no_error(folder):
    start(folder)
    run("stop", folder)
    assert run("stop", folder).returncode == 0


def test_stop_of_what_never_was_is_no_error(tmp_path):
    run("stop", tmp_path / "never")
    assert not (tmp_path / "never").exists()


def test_status_tells_a_running_engine_from_a_stopped_one(folder):
    assert run("status", folder, check=False).returncode == 3
    uri = start(folder)
    status = run("status", folder).stdout.splitlines()
    assert status[0] == "state: running"
    assert status[1] == "kind: embedded"
    assert {processes(folder)[int(pid)] for pid in status[2].removeprefix("pid: ").split()} == set(KINDS)
    assert status[3] == f"uri: {uri}"
    assert run("uri", folder).stdout.strip() == uri
    run("stop", folder)
    stopped = run("status", folder, check=False)
    assert (stopped.returncode, stopped.stdout) == (3, "state: stopped\nkind: embedded\n")
    assert run("uri", folder, check=False).returncode == 3


@pytest.mark.parametrize("names", [("postgres",), ("ferretdb",), KINDS], ids="-and-".join)
def test_killed_engine_starts_again_with_its_data(folder, names):
    put(start(folder), 1)
    kill(folder, *names)
    uri = start(folder)
    assert numbers(uri) == [1]
    put(uri, 2)


def test_killed_engine_is_not_called_running(folder):
    start(folder)
    kill(folder, "ferretdb")
    assert run("status", folder, check=False).returncode == 3


def test_half_dead_engine_is_stopped_whole(folder):
    start(folder)
    kill(folder, "postgres")
    run("stop", folder)
    assert processes(folder) == {}


def test_pid_file_of_another_process_does_not_hinder_a_start(folder):
    """After a reboot the pid of the last run may be anybody's."""
    put(start(folder), 1)
    kill(folder, *KINDS)
    pid_file = folder / "data/pg/postmaster.pid"
    lines = pid_file.read_text().splitlines()
    while processes(folder):
        time.sleep(0.02)
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    assert numbers(start(folder)) == [1]


def test_two_engines_run_side_by_side(folder, other_folder):
    one, other = start(folder), start(other_folder)
    put(one, 1)
    put(other, 2)
    assert (numbers(one), numbers(other)) == ([1], [2])
    run("stop", folder)
    assert numbers(other) == [2]


def test_two_starts_at_once_give_one_engine(folder):
    command = [str(ENGINE), "start", str(folder)]
    both = [subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    answers = {starting.communicate(timeout=60)[0] for starting in both}
    assert [starting.returncode for starting in both] == [0, 0, 0]
    assert len(answers) == 1
    assert list(processes(folder).values()).count("ferretdb") == 1


def open_files(folder):
    names = set()
    for pid in processes(folder):
        for fd in Path(f"/proc/{pid}/fd").glob("*"):
            try:
                names.add(os.readlink(fd))
            except OSError:
                pass  # closed meanwhile
    return names


def test_no_tcp_port_is_open(folder):
    start(folder)
    listening = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        if os.path.exists(table):
            rows = [line.split() for line in Path(table).read_text().splitlines()[1:]]
            listening |= {f"socket:[{row[9]}]" for row in rows if row[3] == "0A"}
    opened = open_files(folder)
    assert any(name.startswith("socket:") for name in opened)
    assert not opened & listening


def test_only_its_owner_reaches_it(folder):
    start(folder)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / "run").stat().st_mode & 0o777 == 0o700


def test_long_path_gets_a_short_socket_that_goes_with_the_engine(tmp_path):
    place = tmp_path / ("long" * 30) / "e"
    uri = start(place)
    socket = Path(uri.removeprefix("mongodb://").removesuffix("/").replace("%2F", "/"))
    assert len(bytes(socket)) <= 107
    assert socket.parent.parent.stat().st_mode & 0o777 == 0o700
    put(uri, 1)
    assert start(place) == uri
    assert processes(place)
    run("stop", place)
    assert not socket.parent.parent.exists()
    assert processes(place) == {}


def test_path_with_spaces_and_accents_works(tmp_path):
    place = tmp_path / "a b'ü%$x"
    put(start(place), 1)
    assert numbers(run("uri", place).stdout.strip()) == [1]
    run("stop", place)


def test_folder_of_something_else_is_refused(tmp_path):
    (tmp_path / "letter.txt").write_text("dear reader")
    refused = run("start", tmp_path, check=False)
    assert refused.returncode == 1
    assert "not an engine" in refused.stderr
    assert [p.name for p in tmp_path.iterdir()] == ["letter.txt"]


def test_server_of_mongodb_uri_is_used_and_left_alone(folder, other_folder):
    theirs = start(folder)
    env = environment(MONGODB_URI=theirs)
    assert start(other_folder, env=env) == theirs
    assert run("status", other_folder, env=env).stdout.startswith("state: running\nkind: external\n")
    assert "left alone" in run("stop", other_folder, env=env).stderr
    assert not other_folder.exists()
    assert connect(theirs).admin.command("ping")["ok"] == 1
    assert "left alone" not in run("stop", folder, env=env).stderr
    assert "state: stopped" in run("status", folder, check=False).stdout


def test_mongodb_uri_that_does_not_answer_is_told_without_its_password(tmp_path):
    env = environment(MONGODB_URI=f"mongodb://user:secret@{str(tmp_path / 'no.sock').replace('/', '%2F')}/")
    refused = run("start", tmp_path / "e", env=env, check=False)
    assert refused.returncode == 1
    assert refused.stdout == ""
    assert "MONGODB_URI" in refused.stderr
    assert "secret" not in refused.stderr


def test_wrong_use_is_told_with_status_2():
    for wrong in ([], ["begin"], ["start"], ["start", ""], ["install", "here"]):
        assert run(*wrong, check=False).returncode == 2
    assert "start DIR" in run("--help").stdout


def test_forbidden_namespaces_are_explained_to_an_ordinary_user(tmp_path):
    without = ["bwrap", "--dev-bind", "/", "/", "--unshare-user", "--disable-userns", "--uid", "1000", "--gid", "1000"]
    refused = run("start", tmp_path / "e", program=(*without, str(ENGINE)), check=False)
    assert refused.returncode == 1
    assert "MONGODB_URI" in refused.stderr and "docker compose" in refused.stderr


@as_root
def test_root_gets_a_chroot_where_bubblewrap_does_not_work(folder, tmp_path):
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/bwrap").symlink_to("/bin/false")
    done = run("start", folder, env=environment(PATH=f"{tmp_path / 'bin'}:{os.environ['PATH']}"))
    assert "chroot" in done.stderr
    put(done.stdout.strip(), 1)
    assert owners(folder) == {64017}


@as_root
def test_data_moves_between_bubblewrap_and_chroot(folder):
    chroot = environment(ENGINE_SANDBOX="chroot")
    put(start(folder), 1)
    run("stop", folder)
    put(start(folder, env=chroot), 2)
    kill(folder, "ferretdb")
    assert numbers(start(folder)) == [1, 2]  # beside the PostgreSQL that still runs
    run("stop", folder)
    assert numbers(start(folder)) == [1, 2]
    assert owners(folder) == {0}


def copy_of_installation(cache, owner=None):
    """The installation again in another cache folder; hard links where it is possible, since it is large."""
    source = Path(run("install").stdout.strip())
    copy = cache / "kpi-server" / source.name
    copy.mkdir(parents=True)
    if subprocess.run(["cp", "-al", source / "tree", copy], stderr=subprocess.DEVNULL).returncode:
        shutil.rmtree(copy / "tree", ignore_errors=True)
        subprocess.run(["cp", "-a", source / "tree", copy], check=True)
    subprocess.run(["cp", "-a", source / "template", copy], check=True)
    if owner:
        subprocess.run(["chown", "-R", str(owner), copy / "template"], check=True)
    return copy


@as_root
def test_ordinary_user_without_an_account_runs_an_engine(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    copy_of_installation(home / ".cache", NOBODY_ELSE)
    shutil.copytree(ENGINE.parent, home / "engine")
    os.chown(home, NOBODY_ELSE, NOBODY_ELSE)
    for parent in home.parents:  # pytest's folders are private to root
        if parent.is_relative_to("/tmp") and parent != Path("/tmp"):
            parent.chmod(0o711)
    env = {"PATH": os.environ["PATH"], "HOME": str(home), "ENGINE_KIND": "embedded"}
    user = f"--reuid={NOBODY_ELSE}", f"--regid={NOBODY_ELSE}", "--clear-groups"
    program = ("setpriv", *user, str(home / "engine/engine"))

    place = home / "e"
    uri = start(place, program=program, env=env)
    try:
        put(uri, 1)
        assert owners(place) == {NOBODY_ELSE}
        kill(place, "postgres")
        assert numbers(start(place, program=program, env=env)) == [1]
    finally:
        run("stop", place, program=program, env=env)
    assert processes(place) == {}


def build_cache():
    """Go's own cache, which would otherwise move with XDG_CACHE_HOME: compiling FerretDB once is enough."""
    go = shutil.which("go")
    return {"GOCACHE": subprocess.check_output([go, "env", "GOCACHE"], text=True).strip()} if go else {}


def started_with(setting):
    """Pids of the processes that have this in their environment."""
    pids = []
    for environ in Path("/proc").glob("[0-9]*/environ"):
        try:
            if setting.encode() in environ.read_bytes():
                pids.append(int(environ.parent.name))
        except OSError:
            pass  # it has just ended, or is another user's
    return pids


def test_broken_install_is_not_taken_for_installed(tmp_path):
    """A killed install leaves nothing that looks whole, a broken one is made anew, and two at once do it once."""
    env = environment(XDG_CACHE_HOME=str(tmp_path), **build_cache())
    broken = copy_of_installation(tmp_path)
    (broken / "tree/usr/local/bin/ferretdb").unlink()

    killed = subprocess.Popen([str(ENGINE), "install"], env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    time.sleep(3)
    os.killpg(killed.pid, signal.SIGKILL)
    killed.wait()
    assert not broken.exists()

    installs = [subprocess.Popen([str(ENGINE), "install"], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    told = [install.communicate(timeout=600) for install in installs]
    assert [install.returncode for install in installs] == [0, 0], told
    assert {out.strip() for out, _ in told} == {str(broken)}
    assert sum("downloading packages" in err for _, err in told) == 1
    assert (broken / "tree/usr/local/bin/ferretdb").exists()
    assert started_with(f"TMPDIR={broken.parent}") == []
    assert sorted(p.name for p in broken.parent.iterdir()) == [broken.name, "lock"]
