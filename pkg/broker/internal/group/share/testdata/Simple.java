import java.util.*;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.coordinator.common.runtime.CoordinatorMetadataImage;
import org.apache.kafka.coordinator.group.api.assignor.*;
import org.apache.kafka.coordinator.group.assignor.*;
import org.apache.kafka.coordinator.group.modern.*;

/** Prints what Kafka's assignor does with random share groups, a JSON document a line: java -cp 'kafka-4.3.1/libs/*' Simple.java > simple.jsonl */
public class Simple {
    static Random random = new Random(932);
    static Map<String, Uuid> ids = new LinkedHashMap<>();
    static Map<Uuid, Integer> partitions = new HashMap<>();
    static Map<Uuid, Set<Integer>> assignable = new HashMap<>();
    static class Member { String id; LinkedHashSet<String> names = new LinkedHashSet<>(); Map<Uuid, Set<Integer>> target = new HashMap<>(); }

    public static void main(String[] args) {
        for (int i = 0; i < 32; i++) group(i % 4 == 3);
    }

    static void group(boolean large) {
        ids.clear();
        partitions.clear();
        assignable.clear();
        List<Member> members = new ArrayList<>();
        boolean same = random.nextBoolean();
        for (int t = random.nextInt(large ? 8 : 4); t >= 0; t--) topic(large ? 24 : 7);
        for (int m = random.nextInt(large ? 16 : 4); m >= 0; m--) members.add(member(members.size(), same));
        for (int step = 0; step < 5; step++) {
            // Partitions get a state some time after they are there.
            if (step > 0) for (Uuid id : ids.values()) for (int p = 0; p < partitions.get(id); p++) if (random.nextInt(6) > 0) assignable.computeIfAbsent(id, x -> new HashSet<>()).add(p);
            assign(members);
            switch (random.nextInt(4)) {
                case 0: if (members.size() > 1) members.remove(random.nextInt(members.size())); break;
                case 1: members.add(member(members.size() + 100 * step, same)); break;
                case 2: topic(9); if (same) { String n = new ArrayList<>(ids.keySet()).get(ids.size() - 1); for (Member m : members) m.names.add(n); } break;
                default: Uuid id = new ArrayList<>(ids.values()).get(random.nextInt(ids.size())); partitions.merge(id, 1 + random.nextInt(5), Integer::sum);
            }
        }
    }

    static void topic(int max) {
        Uuid id = new Uuid(random.nextLong(), random.nextLong());
        ids.put("topic-" + ids.size(), id);
        partitions.put(id, 1 + random.nextInt(max));
    }

    static Member member(int n, boolean same) {
        Member m = new Member();
        m.id = new Uuid(random.nextLong(), random.nextLong()).toString();
        for (String name : ids.keySet()) if (same || random.nextBoolean()) m.names.add(name);
        if (random.nextInt(5) == 0 && same) m.names.add("gone");
        return m;
    }

    static void assign(List<Member> members) {
        TopicIds.TopicResolver resolver = new TopicIds.TopicResolver() {
            public CoordinatorMetadataImage image() { return null; }
            public String name(Uuid id) { for (var e : ids.entrySet()) if (e.getValue().equals(id)) return e.getKey(); return null; }
            public Uuid id(String name) { return ids.get(name); }
            public void clear() {}
        };
        boolean same = true;
        Map<String, MemberSubscriptionAndAssignmentImpl> specs = new HashMap<>();
        Map<Uuid, Map<Integer, String>> inverted = new HashMap<>();
        StringBuilder in = new StringBuilder();
        for (Member m : members) {
            same &= m.names.equals(members.get(0).names);
            specs.put(m.id, new MemberSubscriptionAndAssignmentImpl(Optional.empty(), Optional.empty(), new TopicIds(new HashSet<>(m.names), resolver), new Assignment(m.target)));
            m.target.forEach((t, ps) -> ps.forEach(p -> inverted.computeIfAbsent(t, x -> new HashMap<>()).put(p, m.id)));
            if (in.length() > 0) in.append(',');
            in.append("{\"id\":\"" + m.id + "\",\"names\":" + strings(m.names) + ",\"target\":" + json(m.target) + "}");
        }
        ShareGroupPartitionAssignor assignor = new SimpleAssignor();
        Map<String, MemberAssignment> out = assignor.assign(
            new GroupSpecImpl(specs, same ? SubscriptionType.HOMOGENEOUS : SubscriptionType.HETEROGENEOUS, inverted, Optional.of(assignable)),
            new SubscribedTopicDescriber() {
                public int numPartitions(Uuid id) { return partitions.getOrDefault(id, -1); }
                public Set<String> racksForPartition(Uuid id, int p) { return Set.of(); }
            }).members();
        StringBuilder topics = new StringBuilder(), result = new StringBuilder();
        ids.forEach((name, id) -> topics.append((topics.length() > 0 ? "," : "") + "{\"name\":\"" + name + "\",\"id\":\"" + hex(id) + "\",\"partitions\":" + partitions.get(id) + ",\"assignable\":" + new TreeSet<>(assignable.getOrDefault(id, Set.of())).toString().replace(" ", "") + "}"));
        for (Member m : members) {
            MemberAssignment a = out.get(m.id);
            Map<Uuid, Set<Integer>> next = new HashMap<>();
            if (a != null) a.partitions().forEach((t, ps) -> { if (!ps.isEmpty()) next.put(t, new HashSet<>(new TreeSet<>(ps))); });
            m.target = next;
            result.append((result.length() > 0 ? "," : "") + json(next));
        }
        System.out.println("{\"same\":" + same + ",\"topics\":[" + topics + "],\"members\":[" + in + "],\"want\":[" + result + "]}");
    }

    static String hex(Uuid id) { return String.format("%016x%016x", id.getMostSignificantBits(), id.getLeastSignificantBits()); }

    static String strings(Collection<String> c) {
        StringJoiner j = new StringJoiner(",", "[", "]");
        for (String s : c) j.add("\"" + s + "\"");
        return j.toString();
    }

    static String json(Map<Uuid, Set<Integer>> a) {
        StringJoiner j = new StringJoiner(",", "{", "}");
        a.forEach((t, ps) -> j.add("\"" + hex(t) + "\":" + new TreeSet<>(ps).toString().replace(" ", "")));
        return j.toString();
    }
}
