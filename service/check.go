package service

import (
	"context"
	"fmt"
	"strings"
)

// asker asks one question once. It returns soon after ctx ends, unless what it waits for never lets go: an NFS server, say.
// ctx has the check's timeout, and an answer that did not come within it is the asker's to name.
type asker interface {
	ask(ctx context.Context) Answer
}

// asker is how c is asked.
func (c Check) asker(units Units) asker {
	switch {
	case len(c.Exec) > 0:
		return program{argv: c.Exec}
	case c.HTTP != "":
		return page{url: c.HTTP}
	case c.TCP != "":
		return door{address: c.TCP}
	case c.DNS.Name != "":
		return name{c.DNS}
	case c.FileAge.Path != "":
		return files{c.FileAge}
	default:
		return unitState{name: c.Unit, units: units}
	}
}

// what names the check in evidence.
func (c Check) what() string {
	switch {
	case len(c.Exec) > 0:
		return "exec " + strings.Join(c.Exec, " ")
	case c.HTTP != "":
		return "http " + c.HTTP
	case c.TCP != "":
		return "tcp " + c.TCP
	case c.DNS.Name != "" && c.DNS.Server != "":
		return fmt.Sprintf("dns %s at %s", c.DNS.Name, c.DNS.Server)
	case c.DNS.Name != "":
		return "dns " + c.DNS.Name
	case c.FileAge.Path != "":
		return "file_age " + c.FileAge.Path
	default:
		return "unit " + c.Unit
	}
}

// unitState asks whether another unit is active.
type unitState struct {
	name  string
	units Units
}

func (u unitState) ask(ctx context.Context) Answer {
	unit := Parse(u.name, u.units.Look(ctx, u.name)[u.name])
	switch state, health, doubts := condition(unit); {
	case unit.Err != "":
		return unknown("%s", unit.Err)
	case len(doubts) > 0:
		return unknown("%s", unit.word())
	case works(state, health):
		return well("%s", unit.word())
	default:
		return sick("%s", unit.word())
	}
}
