package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// listen is where node_exporter is asked.
const listen = "127.0.0.1:9190"

// kernel compares sysfs' power supplies, temperatures, fans and voltages with node_exporter.
func kernel(ctx context.Context, ours told) ([]field, error) {
	page, err := exporter(ctx, "hwmon", "powersupplyclass")
	if err != nil {
		return nil, err
	}
	chips, err := chipNames("/sys/class/hwmon")
	if err != nil {
		return nil, err
	}
	return kernelFields(page, chips, ours), nil
}

// exporter is one scrape of a node_exporter that has these collectors and runs no longer than for that.
func exporter(ctx context.Context, collectors ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	args := []string{"--web.listen-address=" + listen, "--collector.disable-defaults"}
	for _, name := range collectors {
		args = append(args, "--collector."+name)
	}
	c := exec.CommandContext(ctx, "prometheus-node-exporter", args...)
	if err := c.Start(); err != nil {
		return "", err
	}
	defer func() {
		cancel()
		_ = c.Wait()
	}()
	for {
		page, err := scrape(ctx, listen)
		if err == nil {
			return page, nil
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			return "", errors.Join(err, ctx.Err())
		}
	}
}

// scrape is the metrics served at an address.
func scrape(ctx context.Context, address string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/metrics", http.NoBody)
	if err != nil {
		return "", err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	return string(b), err
}

// unfit is what node_exporter leaves out of names.
var unfit = regexp.MustCompile(`[^a-z0-9:_]`)

// chipNames are the names by which node_exporter knows the chips, by the kernel's (hwmon0): the subsystem and name of the
// device that a chip is on (collector/hwmon_linux.go).
func chipNames(class string) (map[string]string, error) {
	chips, err := filepath.Glob(filepath.Join(class, "hwmon*"))
	if err != nil {
		return nil, err
	}
	names := make(map[string]string)
	for _, c := range chips {
		device, err := filepath.EvalSymlinks(filepath.Join(c, "device"))
		if errors.Is(err, os.ErrNotExist) {
			continue // it is on none, and is called by its own name
		}
		if err != nil {
			return nil, err
		}
		subsystem, err := filepath.EvalSymlinks(filepath.Join(device, "subsystem"))
		if err != nil {
			return nil, err
		}
		clean := func(path string) string { return unfit.ReplaceAllString(strings.ToLower(filepath.Base(path)), "_") }
		names[clean(subsystem)+"_"+clean(device)] = filepath.Base(c)
	}
	return names, nil
}

// sample is a line of a page of metrics, as far as this needs it.
var sample = regexp.MustCompile(`^node_(hwmon|power_supply)_([a-z_]+)\{([^}]*)\} (\S+)$`)

var label = regexp.MustCompile(`([a-z_]+)="([^"]*)"`)

func kernelFields(page string, chips map[string]string, ours told) []field {
	const peer = "node_exporter"
	var all []field
	for line := range strings.Lines(page) {
		m := sample.FindStringSubmatch(strings.TrimSpace(line))
		if m == nil {
			continue
		}
		labels := make(map[string]string)
		for _, l := range label.FindAllStringSubmatch(m[3], -1) {
			labels[l[1]] = l[2]
		}
		var file string
		factor := 1.0
		switch m[1] + " " + m[2] {
		case "power_supply online", "power_supply capacity", "power_supply present":
			file = fmt.Sprintf("class/power_supply/%s/%s", labels["power_supply"], m[2])
		case "hwmon temp_celsius", "hwmon in_volts":
			file, factor = fmt.Sprintf("class/hwmon/%s/%s_input", chips[labels["chip"]], labels["sensor"]), 1000
		case "hwmon fan_rpm":
			file = fmt.Sprintf("class/hwmon/%s/%s_input", chips[labels["chip"]], labels["sensor"])
		default:
			continue
		}
		value, err := strconv.ParseFloat(m[4], 64)
		if err != nil {
			continue
		}
		all = append(all, field{file, peer, strconv.FormatFloat(value*factor, 'f', 0, 64), ours.ending(file)})
	}
	return all
}
