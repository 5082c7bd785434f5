package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
)

// demoJob counts the words of what the demo produced.
const demoJob = `app: demo-wordcount
streams:
  lines: {topic: docs, value: string}
pipelines:
  counts:
    from: lines
    steps:
      - flatMapValues: words(value)
      - groupBy: value
      - count: {store: counts}
    to: {topic: word-counts, value: long, create: {partitions: 1}}
tests:
  - name: two words
    given: [{lines: [{value: Hello hello}]}]
    expect: {word-counts: {last: {hello: 2}}}
`

// streams ends the demo with a job: its file, its tests, its results.
func (d *demo) streams(ctx context.Context) error {
	job := filepath.Join(d.dir, "wordcount.yaml")
	if err := os.WriteFile(job, []byte(demoJob), 0o600); err != nil {
		return err
	}
	for _, step := range []func() error{
		d.say("Word count, as a streams job: what Kafka Streams does, from a YAML file."),
		func() error {
			_, err := fmt.Fprintf(d.env.Out, "$ cat %s\n%s", shellQuote(job), demoJob)
			return err
		},
		d.say("Its tests need no broker. Then it runs to the end of what there is."),
		d.kq(ctx, nil, "streams", "test", job),
		d.kq(ctx, nil, "streams", "run", job, "--once", "--state", "memory"),
		d.kq(ctx, nil, "consume", "word-counts", "--from", "-5", "-n", "5", "-f", `%k %v{unpack[>q]}\n`),
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}
