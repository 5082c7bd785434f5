package consumer

import (
	"fmt"
	"testing"

	"kq/pkg/broker/internal/group/grouptest"
)

// BenchmarkHeartbeat is the usual heartbeat of a settled member among 100.
func BenchmarkHeartbeat(b *testing.B) {
	d := newDriver(b, grouptest.Topics("t"))
	crowd(d, 100)
	for b.Loop() {
		d.beat(beat{member: "m7", epoch: 101})
		clear(d.got)
	}
}

// BenchmarkJoin100 lets 100 members join a group and settle.
func BenchmarkJoin100(b *testing.B) {
	for b.Loop() {
		crowd(newDriver(b, grouptest.Topics("t", "u")), 100)
	}
}

func crowd(d *driver, n int) {
	d.o.MaxSize = n
	for i := range n {
		d.beat(beat{member: fmt.Sprintf("m%d", i), topics: []string{"t", "u"}})
	}
	for range 3 {
		for i := range n {
			m := d.group().members[fmt.Sprintf("m%d", i)]
			d.beat(beat{member: m.id, epoch: m.epoch, owned: m.assigned.partitions()})
		}
	}
}
