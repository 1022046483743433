package site

import (
	"context"
	"errors"
	"strings"
	"time"

	"plimsoll/fleet/bootstrap"
	"plimsoll/fleet/person"
	"plimsoll/fleet/wire"
)

// askAgain is the wait after a person's request that came to nothing.
const askAgain = 100 * time.Millisecond

// Person asks arbiters for a person, again and again until that succeeds or ctx ends.
func (s *Site) Person(ctx context.Context, ask func(context.Context, *person.Person) error) error {
	cfg, err := s.Config(bootstrap.Person, "alice")
	if err != nil {
		return err
	}
	for {
		p, err := person.Connect(ctx, cfg, Fleet)
		if err == nil {
			err = ask(ctx, p)
			p.Close()
		}
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(askAgain):
		}
	}
}

// Pool makes a pool, as soon as an arbiter answers.
func (s *Site) Pool(ctx context.Context, name string, budget, minHealthy int) error {
	return s.order(ctx, wire.OrderPool, wire.PoolSetting{Pool: name, Budget: budget, MinHealthy: minHealthy})
}

// Clear is a person's word that a host is down.
func (s *Site) Clear(ctx context.Context, pool, host string) error {
	return s.order(ctx, wire.OrderClear, wire.Command{Pool: pool, Host: host})
}

func (s *Site) order(ctx context.Context, what string, m wire.Message) error {
	return s.Person(ctx, func(ctx context.Context, p *person.Person) error {
		done, err := person.Ask[wire.Done](ctx, p, what, m)
		if err == nil && len(done.Refused) > 0 {
			err = errors.New(strings.Join(done.Refused, "; "))
		}
		return err
	})
}
