import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.*;
import java.util.*;

/** Reads the case files of a folder, runs each case on Kafka Streams and writes what came out to another folder. */
public final class Main {
    private Main() {}

    public static void main(String[] args) throws Exception {
        Path in = Path.of(args[0]), out = Path.of(args[1]);
        Path state = Files.createTempDirectory("streams-golden-");
        int cases = 0;
        try (DirectoryStream<Path> files = Files.newDirectoryStream(in, "*.cases.json")) {
            for (Path file : files) {
                if (args.length > 2 && !file.getFileName().toString().startsWith(args[2])) continue;
                JsonNode suite = Json.MAPPER.readTree(file.toFile());
                String name = file.getFileName().toString().replace(".cases.json", ".expect.json");
                List<ObjectNode> all = new ArrayList<>();
                for (JsonNode c : suite.get("cases")) expand((ObjectNode) c, all);
                Files.writeString(out.resolve(name), suite(suite, all, state));
                cases += all.size();
            }
        }
        System.out.println(cases + " cases");
    }

    /** A case with a list for its input, or for a word of "with", is one case for each item. */
    private static void expand(ObjectNode c, List<ObjectNode> out) {
        for (Iterator<Map.Entry<String, JsonNode>> i = c.path("with").fields(); i.hasNext(); ) {
            var word = i.next();
            if (!word.getValue().isArray()) continue;
            for (JsonNode item : word.getValue()) {
                ObjectNode one = c.deepCopy();
                ((ObjectNode) one.get("with")).set(word.getKey(), item);
                expand(one, out);
            }
            return;
        }
        if (c.get("input").isArray() && c.get("input").get(0).isTextual()) {
            for (JsonNode item : c.get("input")) {
                ObjectNode one = c.deepCopy();
                one.set("input", item);
                expand(one, out);
            }
            return;
        }
        String name = c.get("name").asText().replace("<input>", c.get("input").asText());
        for (Iterator<Map.Entry<String, JsonNode>> i = c.path("with").fields(); i.hasNext(); ) {
            var word = i.next();
            String text = word.getValue().isTextual() ? word.getValue().asText() : word.getValue().toString().replaceAll("[{}\"]", "").replaceAll("[:,]", " ");
            name = name.replace("<" + word.getKey() + ">", text);
        }
        out.add(c.put("name", name));
    }

    /** The job of a case: <word> stands for a text, "<word>" for an object of "with". */
    private static String job(JsonNode suite, JsonNode c) {
        String text = suite.get("jobs").get(c.get("job").asText()).toString();
        for (Iterator<Map.Entry<String, JsonNode>> i = c.path("with").fields(); i.hasNext(); ) {
            var word = i.next();
            if (word.getValue().isTextual()) text = text.replace("<" + word.getKey() + ">", word.getValue().asText());
            else text = text.replace("\"<" + word.getKey() + ">\"", word.getValue().toString());
        }
        return text;
    }

    private static String suite(JsonNode suite, List<ObjectNode> cases, Path state) {
        Set<String> described = new HashSet<>(), names = new HashSet<>();
        StringJoiner all = new StringJoiner(",\n", "{\n", "\n}\n");
        for (JsonNode c : cases) {
            String name = c.get("name").asText();
            if (!names.add(name)) throw new IllegalStateException("two cases are called " + name);
            try {
                String job = job(suite, c);
                JsonNode steps = c.get("input").isTextual() ? suite.get("inputs").get(c.get("input").asText()) : c.get("input");
                all.add(" " + Run.quote(name) + ": " + new Run(Json.MAPPER.readTree(job), steps, state).text(described.add(job)));
            } catch (Exception e) {
                throw new IllegalStateException("case " + name, e);
            }
        }
        return all.toString();
    }
}
