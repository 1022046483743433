package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// event is what this subscriber reads of the envelope; docs/schemas has all of it. What is not known is to be ignored.
type event struct {
	ID     string    `json:"id"`
	Source string    `json:"source"`
	Type   string    `json:"type"`
	Time   time.Time `json:"time"`
	Data   struct {
		Severity string `json:"severity"`
		Notify   string `json:"notify"`
		Text     string `json:"text"`
	} `json:"data"`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	url := nats.DefaultURL
	if len(os.Args) > 1 {
		url = os.Args[1]
	}
	err := subscribe(ctx, url, os.Stdout)
	stop()
	if err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintln(os.Stderr, "subscribe:", err)
		os.Exit(1)
	}
}

// ackWait is how long one event may take here before the server gives it again.
const ackWait = 30 * time.Second

// subscribe takes in events until ctx ends. The name of its consumer is its memory: the server knows how far it has come.
func subscribe(ctx context.Context, url string, out io.Writer) error {
	nc, err := nats.Connect(url, nats.Name("pager"), nats.MaxReconnects(-1))
	if err != nil {
		return fmt.Errorf("connect to %s: %w", url, err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		return err
	}
	consumer, err := js.CreateOrUpdateConsumer(ctx, "PLIMSOLL_EVENTS", jetstream.ConsumerConfig{
		Durable:       "pager",
		FilterSubject: "plimsoll.v1.*.*.event.>",
		AckPolicy:     jetstream.AckExplicitPolicy,
		AckWait:       ackWait,
		MaxAckPending: 1, // one at a time is what keeps each host's order
	})
	if err != nil {
		return fmt.Errorf("make consumer: %w", err)
	}
	messages, err := consumer.Messages()
	if err != nil {
		return err
	}
	defer messages.Stop()
	for {
		m, err := messages.Next(jetstream.NextContext(ctx))
		if err != nil {
			return err
		}
		if err := take(m.Data(), out); err != nil {
			_ = m.Term() // no event: given again, it would be none again
			continue
		}
		if err := m.DoubleAck(ctx); err != nil { // the server has it: it will not come again
			return fmt.Errorf("acknowledge: %w", err)
		}
	}
}

// take does with one event what this subscriber is for.
func take(data []byte, out io.Writer) error {
	var e event
	if err := json.Unmarshal(data, &e); err != nil {
		return err
	}
	if e.Data.Notify == "now" {
		_, err := fmt.Fprintf(out, "%s %s %s %s\n", e.Time.Format(time.RFC3339), e.Data.Severity, e.Source, e.Data.Text)
		return err
	}
	return nil
}
