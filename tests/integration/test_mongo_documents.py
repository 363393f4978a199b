"""What a record becomes in a collection: its fields, their types, and which write wins. Records come from a
file, so nothing but MongoDB is needed.

SPDX-License-Identifier: Apache-2.0
"""
import base64
import datetime
import json

import pytest
from bson.int64 import Int64

SCHEMA = {"type": "record", "name": "Order", "fields": [
    {"name": "id", "type": "string"},
    {"name": "price", "type": "double"},
    {"name": "count", "type": "int"},
    {"name": "total", "type": ["null", "long"], "default": None},
    {"name": "at", "type": ["null", {"type": "long", "logicalType": "timestamp-millis"}], "default": None},
    {"name": "photo", "type": ["null", "bytes"], "default": None},
    {"name": "to", "type": ["null", {"type": "record", "name": "To", "fields": [
        {"name": "city", "type": "string"}, {"name": "zip", "type": "int"}]}], "default": None},
]}
SINK = {"connection": "mongo", "collection": "orders", "key": ["id"]}


class Orders:
    """A topology from orders.jsonl into the collection `orders`, in a folder of its own."""

    def __init__(self, folder, mongo, database, headrace):
        self.folder, self.database, self.headrace = folder, database, headrace
        self.sink = {"from": "priced", "mongo": {**SINK, "database": database.name}}
        self.source = {"file": {"path": "orders.jsonl"}, "format": "json", "schema": "order.avsc"}
        self.steps = {"priced": {"from": "orders", "derive": {"count": "count + 1", "label": "id + \"!\""}}}
        (folder / "config.yaml").write_text(json.dumps({"connections": {"mongo": {"type": "mongo",
                                                                                  "uri": mongo.uri}}}))
        (folder / "order.avsc").write_text(json.dumps(SCHEMA))

    def run(self, records):
        """Reads the records to their end; returns the collection."""
        self.prepare(records)
        self.start().expect_exit(0)
        return self.database.orders

    def prepare(self, records):
        lines = [line if isinstance(line, str) else json.dumps(line) for line in records]
        (self.folder / "orders.jsonl").write_text("\n".join(lines) + "\n")

    def start(self, *more):
        topology = {"version": 1, "topology": "orders", "sources": {"orders": self.source},
                    "steps": self.steps, "sinks": {"stored": self.sink},
                    "errors": {"dead_letters": {"file": {"path": "letters.jsonl"}}}}
        (self.folder / "topology.yaml").write_text(json.dumps(topology))
        return self.headrace("run", str(self.folder / "topology.yaml"), "--config",
                             str(self.folder / "config.yaml"), "--until-end", *more)

    def letters(self):
        path = self.folder / "letters.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


@pytest.fixture
def orders(tmp_path, mongo, database, headrace):
    return Orders(tmp_path, mongo, database, headrace)


def order(n, **more):
    return {"id": f"o{n}", "price": 5, "count": n, **more}


def test_fields_keep_their_order_and_take_the_schemas_types(orders):
    line = ('{"count":7, "more":{"deep":[1,2.0,"x",null]}, "id":"o1","price":5,"total":12,'
            '"at":1700000000123,"photo":"AAEC","to":{"zip":3000,"city":"Bern"},"label":"wrong"}')
    document = orders.run([line]).find_one({}, {"_id": False})
    assert list(document) == ["count", "more", "id", "price", "total", "at", "photo", "to", "label", "_src"]
    assert document["price"] == 5.0 and type(document["price"]) is float
    assert document["total"] == 12 and type(document["total"]) is Int64
    assert document["count"] == 8 and document["label"] == "o1!"
    assert document["at"] == datetime.datetime(2023, 11, 14, 22, 13, 20, 123000)
    assert document["photo"] == b"\x00\x01\x02"
    assert document["to"] == {"zip": 3000, "city": "Bern"} and list(document["to"]) == ["zip", "city"]
    assert document["more"] == {"deep": [1, 2.0, "x", None]} and type(document["more"]["deep"][1]) is float
    assert document["_src"]["o"] == 0 or document["_src"]["o"] == 1


def test_a_selection_stores_these_fields_only(orders):
    orders.sink["fields"] = ["label", "id", "total"]
    orders.sink["mongo"]["guard"] = "none"
    document = orders.run([order(1, extra=1)]).find_one({}, {"_id": False})
    assert list(document.items()) == [("label", "o1!"), ("id", "o1"), ("total", None)]


@pytest.mark.parametrize("guard", ["offset", "none"])
def test_the_last_record_of_a_key_stays_and_a_second_run_changes_nothing(orders, guard):
    orders.sink["mongo"].update(guard=guard, writers=3, batch_documents=10)
    records = [order(n % 40, price=n) for n in range(1000)]
    for _ in range(2):
        collection = orders.run(records)
        assert collection.count_documents({}) == 40
        assert {d["id"]: d["price"] for d in collection.find()} == {f"o{n}": 960.0 + n for n in range(40)}
    assert collection.index_information()["id_1"]["unique"]


def test_an_older_record_does_not_replace_a_newer_one(orders):
    collection = orders.run([order(1), order(2)])
    where = collection.find_one({"id": "o1"})["_src"]
    collection.update_one({"id": "o1"}, {"$set": {"price": 99.0, "_src": {**where, "o": where["o"] + 1000}}})
    collection.update_one({"id": "o2"}, {"$set": {"price": 99.0, "_src": {**where, "t": "elsewhere"}}})
    orders.run([order(1), order(2)])
    assert collection.find_one({"id": "o1"})["price"] == 99.0
    assert collection.find_one({"id": "o2"})["price"] == 5.0


