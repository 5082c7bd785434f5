// Package graph draws a topology: as Mermaid, as DOT, or as an SVG of its own.
//
// In go a topology.Topology; out comes text. Sources and sinks are drawn as the
// topics that they read and write, stores beside the operators that use them,
// and a box around each sub-topology. It imports topology only.
package graph
