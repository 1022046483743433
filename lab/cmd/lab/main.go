// Command lab builds the guest's image, boots guests, runs scripts in them,
// and gives a shell in one.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"plimsoll/lab"
	"plimsoll/lab/script"
)

const usage = `usage: lab COMMAND [flags] [arguments]

  lab image              build the guest's image, or say that it is cached
  lab run SCRIPT...      run scripts; a folder stands for all of its .lab files
  lab check SCRIPT...    parse scripts
  lab shell              a root shell in a guest with arrays, a bond and the agent
  lab help               this, and the statements of the script language

Flags of image, run and shell:
`

// errFailed says that scripts failed, which were told of already.
var errFailed = errors.New("scripts failed")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	switch {
	case errors.Is(err, errFailed):
		os.Exit(1)
	case errors.Is(err, flag.ErrHelp):
		os.Exit(2)
	case err != nil:
		fmt.Fprintf(os.Stderr, "lab: %v\n", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) == 0 {
		args = []string{"help"}
	}
	c := lab.DefaultConfig()
	flags := flagsOf(args[0], &c)
	var boot lab.Boot
	var port int
	var store string
	switch args[0] {
	case "shell":
		flags.BoolVar(&boot.RootOnDM, "root-on-dm", false, "put device-mapper under the root, for fault hang")
		flags.BoolVar(&boot.MaskedMDRules, "masked-md-rules", false, "link udev's md rules to /dev/null")
	case "nats":
		flags.IntVar(&port, "port", 4222, "loopback port")
		flags.StringVar(&store, "store", "", "folder of the streams")
	}
	if err := flags.Parse(args[1:]); err != nil {
		return flag.ErrHelp
	}
	switch args[0] {
	case "image":
		_, err := lab.BuildImage(ctx, c.Cache, c.Progress)
		return err
	case "run":
		return runScripts(ctx, c, flags.Args())
	case "check":
		_, err := load(flags.Args())
		return err
	case "shell":
		return shell(ctx, c, boot)
	case "nats":
		return lab.ServeNATS(ctx, port, store)
	case "help":
		return help(flags)
	default:
		return fmt.Errorf("unknown command %q; see lab help", args[0])
	}
}

// flagsOf are the flags that several commands have, which fill c.
func flagsOf(command string, c *lab.Config) *flag.FlagSet {
	flags := flag.NewFlagSet("lab "+command, flag.ContinueOnError)
	flags.StringVar(&c.Cache, "cache", c.Cache, "folder of built images (also PLIMSOLL_LAB_CACHE)")
	flags.StringVar(&c.Out, "out", c.Out, "folder in which runs leave their transcripts")
	flags.StringVar(&c.Deb, "deb", c.Deb, "the agent's package; of a pattern's matches the newest")
	flags.StringVar(&c.Before, "before", c.Before, "an earlier package, likewise, for scripts that upgrade from it")
	flags.StringVar(&c.Bin, "bin", c.Bin, "folder of plimsolld and plimsoll to run instead of the package's")
	flags.IntVar(&c.Guests, "guests", c.Guests, "how many guests run at once")
	flags.IntVar(&c.Again, "again", c.Again, "how many scripts that failed are run once more, each in a new guest; one that then passes is called unsteady")
	flags.DurationVar(&c.Timeout, "timeout", c.Timeout, "longest time for one script")
	return flags
}

func help(flags *flag.FlagSet) error {
	fmt.Print(usage)
	flags.SetOutput(os.Stdout)
	flags.PrintDefaults()
	fmt.Print("\nStatements, one a line; \"N times STATEMENT\" repeats one, \"on second\" has it be about a second guest, \"on both\" about each:\n\n")
	for _, f := range script.Forms() {
		fmt.Printf("  %s\n      %s\n", f.Usage, f.Help)
	}
	return nil
}

func runScripts(ctx context.Context, c lab.Config, paths []string) error {
	scripts, err := load(paths)
	if err != nil {
		return err
	}
	l, err := lab.New(ctx, c)
	if err != nil {
		return err
	}
	t, err := l.Run(ctx, scripts)
	for _, u := range t.Unsteady {
		fmt.Fprintf(c.Progress, "unsteady: %s: failed, and passed when it was run again; the first run left behind: %s\n", u.Script, u.First)
	}
	summary := fmt.Sprintf("%d passed, %d failed", t.Passed, t.Failed)
	if n := len(t.Unsteady); n > 0 {
		summary += fmt.Sprintf(", %d unsteady", n) // among the passed
	}
	fmt.Fprintln(c.Progress, summary)
	if err == nil && t.Failed > 0 {
		err = errFailed
	}
	return err
}

// load parses all scripts before the first guest boots.
func load(paths []string) ([]script.Script, error) {
	var files []string
	for _, p := range paths {
		st, err := os.Stat(p)
		if err != nil {
			return nil, err
		}
		if !st.IsDir() {
			files = append(files, p)
			continue
		}
		found, err := filepath.Glob(filepath.Join(p, "*.lab"))
		if err != nil {
			return nil, err
		}
		files = append(files, found...)
	}
	if len(files) == 0 {
		return nil, errors.New("no scripts given; try lab/scripts")
	}
	var scripts []script.Script
	var errs []error
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			return nil, err
		}
		s, err := script.Parse(strings.TrimSuffix(filepath.Base(f), ".lab"), string(b))
		errs = append(errs, err)
		scripts = append(scripts, s)
	}
	return scripts, errors.Join(errs...)
}
