import java.io.FileInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Properties;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.TestInputTopic;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.TimeWindows;
import org.apache.kafka.streams.kstream.WindowedSerdes;

/** The word counts that WordCountDemo does not have: windowed, and without a broker. */
public final class WordCount {
    public static void main(String[] args) throws Exception {
        Properties config = new Properties();
        try (FileInputStream in = new FileInputStream(args[1])) {
            config.load(in);
        }
        config.put(StreamsConfig.DEFAULT_KEY_SERDE_CLASS_CONFIG, Serdes.String().getClass().getName());
        config.put(StreamsConfig.DEFAULT_VALUE_SERDE_CLASS_CONFIG, Serdes.String().getClass().getName());
        if (args[0].equals("windowed")) {
            KafkaStreams app = new KafkaStreams(topology(true), config);
            Runtime.getRuntime().addShutdownHook(new Thread(app::close));
            app.start();
            return;
        }
        engine(config, Path.of(args[2]));
    }

    static Topology topology(boolean windowed) {
        StreamsBuilder builder = new StreamsBuilder();
        var words = builder.stream("streams-plaintext-input", Consumed.with(Serdes.String(), Serdes.String()))
            .flatMapValues(line -> Arrays.asList(line.toLowerCase(Locale.getDefault()).split("\\W+")))
            .groupBy((key, word) -> word, Grouped.with(Serdes.String(), Serdes.String()));
        if (windowed) {
            words.windowedBy(TimeWindows.ofSizeAndGrace(Duration.ofSeconds(5), Duration.ofSeconds(1))).count().toStream()
                .to("streams-wordcount-output", Produced.with(WindowedSerdes.timeWindowedSerdeFrom(String.class, 5000), Serdes.Long()));
        } else {
            words.count().toStream().to("streams-wordcount-output", Produced.with(Serdes.String(), Serdes.Long()));
        }
        return builder.build();
    }

    /** Pipes the lines twice, to warm up and to measure; prints the lines per second of the second time. */
    static void engine(Properties config, Path file) throws Exception {
        List<String> lines = Files.readAllLines(file);
        double rate = 0;
        for (int turn = 0; turn < 2; turn++) {
            try (TopologyTestDriver driver = new TopologyTestDriver(topology(false), config)) {
                TestInputTopic<String, String> in = driver.createInputTopic("streams-plaintext-input", new StringSerializer(), new StringSerializer());
                long begin = System.nanoTime();
                for (String line : lines) {
                    in.pipeInput(null, line, 1000L);
                }
                rate = lines.size() / ((System.nanoTime() - begin) / 1e9);
            }
        }
        System.out.println(rate);
    }
}
