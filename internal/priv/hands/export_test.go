package hands

import (
	"log/slog"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"plimsoll/internal/priv"
)

// EndsAfter has s end after so long without anything to do.
func (s *Server) EndsAfter(quiet time.Duration) { s.quiet = quiet }

// StartsAnewAfter has s started anew no sooner than this.
func (s *Server) StartsAnewAfter(fresh time.Duration) { s.fresh = fresh }

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

// ErrNotMultipath is what a device of another target is refused for.
var ErrNotMultipath = errNotMultipath

// RunSmartctlAt is RunSmartctl with another program.
var RunSmartctlAt = runSmartctl

// StatusOf reads a status as the kernel answers it: of so many targets, the first of which is of this type and says text, moved
// by so many bytes from where it was to be.
func StatusOf(target string, targets uint32, moved int, flags uint32, text string) (string, error) {
	s := new(tableStatus)
	s.Data_start = uint32(int(unsafe.Offsetof(s.data)) + moved)
	s.Target_count, s.Flags = targets, flags
	spec := (*unix.DmTargetSpec)(unsafe.Pointer(&s.data[0]))
	copy(spec.Target_type[:], target)
	copy(s.data[unix.SizeofDmTargetSpec:], text)
	return s.multipath()
}
