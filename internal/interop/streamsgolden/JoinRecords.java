import java.io.PrintStream;
import java.nio.file.*;
import java.time.*;
import java.util.*;
import java.util.function.*;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.*;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.*;
import org.apache.kafka.streams.kstream.*;
import org.apache.kafka.streams.state.*;

/** What Kafka Streams makes of the records of join_records.txt, for pkg/streams/dsl/join_records_test.go. */
final class JoinRecords {
    private JoinRecords() {}

    private static final Serde<String> S = Serdes.String();
    private static final Consumed<String, String> C = Consumed.with(S, S);
    private static final ValueJoiner<String, String, String> J = (l, r) -> l + "-" + r;
    private static final Function<String, String> AFTER_BAR = v -> {
        if (v == null) return null;
        String k = v.indexOf('|') < 0 ? "" : v.substring(v.indexOf('|') + 1);
        return k.equals("-") ? null : k;
    };

    /** The builder of one case. */
    private static final class Bench {
        final StreamsBuilder b = new StreamsBuilder();

        KStream<String, String> stream(String topic) { return b.stream(topic, C); }

        KTable<String, String> table(String topic) { return b.table(topic, C); }

        KTable<String, String> versioned(String topic) {
            return b.table(topic, C, Materialized.<String, String>as(Stores.persistentVersionedKeyValueStore("V" + topic, ms(100))).withKeySerde(S).withValueSerde(S));
        }

        void to(KStream<String, String> s) { s.to("out", Produced.with(S, S)); }

        void to(KTable<String, String> t) { to(t.toStream()); }
    }

    private static Duration ms(long n) { return Duration.ofMillis(n); }

    private static JoinWindows windows(long before, long after, long grace) {
        return JoinWindows.ofTimeDifferenceAndGrace(ms(Math.max(before, after)), ms(grace)).before(ms(before)).after(ms(after));
    }

    private static StreamJoined<String, String, String> joined() { return StreamJoined.with(S, S, S); }

    private static Materialized<String, String, KeyValueStore<Bytes, byte[]>> as(String store) {
        return Materialized.<String, String, KeyValueStore<Bytes, byte[]>>as(store).withKeySerde(S).withValueSerde(S);
    }

    private static Map<String, Consumer<Bench>> cases() {
        Map<String, Consumer<Bench>> m = new HashMap<>();
        m.put("stream-inner", b -> b.to(b.stream("left").join(b.stream("right"), J, windows(10, 10, 5), joined())));
        m.put("stream-left", b -> b.to(b.stream("left").leftJoin(b.stream("right"), J, windows(10, 10, 0), joined())));
        m.put("stream-outer", b -> b.to(b.stream("left").outerJoin(b.stream("right"), J, windows(10, 10, 5), joined())));
        m.put("stream-left-after", b -> b.to(b.stream("left").leftJoin(b.stream("right"), J, windows(0, 10, 3), joined())));
        m.put("stream-outer-before", b -> b.to(b.stream("left").outerJoin(b.stream("right"), J, windows(20, -5, 2), joined())));
        m.put("stream-outer-moved", b -> {
            KStream<String, String> l = b.stream("left"), r = b.stream("right");
            BiFunction<String, String, String> key = (k, v) -> v == null || v.endsWith("n") ? null : k;
            b.to(l.selectKey(key::apply).outerJoin(r.selectKey(key::apply), J, windows(10, 10, 5), joined().withName("nm").withStoreName("st")));
        });
        m.put("table-inner", b -> b.to(b.stream("left").join(b.table("right"), J)));
        m.put("table-left-versioned", b -> b.to(b.stream("left").leftJoin(b.versioned("right"), J)));
        m.put("table-inner-grace", b -> b.to(b.stream("left").join(b.versioned("right"), J, Joined.with(S, S, S).withGracePeriod(ms(10)))));
        m.put("global-left", b -> {
            KStream<String, String> l = b.stream("left");
            b.to(l.leftJoin(b.b.globalTable("right", C), (k, v) -> AFTER_BAR.apply(v), J));
        });
        m.put("tables-inner", b -> b.to(b.table("left").join(b.table("right"), J)));
        m.put("tables-left", b -> b.to(b.table("left").leftJoin(b.table("right"), J, as("J"))));
        m.put("tables-outer-one", b -> b.to(b.versioned("left").outerJoin(b.table("right"), J)));
        m.put("tables-left-versioned", b -> b.to(b.versioned("left").leftJoin(b.versioned("right"), J,
            Materialized.<String, String>as(Stores.persistentVersionedKeyValueStore("J", ms(100))).withKeySerde(S).withValueSerde(S))));
        m.put("tables-chain", b -> b.to(b.table("left").outerJoin(b.table("right"), J).leftJoin(b.table("third"), J)));
        m.put("foreign-inner", b -> b.to(b.table("left").join(b.table("right"), AFTER_BAR, J)));
        m.put("foreign-left", b -> b.to(b.table("left").leftJoin(b.table("right"), AFTER_BAR, J, TableJoined.as("fkj"), as("J"))));
        m.put("foreign-left-versioned", b -> b.to(b.versioned("left").leftJoin(b.versioned("right"), AFTER_BAR, J, TableJoined.as("fkj"))));
        m.put("foreign-chain", b -> {
            KTable<String, String> l = b.table("left"), r = b.table("right"), third = b.table("third");
            b.to(l.join(r, AFTER_BAR, J).leftJoin(third, J));
        });
        return m;
    }

