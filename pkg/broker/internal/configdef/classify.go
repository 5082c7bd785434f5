package configdef

import "strings"

// Effect says what a key of a server.properties does in kq.
type Effect uint8

// The effects, from the best to the worst.
const (
	Honoured  Effect = iota // kq does what the key says
	NotNeeded               // kq has no such part, or does it by itself: leaving the key out changes nothing
	NoEffect                // Kafka has the feature and kq, as yet, has not: what the key asks for does not happen
	Gone                    // an older Kafka had the key, 4.3 has not
	NotKnown                // no Kafka key
)

// String returns the effect in words.
func (e Effect) String() string {
	switch e {
	case Honoured:
		return "honoured"
	case NotNeeded:
		return "not needed"
	case NoEffect:
		return "without effect"
	case Gone:
		return "no longer a Kafka config"
	}
	return "unknown"
}

// Verdict is what kq has to say about one key.
type Verdict struct {
	Effect Effect
	Note   string // why, in one clause for a warning; empty when Honoured
	Try    string // another key to use, or ""
}

// Classify tells what a key of a server.properties does in kq. Only the name is judged: for values see ValidateStatic.
func Classify(key string) Verdict {
	name := key
	if base, ok := listenerBase(key); ok {
		name = base
	}
	if _, ok := Broker().Lookup(name); !ok {
		if g, ok := match(gone, name); ok {
			return Verdict{Gone, g.note, g.try}
		}
		return notKnown(key)
	}
	if _, ok := match(honoured, key); ok {
		return Verdict{Effect: Honoured}
	}
	if n, ok := match(notNeeded, name); ok {
		return Verdict{NotNeeded, n.note, n.try}
	}
	if n, ok := match(noEffect, name); ok {
		return Verdict{NoEffect, n.note, n.try}
	}
	return Verdict{Effect: NoEffect, Note: "kq does not use it"}
}

func notKnown(key string) Verdict {
	if d, ok := Topic().Lookup(key); ok {
		v := Verdict{NotKnown, "it is a topic config", ""}
		if len(d.Synonyms) > 0 {
			v.Note, v.Try = "it is a topic config; the broker's default for topics has another name", d.Synonyms[0]
		}
		return v
	}
	return Verdict{NotKnown, "Kafka has no such config", Broker().Suggest(key)}
}

// keyRule judges the keys of one pattern: an exact name, a beginning that ends in *, or an end that begins with *.
type keyRule struct {
	pattern, note, try string
}

func match(rules []keyRule, name string) (keyRule, bool) {
	for _, r := range rules {
		if head, ok := strings.CutSuffix(r.pattern, "*"); ok && strings.HasPrefix(name, head) {
			return r, true
		}
		if tail, ok := strings.CutPrefix(r.pattern, "*"); ok && strings.HasSuffix(name, tail) {
			return r, true
		}
		if r.pattern == name {
			return r, true
		}
	}
	return keyRule{}, false
}
