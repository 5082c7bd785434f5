package ingest

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"time"
)

// The table does what a map and a list of keys by age do, through random puts,
// removals and sweeps.
func TestKeysAgainstModel(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 1))
	k := newKeys()
	model := map[string][]byte{}
	var order []string // as put, oldest first; old ones of a key are left out
	now := int64(0)
	forget := func(key string) {
		delete(model, key)
		order = slices.DeleteFunc(order, func(o string) bool { return o == key })
	}
	for step := range 20_000 {
		key := fmt.Sprint("key ", rnd.IntN(500))
		now++
		switch rnd.IntN(4) {
		default:
			e := entry{topic: "t", time: now, window: 300, records: make([]result, 1+rnd.IntN(20))}
			if rnd.IntN(2000) == 0 {
				e.records = make([]result, slabBytes)
			}
			forget(key)
			model[key] = appendEntry(nil, &e)
			order = append(order, key)
			k.put(key, model[key])
		case 0:
			forget(key)
			k.remove(key)
		case 1:
			n := rnd.IntN(50)
			want := []string{}
			for _, o := range order {
				if e, err := parseEntry(model[o]); err != nil || !e.expired(time.UnixMilli(now)) || len(want) == n {
					break
				}
				want = append(want, o)
			}
			if got := k.oldest(time.UnixMilli(now), n); !slices.Equal(got, want) {
				t.Fatalf("step %d: expired %v, want %v", step, got, want)
			}
			for _, o := range want {
				forget(o)
				k.remove(o)
			}
		}
		got, ok := k.find(key)
		if want, there := model[key]; ok != there || !bytes.Equal(got, want) {
			t.Fatalf("step %d: %s is %d bytes, %v; want %d, %v", step, key, len(got), ok, len(want), there)
		}
	}
	for key := range model {
		k.remove(key)
	}
	k.trim()
	if k.size > 2*slabBytes || len(k.slabs) > 1 {
		t.Errorf("%d bytes in %d slabs are left of nothing", k.size, len(k.slabs))
	}
}

// What the table says of its memory is what it takes.
func TestKeysMemory(t *testing.T) {
	heap := func() int64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	const n = 200_000
	before := heap()
	k := newKeys()
	for i := range n {
		e := entry{topic: "orders", time: 1_700_000_000_000 + int64(i), window: 86_400_000, records: []result{{offset: int64(i), timestamp: 1_700_000_000_000 + int64(i)}}}
		k.put(fmt.Sprintf("%036d", i), appendEntry(nil, &e))
	}
	took, said := heap()-before, k.bytes()
	t.Logf("%d bytes a key, said to be %d", took/n, said/n)
	if took > said*5/4 || said/n > 140 {
		t.Errorf("%d keys take %d bytes, the table says %d", n, took, said)
	}
	runtime.KeepAlive(k)
}
