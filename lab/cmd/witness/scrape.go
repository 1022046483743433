package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"plimsoll/lab/bench"
)

// between lets a server that was just scraped come to rest.
const between = 20 * time.Millisecond

// scrape asks each of the servers n times, by turns, over one connection each as Prometheus does, and tells how long it took
// until the whole answer was there. It asks for no compression.
func scrape(ctx context.Context, n int, servers []string, tell *json.Encoder) error {
	client := http.Client{Transport: &http.Transport{DisableCompression: true}}
	for range n {
		for _, server := range servers {
			name, url, ok := strings.Cut(server, "=")
			if !ok {
				return errUsage
			}
			began := time.Now()
			size, err := fetch(ctx, &client, url)
			if err != nil {
				return err
			}
			if err := tell.Encode(bench.Scrape{Name: name, Took: time.Since(began), Bytes: size}); err != nil {
				return err
			}
			if err := pause(ctx, between); err != nil {
				return err
			}
		}
	}
	return nil
}

func fetch(ctx context.Context, client *http.Client, url string) (int64, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, err
	}
	answer, err := client.Do(request)
	if err != nil {
		return 0, err
	}
	defer func() { _ = answer.Body.Close() }()
	n, err := io.Copy(io.Discard, answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("scrape %s: %s", url, answer.Status)
	}
	return n, err
}
