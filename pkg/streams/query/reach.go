package query

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	"kq/pkg/streams/codec"
)

var (
	// errNone is a store that the application does not have, or does not serve.
	errNone = errors.New("no such store")
	// errUnavailable is a partition that nobody who was asked could answer for.
	errUnavailable = errors.New("not available")
)

// reach is a way to a partition: this process's own part, or another instance.
type reach struct {
	part *Part
	host string
}

// view is a store as one request sees it.
type view struct {
	*Store
	parts  map[int32]*Part
	places []Place
	close  func()
}

// open finds a store that is served.
func (s *Server) open(name string) (*view, error) {
	all := s.instance.Stores()
	i := slices.IndexFunc(all, func(st Store) bool { return st.Name == name })
	if i < 0 || !s.o.serves(name) || all[i].Kind > 4 || kind(all[i].Kind) == "raw" {
		return nil, fmt.Errorf("%w: %q", errNone, clip(name))
	}
	parts, done, err := s.instance.Open(name)
	if err != nil {
		done()
		return nil, fmt.Errorf("%w: open store %s: %w", errUnavailable, name, err)
	}
	v := &view{Store: &all[i], parts: map[int32]*Part{}, places: s.instance.Places(name), close: sync.OnceFunc(done)}
	for i := range parts {
		v.parts[parts[i].Partition] = &parts[i]
	}
	if v.Global {
		v.places = []Place{{Active: s.self()}}
	}
	return v, nil
}

// partitions are those of the store, as far as they are known.
func (v *view) partitions() []int32 {
	if len(v.places) == 0 {
		return slices.Sorted(maps.Keys(v.parts))
	}
	all := make([]int32, len(v.places))
	for i := range all {
		all[i] = int32(i)
	}
	return all
}

// of is the partition of a key.
func (v *view) of(key []byte) (int32, error) {
	switch {
	case v.Global:
		return 0, nil
	case len(v.places) == 0:
		return 0, fmt.Errorf("%w: the group has not said yet who has which partition of store %s", errUnavailable, v.Name)
	}
	return codec.Partition(key, int32(len(v.places))), nil
}

// reaches are the ways to a partition, the best first: the task itself, here or
// elsewhere, then, where an old answer will do, a copy. What another instance asks
// is answered here or not at all.
func (s *Server) reaches(v *view, n int32, stale, hop bool) []reach {
	here := v.parts[n]
	if here != nil && here.Active {
		return []reach{{part: here}}
	}
	var ways []reach
	var place Place
	if int(n) < len(v.places) {
		place = v.places[n]
	}
	self := s.self()
	if !hop && place.Active != "" && place.Active != self {
		ways = append(ways, reach{host: place.Active})
	}
	if !stale {
		return ways
	}
	if here != nil {
		ways = append(ways, reach{part: here})
	}
	for _, host := range place.Standbys {
		if !hop && host != self {
			ways = append(ways, reach{host: host})
		}
	}
	return ways
}

// away says who could not be asked about a partition.
func away(v *view, n int32, last error) error {
	if last == nil {
		last = errors.New("nobody runs its task at this moment")
	}
	return fmt.Errorf("%w: partition %d of store %s: %w", errUnavailable, n, v.Name, last)
}

// gather asks for partitions wherever they are, each host once for all that it is
// asked about; a host that fails is replaced by the next one that has a copy. ask
// is called by several goroutines, but each of its results is taken by one.
func gather[T any](ctx context.Context, s *Server, v *view, partitions []int32, stale, hop bool,
	ask func(ctx context.Context, host string, parts []*Part, partitions []int32) (T, error), take func(T),
) error {
	left := map[int32][]reach{}
	for _, n := range partitions {
		left[n] = s.reaches(v, n, stale, hop)
	}
	var failed error
	for len(left) > 0 {
		groups := map[string][]int32{}
		for _, n := range slices.Sorted(maps.Keys(left)) {
			if len(left[n]) == 0 {
				return away(v, n, failed)
			}
			groups[left[n][0].host] = append(groups[left[n][0].host], n)
		}
		var mu sync.Mutex
		var all sync.WaitGroup
		for host, numbers := range groups {
			all.Add(1)
			go func() {
				defer all.Done()
				var parts []*Part
				for _, n := range numbers {
					if host == "" {
						parts = append(parts, v.parts[n])
					}
				}
				result, err := ask(ctx, host, parts, numbers)
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					failed = err
					return
				}
				take(result)
				for _, n := range numbers {
					delete(left, n)
				}
			}()
		}
		all.Wait()
		if err := ctx.Err(); err != nil {
			return err
		}
		for n, ways := range left {
			left[n] = ways[1:]
		}
	}
	return nil
}

// numbers writes and reads lists of partitions between instances.
func formatNumbers(list []int32) string {
	words := make([]string, len(list))
	for i, n := range list {
		words[i] = strconv.Itoa(int(n))
	}
	return strings.Join(words, ",")
}

func parseNumbers(s string, most int) ([]int32, error) {
	var list []int32
	for word := range strings.SplitSeq(s, ",") {
		n, err := strconv.ParseInt(word, 10, 32)
		if err != nil || n < 0 || len(list) >= most {
			return nil, fmt.Errorf("%w: partitions %q", errParams, clip(s))
		}
		list = append(list, int32(n))
	}
	return list, nil
}
