package power

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"plimsoll/internal/ipmi"
	"plimsoll/redundancy"
)

// slowly is how many looks lie between two that ask for more than the condition of supplies: whether the records have changed,
// whether the log has grown, and what power is taken.
const slowly = 10

// errWalking is a repository that has not been read to its end yet.
var errWalking = errors.New("the BMC's records are still being read")

// board is the BMC with what is known of it. Collect owns it.
type board struct {
	bmc     BMC
	breaker breaker

	walk      *walk     // through the records; nil: none is under way
	known     catalogue // what they have
	of        ipmi.Repository
	learned   bool
	frus      map[byte]ipmi.FRU
	there     map[redundancy.ID]bool // who was in its bay at the last look
	readings  map[sensorKey]reading  // of the last look
	looks     int                    // since the records were read
	fresh     bool                   // they were read at this look
	dcmi      Watts                  // the load as DCMI has it
	noDCMI    bool
	events    events
	incessant bool // sensors are gone though the records have not changed
}

func newBoard(bmc BMC) *board {
	return &board{bmc: bmc, frus: map[byte]ipmi.FRU{}, there: map[redundancy.ID]bool{}, events: newEvents()}
}

// look asks for what there is to know, and keeps it. An error says that nothing was learned.
func (b *board) look(ctx context.Context) error {
	if err := b.breaker.rests(); err != nil {
		return err
	}
	err := b.learn(ctx)
	if err == nil {
		err = b.read(ctx)
	}
	b.breaker.came(err)
	return err
}

// learn reads the records, unless they are known.
func (b *board) learn(ctx context.Context) error {
	if b.learned {
		return nil
	}
	if b.walk == nil {
		of, err := repository(ctx, b.bmc)
		if err != nil {
			return fmt.Errorf("ask the BMC for its records: %w", err)
		}
		b.walk = &walk{of: of}
	}
	if err := b.walk.goOn(ctx, b.bmc); err != nil {
		if !errors.Is(err, errSilent) {
			b.walk = nil // the records may have changed under us
		}
		return err
	}
	if !b.walk.ended {
		return fmt.Errorf("%w: %d of %d", errWalking, len(b.walk.records), b.walk.of.Records)
	}
	b.known, b.of = newCatalogue(b.walk.records), b.walk.of
	b.walk, b.learned, b.fresh, b.looks, b.noDCMI = nil, true, true, 0, false
	b.frus, b.readings = map[byte]ipmi.FRU{}, nil
	return nil
}

// read asks the sensors.
func (b *board) read(ctx context.Context) error {
	if len(b.known.bays) == 0 {
		return b.recheck(ctx)
	}
	slow := b.looks%slowly == 0
	sensors := slices.Clone(b.known.together)
	for _, bay := range b.known.bays {
		sensors = append(sensors, bay.status...)
	}
	sensors = append(sensors, b.known.units...)
	if slow {
		sensors = append(sensors, b.known.measured()...)
	}
	commands := make([]ipmi.Command, len(sensors))
	for i, s := range sensors {
		commands[i] = ipmi.SensorReading(s.LUN, s.Number)
	}
	answers, err := ask(ctx, b.bmc, commands...)
	if err != nil {
		return fmt.Errorf("read the BMC's sensors: %w", err)
	}
	now := maps.Clone(b.readings) // what is measured slowly stays
	if now == nil {
		now = map[sensorKey]reading{}
	}
	missing, changed := false, false
	for i, s := range sensors {
		r := parseReading(answers[i])
		was, has := now[keyOf(s)]
		changed = changed || has && was.States != r.States
		_, err := ipmi.Body(answers[i])
		missing = missing || ipmi.Is(err, ipmi.CodeNotPresent)
		now[keyOf(s)] = r
	}
	if slow || missing && !b.incessant {
		if err := b.recheck(ctx); err != nil || !b.learned {
			return err
		}
	}
	b.incessant = missing
	b.readings = now
	b.looks++
	if err := b.inventories(ctx); err != nil {
		return err
	}
	if slow {
		if err := b.power(ctx); err != nil {
			return err
		}
	}
	if slow || changed {
		return b.events.read(ctx, b.bmc, b.known)
	}
	return nil
}

// measured are the sensors in watts.
func (c catalogue) measured() []ipmi.Sensor {
	var out []ipmi.Sensor
	for _, b := range c.bays {
		for _, s := range []*ipmi.Sensor{b.input, b.output} {
			if s != nil {
				out = append(out, *s)
			}
		}
	}
	if c.load != nil {
		out = append(out, *c.load)
	}
	return out
}