def test_inserts_name_the_record_and_happen_once(orders):
    orders.sink["mongo"] = {**SINK, "database": orders.database.name, "write": "insert"}
    del orders.sink["mongo"]["key"]
    for _ in range(2):
        collection = orders.run([order(1), order(1), order(2)])
        assert [d["id"] for d in collection.find().sort("_id")] == ["o1", "o1", "o2"]
    assert len({d["_id"] for d in collection.find()}) == 3
    assert all(d["_id"].count("#") == 2 for d in collection.find())


def test_what_cannot_be_a_document_is_a_dead_letter_and_all_others_are_stored(orders):
    bad = [{"$gt": 1}, {"a.b": 1}, {"deep": {"$x": 1}}, {"zero\0": 1}, {"_src": 1}]
    records = [order(n, **(bad[n // 10] if n % 10 == 0 else {})) for n in range(50)]
    collection = orders.run(records)
    assert collection.count_documents({}) == 45
    letters = orders.letters()
    assert sorted(json.loads(base64.b64decode(letter["value_base64"]))["id"] for letter in letters) == \
        sorted(f"o{n}" for n in range(0, 50, 10))
    assert {letter["headrace.step"] for letter in letters} == {"stored"}


@pytest.mark.parametrize("write", ["upsert", "insert"])
def test_a_clash_in_another_unique_index_is_a_dead_letter_and_a_replay_is_none(orders, write):
    """A document that comes again offends against both indexes, and the server names the older one."""
    orders.database.orders.create_index("serial", unique=True)
    if write == "insert":
        del orders.sink["mongo"]["key"]
        orders.sink["mongo"]["write"] = "insert"
    for run in (1, 2):
        collection = orders.run([order(n, serial=n // 2) for n in range(20)])
        assert collection.count_documents({}) == 10
        letters = orders.letters()
        assert len({letter["__streams.errors.offset"] for letter in letters}) == 10
        assert len(letters) == 10 * run
        assert all("unique index" in letter["__streams.errors.message"] for letter in letters)


def test_a_key_of_two_fields_and_a_nested_one(orders):
    orders.sink["mongo"]["key"] = ["id", "to.zip"]
    orders.source["schema"] = "strict.avsc"
    strict = json.loads(json.dumps(SCHEMA))
    strict["fields"][-1] = {"name": "to", "type": SCHEMA["fields"][-1]["type"][1]}
    (orders.folder / "strict.avsc").write_text(json.dumps(strict))
    records = [order(n, to={"city": "x", "zip": z}) for n in range(3) for z in (1, 2, 1)]
    assert orders.run(records).count_documents({}) == 6
    assert dict(orders.database.orders.index_information()["id_1_to.zip_1"]["key"]) == {"id": 1, "to.zip": 1}


def test_declared_indexes_are_created_once(orders):
    orders.sink["mongo"]["indexes"] = [{"keys": {"price": -1, "count": 1}},
                                       {"keys": {"label": 1}, "unique": True, "name": "by_label"}]
    for _ in range(2):
        collection = orders.run([{"id": "a", "price": 1.0, "count": 1}])
        indexes = collection.index_information()
        assert set(indexes) == {"_id_", "id_1", "price_-1_count_1", "by_label"}
        assert indexes["price_-1_count_1"]["key"] == [("price", -1), ("count", 1)]
        assert not indexes["price_-1_count_1"].get("unique")
        assert indexes["by_label"]["unique"] is True


def test_an_index_of_the_key_with_its_own_name_is_the_keys(orders):
    orders.sink["mongo"]["indexes"] = [{"keys": {"id": 1}, "unique": True, "name": "mine"}]
    assert set(orders.run([{"id": "a", "price": 1.0, "count": 1}]).index_information()) == {"_id_", "mine"}


def waits_for(orders, pattern):
    """The topology writes nothing and says why; --fail-fast makes it end."""
    process = orders.start("--fail-fast")
    process.wait_line(pattern)
    assert process.exit_code() == 1
    assert orders.database.orders.count_documents({}) == 0


def test_an_index_of_the_same_fields_with_other_options_is_left_and_told(orders):
    orders.prepare([{"id": "a", "price": 1.0, "count": 1}])
    orders.database.orders.create_index([("price", 1)], unique=True)
    orders.sink["mongo"]["indexes"] = [{"keys": {"price": 1}}]
    waits_for(orders, r"the index \{price: 1\} cannot be as the topology wants it: 'price_1' is there, and it is "
                      r"unique; drop that one, or change `indexes`")
    assert orders.database.orders.index_information()["price_1"]["unique"] is True
    orders.sink["mongo"]["indexes"] = [{"keys": {"price": 1}, "unique": True}]
    orders.start().expect_exit(0)
    assert orders.database.orders.count_documents({}) == 1


def test_a_required_index_is_not_created(orders):
    orders.prepare([{"id": "a", "price": 1.0, "count": 1}])
    orders.database.orders.create_index([("id", 1)], unique=True)
    orders.sink["mongo"] |= {"index": "require", "indexes": [{"keys": {"price": 1, "count": -1}}]}
    waits_for(orders, r"has no index \{price: 1, count: -1\} \(index: require\)")
    assert set(orders.database.orders.index_information()) == {"_id_", "id_1"}
    orders.database.orders.create_index([("price", 1), ("count", -1)])
    orders.start().expect_exit(0)
    assert orders.database.orders.count_documents({}) == 1
