import java.time.Duration;
import java.util.*;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.*;
import org.apache.kafka.common.serialization.*;

/** Kafka's own clients with the verbs of groups.py: group, txn, read, etl. */
public class Groups {
    static volatile boolean ended;
    static Map<String, String> o = new HashMap<>();

    public static void main(String[] args) throws Exception {
        for (String a : Arrays.asList(args).subList(1, args.length)) o.put(a.substring(0, a.indexOf('=')), a.substring(a.indexOf('=') + 1));
        switch (args[0]) {
            case "group" -> group();
            case "txn" -> txn();
            case "read" -> read();
            case "etl" -> etl();
            default -> throw new IllegalArgumentException(args[0]);
        }
    }

    static synchronized void say(Object... words) {
        StringJoiner line = new StringJoiner(" ");
        for (Object w : words) line.add(w.toString());
        System.out.println(line);
    }

    static void watchStdin() {
        Thread t = new Thread(() -> {
            try {
                while (System.in.read() >= 0) { }
            } catch (java.io.IOException e) {
                e.printStackTrace();
            }
            ended = true;
        });
        t.setDaemon(true);
        t.start();
    }

    static KafkaConsumer<String, String> consumer(Map<String, Object> more) {
        Map<String, Object> c = new HashMap<>(Map.of("bootstrap.servers", o.get("bootstrap"), "enable.auto.commit", false, "auto.offset.reset", "earliest",
            "isolation.level", "read_committed", "metadata.max.age.ms", 2000, "reconnect.backoff.max.ms", 500,
            "key.deserializer", StringDeserializer.class, "value.deserializer", StringDeserializer.class));
        if (o.containsKey("group")) c.put("group.id", o.get("group"));
        if (o.containsKey("instance")) c.put("group.instance.id", o.get("instance"));
        if ("consumer".equals(o.get("protocol"))) {
            c.put("group.protocol", "consumer");
        } else if (o.containsKey("group")) {
            c.putAll(Map.of("session.timeout.ms", Integer.parseInt(o.getOrDefault("session", "6000")), "heartbeat.interval.ms", 500,
                "partition.assignment.strategy", "cooperative-sticky".equals(o.get("strategy")) ? CooperativeStickyAssignor.class.getName() : RangeAssignor.class.getName()));
        }
        c.putAll(more);
        return new KafkaConsumer<>(c);
    }

    /** The partitions a member owns, printed at each change. */
    static class Owned implements ConsumerRebalanceListener {
        final Set<Integer> parts = new TreeSet<>();
        String shown = "";

        void show() {
            StringJoiner s = new StringJoiner(",");
            parts.forEach(p -> s.add(p.toString()));
            if (!s.toString().equals(shown)) say("=", s);
            shown = s.toString();
        }

        public void onPartitionsAssigned(Collection<TopicPartition> ps) { ps.forEach(p -> parts.add(p.partition())); show(); }
        public void onPartitionsRevoked(Collection<TopicPartition> ps) { ps.forEach(p -> parts.remove(p.partition())); show(); }
    }

    static Map<TopicPartition, OffsetAndMetadata> offsets(ConsumerRecords<String, String> polled) {
        Map<TopicPartition, OffsetAndMetadata> m = new HashMap<>();
        for (ConsumerRecord<String, String> r : polled) m.put(new TopicPartition(r.topic(), r.partition()), new OffsetAndMetadata(r.offset() + 1));
        return m;
    }

    static void group() {
        watchStdin();
        try (KafkaConsumer<String, String> c = consumer(Map.of())) {
            c.subscribe(List.of(o.get("topic")), new Owned());
            while (!ended) {
                ConsumerRecords<String, String> polled = c.poll(Duration.ofMillis(100));
                for (ConsumerRecord<String, String> r : polled) say("r", r.partition(), r.offset(), r.value());
                if (!polled.isEmpty()) c.commitSync(offsets(polled));
            }
        }
    }

    static KafkaProducer<String, String> producer(boolean transactional) {
        Map<String, Object> c = new HashMap<>(Map.of("bootstrap.servers", o.get("bootstrap"), "linger.ms", 5, "reconnect.backoff.max.ms", 500,
            "max.block.ms", 20000, "key.serializer", StringSerializer.class, "value.serializer", StringSerializer.class));
        if (transactional) c.putAll(Map.of("transactional.id", o.get("id"), "transaction.timeout.ms", 20000));
        return new KafkaProducer<>(c);
    }

    static KafkaProducer<String, String> transactional() {
        KafkaProducer<String, String> p = producer(true);
        p.initTransactions();
        return p;
    }

    static void send(KafkaProducer<String, String> p, String... values) {
        for (String v : values) p.send(new ProducerRecord<>(o.get("topic"), 0, null, v));
        p.flush();
    }

