package consumer

import (
	"testing"

	"kq/internal/staterec"
	"kq/pkg/broker/internal/group/grouptest"
	"kq/pkg/broker/internal/group/machine"
)

// FuzzReplay loads any records and goes on from there: nothing of it may panic.
func FuzzReplay(f *testing.F) {
	d := newDriver(f, grouptest.Topics("t", "logs"))
	d.beat(beat{member: "a", instance: "i", topics: []string{"t"}})
	d.beat(beat{member: "b", regex: "l.*"})
	d.pass(0)
	d.join(d.joinRequest("c", []string{"t"}, nil))
	for _, r := range d.log {
		f.Add(r.Key, r.Value, []byte{}, []byte(nil))
	}
	f.Add(d.log[0].Key, d.log[0].Value, d.log[len(d.log)-1].Key, d.log[len(d.log)-1].Value)
	f.Fuzz(func(t *testing.T, k1, v1, k2, v2 []byte) {
		d := newDriver(t, grouptest.Topics("t", "logs"))
		g := d.group()
		d.beat(beat{member: "a", topics: []string{"t"}})
		for _, r := range []machine.Record{{Key: k1, Value: v1}, {Key: k2, Value: v2}} {
			if k, err := staterec.ParseKey(r.Key); err == nil {
				_ = g.Replay(&k, r.Value)
			}
		}
		d.do(g.Step(d.Now, machine.Loaded{}))
		for id, m := range g.members {
			d.call(func(n int) any {
				return machine.Heartbeat{Call: n, Request: heartbeatOf(id, m.epoch)}
			})
			d.call(func(n int) any { return machine.Sync{Call: n, Request: syncOf(id, m.epoch)} })
			d.beat(beat{member: id, instance: m.instance, epoch: m.epoch})
		}
		if g, ok := d.m.(*Group); ok {
			g.Describe()
			g.Info().Tombstones()
			g.subscribed("t")
		}
	})
}
