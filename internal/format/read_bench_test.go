package format_test

import (
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"kq/internal/format"
)

func BenchmarkReadEnvelope(b *testing.B) {
	for name, line := range map[string]string{
		"json":  `{"topic":"j","partition":0,"offset":123456,"ts":1795382602149,"tstype":"create","key":null,"value":"{\"id\":0,\"user\":\"u17611\",\"event\":\"click\",\"ts\":1700000000000,\"amount\":582.97,\"tag\":\"204f89\"}","headers":[]}`,
		"text":  `{"topic":"j","partition":0,"offset":123456,"ts":1795382602149,"tstype":"create","key":"user-123456","value":"the quick brown fox jumps over the lazy dog, and then some more of the same text","headers":[["trace","0123456789abcdef"]]}`,
		"bytes": `{"topic":"j","partition":0,"offset":123456,"ts":1795382602149,"tstype":"create","keyb64":"/wECAwQF","valueb64":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+Pw==","headers":[]}`,
	} {
		b.Run(name, func(b *testing.B) {
			reader, err := format.ParseReader("json")
			if err != nil {
				b.Fatal(err)
			}
			buf := make([]byte, len(line))
			b.SetBytes(int64(len(line)))
			b.ReportAllocs()
			for b.Loop() {
				copy(buf, line)
				r := kgo.Record{Partition: -1}
				if _, err := reader.Read(&r, buf, false); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
