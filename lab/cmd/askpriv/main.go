// Command askpriv asks the privileged helper in a guest, as the agent's user or as another, and says whether the answer is
// the one that a script expects. It ends with 0 if so.
//
//	askpriv [-as USER] [-want done|REASON|unreachable|in-doubt,…] [-action ID] [-says TEXT] [-for DURATION] [-twice] QUESTION
//
// The questions: lacp BOND, set-active BOND MEMBER FROM, restart UNIT STATE, stop UNIT STATE (with the invocation that
// systemd has noted for it), probe BOND MEMBER ADDRESS (through the socket that the helper hands over), listen BOND MEMBER
// ADDRESS (what the host itself asks for ADDRESS is heard there), hostile BOND (all that a client can do to the others).
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"plimsoll/internal/priv"
	"plimsoll/lab/become"
)

const (
	socket = "/run/plimsoll-priv.sock"
	// patience is how long an answer may take in a guest that is emulated.
	patience = time.Minute
)

func main() {
	said, err := run(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "askpriv:", err)
		os.Exit(1)
	}
	fmt.Println(said)
}

func run(args []string) (string, error) {
	fl := flag.NewFlagSet("askpriv", flag.ContinueOnError)
	as := fl.String("as", "plimsoll", "ask as this `user`")
	want := fl.String("want", "done", "the `answers`, parted by commas, of which one is expected")
	action := fl.String("action", fmt.Sprintf("lab/%d", time.Now().UnixNano()), "the action's `id`")
	says := fl.String("says", "", "a `text` that the answer has in it")
	twice := fl.Bool("twice", false, "ask again, word for word: the answer must be the remembered one")
	ahead := fl.Duration("for", 30*time.Second, "how long the effect may begin; less than nothing is past")
	if err := fl.Parse(args); err != nil {
		return "", err
	}
	if err := become.User(*as); err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	q := question{ctx: ctx, client: priv.NewClient(socket), action: *action, ahead: *ahead, twice: *twice}
	began := time.Now()
	said, err := q.ask(fl.Args())
	got := outcome(said, err)
	if !slices.Contains(strings.Split(*want, ","), got) {
		return "", fmt.Errorf("%s, want %s: %s: %w", got, *want, said, err)
	}
	if err != nil {
		said = err.Error()
	}
	if !strings.Contains(said, *says) {
		return "", fmt.Errorf("%q is not in it: %s", *says, said)
	}
	return fmt.Sprintf("%s in %s: %s", got, time.Since(began).Round(time.Millisecond), said), nil
}

// outcome is one word for what came of a question.
func outcome(said string, err error) string {
	if r, ok := errors.AsType[*priv.RefusedError](err); ok {
		return string(r.Reason)
	}
	if _, ok := errors.AsType[*priv.UnreachableError](err); ok {
		return "unreachable"
	}
	if _, ok := errors.AsType[*priv.InDoubtError](err); ok {
		return "in-doubt"
	}
	if err != nil {
		return "wrong"
	}
	word, _, _ := strings.Cut(said, ":")
	return word
}

// question is one question to the helper.
type question struct {
	ctx    context.Context //nolint:containedctx // one question, one context
	client *priv.Client
	action string
	ahead  time.Duration
	twice  bool
}

var errUsage = errors.New("no such question")

func (q question) ask(args []string) (string, error) {
	if len(args) == 0 {
		return "", errUsage
	}
	verb, args := args[0], append(args[1:], "", "", "")
	switch verb {
	case "lacp":
		text, err := q.client.LACP(q.ctx, args[0])
		return "done: " + strings.Join(strings.Fields(text), " "), err
	case "set-active":
		return q.effect(priv.State{Active: args[2]}, func(e priv.Effect) (priv.Answer, error) {
			return q.client.SetActive(q.ctx, args[0], args[1], e)
		})
	case "restart":
		return q.effect(seen(args[0], args[1]), func(e priv.Effect) (priv.Answer, error) { return q.client.Restart(q.ctx, args[0], e) })
	case "stop":
		return q.effect(seen(args[0], args[1]), func(e priv.Effect) (priv.Answer, error) { return q.client.Stop(q.ctx, args[0], e) })
	case "probe":
		return q.probe(args[0], args[1], args[2])
	case "listen":
		return q.listen(args[0], args[1], args[2])
	case "hostile":
		return q.hostile(args[0])
	default:
		return "", errUsage
	}
}

// seen is what the agent would have seen of a unit: its state, and the invocation by the link that systemd leaves of it.
func seen(unit, state string) priv.State {
	id, err := os.Readlink("/run/systemd/units/invocation:" + unit)
	if err != nil {
		id = "" // it was not started yet
	}
	return priv.State{Unit: state, Invocation: id}
}

func (q question) effect(expect priv.State, do func(priv.Effect) (priv.Answer, error)) (string, error) {
	boot, err := os.ReadFile("/proc/" + priv.BootIDFile)
	if err != nil {
		return "", err
	}
	now, err := priv.SinceBoot()
	if err != nil {
		return "", err
	}
	e := priv.Effect{Action: q.action, Boot: strings.TrimSpace(string(boot)), Deadline: now + q.ahead, Expect: expect}
	a, err := do(e)
	if err == nil && q.twice {
		var again priv.Answer
		if again, err = do(e); err == nil && (!again.Repeated || again.Outcome != a.Outcome) {
			err = fmt.Errorf("asked again: %+v", again)
		}
	}
	after := "not looked at"
	if a.Seen != nil {
		after = fmt.Sprintf("%+v", *a.Seen)
	}
	return fmt.Sprintf("%s: %s, then %s", a.Outcome, a.Text, after), err
}
