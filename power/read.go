package power

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"plimsoll/internal/ipmi"
	"plimsoll/internal/priv"
)

// BMC is asked; [priv.Client] is one. It brings an answer for each command, or those up to the first that did not come, with an
// error.
type BMC interface {
	IPMI(ctx context.Context, commands [][]byte) ([][]byte, error)
}

const (
	// walkTime is how long one look walks through the repository at the most. A board with three hundred records takes a minute;
	// the next look goes on.
	walkTime = 8 * time.Second
	// pieceSize is how much of a record or an inventory is asked for at once where more is refused. Every controller can give as
	// much (IPMI 2.0, 33.12).
	pieceSize = 16
	// batch is how many commands go into one request. Each may take the three seconds that the helper waits for one.
	batch = 16
	// batchTime is how long a request is waited for: longer than the helper takes, if it is alive.
	batchTime = time.Minute
	// maxRecords is more than any repository holds, in case its records follow one another in a circle.
	maxRecords = 4096
	// maxInventory is as much of an inventory as is read: the areas of power supplies end well before.
	maxInventory = 512
	// maxEvents is how many new events one look reads. The next one goes on.
	maxEvents = 32
)

// errSilent is a BMC that does not answer, whoever noticed: we, or the kernel.
var errSilent = priv.ErrSilent

// ask sends commands and brings their answers. A controller for which the kernel gave up is silent too; one that itself waited
// in vain for a sensor is not.
func ask(ctx context.Context, bmc BMC, commands ...ipmi.Command) ([][]byte, error) {
	raw := make([][]byte, len(commands))
	for i, c := range commands {
		raw[i] = c
	}
	var all [][]byte
	for len(raw) > 0 {
		n := min(len(raw), batch)
		answers, err := request(ctx, bmc, raw[:n])
		if err != nil {
			return nil, err
		}
		all, raw = append(all, answers...), raw[n:]
	}
	if !slices.ContainsFunc(all, func(a []byte) bool {
		_, err := ipmi.Body(a)
		return !ipmi.Is(err, ipmi.CodeTimeout)
	}) {
		return nil, fmt.Errorf("%w: %s", errSilent, ipmi.CodeTimeout)
	}
	return all, nil
}

func request(ctx context.Context, bmc BMC, commands [][]byte) ([][]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, batchTime)
	defer cancel()
	return bmc.IPMI(ctx, commands)
}

// body sends one command and brings what its answer says.
func body(ctx context.Context, bmc BMC, c ipmi.Command) ([]byte, error) {
	answers, err := ask(ctx, bmc, c)
	if err != nil {
		return nil, err
	}
	return ipmi.Body(answers[0])
}

// repository asks when the records last changed.
func repository(ctx context.Context, bmc BMC) (ipmi.Repository, error) {
	b, err := body(ctx, bmc, ipmi.RepositoryInfo())
	if err != nil {
		return ipmi.Repository{}, err
	}
	return ipmi.ParseRepository(b)
}

// walk is a way through the repository, which may take several looks.
type walk struct {
	of      ipmi.Repository
	next    uint16
	records []ipmi.Record
	steps   int
	pieces  bool // it does not give whole records
	ended   bool
}

// goOn reads records until the last one, or for a while.
func (w *walk) goOn(ctx context.Context, bmc BMC) error {
	for begun := time.Now(); !w.ended && time.Since(begun) < walkTime; {
		if w.steps++; w.steps > maxRecords {
			return errors.New("walk through the SDR repository: it has no end")
		}
		next, raw, err := w.read(ctx, bmc)
		if err != nil {
			return fmt.Errorf("walk through the SDR repository: record %04Xh: %w", w.next, err)
		}
		if r, err := ipmi.ParseRecord(raw); err == nil { // a maker's own oddity is no reason to know nothing
			w.records = append(w.records, r)
		}
		w.next, w.ended = next, next == ipmi.NoRecord
	}
	return nil
}

// read reads the next record, whole if the controller gives it so.
func (w *walk) read(ctx context.Context, bmc BMC) (next uint16, raw []byte, err error) {
	if !w.pieces {
		b, err := body(ctx, bmc, ipmi.ReadSDR(0, w.next, 0, ipmi.Whole))
		if err == nil {
			return ipmi.ParsePiece(b)
		}
		if _, refused := errors.AsType[*ipmi.CodeError](err); !refused {
			return 0, nil, err
		}
		w.pieces = true
	}
	return piecewise(ctx, bmc, w.next)
}

// piecewise reads one record in pieces, under a reservation, which anybody may take over: then it begins anew.
func piecewise(ctx context.Context, bmc BMC, id uint16) (next uint16, raw []byte, err error) {
	const attempts = 3
	for range attempts {
		var b []byte
		if b, err = body(ctx, bmc, ipmi.ReserveRepository()); err != nil {
			return 0, nil, err
		}
		reservation, err := ipmi.ParseReservation(b)
		if err != nil {
			return 0, nil, err
		}
		next, raw, err = pieces(ctx, bmc, reservation, id)
		if !ipmi.Is(err, ipmi.CodeReservation) {
			return next, raw, err
		}
	}
	return 0, nil, err
}

func pieces(ctx context.Context, bmc BMC, reservation, id uint16) (next uint16, raw []byte, err error) {
	size := pieceSize // of the record, once its beginning is known
	for len(raw) < size {
		count := min(pieceSize, size-len(raw))
		if len(raw) == 0 {
			count = 5 // the header: a record may be shorter than a piece
		}
		b, err := body(ctx, bmc, ipmi.ReadSDR(reservation, id, byte(len(raw)), byte(count)))
		if err != nil {
			return 0, nil, err
		}
		var piece []byte
		if next, piece, err = ipmi.ParsePiece(b); err != nil {
			return 0, nil, err
		}
		if len(piece) == 0 {
			return next, raw, nil
		}
		raw = append(raw, piece...)
		if whole, known := ipmi.RecordSize(raw); known {
			size = whole
		}
	}
	return next, raw, nil
}

// inventory reads what an inventory says. One that can't be read says nothing; an error is a BMC that can't be asked.
func inventory(ctx context.Context, bmc BMC, device byte) (ipmi.FRU, error) {
	b, err := body(ctx, bmc, ipmi.FRUArea(device))
	if err != nil {
		return ipmi.FRU{}, unlessRefused(err)
	}
	size, err := ipmi.FRUSize(b)
	if err != nil {
		return ipmi.FRU{}, nil //nolint:nilerr // a maker's own oddity: it says nothing
	}
	size = min(size, maxInventory)
	var commands []ipmi.Command
	for at := 0; at < size; at += pieceSize {
		commands = append(commands, ipmi.ReadFRU(device, uint16(at), byte(min(pieceSize, size-at))))
	}
	answers, err := ask(ctx, bmc, commands...)
	if err != nil {
		return ipmi.FRU{}, err
	}
	var raw []byte
	for _, a := range answers {
		b, err := ipmi.Body(a)
		if err == nil {
			b, err = ipmi.FRUBytes(b)
		}
		if err != nil || len(b) == 0 {
			break
		}
		raw = append(raw, b...)
	}
	f, err := ipmi.ParseFRU(raw)
	if err != nil {
		return ipmi.FRU{}, nil //nolint:nilerr // an inventory that is empty or damaged says nothing
	}
	return f, nil
}

// unlessRefused is nil for an answer that says no.
func unlessRefused(err error) error {
	if _, refused := errors.AsType[*ipmi.CodeError](err); refused {
		return nil
	}
	return err
}
