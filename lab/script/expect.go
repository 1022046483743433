package script

import (
	"errors"
	"regexp"
	"strings"
)

var errNoCommand = errors.New("the command is missing")

// statuses are the words for a group's status, as scripts write them.
func statuses() []string {
	return []string{"fully-redundant", "degraded", "lost", "failed", "not-redundant", "unknown"}
}

func states() []string {
	return []string{"enabled", "standby", "spare", "recovering", "disabled", "absent", "unknown"}
}

func healths() []string { return []string{"ok", "warning", "critical", "unknown"} }

func expectForms() []Form {
	return []Form{
		{
			Words: "expect event", Usage: "expect event TYPE [ABOUT] [from HOST] [with PATH=VALUE...] [count N] [cites TYPE] [within D [of fault]]",
			Help: "wait until the raw stream holds such an event since the mark; ABOUT is md0 or md0/sdb, count means exactly so many, of fault counts from the last fault to the event's entry in the stream", parse: parseExpectEvent,
		},
		{
			Words: "expect no event", Usage: "expect no event TYPE [ABOUT] [from HOST] [with PATH=VALUE...] for D",
			Help: "wait so long; the stream then holds no such event since the mark", parse: parseExpectNoEvent,
		},
		{
			Words: "expect metric", Usage: "expect metric REGEXP [within D]", Help: "wait until a line of /metrics, scraped from the host, matches",
			parse: func(a *args) Statement {
				p := a.word("pattern")
				if _, err := regexp.Compile(p); err != nil {
					a.fail("%v", err)
				}
				return ExpectMetric{Pattern: p, Within: a.within()}
			},
		},
		{
			Words: "expect alert", Usage: "expect alert NAME [on GROUP] [within D]", Help: "wait until Prometheus says that the alert fires",
			parse: func(a *args) Statement { return expectAlert(a, false) },
		},
		{
			Words: "expect no alert", Usage: "expect no alert NAME [on GROUP] [within D]", Help: "wait until Prometheus says that no such alert fires",
			parse: func(a *args) Statement { return expectAlert(a, true) },
		},
		{
			Words: "expect page", Usage: "expect page TYPE TEXT within D of fault", Help: "wait until an event of this type, with TEXT in its line, stands on the open page; no later than D after the last fault",
			parse: parseExpectPage,
		},
		{
			Words: "expect metrics answered", Usage: "expect metrics answered", Help: "end watch metrics; no scrape may have failed or taken more than two seconds",
			parse: func(*args) Statement { return ExpectMetricsAnswered{} },
		},
		{
			Words: "expect delivered", Usage: "expect delivered [within D]", Help: "wait until the agent has nothing left to publish",
			parse: func(a *args) Statement { return ExpectDelivered{Within: a.within()} },
		},
		{
			Words: "expect stream once and in order", Usage: "expect stream once and in order", Help: "the whole raw stream holds each event id once, and each log's sequence rising",
			parse: func(*args) Statement { return ExpectStream{} },
		},
		{
			Words: "expect fold equals kernel", Usage: "expect fold equals kernel [within D]", Help: "wait until the stream, folded, says of every array and bond what the kernel says",
			parse: func(a *args) Statement { return ExpectFold{Within: a.within()} },
		},
		{
			Words: "expect trace replays to stream", Usage: "expect trace replays to stream", Help: "plimsoll replay on the host makes of the agent's trace the same events as the stream holds",
			parse: func(*args) Statement { return ExpectReplay{} },
		},
	}
}

// askForms are those that ask the agent by its command.
func askForms() []Form {
	return []Form{
		{
			Words: "expect", Usage: "expect GROUP STATUS [margin N] [least N] [most N] [within D]",
			Help: "wait until plimsoll status says so; STATUS is one of " + strings.Join(statuses(), ", "), parse: parseExpectGroup,
		},
		{
			Words: "expect what-if", Usage: "expect what-if THING... leaves GROUP STATUS [margin N] [least N] [most N] [within D]",
			Help: "wait until plimsoll whatif says so of the loss of these together: disks, slots, cards, groups", parse: parseExpectWhatIf,
		},
		{
			Words: "expect coverage", Usage: "expect coverage USE covered|unprotected|not-understood [by GROUP] [within D]",
			Help: "wait until plimsoll status says so of a filesystem, swap or route; USE is what it calls it", parse: parseExpectCoverage,
		},
		{
			Words: "expect member", Usage: "expect member GROUP/MEMBER STATE [health WORD] [within D]",
			Help: "wait until plimsoll status says so; STATE is one of " + strings.Join(states(), ", "), parse: parseExpectMember,
		},
		{Words: "expect warning", Usage: "expect warning KEY on GROUP [within D]", Help: "wait until plimsoll status shows the warning", parse: parseWarning(false)},
		{Words: "expect no warning", Usage: "expect no warning KEY on GROUP [within D]", Help: "wait until plimsoll status shows no such warning", parse: parseWarning(true)},
		{
			Words: "expect evidence", Usage: "expect evidence TEXT on GROUP [within D]", Help: "wait until the group's evidence, or a member's, holds the text",
			parse: func(a *args) Statement {
				e := ExpectEvidence{Text: a.word("text")}
				e.Group = onGroup(a)
				e.Within = a.within()
				return e
			},
		},
	}
}

