import java.time.Duration;
import java.util.*;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.common.serialization.StringDeserializer;

// Shares BOOTSTRAP GROUP TOPIC implicit|explicit consumes as a member of a share
// group until its stdin ends. It prints a line for what happens to an offset:
// d OFFSET DELIVERIES, it was delivered; a OFFSET, that it was accepted or rejected
// is committed; x OFFSET, that may not be so. The explicit one releases some records
// at their first delivery, and rejects some.
public class Shares {
  public static void main(String[] args) throws Exception {
    Properties p = new Properties();
    p.put("bootstrap.servers", args[0]);
    p.put("group.id", args[1]);
    p.put("share.acknowledgement.mode", args[3]);
    p.put("max.poll.records", "100");
    boolean explicit = args[3].equals("explicit");
    Set<Long> released = ConcurrentHashMap.newKeySet();
    try (KafkaShareConsumer<String, String> c = new KafkaShareConsumer<>(p, new StringDeserializer(), new StringDeserializer())) {
      c.setAcknowledgementCommitCallback((offsets, e) -> {
        StringBuilder out = new StringBuilder();
        offsets.values().forEach(set -> set.forEach(o -> {
          if (!released.remove(o)) out.append(e == null ? "a " : "x ").append(o).append('\n');
        }));
        System.out.print(out);
        System.out.flush();
      });
      c.subscribe(List.of(args[2]));
      System.out.println("ready");
      while (System.in.available() == 0) {
        ConsumerRecords<String, String> records = c.poll(Duration.ofMillis(200));
        StringBuilder out = new StringBuilder();
        for (ConsumerRecord<String, String> r : records) {
          out.append("d ").append(r.offset()).append(' ').append(r.deliveryCount().orElse((short) -1)).append('\n');
          if (!explicit) continue;
          if (r.offset() % 10 == 3 && r.deliveryCount().orElse((short) 0) == 1) {
            released.add(r.offset());
            c.acknowledge(r, AcknowledgeType.RELEASE);
          } else {
            c.acknowledge(r, r.offset() % 50 == 7 ? AcknowledgeType.REJECT : AcknowledgeType.ACCEPT);
          }
        }
        System.out.print(out);
        System.out.flush();
      }
    }
    System.out.println("left");
  }
}
