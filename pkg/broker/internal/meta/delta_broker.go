package meta

import (
	"fmt"
	"slices"
)

func (d *Delta) applyBroker(r Record) error {
	switch r := r.(type) {
	case *RegisterBroker:
		d.register(r)
		return nil
	case *UnregisterBroker:
		b, err := d.broker(r.BrokerID, r.BrokerEpoch)
		if err != nil {
			return err
		}
		d.img.brokers = slices.DeleteFunc(d.img.brokers, func(o *Broker) bool { return o == b })
		return nil
	case *FenceBroker:
		return d.fence(r.ID, r.Epoch, true)
	case *UnfenceBroker:
		return d.fence(r.ID, r.Epoch, false)
	case *BrokerRegistrationChange:
		return d.changeBroker(r)
	}
	return fmt.Errorf("%w: record of type %d", ErrInconsistent, Type(r))
}

// ownedBrokers makes the broker list this Delta's own.
func (d *Delta) ownedBrokers() {
	if !d.ownBrokers {
		d.img.brokers, d.ownBrokers = slices.Clone(d.img.brokers), true
	}
}

func (d *Delta) register(r *RegisterBroker) {
	d.ownedBrokers()
	b := &Broker{
		ID: r.BrokerID, Epoch: r.BrokerEpoch, Incarnation: r.IncarnationID,
		Endpoints: r.Endpoints, Features: r.Features, Rack: r.Rack,
		Fenced: r.Fenced, InControlledShutdown: r.InControlledShutdown,
		LogDirs: r.LogDirs, CordonedLogDirs: r.CordonedLogDirs,
	}
	i, ok := d.img.brokerIndex(r.BrokerID)
	if ok {
		d.img.brokers[i] = b
	} else {
		d.img.brokers = slices.Insert(d.img.brokers, i, b)
	}
}

// broker returns a copy of a registration, already in the list, to be changed
// in place. A record of another epoch than the present registration's is for
// one that is gone.
func (d *Delta) broker(id int32, epoch int64) (*Broker, error) {
	d.ownedBrokers()
	i, ok := d.img.brokerIndex(id)
	if !ok {
		return nil, fmt.Errorf("%w: broker %d is not registered", ErrInconsistent, id)
	}
	b := *d.img.brokers[i]
	if b.Epoch != epoch {
		return nil, fmt.Errorf("%w: broker %d has epoch %d, not %d", ErrInconsistent, id, b.Epoch, epoch)
	}
	d.img.brokers[i] = &b
	return &b, nil
}

func (d *Delta) fence(id int32, epoch int64, fenced bool) error {
	b, err := d.broker(id, epoch)
	if err != nil {
		return err
	}
	b.Fenced = fenced
	return nil
}

func (d *Delta) changeBroker(r *BrokerRegistrationChange) error {
	b, err := d.broker(r.BrokerID, r.BrokerEpoch)
	if err != nil {
		return err
	}
	if r.Fenced != 0 {
		b.Fenced = r.Fenced > 0
	}
	if r.InControlledShutdown != 0 {
		b.InControlledShutdown = r.InControlledShutdown > 0
	}
	if len(r.LogDirs) > 0 {
		b.LogDirs = r.LogDirs
	}
	if r.CordonedLogDirs != nil {
		b.CordonedLogDirs = r.CordonedLogDirs
	}
	return nil
}
