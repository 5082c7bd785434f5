package ask

import "iter"

// ByTopic gathers partitions, or what belongs to them, by topic, in the order in
// which both first appear.
func ByTopic[P any](parts []P, topic func(P) string) iter.Seq2[string, []P] {
	var names []string
	gathered := map[string][]P{}
	for _, p := range parts {
		name := topic(p)
		if _, ok := gathered[name]; !ok {
			names = append(names, name)
		}
		gathered[name] = append(gathered[name], p)
	}
	return func(yield func(string, []P) bool) {
		for _, name := range names {
			if !yield(name, gathered[name]) {
				return
			}
		}
	}
}
