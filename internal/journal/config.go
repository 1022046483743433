package journal

import (
	"errors"
	"fmt"
	"time"
)

// MaxRecordBytes bounds one record's JSON, so that a damaged file cannot make
// the reader buffer without end. A checkpoint of a host with a thousand groups
// is below 1 MiB.
const MaxRecordBytes = 8 << 20

// Config says where the log lies and how much it may hold.
type Config struct {
	// Dir is made, mode 0750, if it is not there.
	Dir string
	// SegmentBytes is the size at which a checkpoint is asked for, which begins
	// a new segment. At twice the size a segment begins without one.
	SegmentBytes int64
	// KeepFor is how long released records are kept.
	KeepFor time.Duration
	// SoftBytes bounds released records: above it the oldest go before KeepFor.
	SoftBytes int64
	// HardBytes bounds the log on disk: at it Append answers ErrFull.
	HardBytes int64
	// RoomBytes is how much is written ahead of the records, so that most of
	// them find their place on the disk made: a file that grows costs the file
	// system a commit of its own beside each of ours. It is not counted in the
	// bounds above. Zero makes no room.
	RoomBytes int64
	// MaxPending bounds the bytes of records in memory that are not durable
	// yet: at it Append answers ErrFull.
	MaxPending int
	// Now stamps records and ages segments, called from several goroutines. Nil
	// means time.Now.
	Now func() time.Time
	// FS is the file system. Nil means the host's.
	FS FS
}

// DefaultConfig returns the packaged defaults for a log in dir.
func DefaultConfig(dir string) Config {
	return Config{
		Dir:          dir,
		SegmentBytes: 4 << 20,            // read whole at start: tens of milliseconds
		KeepFor:      7 * 24 * time.Hour, // the re-feeding window of the fleet
		SoftBytes:    64 << 20,           // some 150,000 events
		HardBytes:    256 << 20,          // a month of a noisy host without NATS
		RoomBytes:    256 << 10,          // some 100 events between two slow commits
		MaxPending:   4 << 20,            // some 10,000 events while the disk hangs
		Now:          time.Now,
		FS:           osFS{},
	}
}

// Validate says what is wrong with the configuration, nil if nothing is.
func (c Config) Validate() error {
	var errs []error
	bad := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("check journal config: "+format, args...))
	}
	if c.Dir == "" {
		bad("no directory")
	}
	if c.SegmentBytes <= 0 {
		bad("segment size %d is not positive", c.SegmentBytes)
	}
	if c.KeepFor < 0 {
		bad("keep for %s is negative", c.KeepFor)
	}
	if c.SoftBytes < c.SegmentBytes {
		bad("soft bound %d is below the segment size %d", c.SoftBytes, c.SegmentBytes)
	}
	if c.HardBytes < c.SoftBytes {
		bad("hard bound %d is below the soft bound %d", c.HardBytes, c.SoftBytes)
	}
	if c.RoomBytes < 0 {
		bad("room of %d bytes is negative", c.RoomBytes)
	}
	if c.MaxPending <= 0 {
		bad("pending bound %d is not positive", c.MaxPending)
	}
	return errors.Join(errs...)
}

func (c Config) withDefaults() Config {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.FS == nil {
		c.FS = osFS{}
	}
	return c
}
