package classic

import (
	"bytes"
	"slices"
	"testing"

	"kq/internal/staterec"
	"kq/pkg/broker/internal/group/machine"
)

// FuzzSubscription reads what members say they subscribe to.
func FuzzSubscription(f *testing.F) {
	f.Add(subscribe("a", "bc"))
	f.Add([]byte{0, 0, 127, 255, 255, 255, 0, 1, 'a'})
	f.Add([]byte(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		topics, ok := subscription(b)
		if !ok {
			return
		}
		again, ok := subscription(subscribe(topics...))
		if !ok || !slices.Equal(again, topics) {
			t.Errorf("%q became %q", topics, again)
		}
	})
}

// FuzzLoad makes groups of any record; one that was made is written as it was read.
func FuzzLoad(f *testing.F) {
	f.Add(staterec.GroupValue{
		ProtocolType: "consumer", Generation: 3, Protocol: ptr("range"), Leader: ptr("a"), StateMs: 5,
		Members: []staterec.GroupMember{{ID: "a", InstanceID: ptr("i"), ClientID: "c", ClientHost: "/h", RebalanceTimeoutMs: 1, SessionTimeoutMs: 2, Subscription: subscribe("in")}},
	}.Append(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		v, err := staterec.ParseGroupValue(b)
		if err != nil {
			return
		}
		o := &Options{MaxSize: 1 << 30}
		g := Load("g", &v, o)
		var fx machine.Effects
		g.fx = &fx
		g.record(nil)
		w, err := staterec.ParseGroupValue(fx.Records[0].Value)
		if err != nil {
			t.Fatal(err)
		}
		if again := Load("g", &w, o); again.String() != g.String() || again.leader != g.leader || !bytes.Equal(w.Append(nil), fx.Records[0].Value) {
			t.Errorf("%s became %s", g, again)
		}
		g.fx = nil
		g.Step(machine.Now{}, machine.Loaded{})
		g.Describe()
	})
}
