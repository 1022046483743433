package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"plimsoll/internal/api"
	"plimsoll/internal/config"
	"plimsoll/internal/phrase"
)

// outcome is how one thing that doctor looks at fares.
type outcome string

const (
	sound   outcome = "ok"
	dubious outcome = "warn"
	sick    outcome = "fail"
)

// exam is one thing that doctor has looked at.
type exam struct {
	Outcome outcome `json:"outcome"`
	About   string  `json:"about"`
	Text    string  `json:"text"`
	Hint    string  `json:"hint,omitempty"` // what to do, where something is wrong
}

func (c *command) doctorCommand() *cobra.Command {
	path, file := configPath, ""
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "find out why plimsoll does not see, tell or keep what it should",
		Long: `doctor looks at what plimsoll needs: the configuration, who can change it and who can read its secrets, the kernel's drivers, the
clock, the privileged helper, the agent and its socket, each source and each device, the connection to NATS and its account, the
log and what holds actions back. It says nothing of the health of arrays and bonds; that is status.

With --bundle it also writes what a report of a fault should have with it to a file: all that the agent says of itself, its part of
the journal, and the configuration. Passwords, tokens, keys, arguments of programs and paths of web addresses are taken out; names
of hosts, disks and groups are not. Root sees most.

Exit status: 0 nothing is wrong (warnings included); 1 something is.`,
		Args: noWords,
		RunE: run(func(cmd *cobra.Command, _ []string) error {
			exams := c.examine(cmd.Context(), path)
			if file != "" {
				if err := c.gather(cmd.Context(), path, exams).write(file, c.Now()); err != nil {
					return err
				}
			}
			if c.json {
				text, err := json.MarshalIndent(exams, "", "  ")
				if err != nil {
					return err
				}
				fmt.Fprintf(c.Out, "%s\n", text)
			} else {
				s := c.screen()
				s.show(examLines(exams, s.width)...)
				if file != "" {
					fmt.Fprintf(c.Out, "\nWritten to %s: read it before you hand it on.\n", clean(file))
				}
			}
			for _, e := range exams {
				if e.Outcome == sick {
					return exitError(exitBad)
				}
			}
			return nil
		}),
	}
	cmd.Flags().StringVar(&path, "config", path, "the agent's configuration `file`")
	cmd.Flags().StringVar(&file, "bundle", file, "also write what a report of a fault should have with it to this new `file`, as .tar.gz")
	return cmd
}

func examLines(exams []exam, wide int) []line {
	looks := map[outcome]style{sound: green, dubious: yellow, sick: red}
	var rows [][]line
	for _, e := range exams {
		rows = append(rows, []line{{say(looks[e.Outcome], string(e.Outcome))}, {say(plain, e.About)}})
	}
	var out []line
	for i, l := range table(rows) {
		lead, e := append(l, span{plain, "  "}), exams[i]
		blank := line(nil).pad(lead.width())
		for part := range strings.SplitSeq(e.Text, "\n") { // a configuration has many problems at once
			for _, text := range wrap(clean(part), wide-lead.width()) {
				out = append(out, append(slices.Clip(lead), span{plain, text}))
				lead = blank
			}
		}
		if e.Hint == "" {
			continue
		}
		for _, text := range wrap("hint: "+clean(e.Hint), wide-lead.width()) {
			out = append(out, append(slices.Clip(blank), span{dim, text}))
		}
	}
	return out
}

// examine looks at everything, as far as it gets.
func (c *command) examine(ctx context.Context, path string) []exam {
	cfg, first := examineConfig(path)
	exams := append([]exam{first}, examineWriters(path)...)
	exams = append(exams, examineSecrets(path, cfg)...)
	exams = append(exams, examineKernel(cfg.Path)...)
	exams = append(exams, examineBMC(cfg.Path))
	exams = append(exams, c.examineClock()...)
	exams = append(exams, c.examineHelper(cfg)...)
	exams = append(exams, examineSocket(c.socket))
	var s api.Status
	if err := c.client().Ask(ctx, api.PathStatus, nil, &s); err != nil {
		return append(exams, exam{sick, "agent", err.Error(), hintOf(err)})
	}
	exams = append(exams, examineVersion(s, c.Version, phrase.Lasting(c.Now().Sub(s.Started))))
	for _, src := range s.Sources {
		exams = append(exams, examineSource(src))
	}
	exams = append(exams, examineDevices(s)...)
	exams = append(exams, examineNATS(s))
	exams = append(exams, examineFleet(s, cfg.Fleet)...)
	return append(exams, examineLog(s), examinePolicy(s, cfg))
}

func examineConfig(path string) (config.Config, exam) {
	cfg, err := config.Load(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return config.Default(), exam{dubious, "config", path + " is not there", "start from `plimsoll config default`, or name the file with --config"}
	case errors.Is(err, fs.ErrPermission):
		return config.Default(), exam{dubious, "config", path + " may not be read by this user", "run doctor as root to have it checked"}
	case err != nil:
		return config.Default(), exam{sick, "config", err.Error(), hintOf(err)}
	}
	return cfg, exam{sound, "config", path + " is good", ""}
}

