"""Topics of a Kafka cluster as a test sees them: create, produce, read to the end, committed offsets.

confluent-kafka carries a librdkafka of its own, so what it reads is not read by the code under test.
SPDX-License-Identifier: Apache-2.0
"""
import time
import uuid

import confluent_kafka as kafka
from confluent_kafka.admin import AdminClient, NewPartitions, NewTopic, OffsetSpec

from services.process import wait_until


class Topics:
    """settings: librdkafka properties for a secured listener."""

    def __init__(self, bootstrap, settings=None):
        self.client = {"bootstrap.servers": bootstrap, "log_level": 0, "reconnect.backoff.ms": 20,
                       "reconnect.backoff.max.ms": 200, "error_cb": lambda error: None, **(settings or {})}
        self.admin = AdminClient(self.client)
        self.producer = None  # made when first needed and kept: getting its id takes half a second

    def create(self, name, partitions=1, config=None):
        """Creates a topic, waits until it has leaders, and returns its name."""
        request = NewTopic(name, num_partitions=partitions, replication_factor=1, config=config or {})
        self.admin.create_topics([request], request_timeout=10)[name].result(15)
        wait_until(lambda: self._leaders(name) == partitions, 15, f"{name} has no leaders")
        return name

    def create_new(self, stem, **options):
        """Creates a topic with a name that no other test has."""
        return self.create(f"{stem}_{uuid.uuid4().hex[:8]}", **options)

    def grow(self, name, partitions):
        """Gives a topic more partitions."""
        request = NewPartitions(name, partitions)
        self.admin.create_partitions([request], request_timeout=10)[name].result(15)
        wait_until(lambda: self._leaders(name) == partitions, 15, f"{name} has no leaders")

    def delete_before(self, name, partition, offset):
        """What retention does: the partition begins at that offset."""
        asked = kafka.TopicPartition(name, partition, offset)
        self.admin.delete_records([asked], request_timeout=10)[asked].result(15)

    def _leaders(self, name):
        found = self.admin.list_topics(name, timeout=5).topics[name].partitions.values()
        return sum(1 for partition in found if partition.leader >= 0)

    def produce(self, topic, records, limit_s=30):
        """Produces records and waits for every acknowledgement. A record is a value, a (key, value) or
        the keyword arguments of confluent_kafka's produce() (key, value, partition, headers, timestamp)."""
        failed = []
        if self.producer is None:
            self.producer = kafka.Producer({**self.client, "linger.ms": 5, "enable.idempotence": True,
                                            "message.max.bytes": 16_000_000})
        producer = self.producer

        def delivered(error, _message):
            if error is not None:
                failed.append(error)
        for record in records:
            arguments = _arguments(record)
            while True:
                try:
                    producer.produce(topic, on_delivery=delivered, **arguments)
                    break
                except BufferError:
                    producer.poll(0.1)
            producer.poll(0)
        left = producer.flush(limit_s)
        assert not failed and left == 0, f"{left} records not acknowledged, {len(failed)} failed: {failed[:3]}"

    def end_offsets(self, topic):
        """{partition: the offset that the next record will get}"""
        asked = {kafka.TopicPartition(topic, p): OffsetSpec.latest() for p in self.partitions(topic)}

        def answer():
            found = self.admin.list_offsets(asked, request_timeout=10)
            try:
                return {one.partition: future.result(15).offset for one, future in found.items()}
            except kafka.KafkaException:
                return None  # a broker that has just started, or a leader that has just moved: asked again
        return wait_until(answer, 30, f"no end offsets of {topic}")

    def partitions(self, topic):
        return sorted(self.admin.list_topics(topic, timeout=10).topics[topic].partitions)

    def _consumer(self, group=None):
        return kafka.Consumer({**self.client, "group.id": group or f"test_{uuid.uuid4().hex}",
                               "enable.auto.commit": False, "enable.partition.eof": True,
                               "isolation.level": "read_committed", "fetch.wait.max.ms": 20,
                               "auto.offset.reset": "earliest"})

    def read(self, topic, limit_s=30):
        """Every record that the topic holds now (committed ones), as confluent_kafka.Messages."""
        return self._read(topic, limit_s, lambda messages, at_end: at_end)

    def read_until(self, topic, count, limit_s=60):
        """The topic's records as soon as there are at least count; fails after limit_s."""
        return self._read(topic, limit_s, lambda messages, at_end: at_end and len(messages) >= count,
                          f"fewer than {count} records")

    def read_until_true(self, topic, enough, limit_s=60):
        """The topic's records as soon as enough(messages) is true; fails after limit_s."""
        return self._read(topic, limit_s, lambda messages, at_end: at_end and enough(messages))

    def _read(self, topic, limit_s, done, what="the end was not reached"):
        consumer, messages, ended = self._consumer(), [], set()
        partitions = self.partitions(topic)
        deadline = time.monotonic() + limit_s
        consumer.assign([kafka.TopicPartition(topic, p, kafka.OFFSET_BEGINNING) for p in partitions])
        try:
            while not done(messages, len(ended) == len(partitions)):
                assert time.monotonic() < deadline, f"{topic} after {limit_s} s: {what}; {len(messages)} read"
                message = consumer.poll(0.2)
                if message is None:
                    continue
                if message.error() is None:
                    ended.discard(message.partition())
                    messages.append(message)
                elif message.error().code() == kafka.KafkaError._PARTITION_EOF:
                    ended.add(message.partition())
                elif not message.error().retriable():
                    raise kafka.KafkaException(message.error())
            return messages
        finally:
            consumer.close()

    def committed(self, group, topic):
        """{partition: committed offset}; a partition without one is absent."""
        consumer = self._consumer(group)

        def answer():
            asked = [kafka.TopicPartition(topic, p) for p in self.partitions(topic)]
            try:
                return consumer.committed(asked, timeout=10)
            except kafka.KafkaException:
                return None  # a coordinator that has just started
        try:
            found = wait_until(answer, 30, f"no committed offsets of {group}")
            return {one.partition: one.offset for one in found if one.offset >= 0}
        finally:
            consumer.close()

    def wait_all_committed(self, group, topic, limit_s=60):
        """Waits until the group has committed everything that the topic holds now."""
        ends = {p: end for p, end in self.end_offsets(topic).items() if end > 0}

        def reached():
            offsets = self.committed(group, topic)
            return all(offsets.get(p, 0) >= end for p, end in ends.items())
        wait_until(reached, limit_s, f"{group} has not committed {ends}", interval_s=0.1)

    def described(self, group):
        """A consumer group as the broker describes it."""
        def answer():
            try:
                return self.admin.describe_consumer_groups([group], request_timeout=10)[group].result(15)
            except kafka.KafkaException:
                return None  # a coordinator that has just started
        return wait_until(answer, 30, f"no description of {group}")

    def members(self, group):
        """How many members a consumer group has now."""
        return len(self.described(group).members)


def _arguments(record):
    if isinstance(record, dict):
        return record
    if isinstance(record, tuple):
        return {"key": record[0], "value": record[1]}
    return {"value": record}
