package consumer

import (
	"errors"
	"maps"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"

	"kq/internal/staterec"
	"kq/pkg/broker/internal/group/assign"
	"kq/pkg/broker/internal/group/machine"
)

// regexPause is the least time between two resolutions of a group's patterns
// (Kafka's REGEX_BATCH_REFRESH_MIN_INTERVAL_MS).
const regexPause = 10 * time.Second

// regexChange says what became of a member's pattern.
type regexChange uint8

const (
	regexSame  regexChange = iota
	regexOther             // it is another one, whose topics are not known yet
	regexKnown             // it is another one, whose topics are known, or none
)

// noteRegex writes that the last member of a pattern has another, and has the
// patterns resolved when there is reason to: one of them is new, there may be other
// topics, or it was done long ago. All are resolved together, so that they cause one
// rebalance (GroupMetadataManager.maybeUpdateRegularExpressions).
func (g *Group) noteRegex(s *step, old, m *member) (regexChange, *machine.Failure) {
	result, wanted := regexSame, false
	if m.regex != old.regex {
		result = regexOther
		if old.regex != "" && g.subscribers(old.regex) == 1 {
			s.change(change{kind: staterec.ConsumerRegex, regex: old.regex})
		}
		_, known := g.resolved[m.regex]
		switch {
		case m.regex == "":
			result = regexKnown
		case g.subscribers(m.regex) == 0:
			if _, err := compile(m.regex); err != nil {
				return 0, machine.Fail(kerr.InvalidRegularExpression, "SubscribedTopicRegex `%s` is not a valid regular expression: %s.", m.regex, reason(err))
			}
			wanted = true
		case known:
			result = regexKnown
		}
	}
	if m.regex == "" && len(g.resolved) == 0 && !wanted {
		return result, nil // the usual group
	}
	patterns := g.patterns(m)
	if len(patterns) == 0 || g.resolving || g.resolvedAt >= 0 && s.now.Mono <= g.resolvedAt+regexPause && len(g.resolved) > 0 {
		return result, nil
	}
	version := int64(-1)
	for _, r := range g.resolved {
		version = max(version, r.version)
	}
	wanted = wanted || len(patterns) != len(g.resolved) || version < g.topics().Version() ||
		g.resolvedAt >= 0 && s.now.Mono > g.resolvedAt+g.o.RegexRefresh
	if wanted {
		s.set(regexTimer, "", 0)
		s.later(func() { g.resolving = true })
	}
	return result, nil
}

// subscribers counts the members that have a pattern.
func (g *Group) subscribers(regex string) (n int) {
	for _, m := range g.members {
		if m.regex == regex {
			n++
		}
	}
	return n
}

// patterns are those that members have, one of which is as it will be.
func (g *Group) patterns(changed *member) []string {
	set := make(map[string]bool)
	for id, m := range g.members {
		if m.regex != "" && (changed == nil || id != changed.id) {
			set[m.regex] = true
		}
	}
	if changed != nil && changed.regex != "" {
		set[changed.regex] = true
	}
	return slices.Sorted(maps.Keys(set))
}

// resolve finds the topics of all patterns, and bumps the group epoch when some have
// changed. Topics that nobody creates by hand count too, as in Kafka.
func (g *Group) resolve(s *step) {
	g.resolving = false
	s.later(func() { g.resolvedAt = s.now.Mono })
	topics := g.topics()
	version := topics.Version()
	changed := false
	next := make(map[string]resolution)
	for _, pattern := range g.patterns(nil) {
		re, err := compile(pattern)
		if err != nil {
			continue // it came from a log
		}
		r := resolution{topics: []string{}, version: version, ms: s.now.UnixMs}
		for name := range topics.TopicNames() {
			if re.MatchString(name) {
				r.topics = append(r.topics, name)
			}
		}
		slices.Sort(r.topics)
		was, known := g.resolved[pattern]
		same := slices.Equal(was.topics, r.topics)
		changed = changed || !same
		if !known || !same || g.aged(s, was) {
			s.change(change{kind: staterec.ConsumerRegex, regex: pattern, value: &staterec.ConsumerGroupRegularExpression{
				Topics: r.topics, Version: r.version, TimestampMs: r.ms,
			}})
		} else {
			s.later(func() { // nothing that need be written
				was.version = version
				g.resolved[pattern] = was
			})
		}
		next[pattern] = r
	}
	names := make(map[string]bool)
	for _, m := range g.members {
		for _, list := range [][]string{m.topics, next[m.regex].topics} {
			for _, name := range list {
				names[name] = true
			}
		}
	}
	if hash := assign.MetadataHash(topics, names); changed || hash != g.hash {
		s.epoch(g.epoch+1, hash)
		s.later(func() { g.checked = version })
	}
}

// aged says that a resolution is so old that its record is written again.
func (g *Group) aged(s *step, r resolution) bool {
	return time.Duration(s.now.UnixMs-r.ms)*time.Millisecond > g.o.RegexRefresh
}

// compile makes a pattern that has to match a whole name. RE2J, Kafka's engine, has
// the syntax of Go's.
func compile(pattern string) (*regexp.Regexp, error) {
	if _, err := syntax.Parse(pattern, syntax.Perl); err != nil {
		return nil, err
	}
	return regexp.Compile(`\A(?:` + pattern + `)\z`)
}

// reason is what is wrong with a pattern, in RE2J's words.
func reason(err error) string {
	var e *syntax.Error
	if !errors.As(err, &e) {
		return err.Error()
	}
	return strings.TrimSuffix(string(e.Code), ":")
}
