// Goldens prints what Apache Kafka's own classes (4.3.1) and java.util.Properties answer, one file a table.
// javac -cp 'JARS/*' Goldens.java && java -cp 'JARS/*:.' Goldens OUTDIR
import java.io.*;
import java.lang.reflect.*;
import java.nio.charset.StandardCharsets;
import java.util.*;
import org.apache.kafka.common.config.*;
import org.apache.kafka.common.message.*;
import org.apache.kafka.coordinator.group.*;
import org.apache.kafka.metadata.*;
import org.apache.kafka.server.config.*;
import org.apache.kafka.server.metrics.ClientMetricsConfigs;
import org.apache.kafka.storage.internals.log.LogConfig;
import kafka.server.*;

public class Goldens {
    static String js(Object o) {
        if (o == null) return "null";
        if (o instanceof Boolean || o instanceof Number) return o.toString();
        if (o instanceof Map) {
            StringBuilder b = new StringBuilder("{");
            for (Map.Entry<?, ?> e : ((Map<?, ?>) o).entrySet()) { if (b.length() > 1) b.append(','); b.append(js(e.getKey())).append(':').append(js(e.getValue())); }
            return b.append('}').toString();
        }
        if (o instanceof Collection) {
            StringBuilder b = new StringBuilder("[");
            for (Object e : (Collection<?>) o) { if (b.length() > 1) b.append(','); b.append(js(e)); }
            return b.append(']').toString();
        }
        StringBuilder b = new StringBuilder("\"");
        for (char c : o.toString().toCharArray()) {
            if (c == '"' || c == '\\') b.append('\\').append(c);
            else if (c < 32 || c > 126) b.append(String.format("\\u%04x", (int) c));
            else b.append(c);
        }
        return b.append('"').toString();
    }
    static Map<String, Object> m(Object... kv) {
        Map<String, Object> r = new LinkedHashMap<>();
        for (int i = 0; i < kv.length; i += 2) r.put((String) kv[i], kv[i + 1]);
        return r;
    }
    static Map<String, String> sm(String... kv) {
        Map<String, String> r = new TreeMap<>();
        for (int i = 0; i < kv.length; i += 2) r.put(kv[i], kv[i + 1]);
        return r;
    }
    static PrintStream out(String dir, String f) throws Exception { return new PrintStream(new FileOutputStream(dir + "/" + f), false, "UTF-8"); }

    static ConfigDef clientDef() { return ClientMetricsConfigs.configDef(); }
    static LinkedHashMap<String, ConfigDef> defs() {
        LinkedHashMap<String, ConfigDef> r = new LinkedHashMap<>();
        r.put("topic", LogConfig.configDefCopy());
        r.put("broker", KafkaConfig.configDef());
        r.put("dynamic", QuotaConfig.brokerQuotaConfigs());
        r.put("group", GroupConfig.CONFIG_DEF);
        r.put("client", clientDef());
        return r;
    }
    static Object field(Object o, String n) throws Exception { Field f = o.getClass().getDeclaredField(n); f.setAccessible(true); return f.get(o); }
    static String flags(ConfigDef.Validator v) throws Exception {
        if (v instanceof ConfigDef.ValidList) return ((boolean) field(v, "isEmptyAllowed") ? "empty" : "nonempty") + ((boolean) field(v, "isNullAllowed") ? "+null" : "");
        return "";
    }
    static String kind(ConfigDef.Validator v) throws Exception {
        if (v == null) return "";
        String n = v.getClass().getSimpleName();
        return n + (flags(v).isEmpty() ? "" : ":" + flags(v));
    }

    static void writeDefs(String dir) throws Exception {
        PrintStream o = out(dir, "defs.tsv");
        Map<String, String> modes = org.apache.kafka.server.config.DynamicBrokerConfig.dynamicConfigUpdateModes();
        for (Map.Entry<String, ConfigDef> d : defs().entrySet()) for (String n : new TreeSet<>(d.getValue().names())) {
            ConfigDef.ConfigKey k = d.getValue().configKeys().get(n);
            String def = k.hasDefault() ? (k.defaultValue == null ? "<null>" : ConfigDef.convertToString(k.defaultValue, k.type)) : "<none>";
            String mode = d.getKey().equals("broker") || d.getKey().equals("dynamic") ? modes.getOrDefault(n, "read-only") : "";
            String syn = "";
            if (d.getKey().equals("topic")) {
                List<String> l = new ArrayList<>();
                for (ConfigSynonym s : ServerTopicConfigSynonyms.ALL_TOPIC_CONFIG_SYNONYMS.getOrDefault(n, List.of())) l.add(s.name());
                syn = String.join(",", l);
            } else if (d.getKey().equals("broker")) {
                List<String> l = org.apache.kafka.server.config.DynamicBrokerConfig.brokerConfigSynonyms(n, true);
                if (l.size() > 1) syn = String.join(",", l);
            } else if (d.getKey().equals("group")) syn = GroupConfig.brokerSynonym(n).orElse("");
            o.println(String.join("\t", d.getKey(), n, k.type.toString(), def, kind(k.validator), k.validator == null ? "" : k.validator.toString(), k.internalConfig ? "internal" : "", mode, syn));
        }
        o.close();
    }

