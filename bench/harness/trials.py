"""What librdkafka costs by how it is called: raw, and raw with one thing done another way. `bench/run --only trials`.

SPDX-License-Identifier: Apache-2.0
"""
from .workloads import Trial


def consumer(**settings):
    return [word for name, value in settings.items() for word in ("--consumer", f"{name.replace('__', '.')}={value}")]


def producer(**settings):
    return [word for name, value in settings.items() for word in ("--producer", f"{name.replace('__', '.')}={value}")]


QUEUE = "queue__buffering__max__messages"
BEFORE = [*producer(linger__ms=5, **{QUEUE: 30000}, batch__num__messages=10000),
          *consumer(queued__min__messages=6000, fetch__message__max__bytes=1048576, fetch__max__bytes=52428800)]

LINGERS = [Trial(f"linger_{ms}", f"linger.ms={ms}", *producer(linger__ms=ms)) for ms in (0.1, 1)]  # of profile latency: 0

TRIALS = [
    Trial("before", "all settings below as they were: linger 5, queue 30,000, batches by bytes, large fetches", *BEFORE),
    Trial("linger_5", "linger.ms=5", *producer(linger__ms=5)),
    Trial("linger_20", "linger.ms=20", *producer(linger__ms=20)),
    Trial("queue_30k", "queue.buffering.max.messages=30000", *producer(**{QUEUE: 30000})),
    Trial("queue_5k", "queue.buffering.max.messages=5000", *producer(**{QUEUE: 5000})),
    Trial("batch_2k", "batch.num.messages=2000", *producer(batch__num__messages=2000)),
    Trial("batch_10k", "batch.num.messages=10000: bounded by bytes", *producer(batch__num__messages=10000)),
    Trial("sticky_1", "sticky.partitioning.linger.ms=1", *producer(sticky__partitioning__linger__ms=1)),
    Trial("sticky_0", "sticky.partitioning.linger.ms=0: each record to another partition",
          *producer(sticky__partitioning__linger__ms=0)),
    Trial("fetch_large", "fetch.message.max.bytes=1048576, fetch.max.bytes=52428800",
          *consumer(fetch__message__max__bytes=1048576, fetch__max__bytes=52428800)),
    Trial("prefetch_100k", "queued.min.messages=100000, queued.max.messages.kbytes=65536",
          *consumer(queued__min__messages=100000, queued__max__messages__kbytes=65536)),
    Trial("references", "message.copy.max.bytes=0: payloads go to the socket by reference", *producer(message__copy__max__bytes=0)),
    Trial("not_idempotent", "enable.idempotence=false", *producer(enable__idempotence="false")),
    Trial("no_crc", "check.crcs=false", *consumer(check__crcs="false")),
    Trial("nagle_off", "socket.nagle.disable=true", *producer(socket__nagle__disable="true"), *consumer(socket__nagle__disable="true")),
    Trial("socket_buffers", "socket.send.buffer.bytes and socket.receive.buffer.bytes = 1048576",
          *producer(socket__send__buffer__bytes=1048576), *consumer(socket__receive__buffer__bytes=1048576)),
    Trial("lz4", "compression.type=lz4", *producer(compression__type="lz4")),
    Trial("bare", "headers left out", "--call", "bare"),
    Trial("pin", "payload not copied, messages kept until delivered", "--call", "pin"),
    Trial("produce", "rd_kafka_produce: no headers, no timestamp", "--call", "produce"),
    Trial("produce_batch", "rd_kafka_produce_batch: no headers, no timestamp", "--call", "batch"),
    Trial("produce_batch_pin", "rd_kafka_produce_batch, payload not copied", "--call", "batch_pin"),
    Trial("malloc_cache", "glibc's cache of free blocks per thread: 2000 of a size", GLIBC_TUNABLES="glibc.malloc.tcache_count=2000"),
    Trial("malloc_arenas", "one malloc arena for all threads", GLIBC_TUNABLES="glibc.malloc.arena_max=1"),
]
