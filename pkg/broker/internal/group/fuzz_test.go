package group

import (
	"testing"

	"kq/internal/staterec"
	"kq/pkg/broker/internal/statelog"
)

// FuzzLoad reads records that nobody wrote: none may stop the others.
func FuzzLoad(f *testing.F) {
	f.Add(offsetKey("g", "t", 1), staterec.OffsetValue{Offset: 3, ExpireMs: -1}.Append(nil), int64(-1), false)
	f.Add(offsetKey("g", "t", 1), []byte(nil), int64(5), true)
	f.Add(staterec.GroupKey{Group: "g"}.Append(nil), staterec.GroupValue{Members: []staterec.GroupMember{{ID: "a"}, {ID: "a"}}}.Append(nil), int64(-1), false)
	f.Add([]byte{0, 3, 0, 1, 'g'}, []byte{0, 0, 0, 0, 0, 7, 0}, int64(-1), false)
	f.Add(staterec.Key{Kind: staterec.ShareCurrent, Group: "g", Member: "a"}.Append(nil), staterec.ShareGroupCurrentMemberAssignment{MemberEpoch: 3}.Append(nil), int64(-1), false)
	fx := newFixture(f).ready()
	f.Fuzz(func(t *testing.T, key, value []byte, producer int64, txn bool) {
		l := loader{c: fx.c, s: newShard(0, 0), img: fx.image}
		for _, e := range []statelog.Entry{
			{Key: offsetKey("x", "in", 0), Value: staterec.OffsetValue{Offset: 1, ExpireMs: -1}.Append(nil), ProducerID: -1},
			{Key: key, Value: value, ProducerID: producer, Transactional: txn, Offset: 1},
			{ProducerID: producer, Control: true, Offset: 2},
			{Key: offsetKey("y", "in", 0), Value: staterec.OffsetValue{Offset: 2, ExpireMs: -1}.Append(nil), ProducerID: -1, Offset: 3},
		} {
			if err := l.entry(e); err != nil {
				t.Fatal(err)
			}
		}
		l.finish()
		for id, g := range l.s.groups {
			if g.id != id || g.machine == nil {
				t.Fatalf("group %q is %q with machine %v", id, g.id, g.machine)
			}
			g.machine.Info()
			g.machine.Expiry()
		}
		if g := l.s.groups["y"]; g == nil || g.committed(fx.image, "in", 0).offset != 2 {
			t.Fatal("what came after is not there")
		}
	})
}
