// Command stream sends numbered UDP packets at an even pace, or receives them and says which are missing, so that a script can
// tell what a fault, or somebody's probes, cost those who use the network.
//
//	stream send ADDRESS:PORT COUNT EVERY
//	stream receive [-lost N] [-gap DURATION] ADDRESS:PORT COUNT
//
// The receiver ends when the last packet has come, or none for ten seconds. It ends with 0 if no more are lost and no pause is
// longer than it was told. Without a question it does nothing, so that a script can have it built.
package main

import (
	"context"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"strconv"
	"time"
)

// patience is how long a receiver waits for the next packet.
const patience = 30 * time.Second

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "stream:", err)
		os.Exit(1)
	}
}

var errUsage = errors.New("want send ADDRESS:PORT COUNT EVERY, or receive ADDRESS:PORT COUNT")

func run(args []string) error {
	switch {
	case len(args) == 0:
		return nil
	case args[0] == "send" && len(args) == 4:
		return send(args[1], args[2], args[3])
	case args[0] == "receive":
		fl := flag.NewFlagSet("receive", flag.ContinueOnError)
		lost := fl.Int("lost", 0, "how many packets may be missing")
		gap := fl.Duration("gap", patience, "how long no packet may come")
		if err := fl.Parse(args[1:]); err != nil {
			return err
		}
		if fl.NArg() != 2 {
			return errUsage
		}
		got, err := receive(fl.Arg(0), fl.Arg(1))
		fmt.Println(got)
		if err == nil && (got.lost() > *lost || got.gap > *gap) {
			err = fmt.Errorf("want at most %d lost, and no pause longer than %s", *lost, *gap)
		}
		return err
	default:
		return errUsage
	}
}

func send(address, count, every string) error {
	n, err := strconv.Atoi(count)
	if err != nil {
		return err
	}
	pace, err := time.ParseDuration(every)
	if err != nil {
		return err
	}
	var dialer net.Dialer
	conn, err := dialer.DialContext(context.Background(), "udp4", address)
	if err != nil {
		return err
	}
	tick := time.NewTicker(pace)
	defer tick.Stop()
	for i := range n {
		_, _ = conn.Write(binary.BigEndian.AppendUint32(nil, uint32(i))) // that nobody is there is what the other end finds out
		<-tick.C
	}
	return conn.Close()
}

// tally is what has come.
type tally struct {
	want, got int
	gap       time.Duration // the longest pause between two packets
	after     int           // the packet before it
}

func (t tally) lost() int { return t.want - t.got }

// String is t in one line.
func (t tally) String() string {
	return fmt.Sprintf("%d of %d packets, %d lost, the longest pause %s after packet %d", t.got, t.want, t.lost(), t.gap.Round(time.Millisecond), t.after)
}

func receive(address, count string) (tally, error) {
	n, err := strconv.Atoi(count)
	if err != nil || n <= 0 {
		return tally{}, errUsage
	}
	at, err := net.ResolveUDPAddr("udp4", address)
	if err != nil {
		return tally{}, err
	}
	conn, err := net.ListenUDP("udp4", at)
	if err != nil {
		return tally{}, err
	}
	defer func() { _ = conn.Close() }()
	t, seen := tally{want: n}, make([]bool, n)
	buf := make([]byte, 64)
	var last time.Time
	for newest := -1; newest < n-1; {
		if err := conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
			return t, err
		}
		size, _, err := conn.ReadFromUDP(buf)
		if err != nil {
			return t, nil //nolint:nilerr // nothing more comes: the tally says what is missing
		}
		now := time.Now()
		number := int(binary.BigEndian.Uint32(buf))
		if size != 4 || number >= n || seen[number] {
			continue
		}
		if pause := now.Sub(last); !last.IsZero() && pause > t.gap {
			t.gap, t.after = pause, newest
		}
		seen[number], last, newest = true, now, max(newest, number)
		t.got++
	}
	return t, nil
}
