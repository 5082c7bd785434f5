package ingest

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// Server is the door.
type Server struct {
	o        Options
	token    *[sha256.Size]byte
	listener net.Listener
	topics   *topics
	decoders sync.Pool
	pending  atomic.Int64 // bytes of bodies that are under way

	producer atomic.Pointer[kgo.Client] // for requests without a key
	sending  sending
	shards   []*shard      // set before loaded is closed
	loaded   chan struct{} // closed when the entries are read
}

// Listen binds the address that o names. Serve answers.
func Listen(o Options) (*Server, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	t, err := readToken(o.TokenFile)
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", o.Listen)
	if err != nil {
		return nil, fmt.Errorf("listen for records: %w", err)
	}
	s := &Server{o: o, token: t, listener: l, topics: &topics{known: make(map[string]*topic)}, loaded: make(chan struct{})}
	s.decoders.New = func() any { return new(decoder) }
	return s, nil
}

// Addr is HOST:PORT of the listener.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// Close frees the address of a server that does not serve yet.
func (s *Server) Close() error { return s.listener.Close() }

// Loaded is closed when the entries of all keys are read and records are taken.
// Until then requests wait, for some seconds.
func (s *Server) Loaded() <-chan struct{} { return s.loaded }

// grace is how long requests that are under way may take when the door closes.
const grace = time.Second

// Serve answers until ctx ends, and returns when the last answer is written and
// the last transaction has ended.
func (s *Server) Serve(ctx context.Context) error {
	server := &http.Server{
		Handler: s, ReadHeaderTimeout: min(5*time.Second, s.o.BodyTimeout), ReadTimeout: s.o.BodyTimeout,
		WriteTimeout: s.o.BodyTimeout + s.o.AnswerTimeout + loadWait + 5*time.Second,
		IdleTimeout:  2 * time.Minute, MaxHeaderBytes: 32 << 10,
	}
	working, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	worked := make(chan error, 1)
	go func() { worked <- s.work(working) }()
	served := make(chan error, 1)
	go func() { served <- server.Serve(s.listener) }()

	var err error
	select {
	case err = <-served:
		err = fmt.Errorf("serve records: %w", err)
		served <- nil
	case err = <-worked:
		worked <- nil
	case <-ctx.Done():
	}
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	if server.Shutdown(closing) != nil {
		_ = server.Close() // those who still wait ask again
	}
	<-served
	stop()
	return errors.Join(err, <-worked)
}

// work runs the producers until ctx ends. It returns earlier when they cannot be made.
func (s *Server) work(ctx context.Context) error {
	cl, err := s.client()
	if err != nil {
		return err
	}
	defer cl.Close()
	s.topics.cl = cl
	s.producer.Store(cl)
	n, err := s.keysTopic(ctx, cl)
	if err != nil {
		return err
	}
	var running, opened sync.WaitGroup
	for i := range n {
		s.shards = append(s.shards, newShard(s, i, s.o.KeyMemory/int64(n)))
	}
	opened.Add(n)
	for _, sh := range s.shards {
		running.Go(func() { sh.run(ctx, opened.Done) })
	}
	opened.Wait()
	if ctx.Err() == nil {
		close(s.loaded)
	}
	running.Wait()
	return nil
}

// shard returns the one that a key belongs to.
func (s *Server) shard(key string) *shard { return s.shards[shardOf(key, len(s.shards))] }
