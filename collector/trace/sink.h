/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where trace bytes go: chunks of memory that a thread of its own packs and writes to a file, so that a slow or full disk never
 * holds up the stream. Every chunk holds whole blocks. What has been appended reaches the file when a chunk is full or flush_ns have
 * passed, and the disk (fdatasync) with each such flush, but for those behind which more is waiting: then once in flush_ns.
 *
 * Who calls it: the writer, from one thread.
 */
#ifndef PORTHOLE_TRACE_SINK_H
#define PORTHOLE_TRACE_SINK_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct ph_sink;

/* A file, whatever names it has. */
struct ph_sink_file {
	dev_t dev;
	ino_t ino;
};

#define PH_SINK_CHUNK (1u << 20)

struct ph_sink_opts {
	size_t size;
	bool gzip;
	uint64_t flush_ns; /* 0: a second */
	size_t chunks; /* how many may wait; 0: 32 */
	void (*warn)(
		void *arg,
		const char *line); /* called on the caller's thread, from ph_sink_poll() and the like; may be NULL */
	void *warn_arg;
	const struct ph_sink_file *sources; /* that are read: nothing is written over them; copied */
	size_t nsources;
	/* When it becomes true, who waits for room or for the end waits at most so long for a disk that takes nothing; may be NULL. */
	const volatile sig_atomic_t *hurry;
	unsigned hurry_ms;
};

/* Opens the first file ("-": standard output) and starts the thread. On failure a line for a person in err. */
int ph_sink_open(struct ph_sink **out, const char *path, const struct ph_sink_opts *opts, char *err, size_t errlen);

/*
 * n bytes to write at, n <= PH_SINK_CHUNK; ph_sink_commit() takes them over. NULL: no room. wait: wait for room instead (files as
 * source); NULL then means that the sink has failed for good, or that there is a hurry. reserve: the last chunks may be used, which are kept for what
 * must not be lost.
 */
uint8_t *ph_sink_reserve(struct ph_sink *s, size_t n, bool wait, bool reserve);
void ph_sink_commit(struct ph_sink *s, size_t n);
/* Any amount: head blocks, which may be larger than a chunk. Always taken; -ENOMEM, or the errno of a sink that has failed. */
int ph_sink_append(struct ph_sink *s, const uint8_t *data, size_t n);

/* What follows goes into this file; the one before is finished, flushed to disk and closed. -ENOMEM. */
int ph_sink_next_file(struct ph_sink *s, const char *path);
/*
 * Starts a flush when flush_ns have passed since the last, and passes warnings on (disk full, disk slow, file cannot be opened: each is
 * said once, and once more when it is over). now_ns: any clock that only grows. 0, or the negative errno that ended all writing (EIO, EPIPE).
 */
int ph_sink_poll(struct ph_sink *s, uint64_t now_ns);

/* Bytes of the current file so far: in file (packed, lags behind) and appended (before packing). */
void ph_sink_position(const struct ph_sink *s, uint64_t *written, uint64_t *appended);

/*
 * Writes what is left, flushes it to disk and closes. 0, or a negative errno with a line in err: then the end of the file is
 * missing. Waits at most patience_ms for a disk that takes nothing.
 */
int ph_sink_close(struct ph_sink *s, unsigned patience_ms, char *err, size_t errlen);

#endif
