package codec

import (
	"testing"
	"time"
)

func TestCalendarDaysFollowTheClocks(t *testing.T) {
	zone := func(name string) *time.Location {
		l, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	for _, c := range []struct {
		at         string
		zone       string
		days       int
		start, end string
	}{
		{"2026-03-29T12:00:00Z", "Europe/Amsterdam", 1, "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"},
		{"2026-10-25T12:00:00Z", "Europe/Amsterdam", 1, "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"},
		{"2026-06-01T00:00:00Z", "UTC", 1, "2026-06-01T00:00:00Z", "2026-06-02T00:00:00Z"},
		{"1970-01-09T05:00:00Z", "UTC", 7, "1970-01-08T00:00:00Z", "1970-01-15T00:00:00Z"},
		// The clocks go forward at midnight: the day begins at 1:00.
		{"2018-11-04T12:00:00Z", "America/Sao_Paulo", 1, "2018-11-04T03:00:00Z", "2018-11-05T02:00:00Z"},
		{"2018-11-03T12:00:00Z", "America/Sao_Paulo", 1, "2018-11-03T03:00:00Z", "2018-11-04T03:00:00Z"},
	} {
		at, err := time.Parse(time.RFC3339, c.at)
		if err != nil {
			t.Fatal(err)
		}
		cal := Calendar{Days: c.days, Zone: zone(c.zone)}
		start := cal.Start(at.UnixMilli())
		end := cal.End(start)
		if s, e := time.UnixMilli(start).UTC().Format(time.RFC3339), time.UnixMilli(end).UTC().Format(time.RFC3339); s != c.start || e != c.end {
			t.Errorf("%s in %s: [%s, %s), want [%s, %s)", c.at, c.zone, s, e, c.start, c.end)
		}
	}
}

func TestCalendarWindowedKeys(t *testing.T) {
	c := CalendarWindowed{Inner: String{}, Calendar: Calendar{Days: 1}}
	b, err := c.Append(nil, Windowed{Key: Of("k"), Start: 86400000, End: 172800000})
	if err != nil {
		t.Fatal(err)
	}
	d, err := c.Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	if w := d.(Windowed); w.Start != 86400000 || w.End != 172800000 {
		t.Errorf("[%d, %d)", w.Start, w.End)
	}
	v := Encoded(b, c)
	if p, err := PartitionBytes(&v, c); err != nil || string(p) != "k" {
		t.Errorf("partitioned by %q, %v", p, err)
	}
	if _, err := c.Decode([]byte("short")); err == nil {
		t.Error("no error")
	}
}
