import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.*;
import org.apache.kafka.common.serialization.*;

/** JSON as plain Java values (integers Long, objects sorted by key), and serdes by name. */
final class Json {
    static final ObjectMapper MAPPER = new ObjectMapper();

    private Json() {}

    static Object value(JsonNode n) {
        if (n == null || n.isNull() || n.isMissingNode()) return null;
        if (n.isTextual()) return n.textValue();
        if (n.isBoolean()) return n.booleanValue();
        if (n.isIntegralNumber()) return n.longValue();
        if (n.isNumber()) return n.doubleValue();
        if (n.isArray()) {
            List<Object> l = new ArrayList<>();
            n.forEach(x -> l.add(value(x)));
            return l;
        }
        Map<String, Object> m = new TreeMap<>();
        n.fields().forEachRemaining(f -> m.put(f.getKey(), value(f.getValue())));
        return m;
    }

    static byte[] write(Object v) {
        try {
            return MAPPER.writeValueAsBytes(v);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    static Object read(byte[] b) {
        try {
            return b == null ? null : value(MAPPER.readTree(b));
        } catch (Exception e) {
            throw new org.apache.kafka.common.errors.SerializationException(e);
        }
    }

    /** The serde of a name in a job; windowed ones are {timeWindowed: inner} and {sessionWindowed: inner}. */
    @SuppressWarnings("unchecked")
    static Serde<Object> serde(JsonNode n, long windowSize) {
        if (n.isObject()) {
            String kind = n.fieldNames().next();
            Serde<Object> inner = serde(n.get(kind), 0);
            Serde<?> s = switch (kind) {
                case "timeWindowed" -> new org.apache.kafka.streams.kstream.WindowedSerdes.TimeWindowedSerde<>(inner, windowSize);
                case "sessionWindowed" -> new org.apache.kafka.streams.kstream.WindowedSerdes.SessionWindowedSerde<>(inner);
                default -> throw new IllegalArgumentException("serde " + kind);
            };
            return (Serde<Object>) s;
        }
        return named(n.textValue());
    }

    @SuppressWarnings("unchecked")
    static Serde<Object> named(String name) {
        Serde<?> s = switch (name) {
            case "string" -> Serdes.String();
            case "long" -> numbers(Serdes.Long(), Number::longValue);
            case "int" -> numbers(Serdes.Integer(), Number::intValue);
            case "short" -> numbers(Serdes.Short(), Number::shortValue);
            case "double" -> numbers(Serdes.Double(), Number::doubleValue);
            case "float" -> numbers(Serdes.Float(), Number::floatValue);
            case "bool" -> Serdes.Boolean();
            case "bytes" -> Serdes.ByteArray();
            case "uuid" -> Serdes.serdeFrom(
                (t, v) -> v == null ? null : Serdes.UUID().serializer().serialize(t, UUID.fromString((String) v)),
                (t, b) -> b == null ? null : Serdes.UUID().deserializer().deserialize(t, b).toString());
            case "json" -> Serdes.serdeFrom((t, v) -> v == null ? null : write(v), (t, b) -> read(b));
            default -> throw new IllegalArgumentException("serde " + name);
        };
        return (Serde<Object>) s;
    }

    /** Kafka's serde of a number type, with the values that expressions use (Long, Double) on the outside. */
    private static <T extends Number> Serde<Number> numbers(Serde<T> of, java.util.function.Function<Number, T> to) {
        return Serdes.serdeFrom(
            (topic, v) -> v == null ? null : of.serializer().serialize(topic, to.apply(v)),
            (topic, b) -> {
                T x = of.deserializer().deserialize(topic, b);
                if (x == null) return null;
                return x instanceof Double || x instanceof Float ? (Number) x.doubleValue() : (Number) x.longValue();
            });
    }
}
