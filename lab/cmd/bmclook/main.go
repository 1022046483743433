// Command bmclook asks, in the guest, the BMC for sensors by turns: with nothing around it (an open device, one command under way,
// what came thrown away), and through the privileged helper, as the agent does. It rests between rounds as the agent does between
// looks, so that neither finds anything warm. It prints a line for each turn: how long both rounds took, in nanoseconds, the bare
// one first. Less than that no look at these sensors can take.
//
//	bmclook TIMES REST NUMBER [NUMBER]      as root
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"plimsoll/internal/ipmi"
	"plimsoll/internal/priv"
	"plimsoll/internal/priv/hands"
	"plimsoll/lab/become"
)

var errUsage = errors.New("usage: bmclook TIMES REST NUMBER [NUMBER]")

const (
	socket = "/run/plimsoll-sense.sock"
	// patience is how long an answer may take in a guest that is emulated.
	patience = 20 * time.Second
	lun      = 0
)

func main() {
	if err := run(context.Background(), os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bmclook:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) < 3 {
		return errUsage
	}
	times, err := strconv.Atoi(args[0])
	if err != nil {
		return errUsage
	}
	rest, err := time.ParseDuration(args[1])
	if err != nil {
		return errUsage
	}
	var sensors []byte
	for _, arg := range args[2:] {
		n, err := strconv.ParseUint(arg, 10, 8)
		if err != nil {
			return errUsage
		}
		sensors = append(sensors, byte(n))
	}
	line, err := hands.OpenBMC()
	if err != nil {
		return err
	}
	defer line.Close()
	if err := become.User("plimsoll"); err != nil { // the only one whom the helper answers
		return err
	}
	helper := priv.NewClient(socket)
	if _, err := through(ctx, helper, sensors); err != nil { // it may have to be started first
		return err
	}
	for range times {
		time.Sleep(rest)
		alone, err := bare(line, sensors)
		if err != nil {
			return err
		}
		time.Sleep(rest)
		asked, err := through(ctx, helper, sensors)
		if err != nil {
			return err
		}
		fmt.Println(alone.Nanoseconds(), asked.Nanoseconds())
	}
	return nil
}

// bare asks for each reading by itself.
func bare(line hands.Line, sensors []byte) (time.Duration, error) {
	began := time.Now()
	for _, sensor := range sensors {
		if err := ask(line, sensor); err != nil {
			return 0, fmt.Errorf("ask for sensor %d: %w", sensor, err)
		}
	}
	return time.Since(began), nil
}

// ask asks for one reading. An answer that came late is another's.
func ask(line hands.Line, sensor byte) error {
	if err := line.Send(int(sensor), ipmi.SensorReading(lun, sensor)); err != nil {
		return err
	}
	for end := time.Now().Add(patience); time.Now().Before(end); {
		number, answer, came, err := line.Receive(time.Until(end))
		if err != nil {
			return err
		}
		if came && number == int(sensor) {
			_, err := ipmi.Body(answer)
			return err
		}
	}
	return errors.New("no answer")
}

// through asks the helper for all readings.
func through(ctx context.Context, helper *priv.Client, sensors []byte) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	began := time.Now()
	var commands [][]byte
	for _, sensor := range sensors {
		commands = append(commands, ipmi.SensorReading(lun, sensor))
	}
	answers, err := helper.IPMI(ctx, commands)
	took := time.Since(began)
	for _, answer := range answers {
		_, bad := ipmi.Body(answer)
		err = errors.Join(err, bad)
	}
	return took, err
}
