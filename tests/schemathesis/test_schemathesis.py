"""Whatever the API's document says, schemathesis asks for, in ways that it allows and in ways that it does not: no answer is an error of the
server, none has a status, a form or a header that the document does not have, and what it forbids is refused.

    KPI_SCHEMATHESIS_EXAMPLES   for each operation in each phase; with it everything is asked for, drawn anew every time
"""

import os
import pathlib
import re
import subprocess
import sys

import pytest

import harness

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "security"))

from keyring import bearer, guard  # noqa: E402

FOLDER = pathlib.Path(__file__).parent
CASES_LEAST = 2_000
EXAMPLES = os.environ.get("KPI_SCHEMATHESIS_EXAMPLES")
# KPIs differ in little else than their columns: of each kind one is asked for everything, of the others some.
WHOLE = "total-sales|sales-by-region|sales-over-time|cohort-retention|order-status|product-pairs"
NO_KPI = "v1/(kpis|dimensions/.*|data-quality|analyses|status)|openapi.json|metrics|livez|readyz"
SELECTIONS = {
    "one-of-each-kind": [f"--include-path-regex=^/({NO_KPI}|v1/kpis/({WHOLE}))$", "--phases=coverage,stateful", "--max-examples=8"],
    # Drawn at random, what is wrong as a list or a number is often right as it is sent: `category=true` is the category "true". That wrong
    # parameters are refused the phase coverage shows, which goes through them one by one.
    "every-kpi": ["--exclude-path=/v1/events", "--phases=examples,fuzzing", "--max-examples=8", "--exclude-checks=negative_data_rejection,positive_data_acceptance"],
}
if EXAMPLES:
    # A stream of events has no end to wait for.
    SELECTIONS = {
        "coverage": ["--exclude-path=/v1/events", "--phases=coverage,stateful", f"--max-examples={EXAMPLES}"],
        "fuzzing": [*SELECTIONS["every-kpi"][:2], f"--max-examples={EXAMPLES}", SELECTIONS["every-kpi"][3]],
    }
else:
    SELECTIONS = {name: [*options, "--generation-deterministic"] for name, options in SELECTIONS.items()}
cases = {}
# Refusals are the same for each path, so that few are asked. /v1/events is among them only where nobody has a key: with one it has no end, and
# what of it ends then, HEAD and what is wrong with a request, is in tests/api.
SOME = "v1/(kpis|status|dimensions/.*|events|kpis/total-sales)|openapi.json|metrics|readyz"
REFUSED = {
    "without-a-key": (401, [f"--include-path-regex=^/({SOME})$"]),
    "with-a-key-for-less": (403, [f"--include-path-regex=^/({SOME})$", "--exclude-path=/v1/events"]),
    "beyond-the-limit": (429, ["--include-path-regex=^/(v1/(status|kpis/total-sales)|metrics|openapi.json)$"]),
}


@pytest.fixture(scope="module")
def server(engine_uri, database):
    with harness.Server(engine_uri, database) as server:
        yield server


def run(url, folder, options):
    """Its report, of which lines are cut; positive_data_acceptance is ours: see hooks.py."""
    program = pathlib.Path(sys.executable).with_name("schemathesis")
    command = [program, "run", f"{url}/openapi.json", "--checks=all", "--exclude-checks=positive_data_acceptance", *options]
    command += ["--workers=2", "--request-timeout=30", "--suppress-health-check=all", "--no-color", f"--report-dir={folder}"]
    environment = harness.environment(SCHEMATHESIS_HOOKS="hooks", PYTHONPATH=str(FOLDER))
    done = subprocess.run(command, cwd=FOLDER, env=environment, capture_output=True, text=True, timeout=7200)
    return done.returncode, "\n".join(line[:400] for line in (done.stdout + done.stderr).splitlines())


@pytest.mark.parametrize("selection", SELECTIONS)
def test_no_request_finds_what_the_document_does_not_say(server, tmp_path, selection):
    status, report = run(server.url, tmp_path, SELECTIONS[selection])
    assert status == 0, report
    cases[selection] = int(re.search(r"([\d,]+) generated", report)[1].replace(",", ""))
    assert server.session.get(f"{server.url}/livez", timeout=10).text == "ok\n"


@pytest.mark.parametrize("how", REFUSED)
def test_what_is_refused_is_refused_as_the_document_says(how, engine_uri, database, tmp_path):
    """By a server that asks for keys, and one that limits."""
    status, options = REFUSED[how]
    guarded = guard(engine_uri, database, tmp_path, *(["--rate-limit", "1", "--rate-burst", "5"] if status == 429 else []))
    # A right request is refused here, and a wrong one before it is looked at.
    options = [*options, "--phases=coverage", "--max-examples=1", "--exclude-checks=negative_data_rejection,positive_data_acceptance,valid_request_is_answered"]
    if status != 401:
        options.append(f"--header=Authorization: {bearer(guarded.reader)['Authorization']}")
    with guarded.server as server:
        ended, report = run(server.url, tmp_path, options)
        assert ended == 0, report
        counted = guarded.get("/metrics", guarded.operator).text
    assert re.search(rf'^kpi_http_requests_total\{{.*status="{status}"\}} [1-9]', counted, re.M), counted


def test_many_requests_were_tried():
    print(cases)
    assert len(cases) < len(SELECTIONS) or sum(cases.values()) >= CASES_LEAST, cases
