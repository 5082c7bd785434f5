package meta

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func apply(t *testing.T, img *Image, records ...Record) *Image {
	t.Helper()
	next, err := img.Apply(records...)
	if err != nil {
		t.Fatal(err)
	}
	return next
}

func partition(topic ID, id int32) *PartitionRecord {
	return &PartitionRecord{PartitionID: id, TopicID: topic, Replicas: []int32{1}, ISR: []int32{1}, Leader: 1}
}

func TestImageTopics(t *testing.T) {
	empty := NewImage("c")
	a := apply(t, empty, &TopicRecord{Name: "a", TopicID: ID{1}}, partition(ID{1}, 0), partition(ID{1}, 1),
		&ConfigRecord{ResourceType: ResourceTopic, ResourceName: "a", Name: "k", Value: ptr("v")})
	b := apply(t, a, &TopicRecord{Name: "__consumer_offsets", TopicID: ID{2}}, partition(ID{2}, 0))
	if empty.Topic("a") != nil || a.TopicCount() != 1 || b.TopicCount() != 2 || b.PartitionCount() != 3 {
		t.Errorf("counts: %d %d %d", a.TopicCount(), b.TopicCount(), b.PartitionCount())
	}
	if got := b.Topics(); got[0].Name != "__consumer_offsets" || !got[0].Internal || got[1] != a.Topic("a") || got[1].Internal {
		t.Errorf("topics: %+v", got)
	}
	if b.TopicByID(ID{1}) != b.Topic("a") || b.Partition("a", 1) == nil || b.Partition("a", 2) != nil || b.Partition("a", -1) != nil || b.Partition("x", 0) != nil {
		t.Error("lookups disagree")
	}

	moved := apply(t, b, &PartitionChange{TopicID: ID{1}, PartitionID: 1, Leader: -1, ISR: []int32{}, LeaderRecoveryState: -1})
	if p := moved.Partition("a", 1); p.Leader != -1 || p.LeaderEpoch != 1 || p.PartitionEpoch != 1 || len(p.ISR) != 0 {
		t.Errorf("changed partition: %+v", p)
	}
	if p := b.Partition("a", 1); p.Leader != 1 || p.LeaderEpoch != 0 {
		t.Errorf("old image changed: %+v", p)
	}
	kept := apply(t, moved, NewPartitionChange(ID{1}, 1))
	if p := kept.Partition("a", 1); p.LeaderEpoch != 1 || p.PartitionEpoch != 2 || p.RecoveryState != 0 {
		t.Errorf("empty change: %+v", p)
	}

	gone := apply(t, b, &RemoveTopic{TopicID: ID{1}}, &TopicRecord{Name: "a", TopicID: ID{3}}, partition(ID{3}, 0))
	if gone.TopicByID(ID{1}) != nil || gone.Topic("a").ID != (ID{3}) || gone.PartitionCount() != 2 || gone.Config(ResourceTopic, "a") != nil {
		t.Errorf("made again: %+v, %d partitions", gone.Topic("a"), gone.PartitionCount())
	}
	var from []string
	b.TopicsFrom("a", func(t *Topic) bool { from = append(from, t.Name); return true })
	if !slices.Equal(from, []string{"a"}) {
		t.Errorf("from a: %v", from)
	}
}

