package hands

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"plimsoll/internal/blockid"
	"plimsoll/internal/priv"
	"plimsoll/internal/sysfs"
	"plimsoll/internal/udevdb"
)

// change is one way to change an array by one device.
type change struct {
	*Hands
	array  array
	device string     // the kernel's name
	block  *sysfs.Dir // the device itself
	// unfit says why this must not be done to the array as it is; nil: it may.
	unfit func() error
	// do does it.
	do func(ctx context.Context) error
}

// change does what of describes to the array and the device that r names.
func (h *Hands) change(ctx context.Context, r priv.Request, of func(c *change)) (priv.Answer, *os.File, error) {
	a, err := h.openArray(r.Array)
	if err != nil {
		return priv.Answer{}, nil, err
	}
	defer a.dir.Close()
	block, err := h.world.Sysfs.Open("class/block/" + r.Device)
	if err != nil {
		return priv.Answer{}, nil, priv.Refuse(priv.ReasonUnfit, "%w", err)
	}
	defer block.Close()
	c := &change{Hands: h, array: a, device: r.Device, block: block}
	of(c)
	answer, err := h.carry(ctx, r, effect{
		thing: "array " + a.name,
		look: func(context.Context) (priv.State, error) {
			seen, err := c.look()
			if err != nil || seen != r.Effect.Expect { // changed, whatever else there is to say
				return seen, err
			}
			if err := c.array.unfit(); err != nil {
				return seen, err
			}
			return seen, c.unfit()
		},
		do: func(ctx context.Context) (priv.Outcome, string) {
			switch err := c.do(ctx); {
			case ctx.Err() != nil:
				return priv.Unfinished, ctx.Err().Error()
			case err != nil:
				return priv.Failed, err.Error()
			}
			return priv.Done, ""
		},
		after: func(context.Context) (priv.State, error) { return c.look() },
	})
	return answer, nil, err
}

// look reads the array and what it says of the device.
func (c *change) look() (priv.State, error) {
	if err := c.array.read(); err != nil {
		return priv.State{}, err
	}
	s := priv.State{Place: priv.Outside, Identity: string(blockid.Read(c.block, ".", c.device).ID())}
	if d, held := c.array.held(c.device); held {
		s.Place = d.place()
	}
	return s, nil
}

// write writes a word to the device's state in the array.
func (c *change) write(word string) error { return c.array.dir.Write("dev-"+c.device+"/state", word) }

// mdadm runs mdadm on the array and the device.
func (c *change) mdadm(ctx context.Context, how string) error {
	return c.world.Mdadm(ctx, "--manage", "/dev/"+c.array.name, how, "/dev/"+c.device)
}

// refuse says why the device is unfit.
func (c *change) refuse(format string, args ...any) error {
	return priv.Refuse(priv.ReasonUnfit, c.device+" "+format, args...)
}

// readmit takes a member back that was gone for a moment.
func (h *Hands) readmit(ctx context.Context, r priv.Request) (priv.Answer, *os.File, error) {
	return h.change(ctx, r, func(c *change) {
		c.unfit = func() error {
			d, held := c.array.held(c.device)
			switch {
			case c.array.degraded == "0":
				return priv.Refuse(priv.ReasonUnfit, "%s lacks no member", c.array.name)
			case c.array.bitmap == "none":
				return priv.Refuse(priv.ReasonUnfit, "%s has no write-intent bitmap", c.array.name)
			case held && d.place() != "faulty none":
				return c.refuse("is in %s already: %s", c.array.name, d.place())
			case held:
				return nil
			}
			return c.free()
		}
		c.do = func(ctx context.Context) error {
			if _, held := c.array.held(c.device); held {
				return c.write("re-add")
			}
			return c.mdadm(ctx, "--re-add")
		}
	})
}

// free says why a device that is in no array may not be given to one; nil: it may.
func (c *change) free() error {
	holders, err := c.world.Sysfs.Names("class/block/"+c.device+"/holders", "")
	if err != nil {
		return priv.Refuse(priv.ReasonUnread, "%w", err)
	}
	if len(holders) > 0 {
		return c.refuse("is held by %s", holders[0])
	}
	return c.rested()
}

// rested says why it is not our turn to touch a device; nil: it is.
func (c *change) rested() error {
	number, err := c.block.Read("dev")
	if err != nil {
		return priv.Refuse(priv.ReasonUnread, "%w", err)
	}
	entry, _ := udevdb.Read(c.world.Run, number)
	arrived, known := entry.TakenUp()
	if !known {
		return c.refuse("has not been taken up by udev")
	}
	now, err := c.world.Monotonic()
	if err != nil {
		return priv.Refuse(priv.ReasonUnread, "%w", err)
	}
	if now < arrived+udevdb.Turn {
		return c.refuse("has come %s ago: for %s it is udev's", (now - arrived).Round(time.Second), udevdb.Turn)
	}
	return nil
}

