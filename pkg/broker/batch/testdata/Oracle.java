import java.nio.ByteBuffer;
import java.io.*;
import java.util.*;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.errors.*;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.*;
import org.apache.kafka.common.requests.ProduceRequest;
import org.apache.kafka.common.requests.ProduceResponse.RecordError;
import org.apache.kafka.common.utils.*;
import org.apache.kafka.storage.internals.log.*;

/**
 * Answers each line of standard input with what Apache Kafka makes of these records:
 * legacy, compacted, log append time, before, after, compression, max bytes, now, leader epoch, hex.
 * The answer is "ok", hex, max timestamp; or "err", code, message, and index and text of each record error.
 */
public class Oracle {
    static final TopicPartition TP = new TopicPartition("t", 0);

    static class Fixed implements Time {
        final long now;
        Fixed(long now) { this.now = now; }
        public long milliseconds() { return now; }
        public long nanoseconds() { return now * 1000000; }
        public void sleep(long ms) { }
        public void waitObject(Object o, java.util.function.Supplier<Boolean> c, long d) { }
    }

    static class Quiet implements LogValidator.MetricsRecorder {
        public void recordInvalidMagic() { }
        public void recordInvalidOffset() { }
        public void recordInvalidSequence() { }
        public void recordInvalidChecksums() { }
        public void recordNoKeyCompactedTopic() { }
    }

    public static void main(String[] args) throws Exception {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        PrintStream out = new PrintStream(new BufferedOutputStream(System.out), false);
        for (String line; (line = in.readLine()) != null; ) {
            out.println(answer(line.split("\t", -1)));
            out.flush();
        }
    }

    static String answer(String[] f) {
        try {
            return validate(f);
        } catch (RecordValidationException e) {
            StringBuilder s = new StringBuilder("err\t" + Errors.forException(e.invalidException()).code() + "\t" + e.invalidException().getMessage());
            for (RecordError r : e.recordErrors()) s.append("\t").append(r.batchIndex).append("\t").append(r.message);
            return s.toString();
        } catch (Throwable e) {
            return "err\t" + Errors.forException(e).code() + "\t" + e.getClass().getSimpleName() + ": " + String.valueOf(e.getMessage()).replaceAll("\\s", " ");
        }
    }

    static String validate(String[] f) throws Exception {
        boolean legacy = f[0].equals("true"), compacted = f[1].equals("true");
        TimestampType type = f[2].equals("true") ? TimestampType.LOG_APPEND_TIME : TimestampType.CREATE_TIME;
        int max = Integer.parseInt(f[6]), epoch = Integer.parseInt(f[8]);
        long now = Long.parseLong(f[7]);
        MemoryRecords records = MemoryRecords.readableRecords(ByteBuffer.wrap(HexFormat.of().parseHex(f[9])));
        if (!legacy) ProduceRequest.validateRecords((short) 12, records);
        CompressionType source = CompressionType.NONE;
        int bytes = 0;
        for (MutableRecordBatch b : records.batches()) { // UnifiedLog.analyzeAndValidateRecords
            if (b.magic() >= 2 && b.baseOffset() != 0) throw new InvalidRecordException("base offset");
            if (max > 0 && b.sizeInBytes() > max) throw new RecordTooLargeException("too large");
            if (!b.isValid()) throw new CorruptRecordException("crc");
            CompressionType c = CompressionType.forId(b.compressionType().id);
            if (c != CompressionType.NONE) source = c;
            bytes += b.sizeInBytes();
        }
        if (bytes == 0) throw new InvalidRecordException("nothing");
        ByteBuffer valid = records.buffer().duplicate();
        valid.limit(bytes);
        CompressionType target = f[5].equals("producer") ? source : CompressionType.forName(f[5]);
        LogValidator.ValidationResult r = new LogValidator(MemoryRecords.readableRecords(valid), TP, new Fixed(now), source,
            Compression.of(target).build(), compacted, (byte) 2, type, Long.parseLong(f[3]), Long.parseLong(f[4]), epoch,
            AppendOrigin.CLIENT).validateMessagesAndAssignOffsets(PrimitiveRef.ofLong(0), new Quiet(), BufferSupplier.NO_CACHING);
        if (r.messageSizeMaybeChanged()) // UnifiedLog.append
            for (MutableRecordBatch b : r.validatedRecords().batches())
                if (max > 0 && b.sizeInBytes() > max) throw new RecordTooLargeException("too large after");
        ByteBuffer o = r.validatedRecords().buffer().duplicate();
        byte[] p = new byte[o.remaining()];
        o.get(p);
        return "ok\t" + HexFormat.of().formatHex(p) + "\t" + r.maxTimestampMs();
    }
}
