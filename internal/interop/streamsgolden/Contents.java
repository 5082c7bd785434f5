import com.fasterxml.jackson.databind.JsonNode;
import java.util.*;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.streams.*;
import org.apache.kafka.streams.kstream.Windowed;
import org.apache.kafka.streams.processor.StateStore;
import org.apache.kafka.streams.state.*;

/** What the job's named stores hold at the end, a sorted line for each entry. */
final class Contents {
    private final Job job;
    private final JsonNode steps;

    Contents(Job job, JsonNode steps) { this.job = job; this.steps = steps; }

    SortedMap<String, List<String>> all(TopologyTestDriver d) {
        SortedMap<String, List<String>> out = new TreeMap<>();
        if (job.cached()) return out; // a cache shows what the store below it has let go
        for (Map.Entry<String, Flow> e : job.stores.entrySet()) {
            StateStore s = d.getAllStateStores().get(e.getKey());
            if (s == null) continue;
            List<String> lines = of(d, s, e.getValue());
            Collections.sort(lines);
            out.put(e.getKey(), lines);
        }
        return out;
    }

    @SuppressWarnings("unchecked")
    private List<String> of(TopologyTestDriver d, StateStore s, Flow f) {
        List<String> out = new ArrayList<>();
        if (s instanceof VersionedKeyValueStore<?, ?> v) {
            history((VersionedKeyValueStore<Object, Object>) v, f, out);
        } else if (s instanceof SessionStore<?, ?> x) {
            try (var i = ((SessionStore<Object, Object>) x).fetch(null, (Object) null)) {
                i.forEachRemaining(kv -> out.add(bytes(f.key, kv.key.key()) + " [" + kv.key.window().start() + "," + kv.key.window().end() + "] " + bytes(f.value, kv.value)));
            }
        } else if (s instanceof WindowStore<?, ?> x) {
            try (KeyValueIterator<Windowed<Object>, Object> i = ((WindowStore<Object, Object>) x).all()) {
                i.forEachRemaining(kv -> out.add(bytes(f.key, kv.key.key()) + " [" + kv.key.window().start() + ") " + stamped(f, kv.value)));
            }
        } else if (s instanceof KeyValueStore<?, ?> x) {
            try (KeyValueIterator<Object, Object> i = ((KeyValueStore<Object, Object>) x).all()) {
                i.forEachRemaining(kv -> out.add(bytes(f.key, kv.key) + " " + stamped(f, kv.value)));
            }
        } else {
            throw new IllegalArgumentException("store " + s.name() + " is a " + s.getClass());
        }
        return out;
    }

    private static String bytes(Serde<Object> serde, Object v) { return Render.bytes(serde.serializer().serialize("", v)); }

    private static String stamped(Flow f, Object v) {
        if (v instanceof ValueTimestampHeaders<?> t) return (t.timestamp() < 0 ? "" : t.timestamp() + " ") + bytes(f.value, t.value()); // a store of a join has no times
        if (v instanceof ValueAndTimestamp<?> t) return t.timestamp() + " " + bytes(f.value, t.value());
        return bytes(f.value, v);
    }

    /** Each key of the table's input as of each time of the input, and the latest. */
    private void history(VersionedKeyValueStore<Object, Object> s, Flow f, List<String> out) {
        String topic = job.tableTopics.get(s.name());
        SortedSet<Long> times = new TreeSet<>();
        SortedMap<String, Object> keys = new TreeMap<>();
        for (JsonNode step : steps) {
            if (step.size() < 4) continue;
            times.add(step.get(3).asLong());
            if (step.get(0).asText().equals(topic) && !step.get(1).isNull()) keys.put(step.get(1).toString(), Json.value(step.get(1)));
        }
        for (Object k : keys.values()) {
            for (long t : times) version(s.get(k, t), bytes(f.key, k) + "@" + t, f, out);
            version(s.get(k), bytes(f.key, k) + "@latest", f, out);
        }
    }

    private static void version(VersionedRecord<Object> r, String what, Flow f, List<String> out) {
        if (r != null) out.add(what + " " + r.timestamp() + " " + bytes(f.value, r.value()));
    }
}
