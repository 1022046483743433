// Command demo plays a story of testdata/hosts before the real agent: plimsolld watches a captured host on which faults
// happen act by act, with a NATS server of its own, and its events and what plimsoll says are shown as they come. It needs
// no hardware and no privilege, leaves nothing behind, and fails if the agent tells another story than the file wants.
//
// It can't show what needs a kernel (a fault that is announced is found at once, here at the next look, within about a
// second); `make lab` can.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"

	"plimsoll/lab/story"
)

const usage = `usage: demo [flags] STORY.txtar

Plays a story before plimsolld, shows what it says, and exits with 1 if that is
not what the story wants.

`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	interrupted := ctx.Err() != nil
	stop()
	switch {
	case errors.Is(err, flag.ErrHelp):
		os.Exit(2)
	case interrupted:
		os.Exit(130) // as a shell calls what an interrupt has ended
	case err != nil:
		fmt.Fprintf(os.Stderr, "demo: %v\n", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("demo", flag.ContinueOnError)
	bin := flags.String("bin", "build", "`folder` of plimsolld and plimsoll")
	pace := flags.Float64("pace", 1, "how long acts are shown: 2 takes twice as long, 0 goes on as soon as the agent has told one")
	listen := flags.String("listen", "", "serve the status page at this TCP `address`")
	flags.Usage = func() {
		fmt.Fprint(flags.Output(), usage)
		flags.PrintDefaults()
	}
	if err := flags.Parse(args); err != nil {
		return flag.ErrHelp // it has said what is wrong
	}
	if flags.NArg() != 1 || *pace < 0 {
		flags.Usage()
		return flag.ErrHelp
	}
	told, err := read(flags.Arg(0))
	if err != nil {
		return err
	}
	return perform(ctx, told, *bin, *listen, *pace)
}

func read(file string) (story.Story, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return story.Story{}, err
	}
	told, err := story.Parse(text)
	if err != nil {
		return told, fmt.Errorf("%s: %w", file, err)
	}
	return told, nil
}

// perform plays the story before the programs in bin, the page served at listen unless that is empty, in a directory that is then removed.
func perform(ctx context.Context, told story.Story, bin, listen string, pace float64) (err error) {
	dir, err := os.MkdirTemp("", "plimsoll-demo-") // a socket's path has room for 107 bytes, too few for some build folders
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	p := performance{
		story: told, place: place(dir), pace: pace, patience: defaultPatience, out: screen{os.Stdout, colorful(os.Stdout)},
	}
	return p.play(ctx, binaries{
		agent: filepath.Join(bin, "plimsolld"), command: filepath.Join(bin, "plimsoll"), place: p.place, listen: listen, out: os.Stdout,
	})
}

// colorful says whether f is a terminal, and nobody minds colour there (https://no-color.org).
func colorful(f *os.File) bool {
	_, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
	return err == nil && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}
