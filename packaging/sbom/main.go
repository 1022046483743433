package main

import (
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "sbom:", err)
		os.Exit(1)
	}
}

func run(args []string, out io.Writer) error {
	flags := flag.NewFlagSet("sbom", flag.ContinueOnError)
	name := flags.String("name", "", "what the programs are together")
	version := flags.String("version", "", "its version")
	epoch := flags.Int64("epoch", 0, "when it was made, as SOURCE_DATE_EPOCH has it")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *name == "" || *version == "" || flags.NArg() == 0 {
		return errors.New("want -name, -version and programs")
	}
	var programs []program
	for _, path := range flags.Args() {
		p, err := read(path)
		if err != nil {
			return err
		}
		programs = append(programs, p)
	}
	enc := json.NewEncoder(out)
	enc.SetIndent("", "  ")
	return enc.Encode(bill(*name, *version, time.Unix(*epoch, 0), programs))
}

// program is one file that is shipped.
type program struct {
	name string
	sum  string // SHA-256 of the file, in hex
	info *debug.BuildInfo
}

func read(path string) (program, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return program{}, err
	}
	info, err := buildinfo.ReadFile(path)
	if err != nil {
		return program{}, fmt.Errorf("read modules of %s: %w", path, err)
	}
	sum := sha256.Sum256(text)
	return program{name: filepath.Base(path), sum: hex.EncodeToString(sum[:]), info: info}, nil
}
