package run

import (
	"context"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// TestExactlyOnceBeforeTransactionVersion2 runs on clusters on which a producer
// adds partitions and groups to its transaction, loses answers, is killed and
// starts again.
func TestExactlyOnceBeforeTransactionVersion2(t *testing.T) {
	b := broker(t, "lines:2", "counts:1")
	req := kmsg.NewPtrUpdateFeaturesRequest()
	req.FeatureUpdates = []kmsg.UpdateFeaturesRequestFeatureUpdate{{Feature: "transaction.version", MaxVersionLevel: 0, UpgradeType: 2}}
	if resp, err := req.RequestWith(t.Context(), client(t, b)); err != nil || resp.ErrorCode != 0 {
		t.Fatal(resp, err)
	}
	var mu sync.Mutex
	seen, all := map[uint16]int{}, 0
	dial := kgo.Dialer(func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := new(net.Dialer).DialContext(ctx, network, addr)
		return &deaf{Conn: c, lose: func(k uint16) bool {
			mu.Lock()
			defer mu.Unlock()
			switch k {
			case 0, 22, 24, 25, 26, 28: // those of a transaction
				seen[k]++
				all++
				return all%13 == 0
			}
			return false
		}}, err
	})
	dir := t.TempDir() // keeps the transactional ids
	launch := func() *instance {
		return start(t, b, wordCount(t), func(o *Options) {
			o.Guarantee, o.Commit, o.StateDir, o.Opts = ExactlyOnce, 20*time.Millisecond, dir, append(o.Opts, dial)
		})
	}
	i := launch()
	f := feed(t, b)
	i.running(t, 4)
	lost := func(n int) func() bool {
		return func() bool {
			mu.Lock()
			defer mu.Unlock()
			return all >= n*13
		}
	}
	until(t, "answers were lost", lost(2))
	i.die()
	i = launch()
	until(t, "more answers were lost", lost(6))
	checkModel(t, b, f.end(), true)
	i.stop(t)
	mu.Lock()
	defer mu.Unlock()
	for _, k := range []uint16{24, 25} {
		if seen[k] == 0 {
			t.Errorf("%s was never asked for", kmsg.NameForKey(int16(k)))
		}
	}
}
