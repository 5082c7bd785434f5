"""Group members and transactional clients of librdkafka and kafka-python.

usage: groups.py CLIENT group|txn|read|etl NAME=VALUE...

group  joins a group and reads until stdin ends: "= 0,1" is its assignment,
       "r PARTITION OFFSET VALUE" a record; it commits what it read.
txn    commits, aborts, is fenced by a second producer, commits again.
read   prints the values of a topic's partition 0, isolation=LEVEL.
etl    copies from= to to=, the same partition, each value with "|ATTEMPT" behind
       it, exactly once (mode=exactly) or at least once; one line an attempt:
       "commit|abort|unknown ATTEMPT RECORDS". It ends when stdin does.
"""
import faulthandler
import os
import random
import sys
import threading
import time

ended = threading.Event()


def say(*words):
    sys.stdout.write(" ".join(str(w) for w in words) + "\n")
    sys.stdout.flush()


def complain(*words):
    sys.stderr.write(" ".join(str(w) for w in words) + "\n")


def watch_stdin():
    def wait():
        sys.stdin.read()
        ended.set()
        faulthandler.dump_traceback_later(40, exit=True)  # a client that does not leave tells where it hangs

    threading.Thread(target=wait, daemon=True).start()


class Owned:
    """The partitions a member owns, printed at each change."""

    def __init__(self):
        self.parts, self.shown = set(), set()

    def add(self, parts):
        self.parts |= {p.partition for p in parts}
        self.show()

    def remove(self, parts):
        self.parts -= {p.partition for p in parts}
        self.show()

    def show(self):
        if self.parts != self.shown:
            self.shown = set(self.parts)
            say("=", ",".join(str(p) for p in sorted(self.parts)))


