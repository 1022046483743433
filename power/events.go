package power

import (
	"context"
	"fmt"
	"time"

	"plimsoll/internal/ipmi"
	"plimsoll/redundancy"
)

// events are what the BMC's log says of supplies since the agent began to look: when something happened, also between two looks.
// The log is read and never cleared, and nothing that was in it before is taken for news.
type events struct {
	log    ipmi.Log
	last   uint16 // the id of the newest entry that was read
	begun  bool
	absent bool // the BMC has no log
	stamps map[sensorKey]redundancy.Evidence
}

func newEvents() events { return events{stamps: map[sensorKey]redundancy.Evidence{}} }

// read reads the entries that are new. A log that can't be read says nothing; an error is a BMC that can't be asked.
func (e *events) read(ctx context.Context, bmc BMC, of catalogue) error {
	if e.absent {
		return nil
	}
	answers, err := ask(ctx, bmc, ipmi.SELInfo(), ipmi.SELTime())
	if err != nil {
		return fmt.Errorf("ask the BMC for its log: %w", err)
	}
	log, clock, err := parseLog(answers)
	if err != nil {
		e.absent = true
		return nil //nolint:nilerr // it has no log, or none that is as the specification says
	}
	if e.begun && log == e.log {
		return nil
	}
	ended, err := e.goOn(ctx, bmc, of, clock, log.Entries)
	if ended {
		e.log = log
	}
	return err
}

func parseLog(answers [][]byte) (ipmi.Log, uint32, error) {
	var log ipmi.Log
	b, err := ipmi.Body(answers[0])
	if err == nil {
		log, err = ipmi.ParseLog(b)
	}
	if err != nil {
		return log, 0, err
	}
	var clock uint32
	if b, err := ipmi.Body(answers[1]); err == nil {
		clock, _ = ipmi.ParseTime(b) // without a clock events have no time, and happened all the same
	}
	return log, clock, nil
}

// goOn follows the log from the last entry that was read, and says whether it came to its end. At the beginning that is its last
// entry.
func (e *events) goOn(ctx context.Context, bmc BMC, of catalogue, clock uint32, entries int) (ended bool, err error) {
	now := time.Now()
	from, fresh := e.last, false
	if !e.begun {
		from = ipmi.LastEntry
	} else if e.last == ipmi.FirstEntry { // it was empty
		fresh = true
	}
	if entries == 0 {
		e.begun, e.last = true, ipmi.FirstEntry
		return true, nil
	}
	for range maxEvents {
		b, err := body(ctx, bmc, ipmi.SELEntry(from))
		if ipmi.Is(err, ipmi.CodeNotPresent) && e.begun && !fresh { // somebody has cleared it
			from, fresh = ipmi.FirstEntry, true
			continue
		}
		if err != nil {
			return false, unlessRefused(err)
		}
		next, entry, err := ipmi.ParseEntry(b)
		if err != nil {
			return false, nil //nolint:nilerr // a maker's own oddity
		}
		if e.begun && (fresh || entry.ID != e.last) {
			e.stamp(entry, of, now, clock)
		}
		e.last, e.begun, fresh = entry.ID, true, true
		if next == ipmi.LastEntry {
			return true, nil
		}
		from = next
	}
	return false, nil
}

// stamp keeps what entry says, if it is about a sensor of the supplies.
func (e *events) stamp(entry ipmi.Entry, of catalogue, now time.Time, clock uint32) {
	s, about := of.sensor(entry)
	if !entry.System || !about {
		return
	}
	verb := "began"
	if !entry.On {
		verb = "ended"
	}
	stamp := redundancy.Evidence{
		Where: fmt.Sprintf("IPMI event %04Xh of sensor %02Xh", entry.ID, entry.Number),
		Value: fmt.Sprintf("%s: %s", s.State(entry.Offset), verb),
	}
	if when, known := entry.When(now, clock); known {
		stamp.At = when.UTC()
	}
	e.stamps[keyOf(s)] = stamp
}

// sensor is the one of a supply that an event is about.
func (c catalogue) sensor(e ipmi.Entry) (ipmi.Sensor, bool) {
	for _, b := range c.bays {
		for _, s := range b.status {
			if s.Number == e.Number && s.Type == e.Type && s.Reads == e.Reads {
				return s, true
			}
		}
	}
	return ipmi.Sensor{}, false
}
