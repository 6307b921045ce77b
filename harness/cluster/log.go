package cluster

import (
	"errors"
	"os"
	"strings"
)

// complaint finds in the log what the first process that failed said: the last line of every command that fails.
func complaint(log string) string {
	data, _ := os.ReadFile(log)
	for line := range strings.Lines(string(data)) {
		if why, ok := strings.CutPrefix(line, "powbench: "); ok {
			return strings.TrimSpace(why)
		}
	}
	return ""
}

// closeLog keeps the file only if something was logged.
func closeLog(log *os.File) error {
	info, err := log.Stat()
	err = errors.Join(err, log.Close())
	if err == nil && info.Size() == 0 {
		err = os.Remove(log.Name())
	}
	return err
}
