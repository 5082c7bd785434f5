package interop

import (
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

func timestampRows() []Row {
	return []Row{
		{Name: "c-log-append-time", Traps: []int{42, 41}, Run: func(s *Session) {
			s.Topic("lat", 1, "message.timestamp.type=LogAppendTime")
			b := Records("a", "b")
			b.Recs[1].Timestamp = 7
			s.Send(produce(9, "lat", 0, b.Bytes()))
			b.Attributes = 1
			s.Send(produce(9, "lat", 0, b.Bytes()))
			s.Note("the client's own bit: LogAppendTime set in the batch")
			b.Attributes = 8
			s.Send(produce(9, "lat", 0, b.Bytes()))
			s.Send(fetch(12, "lat", 0, 0))
			s.Topic("ct", 1)
			s.Note("the same bit on a CreateTime topic")
			s.Send(produce(9, "ct", 0, b.Bytes()))
			b.Attributes = 9
			s.Send(produce(9, "ct", 0, b.Bytes()))
			s.Send(fetch(12, "ct", 0, 0))
		}},
		{Name: "c-timestamp-range", Traps: []int{41}, Run: timestampRange, Mask: []string{"ErrorMessage"}},
		{Name: "c-timestamp-negative", Traps: []int{41}, Run: func(s *Session) {
			s.Topic("neg", 1)
			for _, ts := range []int64{-1, -2, 0} {
				b := Records("a", "b")
				b.FirstTimestamp = ts
				s.Note("timestamp %d", ts)
				s.Send(produce(9, "neg", 0, b.Bytes()))
			}
			s.Send(fetch(12, "neg", 0, 0))
		}},
		{Name: "c-recompress", Traps: []int{39}, Run: func(s *Session) {
			for _, codec := range []string{"gzip", "snappy", "lz4", "zstd", "uncompressed"} {
				s.Topic("re-"+codec, 1, "compression.type="+codec)
				for _, attr := range []int16{0, 1, 4} {
					b := Records("a", "b")
					b.Attributes = attr
					s.Send(produce(9, "re-"+codec, 0, b.Bytes()))
				}
				s.Send(fetch(12, "re-"+codec, 0, 0))
			}
		}},
	}
}

// timestampRange sends create times just inside and outside the limits.
func timestampRange(s *Session) {
	s.Topic("after", 1)
	s.Topic("before", 1, "message.timestamp.before.max.ms=60000", "message.timestamp.after.max.ms=60000")
	now := time.Now().UnixMilli()
	send := func(topic, what string, ts int64, attr int16) {
		b := Records("a", "b")
		b.FirstTimestamp, b.Attributes = ts, attr
		s.Note("%s: %s, attributes %d", topic, what, attr)
		s.Send(produce(9, topic, 0, b.Bytes()))
	}
	for _, attr := range []int16{0, 1} {
		send("after", "59 minutes ahead", now+59*60000, attr)
		send("after", "61 minutes ahead", now+61*60000, attr)
		send("after", "a year ago", now-365*86400000, attr)
		send("before", "now", now, attr)
		send("before", "two minutes ago", now-120000, attr)
		send("before", "two minutes ahead", now+120000, attr)
	}
	s.Note("only the second record is late")
	b := Records("a", "b")
	b.FirstTimestamp, b.Recs[1].Timestamp = now, -120000
	s.Send(produce(9, "before", 0, b.Bytes()))
	s.Note("only the header is late")
	b = Records("a", "b")
	b.FirstTimestamp = now
	b.Edit = func(b *kmsg.RecordBatch) { b.MaxTimestamp = now + 120*60000 }
	s.Send(produce(9, "after", 0, b.Bytes()))
	s.Send(produce(7, "after", 0, Records("a").Bytes()))
}
