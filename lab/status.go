package lab

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"plimsoll/lab/script"
)

// Status is what the lab reads of `plimsoll status --json`.
type Status struct {
	Groups   []StatusGroup `json:"groups"`
	Coverage []StatusUse   `json:"coverage"`
	Outbox   struct {
		Pending int  `json:"pending"`
		Durable bool `json:"durable"`
	} `json:"outbox"`
}

// StatusUse is one filesystem, swap or route of a Status.
type StatusUse struct {
	What     string `json:"what"`
	Coverage string `json:"coverage"`
	By       string `json:"by"`
}

// StatusGroup is one group of a Status.
type StatusGroup struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Status string `json:"status"`
	Margin struct {
		Least, Most *int
	} `json:"margin"`
	Members  []StatusMember  `json:"members"`
	Warnings json.RawMessage `json:"warnings"`
	Evidence json.RawMessage `json:"evidence"`
}

// StatusMember is one member of a StatusGroup.
type StatusMember struct {
	ID       string          `json:"id"`
	Name     string          `json:"name"`
	State    string          `json:"state"`
	Health   string          `json:"health"`
	Evidence json.RawMessage `json:"evidence"`
}

// status asks the agent in the guest, and remembers the names it tells.
func (s *session) status(ctx context.Context) (Status, error) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	// The exit code may tell of the host's state; the answer is what counts.
	out, err := s.m.Run(ctx, "plimsoll status --json")
	if err != nil {
		return Status{}, err
	}
	var st Status
	if err := json.Unmarshal([]byte(out.Out), &st); err != nil {
		return Status{}, fmt.Errorf("read plimsoll status --json: %w: %s", err, strings.TrimSpace(out.Err))
	}
	for _, g := range st.Groups {
		s.names[g.ID] = g.Name
		for _, m := range g.Members {
			if _, known := s.names[m.ID]; m.Name != "" || !known { // an empty slot is still told of by what was in it
				s.names[m.ID] = g.Name + "/" + m.called()
			}
		}
	}
	return st, nil
}

func (s *session) expectStatus(ctx context.Context, st script.Statement) error {
	var within time.Duration
	var check func(Status) error
	switch st := st.(type) {
	case script.ExpectGroup:
		within, check = st.Within, func(got Status) error { return got.isGroup(st) }
	case script.ExpectCoverage:
		within, check = st.Within, func(got Status) error { return got.isCovered(st) }
	case script.ExpectMember:
		within, check = st.Within, func(got Status) error { return got.isMember(st) }
	case script.ExpectWarning:
		within, check = st.Within, func(got Status) error { return got.hasWarning(st) }
	case script.ExpectEvidence:
		within, check = st.Within, func(got Status) error { return got.hasEvidence(st) }
	case script.ExpectDelivered:
		within, check = st.Within, func(got Status) error {
			if got.Outbox.Pending != 0 {
				return fmt.Errorf("%d events wait to be published", got.Outbox.Pending)
			}
			return nil
		}
	default:
		return fmt.Errorf("internal error: no meaning for %T", st)
	}
	return until(ctx, within, func(ctx context.Context) error {
		got, err := s.status(ctx)
		if err != nil {
			return err
		}
		return check(got)
	})
}

func (st Status) group(name string) (StatusGroup, error) {
	var names []string
	for _, g := range st.Groups {
		if g.Name == name || g.ID == name {
			return g, nil
		}
		names = append(names, g.Name)
	}
	return StatusGroup{}, fmt.Errorf("no group %s, only %q", name, names)
}

func (st Status) isGroup(want script.ExpectGroup) error {
	g, err := st.group(want.Name)
	if err != nil {
		return err
	}
	ok := script.Same(want.Status, g.Status) &&
		(want.Least == nil || g.Margin.Least != nil && *want.Least == *g.Margin.Least) &&
		(want.Most == nil || g.Margin.Most != nil && *want.Most == *g.Margin.Most)
	if !ok {
		return fmt.Errorf("%s is %s, margin %s to %s", g.Name, g.Status, number(g.Margin.Least), number(g.Margin.Most))
	}
	return nil
}