def stubborn(call, retriable, seconds=60):
    """Calls until it works, another error comes, or the seconds are over."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return call()
        except Exception as e:
            if not retriable(e) or time.monotonic() > deadline:
                raise
            complain("again:", repr(e))
            time.sleep(0.05)


# librdkafka


def confluent_consumer(o, owned, **more):
    from confluent_kafka import Consumer

    conf = {"bootstrap.servers": o["bootstrap"], "group.id": o["group"], "enable.auto.commit": False, "auto.offset.reset": "earliest",
            "isolation.level": "read_committed", "topic.metadata.refresh.interval.ms": 1000, "reconnect.backoff.max.ms": 500}
    if o.get("instance"):
        conf["group.instance.id"] = o["instance"]
    if o.get("protocol") == "consumer":
        conf["group.protocol"] = "consumer"
    else:
        conf.update({"partition.assignment.strategy": o.get("strategy", "range"), "session.timeout.ms": int(o.get("session", 6000)), "heartbeat.interval.ms": 500})
    conf.update(more)
    c = Consumer(conf)
    gone = lambda c, parts: owned.remove(parts)
    c.subscribe([o.get("topic") or o["from"]], on_assign=lambda c, p: owned.add(p), on_revoke=gone, on_lost=gone)
    return c


def confluent_group(o):
    from confluent_kafka import TopicPartition

    owned, next_offsets = Owned(), {}
    c = confluent_consumer(o, owned)
    watch_stdin()
    while not ended.is_set():
        batch = [m for m in c.consume(500, 0.1) if not m.error()]
        for m in batch:
            say("r", m.partition(), m.offset(), m.value().decode())
            next_offsets[m.partition()] = m.offset() + 1
        if batch:
            parts = sorted({m.partition() for m in batch})
            c.commit(offsets=[TopicPartition(o["topic"], p, next_offsets[p]) for p in parts], asynchronous=False)
    c.close()


def confluent_producer(o, wait=60):
    from confluent_kafka import KafkaException, Producer

    p = Producer({"bootstrap.servers": o["bootstrap"], "transactional.id": o["id"], "transaction.timeout.ms": 20000, "linger.ms": 5, "reconnect.backoff.max.ms": 500})
    stubborn(lambda: p.init_transactions(5), lambda e: isinstance(e, KafkaException) and e.args[0].retriable(), wait)
    return p


def confluent_txn(o):
    from confluent_kafka import KafkaException

    def send(p, *values):
        for v in values:
            p.produce(o["topic"], value=v.encode(), partition=0)
        p.flush(20)

    first = confluent_producer(o)
    first.begin_transaction()
    send(first, "c1", "c2", "c3")
    first.commit_transaction(20)
    first.begin_transaction()
    send(first, "a1", "a2", "a3")
    first.abort_transaction(20)
    first.begin_transaction()
    send(first, "z1")
    second = confluent_producer(o)
    try:
        first.commit_transaction(20)
        say("not fenced")
    except KafkaException as e:
        say("fenced:", e.args[0].fatal())
    second.begin_transaction()
    send(second, "c4")
    second.commit_transaction(20)


def confluent_read(o):
    from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, TopicPartition

    c = Consumer({"bootstrap.servers": o["bootstrap"], "group.id": "unused", "enable.auto.commit": False, "enable.partition.eof": True, "isolation.level": o["isolation"]})
    c.assign([TopicPartition(o["topic"], 0, OFFSET_BEGINNING)])
    while True:
        m = c.poll(10)
        if m is None:
            sys.exit("nothing came for ten seconds")
        if m.error():
            if m.error().code() == KafkaError._PARTITION_EOF:
                break
            continue
        say(m.value().decode())
    c.close()


def hanging(seconds, *told):
    """Starts the clock of a call or an attempt that may hang; cancel stops it."""
    clock = threading.Timer(seconds, start_again, told)
    clock.daemon = True
    clock.start()
    return clock


def start_again(o, attempt, n, attempts):
    """Replaces a process that hangs, as whoever watches over it would."""
    complain(attempt, "hangs: starting again")
    say("unknown", attempt, n)
    o["attempts"] = str(attempts)
    os.execv(sys.executable, [sys.executable] + sys.argv[:3] + ["%s=%s" % kv for kv in o.items()])


def confluent_etl(o):
    from confluent_kafka import KafkaException, Producer, TopicPartition

    rng, owned, attempts = random.Random(o["seed"]), Owned(), int(o.get("attempts", 0))
    c = confluent_consumer(o, owned)
    exactly = o["mode"] == "exactly"
    make = (lambda: confluent_producer(o)) if exactly else (lambda: Producer({"bootstrap.servers": o["bootstrap"], "enable.idempotence": True, "linger.ms": 5}))
    p = make()

    def temporary(e):
        return isinstance(e, KafkaException) and e.args[0].retriable() or "timed out" in str(e).lower()

    def rewind():
        parts = c.assignment()
        if not parts:
            return
        for tp in stubborn(lambda: c.committed(parts, 5), lambda e: isinstance(e, KafkaException)):
            tp.offset = max(tp.offset, 0)
            try:
                c.seek(tp)
            except KafkaException as e:
                complain("seek", tp, e)  # not ours any more

    watch_stdin()
    while not ended.is_set():
        batch = [m for m in c.consume(int(o["batch"]), 0.2) if not m.error() and m.partition() in owned.parts]
        if not batch:
            continue
        attempts += 1
        attempt, n = "%s-%d" % (o["id"], attempts), len(batch)
        offsets = {m.partition(): m.offset() + 1 for m in batch}
        offsets = [TopicPartition(o["from"], part, off) for part, off in offsets.items()]
        failed, whole = [], hanging(25, o, attempt, n, attempts)
        try:
            if exactly:
                p.begin_transaction()
            for m in batch:
                p.produce(o["to"], value=m.value() + b"|" + attempt.encode(), partition=m.partition(), on_delivery=lambda e, m: failed.append(e) if e else None)
            if not exactly:
                if p.flush(60) or failed:
                    raise RuntimeError("not delivered: %s" % failed[:1])
                stubborn(lambda: c.commit(offsets=offsets, asynchronous=False), temporary, 5)
                say("commit", attempt, n)
                continue
            if rng.random() * 100 < int(o["abort"]):
                p.flush(60)
                stubborn(lambda: p.abort_transaction(5), temporary)
                say("abort", attempt, n)
                rewind()
                continue
            p.flush(60)
            # librdkafka may wait for ever for a coordinator that was restarted (its issue 5456)
            hangs = hanging(6, o, attempt, n, attempts)
            try:
                p.send_offsets_to_transaction(offsets, c.consumer_group_metadata(), 5)
            finally:
                hangs.cancel()
            stubborn(lambda: p.commit_transaction(5), temporary)
            say("commit", attempt, n)
        except (KafkaException, RuntimeError) as e:
            complain(attempt, repr(e))
            if isinstance(e, KafkaException) and exactly and e.args[0].txn_requires_abort():
                try:
                    stubborn(lambda: p.abort_transaction(5), temporary)
                    say("abort", attempt, n)
                    rewind()
                    continue
                except KafkaException as again:
                    complain(attempt, repr(again))
            say("unknown", attempt, n)
            p = make()
            rewind()
        finally:
            whole.cancel()
    c.close()


# kafka-python


def python_consumer(o, owned, **more):
    from kafka import ConsumerRebalanceListener, KafkaConsumer
    from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor
    from kafka.coordinator.assignors.range import RangePartitionAssignor

    class Listener(ConsumerRebalanceListener):
        def on_partitions_revoked(self, revoked):
            owned.remove(revoked)

        def on_partitions_assigned(self, assigned):
            owned.add(assigned)

        def on_partitions_lost(self, lost):
            owned.remove(lost)

    strategy = CooperativeStickyAssignor if o.get("strategy") == "cooperative-sticky" else RangePartitionAssignor
    conf = {"bootstrap_servers": o["bootstrap"], "group_id": o["group"], "enable_auto_commit": False, "auto_offset_reset": "earliest", "isolation_level": "read_committed",
            "session_timeout_ms": int(o.get("session", 6000)), "heartbeat_interval_ms": 500, "reconnect_backoff_max_ms": 500, "metadata_max_age_ms": 2000,
            "partition_assignment_strategy": [strategy]}
    if o.get("instance"):
        conf["group_instance_id"] = o["instance"]
    conf.update(more)
    c = KafkaConsumer(**conf)
    c.subscribe([o.get("topic") or o["from"]], listener=Listener())
    return c


def python_offsets(polled):
    from kafka.structs import OffsetAndMetadata

    return {tp: OffsetAndMetadata(records[-1].offset + 1, "", -1) for tp, records in polled.items()}


# A poll of kafka-python 3.0.12 that ends between the answers to JoinGroup and
# SyncGroup forgets the join: the member beats on and never gets its partitions. So
# polls are long beside what a join takes.
PYTHON_POLL_MS = 1000


def python_poll(c):
    """Polls; a broker that is away is an error here, and no records."""
    from kafka.errors import KafkaError

    try:
        return c.poll(timeout_ms=PYTHON_POLL_MS)
    except KafkaError as e:
        complain("poll", repr(e))
        time.sleep(0.05)
        return {}


def python_group(o):
    c = python_consumer(o, Owned())
    watch_stdin()
    while not ended.is_set():
        polled = c.poll(timeout_ms=PYTHON_POLL_MS)
        for records in polled.values():
            for r in records:
                say("r", r.partition, r.offset, r.value.decode())
        if polled:
            c.commit(python_offsets(polled))
    c.close()


def python_producer(o):
    from kafka import KafkaProducer

    p = KafkaProducer(bootstrap_servers=o["bootstrap"], transactional_id=o["id"], transaction_timeout_ms=20000, linger_ms=5, reconnect_backoff_max_ms=500)
    p.init_transactions()
    return p


def python_txn(o):
    from kafka.errors import KafkaError

    def send(p, *values):
        for v in values:
            p.send(o["topic"], value=v.encode(), partition=0)
        p.flush(20)

    first = python_producer(o)
    first.begin_transaction()
    send(first, "c1", "c2", "c3")
    first.commit_transaction()
    first.begin_transaction()
    send(first, "a1", "a2", "a3")
    first.abort_transaction()
    first.begin_transaction()
    send(first, "z1")
    second = python_producer(o)
    try:
        first.commit_transaction()
        say("not fenced")
    except KafkaError as e:
        complain(repr(e))
        say("fenced: True")
    second.begin_transaction()
    send(second, "c4")
    second.commit_transaction()
    second.close()


def python_read(o):
    from kafka import KafkaConsumer, TopicPartition

    c = KafkaConsumer(bootstrap_servers=o["bootstrap"], group_id=None, isolation_level=o["isolation"])
    tp = TopicPartition(o["topic"], 0)
    c.assign([tp])
    c.seek_to_beginning(tp)
    end = c.end_offsets([tp])[tp]
    while c.position(tp) < end:
        polled = c.poll(timeout_ms=10000)
        for r in polled.get(tp, []):
            say(r.value.decode())
    c.close()


def python_etl(o):
    from kafka import KafkaProducer
    from kafka.errors import KafkaError

    rng, owned, attempts = random.Random(o["seed"]), Owned(), int(o.get("attempts", 0))
    c = python_consumer(o, owned, max_poll_records=int(o["batch"]))
    exactly = o["mode"] == "exactly"
    make = lambda: python_producer(o) if exactly else KafkaProducer(bootstrap_servers=o["bootstrap"], enable_idempotence=True, linger_ms=5)
    p = stubborn(make, lambda e: isinstance(e, KafkaError))

    def rewind():
        for tp in c.assignment():
            c.seek(tp, stubborn(lambda: c.committed(tp), lambda e: isinstance(e, KafkaError)) or 0)

    watch_stdin()
    while not ended.is_set():
        polled = {tp: records for tp, records in python_poll(c).items() if tp.partition in owned.parts}
        if not polled:
            continue
        attempts += 1
        attempt, n = "%s-%d" % (o["id"], attempts), sum(len(r) for r in polled.values())
        whole = hanging(25, o, attempt, n, attempts)  # commit() may wait for ever (kafka-python's issue 3121)
        try:
            if exactly:
                p.begin_transaction()
            sent = [p.send(o["to"], value=r.value + b"|" + attempt.encode(), partition=r.partition) for records in polled.values() for r in records]
            if not exactly:
                p.flush(60)
                for f in sent:
                    f.get(1)
                c.commit(python_offsets(polled))
                say("commit", attempt, n)
                continue
            if rng.random() * 100 < int(o["abort"]):
                p.flush(60)
                p.abort_transaction()
                say("abort", attempt, n)
                rewind()
                continue
            p.send_offsets_to_transaction(python_offsets(polled), c.group_metadata())
            p.commit_transaction()
            say("commit", attempt, n)
        except KafkaError as e:
            complain(attempt, repr(e))
            say("unknown", attempt, n)
            try:
                p.close(1)
            except KafkaError as again:
                complain(attempt, repr(again))
            p = stubborn(make, lambda e: isinstance(e, KafkaError))  # ends the transaction that is open
            rewind()
        finally:
            whole.cancel()
    c.close()


if __name__ == "__main__":
    options = dict(a.split("=", 1) for a in sys.argv[3:])
    globals()[sys.argv[1] + "_" + sys.argv[2]](options)
