package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"plimsoll/actions"
	"plimsoll/fleet"
	"plimsoll/fleet/ledger"
	"plimsoll/fleet/member"
	"plimsoll/internal/priv"
	"plimsoll/lab/effector"
	"plimsoll/lab/host"
)

// pool is the one pool of the fleet.
const pool = "db"

// whereabouts are an agent's or arbiter's directory, credentials and servers, as it is told them.
type whereabouts struct {
	Host        string
	Dir         string // of its own
	URLs        []string
	Credentials string
	Effector    string        // its socket
	Lasts       time.Duration // how long after it is intended an action may begin
	Longest     time.Duration // a deed takes up to this
	Restless    bool          // it wants something again and again, and has no patience
	Wants       int           // how many actions it wants done where it is not restless; then it is only there
	PauseAt     string        // it stops itself there, in its first action; empty: nowhere
}

// Where an agent may be told to stop itself, as SIGSTOP would.
const (
	beforeStart = "start" // it has leave, and is about to ask whether it may begin
	beforeDeed  = "deed"  // its entry is committed as started, and kept
)

// intent is what an agent has to remember of the action it is at, as the log of a real one does.
type intent struct {
	N        int           `json:"n"` // how many actions there were, this one included
	Open     bool          `json:"open"`
	Deadline time.Duration `json:"deadline"`
}

// agent is a host that wants something again and again. All that it says and keeps goes through the fleet's own packages.
type agent struct {
	host.Well
	whereabouts
	log    *slog.Logger
	member *member.Member
	busy   atomic.Bool // a deed is under way: the host does not serve
	in     intent
}

// live is the life of an agent until ctx ends, when it finishes what it is at.
func live(ctx context.Context, w whereabouts) error {
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	a := &agent{whereabouts: w, log: log}
	if err := a.recall(); err != nil {
		return err
	}
	cfg := fleet.DefaultConfig()
	cfg.URLs, cfg.Credentials = w.URLs, w.Credentials
	h, err := host.New(host.Place{Name: w.Host, Dir: w.Dir, Pools: []string{pool}, Config: cfg, Log: log}, a)
	if err != nil {
		return err
	}
	a.member = h.Member
	run, stop := context.WithCancel(context.WithoutCancel(ctx)) // it publishes until the last action is given back
	var running sync.WaitGroup
	var failed error
	running.Go(func() { failed = h.Run(run) })
	err = a.act(ctx)
	stop()
	running.Wait()
	return errors.Join(err, failed)
}

// act wants one action after another until ctx ends.
func (a *agent) act(ctx context.Context) error {
	whole := context.WithoutCancel(ctx) // what has been begun is finished
	if a.in.Open {
		if err := a.goOn(whole); err != nil {
			return err
		}
	}
	for left := a.Wants; ctx.Err() == nil && (a.Restless || left > 0); {
		outcome, err := a.want(whole)
		if err != nil {
			return err
		}
		if outcome == actions.Done {
			left--
		}
		rest(some(longestRest))
	}
	<-ctx.Done()
	return nil
}

// longestRest is how long an agent is content at most.
const longestRest = time.Second

// action is the one that the agent is at.
func (a *agent) action() actions.Action {
	return host.Action(pool, fmt.Sprintf("%s/log/%d", a.Host, a.in.N))
}

// goOn ends the action that the agent was killed in: once nothing can begin any more, it looks what became of it.
func (a *agent) goOn(ctx context.Context) error {
	for now := time.Duration(0); now <= a.in.Deadline; {
		var err error
		if now, err = priv.SinceBoot(); err != nil {
			return err
		}
		rest(min(max(0, a.in.Deadline-now), time.Second) + time.Millisecond)
	}
	outcome, err := effector.Ask(ctx, a.Effector, effector.Request{Host: a.Host, Nonce: a.action().ID})
	if err != nil {
		return err
	}
	if outcome == effector.Settled {
		return a.giveBack(ctx, actions.Done)
	}
	return a.giveBack(ctx, actions.Abandoned)
}

// want is one action: intended, asked for, begun and done, or given up, and given back.
func (a *agent) want(ctx context.Context) (actions.Phase, error) {
	now, err := priv.SinceBoot()
	if err != nil {
		return "", err
	}
	a.in = intent{N: a.in.N + 1, Open: true, Deadline: now + a.Lasts}
	if err := a.remember(); err != nil {
		return "", err
	}
	outcome, err := a.try(ctx)
	if err != nil {
		return "", err
	}
	return outcome, a.giveBack(ctx, outcome)
}

// try does the action, if it has leave.
func (a *agent) try(ctx context.Context) (actions.Phase, error) {
	if err := a.leave(ctx); err != nil {
		a.log.Info("not done", "action", a.action().ID, "cause", err.Error())
		return actions.Abandoned, nil
	}
	a.pause(beforeDeed)
	a.busy.Store(true)
	defer a.busy.Store(false)
	outcome, err := effector.Ask(ctx, a.Effector, effector.Request{
		Host: a.Host, Nonce: a.action().ID, Deadline: a.in.Deadline, Takes: some(a.Longest),
	})
	if outcome == effector.Settled {
		return actions.Done, err
	}
	return actions.Abandoned, err
}

// leave asks for leave and whether to begin. Some of the time there is too little time for an answer.
func (a *agent) leave(ctx context.Context) error {
	within, cancel := context.WithTimeout(ctx, a.patience())
	_, err := a.member.Ask(within, a.action())
	cancel()
	if err != nil {
		return err
	}
	a.pause(beforeStart)
	within, cancel = context.WithTimeout(ctx, a.patience())
	defer cancel()
	return a.member.Begin(within, a.action())
}

// patience is how long it waits for an answer.
func (a *agent) patience() time.Duration {
	if a.Restless {
		return some(a.Lasts)
	}
	return a.Lasts
}

// pause stops this process where it was told to. The signal is this very thread's: another one could take it a moment later.
func (a *agent) pause(at string) {
	if a.PauseAt != at {
		return
	}
	a.PauseAt = ""
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	_ = unix.Tgkill(os.Getpid(), unix.Gettid(), unix.SIGSTOP) // there is nobody else whom it could fail for
}

// giveBack gives leave back, again and again until that is heard.
func (a *agent) giveBack(ctx context.Context, outcome actions.Phase) error {
	for {
		within, cancel := context.WithTimeout(ctx, 5*time.Second)
		err := a.member.Release(within, actions.Release{Action: a.action(), Outcome: outcome})
		cancel()
		if err == nil {
			break
		}
		rest(some(200 * time.Millisecond))
	}
	a.in.Open = false
	return a.remember()
}

// Condition is member.Host.
func (a *agent) Condition(string) member.Condition {
	if a.busy.Load() {
		return member.Condition{Serving: ledger.ServingNo}
	}
	return a.Well.Condition(pool)
}

func (a *agent) file() string { return filepath.Join(a.Dir, "intent.json") }

func (a *agent) recall() error {
	text, err := os.ReadFile(a.file())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return json.Unmarshal(text, &a.in)
}

// remember replaces the file: a kill leaves the old one or the new one.
func (a *agent) remember() error {
	text, err := json.Marshal(a.in)
	if err != nil {
		return err
	}
	if err := os.WriteFile(a.file()+".new", text, 0o600); err != nil {
		return err
	}
	return os.Rename(a.file()+".new", a.file())
}

// rest waits: it is how long something lasts, not for anything to happen.
func rest(d time.Duration) { <-time.NewTimer(d).C }

// some is a span of up to most.
func some(most time.Duration) time.Duration { return rand.N(most) + time.Millisecond }
