package story

import (
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/tools/txtar"

	"plimsoll/redundancy"
)

// Story is a host and what befalls it.
type Story struct {
	About string // what it tells, and where the host was captured
	Host  []Change
	Acts  []Act
}

// Act is one turn of a story.
type Act struct {
	Title   string
	Lasts   time.Duration // how long it is shown at least
	Text    string        // the narration
	Changes []Change
	Want    []Event    // what the agent is to say of it, in any order, and nothing else
	Ask     [][]string // arguments of the command plimsoll
}

// Kind is what a change does.
type Kind uint8

// The kinds.
const (
	KindUnknown Kind = iota
	Write            // the file at Path says Text
	Link             // Path is a symbolic link to Text
	Dir              // Path is a directory
	Gone             // there is nothing at Path any more
)

// Change is one thing that becomes different on the host.
type Change struct {
	Kind Kind
	Path string // below the root, clean
	Text string
}

// Event is an event as a story names it: its type, the name of the group or source that it is about, and the name of the
// member or the key of the warning. What an event is not about is empty.
type Event struct{ Type, About, Part string }

// String is the event as a line of the section want.
func (e Event) String() string { return strings.TrimSpace(e.Type + " " + e.About + " " + e.Part) }

// longest bounds an act: nobody watches a screen on which nothing happens for longer.
const longest = time.Minute

// Heads and ends of section names.
const (
	headAct  = "act "
	endGone  = " !gone"
	arrow    = " -> "
	nameWant = "want"
	nameAsk  = "ask"
)

// roots are where a host's files are: a section elsewhere is misspelled.
var roots = []string{"sys", "proc", "rtnetlink"}

// Parse reads a story. A story that parses has nothing misspelled left to be found in its last act; errors name the section
// and what was expected.
func Parse(text []byte) (Story, error) {
	archive := txtar.Parse(text)
	s := Story{About: strings.TrimSpace(string(archive.Comment))}
	if s.About == "" {
		return Story{}, errors.New("parse story: want a comment at its head that says what it tells")
	}
	for _, section := range archive.Files {
		if err := s.add(section); err != nil {
			return Story{}, fmt.Errorf("parse story: section %q: %w", section.Name, err)
		}
	}
	if len(s.Acts) == 0 {
		return Story{}, errors.New(`parse story: want at least one section "act 3s: What happens"`)
	}
	return s, nil
}

// add takes in the next section.
func (s *Story) add(section txtar.File) error {
	if head, ok := strings.CutPrefix(section.Name, headAct); ok {
		act, err := parseAct(head)
		act.Text = strings.TrimSpace(string(section.Data))
		s.Acts = append(s.Acts, act)
		return err
	}
	if len(s.Acts) == 0 {
		change, err := parseChange(section)
		if err == nil && change.Kind == Gone {
			err = errors.New("want what is there: nothing can be gone before the first act")
		}
		s.Host = append(s.Host, change)
		return err
	}
	act := &s.Acts[len(s.Acts)-1]
	switch section.Name {
	case nameWant:
		return each(section.Data, func(words []string) error {
			event, err := parseEvent(words)
			act.Want = append(act.Want, event)
			return err
		})
	case nameAsk:
		return each(section.Data, func(words []string) error {
			act.Ask = append(act.Ask, words)
			return nil
		})
	}
	change, err := parseChange(section)
	act.Changes = append(act.Changes, change)
	return err
}

// parseAct reads "3s: A disk is pulled".
func parseAct(head string) (Act, error) {
	lasts, title, ok := strings.Cut(head, ": ")
	d, err := time.ParseDuration(lasts)
	title = strings.TrimSpace(title)
	if !ok || err != nil || d < 0 || d > longest || title == "" {
		return Act{}, fmt.Errorf(`want "act 3s: What happens", of at most %s`, longest)
	}
	return Act{Title: title, Lasts: d}, nil
}

// each calls f with the words of every line that has some.
func each(data []byte, f func(words []string) error) error {
	for line := range strings.Lines(string(data)) {
		if words := strings.Fields(line); len(words) > 0 {
			if err := f(words); err != nil {
				return err
			}
		}
	}
	return nil
}

func parseEvent(words []string) (Event, error) {
	if !slices.Contains(redundancy.EventTypes(), words[0]) {
		return Event{}, fmt.Errorf("event type %q: want one of %s", words[0], strings.Join(redundancy.EventTypes(), ", "))
	}
	const most = 3
	if len(words) > most {
		return Event{}, fmt.Errorf("event %q: want type, group and part", strings.Join(words, " "))
	}
	words = append(words, "", "")
	return Event{Type: words[0], About: words[1], Part: words[2]}, nil
}

func parseChange(section txtar.File) (Change, error) {
	c := Change{Kind: Write, Path: section.Name, Text: string(section.Data)}
	if at, target, ok := strings.Cut(section.Name, arrow); ok {
		c = Change{Kind: Link, Path: at, Text: target}
		if filepath.IsAbs(target) || !filepath.IsLocal(path.Join(path.Dir(at), target)) {
			return Change{}, fmt.Errorf("link to %q: want one that stays within the host", target)
		}
	} else if at, ok := strings.CutSuffix(section.Name, endGone); ok {
		c = Change{Kind: Gone, Path: at}
	} else if at, ok := strings.CutSuffix(section.Name, "/"); ok {
		c = Change{Kind: Dir, Path: at}
	}
	root, rest, _ := strings.Cut(c.Path, "/")
	if !slices.Contains(roots, root) || rest == "" || !filepath.IsLocal(c.Path) || path.Clean(c.Path) != c.Path ||
		strings.ContainsAny(c.Path, " \x00") {
		return Change{}, fmt.Errorf("want a path below %s, an act, or in an act %s or %s", strings.Join(roots, ", "), nameWant, nameAsk)
	}
	if c.Kind != Write && len(strings.TrimSpace(string(section.Data))) > 0 {
		return Change{}, errors.New("want nothing below a link, a directory or what is gone")
	}
	return c, nil
}
