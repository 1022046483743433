package agent

import (
	"context"

	"plimsoll/actions"
	"plimsoll/internal/api"
	"plimsoll/internal/config"
	"plimsoll/internal/signal"
)

// signalOperators are the hands of the verbs that change the signal.
func signalOperators() map[actions.Verb]actions.Operator {
	all := map[actions.Verb]actions.Operator{}
	for _, v := range actions.Signals() {
		all[v] = signal.Operator{}
	}
	return all
}

// newSignal tells those who send work to this host what the newest view on board has for them.
func newSignal(ctx context.Context, c config.Signal, board *api.Board) (*signal.Server, error) {
	is := func() actions.Signal {
		if v := board.View(); v != nil {
			return v.Will.Signal
		}
		return actions.SignalUnknown
	}
	return signal.Listen(ctx, signal.Config{Listen: c.Listen, TrackFile: c.TrackFile, Weight: c.Weight}, is, board.Changed)
}
