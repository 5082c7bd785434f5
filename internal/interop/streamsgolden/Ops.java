import java.util.*;

/** Operators and functions of expressions. */
final class Ops {
    private Ops() {}

    static boolean truth(Object x) { return (Boolean) x; }

    static Object member(Object of, Object name) {
        if (of == null) return null;
        if (of instanceof List<?> l) return l.get((int) (long) (Long) name);
        return ((Map<?, ?>) of).get(name);
    }

    static Object apply(String op, Object a, Object b) {
        switch (op) {
            case "==": return same(a, b);
            case "!=": return !same(a, b);
        }
        if (a instanceof String s && b instanceof String t) {
            return switch (op) {
                case "+" -> s + t;
                case "<" -> s.compareTo(t) < 0;
                case ">" -> s.compareTo(t) > 0;
                default -> throw new IllegalArgumentException(op + " of strings");
            };
        }
        if (a instanceof Long x && b instanceof Long y && !op.equals("/")) {
            return switch (op) {
                case "+" -> x + y;
                case "-" -> x - y;
                case "*" -> x * y;
                case "%" -> x % y;
                default -> order(op, Long.compare(x, y));
            };
        }
        double x = ((Number) a).doubleValue(), y = ((Number) b).doubleValue();
        return switch (op) {
            case "+" -> x + y;
            case "-" -> x - y;
            case "*" -> x * y;
            case "/" -> x / y;
            default -> order(op, Double.compare(x, y));
        };
    }

    private static boolean order(String op, int c) {
        return switch (op) {
            case "<" -> c < 0;
            case "<=" -> c <= 0;
            case ">" -> c > 0;
            case ">=" -> c >= 0;
            default -> throw new IllegalArgumentException(op);
        };
    }

    private static boolean same(Object a, Object b) {
        if (a instanceof Number x && b instanceof Number y) return x.doubleValue() == y.doubleValue();
        return Objects.equals(a, b);
    }

    @SuppressWarnings("unchecked")
    static Object call(String name, Object[] a) {
        return switch (name) {
            case "words" -> List.<Object>of((Object[]) ((String) a[0]).toLowerCase(Locale.ROOT).split("\\W+"));
            case "split" -> List.<Object>of((Object[]) ((String) a[0]).split((String) a[1]));
            case "string" -> String.valueOf(a[0]);
            case "int" -> a[0] instanceof String s ? (Object) Long.parseLong(s) : (Object) ((Number) a[0]).longValue();
            case "float" -> a[0] instanceof String s ? (Object) Double.parseDouble(s) : (Object) ((Number) a[0]).doubleValue();
            case "upper" -> ((String) a[0]).toUpperCase(Locale.ROOT);
            case "lower" -> ((String) a[0]).toLowerCase(Locale.ROOT);
            case "len" -> a[0] instanceof String s ? (long) s.length() : (long) ((Collection<?>) a[0]).size();
            case "append" -> { List<Object> l = new ArrayList<>((List<Object>) a[0]); l.add(a[1]); yield l; }
            case "concat" -> { List<Object> l = new ArrayList<>((List<Object>) a[0]); l.addAll((List<Object>) a[1]); yield l; }
            case "merge" -> { Map<String, Object> m = new TreeMap<>((Map<String, Object>) a[0]); m.putAll((Map<String, Object>) a[1]); yield m; }
            default -> throw new IllegalArgumentException("unknown function " + name);
        };
    }
}
