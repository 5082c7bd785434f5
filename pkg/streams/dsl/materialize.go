package dsl

import (
	"kq/pkg/streams/codec"
	"kq/pkg/streams/state"
)

// kept is the store of a table: its description and the codecs of what is in it.
type kept struct {
	spec       *state.Spec
	key, value codec.Codec
	named      bool // by the user: such tables can be queried
	cached     bool
	cacheBytes int
}

// keep is the key-value or versioned store that the options describe
// (MaterializedInternal): a numbered name is taken where none is given.
func (b *Builder) keep(m Materialized, prefix string, key, value codec.Codec) *kept {
	k := &kept{named: m.Store != "", cached: m.Cached, cacheBytes: m.CacheBytes}
	k.key, k.value = b.keyCodec(first(m.Key, key)), b.valueCodec(first(m.Value, value))
	k.spec = &state.Spec{Name: m.Store, Kind: state.KeyValueKind, Memory: m.Memory, Unlogged: m.Unlogged, Config: m.Config}
	if m.History > 0 {
		k.spec.Kind, k.spec.Retention = state.VersionedKind, m.History
	}
	if k.spec.Name == "" {
		k.spec.Name = b.storeName(prefix)
	}
	return k
}

// queryName is the name of the store where the user gave it one.
func (k *kept) queryName() string {
	if k.named {
		return k.spec.Name
	}
	return ""
}

func (k *kept) versioned() *bool {
	v := k.spec.Kind == state.VersionedKind
	return &v
}

func (k *kept) view() view {
	return storeView(k.spec.Name, k.key, k.value)
}
