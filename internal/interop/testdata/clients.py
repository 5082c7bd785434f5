"""Other people's clients, one call a run: produce N known records to a topic, or
read every partition by assignment and print partition, offset, key and value.

usage: clients.py CLIENT produce|consume BOOTSTRAP TOPIC N [api_version]
"""
import sys
import time


def value(i):
    return ("%07d " % i + "abcdefghijklmnopqrstuvwxyz" * 4)[: 60 + i % 41].encode()


def key(i):
    return b"k%d" % (i % 1000)


def confluent_produce(bootstrap, topic, n):
    from confluent_kafka import Producer

    failed = []
    p = Producer({"bootstrap.servers": bootstrap, "acks": "all", "linger.ms": 5, "queue.buffering.max.messages": 200000})
    for i in range(n):
        while True:
            try:
                p.produce(topic, value=value(i), key=key(i), on_delivery=lambda e, m: failed.append(e) if e else None)
                break
            except BufferError:
                p.poll(0.05)
        if i % 1000 == 0:
            p.poll(0)
    left = p.flush(60)
    if left or failed:
        sys.exit("%d not delivered, %d failed: %s" % (left, len(failed), failed[:1]))


def confluent_consume(bootstrap, topic, n):
    from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, TopicPartition

    c = Consumer({"bootstrap.servers": bootstrap, "group.id": "unused", "enable.auto.commit": False, "enable.partition.eof": True})
    parts = c.list_topics(topic, timeout=10).topics[topic].partitions
    c.assign([TopicPartition(topic, p, OFFSET_BEGINNING) for p in parts])
    ended = set()
    out = sys.stdout.buffer
    last = time.monotonic()
    while len(ended) < len(parts):
        batch = c.consume(10000, timeout=0.2)
        if batch:
            last = time.monotonic()
        elif time.monotonic() - last > 10:
            sys.exit("nothing came for ten seconds, ended: %s" % ended)
        for m in batch:
            if m.error():
                if m.error().code() != KafkaError._PARTITION_EOF:
                    sys.exit(str(m.error()))
                ended.add(m.partition())
                continue
            out.write(b"%d\t%d\t%s\t%s\n" % (m.partition(), m.offset(), m.key(), m.value()))
    c.close()


def python_produce(bootstrap, topic, n, version=None):
    from kafka import KafkaProducer

    more = {"api_version": tuple(int(x) for x in version.split("."))} if version else {}
    failed = []
    p = KafkaProducer(bootstrap_servers=bootstrap, acks="all", linger_ms=5, batch_size=131072, **more)
    for i in range(n):
        p.send(topic, value=value(i), key=key(i)).add_errback(failed.append)
    p.flush(120)
    p.close()
    if failed:
        sys.exit("%d failed: %r" % (len(failed), failed[0]))


def python_consume(bootstrap, topic, n):
    from kafka import KafkaConsumer, TopicPartition

    c = KafkaConsumer(bootstrap_servers=bootstrap, group_id=None, enable_auto_commit=False, consumer_timeout_ms=10000, max_poll_records=5000)
    parts = [TopicPartition(topic, p) for p in sorted(c.partitions_for_topic(topic))]
    c.assign(parts)
    c.seek_to_beginning(*parts)
    ends = c.end_offsets(parts)
    todo = sum(ends.values())
    out = sys.stdout.buffer
    while todo > 0:
        polled = c.poll(timeout_ms=10000)
        if not polled:
            sys.exit("nothing came for ten seconds, %d to go" % todo)
        for records in polled.values():
            for r in records:
                out.write(b"%d\t%d\t%s\t%s\n" % (r.partition, r.offset, r.key, r.value))
                todo -= 1
    c.close()


if __name__ == "__main__":
    client, verb, bootstrap, topic, n = sys.argv[1:6]
    globals()[client + "_" + verb](bootstrap, topic, int(n), *sys.argv[6:])
