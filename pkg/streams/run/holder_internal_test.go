package run

import (
	"testing"

	"kq/pkg/streams/state"
	"kq/pkg/streams/topology"
)

func TestTasksShareMemory(t *testing.T) {
	sub := func(stores ...*state.Spec) *topology.SubTopology { return &topology.SubTopology{Stores: stores} }
	for _, c := range []struct {
		subs  map[int32]*topology.SubTopology
		tasks map[int32]int32
		want  int64
	}{
		{map[int32]*topology.SubTopology{0: sub()}, map[int32]int32{0: 50}, 4 << 20},
		{map[int32]*topology.SubTopology{0: sub(), 1: sub(&state.Spec{})}, map[int32]int32{0: 50, 1: 2}, 4 << 20},
		{map[int32]*topology.SubTopology{0: sub(&state.Spec{}), 1: sub(&state.Spec{})}, map[int32]int32{0: 3, 1: 5}, 2 << 20},
		{map[int32]*topology.SubTopology{0: sub(&state.Spec{})}, map[int32]int32{0: 500}, 1 << 20},
	} {
		hs := &holders{l: &layout{subs: c.subs}}
		hs.l.now.Store(&sizes{tasks: c.tasks})
		if got := hs.share(16<<20, 1<<20, 4<<20); got != c.want {
			t.Errorf("%v tasks: %d, not %d", c.tasks, got, c.want)
		}
	}
}