    // ConfigDef.parseValue of a value that is set.
    static Object parse(ConfigDef.ConfigKey k, String v) {
        Object p = ConfigDef.parseType(k.name, v, k.type);
        if (k.validator instanceof ConfigDef.ValidList && p instanceof List) {
            p = new ArrayList<>(new LinkedHashSet<>((List<?>) p));
        }
        if (k.validator != null) k.validator.ensureValid(k.name, p);
        return p;
    }
    static void writeValues(String dir) throws Exception {
        PrintStream o = out(dir, "values.jsonl");
        Set<String> seen = new HashSet<>();
        for (Map.Entry<String, ConfigDef> d : defs().entrySet()) for (String n : new TreeSet<>(d.getValue().names())) {
            ConfigDef.ConfigKey k = d.getValue().configKeys().get(n);
            if (k.type == ConfigDef.Type.CLASS) continue;
            if (!seen.add(k.type + kind(k.validator) + k.validator)) continue;
            List<String> in = new ArrayList<>(List.of("", " "));
            switch (k.type) {
                case BOOLEAN: in.addAll(List.of("true", " TRUE", "False ", "fAlSe", "yes", "1", "tru e")); break;
                case INT: case SHORT: case LONG:
                    in.addAll(List.of("abc", "0", "1", "-1", " 7 ", "+5", "--5", "+", "1.5", "1e3", "0x10", "1_000", "10L", "007", "32767", "32768", "-32769", "2147483647", "2147483648", "-2147483648", "-2147483649", "9223372036854775807", "9223372036854775808", "-9223372036854775809", "\t12\n"));
                    if (k.validator != null && k.validator.getClass().getSimpleName().equals("Range")) {
                        Number lo = (Number) field(k.validator, "min"), hi = (Number) field(k.validator, "max");
                        if (lo != null) { in.add("" + (lo.longValue() - 1)); in.add("" + lo.longValue()); }
                        if (hi != null) { in.add("" + (hi.longValue() + 1)); in.add("" + hi.longValue()); }
                    } else if (k.validator != null) in.addAll(List.of("9", "10", "-2"));
                    break;
                case DOUBLE: in.addAll(List.of("abc", "0", "1", "-1", "0.5", " 0.50 ", ".5", "5.", "1d", "0.5f", "1.0F", "NaN", "nan", "Infinity", "inf", "-Infinity", "+0.25", "-0.0", "0x10", "0x1p3", "0x1.8p1", "1_0", "1E-5", "1e3", "12345678.9", "1234567.5", "10000000", "9999999", "0.001", "0.0001", "1e400", "1e-400", "1.7976931348623157E308", "4.9E-324", "100", "123456789012345680000", "0.1", "1e", "e5", ".", "0x", "1e+5", "1e 5")); break;
                case LIST: in.addAll(List.of("a", "a,b", " a , b,c ", "a,,b", "a,a", ",", "a,", ",a", "a b", "*", "compact", "delete,compact", "compact , delete", "compact,compact", "COMPACT", "delete,foo", "classic,share", "broker", "controller, broker", "0:1", "0:1,1:2", "0:1, 1:2 ", "0:a", "*,0:1", "0:1:2", "-1:0", "1@h:9", "h:9092")); break;
                case STRING: in.addAll(List.of("a", " a b ", "producer", "GZIP", " gzip ", "CreateTime", "createtime", "upgrade", "Downgrade", "rs256", "latest", "earliest", "LATEST", "none", "by_duration:PT1H", "by_duration:P1DT2H3M4.5S", "by_duration:-PT1H", "by_duration:PT-1H", "by_duration:x", "by_duration:", "by_duration", "BY_DURATION:PT1H", "by_duration:pt1h", "by_duration:P1D", "by_duration:PT", "by_duration:P", "by_duration:PT0S", "by_duration:P1DT", "by_duration:PT1.S", "by_duration:PT+1S", "by_duration:P1W", "by_duration:PT1S1H", "by_duration:PT99999999999999999999S", "by_duration:PT-1H61M", "by_duration: PT1H", "read_committed", "READ_COMMITTED", "SSL", "ssl", "required")); break;
                case PASSWORD: in.addAll(List.of("secret", " s p ")); break;
                default:
            }
            Map<String, Object> ok = new LinkedHashMap<>(), bad = new LinkedHashMap<>();
            for (String v : new LinkedHashSet<>(in)) {
                try { Object p = parse(k, v); ok.put(v, p instanceof org.apache.kafka.common.config.types.Password ? ((org.apache.kafka.common.config.types.Password) p).value() : ConfigDef.convertToString(p, k.type)); }
                catch (ConfigException e) { bad.put(v, e.getMessage().replace("Invalid value " + v + " for configuration " + n + ": ", "~")); }
                catch (Exception e) { bad.put(v, "Invalid value " + v + " for configuration " + n); }
            }
            o.println(js(m("table", d.getKey(), "name", n, "ok", ok, "bad", bad)));
        }
        o.close();
    }

