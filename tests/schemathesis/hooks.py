"""What schemathesis is told of this API that its document cannot say. Loaded by the command (SCHEMATHESIS_HOOKS)."""

import re
import urllib.parse

import schemathesis

# Beyond it the HTTP library answers by itself, without a body, or closes: tests/api has that.
URI_MOST = 16_000


@schemathesis.hook
def filter_case(context, case):
    return len(urllib.parse.urlencode(case.query or {}, doseq=True)) < URI_MOST


# Rules between parameters, which OpenAPI has no words for: a request that is right by each parameter alone may break them.
BETWEEN_PARAMETERS = re.compile(
    "period cannot be combined with from or to"
    "|The range ends .* before it begins"
    "|as_of is the last day that counts"
    "|is answered in JSON only"
    "|nothing before it to compare with"
    "|There are too many values"
    "|more than 200 parameters"
    "|The URI holds a NUL"  # which no text can
    "|more than 10000 periods"
    "|is no calendar day"  # of its form, as 2023-02-31
)


@schemathesis.check
def valid_request_is_answered(context, response, case):
    """In place of positive_data_acceptance."""
    if case.meta is None or not case.meta.generation.mode.is_positive or response.status_code not in (400, 422):
        return
    detail = response.json().get("detail", "")
    if not BETWEEN_PARAMETERS.search(detail):
        raise AssertionError(f"a request that the document allows is refused: {detail}")
