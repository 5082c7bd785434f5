package admin_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"kq/pkg/admin"
)

func TestParseGroupPlace(t *testing.T) {
	now := time.UnixMilli(1_800_000_000_000)
	for text, want := range map[string]admin.GroupPlace{
		"start":          {Kind: admin.PlaceStart},
		"end":            {Kind: admin.PlaceEnd},
		"current":        {Kind: admin.PlaceCurrent},
		"0":              {Kind: admin.PlaceOffset},
		"12":             {Kind: admin.PlaceOffset, N: 12},
		"+3":             {Kind: admin.PlaceShift, N: 3},
		"-3":             {Kind: admin.PlaceShift, N: -3},
		"@1700000000000": {Kind: admin.PlaceTime, Time: time.UnixMilli(1_700_000_000_000)},
		"@-1h":           {Kind: admin.PlaceTime, Time: now.Add(-time.Hour)},
	} {
		got, err := admin.ParseGroupPlace(text, now)
		if err != nil || got.Kind != want.Kind || got.N != want.N || !got.Time.Equal(want.Time) {
			t.Errorf("%q is %+v, %v; want %+v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "+", "-", "1.5", "@", "@soon", "begin", "--1", "+-1", "99999999999999999999"} {
		if p, err := admin.ParseGroupPlace(text, now); !errors.Is(err, admin.ErrOptions) {
			t.Errorf("%q is %+v, %v", text, p, err)
		}
	}
}

func FuzzParseGroupPlace(f *testing.F) {
	for _, s := range []string{"start", "end", "current", "7", "+7", "-7", "@-1h", "@1700000000000", "@2026-01-31", "+0"} {
		f.Add(s)
	}
	now := time.UnixMilli(1_800_000_000_000).UTC()
	f.Fuzz(func(t *testing.T, s string) {
		p, err := admin.ParseGroupPlace(s, now)
		if err != nil {
			return
		}
		again, err := admin.ParseGroupPlace(p.String(), now)
		if err != nil || again.String() != p.String() {
			t.Errorf("%q is %v, which is %v: %v", s, p, again, err)
		}
	})
}

func TestParseTopicPartitions(t *testing.T) {
	got, err := admin.ParseTopicPartitions("orders:2,0,2")
	if err != nil || got.Topic != "orders" || !slices.Equal(got.Partitions, []int32{0, 2}) {
		t.Error(got, err)
	}
	for _, s := range []string{"", ":", ":0", "a:", "a:x", "a:-1", "a:0,", "a:0:1", "a:99999999999"} {
		if got, err := admin.ParseTopicPartitions(s); !errors.Is(err, admin.ErrOptions) {
			t.Errorf("%q is %v, %v", s, got, err)
		}
	}
}

func FuzzParseTopicPartitions(f *testing.F) {
	f.Add("orders")
	f.Add("orders:0,1,10")
	f.Fuzz(func(t *testing.T, s string) {
		p, err := admin.ParseTopicPartitions(s)
		if err != nil {
			return
		}
		if again, err := admin.ParseTopicPartitions(p.String()); err != nil || again.String() != p.String() {
			t.Errorf("%q is %v, which is %v: %v", s, p, again, err)
		}
	})
}

func TestParseOffsets(t *testing.T) {
	// What kafka-consumer-groups --export prints, of one group and of two.
	got, err := admin.ParseOffsets([]byte("g1,1,2\ng1,0,5\n"))
	if err != nil || len(got) != 2 || got[1] != (admin.GroupOffset{Topic: "g1", Partition: 0, Offset: 5}) {
		t.Error(got, err)
	}
	got, err = admin.ParseOffsets([]byte("\"empty1\",\"g1\",1,2\r\nempty2,g2,0,3\r\n"))
	if err != nil || len(got) != 2 || got[0] != (admin.GroupOffset{Group: "empty1", Topic: "g1", Partition: 1, Offset: 2}) {
		t.Error(got, err)
	}
	got, err = admin.ParseOffsets([]byte(` [{"topic":"a","partition":1,"offset":2,"metadata":"m","leader_epoch":4}] `))
	if err != nil || len(got) != 1 || got[0].Metadata != "m" || *got[0].LeaderEpoch != 4 || got[0].Offset != 2 {
		t.Error(got, err)
	}
	for text, want := range map[string]string{
		"":                   "it has no offsets",
		"[]":                 "it has no offsets",
		"a,0":                "line 1 has 2 fields",
		"a,0,1\n\nb,0,1,2,3": "line 3 has 5 fields",
		"a,x,1":              `line 1: "x" is no partition`,
		"a,0,x":              `line 1: "x" is no offset`,
		"a,-1,0":             "line 1: partition -1",
		"a,0,-1":             "line 1: offset -1",
		",0,1":               "line 1: the topic is empty",
		",a,0,1":             "line 1: the group is empty",
		"a,0,1\na,0,1":       "a partition 0 is there twice",
		`"a,0,1`:             "line 1: a quote is not closed",
		`"a"b,0,1`:           "line 1: something follows a quote",
		"\xff,0,1":           "it is not UTF-8",
		`[{"topic":"a"}]`:    "element 0 has no partition or no offset",
		`[{"topic":"a","partition":0,"offset":-1}]`: "element 0: offset -1",
		`[{"tropic":"a"}]`:                          "tropic",
		`[] []`:                                     "there is something after the list",
	} {
		if _, err := admin.ParseOffsets([]byte(text)); !errors.Is(err, admin.ErrOffsetFile) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

func FuzzParseOffsets(f *testing.F) {
	f.Add([]byte("a,0,1\nb,1,2\n"))
	f.Add([]byte("g,a,0,1\n"))
	f.Add([]byte(`[{"topic":"a","partition":0,"offset":1}]`))
	f.Fuzz(func(t *testing.T, text []byte) {
		list, err := admin.ParseOffsets(text)
		if err != nil {
			return
		}
		for i := range list { // CSV has no place for these
			list[i].LeaderEpoch, list[i].Metadata = nil, ""
			if strings.ContainsAny(list[i].Topic+list[i].Group, "\r\n") {
				return // no name of a topic
			}
		}
		again, err := admin.ParseOffsets([]byte(admin.FormatOffsets(list)))
		if err != nil || !slices.Equal(list, again) {
			t.Errorf("%q is %v, which is %v: %v", text, list, again, err)
		}
	})
}
