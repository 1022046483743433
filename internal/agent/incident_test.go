package agent

import (
	"bytes"
	"cmp"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"plimsoll/fleet"
	"plimsoll/redundancy"
)

var update = flag.Bool("update", false, "write what incidents give into their files")

// TestEveryIncidentIsToldAsItsFileSays plays testdata/incidents/*.txtar. A file has a comment that tells the story, the inputs
// and what is wanted.
//
// An input is a line: how long after the start, what, and more about it:
//
//	open                    the log is open, with what it held
//	look SOURCE GROUP...    a look found these groups, each NAME(MEMBER=STATE,...), see parseGroup; so does one every 5 s
//	look disk DISK...       a look found these disks, each NAME=STATE, with a "?" behind it if it is predicted to fail
//	overdue SOURCE          a look has not come back in time, and does not until the next that is told
//	fails SOURCE WHY        a look brought nothing; likewise
//	hang, answer            the disk below the log hangs, answers again
//	problem WHY             writing the log fails
//	full, room              the log takes no more records, takes them again
//	connected, cut WHY      the connection to NATS
//	ack                     the stream holds all that the log holds
//	accept GROUP...         a person accepts these groups, by id, or all
//	wall DURATION           the wall clock is set by so much
//	stop, kill              the agent ends, with a word or without, and starts again
//	reboot                  the host goes down and boots; for two minutes groups may be on their way
//	show                    what a view says of log and outbox
//
// The log is durable at once unless it hangs. What is wanted is a line for everything that came of it: "publish" with the
// event's id (from memory: "v1/..."), "log" with the records that are no events, "say" with what is said beside events.
func TestEveryIncidentIsToldAsItsFileSays(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/incidents/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no incidents: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(file)
			if err != nil || len(archive.Files) == 0 {
				t.Fatalf("read incident: %v", err)
			}
			got := play(t, string(archive.Files[0].Data))
			if *update {
				archive.Files = append(archive.Files[:1], txtar.File{Name: "want", Data: []byte(got)})
				if err := os.WriteFile(file, txtar.Format(archive), 0o600); err != nil {
					t.Fatalf("update: %v", err)
				}
				return
			}
			if diff := gocmp.Diff(lines(string(archive.Files[1].Data)), lines(got)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", file, diff)
			}
		})
	}
}

func lines(s string) []string { return strings.Split(strings.TrimSpace(s), "\n") }

// lookEvery is how often a source is looked at in an incident.
const lookEvery = 5 * time.Second

// incident is a sim that writes down what comes of its inputs.
type incident struct {
	*sim
	out  strings.Builder
	next map[string]time.Time // the next look, by source, that finds what the last one found
}

// play runs the inputs, once as they are and once more from the trace of each life of the agent, and gives what came of it.
func play(t *testing.T, inputs string) string {
	t.Helper()
	p := &incident{next: map[string]time.Time{}}
	p.sim = &sim{t: t, now: start, taken: map[place]bool{}, prompt: true, checked: true, posts: true, seen: p.write}
	for _, src := range []redundancy.Source{bondSource, diskSource, raidSource} {
		if strings.Contains(inputs, "look "+src.Name) {
			p.sources = append(p.sources, src)
		}
	}
	p.boot()
	for n, line := range lines(inputs) {
		if err := p.input(strings.Fields(line)); err != nil {
			t.Fatalf("line %d: %q: %v", n+1, line, err)
		}
	}
	p.replays()
	p.wantViewsUnchanged()
	return p.out.String()
}

// input plays one line.
func (p *incident) input(words []string) error {
	if len(words) < 2 {
		return fmt.Errorf("want a time and what happens")
	}
	at, err := time.ParseDuration(words[0])
	if err != nil {
		return err
	}
	p.until(start.Add(at))
	what, rest := words[1], words[2:]
	switch what {
	case "look", "overdue", "fails":
		return p.watch(what, rest)
	case "connected", "cut":
		up := what == "connected"
		p.step(Input{Stream: &StreamNews{Connected: &up, URL: "nats://n1:4222", Problem: strings.Join(rest, " ")}})
	case "wall":
		d, err := time.ParseDuration(rest[0])
		if err != nil {
			return err
		}
		p.wall += d
		p.step(Input{})
	case "accept":
		in := &Accept{By: "uid 0"}
		for _, id := range rest {
			in.Groups = append(in.Groups, redundancy.ID(id))
		}
		p.step(Input{Accept: in})
	case "stop":
		p.step(Input{Stopping: true})
		p.restart()
	case "kill":
		p.restart()
	case "reboot":
		p.booted, p.grace = p.now, 2*time.Minute
		p.restart()
	case "show":
		p.show()
	default:
		return p.trouble(what, strings.Join(rest, " "))
	}
	return nil
}

