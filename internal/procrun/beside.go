package procrun

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// Beside finds a program in the folder of the one that runs, where packages and builds put what belongs together, and else on
// the path. The error is exec.ErrNotFound or what the path's search found.
func Beside(name string) (string, error) {
	if self, err := os.Executable(); err == nil {
		path := filepath.Join(filepath.Dir(self), name)
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
			return path, nil
		}
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return "", fmt.Errorf("find %s: %w", name, err)
	}
	return path, nil
}
