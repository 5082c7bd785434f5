package share

import (
	"fmt"
	"time"

	"kq/pkg/broker/internal/configdef"
	"kq/pkg/broker/internal/topic"
)

// resetTimestamp is the timestamp, as ListOffsets has it, that a value of
// share.auto.offset.reset stands for.
func resetTimestamp(policy string, now time.Time) (int64, error) {
	switch policy {
	case "latest":
		return topic.LatestTimestamp, nil
	case "earliest":
		return topic.EarliestTimestamp, nil
	}
	age, ok := configdef.ResetDuration(policy)
	if !ok {
		return 0, fmt.Errorf("share.auto.offset.reset=%s: not latest, earliest or by_duration", policy)
	}
	return max(0, now.Add(-age).UnixMilli()), nil
}