// recheck asks whether the records have changed since they were read. If so they are read anew, and the sensors after them.
func (b *board) recheck(ctx context.Context) error {
	if b.fresh {
		b.fresh = false
		return nil
	}
	if len(b.known.bays) == 0 && b.looks%slowly != 0 {
		b.looks++
		return nil
	}
	is, err := repository(ctx, b.bmc)
	if err != nil {
		return fmt.Errorf("ask the BMC for its records: %w", err)
	}
	if is == b.of {
		if len(b.known.bays) == 0 {
			b.looks++
		}
		return nil
	}
	b.learned = false
	if err := b.learn(ctx); err != nil {
		return err
	}
	return b.read(ctx)
}

// inventories reads those of supplies that have come into their bays.
func (b *board) inventories(ctx context.Context) error {
	for _, bay := range b.known.bays {
		r := bay.report(b.readings, nil)
		there := r.Unread == "" && !(Supply{Reports: []Report{r}}).absent()
		was := b.there[bay.id]
		b.there[bay.id] = there
		if bay.inventory == nil {
			continue
		}
		if _, has := b.frus[bay.inventory.Device]; !there || was && has {
			continue
		}
		f, err := inventory(ctx, b.bmc, bay.inventory.Device)
		if err != nil {
			return fmt.Errorf("read the inventory of %s: %w", bay.name, err)
		}
		b.frus[bay.inventory.Device] = f
	}
	return nil
}

// power asks DCMI for the load, which not every BMC knows.
func (b *board) power(ctx context.Context) error {
	if b.noDCMI {
		return nil
	}
	answer, err := body(ctx, b.bmc, ipmi.PowerReading())
	if _, refused := errors.AsType[*ipmi.CodeError](err); refused {
		b.noDCMI = true
		return nil
	}
	if err != nil {
		return fmt.Errorf("ask the BMC for the load: %w", err)
	}
	w, measured, err := ipmi.PowerWatts(answer)
	b.dcmi = Watts{Known: err == nil && measured && w > 0, Value: float64(w)}
	return nil
}

// tell is what is known from the last look that brought something. Unread, unless empty, is why there is nothing newer.
func (b *board) tell(unread string) System {
	s := System{Load: b.dcmi}
	for _, bay := range b.known.bays {
		one := Supply{ID: bay.id, Name: bay.name, Reports: []Report{bay.report(b.readings, b.events.stamps)}}
		if unread != "" {
			one.Reports = []Report{{Source: sourceIPMI, Unread: unread, Evidence: []redundancy.Evidence{{Where: sourceIPMI, Err: unread}}}}
		}
		if bay.inventory != nil && b.there[bay.id] {
			f := b.frus[bay.inventory.Device]
			one.Serial, one.Product = f.Serial, f.Product
			one.Rated = Watts{Known: f.Watts > 0, Value: float64(f.Watts)}
		}
		s.Supplies = append(s.Supplies, one)
	}
	if unread != "" {
		if b.breaker.silent >= fewSilent {
			s.Beyond = append(s.Beyond, redundancy.Warning{
				Key: WarnSilent, Text: "the BMC does not answer: what it alone tells of supplies is unread",
				Evidence: []redundancy.Evidence{{Where: sourceIPMI, Err: unread}},
			})
		}
		return s
	}
	for _, sensor := range b.known.together {
		s.Said = append(s.Said, said(sensor, b.readings[keyOf(sensor)]))
	}
	for _, sensor := range b.known.units {
		if w, wrong := beyond(sensor, b.readings[keyOf(sensor)]); wrong {
			s.Beyond = append(s.Beyond, w)
		}
	}
	if !s.Load.Known {
		s.Load = watts(b.known.load, b.readings)
	}
	return s
}

// breaker leaves a BMC that does not answer in peace for a while: every command that it swallows costs seconds, and a helper.
type breaker struct {
	silent int // looks in a row
	skip   int // looks to leave out before the next try
	why    error
}

const (
	// fewSilent looks in a row are tried at the pace of looks: a BMC that restarts is away for a minute.
	fewSilent = 3
	// longestRest bounds how many looks are left out: five minutes, at the pace of every 30 s.
	longestRest = 10
)

// rests is why nothing is to be asked this time; nil: try.
func (b *breaker) rests() error {
	if b.skip == 0 {
		return nil
	}
	b.skip--
	return b.why
}

// came takes what a look came back with.
func (b *breaker) came(err error) {
	if !errors.Is(err, errSilent) {
		*b = breaker{}
		return
	}
	b.silent++
	if b.silent >= fewSilent {
		b.skip = min(1<<min(b.silent-fewSilent, 8), longestRest)
	}
	b.why = fmt.Errorf("%w; left in peace, %d looks in a row were silent", err, b.silent)
}
