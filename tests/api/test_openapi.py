"""The OpenAPI document says what the server does: checked against the catalogue and against real answers."""

import re

import pytest
import requests
from openapi_schema_validator import OAS31Validator, oas31_format_checker
from openapi_spec_validator import OpenAPIV31SpecValidator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

BASE = "http://description.invalid/openapi.json"


@pytest.fixture(scope="module")
def document(api):
    answer = requests.get(f"{api}/openapi.json", timeout=10)
    assert answer.status_code == 200
    return answer.json()


@pytest.fixture(scope="module")
def kpis(api):
    return requests.get(f"{api}/v1/kpis", timeout=10).json()["data"]


@pytest.fixture(scope="module")
def validate(document):
    """Checks a value against a schema of the document; formats too."""
    registry = Registry().with_resource(BASE, DRAFT202012.create_resource(document))

    def check(value, pointer):
        schema = {"$ref": f"{BASE}{pointer}"}
        validator = OAS31Validator(schema, registry=registry, format_checker=oas31_format_checker)
        problems = [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]
        assert not problems, "\n".join(problems[:5])

    return check


def resolve(document, value):
    while "$ref" in value:
        node = document
        for part in value["$ref"].removeprefix("#/").split("/"):
            node = node[part]
        value = node
    return value


def operation(document, name):
    return document["paths"][f"/v1/kpis/{name}"]["get"]


def query_parameters(document, name):
    parameters = [resolve(document, p) for p in operation(document, name)["parameters"]]
    return {p["name"]: p for p in parameters if p["in"] == "query"}


def answer_schema(document, name):
    return operation(document, name)["responses"]["200"]["content"]["application/json"]["schema"]["$ref"]


def each(kpis, problem_of):
    """Asks problem_of each KPI, and fails with all problems at once."""
    problems = [f"{kpi['name']}: {problem}" for kpi in kpis if (problem := problem_of(kpi))]
    assert not problems, "\n".join(problems)


def test_document_is_valid(document):
    OpenAPIV31SpecValidator(document).validate()


def test_document_is_the_same_every_time(api):
    answers = [requests.get(f"{api}/openapi.json", timeout=10) for _ in range(2)]
    assert answers[0].content == answers[1].content
    assert answers[0].headers["ETag"] == answers[1].headers["ETag"]
    again = requests.get(f"{api}/openapi.json", headers={"If-None-Match": answers[0].headers["ETag"]}, timeout=10)
    assert (again.status_code, again.content) == (304, b"")


def test_document_takes_no_parameters(api, validate):
    answer = requests.get(f"{api}/openapi.json?x=1", timeout=10)
    assert answer.status_code == 400
    validate(answer.json(), "#/components/schemas/Problem")


def test_every_kpi_has_its_operation_and_no_other(document, kpis):
    described = {p.removeprefix("/v1/kpis/") for p in document["paths"] if p.startswith("/v1/kpis/")}
    assert described == {kpi["name"] for kpi in kpis}
    assert len(kpis) > 0


def test_operations_are_named_uniquely_and_as_identifiers(document):
    ids = [item["get"]["operationId"] for item in document["paths"].values()]
    assert len(ids) == len(set(ids))
    assert all(re.fullmatch(r"[a-z][A-Za-z0-9]*", i) for i in ids), ids


def test_operations_say_what_the_catalogue_says(document, kpis):
    def problem(kpi):
        o = operation(document, kpi["name"])
        if o["summary"] != kpi["title"] or kpi["summary"] not in o["description"]:
            return "title or summary differ"
        if kpi["formula"] not in o["description"]:
            return "no formula"
        return o["tags"] != [kpi["group"]] and f"tags {o['tags']}"

    each(kpis, problem)


def test_tags_are_those_in_use(document):
    listed = [tag["name"] for tag in document["tags"]]
    assert sorted(listed) == sorted({item["get"]["tags"][0] for item in document["paths"].values()})


def test_parameters_are_those_of_the_catalogue(document, kpis):
    def problem(kpi):
        described = list(query_parameters(document, kpi["name"]))
        return described != kpi["parameters"] and f"{described} instead of {kpi['parameters']}"

    each(kpis, problem)


