package cluster

import (
	"fmt"
	"slices"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/internal/meta"
)

// The upgrade types of UpdateFeatures (FeatureUpdate.UpgradeType).
const (
	upgrade         int8 = 1
	safeDowngrade   int8 = 2
	unsafeDowngrade int8 = 3
)

// updateFeatures is the step of UpdateFeatures (FeatureControlManager): all of it
// happens or nothing.
func (s *stepper) updateFeatures(q *kmsg.UpdateFeaturesRequest) (*kmsg.UpdateFeaturesResponse, []meta.Record) {
	resp := kmsg.NewPtrUpdateFeaturesResponse()
	var records []meta.Record
	levels := s.img.Features()
	for i := range q.FeatureUpdates {
		u := &q.FeatureUpdates[i]
		kind := u.UpgradeType
		if q.Version == 0 {
			kind = upgrade
			if u.AllowDowngrade {
				kind = safeDowngrade
			}
		}
		if why := s.checkFeature(u.Feature, levels[u.Feature], u.MaxVersionLevel, kind); why != "" {
			text := "The update failed for all features since the following feature had an error: " + why
			resp.ErrorCode, resp.ErrorMessage, resp.Results = kerr.InvalidUpdateVersion.Code, &text, nil
			return resp, nil
		}
		if levels[u.Feature] != u.MaxVersionLevel {
			records = append(records, &meta.FeatureLevel{Name: u.Feature, Level: u.MaxVersionLevel})
		}
		if q.Version <= 1 {
			r := kmsg.NewUpdateFeaturesResponseResult()
			r.Feature, r.ErrorMessage = u.Feature, ptr("NONE") // what Kafka's tools expect there
			resp.Results = append(resp.Results, r)
		}
	}
	if q.ValidateOnly {
		records = nil
	}
	return resp, records
}

// checkFeature says in Kafka's words why a feature cannot go to a level.
func (s *stepper) checkFeature(name string, have, want int16, kind int8) string {
	invalid := func(why string, args ...any) string {
		return fmt.Sprintf("Invalid update version %d for feature %s. ", want, name) + fmt.Sprintf(why, args...)
	}
	i := slices.IndexFunc(s.features, func(f Feature) bool { return f.Name == name })
	switch {
	case kind < upgrade || kind > unsafeDowngrade:
		return invalid("The controller does not support the given upgrade type.")
	case want < 0:
		return invalid("A feature version cannot be less than 0.")
	case i < 0:
		return invalid("Local controller %d does not support this feature.", s.nodeID)
	case want < s.features[i].Min || want > s.features[i].Max:
		return invalid("Local controller %d only supports versions %d-%d", s.nodeID, s.features[i].Min, s.features[i].Max)
	case want >= have:
		return ""
	case kind == upgrade:
		return invalid("Can't downgrade the version of this feature without setting the upgrade type to either safe or unsafe downgrade.")
	case name != metadataVersion:
		return ""
	}
	text := fmt.Sprintf("Unsupported metadata.version downgrade from %d to %d. ", have, want)
	if kind == unsafeDowngrade {
		return text + "Unsafe metadata downgrade is not supported in this version."
	}
	return text + "Refusing to perform the requested downgrade because it might delete metadata information."
}
