package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"kq/internal/out"
)

// buildInfo is what kq version tells.
type buildInfo struct {
	Version  string `json:"version"`
	Revision string `json:"revision"` // of the source, empty where it is not known
	Modified bool   `json:"modified"` // the source was changed after that
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

// version reads what the linker put into the binary.
func version() buildInfo {
	v := buildInfo{Version: "devel", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	if info.Main.Version != "" && info.Main.Version != "(devel)" {
		v.Version = info.Main.Version
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			v.Revision = s.Value
		case "vcs.modified":
			v.Modified = s.Value == "true"
		}
	}
	return v
}

func newVersionCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "print the version of kq; asks no cluster",
		Args:  args(0, 0, ""),
		RunE:  func(*cobra.Command, []string) error { return a.printVersion() },
	}
}

func (a *app) printVersion() error {
	v := version()
	if a.output == string(out.TableFormat) {
		_, err := fmt.Fprintf(a.env.Out, "kq %s (%s, %s)\n", v.Version, v.Go, v.Platform)
		return err
	}
	return a.print(v, out.Table{
		Columns: out.Cols("VERSION", "REVISION", "GO", "PLATFORM"),
		Rows:    [][]string{{v.Version, v.Revision, v.Go, v.Platform}},
	})
}
