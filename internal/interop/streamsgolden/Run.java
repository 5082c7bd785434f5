import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.time.Instant;
import java.util.*;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.*;
import org.apache.kafka.streams.*;
import org.apache.kafka.streams.test.TestRecord;

/** One case: the job, its steps on TopologyTestDriver, and what came out, as JSON text. */
final class Run {
    private final Job job;
    private final JsonNode steps;
    private final Topology topology;
    private final SortedMap<String, List<String>> out = new TreeMap<>();
    private SortedMap<String, List<String>> stores;
    private long dropped;
    private int failed = -1;

    Run(JsonNode spec, JsonNode steps, Path state) {
        job = new Job(spec);
        this.steps = steps;
        topology = job.build();
        Properties p = job.properties(state.toString());
        p.put("application.id", spec.get("app").asText());
        try (TopologyTestDriver d = new TopologyTestDriver(topology, p, Instant.ofEpochMilli(0))) {
            for (int i = 0; i < steps.size() && failed < 0; i++) step(d, i);
            if (failed < 0) {
                stores = new Contents(job, steps).all(d);
            }
            dropped = dropped(d);
        } catch (RuntimeException e) {
            if (failed < 0) throw e; // else the close after a failure
        }
    }

    private void step(TopologyTestDriver d, int i) {
        JsonNode s = steps.get(i);
        try {
            if (s.size() == 1) {
                d.advanceWallClockTime(Flow.duration(s.get(0).asText()));
            } else {
                pipe(d, s);
            }
        } catch (RuntimeException e) {
            failed = i;
        }
        for (String topic : d.producedTopicNames()) {
            var o = d.createOutputTopic(topic, new ByteArrayDeserializer(), new ByteArrayDeserializer());
            while (!o.isEmpty()) out.computeIfAbsent(topic, t -> new ArrayList<>()).add(line(i, o.readRecord()));
        }
    }

    private void pipe(TopologyTestDriver d, JsonNode s) {
        String topic = s.get(0).asText();
        Flow f = job.topics.get(topic);
        byte[] key = bytes(topic, f.key, s.get(1)), value = bytes(topic, f.value, s.get(2));
        RecordHeaders headers = new RecordHeaders();
        if (s.size() > 4) s.get(4).fields().forEachRemaining(h -> headers.add(h.getKey(), h.getValue().isNull() ? null : h.getValue().asText().getBytes(java.nio.charset.StandardCharsets.UTF_8)));
        d.createInputTopic(topic, new ByteArraySerializer(), new ByteArraySerializer()).pipeInput(new TestRecord<>(key, value, headers, s.get(3).asLong()));
    }

    /** The bytes of a value of a step: of its topic's serde, or those of {"hex": "00ff"}. */
    static byte[] bytes(String topic, Serde<Object> serde, JsonNode n) {
        if (n.isObject() && n.size() == 1 && n.has("hex")) return HexFormat.of().parseHex(n.get("hex").asText());
        return serde.serializer().serialize(topic, Json.value(n));
    }

    private static String line(int step, TestRecord<byte[], byte[]> r) {
        StringBuilder s = new StringBuilder();
        s.append(step).append(": ").append(r.timestamp() == null ? "none" : r.timestamp().toString());
        s.append(' ').append(Render.bytes(r.key())).append(' ').append(Render.bytes(r.value()));
        for (Header h : r.headers()) s.append(' ').append(h.key()).append('=').append(Render.bytes(h.value()));
        return s.toString();
    }

    private static long dropped(TopologyTestDriver d) {
        double sum = 0;
        for (var m : d.metrics().entrySet()) if (m.getKey().name().equals("dropped-records-total")) sum += (Double) m.getValue().metricValue();
        return (long) sum;
    }

    /** The case's entry of the expected file. */
    String text(boolean describe) {
        StringJoiner s = new StringJoiner(",\n  ", "{\n  ", "\n }");
        if (describe) s.add("\"describe\": " + list(Arrays.asList(topology.describe().toString().split("\n", -1)), "   "));
        s.add("\"out\": " + lists(out));
        if (failed >= 0) s.add("\"failed\": " + failed);
        else s.add("\"stores\": " + lists(stores));
        if (dropped > 0) s.add("\"dropped\": " + dropped);
        return s.toString();
    }

    private static String lists(SortedMap<String, List<String>> m) {
        StringJoiner s = new StringJoiner(",\n   ", "{\n   ", "\n  }").setEmptyValue("{}");
        m.forEach((k, v) -> s.add(quote(k) + ": " + list(v, "    ")));
        return s.toString();
    }

    private static String list(List<String> lines, String indent) {
        StringJoiner s = new StringJoiner(",\n" + indent, "[\n" + indent, "\n" + indent.substring(1) + "]").setEmptyValue("[]");
        lines.forEach(l -> s.add(quote(l)));
        return s.toString();
    }

    static String quote(String s) { return new String(Json.write(s), java.nio.charset.StandardCharsets.UTF_8); }
}
