package transfer

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"kq/pkg/broker/brokertest"
)

// TestOvertaken: records that go while a copy runs are told of, or end it; a log
// that became shorter always does.
func TestOvertaken(t *testing.T) {
	b := brokertest.Start(t, brokertest.Topics("a:1"))
	cl, err := kgo.NewClient(append(ClientOptions(), kgo.SeedBrokers(b.Addr()))...)
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	for i := range 9 {
		if err := cl.ProduceSync(t.Context(), &kgo.Record{Topic: "a", Value: fmt.Appendf(nil, "%d", i)}).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
	var to kadm.Offsets
	to.Add(kadm.Offset{Topic: "a", At: 5})
	if _, err := kadm.NewClient(cl).DeleteRecords(t.Context(), to); err != nil {
		t.Fatal(err)
	}
	found, err := lookUp(t.Context(), cl, "a")
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		at    int64
		skip  bool
		want  error
		text  string
		first int64
	}{
		"fail":  {0, false, ErrGap, `"a" partition 0: offsets 0 to 4`, 0},
		"skip":  {0, true, nil, `"a" partition 0: offsets 0 to 4 are gone and were not copied`, 5},
		"ahead": {20, true, ErrAhead, `"a" partition 0 has no offset 20`, 0},
		"there": {6, false, nil, "", 6},
	} {
		var said strings.Builder
		o := &Options{Source: "a", SkipGaps: tt.skip, Notice: func(text string) { said.WriteString(text) }}
		f := &fetcher{
			cl: cl, o: o, leaders: &leaders{cl: cl, topic: "a", id: found.topic.TopicID, of: found.leaders()},
			cursors: []*cursor{{at: tt.at, end: 9}}, to: []chan *chunk{make(chan *chunk, 9)},
		}
		if tt.at > 9 {
			f.cursors[0].end = tt.at + 1
		}
		err := f.run(t.Context())
		if !errors.Is(err, tt.want) || err != nil && !strings.Contains(err.Error(), tt.text) || err == nil && !strings.Contains(said.String(), tt.text) {
			t.Errorf("%s: %v, said %q", name, err, said.String())
		}
		if err == nil {
			if c := <-f.to[0]; c.at != tt.first || c.next != 9 && len(f.to[0]) == 0 {
				t.Errorf("%s: a chunk of %d to %d", name, c.at, c.next)
			}
		}
	}
}
