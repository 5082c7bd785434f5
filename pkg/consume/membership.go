package consume

import (
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// membership is how a reader is in its group: a consumer group or a share group.
type membership struct {
	group   string    // as it is told: share group "g"
	joined  bool      // it has been in it once
	trouble time.Time // since when joining has failed, zero while it has not
}

// in notes that the group has the reader as a member.
func (ms *membership) in() { ms.joined, ms.trouble = true, time.Time{} }

// check finds the errors of the membership itself, which have no topic, and takes
// them out of the fetches. The client joins again after most of them.
func (ms *membership) check(r *reader, fetches kgo.Fetches) error {
	for _, fetch := range fetches {
		for _, t := range fetch.Topics {
			for i, p := range t.Partitions {
				var session *kgo.ErrGroupSession
				if !errors.As(p.Err, &session) {
					continue
				}
				if ms.trouble.IsZero() {
					ms.trouble = time.Now()
				}
				wrongType := !ms.joined && errors.Is(session.Err, kerr.GroupIDNotFound)
				if final(session.Err) || wrongType || !r.options.Follow && time.Since(ms.trouble) > patience {
					return fmt.Errorf("%s: %w", ms.group, session.Err)
				}
				r.notice("%s: %v; joining again", ms.group, session.Err)
				t.Partitions[i].Err = nil
			}
		}
	}
	return nil
}

// final tells that joining again would end the same way.
func final(err error) bool {
	for _, e := range []error{
		kerr.GroupAuthorizationFailed, kerr.TopicAuthorizationFailed, kerr.FencedInstanceID, kerr.GroupMaxSizeReached,
		kerr.InconsistentGroupProtocol, kerr.InvalidSessionTimeout, kerr.InvalidGroupID, kerr.UnsupportedVersion,
		kerr.UnsupportedAssignor, kerr.UnreleasedInstanceID, kerr.InvalidRegularExpression,
	} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}