    static final Map<String, String> BASE = sm("node.id", "1", "process.roles", "broker,controller", "controller.quorum.voters", "1@localhost:9093",
        "listeners", "PLAINTEXT://localhost:9092,CONTROLLER://localhost:9093", "controller.listener.names", "CONTROLLER");
    static Map<String, String> base(Map<String, String> more) { Map<String, String> r = new TreeMap<>(BASE); r.putAll(more); return r; }
    static Properties props(Map<String, String> m) { Properties p = new Properties(); p.putAll(m); return p; }

    static class World {
        KafkaConfig config; Properties topic = new Properties(), group = new Properties(), client = new Properties(); ConfigHelper helper;
        World(Map<String, String> st, Map<String, String> dd, Map<String, String> db) {
            config = new KafkaConfig(st, false);
            config.dynamicConfig().initialize(scala.Option.empty());
            config.dynamicConfig().updateDefaultConfig(props(dd), false);
            config.dynamicConfig().updateBrokerConfig(1, props(db), false);
            InvocationHandler h = (p, meth, args) -> {
                switch (meth.getName()) {
                    case "contains": return true;
                    case "topicConfig": return topic;
                    case "groupConfig": return group;
                    case "config": return ((ConfigResource) args[0]).type() == ConfigResource.Type.CLIENT_METRICS ? client : new Properties();
                    default: throw new UnsupportedOperationException(meth.getName());
                }
            };
            MetadataCache mc = (MetadataCache) Proxy.newProxyInstance(Goldens.class.getClassLoader(), new Class[]{MetadataCache.class}, h);
            helper = new ConfigHelper(mc, config, mc);
        }
        List<Object> describe(ConfigResource.Type t, String name, List<String> keys) {
            DescribeConfigsRequestData.DescribeConfigsResource r = new DescribeConfigsRequestData.DescribeConfigsResource().setResourceType(t.id()).setResourceName(name).setConfigurationKeys(keys);
            DescribeConfigsResponseData.DescribeConfigsResult res = helper.describeConfigs(scala.jdk.javaapi.CollectionConverters.asScala(List.of(r)).toList(), true, false).head();
            if (res.errorCode() != 0) throw new RuntimeException(res.errorMessage());
            List<DescribeConfigsResponseData.DescribeConfigsResourceResult> l = new ArrayList<>(res.configs());
            l.sort(Comparator.comparing(DescribeConfigsResponseData.DescribeConfigsResourceResult::name));
            List<Object> o = new ArrayList<>();
            for (DescribeConfigsResponseData.DescribeConfigsResourceResult c : l) {
                List<Object> syn = new ArrayList<>();
                for (DescribeConfigsResponseData.DescribeConfigsSynonym s : c.synonyms()) syn.add(Arrays.asList(s.name(), s.value(), (int) s.source()));
                o.add(m("n", c.name(), "v", c.value(), "s", (int) c.configSource(), "ro", c.readOnly(), "sens", c.isSensitive(), "t", (int) c.configType(), "syn", syn));
            }
            return o;
        }
    }
    static void scenario(PrintStream o, String what, Map<String, String> st, Map<String, String> dd, Map<String, String> db, Map<String, String> res, String... keys) {
        World w = new World(base(st), dd, db);
        List<String> ks = keys.length == 0 ? null : List.of(keys);
        List<Object> e;
        switch (what) {
            case "topic": w.topic = props(res); e = w.describe(ConfigResource.Type.TOPIC, "t", ks); break;
            case "group": w.group = props(res); e = w.describe(ConfigResource.Type.GROUP, "g", ks); break;
            case "client": w.client = props(res); e = w.describe(ConfigResource.Type.CLIENT_METRICS, "c", ks); break;
            case "broker": e = w.describe(ConfigResource.Type.BROKER, "1", ks); break;
            default: e = w.describe(ConfigResource.Type.BROKER, "", ks);
        }
        o.println(js(m("what", what, "static", st, "default", dd, "broker", db, "resource", res, "keys", ks == null ? List.of() : ks, "entries", e)));
    }
    static void writeDescribe(String dir) throws Exception {
        PrintStream o = out(dir, "describe.jsonl");
        Map<String, String> no = Map.of();
        for (String w : List.of("topic", "broker", "default", "group", "client")) scenario(o, w, no, no, no, no);
        Map<String, String> st = sm("log.retention.hours", "24", "log.segment.bytes", " 2097152", "log.roll.hours", "2", "log.roll.jitter.hours", "1", "log.flush.scheduler.interval.ms", "5000",
            "log.cleanup.policy", "compact, delete", "compression.type", "gzip", "min.insync.replicas", "2", "log.cleaner.min.cleanable.ratio", ".25", "message.max.bytes", "1000", "log.local.retention.ms", "-2");
        scenario(o, "topic", st, no, no, no);
        scenario(o, "broker", st, no, no, no, st.keySet().toArray(new String[0]));
        String[] ret = {"retention.ms", "segment.ms", "segment.jitter.ms", "flush.ms", "min.insync.replicas", "cleanup.policy", "max.message.bytes", "unclean.leader.election.enable"};
        String[] bret = {"log.retention.ms", "log.retention.minutes", "log.retention.hours", "log.roll.ms", "log.roll.hours", "log.roll.jitter.ms", "log.roll.jitter.hours", "log.flush.interval.ms", "log.flush.scheduler.interval.ms", "min.insync.replicas", "log.cleanup.policy"};
        for (Map<String, String> s : List.of(
                sm("log.retention.minutes", "10"), sm("log.retention.minutes", "10", "log.retention.hours", "5"), sm("log.retention.ms", "1000", "log.retention.hours", "5"),
                sm("log.retention.hours", "-1"), sm("log.retention.ms", "-1"), sm("log.retention.minutes", "-7"), sm("log.roll.ms", "77", "log.roll.hours", "3"), sm("log.flush.interval.ms", "9"), sm("log.flush.interval.ms", "9", "log.flush.scheduler.interval.ms", "8"),
                sm("log.roll.jitter.ms", "5", "log.roll.jitter.hours", "2"))) {
            scenario(o, "topic", s, no, no, no, ret);
            scenario(o, "broker", s, no, no, no, bret);
            scenario(o, "topic", s, sm("log.retention.ms", "2000", "log.roll.ms", "3000", "min.insync.replicas", "2"), no, no, ret);
            scenario(o, "broker", s, sm("log.retention.ms", "2000", "log.roll.ms", "3000", "min.insync.replicas", "2"), no, no, bret);
            scenario(o, "broker", s, sm("log.retention.ms", "2000", "log.flush.interval.ms", "4000"), sm("log.retention.ms", "2500", "log.roll.jitter.ms", "60"), no, bret);
            scenario(o, "topic", s, sm("log.retention.ms", "2000", "log.flush.interval.ms", "4000"), sm("log.retention.ms", "2500", "log.roll.jitter.ms", "60"), sm("retention.ms", "7", "cleanup.policy", "delete , compact"), ret);
        }
        scenario(o, "topic", no, no, no, sm("retention.ms", " 60000 ", "cleanup.policy", "compact,delete", "min.cleanable.dirty.ratio", "1", "preallocate", "TRUE", "segment.bytes", "+2000000", "internal.segment.bytes", "1000", "flush.ms", "10",
            "leader.replication.throttled.replicas", "0:1, 1:2", "compression.type", "zstd", "remote.storage.enable", "false", "segment.ms", "100", "local.retention.ms", "-2"));
        scenario(o, "topic", no, no, no, sm("cleanup.policy", ""), "cleanup.policy");
        scenario(o, "topic", no, sm("log.cleanup.policy", "compact"), no, no, "cleanup.policy", "retention.ms");
        scenario(o, "default", no, sm("log.retention.ms", "2000", "log.cleanup.policy", " compact", "my.custom", "x", "leader.replication.throttled.rate", "5"), sm("log.retention.ms", "1"), no);
        scenario(o, "broker", sm("my.plugin.key", "v", "listener.name.plaintext.ssl.keystore.password", "pw", "listener.name.plaintext.max.connections", "5", "log.initial.task.delay.ms", "31000", "broker.rack", " r1 ", "ssl.key.password", "k", "broker.id", "1"),
            sm("my.custom", "x", "leader.replication.throttled.rate", "5"), sm("follower.replication.throttled.rate", "6", "listener.name.plaintext.ssl.keystore.location", "/x"), no,
            "my.plugin.key", "my.custom", "listener.name.plaintext.ssl.keystore.password", "listener.name.plaintext.max.connections", "log.initial.task.delay.ms", "broker.rack", "ssl.key.password", "node.id", "broker.id",
            "leader.replication.throttled.rate", "follower.replication.throttled.rate", "replica.alter.log.dirs.io.max.bytes.per.second", "listener.name.plaintext.ssl.keystore.location", "unclean.leader.election.interval.ms");
        scenario(o, "broker", sm("advertised.listeners", "PLAINTEXT://localhost:9092", "log.dirs", "/a, /b", "auto.create.topics.enable", "False", "log.cleaner.io.max.bytes.per.second", "1e6", "num.partitions", "007", "compression.type", " lz4 "), no, sm("compression.type", "zstd"), no,
            "advertised.listeners", "log.dirs", "auto.create.topics.enable", "log.cleaner.io.max.bytes.per.second", "num.partitions", "compression.type", "listeners", "process.roles");
        scenario(o, "group", sm("group.consumer.session.timeout.ms", "50000", "group.share.record.lock.duration.ms", "40000"), sm("group.consumer.assignment.interval.ms", "2000"), no, sm("consumer.session.timeout.ms", "51000", "share.isolation.level", "read_committed", "share.renew.acknowledge.enable", "FALSE"));
        scenario(o, "client", no, no, no, sm("interval.ms", " 1000", "match", "client_id=a, client_software_name=b"));
        o.close();
    }

