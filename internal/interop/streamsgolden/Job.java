import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.*;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.*;
import org.apache.kafka.streams.kstream.*;
import org.apache.kafka.streams.processor.*;
import org.apache.kafka.streams.state.*;

/** A job file built with the DSL of Kafka Streams. */
final class Job {
    final StreamsBuilder builder = new StreamsBuilder();
    final JsonNode spec;
    final Map<String, Flow> flows = new HashMap<>();
    final Map<String, Flow> topics = new HashMap<>();
    final Map<String, Flow> stores = new HashMap<>();
    final Set<String> versioned = new TreeSet<>();
    final Map<String, String> tableTopics = new HashMap<>(); // of a versioned store
    private final Steps steps = new Steps(this);

    Job(JsonNode spec) {
        this.spec = spec;
        spec.path("streams").fields().forEachRemaining(e -> source(e.getKey(), e.getValue()));
        spec.path("tables").fields().forEachRemaining(e -> table(e.getKey(), e.getValue()));
        spec.path("globals").fields().forEachRemaining(e -> global(e.getKey(), e.getValue()));
        spec.get("pipelines").fields().forEachRemaining(e -> pipeline(e.getKey(), e.getValue()));
    }

    Topology build() { return builder.build(); }

    Properties properties(String stateDir) {
        Properties p = new Properties();
        p.put("application.id", spec.get("app").asText());
        p.put("bootstrap.servers", "none:1");
        p.put("state.dir", stateDir);
        p.put("default.key.serde", org.apache.kafka.common.serialization.Serdes.StringSerde.class);
        p.put("default.value.serde", org.apache.kafka.common.serialization.Serdes.StringSerde.class);
        p.put("statestore.cache.max.bytes", cached() ? "10485760" : "0");
        p.put("__emit.interval.ms.kstreams.outer.join.spurious.results.fix__", 0L);
        p.put("__emit.interval.ms.kstreams.windowed.aggregation__", 0L);
        if ("continue".equals(spec.path("config").path("onError").path("deserialize").asText()))
            p.put("deserialization.exception.handler", org.apache.kafka.streams.errors.LogAndContinueExceptionHandler.class);
        return p;
    }

    boolean cached() { return "10MB".equals(spec.path("config").path("cache").asText()); }

    private Flow declared(JsonNode n) {
        JsonNode key = n.has("key") ? n.get("key") : TextNode.valueOf("string");
        JsonNode value = n.has("value") ? n.get("value") : TextNode.valueOf("json");
        Flow f = new Flow().serdes(Json.serde(key, 0), Json.serde(value, 0));
        topics.put(n.get("topic").asText(), f);
        return f;
    }

    private Consumed<Object, Object> consumed(JsonNode n, Flow f) {
        Consumed<Object, Object> c = Consumed.with(f.key, f.value);
        String ts = Flow.text(n, "timestamp");
        if (ts == null) return c;
        Expr.Node e = Expr.parse(ts);
        TimestampExtractor x = (r, partition) -> (Long) e.eval(Flow.vars("key", r.key(), "value", r.value(), "timestamp", r.timestamp()));
        return c.withTimestampExtractor(x);
    }

    private void source(String name, JsonNode n) {
        Flow f = declared(n);
        flows.put(name, f.with(builder.stream(n.get("topic").asText(), consumed(n, f))));
    }

    private void table(String name, JsonNode n) {
        Flow f = declared(n);
        String topic = n.get("topic").asText(), store = store(n, name);
        Materialized<Object, Object, KeyValueStore<Bytes, byte[]>> m;
        if (n.hasNonNull("versioned")) {
            m = Materialized.<Object, Object>as(Stores.persistentVersionedKeyValueStore(store, Flow.duration(n, "versioned"))).withKeySerde(f.key).withValueSerde(f.value);
            versioned.add(store);
            tableTopics.put(store, topic);
        } else {
            m = kept(store, f);
        }
        stores.put(store, f);
        flows.put(name, f.with(builder.table(topic, consumed(n, f), m)));
    }

    private void global(String name, JsonNode n) {
        Flow f = declared(n), out = new Flow().serdes(f.key, f.value);
        out.global = builder.globalTable(n.get("topic").asText(), consumed(n, f), kept(store(n, name), f));
        flows.put(name, out);
    }

    /** A key-value store of that name with the flow's serdes. */
    Materialized<Object, Object, KeyValueStore<Bytes, byte[]>> kept(String store, Flow f) {
        stores.put(store, f);
        return Materialized.<Object, Object, KeyValueStore<Bytes, byte[]>>as(store).withKeySerde(f.key).withValueSerde(f.value);
    }

    /** The name of a step's store, or a default. */
    static String store(JsonNode n, String otherwise) {
        String name = Flow.text(n, "store");
        return name == null ? otherwise : name;
    }

    private void pipeline(String name, JsonNode n) {
        Flow f = from(n.get("from"));
        for (JsonNode step : n.path("steps")) {
            String op = step.fieldNames().next();
            f = steps.apply(name, op, step.get(op), f);
        }
        flows.put(name, f);
        if (n.has("to")) to(f, n.get("to"));
    }

    private Flow from(JsonNode n) {
        if (!n.isArray()) return flows.get(n.asText());
        Flow f = flows.get(n.get(0).asText());
        for (int i = 1; i < n.size(); i++) f = f.with(f.asStream().merge(flows.get(n.get(i).asText()).asStream()));
        return f;
    }

    void to(Flow f, JsonNode to) {
        String topic = Flow.expr(to, "topic");
        Serde<Object> key = to.has("key") ? Json.serde(to.get("key"), f.windowSize) : f.key;
        Serde<Object> value = to.has("value") ? Json.serde(to.get("value"), 0) : f.value;
        Produced<Object, Object> p = Produced.with(key, value);
        if (topic == null) {
            Expr.Node e = Expr.parse(to.get("topicExpr").asText());
            f.asStream().to(new TopicOf(e), p);
        } else {
            f.asStream().to(topic, p);
        }
    }

    /** The topic that an expression names; its text is what Topology#describe shows. */
    private record TopicOf(Expr.Node e) implements TopicNameExtractor<Object, Object> {
        @Override
        public String extract(Object key, Object value, RecordContext c) { return (String) e.eval(Flow.keyed(key, "value", value)); }

        @Override
        public String toString() { return "expression"; }
    }
}
