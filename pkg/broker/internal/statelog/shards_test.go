package statelog_test

import (
	"slices"
	"sync"
	"testing"

	"kq/pkg/broker/internal/meta"
	"kq/pkg/broker/internal/statelog"
)

// part notes what happens to it.
type part struct {
	n    int32
	home statelog.Home

	mu     sync.Mutex
	events []string // guarded by mu
}

func (p *part) note(what string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.events = append(p.events, what)
}

func (p *part) Load()   { p.note("load") }
func (p *part) Unload() { p.note("unload") }

func (p *part) is(t *testing.T, want ...string) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	slices.Sort(p.events) // neither waits for the other
	if !slices.Equal(p.events, want) {
		t.Errorf("partition %d in %v: %v, want %v", p.n, p.home, p.events, want)
	}
}

func TestShardsFollowLeaders(t *testing.T) {
	homes := []statelog.Home{{Topic: meta.ID{1}, Node: 1, Epoch: 4}, {Topic: meta.ID{1}, Node: 2, Epoch: 7}, {Topic: meta.ID{1}, Node: 1}}
	s := statelog.NewShards(statelog.ShardsOptions[*part]{
		NodeID: 1,
		Home: func(p int32) (meta.ID, int32, int32) {
			if int(p) >= len(homes) {
				return meta.ID{}, -1, -1
			}
			return homes[p].Topic, homes[p].Node, homes[p].Epoch
		},
		New: func(p int32, h statelog.Home) *part { return &part{n: p, home: h} },
	})
	first := s.Of(0)
	if first == nil || first != s.Of(0) || s.Of(1) != nil || s.Of(3) != nil {
		t.Fatal("not the shards of the partitions that this broker leads")
	}
	if all := s.All(); len(all) != 2 || all[0] != first || all[1].n != 2 {
		t.Errorf("%d shards, not those of partitions 0 and 2", len(all))
	}

	homes[0].Epoch++ // it was led by another meanwhile
	second := s.Of(0)
	if second == first || second.home != homes[0] {
		t.Error("a shard of another epoch goes on")
	}
	homes[0].Topic = meta.ID{2} // the topic was made again
	third := s.Of(0)
	s.Drop(0, second) // is no more
	if s.Of(0) != third || third == second {
		t.Error("dropping an old shard took the new one")
	}
	s.Drop(0, third)
	fourth := s.Of(0)
	homes[0].Node = 2
	if fourth == third || s.Of(0) != nil {
		t.Error("a shard that was dropped, or is led elsewhere, is there")
	}
	s.Wait()
	first.is(t, "load", "unload")
	third.is(t, "load", "unload")
	fourth.is(t, "load", "unload")

	last := s.Of(2)
	s.Close()
	last.is(t, "load", "unload")
	if s.Of(2) != nil || s.Go(func() { t.Error("ran after the end") }) || s.Context().Err() == nil {
		t.Error("it goes on after Close")
	}
}
