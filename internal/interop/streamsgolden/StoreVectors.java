/*
 * Writes what the stores of Kafka Streams answer, and their changelogs, for the
 * operations of pkg/streams/state/testdata/stores-4.3.1.txt.
 */
import org.apache.kafka.common.serialization.*;
import org.apache.kafka.streams.*;
import org.apache.kafka.streams.kstream.*;
import org.apache.kafka.streams.kstream.internals.*;
import org.apache.kafka.streams.processor.api.*;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.*;
import java.nio.file.*;
import java.time.*;
import java.util.*;

final class StoreVectors {
  private StoreVectors() {}

  static String hex(byte[] b){ if(b==null) return "null"; StringBuilder s=new StringBuilder(); for(byte x:b) s.append(String.format("%02x",x)); return s.toString(); }
  static byte[] unhex(String s){ byte[] b=new byte[s.length()/2]; for(int i=0;i<b.length;i++) b[i]=(byte)Integer.parseInt(s.substring(2*i,2*i+2),16); return b; }
  static class P implements Processor<byte[],String,byte[],String> {
    ProcessorContext<byte[],String> c;
    public void init(ProcessorContext<byte[],String> c){ this.c=c; }
    public void process(Record<byte[],String> r){
      c.forward(r.withValue(run(r.value().split(" "), r.timestamp())));
    }
    String run(String[] a, long now){
      String st=a[0]; byte[] k=unhex(a[2]);
      StringBuilder o=new StringBuilder();
      if(st.startsWith("v")){
        VersionedKeyValueStore<byte[],String> s=c.getStateStore(st);
        switch(a[1]){
          case "put": { long v=s.put(k, a[3].equals("-")?null:a[3], Long.parseLong(a[4])); return v==Long.MIN_VALUE?"no":""+v; }
          case "get": { VersionedRecord<String> v=s.get(k); return v==null?"null":v.value()+"@"+v.timestamp(); }
          case "at": { VersionedRecord<String> v=s.get(k, Long.parseLong(a[3])); return v==null?"null":v.value()+"@"+v.timestamp(); }
        }
      } else if(st.startsWith("w")){
        WindowStore<byte[],ValueAndTimestamp<String>> s=c.getStateStore(st);
        switch(a[1]){
          case "put": s.put(k, a[3].equals("-")?null:ValueAndTimestamp.make(a[3], now), Long.parseLong(a[4])); return "ok";
          case "get": { ValueAndTimestamp<String> v=s.fetch(k, Long.parseLong(a[3])); return v==null?"null":v.value()+"@"+v.timestamp(); }
          case "fetch": case "back": {
            try(WindowStoreIterator<ValueAndTimestamp<String>> it=a[1].equals("fetch")?s.fetch(k, Long.parseLong(a[3]), Long.parseLong(a[4])):s.backwardFetch(k, Long.parseLong(a[3]), Long.parseLong(a[4]))){
              while(it.hasNext()){ var e=it.next(); o.append(e.key+"="+e.value.value()+"@"+e.value.timestamp()+" "); } } return o.toString(); }
          case "all": {
            try(KeyValueIterator<Windowed<byte[]>,ValueAndTimestamp<String>> it=s.fetchAll(Long.parseLong(a[3]), Long.parseLong(a[4]))){
              while(it.hasNext()){ var e=it.next(); o.append(hex(e.key.key())+":"+e.key.window().start()+"="+e.value.value()+" "); } } return o.toString(); }
        }
      } else if(st.startsWith("s")){
        SessionStore<byte[],String> s=c.getStateStore(st);
        switch(a[1]){
          case "put": s.put(new Windowed<>(k,new SessionWindow(Long.parseLong(a[4]),Long.parseLong(a[5]))), a[3].equals("-")?null:a[3]); return "ok";
          case "get": { String v=s.fetchSession(k, Long.parseLong(a[3]), Long.parseLong(a[4])); return v==null?"null":v; }
          case "find": case "back": {
            try(KeyValueIterator<Windowed<byte[]>,String> it=a[1].equals("find")?s.findSessions(k, Long.parseLong(a[3]), Long.parseLong(a[4])):s.backwardFindSessions(k, Long.parseLong(a[3]), Long.parseLong(a[4]))){
              while(it.hasNext()){ var e=it.next(); o.append(e.key.window().start()+"-"+e.key.window().end()+"="+e.value+" "); } } return o.toString(); }
        }
      }
      return "?";
    }
  }
  static String all(List<String> lines) throws Exception {
    Topology t=new Topology();
    t.addSource("src", Serdes.ByteArray().deserializer(), Serdes.String().deserializer(), "in");
    t.addProcessor("p", P::new, "src");
    Duration ret=Duration.ofSeconds(150);
    t.addStateStore(Stores.versionedKeyValueStoreBuilder(Stores.persistentVersionedKeyValueStore("v", Duration.ofSeconds(20)), Serdes.ByteArray(), Serdes.String()),"p");
    t.addStateStore(Stores.timestampedWindowStoreBuilder(Stores.persistentTimestampedWindowStore("w", ret, Duration.ofSeconds(10), false), Serdes.ByteArray(), Serdes.String()),"p");
    t.addStateStore(Stores.timestampedWindowStoreBuilder(Stores.persistentTimestampedWindowStore("wd", ret, Duration.ofSeconds(10), true), Serdes.ByteArray(), Serdes.String()),"p");
    t.addStateStore(Stores.timestampedWindowStoreBuilder(Stores.inMemoryWindowStore("wm", ret, Duration.ofSeconds(10), false), Serdes.ByteArray(), Serdes.String()),"p");
    t.addStateStore(Stores.sessionStoreBuilder(Stores.persistentSessionStore("s", ret), Serdes.ByteArray(), Serdes.String()),"p");
    t.addStateStore(Stores.sessionStoreBuilder(Stores.inMemorySessionStore("sm", ret), Serdes.ByteArray(), Serdes.String()),"p");
    t.addSink("out","out",Serdes.ByteArray().serializer(), Serdes.String().serializer(),"p");
    Properties c=new Properties(); c.put("application.id","g"); c.put("bootstrap.servers","x:1"); c.put("state.dir", Files.createTempDirectory("kst").toString());
    try(TopologyTestDriver d=new TopologyTestDriver(t,c)){
      var in=d.createInputTopic("in",Serdes.ByteArray().serializer(),Serdes.String().serializer());
      var out=d.createOutputTopic("out",Serdes.ByteArray().deserializer(),Serdes.String().deserializer());
      long n=0;
      StringBuilder res=new StringBuilder();
      for(String line: lines){
        String op=line.split(" => ")[0];
        if(line.startsWith("LOG")) break;
        in.pipeInput(new byte[]{1}, op, n++);
        String answer=out.readValue().trim();
        res.append(op+" => "+(answer.isEmpty()?"-":answer)+"\n");
      }
      for(String st: new String[]{"v","w","wd","wm","s","sm"}){
        var ch=d.createOutputTopic("g-"+st+"-changelog",Serdes.ByteArray().deserializer(),Serdes.ByteArray().deserializer());
        while(!ch.isEmpty()){ var r=ch.readRecord(); res.append("LOG "+st+" ts="+r.timestamp()+" k="+hex(r.key())+" v="+hex(r.value())+"\n"); }
      }
      return res.toString();
    }
  }
}
