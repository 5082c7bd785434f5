import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.time.Duration;
import java.util.*;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.kstream.*;
import org.apache.kafka.streams.state.*;

/** count, reduce and aggregate, over all time, in windows and of tables; suppress. */
final class Aggregates {
    private final Job job;

    Aggregates(Job job) { this.job = job; }

    Flow apply(String pipeline, String op, JsonNode n, Flow f) {
        if (op.equals("suppress")) return suppress(pipeline, n, f);
        if (op.equals("cogroup")) return cogroup(pipeline, n, f);
        String store = Job.store(n, pipeline + "-" + op);
        Flow out = new Flow().serdes(f.key, result(op, n, f));
        if (f.groupedTable != null) return out.with(ofTable(op, n, f, job.kept(store, out)));
        if (f.window == null) return out.with(plain(op, n, f, job.kept(store, out)));
        return windowed(op, n, f, out, store);
    }

    private static Serde<Object> result(String op, JsonNode n, Flow f) {
        if (n.has("valueType")) return Json.serde(n.get("valueType"), 0);
        return switch (op) {
            case "count" -> Json.named("long");
            case "reduce" -> f.value;
            default -> Json.named("json");
        };
    }

    private static Aggregator<Object, Object, Object> add(JsonNode n, String field) {
        Expr.Node e = Expr.parse(Flow.text(n, field));
        return (k, v, agg) -> e.eval(Flow.vars("key", k, "value", v, "agg", agg));
    }

    private static Initializer<Object> init(JsonNode n) {
        Expr.Node e = Expr.parse(Flow.text(n, "init"));
        return () -> e.eval(Map.of());
    }

    private static Reducer<Object> reducer(JsonNode n, String field) {
        Expr.Node e = Expr.parse(Flow.expr(n, field));
        return (agg, v) -> e.eval(Flow.vars("agg", agg, "value", v));
    }

    private static Merger<Object, Object> merger(JsonNode n) {
        Expr.Node e = Expr.parse(Flow.text(n, "merge"));
        return (k, a, b) -> e.eval(Flow.vars("key", k, "a", a, "b", b));
    }

    private static <S extends org.apache.kafka.streams.processor.StateStore> Materialized<Object, Long, S> longs(Materialized<Object, Object, S> m) { return untyped(m); }

    @SuppressWarnings("unchecked")
    private static <T> T untyped(Object x) { return (T) x; }

    private KTable<Object, Object> plain(String op, JsonNode n, Flow f, Materialized<Object, Object, KeyValueStore<Bytes, byte[]>> m) {
        return switch (op) {
            case "count" -> untyped(f.grouped.count(longs(m)));
            case "reduce" -> f.grouped.reduce(reducer(n, "add"), m);
            case "aggregate" -> f.grouped.aggregate(init(n), add(n, "add"), m);
            case "sum" -> f.grouped.aggregate(() -> zero(n), of(n, (agg, x) -> Ops.apply("+", agg, x)), m);
            case "min" -> f.grouped.aggregate(() -> null, of(n, (agg, x) -> agg == null || Ops.truth(Ops.apply("<", x, agg)) ? x : agg), m);
            case "max" -> f.grouped.aggregate(() -> null, of(n, (agg, x) -> agg == null || Ops.truth(Ops.apply(">", x, agg)) ? x : agg), m);
            case "collect" -> f.grouped.aggregate(ArrayList::new, of(n, (agg, x) -> Ops.call("append", new Object[] {agg, x})), m);
            default -> throw new IllegalArgumentException("step " + op);
        };
    }

    private static Object zero(JsonNode n) { return "double".equals(Flow.text(n, "valueType")) ? (Object) 0.0 : (Object) 0L; }

    private static Aggregator<Object, Object, Object> of(JsonNode n, java.util.function.BinaryOperator<Object> combine) {
        Expr.Node e = Expr.parse(Flow.expr(n, "of") == null ? "value" : Flow.expr(n, "of"));
        return (k, v, agg) -> combine.apply(agg, e.eval(Flow.vars("key", k, "value", v)));
    }

    private Flow cogroup(String pipeline, JsonNode n, Flow f) {
        CogroupedKStream<Object, Object> c = f.grouped.cogroup(add(n, "add"));
        for (JsonNode other : n.get("with")) {
            Flow o = job.flows.get(other.get("stream").asText());
            Grouped<Object, Object> g = Grouped.with(f.key, o.value);
            if (other.has("repartition")) g = g.withName(other.get("repartition").asText());
            Expr.Node by = other.has("groupBy") ? Expr.parse(other.get("groupBy").asText()) : null;
            c = c.cogroup(by == null ? o.stream.groupByKey(g) : o.stream.groupBy((k, v) -> by.eval(Flow.keyed(k, "value", v)), g), add(other, "add"));
        }
        Flow out = new Flow().serdes(f.key, result("cogroup", n, f));
        String store = Job.store(n, pipeline + "-cogroup");
        JsonNode w = f.window;
        if (w == null) return out.with(c.aggregate(init(n), job.kept(store, out)));
        job.stores.put(store, out);
        Duration grace = w.has("grace") ? Flow.duration(w, "grace") : Duration.ZERO;
        Flow result;
        if (w.has("session")) {
            result = out.with(Aggregates.<KTable<Object, Object>>untyped(c.windowedBy(SessionWindows.ofInactivityGapAndGrace(Flow.duration(w, "session"), grace)).aggregate(init(n), merger(n), with(w, Materialized.as(store), out))));
            result.key = Aggregates.<Serde<Object>>untyped(new WindowedSerdes.SessionWindowedSerde<>(f.key));
            return result;
        }
        result = out.with(Aggregates.<KTable<Object, Object>>untyped(c.windowedBy(TimeWindows.ofSizeAndGrace(Flow.duration(w, "tumbling"), grace)).aggregate(init(n), with(w, Materialized.as(store), out))));
        result.windowSize = Flow.duration(w, "tumbling").toMillis();
        result.key = Aggregates.<Serde<Object>>untyped(new WindowedSerdes.TimeWindowedSerde<>(f.key, result.windowSize));
        return result;
    }

