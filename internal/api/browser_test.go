package api_test

import (
	"io"
	"net/http"
	"path/filepath"
	"testing"

	"plimsoll/internal/api"
	apitest "plimsoll/internal/api/xtest"
	"plimsoll/internal/view/xtest"
)

// ask sends a request with these headers over the socket.
func ask(t *testing.T, socket, method, url string, header map[string]string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range header {
		req.Header.Set(name, value)
	}
	resp, err := unixClient(socket).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	return resp.StatusCode
}

func TestBrowserCannotAct(t *testing.T) {
	t.Parallel()
	agent, socket := apitest.Serve(t, xtest.Faulty(), xtest.At)
	for _, header := range []map[string]string{
		{"Origin": "https://elsewhere.example"},
		{"Origin": "http://plimsoll"}, // its own page: nothing on that acts
		{"Sec-Fetch-Site": "same-origin"},
		{"Origin": "null"},
	} {
		if code := ask(t, socket, http.MethodPost, "http://plimsoll/freeze?why=x", header); code != http.StatusForbidden {
			t.Errorf("%v: got %d", header, code)
		}
	}
	if frozen := agent.Frozen(); len(frozen) != 0 {
		t.Errorf("frozen by %q", frozen)
	}
}

func TestSocketHasNoNameThatSomebodyCouldRegister(t *testing.T) {
	t.Parallel()
	_, socket := apitest.Serve(t, xtest.Faulty(), xtest.At)
	for host, want := range map[string]int{
		"plimsoll": 200, "localhost:9878": 200, "127.0.0.1:9878": 200, "[::1]:9878": 200, "localhost.": 200,
		"evil.example": 421, "evil.example:9878": 421, "192.0.2.1": 421,
	} {
		if code := ask(t, socket, http.MethodGet, "http://"+host+"/status", nil); code != want {
			t.Errorf("%s: got %d, want %d", host, code, want)
		}
	}
}

func TestStatusPageIsOnTCPOnlyWhereThatIsAskedFor(t *testing.T) {
	t.Parallel()
	for where, want := range map[api.PageOn]int{api.PageOnSocket: http.StatusNotFound, api.PageOnTCP: http.StatusOK} {
		agent := &apitest.Agent{}
		agent.Post(xtest.Faulty())
		o := options(filepath.Join(t.TempDir(), "s"))
		o.Listen, o.PageOn = "127.0.0.1:0", where
		o.Page = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "page") })
		base := "http://" + apitest.Run(t, agent, o).Addr().String()
		client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
		for _, path := range []string{"/", "/page/page.css", "/page/live"} {
			if code, _ := fetch(t, client, http.MethodGet, base+path); code != want {
				t.Errorf("%v, TCP %s: got %d, want %d", where, path, code, want)
			}
			if code, _ := fetch(t, unixClient(o.Socket), http.MethodGet, "http://plimsoll"+path); code != http.StatusOK {
				t.Errorf("%v, socket %s: got %d", where, path, code)
			}
		}
		if code, _ := fetch(t, client, http.MethodGet, base+"/status"); code != http.StatusNotFound {
			t.Errorf("%v: TCP has the status document as well", where)
		}
	}
}
