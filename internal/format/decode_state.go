package format

import "kq/internal/staterec"

// The fields have the names of Kafka's own formatters (kafka-console-consumer
// with OffsetsMessageFormatter and its kin), and like there a tagged field that
// holds its default is left out.

func (o *object) groupKey(k staterec.Key) {
	if !o.json {
		o.buf = append(o.buf, k.Kind.String()...)
	}
	switch k.Kind {
	case staterec.LegacyOffset, staterec.Offset:
		o.string("group", k.Group)
		o.string("topic", k.Topic)
		o.int("partition", int64(k.Partition))
		return
	case staterec.Group:
		o.string("group", k.Group)
		return
	}
	o.string("groupId", k.Group)
	switch {
	case k.Kind == staterec.ConsumerRegex:
		o.string("regularExpression", k.Regex)
	case k.Kind.OfMember():
		o.string("memberId", k.Member)
	}
}

// groupValue decodes the value of a key of kind. Those of streams groups are left
// as they are.
func (o *object) groupValue(kind staterec.Kind, b []byte) error {
	var err error
	switch kind {
	case staterec.ShareGroup, staterec.ShareMember, staterec.ShareCurrent, staterec.ShareStatePartitions:
		err = o.shareValue(kind, b)
	case staterec.LegacyOffset, staterec.Offset:
		err = walkValue(o, b, staterec.ViewOffsetValue, offsetValue)
	case staterec.Group:
		err = walkValue(o, b, staterec.ParseGroupValue, classicGroup)
	case staterec.ConsumerGroup:
		err = walkValue(o, b, staterec.ParseConsumerGroupMetadata, func(o *object, v staterec.ConsumerGroupMetadata) {
			o.int("epoch", int64(v.Epoch))
			o.set("metadataHash", v.MetadataHash, 0)
		})
	case staterec.ConsumerPartitions:
		err = walkValue(o, b, staterec.ParseConsumerGroupPartitionMetadata, consumerTopics)
	case staterec.ConsumerMember:
		err = walkValue(o, b, staterec.ParseConsumerGroupMemberMetadata, consumerMember)
	case staterec.ConsumerTarget, staterec.ShareTarget:
		err = walkValue(o, b, staterec.ParseConsumerGroupTargetAssignmentMetadata, func(o *object, v staterec.ConsumerGroupTargetAssignmentMetadata) {
			o.int("assignmentEpoch", int64(v.AssignmentEpoch))
			o.set("assignmentTimestamp", v.TimestampMs, 0)
		})
	case staterec.ConsumerTargetMember, staterec.ShareTargetMember:
		err = walkValue(o, b, staterec.ParseConsumerGroupTargetAssignmentMember, func(o *object, v staterec.ConsumerGroupTargetAssignmentMember) {
			list(o, "topicPartitions", v.Topics, topicPartitions)
		})
	case staterec.ConsumerCurrent:
		err = walkValue(o, b, staterec.ParseConsumerGroupCurrentMemberAssignment, currentAssignment)
	case staterec.ConsumerRegex:
		err = walkValue(o, b, staterec.ParseConsumerGroupRegularExpression, func(o *object, v staterec.ConsumerGroupRegularExpression) {
			o.strings("topics", v.Topics)
			o.int("version", v.Version)
			o.int("timestamp", v.TimestampMs)
		})
	default:
		return nil
	}
	if err == nil {
		o.valueKind(kind.String(), b)
	}
	return err
}

func walkValue[T any](o *object, b []byte, parse func([]byte) (T, error), walk func(*object, T)) error {
	v, err := parse(b)
	if err == nil {
		walk(o, v)
	}
	return err
}

// set is a number that is left out where it is its default.
func (o *object) set(name string, v, unless int64) {
	if v != unless {
		o.int(name, v)
	}
}

func offsetValue(o *object, v staterec.OffsetValue) {
	o.int("offset", v.Offset)
	o.int("leaderEpoch", int64(v.LeaderEpoch))
	o.string("metadata", v.Metadata)
	o.int("commitTimestamp", v.CommitMs)
	o.set("expireTimestamp", v.ExpireMs, -1)
	if v.TopicID != [16]byte{} {
		o.id("topicId", v.TopicID)
	}
}

