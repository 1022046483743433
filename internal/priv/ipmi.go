package priv

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// MaxCommands bounds the commands of one ipmi.read: the sensors of a chassis full of supplies fit.
const MaxCommands = 32

// ipmiRead is an IPMI command that only reads, by what its bytes begin with, and how long it is.
type ipmiRead struct {
	netfn, command byte
	data           int    // how many bytes follow
	begins         []byte // and what they begin with
}

// ipmiReads are the commands that may be sent (IPMI 2.0, appendix G; DCMI 1.5). Reserve SDR Repository is one of them: it changes
// nothing but who reads records in pieces, and whoever else did reserves anew.
var ipmiReads = []ipmiRead{
	{netfn: 0x04, command: 0x2D, data: 1},                          // Get Sensor Reading
	{netfn: 0x06, command: 0x01},                                   // Get Device ID
	{netfn: 0x0A, command: 0x10, data: 1},                          // Get FRU Inventory Area Info
	{netfn: 0x0A, command: 0x11, data: 4},                          // Read FRU Data
	{netfn: 0x0A, command: 0x20},                                   // Get SDR Repository Info
	{netfn: 0x0A, command: 0x22},                                   // Reserve SDR Repository
	{netfn: 0x0A, command: 0x23, data: 6},                          // Get SDR
	{netfn: 0x0A, command: 0x40},                                   // Get SEL Info
	{netfn: 0x0A, command: 0x43, data: 6},                          // Get SEL Entry
	{netfn: 0x0A, command: 0x48},                                   // Get SEL Time
	{netfn: 0x2C, command: 0x02, data: 4, begins: []byte{0xDC, 1}}, // Get Power Reading (DCMI), the system's own
}

// IsIPMIRead says whether an IPMI command (network function and LUN, command, data) is one of those that only read.
func IsIPMIRead(command []byte) bool {
	const head = 2
	return len(command) >= head && slices.ContainsFunc(ipmiReads, func(r ipmiRead) bool {
		data := command[head:]
		return command[0]>>2 == r.netfn && command[1] == r.command && len(data) == r.data &&
			slices.Equal(data[:len(r.begins)], r.begins)
	})
}

func checkCommands(commands [][]byte) error {
	if len(commands) == 0 || len(commands) > MaxCommands {
		return Refuse(ReasonMalformed, "%d commands: want 1 to %d", len(commands), MaxCommands)
	}
	for _, c := range commands {
		if !IsIPMIRead(c) {
			return Refuse(ReasonNotAllowed, "IPMI command % .20x: not one of those that only read", c)
		}
	}
	return nil
}

// ErrSilent is a BMC that did not answer in time.
var ErrSilent = errors.New("the BMC does not answer")

// IPMI sends commands to the BMC, one after the other, and brings their answers, each from its completion code on. Where one does
// not come in time, those before it are brought, with an error that is [ErrSilent].
func (c *Client) IPMI(ctx context.Context, commands [][]byte) ([][]byte, error) {
	a, err := c.ask(ctx, Request{Verb: IPMIRead, Commands: commands})
	switch {
	case err != nil:
		return nil, err
	case len(a.Data) > len(commands):
		return nil, &UnreachableError{Socket: c.path, Cause: errors.New("more answers than commands")}
	case len(a.Data) < len(commands):
		return a.Data, fmt.Errorf("%w: %s", ErrSilent, a.Text)
	}
	return a.Data, nil
}
