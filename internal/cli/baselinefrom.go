package cli

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"

	"github.com/spf13/cobra"

	"plimsoll/fleet/person"
	"plimsoll/fleet/wire"
	"plimsoll/internal/api"
	"plimsoll/internal/phrase"
)

// origin is where a baseline is taken from: a file, the fleet, or, where neither is named, this host's agent.
type origin struct {
	file, host string
	back       int
	reach      reach
}

// baselineText is the document on what is known good. From elsewhere than the agent it is always the whole.
func (c *command) baselineText(ctx context.Context, from origin, groups []string) ([]byte, error) {
	switch {
	case from.file != "":
		return os.ReadFile(from.file)
	case from.host != "":
		return from.keptText(ctx)
	}
	return c.page(ctx, api.PathBaseline, url.Values{"group": groups})
}

// takes says what is wrong with the flags, or with these names beside them.
func (o *origin) takes(_ *cobra.Command, groups []string) error {
	switch {
	case o.host == "" && o.back != 0:
		return errors.New("--back goes with --host")
	case o.back < 0 || o.back >= wire.KeptBaselines:
		return fmt.Errorf("--back %d: want 0 to %d", o.back, wire.KeptBaselines-1)
	case (o.file != "" || o.host != "") && len(groups) > 0:
		return errors.New("--from and --host show the whole of a host: name no group")
	}
	return nil
}

// keptText is the document that the fleet keeps of a host.
func (o origin) keptText(ctx context.Context) ([]byte, error) {
	token, err := wire.HostToken(o.host)
	if err != nil {
		return nil, unnamedError{err}
	}
	var k wire.KnownGood
	err = o.reach.asked(ctx, func(p *person.Person) error {
		k, err = person.Ask[wire.KnownGood](ctx, p, wire.OrderKnown, wire.BaselineQuery{Host: token, Back: o.back})
		return err
	})
	switch {
	case err != nil:
		return nil, err
	case k.There == 0:
		return nil, unnamedError{fmt.Errorf("the fleet keeps no baseline of %s", o.host)}
	case k.Baseline == nil:
		return nil, unnamedError{fmt.Errorf("the fleet keeps %s of %s: --back %d is too far", phrase.Several(k.There, "baseline"), o.host, o.back)}
	}
	return k.Baseline.Unpack()
}
