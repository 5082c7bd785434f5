package state

import (
	"cmp"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// TestKafkaVectors does what StoreVectors.java (internal/interop/streamsgolden) did to the stores of Kafka
// Streams 4.3.1 and wants the same answers and the same changelogs.
func TestKafkaVectors(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("testdata", "stores-4.3.1.txt"))
	check(t, err)
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	for _, every := range []int{1, 7, 1 << 30} { // operations to a commit
		for _, files := range []bool{false, true} {
			t.Run(fmt.Sprint(every, files), func(t *testing.T) { replay(t, lines, every, files) })
		}
	}
}

func replay(t *testing.T, lines []string, every int, files bool) {
	logs := map[string][]string{}
	o := Options{CacheBytes: 10_000, Log: func(s *Spec, k, v []byte, ts int64, _ []Header) {
		value := "null"
		if v != nil {
			value = hex.EncodeToString(v)
		}
		logs[s.Name] = append(logs[s.Name], fmt.Sprintf("LOG %s ts=%d k=%x v=%s", s.Name, ts, k, value))
	}}
	db := OpenMemory(o)
	if files {
		o.fs = vfs.NewMem()
		db = openDB(t, "d", o)
	}
	names := []string{"v", "w", "wd", "wm", "s", "sm"}
	for _, name := range names {
		kind := map[byte]Kind{'v': VersionedKind, 'w': WindowKind, 's': SessionKind}[name[0]]
		retention := map[byte]time.Duration{'v': 20 * time.Second, 'w': 150 * time.Second, 's': 150 * time.Second}[name[0]]
		addStore[Store](t, db, &Spec{Name: name, Kind: kind, Retention: retention, Duplicates: name == "wd", Memory: strings.HasSuffix(name, "m")})
	}
	n := 0
	for ; n < len(lines) && !strings.HasPrefix(lines[n], "LOG"); n++ {
		op, want, _ := strings.Cut(lines[n], " => ")
		if got := cmp.Or(strings.TrimSpace(apply(t, db, strings.Fields(op), int64(n))), "-"); got != want {
			t.Fatalf("line %d: %s\n got %s\nwant %s", n+1, op, got, want)
		}
		if n%every == every-1 {
			check(t, db.Commit(Checkpoint{}))
		}
	}
	var got []string
	for _, name := range names {
		got = append(got, logs[name]...)
	}
	if !slices.Equal(got, lines[n:]) {
		t.Fatalf("the changelogs differ: %d records, want %d", len(got), len(lines)-n)
	}
}

// apply does one operation and spells the answer as StoreVectors.java does.
func apply(t *testing.T, db *DB, a []string, now int64) (out string) {
	t.Helper()
	key, err := hex.DecodeString(a[2])
	check(t, err)
	number := func(i int) int64 {
		n, err := strconv.ParseInt(a[i], 10, 64)
		check(t, err)
		return n
	}
	var value []byte
	if a[1] == "put" && a[3] != "-" {
		value = []byte(a[3])
	}
	stamped := func(v []byte, ts int64, err error) string {
		check(t, err)
		if v == nil {
			return "null"
		}
		return fmt.Sprintf("%s@%d", v, ts)
	}
	switch s := db.Store(a[0]).(type) {
	case *Versioned:
		switch a[1] {
		case "get":
			return stamped(s.Get(key))
		case "at":
			return stamped(s.At(key, number(3)))
		}
		validTo, ok, err := s.Put(key, value, number(4))
		check(t, err)
		if !ok {
			return "no"
		}
		return fmt.Sprint(validTo)
	case *Window:
		switch a[1] {
		case "put":
			s.Put(key, number(4), value, now)
			return "ok"
		case "get":
			return stamped(s.Get(key, number(3)))
		case "all":
			check(t, s.FetchAll(number(3), number(4), func(k []byte, start int64, v []byte, _ int64) bool {
				out += fmt.Sprintf("%x:%d=%s ", k, start, v)
				return true
			}))
			return out
		}
		check(t, s.Fetch(key, number(3), number(4), a[1] == "back", func(start int64, v []byte, ts int64) bool {
			out += fmt.Sprintf("%d=%s@%d ", start, v, ts)
			return true
		}))
		return out
	case *Session:
		switch a[1] {
		case "put":
			s.Put(key, number(4), number(5), value, now)
			return "ok"
		case "get":
			v, err := s.Get(key, number(3), number(4))
			check(t, err)
			if v == nil {
				return "null"
			}
			return string(v)
		}
		find := s.Find
		if a[1] == "back" {
			find = s.FindReverse
		}
		check(t, find(key, number(3), number(4), func(start, end int64, v []byte) bool {
			out += fmt.Sprintf("%d-%d=%s ", start, end, v)
			return true
		}))
	}
	return out
}