    static void topicCase(PrintStream o, Map<String, String> st, boolean remote, Map<String, String> old, String... kv) {
        Map<String, String> p = sm(kv);
        Map<String, Object> r = m("static", st, "existing", old, "configs", p);
        KafkaConfig c = new KafkaConfig(base(st), false);
        try { LogConfig.validate(old, p, c.extractLogConfigMap(), remote); r.put("err", ""); } catch (Exception e) { r.put("err", e.getMessage()); }
        o.println(js(r));
    }
    static void writeTopic(String dir) throws Exception {
        PrintStream o = out(dir, "topic.jsonl");
        Map<String, String> no = Map.of();
        String[][] cases = {{}, {"xyz", "1"}, {"retention.ms", "abc"}, {"retention.ms", "-2"}, {"retention.ms", "-1"}, {"retention.ms", ""}, {"retention.bytes", "-5"}, {"cleanup.policy", ""}, {"cleanup.policy", " "}, {"cleanup.policy", "compact,delete"}, {"cleanup.policy", "delete,compact"},
            {"cleanup.policy", "delete, compact"}, {"cleanup.policy", "compact,compact"}, {"cleanup.policy", "Compact"}, {"cleanup.policy", "none"}, {"cleanup.policy", "delete,"}, {"cleanup.policy", ","}, {"cleanup.policy", "delete;compact"},
            {"segment.bytes", "14"}, {"segment.bytes", "1048575"}, {"segment.bytes", "1048576"}, {"internal.segment.bytes", "14"}, {"segment.ms", "0"}, {"segment.index.bytes", "3"}, {"max.message.bytes", "-1"}, {"max.message.bytes", "0"}, {"max.message.bytes", "1.5"},
            {"compression.type", "none"}, {"compression.type", "Gzip"}, {"compression.type", " gzip "}, {"compression.gzip.level", "0"}, {"compression.gzip.level", "-1"}, {"compression.gzip.level", "10"}, {"compression.zstd.level", "23"}, {"compression.lz4.level", "18"},
            {"message.timestamp.type", "createtime"}, {"message.timestamp.type", "LogAppendTime"}, {"message.timestamp.before.max.ms", "-1"}, {"min.insync.replicas", "0"}, {"min.cleanable.dirty.ratio", "1.1"}, {"min.cleanable.dirty.ratio", "-0.1"}, {"preallocate", "yes"}, {"preallocate", " TRUE "},
            {"min.compaction.lag.ms", "10", "max.compaction.lag.ms", "5"}, {"min.compaction.lag.ms", "5", "max.compaction.lag.ms", "5"}, {"max.compaction.lag.ms", "0"}, {"message.format.version", "3.0"}, {"message.downconversion.enable", "true"}, {"message.timestamp.difference.max.ms", "1"},
            {"leader.replication.throttled.replicas", "0:1,1:x"}, {"leader.replication.throttled.replicas", "*"}, {"follower.replication.throttled.replicas", ""},
            {"remote.storage.enable", "true"}, {"local.retention.ms", "-3"}, {"local.retention.ms", "100", "retention.ms", "50"}, {"local.retention.ms", "-1"}, {"remote.log.copy.disable", "true"}, {"remote.log.delete.on.disable", "true"}, {"flush.messages", "0"}, {"flush.ms", "-1"},
            {"file.delete.delay.ms", "-1"}, {"index.interval.bytes", "-1"}, {"delete.retention.ms", "-1"}, {"unclean.leader.election.enable", "maybe"}, {"segment.jitter.ms", "-1"}, {"Retention.ms", "1"}, {"log.retention.ms", "1"}, {"", "1"}};
        for (String[] c : cases) topicCase(o, no, false, no, c);
        Map<String, String> rs = sm("remote.log.storage.system.enable", "true");
        String[][] remote = {{"remote.storage.enable", "true"}, {"remote.storage.enable", "true", "cleanup.policy", "compact"}, {"remote.storage.enable", "true", "cleanup.policy", "compact,delete"}, {"remote.storage.enable", "true", "cleanup.policy", ""}, {"remote.storage.enable", "true", "local.retention.ms", "100", "retention.ms", "50"},
            {"remote.storage.enable", "true", "local.retention.ms", "-1", "retention.ms", "50"}, {"remote.storage.enable", "true", "local.retention.ms", "-1", "retention.ms", "-1"}, {"remote.storage.enable", "true", "local.retention.bytes", "100", "retention.bytes", "50"}, {"remote.storage.enable", "true", "local.retention.bytes", "-1", "retention.bytes", "50"},
            {"remote.storage.enable", "true", "remote.log.copy.disable", "true", "local.retention.ms", "10"}, {"remote.storage.enable", "true", "remote.log.copy.disable", "true", "local.retention.bytes", "10", "retention.bytes", "20"}, {"remote.storage.enable", "true", "remote.log.copy.disable", "true", "local.retention.bytes", "20", "retention.bytes", "20"}};
        for (String[] c : remote) topicCase(o, rs, true, no, c);
        Map<String, String> was = sm("remote.storage.enable", "true");
        topicCase(o, rs, true, was, "remote.storage.enable", "false");
        topicCase(o, rs, true, was, "remote.storage.enable", "false", "remote.log.delete.on.disable", "true");
        topicCase(o, rs, true, was);
        topicCase(o, sm("log.cleaner.max.compaction.lag.ms", "100"), false, no, "min.compaction.lag.ms", "200");
        topicCase(o, sm("log.cleaner.min.compaction.lag.ms", "100"), false, no, "max.compaction.lag.ms", "50");
        o.close();
    }

