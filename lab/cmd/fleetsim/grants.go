package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"plimsoll/actions"
	"plimsoll/lab/bench"
	"plimsoll/lab/host"
)

// members is how many hosts the pool has in which leave is asked for.
const members = 100

// grant measures how long it takes to get leave, to be told that it may begin, and to give leave back.
func (p plan) grant(ctx context.Context) (err error) {
	if p.grants == 0 {
		return nil
	}
	s, err := p.set(ctx, 3)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.strike()) }()
	within, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := s.Pool(within, "db", 1, members/2); err != nil {
		return err
	}
	c, err := gather(ctx, s.Site, members, "db")
	defer c.leave()
	if err != nil {
		return err
	}
	if _, err := c.until(within, &c.registered); err != nil {
		return fmt.Errorf("register: %w", err)
	}
	spans := map[string]bench.Sample{}
	for n := range p.grants {
		if err := once(ctx, c.hosts[n%members], n, func(what string, took time.Duration) { spans[what] = append(spans[what], took) }); err != nil {
			return err
		}
	}
	return p.tell(bench.LeaveText(members, []string{asked, begun, givenBack}, spans))
}

// What is measured of leave.
const (
	asked     = "from the ask until there is leave"
	begun     = "until it may begin"
	givenBack = "until it is given back"
)

// once is one action.
func once(ctx context.Context, h *host.Host, n int, took func(string, time.Duration)) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	a := host.Action("db", fmt.Sprintf("%s/sim/%d", h.Name, n))
	for _, step := range []struct {
		what string
		do   func() error
	}{
		{asked, func() error { _, err := h.Member.Ask(ctx, a); return err }},
		{begun, func() error { return h.Member.Begin(ctx, a) }},
		{givenBack, func() error { return h.Member.Release(ctx, actions.Release{Action: a, Outcome: actions.Done}) }},
	} {
		began := time.Now()
		if err := step.do(); err != nil {
			return fmt.Errorf("action %d, %s: %w", n, step.what, err)
		}
		took(step.what, time.Since(began))
	}
	return nil
}

func millis(d time.Duration) string { return fmt.Sprintf("%d ms", d.Milliseconds()) }
