package script

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// defaultWithin is how long an expectation waits when it does not say. The
// emulated guest is ten to twenty times slower than metal, and its host may be
// busy: what is not there after a minute does not come. A script that says
// something else means it.
const defaultWithin = time.Minute

// args hands out the words of one statement and remembers the first thing
// that was wrong with them, so that the forms read without error paths.
type args struct {
	words []string
	block *string
	err   error
}

func (a *args) fail(format string, v ...any) {
	if a.err == nil {
		a.err = fmt.Errorf(format, v...)
	}
}

// end returns what was wrong, words left over included.
func (a *args) end() error {
	if len(a.words) > 0 {
		a.fail("unexpected %q", a.words[0])
	}
	if a.block != nil {
		a.fail("takes no block")
	}
	return a.err
}

func (a *args) peek() string {
	if len(a.words) == 0 {
		return ""
	}
	return a.words[0]
}

// word takes the next word; what names it in the error if there is none.
func (a *args) word(what string) string {
	if len(a.words) == 0 {
		a.fail("%s is missing", what)
		return ""
	}
	w := a.words[0]
	a.words = a.words[1:]
	if w == "" {
		a.fail("%s is empty", what)
	}
	return w
}

// oneOf takes the next word, which must be one of these.
func (a *args) oneOf(choice ...string) string {
	w := a.word(strings.Join(choice, " or "))
	if a.err == nil && !slices.Contains(choice, w) {
		a.fail("%q is not %s", w, strings.Join(choice, " or "))
	}
	return w
}

// matching takes the next word, which must match the pattern.
func (a *args) matching(what string, re *regexp.Regexp) string {
	w := a.word(what)
	if a.err == nil && !re.MatchString(w) {
		a.fail("%q is no %s", w, what)
	}
	return w
}

// allMatching takes words as long as they match.
func (a *args) allMatching(re *regexp.Regexp) []string {
	var found []string
	for len(a.words) > 0 && re.MatchString(a.words[0]) {
		found = append(found, a.word("word"))
	}
	return found
}

func (a *args) number(what string) int {
	w := a.word(what)
	n, err := strconv.Atoi(w)
	if a.err == nil && err != nil {
		a.fail("%q is no number for %s", w, what)
	}
	return n
}

func (a *args) duration(what string) time.Duration {
	w := a.word(what)
	d, err := time.ParseDuration(w)
	if a.err == nil && (err != nil || d <= 0) {
		a.fail("%q is no duration for %s, such as 10s", w, what)
	}
	return d
}

// accept takes the next words if they are these.
func (a *args) accept(words ...string) bool {
	if len(a.words) < len(words) || !slices.Equal(a.words[:len(words)], words) {
		return false
	}
	a.words = a.words[len(words):]
	return true
}

// within takes "within D", if it is there.
func (a *args) within() time.Duration {
	if a.accept("within") {
		return a.duration("within")
	}
	return defaultWithin
}

// event takes TYPE [ABOUT] [from HOST] [with PATH=VALUE...].
func (a *args) event(stop ...string) Event {
	e := Event{Type: a.matching("event type", eventType)}
	if w := a.peek(); w != "" && w != "from" && w != "with" && !slices.Contains(stop, w) {
		e.About = a.word("subject")
	}
	if a.accept("from") {
		e.From = a.word("host")
	}
	if a.accept("with") {
		e.With = a.allMatching(pathValue)
		if len(e.With) == 0 {
			a.fail("with needs PATH=VALUE")
		}
	}
	return e
}
