package cli

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"plimsoll/actions"
	"plimsoll/internal/api"
	"plimsoll/redundancy"
)

var (
	errNoBond   = errors.New("drill --real: only a bond is moved and moved back")
	errNotWhole = errors.New("drill --real: it is not fully redundant")
	errNotShown = errors.New("it was moved, and is not shown so yet: plimsoll failback moves it back")
)

// drillBond moves a bond to its standby and back. What is told of its begin is told of its end too, whatever comes between.
func (c *command) drillBond(cmd *cobra.Command, name string) (err error) {
	was, err := c.group(cmd.Context(), name)
	switch {
	case err != nil:
		return err
	case was.Kind != "" && was.Kind != redundancy.KindBond:
		return errNoBond
	case was.Kind != "" && was.Status != redundancy.FullyRedundant:
		return fmt.Errorf("%w: %s is %s", errNotWhole, name, was.Status)
	}
	if _, _, err := c.drill(cmd, url.Values{"name": {name}, "real": {string(actions.DrillBegins)}}); err != nil {
		return err
	}
	defer func() {
		_, _, ended := c.drill(cmd, url.Values{"name": {name}, "real": {string(actions.DrillEnds)}})
		err = errors.Join(err, ended)
	}()
	if err := c.act(cmd, api.PathFailover, url.Values{"group": {name}}); err != nil {
		return err
	}
	if err := c.moved(cmd.Context(), name, inUse(was)); err != nil {
		return err
	}
	return c.act(cmd, api.PathFailback, url.Values{"group": {name}})
}

// group is the group with this name or id as the agent shows it; its zero value: it shows none, and says so to whoever asks more.
func (c *command) group(ctx context.Context, name string) (api.Group, error) {
	var s api.Status
	if err := c.client().Ask(ctx, api.PathStatus, nil, &s); err != nil {
		return api.Group{}, err
	}
	i := slices.IndexFunc(s.Groups, func(g api.Group) bool { return g.Name == name || string(g.ID) == name })
	if i < 0 {
		return api.Group{}, nil
	}
	return s.Groups[i], nil
}

const (
	// shownAgain is how often it is looked whether a move is shown, and shownWithin how long a change may take to settle.
	shownAgain  = 200 * time.Millisecond
	shownWithin = 2 * time.Minute
)

// moved comes back once the agent shows that a bond uses another member than before. What an action has done, a look of its own
// shows at once; people are shown it when it has settled, and what they then ask for goes by what they are shown.
func (c *command) moved(ctx context.Context, name string, before []redundancy.ID) error {
	ctx, cancel := context.WithTimeout(ctx, shownWithin)
	defer cancel()
	again := time.NewTicker(shownAgain)
	defer again.Stop()
	for {
		is, err := c.group(ctx, name)
		if err == nil && !slices.Equal(inUse(is), before) {
			return nil
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return errors.Join(errNotShown, err)
		}
	}
}

// inUse are the members that a bond uses, as it is shown.
func inUse(g api.Group) []redundancy.ID {
	var out []redundancy.ID
	for _, m := range g.Members {
		if m.State == redundancy.Enabled {
			out = append(out, m.ID)
		}
	}
	return out
}