// expectWhatIf asks the agent what would be left, which says it in the words of a status.
func (s *session) expectWhatIf(ctx context.Context, want script.ExpectWhatIf) error {
	words := []string{"plimsoll whatif --json"}
	for _, thing := range want.Lost {
		words = append(words, quote(thing))
	}
	command := strings.Join(words, " ")
	return until(ctx, want.Leaves.Within, func(ctx context.Context) error {
		out, err := s.m.Run(ctx, command)
		if err != nil {
			return err
		}
		var answer struct {
			Groups []struct {
				ID, Name string
				Is       StatusGroup
			}
		}
		if err := json.Unmarshal([]byte(out.Out), &answer); err != nil {
			return fmt.Errorf("read %s: %w: %s", command, err, strings.TrimSpace(out.Err))
		}
		var left Status
		for _, g := range answer.Groups {
			g.Is.ID, g.Is.Name = g.ID, g.Name
			left.Groups = append(left.Groups, g.Is)
		}
		return left.isGroup(want.Leaves)
	})
}

// quote makes one word of s for a shell.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

func number(n *int) string {
	if n == nil {
		return "unknown"
	}
	return fmt.Sprint(*n)
}

func (st Status) isCovered(want script.ExpectCoverage) error {
	var seen []string
	for _, u := range st.Coverage {
		for _, g := range st.Groups {
			if g.ID == u.By {
				u.By = g.Name
			}
		}
		seen = append(seen, fmt.Sprintf("%s %s by %q", u.What, u.Coverage, u.By))
		if u.What == want.What && u.Coverage == strings.ReplaceAll(want.Coverage, "-", " ") && (want.By == "" || u.By == want.By) {
			return nil
		}
	}
	return fmt.Errorf("the uses are %q", seen)
}

func (st Status) isMember(want script.ExpectMember) error {
	g, err := st.group(want.Group)
	if err != nil {
		return err
	}
	var seen []string
	for _, m := range g.Members {
		seen = append(seen, fmt.Sprintf("%s %s %s", m.called(), m.State, m.Health))
		if m.called() == want.Member && script.Same(want.State, m.State) && (want.Health == "" || script.Same(want.Health, m.Health)) {
			return nil
		}
	}
	return fmt.Errorf("the members of %s are %q", g.Name, seen)
}

// called is the member's name, and of an empty slot the slot's: slot0.
func (m StatusMember) called() string { return cmp.Or(m.Name, path.Base(m.ID)) }

func (st Status) hasWarning(want script.ExpectWarning) error {
	g, err := st.group(want.Group)
	if err != nil {
		return err
	}
	if bytes.Contains(g.Warnings, []byte(`"`+want.Key+`"`)) == want.Not {
		return fmt.Errorf("the warnings of %s are %s", g.Name, g.Warnings)
	}
	return nil
}

func (st Status) hasEvidence(want script.ExpectEvidence) error {
	g, err := st.group(want.Group)
	if err != nil {
		return err
	}
	all := []string{string(g.Evidence)}
	for _, m := range g.Members {
		all = append(all, string(m.Evidence))
	}
	if !strings.Contains(strings.Join(all, "\n"), want.Text) {
		return fmt.Errorf("the evidence of %s is\n%s", g.Name, strings.Join(all, "\n"))
	}
	return nil
}

