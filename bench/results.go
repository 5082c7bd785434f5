package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"
)

// results are all samples, as results.json keeps them.
type results struct {
	Machine string                 `json:"machine"`
	Parts   map[string]*partResult `json:"parts"`
}

// partResult is one part as it was measured last.
type partResult struct {
	Measured time.Time                       `json:"measured"`
	Runs     int                             `json:"runs"`
	Sizes    string                          `json:"sizes"`
	Missing  map[string]string               `json:"missing"` // peers left out, and why
	Failed   map[string]string               `json:"failed"`  // peers dropped, and why
	Samples  map[string]map[string][]float64 `json:"samples"` // row, peer: a value a turn
}

func (r *partResult) add(peer string, s sample) {
	for key, v := range s {
		if r.Samples[key] == nil {
			r.Samples[key] = map[string][]float64{}
		}
		r.Samples[key][peer] = append(r.Samples[key][peer], v)
	}
}

// drop takes a peer out: what is left has a value of every turn.
func (r *partResult) drop(peer string, why error) {
	text, _, _ := strings.Cut(why.Error(), "\n")
	r.Failed[peer] = text
	for _, row := range r.Samples {
		delete(row, peer)
	}
}

// spread is the median, minimum and maximum of some values.
type spread struct{ mid, low, high float64 }

func spreadOf(values []float64) spread {
	v := slices.Sorted(slices.Values(values))
	n := len(v)
	if n == 0 {
		return spread{}
	}
	return spread{mid: (v[(n-1)/2] + v[n/2]) / 2, low: v[0], high: v[n-1]}
}

// value is the spread of a row for a peer.
func (r *partResult) value(key, peer string) (spread, bool) {
	v := r.Samples[key][peer]
	return spreadOf(v), len(v) > 0
}

// ratio is the spread of kq's values divided by a peer's of the same turn.
func (r *partResult) ratio(key, peer string) (spread, bool) {
	ours, theirs := r.Samples[key]["kq"], r.Samples[key][peer]
	if len(ours) == 0 || len(ours) != len(theirs) || slices.Contains(theirs, 0) {
		return spread{}, false
	}
	ratios := make([]float64, len(ours))
	for i := range ours {
		ratios[i] = ours[i] / theirs[i]
	}
	return spreadOf(ratios), true
}

// load reads the samples of earlier runs; none is fine.
func (o outputs) load() (*results, error) {
	res := &results{Parts: map[string]*partResult{}}
	if o.table == "" {
		return res, nil
	}
	text, err := os.ReadFile(o.samples())
	if errors.Is(err, fs.ErrNotExist) {
		return res, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read samples: %w", err)
	}
	if err := json.Unmarshal(text, res); err != nil {
		return nil, fmt.Errorf("read samples of %s: %w", o.samples(), err)
	}
	return res, nil
}

// write writes the samples, the page and the README's quotation.
func (o outputs) write(res *results) error {
	if o.table == "" {
		return nil
	}
	samples, err := json.MarshalIndent(res, "", " ")
	if err != nil {
		return fmt.Errorf("write samples: %w", err)
	}
	notes, err := os.ReadFile(o.notes())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("read notes: %w", err)
	}
	err = errors.Join(
		os.WriteFile(o.samples(), append(samples, '\n'), 0o644),
		os.WriteFile(o.table, []byte(resultsPage(res, string(notes))), 0o644),
	)
	if err != nil || o.readme == "" {
		return err
	}
	readme, err := os.ReadFile(o.readme)
	if err != nil {
		return fmt.Errorf("quote in the README: %w", err)
	}
	quoted, err := quote(string(readme), readmeTable(res))
	if err != nil {
		return fmt.Errorf("quote in %s: %w", o.readme, err)
	}
	return os.WriteFile(o.readme, []byte(quoted), 0o644)
}

const (
	markerBegin = "<!-- bench -->"
	markerEnd   = "<!-- /bench -->"
)

// quote replaces what stands between the markers of text.
func quote(text, table string) (string, error) {
	before, rest, ok := strings.Cut(text, markerBegin)
	_, after, ok2 := strings.Cut(rest, markerEnd)
	if !ok || !ok2 {
		return "", fmt.Errorf("no %s … %s", markerBegin, markerEnd)
	}
	return before + markerBegin + "\n" + table + markerEnd + after, nil
}
