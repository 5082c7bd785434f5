import java.io.File;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.common.utils.Timer;
import org.apache.kafka.server.util.KafkaScheduler;
import org.apache.kafka.storage.internals.log.Cleaner;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.apache.kafka.storage.internals.log.LogDirFailureChannel;
import org.apache.kafka.storage.internals.log.LogToClean;
import org.apache.kafka.storage.internals.log.ProducerStateManagerConfig;
import org.apache.kafka.storage.internals.log.SkimpyOffsetMap;
import org.apache.kafka.storage.internals.log.UnifiedLog;
import org.apache.kafka.storage.internals.utils.Throttler;
import org.apache.kafka.storage.log.metrics.BrokerTopicStats;

/**
 * Cleans one partition with Apache Kafka's own cleaner and prints the offset up to which it is clean then.
 * Arguments: its folder, the time in ms, first dirty and first uncleanable offset, end of the log, bytes and load factor
 * of the offset map, segment.bytes, delete.retention.ms.
 */
public class CleanOnce {
    public static void main(String[] args) throws Exception {
        long now = Long.parseLong(args[1]);
        long end = Long.parseLong(args[4]);
        Properties props = new Properties();
        props.put("cleanup.policy", "compact");
        props.put("internal.segment.bytes", args[7]);
        props.put("delete.retention.ms", args[8]);
        Time time = new At(now);
        KafkaScheduler scheduler = new KafkaScheduler(1);
        scheduler.startup();
        UnifiedLog log = UnifiedLog.create(new File(args[0]), new LogConfig(props), 0, end, scheduler, new BrokerTopicStats(), time,
            Integer.MAX_VALUE, new ProducerStateManagerConfig(Integer.MAX_VALUE, false), Integer.MAX_VALUE,
            new LogDirFailureChannel(1), true, Optional.empty());
        log.updateHighWatermark(end);
        Throttler throttler = new Throttler(Double.MAX_VALUE, 300, "cleaner-io", "bytes", Time.SYSTEM);
        Cleaner cleaner = new Cleaner(0, new SkimpyOffsetMap(Integer.parseInt(args[5])), 4096, 1 << 20, Double.parseDouble(args[6]),
            throttler, time, tp -> { });
        long from = Long.parseLong(args[2]);
        long to = Long.parseLong(args[3]);
        System.out.println("clean to " + cleaner.doClean(new LogToClean(log, from, to, false), now).getKey());
        log.close();
        scheduler.shutdown();
    }

    /** A clock that stands still. */
    private record At(long ms) implements Time {
        public long milliseconds() {
            return ms;
        }

        public long nanoseconds() {
            return SYSTEM.nanoseconds();
        }

        public void sleep(long ms) {
            SYSTEM.sleep(ms);
        }

        public void waitObject(Object o, java.util.function.Supplier<Boolean> condition, long deadline) throws InterruptedException {
            SYSTEM.waitObject(o, condition, deadline);
        }

        public Timer timer(long timeoutMs) {
            return SYSTEM.timer(timeoutMs);
        }
    }
}
