"""A text from a request is a text, whatever it looks like: never a field path, an operator or a variable, and found where the data
hold that very text."""

import pytest

import harness
from problems import check_problem

LOOKS_LIKE = ["$sales", "$$ROOT", "$$NOW", "$items.sales", '{"$gt":""}', '{"$ne":null}', '{"$var":"filter"}', '{"$literal":1}', "[$ne]", "$where: 1"]
FILTERS = "region country state city segment category subcategory product customer seller status".split()
OTHERS = "from to period as_of granularity sort limit offset".split()


HEADERS = {
    "locations": "location_id,city,state,region,country,postal_code,latitude,longitude",
    "customers": "customer_id,name,segment,location_id",
    "products": "product_id,name,category,subcategory,cost,weight_g",
    "sellers": "seller_id,name,location_id",
    "orders": "order_id,customer_id,location_id,ordered_at,shipped_at,delivered_at,estimated_at,status,ship_mode",
    "order_items": "order_id,product_id,seller_id,quantity,unit_price,discount,freight",
}


def folder_of(folder):
    """A shop whose every name looks like something else: text number n is the name of all that order n is about."""
    files = {name: [header] for name, header in HEADERS.items()}
    for n, text in enumerate(LOOKS_LIKE):
        t = '"' + text.replace('"', '""') + '"'
        files["locations"].append(f"{t},{t},{t},{t},{t},1,45.0,7.0")
        files["customers"].append(f"{t},{t},{t},{t}")
        files["products"].append(f"{t},{t},{t},{t},1,1")
        files["sellers"].append(f"{t},{t},{t}")
        files["orders"].append(f"{t},{t},{t},2024-01-{n + 1:02} 10:00:00,,,,delivered,{t}")
        files["order_items"].append(f"{t},{t},{t},1,{10 + n},0,0")
    for name, lines in files.items():
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n")
    return folder


@pytest.fixture(scope="module")
def shop(engine_uri, new_database, tmp_path_factory):
    database = new_database("texts")
    harness.load(engine_uri, database, folder_of(tmp_path_factory.mktemp("texts")))
    with harness.Server(engine_uri, database) as server:
        yield server


def test_every_parameter_is_either_a_filter_or_typed(shop):
    taken = {parameter for kpi in shop.get("/v1/kpis").json()["data"] for parameter in kpi["parameters"]}
    assert {*FILTERS, *OTHERS} <= taken


@pytest.mark.parametrize("parameter", FILTERS)
def test_a_filter_finds_the_very_text_and_nothing_else(shop, parameter):
    for n, text in enumerate(LOOKS_LIKE):
        answer = shop.get("/v1/kpis/total-sales", params={parameter: text})
        if parameter == "status":
            assert answer.json()["data"] == [{"sales": 0}], text
        else:
            assert answer.json()["data"] == [{"sales": 10 + n}], text
    both = shop.get("/v1/kpis/total-sales", params={parameter: [LOOKS_LIKE[0], LOOKS_LIKE[4], "$no_such"]}).json()
    assert both["data"] == [{"sales": 0 if parameter == "status" else 24}]
    assert shop.get("/v1/kpis/total-sales", params={parameter: "$no_such"}).json()["data"] == [{"sales": 0}]


LABELS = ["country", "region", "state", "city", "segment", "category", "subcategory"]


@pytest.fixture(scope="module")
def long_shop(engine_uri, new_database, tmp_path_factory):
    """Two orders whose texts are as long as they may be, and the same but for a byte more, which is rejected."""
    folder = tmp_path_factory.mktemp("long")
    files = {name: [header] for name, header in HEADERS.items()}
    for key, text in (("a", "é" * 512), ("b", "x" * 1024), ("c", "y" * 1025)):
        files["locations"].append(f"{key},{text},{text},{text},{text},1,45.0,7.0")
        files["customers"].append(f"{key},{key},{text},{key}")
        files["products"].append(f"{key},{key},{text},{text},1,1")
        files["sellers"].append(f"{key},{key},{key}")
        files["orders"].append(f"{key},{key},{key},2024-01-01 10:00:00,,,,delivered,{key}")
        files["order_items"].append(f"{key},{key},{key},1,{ord(key)},0,0")
    for name, lines in files.items():
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n")
    database = new_database("long_texts")
    harness.load(engine_uri, database, folder, options=["--max-rejects", "100"], status=3)
    with harness.Server(engine_uri, database) as server:
        yield server, database


@pytest.mark.parametrize("name", LABELS)
def test_what_a_menu_offers_can_be_filtered_by_however_long_it_is(long_shop, name):
    server, _ = long_shop
    values = [row["value"] for row in server.get(f"/v1/dimensions/{name}").json()["data"]]
    assert sorted(values) == ["x" * 1024, "é" * 512]
    for value in values:
        found = server.get("/v1/kpis/total-sales", params={name: value}).json()
        assert found["data"] == [{"sales": ord("a" if value[0] == "é" else "b")}]
        assert server.get(f"/v1/dimensions/{name}", params={"q": value}).json()["data"] == [{"value": value}]


def test_a_longer_one_is_rejected_with_the_bound(long_shop, mongo):
    _, database = long_shop
    details = {reject["detail"] for reject in mongo[database].rejects.find({"reason": "bad_value"})}
    assert any("more than 1024 bytes" in detail for detail in details), details


@pytest.mark.parametrize("kpi, column", [("sales-by-region", "region"), ("sales-by-category", "category"), ("sales-by-product", "product")])
def test_rows_name_the_texts_as_they_are(shop, kpi, column):
    rows = shop.get(f"/v1/kpis/{kpi}?sort=sales").json()["data"]
    assert [row[column] for row in rows] == LOOKS_LIKE


@pytest.mark.parametrize("parameter", OTHERS)
@pytest.mark.parametrize("text", LOOKS_LIKE)
def test_a_typed_parameter_refuses_them(shop, parameter, text):
    problem = check_problem(shop.get("/v1/kpis/sales-over-time", params={parameter: text}), 400)
    assert problem["parameter"] == parameter


@pytest.mark.parametrize("text", LOOKS_LIKE)
def test_they_are_no_names_of_parameters(shop, text):
    check_problem(shop.get("/v1/kpis/total-sales", params={text: "West"}), 400)
    check_problem(shop.get("/v1/kpis/total-sales", params={f"region[{text}]": "West"}), 400)


@pytest.mark.parametrize("dimension", [name for name in FILTERS if name != "status"])
def test_a_menu_finds_them_by_their_beginnings(shop, dimension):
    for text in LOOKS_LIKE:
        found = [row["value"] for row in shop.get(f"/v1/dimensions/{dimension}", params={"q": text}).json()["data"]]
        assert found == [other for other in sorted(LOOKS_LIKE) if other.startswith(text)], text