func classicGroup(o *object, v staterec.GroupValue) {
	o.string("protocolType", v.ProtocolType)
	o.int("generation", int64(v.Generation))
	o.nullString("protocol", v.Protocol)
	o.nullString("leader", v.Leader)
	o.int("currentStateTimestamp", v.StateMs)
	list(o, "members", v.Members, func(o *object, m *staterec.GroupMember) {
		o.string("memberId", m.ID)
		o.nullString("groupInstanceId", m.InstanceID)
		o.string("clientId", m.ClientID)
		o.string("clientHost", m.ClientHost)
		o.int("rebalanceTimeout", int64(m.RebalanceTimeoutMs))
		o.int("sessionTimeout", int64(m.SessionTimeoutMs))
		o.bytes("subscription", m.Subscription)
		o.bytes("assignment", m.Assignment)
	})
}

func consumerTopics(o *object, v staterec.ConsumerGroupPartitionMetadata) {
	list(o, "topics", v.Topics, func(o *object, t *staterec.ConsumerTopic) {
		o.id("topicId", t.TopicID)
		o.string("topicName", t.Topic)
		o.int("numPartitions", int64(t.NumPartitions))
		list(o, "partitionMetadata", t.Racks, func(o *object, p *staterec.PartitionRacks) {
			o.int("partition", int64(p.Partition))
			o.strings("racks", p.Racks)
		})
	})
}

func consumerMember(o *object, v staterec.ConsumerGroupMemberMetadata) {
	o.nullString("instanceId", v.InstanceID)
	o.nullString("rackId", v.RackID)
	o.string("clientId", v.ClientID)
	o.string("clientHost", v.ClientHost)
	o.strings("subscribedTopicNames", v.SubscribedTopicNames)
	o.nullString("subscribedTopicRegex", v.SubscribedTopicRegex)
	o.int("rebalanceTimeoutMs", int64(v.RebalanceTimeoutMs))
	o.nullString("serverAssignor", v.ServerAssignor)
	o.name("classicMemberMetadata")
	if v.Classic == nil {
		o.buf = append(o.buf, "null"...)
		return
	}
	o.nested(func(o *object) {
		o.int("sessionTimeoutMs", int64(v.Classic.SessionTimeoutMs))
		list(o, "supportedProtocols", v.Classic.Protocols, func(o *object, p *staterec.ClassicProtocol) {
			o.string("name", p.Name)
			o.bytes("metadata", p.Metadata)
		})
	})
}

func topicPartitions(o *object, t *staterec.TopicPartitions) {
	o.id("topicId", t.TopicID)
	o.ints("partitions", t.Partitions)
	if len(t.Epochs) > 0 {
		o.ints("assignmentEpochs", t.Epochs)
	}
}

func currentAssignment(o *object, v staterec.ConsumerGroupCurrentMemberAssignment) {
	o.int("memberEpoch", int64(v.MemberEpoch))
	o.int("previousMemberEpoch", int64(v.PreviousMemberEpoch))
	o.int("state", int64(v.State))
	list(o, "assignedPartitions", v.Assigned, topicPartitions)
	list(o, "partitionsPendingRevocation", v.PendingRevocation, topicPartitions)
}

// txnValue prints the state's name where Kafka's formatter prints its number.
func (o *object) txnValue(v staterec.TxnValue) {
	o.int("producerId", v.ProducerID)
	o.set("previousProducerId", v.PreviousProducerID, -1)
	o.set("nextProducerId", v.NextProducerID, -1)
	o.int("producerEpoch", int64(v.Epoch))
	o.set("nextProducerEpoch", int64(v.NextEpoch), -1)
	o.int("transactionTimeoutMs", int64(v.TimeoutMs))
	o.string("transactionStatus", v.Status.String())
	list(o, "transactionPartitions", v.Partitions, func(o *object, p *staterec.TxnPartitions) {
		o.string("topic", p.Topic)
		o.ints("partitionIds", p.Partitions)
	})
	o.int("transactionLastUpdateTimestampMs", v.LastUpdateMs)
	o.int("transactionStartTimestampMs", v.StartMs)
	o.set("clientTransactionVersion", int64(v.ClientVersion), 0)
}
