"""A table from a collection: what fits the schema, what happens when something does not, and when the server
comes late. Records come from a file that is played again and again.

SPDX-License-Identifier: Apache-2.0
"""
import datetime
import json

import pytest
from bson.decimal128 import Decimal128
from bson.objectid import ObjectId

from services.process import wait_until

PRODUCT = {"type": "record", "name": "Product", "fields": [
    {"name": "sku", "type": "int"},
    {"name": "name", "type": ["null", "string"], "default": None},
    {"name": "price", "type": ["null", "double"], "default": None},
    {"name": "day", "type": ["null", {"type": "int", "logicalType": "date"}], "default": None},
]}
ORDER = {"type": "record", "name": "Order", "fields": [
    {"name": "id", "type": "string"}, {"name": "sku", "type": "int"}]}


class Shop:
    """Orders from a file get their product from the collection `products`, and go to answers.jsonl."""

    def __init__(self, folder, uri, database, headrace):
        self.folder, self.headrace = folder, headrace
        self.table = {"mongo": {"connection": "mongo", "database": database, "collection": "products",
                                "refresh": "200ms"},
                      "format": "json", "schema": "product.avsc", "key": ["sku"]}
        self.rate = 100
        self.write("config.yaml", {"connections": {"mongo": {"type": "mongo", "uri": uri}}})
        self.write("product.avsc", PRODUCT)
        self.write("order.avsc", ORDER)

    def write(self, name, content):
        (self.folder / name).write_text(json.dumps(content))

    def run(self, skus, *more, repeat=False):
        lines = [json.dumps({"id": f"o{i}", "sku": sku}) for i, sku in enumerate(skus)]
        (self.folder / "orders.jsonl").write_text("\n".join(lines) + "\n")
        source = {"path": "orders.jsonl", **({"repeat": True, "rate": self.rate} if repeat else {})}
        self.write("topology.yaml", {
            "version": 1, "topology": "shop",
            "sources": {"orders": {"file": source, "format": "json", "schema": "order.avsc"}},
            "tables": {"products": self.table},
            "steps": {"found": {"from": "orders", "enrich": {
                "table": "products", "match": {"sku": "sku"}, "add": ["name", "price", "day"],
                "on_miss": "set_null"}}},
            "sinks": {"answers": {"from": "found", "format": "json", "file": {"path": "answers.jsonl"}}}})
        return self.headrace("run", str(self.folder / "topology.yaml"), "--config",
                             str(self.folder / "config.yaml"), *more)

    def answers(self):
        path = self.folder / "answers.jsonl"
        lines = path.read_text().split("\n")[:-1] if path.exists() else []
        return [json.loads(line) for line in lines]

    def wait_name(self, name, limit_s=20):
        """Until the last answer has that product's name."""
        wait_until(lambda: (self.answers() or [{}])[-1].get("name", "?") == name, limit_s,
                   f"no answer with {name}")


@pytest.fixture
def shop(tmp_path, mongo, database, headrace):
    return Shop(tmp_path, mongo.uri, database.name, headrace)


def test_values_arrive_whatever_way_mongodb_spells_them(shop, database):
    day = datetime.datetime(2024, 2, 29)
    database.products.insert_many([
        {"sku": 1, "name": "one", "price": 1.5, "day": day},
        {"sku": 2.0, "name": ObjectId("5f0000000000000000000001"), "price": 7, "other": {"x": 1}},
        {"sku": 3, "name": None, "price": Decimal128("2.25"), "day": 19782},
    ])
    shop.run([1, 2, 3, 4], "--until-end").expect_exit(0)
    days = (day - datetime.datetime(1970, 1, 1)).days
    assert [(a["name"], a["price"], a["day"]) for a in shop.answers()] == [
        ("one", 1.5, days), ("5f0000000000000000000001", 7.0, None), (None, 2.25, 19782), (None, None, None)]


def test_a_large_collection_is_read_in_chunks(shop, database):
    database.products.insert_many([{"sku": n, "name": f"p{n}", "price": n} for n in range(5000)])
    shop.table["mongo"]["refresh"] = "0s"
    shop.run(range(0, 5000, 7), "--until-end").expect_exit(0)
    assert [a["name"] for a in shop.answers()] == [f"p{n}" for n in range(0, 5000, 7)]


def test_a_document_that_does_not_fit_leaves_the_old_table_in_place(shop, database):
    database.products.insert_one({"sku": 1, "name": "old"})
    process = shop.run([1], repeat=True)
    shop.wait_name("old")
    bad = database.products.insert_one({"sku": 2, "name": 17}).inserted_id
    database.products.update_one({"sku": 1}, {"$set": {"name": "new"}})
    process.wait_line(f"products.*document with _id {bad}: field 'name': not a string")
    assert shop.answers()[-1]["name"] == "old"
    database.products.delete_one({"sku": 2})
    shop.wait_name("new")
    process.stop_cleanly()


def test_a_server_that_goes_and_comes_is_waited_for(tmp_path, own_mongo, headrace):
    import pymongo
    shop = Shop(tmp_path, own_mongo.uri, "shop", headrace)
    with pymongo.MongoClient(own_mongo.uri) as client:
        client.shop.products.insert_one({"sku": 1, "name": "old"})
    own_mongo.stop()
    process = shop.run([1], repeat=True)
    process.wait_line("table products: waiting for mongo")
    assert not shop.answers()
    own_mongo.start()
    shop.wait_name("old", 40)
    own_mongo.stop()
    process.wait_line("table products: waiting for mongo.*\n(.*\n)*.*table products: waiting for mongo")
    assert shop.answers()[-1]["name"] == "old"
    own_mongo.start()
    with pymongo.MongoClient(own_mongo.uri) as client:
        client.shop.products.update_one({"sku": 1}, {"$set": {"name": "new"}})
    shop.wait_name("new", 40)
    process.stop_cleanly()