func TestImageRest(t *testing.T) {
	img := apply(t, NewImage("c"),
		&FeatureLevel{Name: "x", Level: 2}, &FeatureLevel{Name: "y", Level: 1}, &FeatureLevel{Name: "y"},
		&RegisterBroker{BrokerID: 2, BrokerEpoch: 5}, &RegisterBroker{BrokerID: 1, BrokerEpoch: 6, Fenced: true},
		&ProducerIDs{BrokerID: 1, NextProducerID: 1000}, &Unknown{RecordType: 18})
	if !maps.Equal(img.Features(), map[string]int16{"x": 2}) || img.NextProducerID() != 1000 || len(img.unknown) != 1 {
		t.Errorf("image: %+v", img)
	}
	if img.Offset != 6 {
		t.Errorf("offset %d", img.Offset)
	}
	if img.Alive(1) || !img.Alive(2) || img.Alive(3) {
		t.Error("alive")
	}
	p := &Partition{Replicas: []int32{3, 2, 1}}
	if got := img.OfflineReplicas(p); !slices.Equal(got, []int32{3, 1}) {
		t.Errorf("offline %v", got)
	}
	next := apply(t, img, &BrokerRegistrationChange{BrokerID: 1, BrokerEpoch: 6, Fenced: -1, InControlledShutdown: 1},
		&FenceBroker{ID: 2, Epoch: 5}, &ConfigRecord{ResourceType: ResourceBroker, Name: "k", Value: ptr("v")})
	if !next.Alive(1) || next.Alive(2) || img.Alive(1) || !next.Broker(1).InControlledShutdown {
		t.Errorf("brokers: %+v %+v", next.Broker(1), next.Broker(2))
	}
	if got := next.Configured(); !slices.Equal(got, []Resource{{ResourceBroker, ""}}) {
		t.Errorf("configured: %v", got)
	}
	next = apply(t, next, &UnfenceBroker{ID: 2, Epoch: 5}, &UnregisterBroker{BrokerID: 1, BrokerEpoch: 6},
		&ConfigRecord{ResourceType: ResourceBroker, Name: "k"})
	if len(next.Brokers()) != 1 || !next.Alive(2) || next.Config(ResourceBroker, "") != nil || len(next.Configured()) != 0 {
		t.Errorf("left: %+v", next.Brokers())
	}
}

func TestTransactions(t *testing.T) {
	d := NewDelta(NewImage("c"))
	step := func(r Record) {
		t.Helper()
		if err := d.Apply(r); err != nil {
			t.Fatal(err)
		}
	}
	step(&BeginTransaction{})
	step(&TopicRecord{Name: "a", TopicID: ID{1}})
	if !d.InTransaction() || d.Image(1, 1).Topic("a") != nil {
		t.Error("a topic of an open transaction shows")
	}
	step(&AbortTransaction{})
	step(&BeginTransaction{})
	step(&TopicRecord{Name: "b", TopicID: ID{2}})
	step(&EndTransaction{})
	img := d.Image(5, 2)
	if img.Topic("a") != nil || img.Topic("b") == nil || img.Offset != 5 || img.Epoch != 2 {
		t.Errorf("image %+v", img)
	}
}

func TestInconsistent(t *testing.T) {
	base := apply(t, NewImage("c"), &TopicRecord{Name: "a", TopicID: ID{1}}, partition(ID{1}, 0),
		&ProducerIDs{NextProducerID: 1000}, &RegisterBroker{BrokerID: 1, BrokerEpoch: 3})
	for name, records := range map[string][]Record{
		"topic name twice":           {&TopicRecord{Name: "a", TopicID: ID{2}}},
		"topic name twice at once":   {&TopicRecord{Name: "b", TopicID: ID{2}}, &TopicRecord{Name: "b", TopicID: ID{3}}},
		"topic id twice":             {&TopicRecord{Name: "b", TopicID: ID{1}}},
		"unknown topic removed":      {&RemoveTopic{TopicID: ID{9}}},
		"partition of no topic":      {partition(ID{9}, 0)},
		"gap":                        {partition(ID{1}, 2)},
		"negative partition":         {partition(ID{1}, -1)},
		"change of no partition":     {NewPartitionChange(ID{1}, 1)},
		"producer ids given again":   {&ProducerIDs{NextProducerID: 999}},
		"fence of an unknown":        {&FenceBroker{ID: 2, Epoch: 3}},
		"fence of an older epoch":    {&FenceBroker{ID: 1, Epoch: 2}},
		"end of no transaction":      {&EndTransaction{}},
		"transaction without end":    {&BeginTransaction{}},
		"transaction inside another": {&BeginTransaction{}, &BeginTransaction{}},
	} {
		if _, err := base.Apply(records...); !errors.Is(err, ErrInconsistent) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// describe is everything that two images of the same metadata have in common.
func describe(img *Image) string {
	var b strings.Builder
	_ = img.Records(func(r Record) error {
		fmt.Fprintf(&b, "%d %x\n", Type(r), Append(nil, r))
		return nil
	})
	return b.String()
}

// Random changes: an image made step by step is the one its snapshot gives, and
// ChangedTopics finds exactly the differences.
func TestRandomChanges(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 1))
	img := NewImage("c")
	ids := map[string]ID{}
	for i := range 300 {
		name := fmt.Sprintf("t%02d", rng.IntN(40))
		id, there := ids[name]
		var records []Record
		switch {
		case !there:
			ids[name] = ID{byte(i), byte(i >> 8), 1}
			records = []Record{&TopicRecord{Name: name, TopicID: ids[name]}, partition(ids[name], 0)}
		case rng.IntN(3) == 0:
			delete(ids, name)
			records = []Record{&RemoveTopic{TopicID: id}}
		case rng.IntN(2) == 0:
			records = []Record{partition(id, int32(len(img.TopicByID(id).Partitions)))}
		default:
			records = []Record{&ConfigRecord{ResourceType: ResourceTopic, ResourceName: name, Name: "k", Value: ptr(fmt.Sprint(i))}}
		}
		next := apply(t, img, records...)
		changed := ChangedTopics(img, next)
		if len(changed) != 1 || changed[0].Name != name || changed[0].Old != img.Topic(name) || changed[0].New != next.Topic(name) {
			t.Fatalf("step %d, %q: changes %+v", i, name, changed)
		}
		img = next
	}
	if len(ids) != img.TopicCount() {
		t.Errorf("%d topics, want %d", img.TopicCount(), len(ids))
	}
	d := NewDelta(NewImage("c"))
	if err := img.Records(d.Apply); err != nil {
		t.Fatal(err)
	}
	if loaded := d.Image(img.Offset, img.Epoch); describe(loaded) != describe(img) || loaded.PartitionCount() != img.PartitionCount() {
		t.Errorf("snapshot gives\n%s, not\n%s", describe(loaded), describe(img))
	}
}

