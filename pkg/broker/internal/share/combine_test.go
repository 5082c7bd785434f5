package share

import (
	"math"
	"math/rand/v2"
	"reflect"
	"testing"

	"kq/internal/staterec"
)

func st(first, last int64, state int8, deliveries int16) staterec.ShareStateBatch {
	return staterec.ShareStateBatch{First: first, Last: last, State: state, Deliveries: deliveries}
}

func TestCombine(t *testing.T) {
	type batches = []staterec.ShareStateBatch
	for name, c := range map[string]struct {
		soFar, more batches
		start       int64
		want        batches
	}{
		"nothing":                    {want: nil},
		"one":                        {more: batches{st(5, 9, 2, 1)}, start: -1, want: batches{st(5, 9, 2, 1)}},
		"one that begins too early":  {more: batches{st(5, 9, 2, 1)}, start: 7, want: batches{st(7, 9, 2, 1)}},
		"one that ends too early":    {more: batches{st(5, 9, 2, 1)}, start: 10},
		"neighbours":                 {batches{st(0, 4, 2, 1)}, batches{st(5, 9, 2, 1)}, -1, batches{st(0, 9, 2, 1)}},
		"neighbours of other states": {batches{st(0, 4, 0, 1)}, batches{st(5, 9, 2, 1)}, -1, batches{st(0, 4, 0, 1), st(5, 9, 2, 1)}},
		"a hole":                     {batches{st(0, 4, 2, 1)}, batches{st(6, 9, 2, 1)}, -1, batches{st(0, 4, 2, 1), st(6, 9, 2, 1)}},
		"more deliveries":            {batches{st(0, 9, 0, 1)}, batches{st(3, 5, 0, 2)}, -1, batches{st(0, 2, 0, 1), st(3, 5, 0, 2), st(6, 9, 0, 1)}},
		"fewer deliveries":           {batches{st(0, 9, 0, 2)}, batches{st(3, 5, 2, 1)}, -1, batches{st(0, 9, 0, 2)}},
		"a higher state":             {batches{st(0, 9, 0, 1)}, batches{st(5, 12, 2, 1)}, -1, batches{st(0, 4, 0, 1), st(5, 12, 2, 1)}},
		"the highest offset":         {nil, batches{st(0, math.MaxInt64, 2, 1), st(3, 2, 2, 1)}, -1, batches{st(0, math.MaxInt64-1, 2, 1)}},
	} {
		if got := combine(c.soFar, c.more, c.start); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// TestCombineModel compares combine with a state for each offset.
func TestCombineModel(t *testing.T) {
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 0))
	random := func() (out []staterec.ShareStateBatch) {
		for range rng.IntN(6) {
			first := rng.Int64N(20)
			out = append(out, st(first, first+rng.Int64N(8), []int8{0, 2, 4}[rng.IntN(3)], int16(rng.IntN(3))))
		}
		return out
	}
	for range 20_000 {
		a, b, start := random(), random(), rng.Int64N(12)-1
		got := combine(a, b, start)
		for at := int64(0); at < 40; at++ {
			var want, have *staterec.ShareStateBatch
			for _, list := range [][]staterec.ShareStateBatch{a, b} {
				for i := range list {
					if x := &list[i]; at >= start && x.First <= at && at <= x.Last && (want == nil || compareStates(*x, *want) > 0) {
						want = x
					}
				}
			}
			for i := range got {
				if x := &got[i]; x.First <= at && at <= x.Last {
					if have != nil {
						t.Fatalf("seed %d: combine(%v, %v, %d) = %v, twice %d", seed, a, b, start, got, at)
					}
					have = x
				}
			}
			if (want == nil) != (have == nil) || want != nil && compareStates(*want, *have) != 0 {
				t.Fatalf("seed %d: combine(%v, %v, %d) = %v, at %d", seed, a, b, start, got, at)
			}
		}
		for i := 1; i < len(got); i++ {
			if got[i-1].Last >= got[i].First || got[i-1].Last+1 == got[i].First && compareStates(got[i-1], got[i]) == 0 {
				t.Fatalf("seed %d: combine(%v, %v, %d) = %v, not in order or in pieces", seed, a, b, start, got)
			}
		}
	}
}