// until lets time pass, with its looks.
func (p *incident) until(at time.Time) {
	for {
		source, due := "", at
		for _, src := range p.sources {
			if t := p.next[src.Name]; !t.IsZero() && t.Before(due) {
				source, due = src.Name, t
			}
		}
		if d := due.Sub(p.now); d > 0 {
			p.pass(d, 0)
		}
		if source == "" {
			return
		}
		p.next[source] = due.Add(lookEvery)
		p.step(Input{Look: &Look{Source: source, Began: p.now, Ended: p.now, Same: true}})
	}
}

func (p *incident) watch(what string, rest []string) error {
	look := &Look{Source: rest[0], Began: p.now.Add(-5 * time.Millisecond), Ended: p.now}
	p.next[rest[0]] = time.Time{}
	switch what {
	case "overdue":
		look.Overdue, look.Ended = true, time.Time{}
	case "fails":
		look.Err = strings.Join(rest[1:], " ")
	default:
		p.next[rest[0]] = p.now.Add(lookEvery)
		look.Observation = &redundancy.Observation{}
		for _, text := range rest[1:] {
			if rest[0] == diskSource.Name {
				c, _, err := parseMember("disk", text)
				if err != nil {
					return err
				}
				c.ID, c.Device, c.Kind = "disk:"+c.Device, "", redundancy.KindDisk
				look.Observation.Components = append(look.Observation.Components, c)
				continue
			}
			g, err := parseGroup(rest[0], text)
			if err != nil {
				return err
			}
			look.Observation.Groups = append(look.Observation.Groups, g)
		}
	}
	p.step(Input{Look: look})
	return nil
}

// trouble plays what befalls the log.
func (p *incident) trouble(what, why string) error {
	switch what {
	case "open":
		p.stuck = false
		p.open()
	case "hang":
		p.stuck = true
	case "answer":
		p.stuck = false
		p.step(Input{Log: &LogNews{Durable: p.durable}})
	case "problem":
		p.stuck = true
		p.step(Input{Log: &LogNews{Durable: p.durable, Problem: why}})
	case "full":
		p.full = true
	case "room":
		p.full = false
	case "ack":
		p.step(Input{Stream: &StreamNews{Cursor: &fleet.Cursor{Stream: "S", Created: start, Seq: p.durable}}})
	default:
		return fmt.Errorf("unknown input %q", what)
	}
	return nil
}

// restart ends this life of the agent, and begins the next.
func (p *incident) restart() {
	p.replays()
	p.kill(0)
	clear(p.next) // what it will find is not known before it has looked
	fmt.Fprintf(&p.out, "%-8s -- the agent starts again\n", p.now.Sub(start))
	p.boot()
}

// replays fails unless this life's trace gives what it published.
func (p *incident) replays() {
	p.t.Helper()
	var trace bytes.Buffer
	if _, err := p.trace.WriteTo(&trace); err != nil {
		p.t.Fatalf("write trace: %v", err)
	}
	var got []string
	if err := Replay(&trace, func(e redundancy.Event) { got = append(got, e.ID+" "+e.Type) }); err != nil {
		p.t.Fatalf("replay: %v", err)
	}
	if diff := gocmp.Diff(p.life, got); diff != "" {
		p.t.Errorf("the trace replays to something else (-then +replayed):\n%s", diff)
	}
	p.life = nil
}

// write notes what came of a step.
func (p *incident) write(fx Effects) {
	note := func(format string, args ...any) {
		fmt.Fprintf(&p.out, "%-8s "+format+"\n", append([]any{p.now.Sub(start)}, args...)...)
	}
	for _, r := range fx.Append {
		switch data := r.Data.(type) {
		case Told:
			if r.Kind == RecordVolatile {
				note("log      %s %s", r.Kind, short(data.ID))
			}
		case Sent:
			note("log      sent %s as %s", short(data.ID), short(data.As))
		case fleet.Cursor:
			note("log      cursor %d", data.Seq)
		case BaselineRecord:
			if data.Gone {
				note("log      baseline %s: gone", data.ID)
			} else {
				note("log      baseline %s: %s", data.ID, data.Known)
			}
		default:
			note("log      %s", r.Kind)
		}
	}
	for _, out := range fx.Publish {
		e := out.named()
		if out.Known {
			continue
		}
		about := ""
		if e.Cause != "" {
			about += " because " + short(e.Cause)
		}
		if e.Notify == redundancy.NotifyCaused {
			about += ", for nobody"
		}
		if e.Count > 0 {
			about += fmt.Sprintf(", %d times", e.Count)
		}
		if shift := e.Time.Sub(p.now); shift != 0 {
			about += fmt.Sprintf(", of %s", e.Time.Sub(start))
		}
		note("publish  %s %s%s: %s", short(e.ID), e.Type, about, e.Text)
	}
	for _, line := range fx.Say {
		if !slices.Contains(line.Attrs, "event") {
			note("say      %s: %s%s", line.Severity, line.Text, attributes(line.Attrs))
		}
	}
}