    private KTable<Object, Object> ofTable(String op, JsonNode n, Flow f, Materialized<Object, Object, KeyValueStore<Bytes, byte[]>> m) {
        return switch (op) {
            case "count" -> untyped(f.groupedTable.count(longs(m)));
            case "reduce" -> f.groupedTable.reduce(reducer(n, "add"), reducer(n, "subtract"), m);
            case "aggregate" -> f.groupedTable.aggregate(init(n), add(n, "add"), add(n, "subtract"), m);
            default -> throw new IllegalArgumentException("step " + op);
        };
    }

    private Flow windowed(String op, JsonNode n, Flow f, Flow out, String store) {
        JsonNode w = f.window;
        Duration grace = w.has("grace") ? Flow.duration(w, "grace") : Duration.ZERO;
        EmitStrategy emit = "close".equals(Flow.text(n, "emit")) ? EmitStrategy.onWindowClose() : EmitStrategy.onWindowUpdate();
        Flow result;
        if (w.has("session")) {
            Duration gap = Flow.duration(w, "session");
            var s = f.grouped.windowedBy(SessionWindows.ofInactivityGapAndGrace(gap, grace)).emitStrategy(emit);
            Materialized<Object, Object, SessionStore<Bytes, byte[]>> m = with(w, Materialized.as(store), out);
            result = out.with(Aggregates.<KTable<Object, Object>>untyped(switch (op) {
                case "count" -> s.count(longs(m));
                case "reduce" -> s.reduce(reducer(n, "add"), m);
                default -> s.aggregate(init(n), add(n, "add"), merger(n), m);
            }));
            result.key = Aggregates.<Serde<Object>>untyped(new WindowedSerdes.SessionWindowedSerde<>(f.key));
        } else {
            long size;
            TimeWindowedKStream<Object, Object> t;
            if (w.has("sliding")) {
                size = Flow.duration(w, "sliding").toMillis();
                t = f.grouped.windowedBy(SlidingWindows.ofTimeDifferenceAndGrace(Duration.ofMillis(size), grace));
            } else {
                size = Flow.duration(w, w.has("hopping") ? "hopping" : "tumbling").toMillis();
                TimeWindows tw = TimeWindows.ofSizeAndGrace(Duration.ofMillis(size), grace);
                t = f.grouped.windowedBy(w.has("every") ? tw.advanceBy(Flow.duration(w, "every")) : tw);
            }
            t = t.emitStrategy(emit);
            Materialized<Object, Object, WindowStore<Bytes, byte[]>> m = with(w, Materialized.as(store), out);
            result = out.with(Aggregates.<KTable<Object, Object>>untyped(switch (op) {
                case "count" -> t.count(longs(m));
                case "reduce" -> t.reduce(reducer(n, "add"), m);
                default -> t.aggregate(init(n), add(n, "add"), m);
            }));
            result.windowSize = size;
            result.key = Aggregates.<Serde<Object>>untyped(new WindowedSerdes.TimeWindowedSerde<>(f.key, size));
        }
        job.stores.put(store, out);
        return result;
    }

    private static <S extends org.apache.kafka.streams.processor.StateStore> Materialized<Object, Object, S> with(JsonNode n, Materialized<Object, Object, S> m, Flow out) {
        m = m.withKeySerde(out.key).withValueSerde(out.value);
        return n.has("retention") ? m.withRetention(Flow.duration(n, "retention")) : m; // n is the window
    }

    private Flow suppress(String pipeline, JsonNode n, Flow f) {
        String until = Flow.expr(n, "until"), name = Job.store(n, pipeline + "-suppress");
        JsonNode buffer = n.path("buffer");
        Suppressed.BufferConfig<?> size = Suppressed.BufferConfig.unbounded();
        if (buffer.has("records")) size = Suppressed.BufferConfig.maxRecords(buffer.get("records").asLong());
        if (buffer.has("bytes")) {
            long bytes = Long.parseLong(buffer.get("bytes").asText().replace("B", ""));
            size = buffer.has("records") ? size.withMaxBytes(bytes) : Suppressed.BufferConfig.maxBytes(bytes);
        }
        if ("stop".equals(Flow.text(buffer, "whenFull"))) size = size.shutDownWhenFull();
        if ("emit".equals(Flow.text(buffer, "whenFull"))) size = size.emitEarlyWhenFull();
        Suppressed<?> s;
        if (until.equals("windowClose")) s = Suppressed.untilWindowCloses((Suppressed.StrictBufferConfig) size);
        else s = Suppressed.untilTimeLimit(Flow.duration(until), (Suppressed.BufferConfig) size);
        s = s.withName(name.endsWith("-store") ? name.substring(0, name.length() - 6) : name);
        return f.with(f.table.suppress(untyped(s)));
    }
}
