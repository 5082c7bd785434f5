package admin_test

import (
	"errors"
	"testing"
	"time"

	"kq/pkg/admin"
)

func FuzzAssignment(f *testing.F) {
	for _, s := range []string{"1", "1:2,2:3", "0,0", "", ",", "1:", "1:1", "1:2,3", "-1", "01", "2147483648", "1,2,3"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := admin.ParseAssignment(s)
		if err != nil {
			if !errors.Is(err, admin.ErrOptions) {
				t.Errorf("%q: %v", s, err)
			}
			return
		}
		if got := admin.FormatAssignment(a); got != s {
			t.Errorf("%q becomes %q", s, got)
		}
	})
}

func FuzzResource(f *testing.F) {
	for _, s := range []string{"topic/orders", "broker/1", "broker/default", "broker/", "broker/x", "group/a/b", "client-metrics/m", "queue/q", "topic"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r, err := admin.ParseResource(s)
		if err != nil {
			if !errors.Is(err, admin.ErrOptions) && !errors.Is(err, admin.ErrResourceType) {
				t.Errorf("%q: %v", s, err)
			}
			return
		}
		if got := r.String(); got != s {
			t.Errorf("%q becomes %q", s, got)
		}
	})
}

func FuzzConfigChange(f *testing.F) {
	for _, s := range []string{"a=b", "a+=b", "a-=b", "a", "=b", "+=b", "a==", "a=+=", " a =b", "a+-=c", "a-b=c"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c, err := admin.ParseConfigChange(s)
		if err != nil {
			if !errors.Is(err, admin.ErrOptions) {
				t.Errorf("%q: %v", s, err)
			}
			return
		}
		if again, err := admin.ParseConfigChange(c.String()); err != nil || again != c {
			t.Errorf("%q is %+v, whose text is %q, which is %+v, %v", s, c, c, again, err)
		}
	})
}

func FuzzPosition(f *testing.F) {
	for _, s := range []string{"start", "end", "0", "42", "-3", "@0", "@2026-01-31", "@-1h", "@", "-", "+1", "1.5", "@1969-01-01", "99999999999999999999"} {
		f.Add(s)
	}
	now := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, s string) {
		p, err := admin.ParsePosition(s, now)
		if err != nil {
			if !errors.Is(err, admin.ErrOptions) {
				t.Errorf("%q: %v", s, err)
			}
			return
		}
		again, err := admin.ParsePosition(p.String(), now)
		if err != nil || again.String() != p.String() || again.Kind != p.Kind || again.N != p.N {
			t.Errorf("%q is %+v, whose text is %q, which is %+v, %v", s, p, p, again, err)
		}
	})
}
