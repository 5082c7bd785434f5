import com.fasterxml.jackson.databind.JsonNode;
import java.util.*;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.kstream.*;

/** The steps of pipelines that keep no state, and the way to those that do. */
final class Steps {
    private final Job job;
    private final Aggregates aggregates;
    private final Joins joins;

    Steps(Job job) {
        this.job = job;
        this.aggregates = new Aggregates(job);
        this.joins = new Joins(job);
    }

    Flow apply(String pipeline, String op, JsonNode n, Flow f) {
        return switch (op) {
            case "filter", "filterNot" -> filter(op.equals("filterNot"), n, f);
            case "mapValues" -> mapValues(n, f);
            case "selectKey", "mapKey" -> typed(n, f.with(f.asStream().selectKey(keyOf(n))));
            case "map" -> map(n, f);
            case "flatMapValues" -> {
                Expr.Node e = Expr.parse(Flow.expr(n, "value"));
                yield typed(n, f.with(f.asStream().flatMapValues((k, v) -> (List<Object>) items(e.eval(Flow.keyed(k, "value", v))))));
            }
            case "flatMap" -> flatMap(n, f);
            case "peek" -> f.with(f.asStream().peek((k, v) -> { }));
            case "toStream" -> f.with(f.table.toStream());
            case "toTable" -> f.with(f.stream.toTable(job.kept(Job.store(n, pipeline + "-toTable"), f)));
            case "merge" -> {
                for (JsonNode other : n) f = f.with(f.asStream().merge(job.flows.get(other.asText()).asStream()));
                yield f;
            }
            case "to" -> { job.to(f, n); yield f; }
            case "repartition" -> {
                Repartitioned<Object, Object> r = Repartitioned.with(f.key, f.value);
                String name = Flow.expr(n, "name");
                yield f.with(f.asStream().repartition(name == null ? r : r.withName(name)));
            }
            case "branch" -> branch(pipeline, n, f);
            case "groupBy" -> groupBy(pipeline, n, f);
            case "groupByKey" -> f.with(f.asStream().groupByKey(grouped(Flow.text(n, "repartition"), f)));
            case "window" -> { f.window = n; yield f; }
            case "join", "leftJoin", "outerJoin" -> joins.apply(pipeline, op, n, f);
            default -> aggregates.apply(pipeline, op, n, f);
        };
    }

    /** The flow with the types that a step declares. */
    static Flow typed(JsonNode n, Flow f) {
        if (n.has("keyType")) f.key = Json.serde(n.get("keyType"), f.windowSize);
        if (n.has("valueType")) f.value = Json.serde(n.get("valueType"), 0);
        return f;
    }

    private static List<Object> items(Object x) {
        List<Object> out = new ArrayList<>();
        if (x != null) out.addAll((List<?>) x);
        return out;
    }

    private Flow filter(boolean not, JsonNode n, Flow f) {
        Expr.Node e = Expr.parse(Flow.expr(n, "if"));
        Predicate<Object, Object> p = (k, v) -> Ops.truth(e.eval(Flow.keyed(k, "value", v)));
        if (f.table == null) return f.with(not ? f.stream.filterNot(p) : f.stream.filter(p));
        return f.with(not ? f.table.filterNot(p) : f.table.filter(p));
    }

    private Flow mapValues(JsonNode n, Flow f) {
        Expr.Node e = Expr.parse(Flow.expr(n, "value"));
        ValueMapperWithKey<Object, Object, Object> m = (k, v) -> e.eval(Flow.keyed(k, "value", v));
        return typed(n, f.table == null ? f.with(f.stream.mapValues(m)) : f.with(f.table.mapValues(m)));
    }

    private KeyValueMapper<Object, Object, Object> keyOf(JsonNode n) {
        Expr.Node e = Expr.parse(Flow.expr(n, "key"));
        return (k, v) -> e.eval(Flow.keyed(k, "value", v));
    }

    private Flow map(JsonNode n, Flow f) {
        Expr.Node key = Expr.parse(Flow.text(n, "key")), value = Expr.parse(Flow.text(n, "value"));
        return typed(n, f.with(f.asStream().map((k, v) -> KeyValue.pair(key.eval(Flow.keyed(k, "value", v)), value.eval(Flow.keyed(k, "value", v))))));
    }

    private Flow flatMap(JsonNode n, Flow f) {
        Expr.Node e = Expr.parse(Flow.expr(n, "records"));
        return typed(n, f.with(f.asStream().flatMap((k, v) -> {
            List<KeyValue<Object, Object>> out = new ArrayList<>();
            for (Object r : items(e.eval(Flow.keyed(k, "value", v)))) out.add(KeyValue.pair(Ops.member(r, "key"), Ops.member(r, "value")));
            return out;
        })));
    }

    private Flow branch(String pipeline, JsonNode n, Flow f) {
        BranchedKStream<Object, Object> split = f.asStream().split();
        for (JsonNode arm : n) {
            Branched<Object, Object> to = Branched.withConsumer(s -> {
                Flow branch = f.with(s);
                if (arm.has("name")) job.flows.put(pipeline + "." + arm.get("name").asText(), branch);
                if (arm.has("to")) job.to(branch, arm.get("to"));
            });
            if (arm.has("otherwise")) {
                split.defaultBranch(to);
                return f;
            }
            Expr.Node when = Expr.parse(Flow.text(arm, "when"));
            split.branch((k, v) -> Ops.truth(when.eval(Flow.keyed(k, "value", v))), to);
        }
        split.noDefaultBranch();
        return f;
    }

    private Grouped<Object, Object> grouped(String name, Flow f) {
        Grouped<Object, Object> g = Grouped.with(f.key, f.value);
        return name == null ? g : g.withName(name);
    }

    private Flow groupBy(String pipeline, JsonNode n, Flow f) {
        if (f.table == null) {
            Flow typed = typed(n, f.with(f.stream));
            return typed.with(f.stream.groupBy(keyOf(n), grouped(Flow.text(n, "repartition"), typed)));
        }
        Expr.Node key = Expr.parse(Flow.expr(n, "key"));
        String valueText = Flow.text(n, "value");
        Expr.Node value = Expr.parse(valueText == null ? "value" : valueText);
        Flow typed = typed(n, f.with(f.table));
        return typed.with(f.table.groupBy(
            (k, v) -> KeyValue.pair(key.eval(Flow.keyed(k, "value", v)), value.eval(Flow.keyed(k, "value", v))),
            grouped(Flow.text(n, "repartition"), typed)));
    }
}
