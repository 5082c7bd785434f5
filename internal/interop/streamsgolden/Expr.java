import java.util.*;
import java.util.function.Function;

/** The small part of the expression language that the cases use; null stands for nil. */
final class Expr {
    interface Node { Object eval(Map<String, Object> vars); }

    private final String src;
    private final List<String> tokens = new ArrayList<>();
    private int at;

    private Expr(String src) { this.src = src; }

    static Node parse(String src) {
        Expr e = new Expr(src);
        e.scan();
        Node n = e.ternary();
        if (e.at < e.tokens.size()) throw e.bad("unexpected " + e.tokens.get(e.at));
        return n;
    }

    private IllegalArgumentException bad(String what) { return new IllegalArgumentException(what + " in: " + src); }

    private void scan() {
        int i = 0;
        while (i < src.length()) {
            char c = src.charAt(i);
            int start = i;
            if (Character.isWhitespace(c)) { i++; continue; }
            if (Character.isLetter(c) || c == '_') {
                while (i < src.length() && (Character.isLetterOrDigit(src.charAt(i)) || src.charAt(i) == '_')) i++;
            } else if (Character.isDigit(c)) {
                while (i < src.length() && (Character.isDigit(src.charAt(i)) || src.charAt(i) == '.')) i++;
            } else if (c == '"') {
                for (i++; src.charAt(i) != '"'; i++) if (src.charAt(i) == '\\') i++;
                i++;
            } else {
                String two = i + 2 <= src.length() ? src.substring(i, i + 2) : "";
                i += List.of("==", "!=", "<=", ">=", "&&", "||", "??", "?.").contains(two) ? 2 : 1;
            }
            tokens.add(src.substring(start, i));
        }
    }

    private String peek() { return at < tokens.size() ? tokens.get(at) : ""; }

    private boolean take(String t) {
        if (!peek().equals(t)) return false;
        at++;
        return true;
    }

    private void need(String t) { if (!take(t)) throw bad("want " + t + ", have " + peek()); }

    private Node ternary() {
        Node c = binary(0);
        if (!take("?")) return c;
        Node yes = ternary();
        need(":");
        Node no = ternary();
        return v -> Ops.truth(c.eval(v)) ? yes.eval(v) : no.eval(v);
    }

    private static final String[][] LEVELS = {{"??"}, {"||", "or"}, {"&&", "and"}, {"==", "!="}, {"<", "<=", ">", ">="}, {"+", "-"}, {"*", "/", "%"}};

    private Node binary(int level) {
        if (level == LEVELS.length) return unary();
        Node left = binary(level + 1);
        while (Arrays.asList(LEVELS[level]).contains(peek())) {
            String op = tokens.get(at++);
            Node l = left, r = binary(level + 1);
            left = switch (op) {
                case "??" -> v -> { Object x = l.eval(v); return x != null ? x : r.eval(v); };
                case "||", "or" -> v -> Ops.truth(l.eval(v)) || Ops.truth(r.eval(v));
                case "&&", "and" -> v -> Ops.truth(l.eval(v)) && Ops.truth(r.eval(v));
                default -> v -> Ops.apply(op, l.eval(v), r.eval(v));
            };
        }
        return left;
    }

    private Node unary() {
        if (take("!")) { Node n = unary(); return v -> !Ops.truth(n.eval(v)); }
        if (take("-")) { Node n = unary(); return v -> Ops.apply("-", 0L, n.eval(v)); }
        Node n = primary();
        while (true) {
            Node of = n;
            if (take(".") || take("?.")) {
                String name = tokens.get(at++);
                n = v -> Ops.member(of.eval(v), name);
            } else if (take("[")) {
                Node index = ternary();
                need("]");
                n = v -> Ops.member(of.eval(v), index.eval(v));
            } else {
                return n;
            }
        }
    }

    private Node primary() {
        String t = tokens.get(at++);
        if (t.equals("(")) { Node n = ternary(); need(")"); return n; }
        if (t.equals("[")) {
            List<Node> items = list("]");
            return v -> { List<Object> out = new ArrayList<>(); for (Node i : items) out.add(i.eval(v)); return out; };
        }
        if (t.equals("{")) return object();
        if (t.startsWith("\"")) { String s = t.substring(1, t.length() - 1).replace("\\\"", "\"").replace("\\\\", "\\"); return v -> s; }
        if (Character.isDigit(t.charAt(0))) {
            Object x = t.contains(".") ? (Object) Double.parseDouble(t) : (Object) Long.parseLong(t);
            return v -> x;
        }
        switch (t) {
            case "nil": return v -> null;
            case "true": return v -> true;
            case "false": return v -> false;
        }
        if (take("(")) {
            List<Node> args = list(")");
            return v -> Ops.call(t, args.stream().map((Function<Node, Object>) a -> a.eval(v)).toArray());
        }
        return v -> {
            if (!v.containsKey(t)) throw bad("unknown name " + t);
            return v.get(t);
        };
    }

    private List<Node> list(String end) {
        List<Node> items = new ArrayList<>();
        while (!take(end)) { items.add(ternary()); take(","); }
        return items;
    }

    private Node object() {
        Map<String, Node> fields = new LinkedHashMap<>();
        while (!take("}")) {
            String name = tokens.get(at++);
            if (name.startsWith("\"")) name = name.substring(1, name.length() - 1);
            need(":");
            fields.put(name, ternary());
            take(",");
        }
        return v -> { Map<String, Object> out = new TreeMap<>(); fields.forEach((k, n) -> out.put(k, n.eval(v))); return out; };
    }
}
