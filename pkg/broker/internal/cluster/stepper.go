package cluster

import (
	"math/rand/v2"
	"slices"
	"strconv"

	"github.com/twmb/franz-go/pkg/kerr"

	"kq/pkg/broker/internal/configdef"
	"kq/pkg/broker/internal/meta"
)

// stepper decides: each of its step methods looks at the image and gives the
// answer to one request and the records that make it true. It writes nothing
// and waits for nothing; its driver moves it to the next image once the records
// are in the log. One goroutine at a time uses it.
type stepper struct {
	img    *meta.Image
	nodeID int32
	static map[string]string
	rand   *rand.Rand
	newID  func() meta.ID
	// features are those that this release supports.
	features []Feature

	// collisions has the topics whose names hold dots or underscores, by what
	// Kafka's metrics make of the name.
	collisions map[string][]string
}

func newStepper(o Options, img *meta.Image) stepper {
	s := stepper{nodeID: o.NodeID, static: o.Static, rand: o.Rand, newID: o.NewID, features: o.Features, collisions: map[string][]string{}}
	s.img = meta.NewImage(img.ClusterID)
	s.move(img)
	return s
}

// move makes next the present image.
func (s *stepper) move(next *meta.Image) {
	for _, ch := range meta.ChangedTopics(s.img, next) {
		if (ch.Old == nil) == (ch.New == nil) || !meta.HasCollisionChars(ch.Name) {
			continue
		}
		key := meta.MetricName(ch.Name)
		if ch.New != nil {
			s.collisions[key] = append(s.collisions[key], ch.Name)
		} else if rest := slices.DeleteFunc(s.collisions[key], func(n string) bool { return n == ch.Name }); len(rest) > 0 {
			s.collisions[key] = rest
		} else {
			delete(s.collisions, key)
		}
	}
	s.img = next
}

// size is about how many records a snapshot of the image takes.
func (s *stepper) size() int { return s.img.TopicCount() + s.img.PartitionCount() }

// layers are the broker's configs below a topic's or group's own: those of this
// node, the cluster-wide defaults and the file.
func (s *stepper) layers() (node, cluster, static map[string]string) {
	name := strconv.Itoa(int(s.nodeID))
	return s.img.Config(meta.ResourceBroker, name), s.img.Config(meta.ResourceBroker, ""), s.static
}

// number is the value of a broker config that only the file sets.
func (s *stepper) number(name string) int {
	n, err := strconv.Atoi(configdef.EffectiveBroker(name, nil, nil, s.static).Value)
	if err != nil {
		return 1 // configdef has refused the file; Kafka's default of both users
	}
	return n
}

// refusal is why a request, or one item of it, is not done: Kafka's error and
// the text that clients print, null where Kafka has none. A nil one is success.
type refusal struct {
	err     *kerr.Error
	message *string
}

// refuse makes a refusal with a text.
func refuse(err *kerr.Error, message string) *refusal { return &refusal{err, &message} }

// fill puts the refusal into the fields of an answer.
func (r *refusal) fill(code *int16, message **string) {
	if r != nil {
		*code, *message = r.err.Code, r.message
	}
}

func ptr[T any](v T) *T { return &v }
