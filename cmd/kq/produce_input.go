package main

import (
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"kq/internal/cli"
	"kq/pkg/produce"
)

// open opens the files before anything is written, so that a name that is wrong
// leaves no half of the work behind. "-" is standard input, as is no file. size
// is that of all of them together, 0 where one has none.
func (p *producing) open() (inputs []produce.Input, size int64, closeAll func(), err error) {
	if p.single {
		return []produce.Input{{Name: "--value", R: strings.NewReader(p.value)}}, 0, func() {}, nil
	}
	var opened []*os.File
	closeAll = func() {
		for _, f := range opened {
			_ = f.Close() // only read
		}
	}
	names := p.files
	if len(names) == 0 {
		names = []string{"-"}
	}
	sized := true
	for _, name := range names {
		in := produce.Input{Name: "standard input", R: p.env.In}
		if name != "-" {
			f, err := os.Open(name)
			if err != nil {
				closeAll()
				return nil, 0, nil, err
			}
			opened = append(opened, f)
			in = produce.Input{Name: name, R: f}
		}
		if f, ok := in.R.(*os.File); ok {
			st, err := f.Stat()
			switch {
			case err != nil: // such as a closed one: reading it says why
				sized = false
			case st.IsDir():
				closeAll()
				return nil, 0, nil, cli.Usagef("%s is a directory", in.Name)
			default:
				size += st.Size()
				sized = sized && st.Mode().IsRegular()
			}
		}
		inputs = append(inputs, in)
	}
	if !sized {
		size = 0
	}
	return inputs, size, closeAll, nil
}

// reads tells whether r is one of the inputs.
func reads(inputs []produce.Input, r io.Reader) bool {
	for _, in := range inputs {
		if in.R == r {
			return true
		}
	}
	return false
}

// completeFirstTopic completes a topic, then files.
func (a *app) completeFirstTopic(cmd *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveDefault
	}
	return a.completeTopics(cmd, args, word)
}
