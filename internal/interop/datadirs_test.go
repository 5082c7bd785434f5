package interop

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"maps"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/brokertest"
)

var (
	newDataDir   = flag.String("datadir", "", "write the data directory testdata/datadirs/NAME of a kq")
	newDataDirKQ = flag.String("datadir-kq", "", "the kq that writes it (a built binary)")
)

// dataDirs holds a data directory a commit, as kill -9 left it: NAME.tar.gz,
// and what a client saw in it, NAME.json. `go run ./internal/task datadir NAME`
// adds one.
const dataDirs = "testdata/datadirs"

// TestDataDirs opens every data directory that an earlier kq left behind, in a
// copy, and reads it equal: topics, their ids and settings, records, committed
// offsets. (issue-04 is of the commit that issues 3 and 4 ended with.) Duplicates of what producers sent then are still known. The same
// again after a clean stop.
func TestDataDirs(t *testing.T) {
	if *newDataDir != "" {
		writeDataDir(t, *newDataDir, *newDataDirKQ)
	}
	files, err := filepath.Glob(filepath.Join(dataDirs, "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no data directories: %v", err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		t.Run(name, func(t *testing.T) {
			want := readWant(t, file)
			dir := t.TempDir()
			unpack(t, filepath.Join(dataDirs, name+".tar.gz"), dir, want.Sizes)
			b := brokertest.Start(t, brokertest.OnDiskAt(dir),
				brokertest.Set("offsets.retention.minutes", strconv.Itoa(math.MaxInt32))) // however old they are
			want.hold(t, b.Addr())
			b.Stop()
			b.Restart()
			want.hold(t, b.Addr())
		})
	}
}

// seen is what a client saw of a broker, and what is kept beside it.
type seen struct {
	ClusterID string
	Brokers   map[string]map[string]string // dynamic settings, by broker id ("" for all)
	Topics    map[string]*seenTopic
	Groups    map[string]map[string]string // "topic-partition": "offset metadata"
	Shares    map[string]map[string]string `json:",omitempty"` // of share groups, "topic-partition": "start lag …"
	Replays   []replay
	Sizes     map[string]int64 // of the files whose reserve of zeros was cut off
}

type seenTopic struct {
	ID         string
	Settings   map[string]string // its own
	Partitions []seenPartition
}

// seenPartition is the range [Start, End) of a log and digests of its records:
// of all up to End, and of the committed ones up to Stable.
type seenPartition struct {
	Start, Stable, End int64
	All, Committed     string // "records sha256"
}

// replay is a batch of one record that a producer sent, and where it went.
type replay struct {
	Topic     string
	Partition int32
	Producer  Producer
	Value     string
	Timestamp int64
	Offset    int64
}

// hold compares what a broker shows now.
func (want *seen) hold(t *testing.T, addr string) {
	t.Helper()
	now := observe(t, addr, want)
	if now.ClusterID != want.ClusterID {
		t.Errorf("cluster id %s, was %s", now.ClusterID, want.ClusterID)
	}
	same(t, "broker settings", now.Brokers, want.Brokers)
	same(t, "committed offsets", now.Groups, want.Groups)
	if len(want.Shares) > 0 {
		same(t, "share groups", now.Shares, want.Shares)
	}
	same(t, "topics", slices.Sorted(maps.Keys(now.Topics)), slices.Sorted(maps.Keys(want.Topics)))
	for name, w := range want.Topics {
		n := now.Topics[name]
		if n == nil {
			continue
		}
		same(t, name+": id", n.ID, w.ID)
		same(t, name+": settings", n.Settings, w.Settings)
		if len(n.Partitions) != len(w.Partitions) {
			t.Errorf("%s: %d partitions, had %d", name, len(n.Partitions), len(w.Partitions))
			continue
		}
		for p, was := range w.Partitions {
			is := n.Partitions[p]
			// an open transaction is aborted in time, a coordinator writes on
			if grows := strings.HasPrefix(name, "__") || was.Stable < was.End; grows && is.End >= was.End {
				is.End, is.Stable = was.End, was.Stable
			}
			same(t, name+"-"+strconv.Itoa(p), is, was)
		}
	}
	for _, r := range want.Replays {
		r.again(t, addr)
	}
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s: %+v, was %+v", what, got, want)
	}
}

// batch is the replay's batch.
func (r replay) batch() []byte {
	b := Records(r.Value)
	b.FirstTimestamp, b.Producer = r.Timestamp, &r.Producer
	return b.Bytes()
}

// again sends the batch once more: a duplicate, answered with its old offset.
func (r replay) again(t *testing.T, addr string) {
	t.Helper()
	RunRow(t, &Row{Run: func(s *Session) {
		resp := s.Until(produce(9, r.Topic, r.Partition, r.batch()), func(r kmsg.Response) bool {
			code := r.(*kmsg.ProduceResponse).Topics[0].Partitions[0].ErrorCode
			return code != 3 && code != 6 // not yet loaded
		})
		if p := resp.(*kmsg.ProduceResponse).Topics[0].Partitions[0]; p.ErrorCode != 0 || p.BaseOffset != r.Offset {
			t.Errorf("producer %d again in %s-%d: error %d, offset %d, want offset %d", r.Producer.ID, r.Topic, r.Partition, p.ErrorCode, p.BaseOffset, r.Offset)
		}
	}}, addr, 1)
}

func readWant(t *testing.T, file string) *seen {
	t.Helper()
	p, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	want := &seen{}
	if err := json.Unmarshal(p, want); err != nil {
		t.Fatal(err)
	}
	return want
}

// pack writes a data directory as an archive and returns the sizes of the
// files whose tail of zeros, a reserve, it leaves out.
func pack(t *testing.T, dir string) (archive []byte, cut map[string]int64) {
	t.Helper()
	var out bytes.Buffer
	z, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	w, cut := tar.NewWriter(z), map[string]int64{}
	err = filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		name, _ := filepath.Rel(dir, path)
		if err != nil || name == "." {
			return err
		}
		name = filepath.ToSlash(name)
		if d.IsDir() {
			return w.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: name + "/", Mode: 0o755})
		}
		p, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if kept := bytes.TrimRight(p, "\x00"); len(p)-len(kept) > 1024 {
			cut[name] = int64(len(p))
			p = kept
		}
		if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o644, Size: int64(len(p))}); err != nil {
			return err
		}
		_, err = w.Write(p)
		return err
	})
	if err := errors.Join(err, w.Close(), z.Close()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes(), cut
}

// unpack lays an archive of pack out in dir, the files at their sizes again.
func unpack(t *testing.T, archive, dir string, sizes map[string]int64) {
	t.Helper()
	f, err := os.Open(archive)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, filepath.FromSlash(h.Name))
		if h.Typeflag == tar.TypeDir {
			err = os.MkdirAll(path, 0o755)
		} else {
			var p []byte
			if p, err = io.ReadAll(r); err == nil {
				err = os.WriteFile(path, p, 0o644)
			}
			if size, ok := sizes[h.Name]; ok && err == nil {
				err = os.Truncate(path, size)
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}
