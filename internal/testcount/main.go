package main

import (
	"fmt"
	"os"
)

func main() {
	tally, err := report(os.Stdin, os.Stdout)
	switch {
	case err != nil:
		fmt.Fprintln(os.Stderr, "testcount:", err)
		os.Exit(2)
	case tally.failed > 0:
		os.Exit(1)
	}
}
