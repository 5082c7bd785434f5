package main

import (
	"os"

	"kq/internal/cli"
)

func main() { os.Exit(run(cli.OS(), os.Args[1:])) }