// examineKernel says whether the drivers are there whose arrays and bonds are watched. A host without them is sound.
func examineKernel(path config.Path) []exam {
	var out []exam
	for _, driver := range []struct{ name, file, lacks string }{
		{"md", filepath.Join(path.Procfs, "mdstat"), "not loaded: there are no arrays to watch"},
		{"bonding", filepath.Join(path.Sysfs, "class/net/bonding_masters"), "not loaded: there are no bonds to watch"},
	} {
		e := exam{sound, "kernel " + driver.name, "the driver is loaded", ""}
		switch _, err := os.Stat(driver.file); {
		case errors.Is(err, fs.ErrNotExist):
			e.Text = driver.lacks
		case err != nil:
			e.Outcome, e.Text, e.Hint = dubious, err.Error(), "run doctor as root, or see path.sysfs and path.procfs in the configuration"
		}
		out = append(out, e)
	}
	return out
}

// examineSocket looks at who may ask the agent.
func examineSocket(path string) exam {
	info, err := os.Stat(path)
	const others = 0o007
	switch {
	case err != nil:
		return exam{sick, "socket", err.Error(), hintUnreachable(&api.UnreachableError{Socket: path, Cause: err})}
	case info.Mode().Type() != fs.ModeSocket:
		return exam{sick, "socket", path + " is no socket", "name the agent's socket with --socket"}
	case info.Mode().Perm()&others != 0:
		return exam{dubious, "socket", path + " can be used by everybody on this host", "chmod o= " + path}
	}
	return exam{sound, "socket", fmt.Sprintf("%s, mode %#o", path, info.Mode().Perm()), ""}
}

// hintUnreachable says what to do about an agent that can't be asked.
func hintUnreachable(e *api.UnreachableError) string {
	switch {
	case errors.Is(e.Cause, fs.ErrPermission):
		return "this user may not ask the agent: `usermod -aG plimsoll USER` as root, then log in again"
	case errors.Is(e.Cause, fs.ErrNotExist):
		return "is plimsolld running? `systemctl status plimsolld`; name another socket with --socket"
	case errors.Is(e.Cause, syscall.ECONNREFUSED):
		return "nobody listens there any more: `systemctl restart plimsolld`"
	default:
		return "the agent has gone away or hangs: `systemctl status plimsolld`"
	}
}

func examineVersion(s api.Status, ours, up string) exam {
	if s.Version != ours {
		return exam{
			dubious, "agent", fmt.Sprintf("plimsolld is %s, this plimsoll is %s", s.Version, ours),
			"restart the agent after an upgrade: `systemctl restart plimsolld`",
		}
	}
	return exam{sound, "agent", fmt.Sprintf("plimsolld %s answers, up %s", s.Version, up), ""}
}

func examineSource(src api.Source) exam {
	e := exam{sound, "source " + src.Name, "looked " + phrase.Ago(src.AgeS), ""}
	switch {
	case src.Blind:
		e.Outcome, e.Text = sick, "blind"+because(src.Error)+", "+phrase.Seen(src.AgeS)
		e.Hint = "nothing it told is sure any more; see the agent's log: `journalctl -u plimsolld`"
	case src.Error != nil:
		e.Outcome, e.Text = dubious, "the newest look brought nothing"+because(src.Error)
		e.Hint = "what it told before stands for a while; see the agent's log: `journalctl -u plimsolld`"
	case unseen(src):
		e.Outcome, e.Text, e.Hint = dubious, "has not been looked at yet", "ask again in a minute"
	case src.Overdue:
		e.Outcome, e.Text, e.Hint = dubious, "a look has not come back in time; a driver may hang", "see the kernel's log: `dmesg`"
	case len(src.Notes) > 0:
		e.Text += "; " + strings.Join(src.Notes, "; ")
	}
	return e
}

func examineNATS(s api.Status) exam {
	switch f := s.Fleet; {
	case f.Connected:
		e := exam{sound, "nats", fmt.Sprintf("connected%s, %s waiting", on(f.URL), phrase.Several(s.Outbox.Pending, "event")), ""}
		if f.Problem != nil {
			e.Outcome, e.Text = dubious, "connected"+on(f.URL)+because(f.Problem)
			e.Hint = "the account needs the stream, and leave to publish to it: `plimsoll fleet bootstrap` makes both (docs/fleet.md)"
		}
		return e
	case f.Configured || f.Embedded:
		return exam{
			sick, "nats", fmt.Sprintf("not connected%s%s, %s waiting", on(f.URL), because(f.Problem), phrase.Several(s.Outbox.Pending, "event")),
			"events wait in the log and are sent when the server answers; check nats.urls, nats.credentials and nats.tls",
		}
	}
	return exam{sound, "nats", "not configured: events stay on this host", ""}
}

func examineLog(s api.Status) exam {
	switch {
	case !s.Outbox.Durable:
		return exam{
			sick, "log", "events are not durable" + because(s.Log.Problem),
			"the state directory can't be written or hangs; the agent goes on from memory and writes it all when it can",
		}
	case s.Log.LinesLost > 0:
		return exam{dubious, "log", fmt.Sprintf("durable, but %d lines of the agent's own log were lost", s.Log.LinesLost), "whoever takes them was too slow: `systemctl status systemd-journald`"}
	}
	return exam{sound, "log", fmt.Sprintf("durable, %s", phrase.Several(s.Log.Records, "record")), ""}
}
