package format

import "kq/internal/staterec"

// shareValue decodes the values of share groups that are not those of consumer
// groups under another name.
func (o *object) shareValue(kind staterec.Kind, b []byte) error {
	switch kind {
	case staterec.ShareGroup:
		return walkValue(o, b, staterec.ParseShareGroupMetadata, func(o *object, v staterec.ShareGroupMetadata) {
			o.int("epoch", int64(v.Epoch))
			o.int("metadataHash", v.MetadataHash)
		})
	case staterec.ShareMember:
		return walkValue(o, b, staterec.ParseShareGroupMemberMetadata, func(o *object, v staterec.ShareGroupMemberMetadata) {
			o.nullString("rackId", v.RackID)
			o.string("clientId", v.ClientID)
			o.string("clientHost", v.ClientHost)
			o.strings("subscribedTopicNames", v.SubscribedTopicNames)
		})
	case staterec.ShareCurrent:
		return walkValue(o, b, staterec.ParseShareGroupCurrentMemberAssignment, func(o *object, v staterec.ShareGroupCurrentMemberAssignment) {
			o.int("memberEpoch", int64(v.MemberEpoch))
			o.int("previousMemberEpoch", int64(v.PreviousMemberEpoch))
			o.int("state", int64(v.State))
			list(o, "assignedPartitions", v.Assigned, topicPartitions)
		})
	}
	return walkValue(o, b, staterec.ParseShareGroupStatePartitionMetadata, shareStatePartitions)
}

func shareStatePartitions(o *object, v staterec.ShareGroupStatePartitionMetadata) {
	of := func(o *object, t *staterec.ShareTopic) {
		o.id("topicId", t.TopicID)
		o.string("topicName", t.Topic)
		o.ints("partitions", t.Partitions)
	}
	list(o, "initializingTopics", v.Initializing, of)
	list(o, "initializedTopics", v.Initialized, of)
	list(o, "deletingTopics", v.Deleting, func(o *object, t *staterec.ShareTopic) {
		o.id("topicId", t.TopicID)
		o.string("topicName", t.Topic)
	})
}
