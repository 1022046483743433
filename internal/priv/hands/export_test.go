package hands

import (
	"log/slog"
	"time"

	"plimsoll/internal/priv"
)

// EndsAfter has s end after so long without anything to do.
func (s *Server) EndsAfter(quiet time.Duration) { s.quiet = quiet }

// Quiet is how long refusals of one reason are counted.
const Quiet = quiet

// Tally logs refusals.
type Tally struct{ t *tally }

// NewTally is a tally that logs to log.
func NewTally(log *slog.Logger) Tally { return Tally{newTally(log)} }

// Refused counts one.
func (t Tally) Refused(r *priv.RefusedError) { t.t.refused(r, priv.Request{}) }

// Close says what was not said yet.
func (t Tally) Close() { t.t.close() }
