package hook

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"

	"plimsoll/internal/secret"
)

// ActionHeader carries the action's id, so that a receiver can tell one that it has seen already. It is not Idempotency-Key:
// with that, Go's transport would send a request again by itself.
const ActionHeader = "Plimsoll-Action"

// maxAuthorization bounds the header's text: far above any token, and what servers take.
const maxAuthorization = 16 << 10

var errAuthorization = errors.New("its authorization_file cannot be used")

// post sends text once. The connection is its own, so there is no older one that could break and have it sent again.
func (h Hook) post(ctx context.Context, id string, text []byte) error {
	ctx, cancel := context.WithTimeout(ctx, h.Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, h.URL, bytes.NewReader(text))
	if err != nil {
		return errors.New("its url cannot be used")
	}
	req.GetBody = nil // nothing to send again
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "plimsoll")
	req.Header.Set(ActionHeader, id)
	if h.Authorization != "" {
		value, err := authorization(h.Authorization)
		if err != nil {
			return err
		}
		req.Header.Set("Authorization", value)
	}
	client := http.Client{
		Transport:     alone(),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	resp, err := client.Do(req)
	if err != nil {
		return unanswered(ctx, err)
	}
	defer func() { _ = resp.Body.Close() }() // only read
	words, _ := io.ReadAll(io.LimitReader(resp.Body, int64(h.MaxOutput)))
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("it answered %d%s", resp.StatusCode, said(string(words)))
	}
	return nil
}

// alone is a transport for one request over HTTP/1.1, directly and verified.
func alone() *http.Transport {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	return &http.Transport{
		DisableKeepAlives:      true,
		DisableCompression:     true, // what is read is bounded as it comes
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		Protocols:              protocols,
		MaxResponseHeaderBytes: maxAuthorization,
	}
}

// authorization is the text of the file, whose path and content stay out of errors.
func authorization(path string) (string, error) {
	text, err := secret.Read(path)
	if err != nil {
		return "", fmt.Errorf("%w: %w", errAuthorization, cause(err))
	}
	value := strings.TrimSpace(string(text))
	if value == "" || len(text) > maxAuthorization || strings.ContainsAny(value, "\r\n\x00") {
		return "", fmt.Errorf("%w: one line of text is wanted", errAuthorization)
	}
	return value, nil
}

// unanswered is why there is no answer, without the address: its path may be a secret.
func unanswered(ctx context.Context, err error) error {
	var (
		asked *url.Error
		op    *net.OpError
		cert  *tls.CertificateVerificationError
	)
	switch {
	case ctx.Err() != nil:
		return errTime
	case errors.As(err, &cert):
		return fmt.Errorf("its certificate is not trusted: %w", cert.Err)
	case errors.As(err, &op):
		return fmt.Errorf("%s: %w", op.Op, op.Err)
	case errors.As(err, &asked):
		return asked.Err
	default:
		return err
	}
}
