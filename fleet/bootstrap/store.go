package bootstrap

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"plimsoll/fleet"
	"plimsoll/fleet/wire"
)

// What STORE holds: the stream of events, and the arbiters' buckets.
const (
	Stream    = fleet.DefaultStream
	Ledger    = "PLIMSOLL_LEDGER"
	Inventory = "PLIMSOLL_INVENTORY"
	Bulletin  = "PLIMSOLL_BULLETIN"
	Baselines = "PLIMSOLL_BASELINES"
)

// Sizes are how much the store keeps.
type Sizes struct {
	Replicas  int           // of everything: 3 in a cluster, 1 on a server alone, which grants nothing that a disk's loss may undo
	EventsAge time.Duration // 0: for ever
	EventsMax int64         // bytes; -1: any number
}

// DefaultSizes are a year of events, as many as there are, on n servers.
func DefaultSizes(servers int) Sizes {
	s := Sizes{Replicas: 1, EventsAge: 365 * 24 * time.Hour, EventsMax: -1}
	if servers >= clustered {
		s.Replicas = clustered
	}
	return s
}

// clustered is how many servers it takes to lose one and go on, and on how many everything is then kept. Five servers keep
// three copies as well: more copies are slower to agree, and three survive the loss of a feed if they stand on three.
const clustered = 3

// history is how many revisions of a pool's ledger and of a host's place in the inventory are kept for people: as many as a
// bucket can.
const history = 64

// Create makes the stream and the buckets that are not there yet; what is there is left as it is. nc is of STORE, with the
// credentials of an Admin.
func Create(ctx context.Context, nc *nats.Conn, s Sizes) error {
	js, err := jetstream.New(nc)
	if err != nil {
		return fmt.Errorf("create stores: %w", err)
	}
	_, err = js.CreateStream(ctx, jetstream.StreamConfig{
		Name: Stream, Description: "events of plimsoll's hosts", Subjects: []string{wire.EventSubjects},
		Storage: jetstream.FileStorage, Replicas: s.Replicas, MaxAge: s.EventsAge, MaxBytes: s.EventsMax, AllowDirect: true,
	})
	if err != nil && !errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) {
		return fmt.Errorf("create stream %s: %w", Stream, err)
	}
	for bucket, what := range map[string]string{
		Ledger:    "plimsoll: who may act, one key for each pool; changed by arbiters alone",
		Inventory: "plimsoll: who belongs to the fleet, one key for each host; changed by arbiters alone",
		Bulletin:  "plimsoll: what is told of the fleet as a whole, one key for each thing; changed by arbiters alone",
		Baselines: "plimsoll: what hosts are known good as, one key for each host; written by arbiters alone",
	} {
		cfg := jetstream.KeyValueConfig{Bucket: bucket, Description: what, Storage: jetstream.FileStorage, Replicas: s.Replicas, History: history}
		if bucket == Baselines {
			cfg.History, cfg.MaxValueSize = wire.KeptBaselines, 2*wire.MaxMessage // a message, and what the store adds to it
		}
		_, err := js.CreateKeyValue(ctx, cfg)
		if err != nil && !errors.Is(err, jetstream.ErrBucketExists) {
			return fmt.Errorf("create bucket %s: %w", bucket, err)
		}
	}
	return nil
}
