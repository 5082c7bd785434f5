import java.io.PrintStream;
import java.nio.file.Path;

/** Writes describe.txt and records.txt, which pkg/streams/dsl is tested against, to a folder. */
public final class DslGolden {
    private DslGolden() {}

    public static void main(String[] args) throws Exception {
        try (PrintStream to = new PrintStream(Path.of(args[0], "describe.txt").toFile(), "UTF-8")) {
            DslNames.all(to);
        }
        try (PrintStream to = new PrintStream(Path.of(args[0], "records.txt").toFile(), "UTF-8")) {
            DslRecords.all(to);
        }
    }
}
