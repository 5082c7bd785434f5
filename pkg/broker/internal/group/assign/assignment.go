package assign

import (
	"maps"
	"slices"
)

// Assignment is what a member has or is to have: ascending partitions by topic,
// none of them empty.
type Assignment map[TopicID][]int32

// Equal ignores nothing: topics without partitions are not there.
func (a Assignment) Equal(b Assignment) bool {
	return maps.EqualFunc(a, b, func(x, y []int32) bool { return slices.Equal(x, y) })
}

// Topics are the ids in a stable order, for records and answers.
func (a Assignment) Topics() []TopicID { return slices.SortedFunc(maps.Keys(a), CompareID) }

// Add puts partitions in, which keeps them ascending.
func (a Assignment) Add(t TopicID, p int32) {
	i, found := slices.BinarySearch(a[t], p)
	if !found {
		a[t] = slices.Insert(a[t], i, p)
	}
}

// Remove takes a partition out and says whether it was there.
func (a Assignment) Remove(t TopicID, p int32) bool {
	i, found := slices.BinarySearch(a[t], p)
	switch {
	case !found:
	case len(a[t]) == 1:
		delete(a, t)
	default:
		a[t] = slices.Delete(slices.Clone(a[t]), i, i+1)
	}
	return found
}
