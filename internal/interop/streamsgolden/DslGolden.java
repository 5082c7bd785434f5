import java.io.PrintStream;
import java.nio.file.*;

/**
 * Writes the texts that pkg/streams/dsl and pkg/streams/state are tested against
 * to a folder: describe.txt and records.txt, and what becomes of the records and
 * operations of the two files that are given.
 */
public final class DslGolden {
    private DslGolden() {}

    public static void main(String[] args) throws Exception {
        Path out = Path.of(args[0]), joins = Path.of(args[1]), stores = Path.of(args[2]);
        try (PrintStream to = new PrintStream(out.resolve("describe.txt").toFile(), "UTF-8")) {
            DslNames.all(to);
        }
        try (PrintStream to = new PrintStream(out.resolve("records.txt").toFile(), "UTF-8")) {
            DslRecords.all(to);
        }
        try (PrintStream to = new PrintStream(out.resolve(joins.getFileName()).toFile(), "UTF-8")) {
            JoinRecords.all(Files.readString(joins), to);
        }
        Files.writeString(out.resolve(stores.getFileName()), StoreVectors.all(Files.readAllLines(stores)));
    }
}
