package run

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"kq/pkg/streams/run/ask"
	"kq/pkg/streams/run/assign"
	"kq/pkg/streams/topology"
)

// sizes are the numbers of a layout. Inputs may get more partitions while the
// application runs; then it has others. One that is published never changes.
type sizes struct {
	tasks      map[int32]int32  // of each sub-topology
	partitions map[string]int32 // of every topic that is read or restored
}

// tasks is how many tasks a sub-topology has.
func (l *layout) tasks(sub int32) int32 { return l.now.Load().tasks[sub] }

// partitions is how many partitions a topic that is read or restored has.
func (l *layout) partitions(topic string) int32 { return l.now.Load().partitions[topic] }

// grow looks at the inputs again and says whether they have more partitions: a
// sub-topology that reads them has a task for each then. Internal topics keep
// theirs, as keys are spread over them: where one would have to grow the answer
// is ErrPartitions (Kafka's InternalTopicManager), and the layout stays.
func (rt *Runtime) grow(ctx context.Context) (bool, error) {
	l := rt.l
	known, err := topicsOf(ctx, rt.adm, l.external)
	if err != nil {
		return false, err
	}
	was := l.now.Load()
	now := &sizes{partitions: maps.Clone(was.partitions)}
	grew := false
	for _, topic := range l.external {
		if n := int32(len(known[topic].Partitions)); n > was.partitions[topic] {
			now.partitions[topic], grew = n, true
		}
	}
	if !grew {
		return false, nil
	}
	parts, err := rt.top.Resolve(func(topic string) int32 { return now.partitions[topic] })
	if err != nil {
		return false, err
	}
	next := &layout{repart: map[string]bool{}}
	next.plan(rt.top, rt.o.App, parts)
	for _, i := range next.internals {
		if have := was.partitions[i.name]; have != i.partitions {
			return false, mismatch(i, int(have))
		}
	}
	now.tasks = parts.Tasks
	if !l.now.CompareAndSwap(was, now) {
		return true, nil // another goroutine saw it, too
	}
	for _, topic := range l.external {
		if n := now.partitions[topic]; n > was.partitions[topic] {
			rt.o.Logger.Info("an input has more partitions", "topic", topic, "had", was.partitions[topic], "has", n)
		}
	}
	return true, nil
}

// know makes sure that the layout has the tasks of a plan: its leader may have
// seen more partitions than this process.
func (rt *Runtime) know(ctx context.Context, plan *assign.Assignment) error {
	lacks := func(id assign.TaskID) bool { return rt.l.subs[id.Sub] != nil && id.Partition >= rt.l.tasks(id.Sub) }
	for slices.ContainsFunc(plan.Active, lacks) || slices.ContainsFunc(plan.Standby, lacks) {
		if grew, err := rt.grow(ctx); err != nil {
			return err
		} else if grew {
			continue
		}
		if err := ask.Pause(ctx, 50*time.Millisecond); err != nil {
			return err
		}
	}
	return nil
}

// watchInputs makes the group meet again when inputs have more partitions: that
// the group's leader sees it is what counts, as a follower that joins with the
// same subscription is given the assignment it has (every process looks). The
// error is one that the application cannot run with. It is believed when it is
// seen twice: of two topics that are joined one gets its partitions first.
func (rt *Runtime) watchInputs(ctx context.Context, m interface{ Rejoin() }) error {
	var seen error
	for {
		if ask.Pause(ctx, rt.o.Refresh) != nil {
			return nil
		}
		grew, err := rt.grow(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case grew:
			m.Rejoin()
		case err == nil:
		case wrongCounts(err) && seen != nil:
			return err
		default:
			rt.o.Logger.Warn("look at the partitions of the inputs", "err", err)
		}
		if seen = err; !wrongCounts(err) {
			seen = nil
		}
	}
}

// wrongCounts says that a topology cannot run on topics as they are.
func wrongCounts(err error) bool {
	var differ *topology.CopartitionError
	return errors.Is(err, ErrPartitions) || errors.As(err, &differ)
}