    static void txn() {
        KafkaProducer<String, String> first = transactional();
        first.beginTransaction();
        send(first, "c1", "c2", "c3");
        first.commitTransaction();
        first.beginTransaction();
        send(first, "a1", "a2", "a3");
        first.abortTransaction();
        first.beginTransaction();
        send(first, "z1");
        KafkaProducer<String, String> second = transactional();
        try {
            first.commitTransaction();
            say("not fenced");
        } catch (ProducerFencedException | InvalidProducerEpochException e) {
            say("fenced: True");
        }
        second.beginTransaction();
        send(second, "c4");
        second.commitTransaction();
        second.close();
        first.close(Duration.ZERO);
    }

    static void read() {
        try (KafkaConsumer<String, String> c = consumer(Map.of("isolation.level", o.get("isolation")))) {
            TopicPartition tp = new TopicPartition(o.get("topic"), 0);
            c.assign(List.of(tp));
            c.seekToBeginning(List.of(tp));
            long end = c.endOffsets(List.of(tp)).get(tp);
            while (c.position(tp) < end) for (ConsumerRecord<String, String> r : c.poll(Duration.ofSeconds(10))) say(r.value());
        }
    }

    static void rewind(KafkaConsumer<String, String> c) {
        while (true) {
            try {
                Set<TopicPartition> owned = c.assignment();
                Map<TopicPartition, OffsetAndMetadata> at = c.committed(owned, Duration.ofSeconds(10));
                for (TopicPartition tp : owned) c.seek(tp, at.get(tp) == null ? 0 : at.get(tp).offset());
                return;
            } catch (RetriableException e) {
                System.err.println("committed offsets: " + e);
            }
        }
    }

    /** Makes a producer, again as long as the broker is away. */
    static KafkaProducer<String, String> stubborn(boolean exactly) {
        while (true) {
            try {
                return exactly ? transactional() : producer(false);
            } catch (KafkaException e) {
                System.err.println("new producer: " + e);
            }
        }
    }

    static void etl() throws Exception {
        boolean exactly = o.get("mode").equals("exactly");
        Random rng = new Random(Long.parseLong(o.get("seed")));
        Owned owned = new Owned();
        int attempts = 0;
        watchStdin();
        try (KafkaConsumer<String, String> c = consumer(Map.of("max.poll.records", Integer.parseInt(o.get("batch"))))) {
            KafkaProducer<String, String> p = stubborn(exactly);
            c.subscribe(List.of(o.get("from")), owned);
            while (!ended) {
                ConsumerRecords<String, String> polled = c.poll(Duration.ofMillis(200));
                if (polled.isEmpty()) continue;
                String attempt = o.get("id") + "-" + ++attempts;
                int n = polled.count();
                boolean open = false;
                try {
                    if (exactly) p.beginTransaction();
                    open = exactly;
                    List<Future<RecordMetadata>> sent = new ArrayList<>();
                    for (ConsumerRecord<String, String> r : polled) sent.add(p.send(new ProducerRecord<>(o.get("to"), r.partition(), null, r.value() + "|" + attempt)));
                    if (!exactly) {
                        for (Future<RecordMetadata> f : sent) f.get();
                        c.commitSync(offsets(polled));
                        say("commit", attempt, n);
                        continue;
                    }
                    if (rng.nextInt(100) < Integer.parseInt(o.get("abort"))) {
                        p.flush();
                        p.abortTransaction();
                        say("abort", attempt, n);
                        rewind(c);
                        continue;
                    }
                    p.sendOffsetsToTransaction(offsets(polled), c.groupMetadata());
                    commit(p);
                    say("commit", attempt, n);
                } catch (KafkaException | ExecutionException e) {
                    System.err.println(attempt + ": " + e + ", caused by " + e.getCause());
                    p = recover(p, open, attempt, n);
                    rewind(c);
                }
            }
            p.close(Duration.ofSeconds(5));
        }
    }

    /** Commits; a timeout leaves the outcome open, the same call again settles it. */
    static void commit(KafkaProducer<String, String> p) {
        while (true) {
            try {
                p.commitTransaction();
                return;
            } catch (TimeoutException e) {
                System.err.println("commit: " + e);
            }
        }
    }

    /** Aborts what failed, or makes a new producer, whose start settles what was open. */
    static KafkaProducer<String, String> recover(KafkaProducer<String, String> p, boolean open, String attempt, int n) {
        try {
            if (open) {
                p.abortTransaction();
                say("abort", attempt, n);
                return p;
            }
        } catch (KafkaException e) {
            System.err.println("abort " + attempt + ": " + e);
        }
        say("unknown", attempt, n);
        p.close(Duration.ZERO);
        return stubborn(o.get("mode").equals("exactly"));
    }
}
