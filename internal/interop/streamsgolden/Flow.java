import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.*;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.streams.kstream.*;

/** What a step of a pipeline gets and gives: one of the DSL's objects, with the serdes of its records. */
final class Flow {
    KStream<Object, Object> stream;
    KTable<Object, Object> table;
    GlobalKTable<Object, Object> global;
    KGroupedStream<Object, Object> grouped;
    KGroupedTable<Object, Object> groupedTable;
    JsonNode window;
    Serde<Object> key, value;
    long windowSize; // of the windowed keys, in milliseconds

    Flow() {}

    private Flow(Flow like) {
        key = like.key;
        value = like.value;
        windowSize = like.windowSize;
    }

    Flow serdes(Serde<Object> key, Serde<Object> value) { this.key = key; this.value = value; return this; }

    Flow with(KStream<Object, Object> s) { Flow f = new Flow(this); f.stream = s; return f; }

    Flow with(KTable<Object, Object> t) { Flow f = new Flow(this); f.table = t; return f; }

    Flow with(KGroupedStream<Object, Object> g) { Flow f = new Flow(this); f.grouped = g; return f; }

    Flow with(KGroupedTable<Object, Object> g) { Flow f = new Flow(this); f.groupedTable = g; return f; }

    KStream<Object, Object> asStream() { return stream != null ? stream : table.toStream(); }

    static String text(JsonNode n, String field) { return n != null && n.isObject() && n.hasNonNull(field) ? n.get(field).asText() : null; }

    /** The expression of a step: the bare string, or the field of the object form. */
    static String expr(JsonNode n, String field) { return n.isTextual() ? n.textValue() : text(n, field); }

    static boolean flag(JsonNode n, String field) { return n != null && n.path(field).asBoolean(); }

    private static final Map<String, Long> UNITS = Map.of("ms", 1L, "s", 1000L, "m", 60_000L, "h", 3_600_000L, "d", 86_400_000L);

    static Duration duration(String s) {
        long sum = 0;
        var m = java.util.regex.Pattern.compile("([0-9]+)(ms|s|m|h|d)").matcher(s);
        while (m.find()) sum += Long.parseLong(m.group(1)) * UNITS.get(m.group(2));
        return Duration.ofMillis(sum);
    }

    static Duration duration(JsonNode n, String field) {
        String s = text(n, field);
        return s == null ? null : duration(s);
    }

    static Map<String, Object> vars(Object... pairs) {
        Map<String, Object> m = new HashMap<>();
        for (int i = 0; i < pairs.length; i += 2) m.put((String) pairs[i], pairs[i + 1]);
        return m;
    }

    /** A windowed key as expressions see it: the inner key, and the window. */
    static Map<String, Object> keyed(Object key, Object... pairs) {
        Map<String, Object> m = vars(pairs);
        m.put("key", key);
        if (key instanceof Windowed<?> w) {
            m.put("key", w.key());
            m.put("window", Map.of("start", w.window().start(), "end", w.window().end()));
        }
        return m;
    }
}
