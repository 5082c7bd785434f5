package api

import (
	"slices"
	"strconv"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/internal/meta"
)

// handleListConfigResources answers ListConfigResources 0-1 (KIP-1142): topics and
// brokers whether they have configs of their own or not, groups and client metrics
// that have. Version 0 is about client metrics alone.
func handleListConfigResources(s *Service, _ *Request, q *kmsg.ListConfigResourcesRequest) kmsg.Response {
	resp := kmsg.NewPtrListConfigResourcesResponse()
	known := []int8{meta.ResourceTopic, meta.ResourceBroker, meta.ResourceBrokerLogger, meta.ResourceClientMetrics, meta.ResourceGroup}
	wanted := known
	switch {
	case q.Version == 0:
		wanted = []int8{meta.ResourceClientMetrics}
	case len(q.ResourceTypes) > 0:
		wanted = q.ResourceTypes
	}
	if slices.ContainsFunc(wanted, func(t int8) bool { return !slices.Contains(known, t) }) {
		resp.ErrorCode = kerr.UnsupportedVersion.Code
		return resp
	}
	for _, kind := range known {
		if !slices.Contains(wanted, kind) {
			continue
		}
		for _, name := range configured(s.Image(), kind) {
			r := kmsg.NewListConfigResourcesResponseConfigResource()
			r.Type, r.Name = kind, name
			resp.ConfigResources = append(resp.ConfigResources, r)
		}
	}
	return resp
}

// configured lists the resources of one type.
func configured(img *meta.Image, kind int8) (names []string) {
	switch kind {
	case meta.ResourceTopic:
		for _, t := range img.Topics() {
			names = append(names, t.Name)
		}
	case meta.ResourceBroker, meta.ResourceBrokerLogger:
		for _, b := range img.Brokers() {
			names = append(names, strconv.Itoa(int(b.ID)))
		}
	default:
		for _, r := range img.Configured() {
			if r.Type == kind {
				names = append(names, r.Name)
			}
		}
	}
	return names
}