// kernelState prints, for each array and bond, its name, its level or
// "bond", how many members it should have and how many are good. It asks the
// kernel alone: an array's member counts if the kernel calls it in sync and
// its disk is still there.
const kernelState = `
for m in /sys/block/md*/md; do
	[ -e $m ] || continue
	good=0
	for d in $m/dev-*; do
		case $(cat $d/state) in *faulty*) ;; *in_sync*) [ -e $d/block/size ] && good=$((good + 1)) ;; esac
	done
	b=${m%/md}
	echo ${b##*/} $(cat $m/level) $(cat $m/raid_disks) $good
done
for b in $(cat /sys/class/net/bonding_masters 2>/dev/null); do
	good=0 all=0
	for n in $(cat /sys/class/net/$b/bonding/slaves); do
		all=$((all + 1))
		[ "$(cat /sys/class/net/$n/bonding_slave/mii_status)" = up ] && good=$((good + 1))
	done
	echo $b bond $all $good
done
`

// judge is the verdict on the kernel's numbers: how many members the group
// could lose at most, and can lose now.
func judge(kind string, all, good int) (string, error) {
	var full int
	switch kind {
	case "raid1", "bond":
		full = all - 1
	case "raid4", "raid5":
		full = 1
	case "raid6":
		full = 2
	default:
		return "", fmt.Errorf("no judgement of %s from its numbers alone", kind)
	}
	switch margin := full - (all - good); {
	case margin < 0:
		return "Failed", nil
	case full == 0:
		return "NotRedundant", nil
	case margin == full:
		return "FullyRedundant", nil
	case margin == 0:
		return "Lost", nil
	default:
		return "Degraded", nil
	}
}

func (s *session) foldEqualsKernel(ctx context.Context) error {
	events, err := s.nats.Read(ctx)
	if err != nil {
		return err
	}
	out, err := s.m.MustRun(ctx, kernelState)
	if err != nil {
		return err
	}
	folded := Fold(events)
	var problems []error
	seen := 0
	for line := range strings.Lines(out.Out) {
		var name, kind string
		var all, good int
		if _, err := fmt.Sscan(line, &name, &kind, &all, &good); err != nil {
			return fmt.Errorf("read the kernel's state %q: %w", line, err)
		}
		seen++
		want, err := judge(kind, all, good)
		if err != nil {
			return err
		}
		if folded[name] != want {
			problems = append(problems, fmt.Errorf("%s: the stream says %q, the kernel %s (%d of %d members good)", name, folded[name], want, good, all))
		}
	}
	if seen != len(folded) {
		problems = append(problems, fmt.Errorf("the stream knows %d groups, the kernel %d", len(folded), seen))
	}
	return errors.Join(problems...)
}

// compareReplay checks that the replayed events stand in the stream in the
// same order without a gap between them.
func compareReplay(replayed, stream []string) error {
	at := slices.Index(stream, replayed[0])
	if at < 0 {
		return fmt.Errorf("the first replayed event %q is not in the stream", replayed[0])
	}
	for i, r := range replayed {
		if at+i >= len(stream) {
			return fmt.Errorf("replayed event %q is not in the stream", r)
		}
		if stream[at+i] != r {
			return fmt.Errorf("replayed event %q stands where the stream has %q", r, stream[at+i])
		}
	}
	if rest := len(stream) - at - len(replayed); rest > 0 {
		return fmt.Errorf("the stream has %d events more than the replay, from %q", rest, stream[at+len(replayed)])
	}
	return nil
}

// hostProgram is the plimsoll command that runs on the host: from the folder
// of binaries, or else from the package.
func (l *Lab) hostProgram(ctx context.Context) (string, error) {
	if l.config.Bin != "" {
		return filepath.Join(l.config.Bin, "plimsoll"), nil
	}
	if l.deb == "" {
		return "", errors.New("find plimsoll on the host: no package and no binaries")
	}
	dir := filepath.Join(l.dir, "package")
	return filepath.Join(dir, "usr/bin/plimsoll"), command(ctx, "dpkg-deb", "-x", l.deb, dir)
}

func outputOf(ctx context.Context, name string, args ...string) (string, error) {
	var out bytes.Buffer
	c := exec.CommandContext(ctx, name, args...)
	c.Stdout = &out
	err := runCommand(c)
	return out.String(), err
}
