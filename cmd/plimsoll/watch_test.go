package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	apitest "plimsoll/internal/api/xtest"
	"plimsoll/internal/view/xtest"
)

// asCommand has the test's own program be plimsoll.
const asCommand = "PLIMSOLL_TEST_IS_THE_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		main() // which exits
	}
	os.Exit(m.Run())
}

const columns, rows = 60, 20

// openTerminal is a pseudo-terminal: its two ends.
func openTerminal(t *testing.T) (master, slave *os.File) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0)
	}
	if err == nil {
		err = unix.IoctlSetWinsize(int(master.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: rows, Col: columns})
	}
	if err == nil {
		slave, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|syscall.O_NOCTTY, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = master.Close() })
	return master, slave
}

// TestWatchingDoesNotFlicker records what status --watch does to a terminal, and looks at the screen after every letter: what is the
// same before and after a change is there all the while.
func TestWatchingDoesNotFlicker(t *testing.T) {
	t.Parallel()
	first, second := xtest.Faulty(), xtest.Faulty()
	second.Assessment.Groups = second.Assessment.Groups[:2]
	agent, socket := apitest.Serve(t, first, xtest.At)
	master, slave := openTerminal(t)
	cmd := exec.CommandContext(t.Context(), os.Args[0], "--socket", socket, "status", "--watch")
	cmd.Env = append(os.Environ(), asCommand+"=1", "TERM=xterm")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, slave, slave
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = slave.Close()
	late := time.AfterFunc(time.Minute, func() { _ = cmd.Process.Kill() })
	defer late.Stop()
	s := newScreen(t)
	in := bufio.NewReader(master)
	frames := 0
	for {
		frame, err := s.frame(in)
		if errors.Is(err, io.EOF) || errors.Is(err, syscall.EIO) { // a terminal whose other end is closed
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		switch frames++; {
		case frames == 1 && !strings.Contains(frame, "md2"), frames == 2 && strings.Contains(frame, "md2"):
			t.Errorf("frame %d:\n%s", frames, frame)
		}
		switch frames {
		case 1:
			agent.Post(second)
		case 2:
			_ = cmd.Process.Signal(os.Interrupt)
		}
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("plimsoll: %v", err)
	}
	if frames < 2 || s.other || s.hidden {
		t.Errorf("%d frames; the other screen still shown: %v; the cursor still hidden: %v", frames, s.other, s.hidden)
	}
}

// screen is a terminal as far as plimsoll makes use of one (ECMA-48, and xterm's private modes).
type screen struct {
	tb            testing.TB
	cells, before [rows][columns]rune // now, and after the last frame
	row, column   int
	blanked       [][2]int // cells that were blanked within the frame, though they had something
	other, hidden bool     // the other screen is shown; the cursor is hidden
}

func newScreen(tb testing.TB) *screen {
	tb.Helper()
	s := &screen{tb: tb}
	s.blank(0, 0, rows, columns)
	s.blanked = nil
	return s
}

// frame plays what comes up to the end of a frame, which is where the rest of the screen is cleared.
func (s *screen) frame(in *bufio.Reader) (string, error) {
	s.before, s.blanked = s.cells, nil
	for {
		r, _, err := in.ReadRune()
		if err != nil {
			return "", err
		}
		switch r {
		case '\r':
			s.column = 0
		case '\n':
			s.down()
		case '\x1b':
			if over, err := s.control(in); err != nil || over {
				return s.text(), err
			}
		default:
			s.put(r)
		}
	}
}

func (s *screen) put(r rune) {
	if s.column == columns {
		s.tb.Errorf("a line is longer than the screen is wide, at %q", r)
		s.column = 0
		s.down()
	}
	s.cells[s.row][s.column] = r
	s.column++
}

func (s *screen) down() {
	if s.row == rows-1 {
		s.tb.Error("the screen scrolls")
		return
	}
	s.row++
}

// control carries out one control sequence, and says whether it ends a frame.
func (s *screen) control(in *bufio.Reader) (bool, error) {
	var text strings.Builder
	for {
		r, _, err := in.ReadRune()
		if err != nil {
			return false, err
		}
		text.WriteRune(r)
		if r != '[' && r >= '@' && r <= '~' {
			break
		}
	}
	switch code := text.String(); code {
	case "[H":
		s.row, s.column = 0, 0
	case "[K":
		s.blank(s.row, min(s.column, columns-1), s.row+1, columns) // after the last column the cursor stands on it
	case "[J":
		s.blank(s.row, s.column, s.row+1, columns)
		s.blank(s.row+1, 0, rows, columns)
		return true, s.steady()
	case "[?1049h", "[?1049l":
		s.other = strings.HasSuffix(code, "h")
	case "[?25l", "[?25h":
		s.hidden = strings.HasSuffix(code, "l")
	default:
		if !strings.HasSuffix(code, "m") {
			s.tb.Errorf("plimsoll writes ESC %s, which is no way to draw over a page", code)
		}
	}
	return false, nil
}

// blank clears the cells from one row and column up to others.
func (s *screen) blank(row, column, endRow, endColumn int) {
	for r := row; r < endRow; r++ {
		for c := column; c < endColumn; c++ {
			if s.cells[r][c] != ' ' {
				s.blanked = append(s.blanked, [2]int{r, c})
			}
			s.cells[r][c] = ' '
		}
	}
}

// steady checks that nothing was blanked that is there again.
func (s *screen) steady() error {
	for _, at := range s.blanked {
		if r := s.cells[at[0]][at[1]]; r != ' ' && r == s.before[at[0]][at[1]] {
			return fmt.Errorf("%q in row %d, column %d was gone for a moment", r, at[0], at[1])
		}
	}
	return nil
}

func (s *screen) text() string {
	var b strings.Builder
	for _, row := range s.cells {
		b.WriteString(strings.TrimRight(string(row[:]), " ") + "\n")
	}
	return b.String()
}
