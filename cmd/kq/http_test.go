package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
)

// httpProgram is `http METHOD URL [NAME:VALUE…]` of scripts: it sends standard
// input, or what an argument -d is followed by, and prints the code, the headers
// that matter and the body.
func httpProgram() (exitCode int) {
	if err := sendHTTP(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func sendHTTP(args []string) error {
	if len(args) < 2 {
		return fmt.Errorf("usage: http METHOD URL [NAME:VALUE…] [-d BODY]")
	}
	var body io.Reader = os.Stdin
	if i := slices.Index(args, "-d"); i > 0 && i+2 == len(args) {
		body, args = strings.NewReader(args[i+1]), args[:i]
	}
	req, err := http.NewRequestWithContext(context.Background(), args[0], args[1], body)
	if err != nil {
		return err
	}
	for _, h := range args[2:] {
		name, value, _ := strings.Cut(h, ":")
		req.Header.Add(name, strings.TrimSpace(value))
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	fmt.Println(resp.StatusCode)
	for _, name := range []string{"Allow", "Idempotent-Replayed", "Retry-After", "Www-Authenticate"} {
		if v := resp.Header.Get(name); v != "" {
			fmt.Println(name + ": " + v)
		}
	}
	_, err = io.Copy(os.Stdout, resp.Body)
	return err
}
