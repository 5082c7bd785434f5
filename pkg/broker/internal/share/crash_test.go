package share_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"kq/pkg/broker/brokertest"
)

// TestCrashes lets members accept, release and reject at random while the broker
// crashes: what was accepted or rejected never comes again, and in the end
// everything was.
func TestCrashes(t *testing.T) {
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 0))
	b := brokertest.Start(t, brokertest.Topics("t"), brokertest.OnDisk(), brokertest.Set("group.share.delivery.count.limit", "10"))
	writer := client(t, b)
	begin(t, writer, "g", topicID(t, writer, "t"), 0, 0)
	done, end := map[int64]bool{}, int64(0)
	last := map[int64]bool{} // delivered as often as may be
	for round := range 6 {
		n := 1 + rng.IntN(40)
		produce(t, b, "t", n)
		end += int64(n)
		var members []*sharer
		for i := range 3 {
			s := newSharer(t, b, "g", fmt.Sprintf("m%d-%d", round, i), "t")
			s.wait, s.most = 20, int32(1+rng.IntN(20))
			members = append(members, s)
		}
		for range 15 {
			s := members[rng.IntN(len(members))]
			for _, r := range s.fetch() {
				var first, end int64
				var deliveries int
				if _, err := fmt.Sscanf(r, "%d-%d×%d", &first, &end, &deliveries); err != nil {
					t.Fatal(err)
				}
				types := make([]int8, end-first+1)
				for i := range types {
					last[first+int64(i)] = deliveries == 10
					types[i] = int8(1 + rng.IntN(3))
					if done[first+int64(i)] {
						t.Fatalf("seed %d: %d is done and comes again: %s", seed, first+int64(i), r)
					}
				}
				if rng.IntN(4) == 0 {
					continue // it crashes with them
				}
				s.acks(first, end, types...)
				for i, kind := range types {
					done[first+int64(i)] = kind != 2
				}
			}
		}
		if round%2 == 0 {
			b.Crash()
			b.Restart()
		} else {
			for _, s := range members {
				s.cl.Close()
			}
		}
	}
	z := newSharer(t, b, "g", "z", "t")
	for left := true; left; {
		got := z.fetch()
		left = len(got) > 0
		for _, r := range got {
			var first, end int64
			if _, err := fmt.Sscanf(r, "%d-%d×", &first, &end); err != nil {
				t.Fatal(err)
			}
			z.acks(first, end, 1)
			for at := first; at <= end; at++ {
				if done[at] {
					t.Fatalf("seed %d: %d is done and comes again", seed, at)
				}
				done[at] = true
			}
		}
	}
	for at := range end {
		if !done[at] && !last[at] {
			t.Errorf("seed %d: %d was never accepted or rejected", seed, at)
		}
	}
}
