"""What a backup of the database holds is a whole database. mongodump and mongorestore copy documents and indexes; so does this test,
which needs neither of them."""

from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument

import harness

RAW = CodecOptions(document_class=RawBSONDocument)
KPIS = ["sales-summary", "sales-by-region", "sales-by-customer", "product-abc", "peak-hours", "delivery-time"]


def copy(mongo, source, target):
    for name in mongo[source].list_collection_names():
        documents = list(mongo[source].get_collection(name, codec_options=RAW).find())
        to = mongo[target].get_collection(name, codec_options=RAW)
        if documents:
            to.insert_many(documents)
        for index, how in mongo[source][name].index_information().items():
            if index != "_id_":
                to.create_index(how["key"], name=index, unique=how.get("unique", False))


def answers(engine_uri, database):
    with harness.Server(engine_uri, database) as server:
        return [server.get(f"/v1/kpis/{kpi}").json()["data"] for kpi in KPIS]


def test_a_restored_database_answers_the_same_and_goes_on(engine_uri, mongo, new_database, database, sample):
    restored = new_database("restored")
    copy(mongo, database, restored)
    assert answers(engine_uri, restored) == answers(engine_uri, database)
    before = {name: mongo[restored][name].count_documents({}) for name in ("orders", "customers", "products")}
    version = mongo[restored]["meta"].find_one({"_id": "data"})["version"]
    harness.load(engine_uri, restored, sample, variables=harness.WHOLE)
    assert {name: mongo[restored][name].count_documents({}) for name in before} == before
    assert mongo[restored]["meta"].find_one({"_id": "data"})["version"] == version