    /** Runs each case of the text with the records that it has. */
    static void all(String recorded, PrintStream out) throws Exception {
        Map<String, Consumer<Bench>> cases = cases();
        for (String part : recorded.split("## ")) {
            if (part.isEmpty()) continue;
            String name = part.substring(0, part.indexOf('\n'));
            Bench bench = new Bench();
            cases.remove(name).accept(bench);
            out.print("## " + name + "\n");
            run(bench.b.build(), part.lines().filter(l -> l.startsWith("> ")).toList(), out);
        }
        if (!cases.isEmpty()) throw new IllegalStateException("not recorded: " + cases.keySet());
    }

    private static void run(Topology topology, List<String> lines, PrintStream out) throws Exception {
        Properties p = new Properties();
        p.put("application.id", "app");
        p.put("bootstrap.servers", "none:1");
        p.put("state.dir", Files.createTempDirectory("join-records-").toString());
        p.put("statestore.cache.max.bytes", "0");
        p.put("default.key.serde", Serdes.StringSerde.class);
        p.put("default.value.serde", Serdes.StringSerde.class);
        p.put("__emit.interval.ms.kstreams.outer.join.spurious.results.fix__", 0L);
        out.print(topology.describe());
        try (TopologyTestDriver d = new TopologyTestDriver(topology, p, Instant.EPOCH)) {
            for (String line : lines) {
                String[] f = line.substring(2).split(" ");
                d.createInputTopic(f[0], new StringSerializer(), new StringSerializer()).pipeInput(word(f[1]), word(f[2]), Long.parseLong(f[3]));
                out.print(line + "\n");
                for (String topic : new TreeSet<>(d.producedTopicNames())) {
                    var o = d.createOutputTopic(topic, new ByteArrayDeserializer(), new ByteArrayDeserializer());
                    while (!o.isEmpty()) {
                        var r = o.readRecord();
                        out.print("  " + topic + " ts=" + r.timestamp() + " k=" + hex(r.key()) + " v=" + hex(r.value()));
                        for (Header h : r.headers()) out.print(" H:" + h.key() + "=" + hex(h.value()));
                        out.print("\n");
                    }
                }
            }
        }
    }

    private static String word(String s) { return s.equals("null") ? null : s; }

    private static String hex(byte[] b) { return b == null ? "null" : HexFormat.of().formatHex(b); }
}
