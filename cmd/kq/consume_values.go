package main

import (
	"errors"
	"strconv"
	"strings"
)

// countValue is a number of records, from 1; 0 when the flag is not given.
type countValue int64

func (c *countValue) String() string {
	if *c == 0 {
		return ""
	}
	return strconv.FormatInt(int64(*c), 10)
}
func (*countValue) Type() string { return "number" }

// Set is called with what was given on the command line.
func (c *countValue) Set(s string) error {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 1 {
		return errors.New("a number from 1 is needed")
	}
	*c = countValue(n)
	return nil
}

// partitionsValue is a list of partitions, nil for all.
type partitionsValue []int32

func (p *partitionsValue) String() string {
	var words []string
	for _, n := range *p {
		words = append(words, strconv.Itoa(int(n)))
	}
	return strings.Join(words, ",")
}
func (*partitionsValue) Type() string { return "partitions" }

// Set is called with what was given on the command line, each time it is.
func (p *partitionsValue) Set(s string) error {
	for word := range strings.SplitSeq(s, ",") {
		n, err := strconv.ParseInt(word, 10, 32)
		if err != nil || n < 0 {
			return errors.New("partitions are numbers from 0, as 0,1")
		}
		*p = append(*p, int32(n))
	}
	return nil
}
