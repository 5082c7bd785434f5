package meta

// TopicChange is one topic that differs between two images. Old is nil for a
// new topic, New for a deleted one; a topic that was deleted and made again
// under its name has both, with different IDs. ConfigChanged says that the
// topic's own configs differ.
type TopicChange struct {
	Name          string
	Old, New      *Topic
	ConfigChanged bool
}

// ChangedTopics lists the topics that differ between two images, by name. Its
// cost grows with the number of changes, not with the number of topics, when
// one image was made from the other.
func ChangedTopics(old, new *Image) []TopicChange {
	changes := map[string]*TopicChange{}
	var order []string
	change := func(name string) *TopicChange {
		c := changes[name]
		if c == nil {
			c = &TopicChange{Name: name, Old: old.Topic(name), New: new.Topic(name)}
			changes[name] = c
			order = append(order, name)
		}
		return c
	}
	diff(old.topics, new.topics, func(a, b *Topic) bool { return a == b }, func(name string) { change(name) })
	diff(old.configs, new.configs, sameConfigs, func(r Resource) {
		if r.Type == ResourceTopic && (old.Topic(r.Name) != nil || new.Topic(r.Name) != nil) {
			change(r.Name).ConfigChanged = true
		}
	})
	out := make([]TopicChange, 0, len(order))
	for _, name := range order {
		out = append(out, *changes[name])
	}
	return out
}

// ChangedResources lists the resources (of any type) whose configs differ
// between two images, by type and name.
func ChangedResources(old, new *Image) []Resource {
	var out []Resource
	diff(old.configs, new.configs, sameConfigs, func(r Resource) { out = append(out, r) })
	return out
}

func sameConfigs(a, b *configs) bool { return a == b }

// pending is a part of a tree that a comparison has not looked into yet: a
// whole subtree, or the one entry of n.
type pending[K, V any] struct {
	n     *node[K, V]
	entry bool
}

// diff calls changed, in key order, for each key that only one tree has or
// whose values are not the same. Subtrees that both trees share are skipped.
func diff[K, V any](a, b tree[K, V], same func(V, V) bool, changed func(K)) {
	as, bs := push(nil, a.root), push(nil, b.root)
	for len(as) > 0 || len(bs) > 0 {
		if len(as) > 0 && len(bs) > 0 && as[len(as)-1] == bs[len(bs)-1] {
			as, bs = as[:len(as)-1], bs[:len(bs)-1]
			continue
		}
		if depth(as) > 0 && depth(as) >= depth(bs) {
			as = open(as)
			continue
		}
		if depth(bs) > 0 {
			bs = open(bs)
			continue
		}
		as, bs = step(a.compare, as, bs, same, changed)
	}
}

// step compares two stacks that both have an entry, or nothing, on top.
func step[K, V any](compare func(K, K) int, as, bs []pending[K, V], same func(V, V) bool, changed func(K)) (_, _ []pending[K, V]) {
	d := 0
	switch {
	case len(as) == 0:
		d = 1
	case len(bs) == 0:
		d = -1
	default:
		d = compare(as[len(as)-1].n.key, bs[len(bs)-1].n.key)
	}
	switch {
	case d < 0:
		changed(as[len(as)-1].n.key)
	case d > 0:
		changed(bs[len(bs)-1].n.key)
	case !same(as[len(as)-1].n.value, bs[len(bs)-1].n.value):
		changed(as[len(as)-1].n.key)
	}
	if d <= 0 {
		as = as[:len(as)-1]
	}
	if d >= 0 {
		bs = bs[:len(bs)-1]
	}
	return as, bs
}

func push[K, V any](stack []pending[K, V], n *node[K, V]) []pending[K, V] {
	if n == nil {
		return stack
	}
	return append(stack, pending[K, V]{n: n})
}

// depth is the height of the subtree on top, 0 when an entry or nothing is.
func depth[K, V any](stack []pending[K, V]) int8 {
	if len(stack) == 0 || stack[len(stack)-1].entry {
		return 0
	}
	return stack[len(stack)-1].n.height
}

// open replaces the subtree on top by its left part, its root and its right part.
func open[K, V any](stack []pending[K, V]) []pending[K, V] {
	n := stack[len(stack)-1].n
	stack = push(stack[:len(stack)-1], n.right)
	stack = append(stack, pending[K, V]{n: n, entry: true})
	return push(stack, n.left)
}
