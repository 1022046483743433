// Command bmclook asks, in the guest, the BMC for sensors, one after the other, with nothing around it: an open device, one
// command under way, what came thrown away. It prints how long each round took, in nanoseconds. Less than that no look at these
// sensors can take; the agent's own stand beside it.
//
//	bmclook TIMES NUMBER [NUMBER]      as root, while nobody else asks
package main

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"plimsoll/internal/ipmi"
	"plimsoll/internal/priv/hands"
)

var errUsage = errors.New("usage: bmclook TIMES NUMBER [NUMBER]")

// patience is how long one answer may take in a guest that is emulated.
const patience = 20 * time.Second

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bmclook:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	var numbers []int
	for _, arg := range args {
		n, err := strconv.Atoi(arg)
		if err != nil {
			return err
		}
		numbers = append(numbers, n)
	}
	if len(numbers) < 2 {
		return errUsage
	}
	line, err := hands.OpenBMC()
	if err != nil {
		return err
	}
	defer line.Close()
	for range numbers[0] {
		began := time.Now()
		for _, sensor := range numbers[1:] {
			if err := ask(line, byte(sensor)); err != nil {
				return fmt.Errorf("ask for sensor %d: %w", sensor, err)
			}
		}
		fmt.Println(time.Since(began).Nanoseconds())
	}
	return nil
}

// ask asks for one reading. An answer that came late is another's.
func ask(line hands.Line, sensor byte) error {
	const lun = 0
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
