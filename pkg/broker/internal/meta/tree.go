package meta

// tree is a persistent AVL tree: put and remove return a new tree that shares
// all but the path to the change with the old one. The zero root is empty.
// Nodes never change after they were linked in, so readers need no lock.
type tree[K, V any] struct {
	root    *node[K, V]
	size    int
	compare func(a, b K) int
}

type node[K, V any] struct {
	key         K
	value       V
	left, right *node[K, V]
	height      int8
}

func (t tree[K, V]) get(key K) (v V, ok bool) {
	for n := t.root; n != nil; {
		switch d := t.compare(key, n.key); {
		case d < 0:
			n = n.left
		case d > 0:
			n = n.right
		default:
			return n.value, true
		}
	}
	return v, false
}

func (t tree[K, V]) put(key K, value V) tree[K, V] {
	root, added := t.insert(t.root, key, value)
	t.root = root
	if added {
		t.size++
	}
	return t
}

func (t tree[K, V]) remove(key K) tree[K, V] {
	if _, ok := t.get(key); ok {
		t.root = t.delete(t.root, key)
		t.size--
	}
	return t
}

// from calls yield for each entry with a key >= start (all of them when start
// is nil), in order, until yield returns false.
func (t tree[K, V]) from(start *K, yield func(K, V) bool) { t.walk(t.root, start, yield) }

func (t tree[K, V]) walk(n *node[K, V], start *K, yield func(K, V) bool) bool {
	if n == nil {
		return true
	}
	if start == nil || t.compare(*start, n.key) <= 0 {
		if !t.walk(n.left, start, yield) || !yield(n.key, n.value) {
			return false
		}
	}
	return t.walk(n.right, start, yield)
}

func (t tree[K, V]) insert(n *node[K, V], key K, value V) (_ *node[K, V], added bool) {
	if n == nil {
		return &node[K, V]{key: key, value: value, height: 1}, true
	}
	left, right, here := n.left, n.right, n.value
	if d := t.compare(key, n.key); d < 0 {
		left, added = t.insert(left, key, value)
	} else if d > 0 {
		right, added = t.insert(right, key, value)
	} else {
		here = value
	}
	return balanced(n.key, here, left, right), added
}

// delete removes a key that is there.
func (t tree[K, V]) delete(n *node[K, V], key K) *node[K, V] {
	if d := t.compare(key, n.key); d < 0 {
		return balanced(n.key, n.value, t.delete(n.left, key), n.right)
	} else if d > 0 {
		return balanced(n.key, n.value, n.left, t.delete(n.right, key))
	}
	if n.left == nil {
		return n.right
	}
	if n.right == nil {
		return n.left
	}
	next := n.right
	for next.left != nil {
		next = next.left
	}
	return balanced(next.key, next.value, n.left, t.delete(n.right, next.key))
}

func (n *node[K, V]) level() int8 {
	if n == nil {
		return 0
	}
	return n.height
}

func join[K, V any](key K, value V, left, right *node[K, V]) *node[K, V] {
	return &node[K, V]{key: key, value: value, left: left, right: right, height: 1 + max(left.level(), right.level())}
}

// balanced joins two balanced trees whose heights differ by at most two.
func balanced[K, V any](key K, value V, left, right *node[K, V]) *node[K, V] {
	switch d := left.level() - right.level(); {
	case d > 1 && left.left.level() >= left.right.level():
		return join(left.key, left.value, left.left, join(key, value, left.right, right))
	case d > 1:
		mid := left.right
		return join(mid.key, mid.value, join(left.key, left.value, left.left, mid.left), join(key, value, mid.right, right))
	case d < -1 && right.right.level() >= right.left.level():
		return join(right.key, right.value, join(key, value, left, right.left), right.right)
	case d < -1:
		mid := right.left
		return join(mid.key, mid.value, join(key, value, left, mid.left), join(right.key, right.value, mid.right, right.right))
	}
	return join(key, value, left, right)
}
