package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"plimsoll/internal/api"
	"plimsoll/lab/story"
	"plimsoll/redundancy"
)

// theater is where a story plays: an agent that watches the place, and a command that asks it.
type theater interface {
	run(ctx context.Context) error // the agent, until ctx ends
	ask(ctx context.Context, args []string) error
}

// performance is one story, played once.
type performance struct {
	story story.Story
	place place
	pace  float64 // 0: no act is longer than it takes
	// patience is how long the agent may take to tell an act.
	patience time.Duration
	out      screen

	stage  *story.Stage
	client *api.Client
	events chan redundancy.Event
	ended  chan error // why the agent, or the way to hear of its events, has ended
	told   int        // how many events have come
}

const (
	// defaultPatience is a look, settling, and much for a machine that is busy.
	defaultPatience = 20 * time.Second
	// glance is the time between two looks at how far the agent is.
	glance = 50 * time.Millisecond
	// crowd is how many events may come while plimsoll is asked something; the agent cuts who does not listen.
	crowd = 256
)

// play plays the story in t. It returns when everything that was started has ended.
func (p *performance) play(ctx context.Context, t theater) (err error) {
	if err := p.place.make(); err != nil {
		return err
	}
	if p.stage, err = story.NewStage(p.place.host(), p.story.Host); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.stage.Close()) }()
	p.client = api.NewClient(p.place.socket())
	p.events, p.ended = make(chan redundancy.Event, crowd), make(chan error, 1)
	p.out.opening(p.story)

	agentCtx, stop := context.WithCancel(ctx)
	gone := make(chan error, 1)
	go func() {
		err := t.run(agentCtx)
		p.end(errEarly) // err itself is returned below
		gone <- err
	}()
	defer func() { stop(); err = errors.Join(err, <-gone) }()
	if err := p.until(ctx, "the agent to be ready", func(s api.Status) bool { return seen(s, time.Time{}) }); err != nil {
		return err
	}
	listenCtx, deaf := context.WithCancel(ctx)
	heard := make(chan struct{})
	go func() { defer close(heard); p.end(p.listen(listenCtx)) }()
	defer func() { deaf(); <-heard }()
	for i, act := range p.story.Acts {
		p.out.curtain(i+1, len(p.story.Acts), act)
		if err := p.act(ctx, act, t); err != nil {
			return fmt.Errorf("act %d, %q: %w", i+1, act.Title, err)
		}
	}
	return p.applause(ctx)
}

// end tells why a part has ended; the first to end is the reason for what the others say.
func (p *performance) end(err error) {
	select {
	case p.ended <- err:
	default:
	}
}

// listen hands on events, those before the first question included, until ctx ends.
func (p *performance) listen(ctx context.Context) error {
	return p.client.Lines(ctx, api.PathEvents, map[string][]string{"follow": {""}}, func(line []byte) error {
		var e redundancy.Event
		if err := json.Unmarshal(line, &e); err != nil {
			return fmt.Errorf("read an event: %w", err)
		}
		select {
		case p.events <- e:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
}

// act plays one act: what it wants has come and nothing else, the agent has seen how it ends, and its time is over.
func (p *performance) act(ctx context.Context, act story.Act, t theater) error {
	began := time.Now()
	if err := p.stage.Set(act.Changes); err != nil {
		return err
	}
	changed := time.Now()
	expected := act.Expect()
	lasts := time.Duration(float64(act.Lasts) * p.pace)
	tick := time.NewTicker(glance)
	defer tick.Stop()
	for quiet := false; !quiet; {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-p.ended:
			return err
		case e := <-p.events:
			if err := p.hear(e, expected); err != nil {
				return err
			}
		case <-tick.C:
			left := expected.Left()
			s, err := p.status(ctx)
			if err != nil {
				return err
			}
			settled := seen(s, changed)
			quiet = len(left) == 0 && settled && time.Since(began) >= lasts
			if !quiet && time.Since(changed) > max(p.patience, lasts) {
				return p.missing(left)
			}
		}
	}
	for _, args := range act.Ask {
		p.out.question(args)
		if err := t.ask(ctx, args); err != nil {
			return err
		}
	}
	return nil
}

// hear takes in one event.
func (p *performance) hear(e redundancy.Event, expected *story.Expectation) error {
	p.told++
	p.out.event(e)
	if !expected.Take(story.Told(e)) {
		return fmt.Errorf("the agent says %q, which the story does not want", story.Told(e))
	}
	return nil
}

func (p *performance) missing(left []story.Event) error {
	if len(left) == 0 {
		return fmt.Errorf("the agent has not come to rest within %s", p.patience)
	}
	lines := make([]string, len(left))
	for i, e := range left {
		lines[i] = e.String()
	}
	return fmt.Errorf("the agent has not said within %s: %s", p.patience, strings.Join(lines, ", "))
}

// applause waits until the stream has every event, and says so. Nothing may come any more.
func (p *performance) applause(ctx context.Context) error {
	nothing := story.Act{}.Expect()
	err := p.until(ctx, "the stream to have every event", func(s api.Status) bool {
		return s.Fleet.Connected && s.Outbox.Pending == 0
	})
	for err == nil {
		select {
		case e := <-p.events:
			err = p.hear(e, nothing)
		default:
			p.out.applause(p.told)
			return nil
		}
	}
	return err
}

// until waits for the agent to be as wanted.
func (p *performance) until(ctx context.Context, what string, wanted func(api.Status) bool) error {
	deadline := time.Now().Add(p.patience)
	tick := time.NewTicker(glance)
	defer tick.Stop()
	var asked error
	for time.Now().Before(deadline) {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-p.ended:
			return err
		case <-tick.C:
			var s api.Status
			if s, asked = p.status(ctx); asked == nil && wanted(s) {
				return nil
			}
		}
	}
	if asked != nil {
		return fmt.Errorf("wait for %s: %w", what, asked)
	}
	return fmt.Errorf("wait for %s: not within %s", what, p.patience)
}

var errEarly = errors.New("the agent ended before the story")

func (p *performance) status(ctx context.Context) (api.Status, error) {
	var s api.Status
	err := p.client.Ask(ctx, api.PathStatus, nil, &s)
	return s, err
}

// seen says whether every source has taken a look that began after moment, and all it found is shown.
func seen(s api.Status, moment time.Time) bool {
	for _, src := range s.Sources {
		if src.AgeS == nil || src.DurationS == nil {
			return false
		}
		if began := s.At.Add(-seconds(*src.AgeS) - seconds(*src.DurationS)); !began.After(moment) {
			return false
		}
	}
	for _, g := range s.Groups {
		if g.Pending != nil {
			return false
		}
	}
	return true
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
