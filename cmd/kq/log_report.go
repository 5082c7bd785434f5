package main

import (
	"fmt"
	"strconv"

	"kq/internal/cli"
	"kq/internal/out"
	"kq/pkg/broker/logstore"
)

// logReport is what kq log repair found, and did or would do.
type logReport struct {
	Topic         string       `json:"topic"`
	Partition     int32        `json:"partition"`
	Dir           string       `json:"dir"`
	Start         int64        `json:"start"`
	End           int64        `json:"end"`
	RecoveryPoint int64        `json:"recovery_point"`
	Segments      int          `json:"segments"`
	Bytes         int64        `json:"bytes"`
	Batches       int64        `json:"batches"`
	Problems      []logProblem `json:"problems"`
	Actions       []string     `json:"actions"`
	Applied       bool         `json:"applied"`
}

type logProblem struct {
	File     string `json:"file"`
	Position int64  `json:"position"`
	Offset   int64  `json:"offset"`
	Cause    string `json:"cause"`
	Below    bool   `json:"below_recovery_point"`

	CutBytes    int64 `json:"cut_bytes"`
	CutOffsets  int64 `json:"cut_offsets"`
	SkipBytes   int64 `json:"skip_bytes"`
	SkipOffsets int64 `json:"skip_offsets"`
}

func newLogReport(r logstore.Report) logReport {
	rep := logReport{
		Topic: r.TopicPartition.Topic, Partition: r.TopicPartition.Partition, Dir: r.Dir,
		Start: r.StartOffset, End: r.EndOffset, RecoveryPoint: r.RecoveryPoint,
		Segments: r.Segments, Bytes: r.Bytes, Batches: r.Batches, Actions: r.Actions, Applied: r.Applied,
	}
	for _, p := range r.Problems {
		rep.Problems = append(rep.Problems, logProblem{
			File: p.File, Position: p.Position, Offset: p.Offset, Cause: p.Cause, Below: p.BelowRecoveryPoint,
			CutBytes: p.CutBytes, CutOffsets: p.CutOffsets, SkipBytes: p.SkipBytes, SkipOffsets: p.SkipOffsets,
		})
	}
	return rep
}

func (a *app) printLogReport(r logstore.Report, skip bool) error {
	rep := newLogReport(r)
	summary := out.Table{
		Columns: out.Cols("PARTITION", ">SEGMENTS", ">BATCHES", ">BYTES", ">START", ">END", ">RECOVERED TO", ">PROBLEMS"),
		Rows: [][]string{{
			fmt.Sprintf("%s:%d", rep.Topic, rep.Partition), strconv.Itoa(rep.Segments), itoa(rep.Batches), itoa(rep.Bytes),
			itoa(rep.Start), itoa(rep.End), itoa(rep.RecoveryPoint), strconv.Itoa(len(rep.Problems)),
		}},
	}
	tables := []out.Table{summary}
	if len(rep.Problems) > 0 {
		tables = append(tables, problemTable(rep, skip), actionTable(rep))
	}
	if err := a.print(rep, tables...); err != nil {
		return err
	}
	if len(rep.Problems) == 0 || rep.Applied {
		return nil
	}
	e := cli.WithCode(fmt.Errorf("%s: nothing was changed", plural(int64(len(rep.Problems)), "problem")), cli.CodeCondition)
	return cli.WithHint(e, "the same with --yes does it; --skip keeps what follows the damage")
}

func problemTable(rep logReport, skip bool) out.Table {
	t := out.Table{Columns: out.Cols("FILE", ">POSITION", ">OFFSET", ">LOSES BYTES", ">LOSES OFFSETS", "CAUSE")}
	for _, p := range rep.Problems {
		bytes, offsets := p.CutBytes, p.CutOffsets
		if skip {
			bytes, offsets = p.SkipBytes, p.SkipOffsets
		}
		t.Rows = append(t.Rows, []string{p.File, itoa(p.Position), itoa(p.Offset), itoa(bytes), itoa(offsets), p.Cause})
	}
	return t
}

func actionTable(rep logReport) out.Table {
	t := out.Table{Columns: out.Cols("WOULD DO")}
	if rep.Applied {
		t.Columns = out.Cols("DONE")
	}
	for _, action := range rep.Actions {
		t.Rows = append(t.Rows, []string{action})
	}
	return t
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }
