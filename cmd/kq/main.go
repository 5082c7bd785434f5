package main

import (
	"os"
	_ "time/tzdata" // zones of jobs, where the system has none: Windows, an empty image

	"kq/internal/cli"
)

func main() { os.Exit(run(cli.OS(), os.Args[1:])) }
