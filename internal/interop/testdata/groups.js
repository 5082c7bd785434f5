// kafkajs with the verbs of groups.py: group, txn, read, etl.
// usage: node groups.js VERB NAME=VALUE...
const { Kafka, Partitioners, logLevel } = require("kafkajs");

const verb = process.argv[2];
const o = Object.fromEntries(process.argv.slice(3).map((a) => [a.slice(0, a.indexOf("=")), a.slice(a.indexOf("=") + 1)]));
const retry = { initialRetryTime: 100, maxRetryTime: 500, retries: 200 };
const kafka = new Kafka({
  brokers: [o.bootstrap],
  clientId: "kafkajs",
  retry,
  connectionTimeout: 3000,
  logLevel: logLevel.ERROR,
  logCreator: () => (entry) => process.stderr.write(`${entry.namespace}: ${entry.log.message} ${entry.log.error || ""}\n`),
});
const say = (...words) => process.stdout.write(words.join(" ") + "\n");

// untilStdinEnds runs the consumer, then stops everything and leaves.
async function untilStdinEnds(consumer, producers) {
  process.stdin.resume();
  await new Promise((done) => process.stdin.on("end", done));
  await consumer.disconnect();
  for (const p of producers()) await p.disconnect();
  process.exit(0);
}

// member is a consumer that prints its assignment at each change.
function member() {
  const consumer = kafka.consumer({
    groupId: o.group,
    sessionTimeout: Number(o.session || 6000),
    rebalanceTimeout: 10000,
    heartbeatInterval: 500,
    metadataMaxAge: 2000,
    maxWaitTimeInMs: 200,
    readUncommitted: false,
    retry: { ...retry, restartOnFailure: async () => true },
  });
  let shown = "";
  const show = (parts) => {
    const now = [...parts].sort((a, b) => a - b).join(",");
    if (now !== shown) say("=", now);
    shown = now;
  };
  const topic = o.topic || o.from;
  consumer.on(consumer.events.GROUP_JOIN, (e) => show(e.payload.memberAssignment[topic] || []));
  consumer.on(consumer.events.REBALANCING, () => show([]));
  return consumer;
}

async function group() {
  const consumer = member();
  await consumer.connect();
  await consumer.subscribe({ topic: o.topic, fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    eachBatch: async ({ batch, isStale, isRunning }) => {
      if (isStale() || !isRunning()) return;
      for (const m of batch.messages) say("r", batch.partition, m.offset, m.value);
      await consumer.commitOffsets([{ topic: batch.topic, partition: batch.partition, offset: String(BigInt(batch.lastOffset()) + 1n) }]);
    },
  });
  await untilStdinEnds(consumer, () => []);
}

function newProducer() {
  const how = { createPartitioner: Partitioners.DefaultPartitioner, idempotent: true, maxInFlightRequests: 1, retry };
  return kafka.producer(o.id && o.mode !== "least" ? { ...how, transactionalId: o.id, transactionTimeout: 20000 } : how);
}

const send = (to, topic, ...values) => to.send({ topic, acks: -1, messages: values.map((value) => ({ value, partition: 0 })) });

async function txn() {
  const first = newProducer();
  const second = newProducer();
  await first.connect();
  let t = await first.transaction();
  await send(t, o.topic, "c1", "c2", "c3");
  await t.commit();
  t = await first.transaction();
  await send(t, o.topic, "a1", "a2", "a3");
  await t.abort();
  t = await first.transaction();
  await send(t, o.topic, "z1");
  await second.connect();
  const u = await second.transaction();
  try {
    await t.commit();
    say("not fenced");
  } catch (e) {
    say("fenced: True");
  }
  await send(u, o.topic, "c4");
  await u.commit();
  process.exit(0);
}

async function read() {
  const admin = kafka.admin();
  await admin.connect();
  const end = BigInt((await admin.fetchTopicOffsets(o.topic))[0].high);
  const consumer = kafka.consumer({ groupId: `read-${process.pid}`, readUncommitted: o.isolation === "read_uncommitted", maxWaitTimeInMs: 200 });
  await consumer.connect();
  await consumer.subscribe({ topic: o.topic, fromBeginning: true });
  await consumer.run({
    eachBatchAutoResolve: true,
    eachBatch: async ({ batch }) => {
      for (const m of batch.messages) say(m.value);
      if (BigInt(batch.lastOffset()) + 1n >= end) setTimeout(() => process.exit(0), 0);
    },
  });
}

// committed asks for the group's offset of a partition until the broker answers.
async function committed(admin, partition) {
  for (;;) {
    try {
      const [topic] = await admin.fetchOffsets({ groupId: o.group, topics: [o.from] });
      const at = topic.partitions.find((p) => p.partition === partition);
      return at && BigInt(at.offset) > 0n ? at.offset : "0";
    } catch (e) {
      process.stderr.write(`committed offsets: ${e}\n`);
    }
  }
}

async function etl() {
  let seed = Number(o.seed);
  const chance = () => (seed = (seed * 1103515245 + 12345) % 2147483648) / 2147483648;
  const consumer = member();
  const admin = kafka.admin();
  let producer = newProducer();
  let attempts = 0;
  await admin.connect();
  await producer.connect();
  await consumer.connect();
  await consumer.subscribe({ topic: o.from, fromBeginning: true });
  const rewind = async (partition) => consumer.seek({ topic: o.from, partition, offset: await committed(admin, partition) });
  await consumer.run({
    autoCommit: false,
    eachBatchAutoResolve: false,
    eachBatch: async ({ batch, isStale, isRunning, resolveOffset }) => {
      for (let i = 0; i < batch.messages.length; i += Number(o.batch)) {
        if (isStale() || !isRunning()) return;
        const some = batch.messages.slice(i, i + Number(o.batch));
        const attempt = `${o.id}-${++attempts}`;
        const last = some[some.length - 1].offset;
        const offsets = [{ topic: o.from, partitions: [{ partition: batch.partition, offset: String(BigInt(last) + 1n) }] }];
        const messages = some.map((m) => ({ value: `${m.value}|${attempt}`, partition: batch.partition }));
        try {
          if (o.mode === "least") {
            await producer.send({ topic: o.to, acks: -1, messages });
            await consumer.commitOffsets([{ topic: o.from, ...offsets[0].partitions[0] }]);
          } else {
            const t = await producer.transaction();
            await t.send({ topic: o.to, acks: -1, messages });
            if (chance() * 100 < Number(o.abort)) {
              await t.abort();
              say("abort", attempt, some.length);
              await rewind(batch.partition);
              return;
            }
            await t.sendOffsets({ consumerGroupId: o.group, topics: offsets });
            await t.commit();
          }
          say("commit", attempt, some.length);
          resolveOffset(last);
        } catch (e) {
          process.stderr.write(`${attempt}: ${e}\n`);
          say("unknown", attempt, some.length);
          await producer.disconnect().catch(() => {});
          producer = newProducer(); // its start ends the transaction that is open
          await producer.connect();
          if (o.mode !== "least") await (await producer.transaction()).abort();
          await rewind(batch.partition);
          return;
        }
      }
    },
  });
  await untilStdinEnds(consumer, () => [producer, admin]);
}

({ group, txn, read, etl })[verb]().catch((e) => {
  process.stderr.write(`${e.stack}\n`);
  process.exit(1);
});