    static void brokerCase(PrintStream o, Map<String, String> st, boolean per, String... kv) {
        Map<String, Object> r = m("static", st, "perBroker", per, "configs", sm(kv));
        World w = new World(base(st), Map.of(), Map.of());
        try { w.config.dynamicConfig().validate(props(sm(kv)), per); r.put("err", ""); } catch (Exception e) { r.put("err", e.getMessage()); }
        o.println(js(r));
    }
    static void writeBroker(String dir) throws Exception {
        PrintStream o = out(dir, "broker.jsonl");
        Map<String, String> no = Map.of();
        String[][] cases = {{"log.retention.ms", "5000"}, {"log.retention.ms", "x"}, {"log.retention.ms", "0"}, {"log.retention.ms", "-1"}, {"log.retention.ms", "-9"}, {"log.retention.hours", "5"}, {"num.partitions", "3"}, {"node.id", "4"}, {"my.custom", "x"}, {"ssl.keystore.location", "/x"}, {"listener.name.external.ssl.keystore.location", "/x"},
            {"listener.name.external.max.connections", "5"}, {"listener.name.external.max.connections", "x"}, {"max.connections", "-1"}, {"max.connections", "10"}, {"max.connections.per.ip", "0"}, {"log.roll.ms", "0"}, {"log.roll.jitter.ms", "-1"}, {"log.cleaner.threads", "2"}, {"log.cleaner.dedupe.buffer.size", "100"}, {"cordoned.log.dirs", ""},
            {"num.io.threads", "0"}, {"num.io.threads", "9"}, {"leader.replication.throttled.rate", "-1"}, {"leader.replication.throttled.rate", "10"}, {"compression.type", "foo"}, {"log.cleanup.policy", "foo"}, {"log.cleanup.policy", ""}, {"min.insync.replicas", "0"}, {"message.max.bytes", "10"}, {"log.segment.bytes", "100"},
            {"principal.builder.class", "x"}, {"listeners", "PLAINTEXT://localhost:9095"}, {"log.cleaner.min.compaction.lag.ms", "10", "log.cleaner.max.compaction.lag.ms", "5"}, {"num.replica.fetchers", "0"}, {"background.threads", "20"}, {"transaction.partition.verification.enable", "false"}, {"producer.id.expiration.ms", "0"},
            {"sasl.jaas.config", "x"}, {"ssl.client.auth", "none"}, {"metric.reporters", ""}, {"group.consumer.assignment.interval.ms", "5"}, {"max.connections.per.ip.overrides", "127.0.0.1:5"}, {"max.connections.per.ip.overrides", "bogus"}, {"auto.create.topics.enable", "false"}};
        for (String[] c : cases) { brokerCase(o, no, true, c); brokerCase(o, no, false, c); }
        o.close();
        o = out(dir, "static.jsonl");
        String[][] st = {{}, {"log.retention.ms", "0"}, {"log.retention.hours", "0"}, {"log.retention.minutes", "0"}, {"log.retention.hours", "-5"}, {"log.roll.ms", "0"}, {"log.roll.jitter.ms", "-1"}, {"log.dirs", ""}, {"log.cleaner.dedupe.buffer.size", "1048576"}, {"replica.fetch.wait.max.ms", "30001"}, {"replica.fetch.wait.max.ms", "1000", "replica.lag.time.max.ms", "900"},
            {"broker.id", "7"}, {"queued.max.request.bytes", "5"}, {"max.connections.per.ip", "0"}, {"connection.failed.authentication.delay.ms", "700000"}, {"num.partitions", "0"}, {"num.partitions", "two"}, {"auto.create.topics.enable", "yes"}, {"log.segment.bytes", "5"}, {"log.cleanup.policy", "compact,zap"}, {"compression.type", "brotli"}, {"log.message.timestamp.type", "x"},
            {"socket.request.max.bytes", "0"}, {"fetch.max.bytes", "100"}, {"offsets.topic.replication.factor", "0"}, {"offsets.topic.replication.factor", "40000"}, {"max.connections.per.ip.overrides", "127.0.0.1:5"}};
        for (String[] c : st) {
            Map<String, Object> r = m("static", sm(c));
            try { new KafkaConfig(base(sm(c)), false); r.put("err", ""); } catch (Exception e) { r.put("err", e.getMessage()); }
            o.println(js(r));
        }
        o.close();
    }
    static void writeGroup(String dir) throws Exception {
        PrintStream o = out(dir, "group.jsonl");
        String[][] cases = {{}, {"xyz", "1"}, {"consumer.session.timeout.ms", "x"}, {"consumer.session.timeout.ms", "1"}, {"consumer.session.timeout.ms", "45000"}, {"consumer.session.timeout.ms", "60001"}, {"consumer.heartbeat.interval.ms", "4999"}, {"consumer.heartbeat.interval.ms", "15001"}, {"consumer.heartbeat.interval.ms", "0"},
            {"consumer.assignment.interval.ms", "15001"}, {"consumer.assignment.interval.ms", "-1"}, {"share.session.timeout.ms", "100"}, {"share.session.timeout.ms", "70000"}, {"share.heartbeat.interval.ms", "1"}, {"share.heartbeat.interval.ms", "16000"}, {"share.record.lock.duration.ms", "14999"}, {"share.record.lock.duration.ms", "60001"}, {"share.record.lock.duration.ms", "999"},
            {"share.delivery.count.limit", "1"}, {"share.delivery.count.limit", "11"}, {"share.partition.max.record.locks", "99"}, {"share.partition.max.record.locks", "4001"}, {"share.assignment.interval.ms", "20000"}, {"share.auto.offset.reset", "none"}, {"share.auto.offset.reset", "by_duration:PT1H"}, {"share.isolation.level", "x"}, {"share.renew.acknowledge.enable", "x"},
            {"streams.session.timeout.ms", "100"}, {"streams.session.timeout.ms", "100000"}, {"streams.heartbeat.interval.ms", "100"}, {"streams.heartbeat.interval.ms", "100000"}, {"streams.num.standby.replicas", "3"}, {"streams.num.standby.replicas", "2"}, {"streams.num.standby.replicas", "-1"}, {"streams.initial.rebalance.delay.ms", "-1"}, {"streams.assignment.interval.ms", "15001"}};
        Map<String, String> wide = sm("group.consumer.min.session.timeout.ms", "1", "group.consumer.min.heartbeat.interval.ms", "1", "group.share.min.session.timeout.ms", "1", "group.share.min.heartbeat.interval.ms", "1", "group.streams.min.session.timeout.ms", "1", "group.streams.min.heartbeat.interval.ms", "1", "group.consumer.min.assignment.interval.ms", "500");
        String[][] more = {{"consumer.session.timeout.ms", "5000"}, {"share.session.timeout.ms", "5000"}, {"streams.session.timeout.ms", "4000"}, {"consumer.assignment.interval.ms", "400"}, {"consumer.session.timeout.ms", "10", "consumer.heartbeat.interval.ms", "9"}};
        for (int i = 0; i < 2; i++) for (String[] c : i == 0 ? cases : more) {
            Map<String, String> st = base(i == 0 ? Map.of() : wide);
            KafkaConfig k = new KafkaConfig(st, false);
            Map<String, Object> r = m("static", i == 0 ? Map.of() : wide, "configs", sm(c));
            try { GroupConfig.validate(sm(c), k.groupCoordinatorConfig(), k.shareGroupConfig()); r.put("err", ""); } catch (Exception e) { r.put("err", e.getMessage()); }
            o.println(js(r));
        }
        o.close();
        o = out(dir, "client.jsonl");
        String[][] cl = {{}, {"xyz", "1"}, {"interval.ms", "99"}, {"interval.ms", "100"}, {"interval.ms", "3600001"}, {"interval.ms", "x"}, {"metrics", "a,b"}, {"metrics", ""}, {"metrics", "a,,b"}, {"metrics", "*"}, {"match", "client_id=a"}, {"match", "client_id"}, {"match", "foo=a"}, {"match", "client_id=("}, {"match", "client_id=a=b"}, {"match", "client_id="},
            {"match", " client_id = a.* , client_source_port=\\d+"}, {"match", "=a"}, {"match", "client_id=a,client_id=a"}};
        for (String[] c : cl) {
            Map<String, Object> r = m("configs", sm(c));
            try { ClientMetricsConfigs.validate("s", sm(c)); r.put("err", ""); } catch (Exception e) { r.put("err", e.getMessage()); r.put("request", e.getClass().getSimpleName().equals("InvalidRequestException")); }
            o.println(js(r));
        }
        o.close();
    }