def test_columns_are_those_of_the_catalogue(document, kpis):
    def problem(kpi):
        answer = resolve(document, {"$ref": answer_schema(document, kpi["name"])})
        row = resolve(document, answer["properties"]["data"]["items"])
        names = [column["name"] for column in kpi["columns"]]
        if list(row["properties"]) != names or row["required"] != names or row["additionalProperties"] is not False:
            return f"columns {list(row['properties'])} instead of {names}"
        for column in kpi["columns"]:
            if column["text"] not in row["properties"][column["name"]]["description"]:
                return f"{column['name']} does not say what it is"
        return None

    each(kpis, problem)


@pytest.mark.parametrize("query", ["", "from=2023&to=2023-06", "from=1950&to=1950", "region=nowhere&region=Nowhere",
                                   "from=2023&to=2023&compare=previous-year&explain=true", "from=1950&compare=previous-period"])
def test_real_answers_validate(api, document, kpis, validate, query):
    """Also where nothing was sold, so that each null and each empty list is one that the document speaks of."""
    for kpi in kpis:
        answer = requests.get(f"{api}/v1/kpis/{kpi['name']}?{query}", timeout=60)
        assert answer.status_code == 200, f"{kpi['name']}: {answer.text}"
        try:
            validate(answer.json(), answer_schema(document, kpi["name"]))
        except AssertionError as error:
            raise AssertionError(f"{answer.url}: {error}") from None


def test_answers_in_pages_validate(api, document, kpis, validate):
    for kpi in kpis:
        if "limit" in kpi["parameters"]:
            answer = requests.get(f"{api}/v1/kpis/{kpi['name']}?limit=1", timeout=60)
            validate(answer.json(), answer_schema(document, kpi["name"]))


def test_schemas_refuse_what_is_no_answer(api, document, kpis, validate):
    """A schema that accepts anything would pass every test above."""
    for kpi in kpis:
        answer = requests.get(f"{api}/v1/kpis/{kpi['name']}", timeout=60).json()
        schema = answer_schema(document, kpi["name"])
        row = answer["data"][0]
        first = kpi["columns"][0]["name"]
        wrong = [
            {**answer, "surprise": 1},
            {k: v for k, v in answer.items() if k != "data_version"},
            {**answer, "kpi": "another"},
            {**answer, "data": [{**row, "surprise": 1}]},
            {**answer, "data": [{k: v for k, v in row.items() if k != first}]},
            {**answer, "data": [{**row, first: {"no": "value"}}]},
            {**answer, "parameters": {**answer["parameters"], "surprise": 1}},
            {**answer, "comparison": {"from": "2023-01-01", "to": "2023-12-31", "partial": False, "data": [{**row, "surprise": 1}]}},
            {**answer, "explain": {}},
        ]
        for value in wrong:
            with pytest.raises(AssertionError):
                validate(value, schema)


def test_examples_validate(document, kpis, validate):
    for kpi in kpis:
        media = operation(document, kpi["name"])["responses"]["200"]["content"]["application/json"]
        for example in media["examples"].values():
            validate(example["value"], media["schema"]["$ref"])


def test_examples_of_other_paths_validate(document, validate):
    for path in "/v1/data-quality", "/v1/analyses":
        media = document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]
        for example in media["examples"].values():
            validate(example["value"], media["schema"]["$ref"])


def test_kept_kpis_are_marked(document, kpis):
    each(kpis, lambda kpi: operation(document, kpi["name"])["x-keep"] != kpi["keep"] and "x-keep differs")
    assert {kpi["keep"] for kpi in kpis} == {True, False}


def test_kept_answers_are_what_their_kpi_describes(api, document, validate):
    """But for the import they were kept after."""
    kept = requests.get(f"{api}/v1/analyses?limit=100", timeout=60).json()["data"]
    assert kept
    for analysis in kept:
        answer = {key: value for key, value in analysis.items() if key != "import"}
        validate(answer, answer_schema(document, analysis["kpi"]))