// attributes are those of a line that have a value.
func attributes(attrs []string) string {
	var out strings.Builder
	for i := 0; i+1 < len(attrs); i += 2 {
		if attrs[i+1] != "" {
			fmt.Fprintf(&out, " %s=%q", attrs[i], attrs[i+1])
		}
	}
	return out.String()
}

// show notes what a view says of log and outbox.
func (p *incident) show() {
	v := p.st.View(p.now)
	fmt.Fprintf(&p.out, "%-8s show     durable %v, pending %d, log problem %q\n", p.now.Sub(start), v.Outbox.Durable,
		v.Outbox.Pending, v.Log.Problem)
}

// short is an id without the host, and without the name of the one log that there is.
func short(id string) string { return strings.TrimPrefix(strings.TrimPrefix(id, "h/"), "l/") }

// parseGroup reads NAME(MEMBER,...)WORK: a raid1 or an active-backup bond; "!" as WORK is one that has not started. MEMBER is ID:DEVICE=STATE, or DEVICE=STATE where
// they are the same; a "+" before it says that no need counts it, a "?" behind it that it is predicted to fail. WORK is
// "", or KIND:PERCENT of an activity.
func parseGroup(source, text string) (redundancy.Group, error) {
	name, rest, ok := strings.Cut(text, "(")
	members, work, closed := strings.Cut(rest, ")")
	if !ok || !closed {
		return redundancy.Group{}, fmt.Errorf("no group: %q", text)
	}
	g := redundancy.Group{
		ID: redundancy.ID(source + ":" + name), Name: name, Kind: redundancy.Kind(source), Serving: redundancy.Yes,
		Evidence: []redundancy.Evidence{{Where: name, Value: text}},
	}
	need := redundancy.Need{Needed: redundancy.Exactly(1)}
	for m := range strings.SplitSeq(members, ",") {
		c, counts, err := parseMember(g.ID, m)
		if err != nil {
			return g, err
		}
		c.StandsOn = []redundancy.ID{"disk:" + c.Device}
		g.Members = append(g.Members, c)
		if counts {
			need.Members = append(need.Members, c.ID)
		}
	}
	if work == "!" {
		g.Unstarted, g.Serving = true, redundancy.No
	}
	slices.SortFunc(g.Members, func(a, b redundancy.Component) int { return cmp.Compare(a.ID, b.ID) })
	g.Needs.AllOf = []redundancy.Need{need}
	if kind, percent, found := strings.Cut(work, ":"); found {
		done, err := strconv.ParseUint(percent, 10, 64)
		if err != nil {
			return g, err
		}
		g.Activity = &redundancy.Activity{Kind: kind, Done: done, Total: 100, Speed: 512}
	}
	return g, nil
}

func parseMember(group redundancy.ID, text string) (c redundancy.Component, counts bool, err error) {
	text, spare := strings.CutPrefix(text, "+")
	text, predicted := strings.CutSuffix(text, "?")
	name, state, ok := strings.Cut(text, "=")
	if !ok {
		return c, false, fmt.Errorf("no member: %q", text)
	}
	id, device, ok := strings.Cut(name, ":")
	if !ok {
		device = name
	}
	c = redundancy.Component{ID: group + "/" + redundancy.ID(id), Name: device, Device: redundancy.ID("wwn:" + device), Health: redundancy.OK}
	if err := c.State.UnmarshalText([]byte(state)); err != nil {
		return c, false, err
	}
	if c.State == redundancy.Disabled || c.State == redundancy.Absent {
		c.Health = redundancy.Critical
	}
	if predicted {
		c.Doubts = []redundancy.Doubt{redundancy.DoubtPredicted}
	}
	return c, !spare, nil
}
