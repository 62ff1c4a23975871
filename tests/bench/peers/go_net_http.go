// SPDX-FileCopyrightText: The gofer authors
// SPDX-License-Identifier: MIT
//
// Go's net/http as a peer: the modes of the bench program that it can stand
// beside, with the same options and the same line of output.
//
//	go_net_http get --url URL --threads N --requests N     N goroutines, one client
//	go_net_http burst --url URL --calls N                  N calls at once
package main

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	warmUp    = 20
	timeLimit = 30 * time.Second
)

var (
	url      = flag.String("url", "http://127.0.0.1:80/hello", "")
	threads  = flag.Int("threads", 64, "")
	requests = flag.Int64("requests", 100000, "")
	calls    = flag.Int64("calls", 5000, "")
	body     = flag.Int64("body", 13, "")
	ca       = flag.String("ca", "", "")
	full     = flag.Bool("full", false, "")
	_        = flag.Bool("once", false, "")
)

// The total time limit is the one that gofer and libcurl have in this bench.
func newClient(conns int) *http.Client {
	transport := &http.Transport{MaxIdleConns: conns, MaxIdleConnsPerHost: conns}
	if *ca != "" {
		pem, err := os.ReadFile(*ca)
		if err != nil {
			fail(err)
		}
		pool := x509.NewCertPool()
		pool.AppendCertsFromPEM(pem)
		transport.TLSClientConfig = &tls.Config{RootCAs: pool}
		if !*full {
			transport.TLSClientConfig.ClientSessionCache = tls.NewLRUClientSessionCache(64)
		}
	}
	return &http.Client{Transport: transport, Timeout: timeLimit}
}

func get(client *http.Client) bool {
	response, err := client.Get(*url)
	if err != nil {
		return false
	}
	n, err := io.Copy(io.Discard, response.Body)
	response.Body.Close()
	return err == nil && response.StatusCode == 200 && n == *body
}

// Runs get() on so many goroutines until the tickets are used up. Returns how many were right.
func getMany(client *http.Client, goroutines int, tickets int64) int64 {
	var ok int64
	var all sync.WaitGroup
	for i := 0; i < goroutines; i++ {
		all.Add(1)
		go func() {
			defer all.Done()
			for atomic.AddInt64(&tickets, -1) >= 0 {
				if get(client) {
					atomic.AddInt64(&ok, 1)
				}
			}
		}()
	}
	all.Wait()
	return ok
}

type stamp struct {
	at    time.Time
	usage syscall.Rusage
}

func now() stamp {
	s := stamp{at: time.Now()}
	syscall.Getrusage(syscall.RUSAGE_SELF, &s.usage)
	return s
}

func microseconds(from, to syscall.Timeval) float64 {
	return float64(to.Sec-from.Sec)*1e6 + float64(to.Usec-from.Usec)
}

// Prints the line; exits with 1 when an answer was missing or wrong.
func report(mode string, inFlight int, made, ok int64, begin, end stamp) {
	wall := end.at.Sub(begin.at).Seconds()
	n := float64(made)
	user := microseconds(begin.usage.Utime, end.usage.Utime) / n
	sys := microseconds(begin.usage.Stime, end.usage.Stime) / n
	fmt.Printf("mode=%s threads=%d requests=%d ok=%d seconds=%.4f rps=%.0f cpu_us=%.3f "+
		"user_us=%.3f sys_us=%.3f\n", mode, inFlight, made, ok, wall, n/wall, user+sys, user, sys)
	if ok != made {
		os.Exit(1)
	}
}

func runGet() {
	client := newClient(*threads)
	getMany(client, *threads, int64(*threads)*warmUp)
	begin := now()
	ok := getMany(client, *threads, *requests)
	report("go", *threads, *requests, ok, begin, now())
}

// A figure of a file of /proc/self, in bytes where it is in kB.
func procFigure(file, name string) int64 {
	f, err := os.Open("/proc/self/" + file)
	if err != nil {
		return -1
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), name) {
			var n int64
			fmt.Sscanf(strings.TrimPrefix(lines.Text(), name), "%d", &n)
			return n
		}
	}
	return -1
}

func resident() int64 {
	return procFigure("smaps_rollup", "Rss:") * 1024
}

func runBurst() {
	var once sync.Once
	var all sync.WaitGroup
	var ok, held, processThreads int64
	before := resident()
	begin := now()
	client := newClient(int(*calls))
	for i := int64(0); i < *calls; i++ {
		all.Add(1)
		go func() {
			defer all.Done()
			if get(client) {
				atomic.AddInt64(&ok, 1)
			}
			once.Do(func() {
				held = resident()
				processThreads = procFigure("status", "Threads:")
			})
		}()
	}
	all.Wait()
	end := now()
	debug.FreeOSMemory()
	idle := resident()
	fmt.Printf("call_resident_bytes=%d idle_resident_bytes=%d process_threads=%d calls=%d ",
		(held-before) / *calls, (idle-before) / *calls, processThreads, *calls)
	report("go_burst", *threads, *calls, ok, begin, end)
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "go_net_http:", err)
	os.Exit(1)
}

func main() {
	if len(os.Args) < 2 {
		fail(fmt.Errorf("usage: go_net_http get|burst [options]"))
	}
	flag.CommandLine.Parse(os.Args[2:])
	switch os.Args[1] {
	case "get":
		runGet()
	case "burst":
		runBurst()
	default:
		fail(fmt.Errorf("no such mode: %s", os.Args[1]))
	}
}