// replace has md copy a member onto a spare.
func (h *Hands) replace(ctx context.Context, r priv.Request) (priv.Answer, *os.File, error) {
	return h.change(ctx, r, func(c *change) {
		c.unfit = func() error {
			d, _ := c.array.held(c.device)
			spare := slices.ContainsFunc(c.array.devices, func(d mdDevice) bool { return d.place() == "spare none" && d.present && !d.suspects })
			switch {
			case !d.seated() || !d.is("in_sync") || !d.present:
				return c.refuse("does not work in %s: there is nothing to copy from", c.array.name)
			case d.is("want_replacement"):
				return c.refuse("is to be replaced already")
			case c.array.degraded != "0":
				return priv.Refuse(priv.ReasonUnfit, "%s lacks a member: its spare is for that", c.array.name)
			case !spare:
				return priv.Refuse(priv.ReasonUnfit, "%s has no spare", c.array.name)
			}
			return nil
		}
		c.do = func(context.Context) error { return c.write("want_replacement") }
	})
}

// evict takes a device out.
func (h *Hands) evict(ctx context.Context, r priv.Request) (priv.Answer, *os.File, error) {
	return h.change(ctx, r, func(c *change) {
		c.unfit = func() error {
			d, held := c.array.held(c.device)
			if !held || d.slot == "journal" {
				return c.refuse("is no member of %s that can be taken out", c.array.name)
			}
			survives, err := c.array.survives()
			if err != nil {
				return err
			}
			if left := survives - c.array.lacks(c.device); left < 1 {
				return priv.Refuse(priv.ReasonUnfit, "%s would surely survive %d further failures without %s: it takes one", c.array.name, max(left, 0), c.device)
			}
			return nil
		}
		c.do = c.takeOut
	})
}

// takeOut fails a member and removes it. The kernel lets go of it when the last request to it has come back, and answers EBUSY
// until then.
func (c *change) takeOut(ctx context.Context) error {
	if d, _ := c.array.held(c.device); d.seated() && !d.is("faulty") {
		if err := c.write("faulty"); err != nil {
			return err
		}
	}
	const pause = 100 * time.Millisecond
	for {
		err := c.write("remove")
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return errors.Join(err, ctx.Err())
		case <-time.After(pause):
		}
	}
}

// addSpare gives a blank disk of the pool to an array.
func (h *Hands) addSpare(pool []string) handler {
	return func(ctx context.Context, r priv.Request) (priv.Answer, *os.File, error) {
		return h.change(ctx, r, func(c *change) {
			c.unfit = func() error {
				id := string(blockid.Read(c.block, ".", c.device).ID())
				if !slices.Contains(pool, id) {
					return priv.Refuse(priv.ReasonNotAllowed, "%s (%s) is not in helper.raid.pool of the configuration", c.device, id)
				}
				return c.blank()
			}
			c.do = func(ctx context.Context) error { return c.mdadm(ctx, "--add-spare") }
		})
	}
}

// blank says why the device is no disk that nobody uses and nothing is on; nil: it is.
func (c *change) blank() error {
	if d, held := c.array.held(c.device); held {
		return c.refuse("is in %s already: %s", c.array.name, d.place())
	}
	if err := c.free(); err != nil {
		return err
	}
	parts, err := c.world.Sysfs.Names("class/block/"+c.device, c.device)
	if err != nil {
		return priv.Refuse(priv.ReasonUnread, "%w", err)
	}
	if len(parts) > 0 {
		return c.refuse("has partitions: %s", parts[0])
	}
	its, err := c.block.Read("queue/logical_block_size")
	if err != nil {
		return priv.Refuse(priv.ReasonUnread, "%w", err)
	}
	wanted, err := c.world.Sysfs.Read("block/" + c.array.name + "/queue/logical_block_size")
	if err != nil {
		return priv.Refuse(priv.ReasonUnread, "%w", err)
	}
	if its != wanted {
		return c.refuse("has sectors of %s bytes, %s has such of %s", its, c.array.name, wanted)
	}
	number, err := c.block.Read("dev")
	if err != nil {
		return priv.Refuse(priv.ReasonUnread, "%w", err)
	}
	node := Node{Name: c.device}
	if _, err := fmt.Sscanf(number, "%d:%d", &node.Major, &node.Minor); err != nil {
		return priv.Refuse(priv.ReasonUnread, "dev of %s: %q", c.device, number)
	}
	if err := c.world.Blank(node); err != nil {
		return c.refuse("is not blank: %w", err)
	}
	return nil
}
