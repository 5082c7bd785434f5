//go:build interop

package interop

import (
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// started is the create time of the records.
var started = time.Now().UnixMilli()

// TestRestart checks what must survive a broker, after a clean stop and after
// kill -9: producer ids are never given twice, a duplicate is still known,
// leader epochs do not go back, ids and settings of topics stay.
func TestRestart(t *testing.T) {
	for _, end := range []string{"a clean stop", "kill -9"} {
		t.Run(end, func(t *testing.T) {
			data := t.TempDir()
			s := startServer(t, data)
			given := map[int64]bool{}
			var id [16]byte
			var producer int64
			var epoch int32
			RunRow(t, &Row{Run: func(s *Session) {
				id = s.Topic("kept", 1, "retention.ms=12345678")
				for range 5 {
					producer = newProducer(s, given)
				}
				epoch = leaderEpoch(s)
				appendOnce(s, producer, 0, 0)
				appendOnce(s, producer, 1, 1)
			}}, s.addr, 1)
			for range 3 {
				stop := s.stop
				if end == "kill -9" {
					stop = s.kill
				}
				if err := stop(); err != nil {
					t.Fatal(err)
				}
				s = startServer(t, data)
				RunRow(t, &Row{Run: func(s *Session) {
					s.Until(metadataOf(12, "kept"), func(r kmsg.Response) bool {
						topic := r.(*kmsg.MetadataResponse).Topics[0]
						if topic.ErrorCode == 0 && topic.TopicID != id {
							t.Errorf("the topic's id was %x, is %x", id, topic.TopicID)
						}
						return topic.ErrorCode == 0 && topic.Partitions[0].Leader >= 0
					})
					if now := leaderEpoch(s); now < epoch {
						t.Errorf("the leader epoch was %d, is %d", epoch, now)
					} else {
						epoch = now
					}
					appendOnce(s, producer, 1, 1) // a duplicate: the first answer again
					newProducer(s, given)
					s.showTopic("kept", "retention.ms", "12345678", "retention.ms")
				}}, s.addr, 1)
			}
		})
	}
}

// newProducer asks for a producer id and fails the test when it was given before.
func newProducer(s *Session, given map[int64]bool) int64 {
	id := s.producer()
	if given[id] {
		s.TB.Errorf("producer id %d was given twice", id)
	}
	given[id] = true
	return id
}

func leaderEpoch(s *Session) int32 {
	return s.Do(metadataOf(12, "kept")).(*kmsg.MetadataResponse).Topics[0].Partitions[0].LeaderEpoch
}

// appendOnce sends one record with a sequence and wants it at an offset.
func appendOnce(s *Session, producer int64, seq int32, offset int64) {
	b := Records("v")
	b.FirstTimestamp = started // Kafka forgets producers whose records are old
	b.Producer = &Producer{ID: producer, Epoch: 0, Seq: seq}
	var got kmsg.ProduceResponseTopicPartition
	s.Until(produce(9, "kept", 0, b.Bytes()), func(r kmsg.Response) bool {
		got = r.(*kmsg.ProduceResponse).Topics[0].Partitions[0]
		return got.ErrorCode != 3 && got.ErrorCode != 6 // not yet loaded
	})
	if got.ErrorCode != 0 || got.BaseOffset != offset {
		s.TB.Errorf("sequence %d: error %d, offset %d, want offset %d", seq, got.ErrorCode, got.BaseOffset, offset)
	}
}