func parseExpectEvent(a *args) Statement {
	e := ExpectEvent{Event: a.event("count", "cites", "within"), Within: defaultWithin}
	if a.accept("count") {
		if e.Count = a.number("count"); e.Count < 1 {
			a.fail("count is at least 1; for none write expect no event")
		}
	}
	if a.accept("cites") {
		e.Cites = a.matching("event type", eventType)
	}
	if a.accept("within") {
		e.Within = a.duration("within")
		e.OfFault = a.accept("of", "fault")
	}
	return e
}

func parseExpectNoEvent(a *args) Statement {
	e := ExpectNoEvent{Event: a.event("for")}
	if !a.accept("for") {
		a.fail("for is missing")
	}
	e.For = a.duration("for")
	return e
}

func parseExpectGroup(a *args) Statement {
	e := ExpectGroup{Name: a.word("group"), Status: a.oneOf(statuses()...)}
	if a.accept("margin") {
		n := a.number("margin")
		e.Least, e.Most = &n, &n
	}
	if a.accept("least") {
		n := a.number("least")
		e.Least = &n
	}
	if a.accept("most") {
		n := a.number("most")
		e.Most = &n
	}
	e.Within = a.within()
	return e
}

func parseExpectWhatIf(a *args) Statement {
	var e ExpectWhatIf
	for len(a.words) > 0 && a.peek() != "leaves" {
		e.Lost = append(e.Lost, a.word("thing"))
	}
	if len(e.Lost) == 0 {
		a.fail("what fails is missing")
	}
	if !a.accept("leaves") {
		a.fail("leaves GROUP STATUS is missing")
	}
	if g, ok := parseExpectGroup(a).(ExpectGroup); ok {
		e.Leaves = g
	}
	return e
}

func parseExpectCoverage(a *args) Statement {
	e := ExpectCoverage{What: a.word("use"), Coverage: a.oneOf("covered", "unprotected", "not-understood")}
	if a.accept("by") {
		e.By = a.word("group")
	}
	e.Within = a.within()
	return e
}

func parseExpectMember(a *args) Statement {
	group, member, ok := strings.Cut(a.word("GROUP/MEMBER"), "/")
	if !ok || group == "" || member == "" {
		a.fail("a member is written GROUP/MEMBER")
	}
	e := ExpectMember{Group: group, Member: member, State: a.oneOf(states()...)}
	if a.accept("health") {
		e.Health = a.oneOf(healths()...)
	}
	e.Within = a.within()
	return e
}

func parseWarning(not bool) func(*args) Statement {
	return func(a *args) Statement {
		w := ExpectWarning{Key: a.word("key"), Not: not}
		w.Group = onGroup(a)
		w.Within = a.within()
		return w
	}
}

func onGroup(a *args) string {
	if !a.accept("on") {
		a.fail("on GROUP is missing")
	}
	return a.word("group")
}

// Same reports whether a word of a script names what the agent writes as
// value: fully-redundant and FullyRedundant are the same.
func Same(word, value string) bool {
	return strings.EqualFold(strings.ReplaceAll(word, "-", ""), value)
}

func expectAlert(a *args, not bool) Statement {
	e := ExpectAlert{Name: a.word("alert"), Not: not}
	if a.accept("on") {
		e.Group = a.word("group")
	}
	e.Within = a.within()
	return e
}

func parseExpectPage(a *args) Statement {
	e := ExpectPage{Type: a.matching("event type", eventType), Text: a.word("text")}
	if !a.accept("within") {
		a.fail("within comes next")
	}
	e.Within = a.duration("within")
	if !a.accept("of", "fault") {
		a.fail("of fault comes last")
	}
	return e
}