    static void propsCase(PrintStream o, String text, boolean utf8) throws Exception {
        byte[] b = text.getBytes(utf8 ? StandardCharsets.UTF_8 : StandardCharsets.ISO_8859_1);
        Properties p = new Properties();
        Map<String, Object> r = m("in", Base64.getEncoder().encodeToString(b));
        try {
            if (utf8) p.load(new InputStreamReader(new ByteArrayInputStream(b), StandardCharsets.UTF_8)); else p.load(new ByteArrayInputStream(b));
            Map<String, String> t = new TreeMap<>();
            for (String k : p.stringPropertyNames()) t.put(k, p.getProperty(k));
            r.put("out", t);
        } catch (IllegalArgumentException e) { r.put("err", e.getMessage()); }
        o.println(js(r));
    }
    static void writeProperties(String dir) throws Exception {
        PrintStream o = out(dir, "properties.jsonl");
        String[] cases = {"", "\n\n", "a=b", "a = b ", "a:b", "a b", "a\tb", "a\fb", "  a  =  b  c  ", "a", "a=", "=b", ":", " ", "#c\na=b", "!c\na=b", "  # c\na=b", "a#b=c", "a=#b", "a=b#c", "a=b\\\n  c", "a=b\\\r\n\tc", "a=b\\\r  c", "a=b\\\\\nc=d", "a=b\\\\\\\nc=d", "a=b\\", "a=b\\\n", "a=b\\\n\nc=d",
            "a=b\\\n#not comment\nc=d", "#comment \\\na=b", "a\\=b=c", "a\\:b=c", "a\\ b=c", "a\\\tb=c", "\\#a=b", "\\!a=b", "a==b", "a=:b", "a:=b", "a =: b", "a  b = c", "a=\\u0041\\u00e9", "\\u0061=x", "a=\\u00", "a=\\u00zz", "a=\\uD83D\\uDE00", "a=\\u", "a=\\t\\n\\r\\f\\b\\x\\\"\\'\\0", "a=1\na=2\nb=3\na=4",
            "a=b\rc=d\r\ne=f\n\ng=h", "a=\\\n\\\n\\\nb", "a\\\n  =  \\\n b", "a\\\n b\\\n c", "\\\na=b", "\\\n\na=b", "\\\n# a=b", "key\\\\=v", "key\\\\\\=v", "\\ =x", "\\\\=x", "a=\u00e9\u00fc", "k\u00e9y=v", "a=\u0000b", "a=b\u000bc", "a=\\\r\n  b\\\r\n  c", "a=b\\ ", "a=b \\\n c", "listeners=PLAINTEXT://localhost:9092,CONTROLLER://:9093",
            "log.dirs=C:\\\\kafka\\\\logs", "log.dirs=C:\\kafka\\logs", "log.dirs=C:\\new\\tmp", "a=\\", "\\", "\\\\", "\\u", "  \t\f a=b", "\f\n\ta=b", "a=b\\\n\f c", "x\\\n", "x=\\\n  \n", "x=1\\\n  \ny=2", "#\\\nx=1", "\r\r\na=b", "a=\\u0041\\\n\\u0042", "a=\\\\u0041", "a\\u003db=c", "a\\u0020b=c"};
        for (String c : cases) { propsCase(o, c, false); }
        for (String c : new String[]{"a=\u00e9\u4e16\ud83d\ude00", "\u4e16=\u754c", "a=\\u4e16", "# \u4e16\na=b", "a=\u00a0b", "a\u00a0b=c", "a=\u2028b", "a\u3000=c"}) propsCase(o, c, true);
        Random rnd = new Random(42);
        String alpha = "ab =:#!\\\\\\\t\f\r\n\nu0041 ";
        for (int i = 0; i < 600; i++) {
            StringBuilder b = new StringBuilder();
            int n = 1 + rnd.nextInt(18);
            for (int j = 0; j < n; j++) b.append(alpha.charAt(rnd.nextInt(alpha.length())));
            propsCase(o, b.toString(), false);
        }
        o.close();
        o = out(dir, "store.jsonl");
        for (String[] kv : new String[][]{{"a", "b"}, {"a b", " b c"}, {"a=b:c#d!e", "#x!y=z:"}, {"", ""}, {"k", "\t\n\r\f\\"}, {"\u00e9\u4e16", "\ud83d\ude00\u007f\u0001"}, {" lead", "  two"}, {"k", "trail "}, {"#k", "v"}, {"a\\b", "c\\d"}}) {
            Properties p = new Properties(); p.setProperty(kv[0], kv[1]);
            ByteArrayOutputStream s = new ByteArrayOutputStream(); p.store(s, null);
            String t = s.toString("ISO-8859-1"); t = t.substring(t.indexOf('\n') + 1);
            o.println(js(m("key", kv[0], "value", kv[1], "line", t.replace("\n", ""))));
        }
        o.close();
    }
    public static void main(String[] a) throws Exception {
        writeDefs(a[0]); writeValues(a[0]); writeDescribe(a[0]); writeTopic(a[0]); writeBroker(a[0]); writeGroup(a[0]); writeProperties(a[0]);
        System.exit(0);
    }
}
