package lldp

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"time"

	"plimsoll/internal/procrun"
)

const (
	frameFiles = "systemd/netif/lldp"
	lldpSocket = "lldpd.socket"

	// patience is how long lldpcli may take; it answers in 20 ms. A daemon that hangs would keep it for ever.
	patience = 5 * time.Second
	// longest bounds its answer: a neighbour takes about 1.5 KB, and no host has a thousand.
	longest = 2 << 20
)

// AskLLDPD asks the lldpd of this host what it has heard.
func AskLLDPD(ctx context.Context) ([]byte, error) {
	return procrun.Ask(ctx, procrun.Bounds{Time: patience, Bytes: longest}, "lldpcli", "-f", "json0", "show", "neighbors")
}

// networkd reads the frames that systemd-networkd keeps.
func (c *Collector) networkd(now time.Time) (heard []Neighbour, notes []string) {
	files, err := c.run.Names(frameFiles, "")
	if err != nil || len(files) == 0 {
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			notes = append(notes, "what systemd-networkd has heard is unread: "+err.Error())
		}
		return nil, notes
	}
	names := c.linkNames()
	for _, file := range files {
		index, err := strconv.Atoi(file)
		link, there := names[index]
		if err != nil || !there {
			continue // a draft, or of a link that is gone
		}
		found, err := c.frames(frameFiles+"/"+file, now)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			notes = append(notes, fmt.Sprintf("what systemd-networkd has heard on %s is not understood: %v", link, err))
		}
		for _, n := range found {
			n.Link = link
			heard = append(heard, n)
		}
	}
	return heard, notes
}

// frames reads one file; a frame whose time is over is left out.
func (c *Collector) frames(path string, now time.Time) ([]Neighbour, error) {
	written, err := os.Stat(c.run.Path(path))
	if err != nil {
		return nil, err
	}
	text, err := c.run.ReadAll(path)
	if err != nil {
		return nil, err
	}
	frames, err := parseFrames([]byte(text))
	var out []Neighbour
	for _, f := range frames {
		n, life, broken := parseFrame(f)
		err = errors.Join(err, broken)
		if broken == nil && now.Sub(written.ModTime()) <= life {
			out = append(out, n)
		}
	}
	return out, err
}

// linkNames are the links of this network namespace by index.
func (c *Collector) linkNames() map[int]string {
	names := map[int]string{}
	links, err := c.sys.Names("class/net", "")
	if err != nil {
		return names
	}
	for _, link := range links {
		if text, err := c.sys.Read("class/net/" + link + "/ifindex"); err == nil {
			if index, err := strconv.Atoi(text); err == nil {
				names[index] = link
			}
		}
	}
	return names
}

// lldpd asks lldpd, where there is one that lets us.
func (c *Collector) lldpd(ctx context.Context) (heard []Neighbour, notes []string) {
	if _, err := c.run.Stat(lldpSocket); err != nil {
		return nil, nil // no lldpd runs
	}
	text, err := c.ask(ctx)
	if err == nil {
		heard, err = parseAnswer(text)
	}
	if err != nil {
		return nil, []string{"lldpd was asked in vain: " + inVain(err, c.run.Path(lldpSocket))}
	}
	return heard, nil
}

// inVain says why lldpd was asked in vain, and what a person can do where it is a matter of permission.
func inVain(err error, socket string) string {
	const allow = ": let the agent's user into the groups of lldpcli and of "
	var ended procrun.Ended
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return "no answer within " + patience.String()
	case errors.Is(err, procrun.ErrNotFound):
		return "lldpcli is not there, or may not be run" + allow + socket
	case errors.As(err, &ended) && strings.Contains(strings.ToLower(ended.Words), "permission denied"):
		return "permission denied" + allow + socket
	case errors.As(err, &ended):
		return fmt.Sprintf("%v: %s", err, spoken(ended.Words))
	default:
		return err.Error()
	}
}
