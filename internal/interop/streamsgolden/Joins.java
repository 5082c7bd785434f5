import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.streams.kstream.*;

/** The joins of streams and tables. */
final class Joins {
    private final Job job;

    Joins(Job job) { this.job = job; }

    Flow apply(String pipeline, String op, JsonNode n, Flow f) {
        Expr.Node as = Expr.parse(Flow.text(n, "as"));
        ValueJoinerWithKey<Object, Object, Object, Object> j = (k, l, r) -> as.eval(Flow.keyed(k, "left", l, "right", r));
        ValueJoiner<Object, Object, Object> unkeyed = (l, r) -> as.eval(Flow.vars("left", l, "right", r));
        if (n.has("global")) return Steps.typed(n, global(op, n, f, j));
        Flow other = job.flows.get(Flow.text(n, n.has("stream") ? "stream" : "table"));
        if (n.has("stream")) return Steps.typed(n, streams(pipeline, op, n, f, other, j));
        if (f.stream != null) return Steps.typed(n, streamTable(op, n, f, other, j));
        Flow typed = Steps.typed(n, f.with(f.table));
        String store = Job.store(n, pipeline + "-" + op);
        if (n.has("foreignKey")) return foreignKey(op, n, typed, other, unkeyed, store, pipeline);
        return tables(op, typed, other, unkeyed, store);
    }

    private Flow global(String op, JsonNode n, Flow f, ValueJoinerWithKey<Object, Object, Object, Object> j) {
        Expr.Node on = Expr.parse(Flow.text(n, "on"));
        KeyValueMapper<Object, Object, Object> key = (k, v) -> on.eval(Flow.keyed(k, "value", v));
        GlobalKTable<Object, Object> g = job.flows.get(Flow.text(n, "global")).global;
        return f.with(op.equals("join") ? f.asStream().join(g, key, j) : f.asStream().leftJoin(g, key, j));
    }

    private Flow streams(String pipeline, String op, JsonNode n, Flow f, Flow other, ValueJoinerWithKey<Object, Object, Object, Object> j) {
        Duration within = n.has("within") ? Flow.duration(n, "within") : Duration.ZERO;
        Duration grace = n.has("grace") ? Flow.duration(n, "grace") : Duration.ZERO;
        JoinWindows w = JoinWindows.ofTimeDifferenceAndGrace(within, grace);
        if (n.has("before")) w = w.before(Flow.duration(n, "before"));
        if (n.has("after")) w = w.after(Flow.duration(n, "after"));
        StreamJoined<Object, Object, Object> s = StreamJoined.with(f.key, f.value, other.value);
        String store = Job.store(n, pipeline + "-" + op);
        s = s.withStoreName(store);
        for (String side : new String[] {"-this", "-outer-this"}) job.stores.put(store + side + "-join-store", f);
        for (String side : new String[] {"-other", "-outer-other"}) job.stores.put(store + side + "-join-store", other);
        if (n.has("repartition")) s = s.withName(Flow.text(n, "repartition"));
        return f.with(switch (op) {
            case "join" -> f.stream.join(other.asStream(), j, w, s);
            case "leftJoin" -> f.stream.leftJoin(other.asStream(), j, w, s);
            default -> f.stream.outerJoin(other.asStream(), j, w, s);
        });
    }

    private Flow streamTable(String op, JsonNode n, Flow f, Flow other, ValueJoinerWithKey<Object, Object, Object, Object> j) {
        Joined<Object, Object, Object> with = Joined.with(f.key, f.value, other.value);
        String name = n.has("store") ? Flow.text(n, "store") : Flow.text(n, "repartition");
        if (name != null) with = with.withName(name);
        if (n.has("grace")) with = with.withGracePeriod(Flow.duration(n, "grace"));
        return f.with(op.equals("join") ? f.stream.join(other.table, j, with) : f.stream.leftJoin(other.table, j, with));
    }

    private Flow tables(String op, Flow f, Flow other, ValueJoiner<Object, Object, Object> j, String store) {
        return f.with(switch (op) {
            case "join" -> f.table.join(other.table, j, job.kept(store, f));
            case "leftJoin" -> f.table.leftJoin(other.table, j, job.kept(store, f));
            default -> f.table.outerJoin(other.table, j, job.kept(store, f));
        });
    }

    private Flow foreignKey(String op, JsonNode n, Flow f, Flow other, ValueJoiner<Object, Object, Object> j, String store, String pipeline) {
        Expr.Node fk = Expr.parse(Flow.text(n, "foreignKey"));
        java.util.function.BiFunction<Object, Object, Object> key = (k, v) -> fk.eval(Flow.keyed(k, "value", v));
        TableJoined<Object, Object> named = TableJoined.as(n.has("repartition") ? Flow.text(n, "repartition") : pipeline + "-" + op);
        var m = job.kept(store, f);
        return f.with(op.equals("join") ? f.table.join(other.table, key, j, named, m) : f.table.leftJoin(other.table, key, j, named, m));
    }
}
