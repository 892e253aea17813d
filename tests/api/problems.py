"""What every answer that is an error must look like."""

import re

TITLES = {
    400: "Bad Request",
    404: "Not Found",
    405: "Method Not Allowed",
    406: "Not Acceptable",
    413: "Content Too Large",
    414: "URI Too Long",
    431: "Request Header Fields Too Large",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}

# A path of a machine, a source line, words of the driver, the engine or the C library.
TELLTALES = re.compile(
    r"/(home|root|tmp|usr|work|run|proc|var)/|\.[ch]:\d|0x[0-9a-f]{6}|mongoc|libmongo|bson|MongoServer|ferretdb"
    r"|postgres|documentdb|SQLSTATE|errmsg|socket timeout|server selection|No suitable servers|Traceback|errno",
    re.IGNORECASE,
)


def check_problem(answer, status):
    """Asserts that the answer is a problem of that status that tells nothing of the inside; returns its members."""
    assert answer.status_code == status, f"{answer.status_code} {answer.text[:300]}"
    assert answer.headers["Content-Type"].split(";")[0] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status
    assert problem["title"] == TITLES[status]
    assert problem["detail"].strip().endswith((".", "?")), "a sentence"
    assert not TELLTALES.search(answer.text), answer.text
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    return problem


def check_parameter_problem(answer, parameter, value):
    """A 400 that names the parameter, the value that was received, and what is accepted."""
    problem = check_problem(answer, 400)
    assert problem["parameter"] == parameter
    assert problem["value"] == value
    assert problem["accepted"]
    return problem
