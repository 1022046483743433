package script

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Script is one parsed script.
type Script struct {
	Name  string
	Title string   // the first comment
	Boot  []string // what the guest is booted with
	Two   bool     // a second guest is booted likewise
	Steps []Step
}

// Step is one statement and where it stands.
type Step struct {
	Line int
	Text string // as written, without what follows <<
	Do   Statement
}

// SyntaxError names the line that is wrong.
type SyntaxError struct {
	Script string
	Line   int
	Why    string
	// Hint is how the statement is written, if one was recognized.
	Hint string
}

func (e *SyntaxError) Error() string {
	s := fmt.Sprintf("%s:%d: %s", e.Script, e.Line, e.Why)
	if e.Hint != "" {
		s += " (written: " + e.Hint + ")"
	}
	return s
}

// Parse reads a script. Every error is a *SyntaxError.
func Parse(name, text string) (Script, error) {
	s := Script{Name: name}
	lines := strings.Split(text, "\n")
	inTitle := true
	for i := 0; i < len(lines); i++ {
		line := strings.TrimSpace(lines[i])
		at := i + 1
		if comment, ok := strings.CutPrefix(line, "#"); ok {
			if inTitle && len(s.Steps) == 0 {
				s.Title = strings.TrimSpace(s.Title + " " + strings.TrimSpace(comment))
			}
			continue
		}
		inTitle = false
		if line == "" {
			continue
		}
		head, block, used, err := heredoc(line, lines[i+1:])
		if err != nil {
			return Script{}, &SyntaxError{Script: name, Line: at, Why: err.Error()}
		}
		i += used
		do, f, err := parseStatement(head, block)
		if err != nil {
			return Script{}, &SyntaxError{Script: name, Line: at, Why: err.Error(), Hint: f.Usage}
		}
		if b, ok := do.(Boot); ok {
			if len(s.Steps) > 0 || s.Boot != nil {
				return Script{}, &SyntaxError{Script: name, Line: at, Why: "boot must be the first statement, and the only one of its kind"}
			}
			s.Boot = b.With
			continue
		}
		if _, second := Bare(do); second {
			s.Two = true
		}
		s.Steps = append(s.Steps, Step{Line: at, Text: head, Do: do})
	}
	if s.Title == "" {
		return Script{}, &SyntaxError{Script: name, Line: 1, Why: "the first line must be a comment that says what the script shows"}
	}
	return s, nil
}

// heredoc splits "head <<WORD" and takes the block from the lines that follow.
func heredoc(line string, rest []string) (head string, block *string, used int, err error) {
	i := strings.LastIndex(line, "<<")
	if i < 0 || strings.ContainsAny(line[i+2:], " \t\"'") || line[i+2:] == "" {
		return line, nil, 0, nil
	}
	word := line[i+2:]
	for n, l := range rest {
		if strings.TrimSpace(l) == word {
			text := strings.Join(rest[:n], "\n")
			if n > 0 {
				text += "\n"
			}
			return strings.TrimSpace(line[:i]), &text, n + 1, nil
		}
	}
	return "", nil, 0, fmt.Errorf("no line %s ends the block", word)
}

// parseStatement finds the form with the longest run of leading words and
// lets it parse the rest. The form comes back with an error too.
func parseStatement(head string, block *string) (Statement, Form, error) {
	if rest, more, ok := cutPrefix(head); ok {
		do, f, err := parseStatement(rest, block)
		if err == nil {
			do, err = more(do)
		}
		return do, f, err
	}
	best := Form{}
	tail := ""
	for _, f := range Forms() {
		if rest, ok := cutWords(head, f.Words); ok && len(f.Words) > len(best.Words) {
			best, tail = f, rest
		}
	}
	if best.Words == "" {
		return nil, Form{}, fmt.Errorf("unknown statement %q", head)
	}
	if best.raw != nil {
		if block != nil {
			tail = strings.TrimSpace(tail + "\n" + *block)
		}
		do, err := best.raw(tail)
		return do, best, err
	}
	words, err := split(tail)
	if err != nil {
		return nil, best, err
	}
	a := &args{words: words, block: block}
	do := best.parse(a)
	return do, best, a.end()
}

// Bare is a statement without how often it is done and where, and whether that is on a second guest.
func Bare(st Statement) (bare Statement, second bool) {
	switch st := st.(type) {
	case Second:
		bare, _ = Bare(st.Do)
		return bare, true
	case Times:
		return Bare(st.Do)
	default:
		return st, false
	}
}

// cutPrefix takes "N times", "on second" or "on both" off a statement; more makes of what remains what that says.
func cutPrefix(head string) (rest string, more func(Statement) (Statement, error), ok bool) {
	for where, both := range map[string]bool{"on second": false, "on both": true} {
		if rest, ok := cutWords(head, where); ok {
			return rest, func(do Statement) (Statement, error) {
				if _, isBoot := do.(Boot); isBoot {
					return nil, errors.New("both guests of a script are booted alike")
				}
				return Second{Do: do, Both: both}, nil
			}, true
		}
	}
	first, rest, _ := strings.Cut(head, " ")
	n, err := strconv.Atoi(first)
	rest, ok = cutWords(strings.TrimSpace(rest), "times")
	return rest, func(do Statement) (Statement, error) {
		if _, isBoot := do.(Boot); isBoot || n < 1 {
			return nil, errors.New("cannot be repeated")
		}
		return Times{N: n, Do: do}, nil
	}, ok && err == nil
}

// cutWords takes leading words, separated by any space, off a line.
func cutWords(line, words string) (rest string, ok bool) {
	for w := range strings.FieldsSeq(words) {
		line, ok = strings.CutPrefix(strings.TrimLeft(line, " \t"), w)
		if !ok || (line != "" && line[0] != ' ' && line[0] != '\t') {
			return "", false
		}
	}
	return strings.TrimSpace(line), true
}

// split cuts a line into words; a word in double quotes is a Go string.
func split(line string) ([]string, error) {
	var words []string
	for {
		line = strings.TrimLeft(line, " \t")
		switch {
		case line == "":
			return words, nil
		case line[0] == '"':
			quoted, err := strconv.QuotedPrefix(line)
			if err != nil {
				return nil, fmt.Errorf("unfinished quotes in %q", line)
			}
			word, err := strconv.Unquote(quoted)
			if err != nil {
				return nil, fmt.Errorf("bad quotes in %q", quoted)
			}
			words, line = append(words, word), line[len(quoted):]
		default:
			end := strings.IndexAny(line, " \t")
			if end < 0 {
				end = len(line)
			}
			words, line = append(words, line[:end]), line[end:]
		}
	}
}
