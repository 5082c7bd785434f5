import java.io.PrintStream;
import java.nio.file.*;
import java.time.*;
import java.util.*;
import org.apache.kafka.common.serialization.*;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.*;
import org.apache.kafka.streams.kstream.*;
import org.apache.kafka.streams.state.*;
import org.apache.kafka.streams.test.*;

/** What Kafka Streams makes of random records, for pkg/streams/dsl/records_test.go. */
final class DslRecords {
    private DslRecords() {}

    static PrintStream out;

  static Serde<String> S = Serdes.String();
  static Consumed<String,String> C = Consumed.with(S, S);
  static Produced<String,String> P = Produced.with(S, S);
  interface T { void b(StreamsBuilder b); }
  static String hex(byte[] b){ if(b==null) return "null"; if(b.length==0) return "-"; StringBuilder s=new StringBuilder(); for(byte x:b) s.append(String.format("%02x",x)); return s.toString(); }
  static void run(String n, String[] topics, int count, int maxTs, int jump, boolean nulls, long seed, String cache, T t){
    StreamsBuilder b=new StreamsBuilder(); t.b(b);
    Properties p=new Properties(); p.put("application.id","app"); p.put("bootstrap.servers","x:1"); p.put("statestore.cache.max.bytes",cache); p.put("default.key.serde",Serdes.StringSerde.class); p.put("default.value.serde",Serdes.StringSerde.class);
    out.println("## "+n);
    Random r=new Random(seed);
    try(TopologyTestDriver d=new TopologyTestDriver(b.build(),p,Instant.EPOCH)){
      Map<String,TestInputTopic<String,String>> in=new HashMap<>(); for(String x:topics) in.put(x,d.createInputTopic(x,new StringSerializer(),new StringSerializer()));
      long base=0;
      for(int i=0;i<count;i++){
        String topic=topics[r.nextInt(topics.length)];
        String k= nulls&&r.nextInt(12)==0?null:""+(char)('a'+r.nextInt(3));
        String v= nulls&&r.nextInt(6)==0?null:""+(char)('p'+r.nextInt(4));
        base+=r.nextInt(jump); long ts=Math.max(0,base-r.nextInt(maxTs));
        in.get(topic).pipeInput(k,v,ts);
        out.println("> "+topic+" "+k+" "+v+" "+ts);
        for(String o : new TreeSet<>(d.producedTopicNames())){ 
          TestOutputTopic<byte[],byte[]> q=d.createOutputTopic(o,new ByteArrayDeserializer(),new ByteArrayDeserializer());
          while(!q.isEmpty()){ TestRecord<byte[],byte[]> rec=q.readRecord(); out.println(o.replace("app-","")+" "+hex(rec.key())+" "+hex(rec.value())+" "+rec.timestamp()); }
        }
      }
    }
  }
  static Duration ms(long x){ return Duration.ofMillis(x); }
  static KGroupedStream<String,String> g(StreamsBuilder b){ return b.stream("in",C).groupByKey(Grouped.with(S,S)); }
  static void all(PrintStream to){ out = to;
    String[] in={"in"}; String[] two={"in","in2"}; String[] t={"t"};
    Aggregator<String,String,String> agg=(k,v,x)->x+v;
    run("tumbling",in,30,20,6,true,1,"0", b->g(b).windowedBy(TimeWindows.ofSizeAndGrace(ms(10),ms(4))).aggregate(()->"",agg,Materialized.<String,String,WindowStore<Bytes,byte[]>>as("s").withKeySerde(S).withValueSerde(S)).toStream().to("out",Produced.with(WindowedSerdes.timeWindowedSerdeFrom(String.class,10),S)));
    run("hopping",in,30,20,6,true,2,"0", b->g(b).windowedBy(TimeWindows.ofSizeAndGrace(ms(10),ms(4)).advanceBy(ms(3))).aggregate(()->"",agg,Materialized.<String,String,WindowStore<Bytes,byte[]>>as("s").withKeySerde(S).withValueSerde(S)).toStream().to("out",Produced.with(WindowedSerdes.timeWindowedSerdeFrom(String.class,10),S)));
    run("hopping reduce",in,25,20,6,false,3,"0", b->g(b).windowedBy(TimeWindows.ofSizeAndGrace(ms(10),ms(4)).advanceBy(ms(4))).reduce((x,v)->x+v,Materialized.<String,String,WindowStore<Bytes,byte[]>>as("s").withKeySerde(S).withValueSerde(S)).toStream().to("out",Produced.with(WindowedSerdes.timeWindowedSerdeFrom(String.class,10),S)));
    run("sliding",in,60,24,5,true,4,"0", b->g(b).windowedBy(SlidingWindows.ofTimeDifferenceAndGrace(ms(10),ms(12))).aggregate(()->"",agg,Materialized.<String,String,WindowStore<Bytes,byte[]>>as("s").withKeySerde(S).withValueSerde(S)).toStream().to("out",Produced.with(WindowedSerdes.timeWindowedSerdeFrom(String.class,10),S)));
    run("sliding reduce",in,40,24,5,false,5,"0", b->g(b).windowedBy(SlidingWindows.ofTimeDifferenceAndGrace(ms(6),ms(30))).reduce((x,v)->x+v,Materialized.<String,String,WindowStore<Bytes,byte[]>>as("s").withKeySerde(S).withValueSerde(S)).toStream().to("out",Produced.with(WindowedSerdes.timeWindowedSerdeFrom(String.class,6),S)));
    run("session",in,50,20,7,true,6,"0", b->g(b).windowedBy(SessionWindows.ofInactivityGapAndGrace(ms(5),ms(4))).aggregate(()->"",agg,(k,x,y)->x+y,Materialized.<String,String,SessionStore<Bytes,byte[]>>as("s").withKeySerde(S).withValueSerde(S)).toStream().to("out",Produced.with(WindowedSerdes.sessionWindowedSerdeFrom(String.class),S)));
    run("session reduce",in,40,20,7,false,7,"0", b->g(b).windowedBy(SessionWindows.ofInactivityGapAndGrace(ms(5),ms(10))).reduce((x,y)->x+y,Materialized.<String,String,SessionStore<Bytes,byte[]>>as("s").withKeySerde(S).withValueSerde(S)).toStream().to("out",Produced.with(WindowedSerdes.sessionWindowedSerdeFrom(String.class),S)));
    run("session suppressed",in,40,10,7,false,8,"0", b->g(b).windowedBy(SessionWindows.ofInactivityGapAndGrace(ms(5),ms(4))).aggregate(()->"",agg,(k,x,y)->x+y,Materialized.<String,String,SessionStore<Bytes,byte[]>>as("s").withKeySerde(S).withValueSerde(S)).suppress(Suppressed.<Windowed>untilWindowCloses(Suppressed.BufferConfig.unbounded()).withName("sup")).toStream().to("out",Produced.with(WindowedSerdes.sessionWindowedSerdeFrom(String.class),S)));
    run("hopping suppressed",in,30,20,6,true,9,"0", b->g(b).windowedBy(TimeWindows.ofSizeAndGrace(ms(10),ms(4)).advanceBy(ms(5))).count(Materialized.<String,Long,WindowStore<Bytes,byte[]>>as("s").withKeySerde(S)).suppress(Suppressed.<Windowed>untilWindowCloses(Suppressed.BufferConfig.unbounded()).withName("sup")).toStream().to("out",Produced.with(WindowedSerdes.timeWindowedSerdeFrom(String.class,10),Serdes.Long())));
    run("suppress time",t,40,6,4,true,10,"0", b->b.table("t",C,Materialized.<String,String,KeyValueStore<Bytes,byte[]>>as("s").withKeySerde(S).withValueSerde(S)).suppress(Suppressed.<String>untilTimeLimit(ms(5),Suppressed.BufferConfig.maxRecords(2)).withName("sup")).toStream().to("out",P));
    run("table group",t,50,10,4,true,11,"0", b->b.table("t",C,Materialized.<String,String,KeyValueStore<Bytes,byte[]>>as("s").withKeySerde(S).withValueSerde(S)).groupBy((k,v)->KeyValue.pair(v.equals("p")?"x":v.equals("q")?"y":v, k+v),Grouped.with("g",S,S)).aggregate(()->"",(k,v,x)->x+"+"+v,(k,v,x)->x+"-"+v,Materialized.<String,String,KeyValueStore<Bytes,byte[]>>as("agg").withKeySerde(S).withValueSerde(S)).toStream().to("out",P));
    run("table reduce",t,40,10,4,true,12,"0", b->b.table("t",C,Materialized.<String,String,KeyValueStore<Bytes,byte[]>>as("s").withKeySerde(S).withValueSerde(S)).groupBy((k,v)->KeyValue.pair("all", k+v),Grouped.with("g",S,S)).reduce((x,v)->x+"+"+v,(x,v)->x.length()>8?null:x+"-"+v,Materialized.<String,String,KeyValueStore<Bytes,byte[]>>as("agg").withKeySerde(S).withValueSerde(S)).filter((k,v)->v.length()>3).mapValues(v->v+"!").toStream().to("out",P));
    run("table filters",t,40,10,4,true,13,"0", b->b.table("t",C,Materialized.<String,String,KeyValueStore<Bytes,byte[]>>as("s").withKeySerde(S).withValueSerde(S)).mapValues(v->v+v,Materialized.<String,String,KeyValueStore<Bytes,byte[]>>as("m").withKeySerde(S).withValueSerde(S)).filter((k,v)->!v.startsWith("p")).filterNot((k,v)->v.startsWith("q"),Materialized.<String,String,KeyValueStore<Bytes,byte[]>>as("f").withKeySerde(S).withValueSerde(S)).mapValues(v->v+"!").toStream().to("out",P));
    run("versioned",t,40,30,5,true,14,"0", b->b.table("t",C,Materialized.<String,String>as(Stores.persistentVersionedKeyValueStore("s",ms(12))).withKeySerde(S).withValueSerde(S)).filter((k,v)->!v.equals("p")).groupBy((k,v)->KeyValue.pair(v, k),Grouped.with("g",S,S)).count(Materialized.<String,Long,KeyValueStore<Bytes,byte[]>>as("agg").withKeySerde(S)).toStream().to("out",Produced.with(S,Serdes.Long())));
    run("aggregate",in,40,10,4,true,15,"0", b->b.stream("in",C).groupBy((k,v)->v,Grouped.with("g",S,S)).aggregate(()->"",(k,v,x)->x.length()>3?null:x+v,Materialized.<String,String,KeyValueStore<Bytes,byte[]>>as("s").withKeySerde(S).withValueSerde(S)).toStream().to("out",P));
    run("cogroup",two,40,20,6,true,16,"0", b->g(b).cogroup(agg).cogroup(b.stream("in2",C).selectKey((k,v)->v).groupByKey(Grouped.with("g",S,S)),(k,v,x)->x+"/"+v).windowedBy(TimeWindows.ofSizeAndGrace(ms(10),ms(4))).aggregate(()->">",Materialized.<String,String,WindowStore<Bytes,byte[]>>as("s").withKeySerde(S).withValueSerde(S)).toStream().to("out",Produced.with(WindowedSerdes.timeWindowedSerdeFrom(String.class,10),S)));
    run("toTable",in,30,10,4,true,17,"0", b->b.stream("in",C).selectKey((k,v)->v).toTable(Named.as("tt"),Materialized.<String,String,KeyValueStore<Bytes,byte[]>>as("s").withKeySerde(S).withValueSerde(S)).filter((k,v)->!v.equals("p")).toStream().to("out",P));
  }
}
