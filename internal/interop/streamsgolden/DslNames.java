import java.io.PrintStream;
import java.nio.file.*;
import java.time.*;
import java.util.*;
import org.apache.kafka.common.serialization.*;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.*;
import org.apache.kafka.streams.kstream.*;
import org.apache.kafka.streams.processor.api.*;
import org.apache.kafka.streams.state.*;

/** How Kafka Streams describes the topologies of pkg/streams/dsl/describe_test.go. */
final class DslNames {
    private DslNames() {}

    static PrintStream out;

  static Consumed<String,String> C = Consumed.with(Serdes.String(), Serdes.String());
  static Produced<String,String> P = Produced.with(Serdes.String(), Serdes.String());
  static class Nop implements Processor<String,String,String,String> { public void process(org.apache.kafka.streams.processor.api.Record<String,String> r){} }
  static class Nopv implements FixedKeyProcessor<String,String,String> { public void process(FixedKeyRecord<String,String> r){} }
  interface T { void b(StreamsBuilder b); }
  static void show(String n, T t){ StreamsBuilder b=new StreamsBuilder(); t.b(b); out.println("## "+n); out.print(b.build().describe()); }
  static void all(PrintStream to){ out = to;
    show("shared repartition", b -> { KGroupedStream<String,String> g = b.stream("in",C).groupBy((k,v)->v, Grouped.with("g",Serdes.String(),Serdes.String()));
      g.count(Materialized.as("one")).toStream().to("o1"); g.reduce((x,y)->y).toStream().to("o2",P); });
    show("own repartitions", b -> { KGroupedStream<String,String> g = b.stream("in",C).selectKey((k,v)->v).groupByKey(Grouped.with(Serdes.String(),Serdes.String()));
      g.count().toStream().to("o1"); g.reduce((x,y)->y, Materialized.as("red")).toStream().to("o2",P); });
    show("tables", b -> { KTable<String,String> t = b.table("t",C);
      t.filter((k,v)->true).mapValues(v->v).toStream().to("o1",P);
      KTable<String,String> u = b.table("u",C,Materialized.as("us"));
      u.filterNot((k,v)->true, Materialized.as("fs")).mapValues(v->v, Named.as("mv")).toStream(Named.as("ts")).to("o2",P);
      b.stream("s",C).selectKey((k,v)->v).toTable(Materialized.with(Serdes.String(),Serdes.String())).filter((k,v)->true).toStream().to("o3",P);
      b.stream("s2",C).map((k,v)->KeyValue.pair(v,v)).toTable(Named.as("tt"), Materialized.<String,String,KeyValueStore<Bytes,byte[]>>as("tts").withKeySerde(Serdes.String()).withValueSerde(Serdes.String())).toStream().to("o4",P); });
    show("table groups", b -> { KTable<String,String> t = b.table("t",C);
      t.groupBy((k,v)->KeyValue.pair(v,v), Grouped.with(Serdes.String(),Serdes.String())).count().toStream().to("o1");
      t.groupBy((k,v)->KeyValue.pair(v,v), Grouped.with("tg",Serdes.String(),Serdes.String())).reduce((x,y)->y,(x,y)->x, Named.as("red"), Materialized.as("rs")).toStream().to("o2",P); });
    show("windows", b -> { KGroupedStream<String,String> g = b.stream("in",C).groupByKey();
      g.windowedBy(TimeWindows.ofSizeAndGrace(Duration.ofSeconds(5),Duration.ZERO)).count().suppress(Suppressed.untilWindowCloses(Suppressed.BufferConfig.unbounded())).toStream().foreach((k,v)->{});
      g.windowedBy(SessionWindows.ofInactivityGapAndGrace(Duration.ofSeconds(5),Duration.ZERO)).reduce((x,y)->y).suppress(Suppressed.<Windowed>untilWindowCloses(Suppressed.BufferConfig.unbounded()).withName("sup")).toStream().print(Printed.toSysOut());
      g.windowedBy(SlidingWindows.ofTimeDifferenceAndGrace(Duration.ofSeconds(5),Duration.ZERO)).aggregate(()->"",(k,v,x)->v, Named.as("agg"), Materialized.as("as")).toStream().peek((k,v)->{}); });
    show("cogroup", b -> { KGroupedStream<String,String> g = b.stream("a",C).groupByKey(Grouped.with(Serdes.String(),Serdes.String()));
      KGroupedStream<String,String> h = b.stream("b",C).selectKey((k,v)->v).groupByKey(Grouped.with(Serdes.String(),Serdes.String()));
      g.cogroup((String k,String v,String x)->v).cogroup(h,(k,v,x)->v).aggregate(()->"").toStream().to("o1");
      g.cogroup((String k,String v,String x)->v).cogroup(h,(k,v,x)->v).windowedBy(TimeWindows.ofSizeWithNoGrace(Duration.ofSeconds(5))).aggregate(()->"", Named.as("cg"), Materialized.as("cs")).toStream().foreach((k,v)->{}); });
    show("stateless", b -> { KStream<String,String> s = b.stream("in",C);
      Map<String,KStream<String,String>> m = s.split().branch((k,v)->true).branch((k,v)->true, Branched.as("two")).defaultBranch();
      for(String k : new TreeMap<>(m).keySet()) m.get(k).to("o-"+k,P);
      s.split(Named.as("sp-")).branch((k,v)->true, Branched.withConsumer(x->x.to("x",P), "x")).noDefaultBranch();
      s.merge(b.stream("in2",C)).flatMap((k,v)->List.<KeyValue<String,String>>of()).repartition(Repartitioned.with(Serdes.String(),Serdes.String())).to("o5",P);
      s.flatMapValues(v->List.of()).repartition(Repartitioned.<String,Object>as("rep").withNumberOfPartitions(3)).to("o6");
      s.filterNot((k,v)->true, Named.as("named")).process(Nop::new).to("o7",P);
      s.processValues(Nopv::new, Named.as("pv")).to("o8", P);
      b.stream("in",C).mapValues(v->v).to("o9",P); });
    show("globals", b -> { b.globalTable("g",C); b.globalTable("h",C,Materialized.as("hs")); b.stream("in",C).to("o"); b.table("t",C,Materialized.as("ts")); });
  }
}
