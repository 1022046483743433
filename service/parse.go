package service

import (
	"encoding/hex"
	"fmt"
	"time"
)

// Raw is what the bus brought of one unit.
type Raw struct {
	Unit    map[string]any // the properties of org.freedesktop.systemd1.Unit
	Service map[string]any // of .Service; empty for units of other types
	Now     time.Duration  // CLOCK_MONOTONIC when it was read
	Err     error          // why there is nothing
}

// Parse makes facts of what was read. A property that is missing or of another type than expected leaves its fact empty,
// which ends in a member that is unread.
func Parse(name string, r Raw) Unit {
	if r.Err != nil {
		return Unit{Name: name, Err: r.Err.Error()}
	}
	u := Unit{
		Name:   name,
		Load:   is[string](r.Unit, "LoadState"),
		Active: is[string](r.Unit, "ActiveState"),
		Sub:    is[string](r.Unit, "SubState"),

		LimitBurst:    is[uint32](r.Unit, "StartLimitBurst"),
		LimitInterval: span(r.Unit, "StartLimitIntervalUSec"),
		Entered:       span(r.Unit, "ActiveEnterTimestampMonotonic"),
		Started:       is[uint64](r.Unit, "InactiveExitTimestampMonotonic") > 0,

		Type:     is[string](r.Service, "Type"),
		Remains:  is[bool](r.Service, "RemainAfterExit"),
		Result:   is[string](r.Service, "Result"),
		Restart:  is[string](r.Service, "Restart"),
		Restarts: is[uint32](r.Service, "NRestarts"),
	}
	if id := is[[]byte](r.Unit, "InvocationID"); len(id) > 0 {
		u.Invocation = hex.EncodeToString(id)
	}
	if job := is[[]any](r.Unit, "Job"); len(job) == 2 {
		if number, ok := job[0].(uint32); ok && number != 0 {
			u.Job = fmt.Sprint(number)
		}
	}
	if changed := span(r.Unit, "StateChangeTimestampMonotonic"); changed > 0 {
		u.Lasts = max(0, r.Now-changed)
	}
	if u.Active == "" {
		return Unit{Name: name, Err: "systemd told no ActiveState"}
	}
	return u
}

// is is the property with this key; the zero value where there is none of this type.
func is[T any](properties map[string]any, key string) T {
	v, _ := properties[key].(T)
	return v
}

// span is a property in microseconds. systemd's infinity, all bits set, is as long as we can tell.
func span(properties map[string]any, key string) time.Duration {
	const longest = 1<<63 - 1
	us := is[uint64](properties, key)
	if us > longest/uint64(time.Microsecond) {
		return longest
	}
	return time.Duration(us) * time.Microsecond
}