def test_described_defaults_are_the_real_ones(api, document, kpis):
    for kpi in kpis:
        echoed = requests.get(f"{api}/v1/kpis/{kpi['name']}", timeout=60).json()["parameters"]
        described = {name: p["schema"]["default"] for name, p in query_parameters(document, kpi["name"]).items()
                     if "default" in p["schema"]}
        assert described == echoed, kpi["name"]


def test_described_values_are_accepted_and_others_are_not(api, document):
    """Every value of every enum, and both ends of every range, of one KPI that takes all parameters."""
    name = "sales-over-time"
    for parameter in query_parameters(document, name).values():
        schema, key = parameter["schema"], parameter["name"]
        good = list(schema.get("enum", ["true", "false"] if schema["type"] == "boolean" else []))
        bad = ["no-such-value"] if good or schema["type"] == "integer" else []
        more = {"from": "2023"} if key == "compare" else {}
        if schema["type"] == "integer":
            good += [schema["minimum"], schema["maximum"]]
            bad += [schema["minimum"] - 1, schema["maximum"] + 1]
        good += [v for example in schema.get("examples", []) for v in (example if isinstance(example, list) else [example])]
        if schema["type"] == "array":
            good.append([str(n) for n in range(schema["maxItems"])])
            bad += ["x" * (schema["items"]["maxLength"] + 1), [str(n) for n in range(schema["maxItems"] + 1)]]
        assert good, key
        for value in good:
            assert requests.get(f"{api}/v1/kpis/{name}", params={key: value, **more}, timeout=60).status_code == 200, (key, value)
        for value in bad:
            assert requests.get(f"{api}/v1/kpis/{name}", params={key: value, **more}, timeout=60).status_code == 400, (key, value)


@pytest.mark.parametrize("key", ["from", "to"])
def test_pattern_of_days_is_what_the_server_takes(api, document, key):
    pattern = query_parameters(document, "sales-by-region")[key]["schema"]["pattern"]
    for value in ["2023", "2023-01", "2023-12-31", "1900", "2199-12-31", "1899", "2200", "2023-13", "2023-00", "23", "2023-1",
                  "2023-01-32", "2023-01-1", "20230101", "2023-01-01T00:00:00Z", " 2023", "today"]:
        status = requests.get(f"{api}/v1/kpis/sales-by-region", params={key: value}, timeout=60).status_code
        assert (status == 200) == bool(re.search(pattern, value)), value


@pytest.mark.parametrize("path, schema", [
    ("/v1/kpis", "Catalogue"), ("/v1/status", "Status"), ("/v1/data-quality", "DataQuality"), ("/v1/analyses", "Analyses"),
    ("/v1/analyses?kpi=total-sales", "Analyses"), ("/v1/analyses?kpi=sales-by-city", "Analyses"),
])
def test_other_answers_validate(api, validate, path, schema):
    validate(requests.get(f"{api}{path}", timeout=60).json(), f"#/components/schemas/{schema}")


def test_dimensions_are_those_described(api, document, validate):
    names = document["components"]["schemas"]["DimensionName"]["enum"]
    assert "region" in names
    for name in names:
        answer = requests.get(f"{api}/v1/dimensions/{name}?limit=3", timeout=60)
        assert answer.status_code == 200, name
        validate(answer.json(), "#/components/schemas/DimensionValues")


@pytest.mark.parametrize("path, method, status, name", [
    ("/v1/kpis/sales-by-region?from=soon", "GET", 400, "BadRequest"),
    ("/v1/dimensions/nothing", "GET", 404, "NotFound"),
    ("/v1/kpis/sales-by-region", "DELETE", 405, "MethodNotAllowed"),
    ("/v1/kpis/sales-by-region?region=" + "x" * 9000, "GET", 414, "UriTooLong"),
])
def test_problems_are_as_described(api, document, validate, path, method, status, name):
    answer = requests.request(method, api + path, timeout=10)
    described = document["components"]["responses"][name]
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/problem+json")
    validate(answer.json(), described["content"]["application/problem+json"]["schema"]["$ref"])
    for header in described.get("headers", {}):
        assert header in answer.headers


def test_every_path_described_is_there(api, document):
    for path in document["paths"]:
        with requests.get(api + path.replace("{name}", "region"), stream=True, timeout=60) as answer:  # events do not end
            assert answer.status_code == 200, path