func TestChangedTopicsKinds(t *testing.T) {
	old := apply(t, NewImage("c"), &TopicRecord{Name: "a", TopicID: ID{1}}, &TopicRecord{Name: "b", TopicID: ID{2}}, &TopicRecord{Name: "c", TopicID: ID{3}})
	now := apply(t, old, &RemoveTopic{TopicID: ID{1}}, &RemoveTopic{TopicID: ID{2}}, &TopicRecord{Name: "b", TopicID: ID{4}},
		&ConfigRecord{ResourceType: ResourceTopic, ResourceName: "c", Name: "k", Value: ptr("v")},
		&ConfigRecord{ResourceType: ResourceBroker, ResourceName: "1", Name: "k", Value: ptr("v")})
	got := ChangedTopics(old, now)
	want := []TopicChange{
		{Name: "a", Old: old.Topic("a")},
		{Name: "b", Old: old.Topic("b"), New: now.Topic("b")},
		{Name: "c", Old: old.Topic("c"), New: now.Topic("c"), ConfigChanged: true},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got := ChangedResources(old, now); !slices.Equal(got, []Resource{{ResourceTopic, "c"}, {ResourceBroker, "1"}}) {
		t.Errorf("resources %v", got)
	}
	if all := ChangedTopics(NewImage("c"), old); len(all) != 3 {
		t.Errorf("from nothing: %+v", all)
	}
}

// The tree against a map, its balance, and what one change of many costs.
func TestTree(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	tr := tree[string, int]{compare: strings.Compare}
	model := map[string]int{}
	for i := range 4000 {
		k := fmt.Sprint(rng.IntN(500))
		if rng.IntN(3) == 0 {
			tr = tr.remove(k)
			delete(model, k)
		} else {
			tr = tr.put(k, i)
			model[k] = i
		}
	}
	var keys []string
	tr.from(nil, func(k string, v int) bool {
		keys = append(keys, k)
		if model[k] != v {
			t.Fatalf("%s is %d, want %d", k, v, model[k])
		}
		return true
	})
	if !slices.Equal(keys, slices.Sorted(maps.Keys(model))) || tr.size != len(model) {
		t.Errorf("%d keys, want %d", len(keys), len(model))
	}
	if h := tr.root.level(); h > 11 {
		t.Errorf("height %d for %d keys", h, len(keys))
	}
}

func BenchmarkOneTopicAmong10000(b *testing.B) {
	img := NewImage("c")
	d := NewDelta(img)
	for i := range 10_000 {
		id := ID{byte(i), byte(i >> 8)}
		if err := errors.Join(d.Apply(&TopicRecord{Name: fmt.Sprint("topic-", i), TopicID: id}), d.Apply(partition(id, 0))); err != nil {
			b.Fatal(err)
		}
	}
	img = d.Image(1, 1)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := img.Apply(&TopicRecord{Name: "new", TopicID: ID{9, 9, 9}}, partition(ID{9, 9, 9}, 0)); err != nil {
			b.Fatal(err)
		}
	}
}
