package raid

import (
	"slices"

	"plimsoll/actions"
	"plimsoll/redundancy"
)

// seated says whether the device has a place of the array again, in sync or on its way there.
func seated(g redundancy.Group, a actions.Action) redundancy.Tristate {
	return held(g, a, redundancy.Enabled, redundancy.Recovering)
}

// added says whether the device is the array's: as a spare, or in a place that it was needed for at once.
func added(g redundancy.Group, a actions.Action) redundancy.Tristate {
	return held(g, a, redundancy.Spare, redundancy.Recovering, redundancy.Enabled)
}

// held says whether a member in one of these states is the device of a.
func held(g redundancy.Group, a actions.Action, states ...redundancy.State) redundancy.Tristate {
	answer := redundancy.No
	for _, m := range g.Members {
		switch {
		case m.Device != a.Device:
		case slices.Contains(states, m.State):
			return redundancy.Yes
		case m.State == redundancy.StateUnknown:
			answer = redundancy.Unread
		}
	}
	return answer
}

// replaced is shown by md being at it: a device is being built for a place whose occupant md has been told to replace; or by
// another occupant. How far md has come is the array's activity, and may take days.
func replaced(g redundancy.Group, a actions.Action) redundancy.Tristate {
	m, listed := g.Member(a.From)
	switch {
	case !listed || m.State == redundancy.StateUnknown:
		return redundancy.Unread
	case m.State == redundancy.Enabled && m.Device != a.Device:
		return redundancy.Yes
	case m.Device != a.Device: // it has failed meanwhile, and a spare is for that
		return redundancy.No
	}
	if !slices.ContainsFunc(m.Against, func(o redundancy.Objection) bool { return o.Verb == string(actions.RaidReplace) }) {
		return redundancy.No
	}
	if slices.ContainsFunc(g.Members, func(o redundancy.Component) bool { return o.State == redundancy.Recovering && !isSlot(g.ID, o.ID) }) {
		return redundancy.Yes
	}
	return redundancy.Unread // md has been told, and has not begun
}

// evicted is shown by a place without its device, or by a device without a place that is no longer there.
func evicted(g redundancy.Group, a actions.Action) redundancy.Tristate {
	m, listed := g.Member(a.From)
	switch {
	case !listed:
		return redundancy.Yes
	case m.State == redundancy.StateUnknown:
		return redundancy.Unread
	case m.Device == a.Device || m.State == redundancy.Disabled: // failed, and still attached
		return redundancy.No
	default:
		return redundancy.Yes
	}
}
