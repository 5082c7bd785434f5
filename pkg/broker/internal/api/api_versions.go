package api

import (
	"maps"
	"slices"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/internal/wire"
)

// handleAPIVersions answers ApiVersions 0-4 (KIP-35, KIP-511, KIP-584).
func handleAPIVersions(s *Service, r *Request, q *kmsg.ApiVersionsRequest) kmsg.Response {
	resp := kmsg.NewPtrApiVersionsResponse()
	if q.Version >= 3 {
		if !validSoftware(q.ClientSoftwareName) || !validSoftware(q.ClientSoftwareVersion) {
			resp.ErrorCode = kerr.InvalidRequest.Code
			return resp
		}
		r.Conn.SetSoftware(Software{Name: q.ClientSoftwareName, Version: q.ClientSoftwareVersion})
	}
	for key, rt := range s.table() {
		if rt.handle != nil {
			resp.ApiKeys = append(resp.ApiKeys, apiRange(int16(key), rt))
		}
	}
	s.addFeatures(resp, q.Version)
	return resp
}

// addFeatures adds what this broker supports and what the cluster is at. The
// epoch of the levels is, as in Kafka, the offset of the metadata.
func (s *Service) addFeatures(resp *kmsg.ApiVersionsResponse, version int16) {
	img := s.Image()
	resp.FinalizedFeaturesEpoch = img.Offset
	if b := img.Broker(s.NodeID); b != nil {
		for _, f := range b.Features {
			// Clients of versions before 4 fail on a minimum of 0 (KAFKA-17492).
			if f.Min == 0 && version < 4 {
				continue
			}
			k := kmsg.NewApiVersionsResponseSupportedFeature()
			k.Name, k.MinVersion, k.MaxVersion = f.Name, f.Min, f.Max
			resp.SupportedFeatures = append(resp.SupportedFeatures, k)
		}
	}
	levels := img.Features()
	for _, name := range slices.Sorted(maps.Keys(levels)) {
		if levels[name] == 0 {
			continue
		}
		k := kmsg.NewApiVersionsResponseFinalizedFeature()
		k.Name, k.MinVersionLevel, k.MaxVersionLevel = name, levels[name], levels[name]
		resp.FinalizedFeatures = append(resp.FinalizedFeatures, k)
	}
}

// apiVersionsTooNew answers a version of ApiVersions that is not known: in
// version 0, which every client reads, with the range of ApiVersions alone
// (KIP-511). The body is not parsed, nobody here knows how.
func (s *Service) apiVersionsTooNew(r *Request) {
	resp := kmsg.NewPtrApiVersionsResponse()
	resp.ErrorCode = kerr.UnsupportedVersion.Code
	resp.ApiKeys = append(resp.ApiKeys, apiRange(wire.KeyApiVersions, s.table()[wire.KeyApiVersions]))
	r.Header.Version = 0
	r.Reply(resp)
}

func apiRange(key int16, rt route) kmsg.ApiVersionsResponseApiKey {
	k := kmsg.NewApiVersionsResponseApiKey()
	k.ApiKey, k.MinVersion, k.MaxVersion = key, rt.min, rt.max
	return k
}

// validSoftware says whether a name or version of client software is letters,
// digits, dots and dashes, with a letter or digit at both ends
// (ApiVersionsRequest.isValid).
func validSoftware(s string) bool {
	for i := range len(s) {
		c := s[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case (c == '-' || c == '.') && i > 0 && i < len(s)-1:
		default:
			return false
		}
	}
	return s != ""
}
