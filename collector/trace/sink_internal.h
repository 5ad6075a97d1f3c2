/* SPDX-License-Identifier: Apache-2.0 */
/* What the two sides of the sink share: sink.c, which the caller's thread runs, and sink_thread.c, which packs and writes. */
#ifndef PORTHOLE_TRACE_SINK_INTERNAL_H
#define PORTHOLE_TRACE_SINK_INTERNAL_H

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>
#include <zlib.h>
#include "collector/trace/sink.h"

#define SECOND 1000000000u
#define PACK_BYTES (256u << 10) /* of room for packed bytes */

#define IS_WRITTEN EOWNERDEAD /* another one: somebody else is writing it */
#define IS_SOURCE EDEADLK /* instead of an errno: the file is one that is read. open(2) does not return it. */

enum item_kind { ITEM_DATA, ITEM_NEXT_FILE, ITEM_END };

struct item {
	struct item *next;
	enum item_kind kind;
	bool pooled; /* one of the chunks */
	char *path; /* ITEM_NEXT_FILE */
	size_t len, cap;
	uint8_t data[];
};

enum trouble { NO_TROUBLE, CANNOT_WRITE, CANNOT_OPEN };
enum slow { NOT_SLOW, SLOW, SLOW_AFTER_TROUBLE /* which has been said, and is reason enough */ };

struct ph_sink {
	struct ph_sink_opts opts;
	struct ph_sink_file *sources; /* those of opts */
	pthread_t thread;
	int wake; /* eventfd: the thread's pauses end */

	/* the caller's */
	struct item *cur; /* being filled */
	uint64_t appended;
	uint64_t unflushed_since; /* by the caller's clock; 0: nothing */
	unsigned files;
	bool waits; /* the caller would rather wait than lose */
	enum slow slow; /* the queue has been full, and not been empty since */
	enum trouble said;

	pthread_mutex_t lock;
	pthread_cond_t work; /* for the thread: there is an item */
	pthread_cond_t done; /* for the caller: there is room, or the end */
	struct item *head, **tail; /* the queue */
	struct item *spare;
	size_t chunks; /* that are not spare */
	size_t queued; /* items that are not yet written */
	enum trouble trouble;
	int trouble_err;
	char *path; /* of the file being written */
	bool give_up; /* what cannot be written now is left */
	bool abandoned; /* nobody waits for the thread any more: it frees the sink */
	bool ended;
	int end_err; /* why the last bytes are missing */

	/* the thread's, looked at by the caller */
	_Atomic int failed; /* the errno for which writing has ended */
	_Atomic uint64_t written; /* of file number file */
	_Atomic unsigned file;
	_Atomic uint64_t missing; /* bytes of chunks that were left, wholly or in part; before packing */
	_Atomic uint64_t progress; /* bytes that the system took, all in all */

	/* the thread's alone */
	int fd; /* -1: none */
	bool is_regular, is_ours;
	uint64_t synced_ns;
	z_stream z;
	bool z_open;
	uint8_t *packed;
};

/* sink_thread.c */
void *sink_run(void *sink);
int sink_open_file(struct ph_sink *s, const char *path); /* 0, or a negative errno or -IS_SOURCE */
void sink_free(struct ph_sink *s);

static inline uint64_t sink_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * SECOND + (uint64_t)ts.tv_nsec;
}

/* For a person. */
static inline const char *sink_why(int err)
{
	return err == IS_WRITTEN ? "another program is writing it; choose another name" :
	       err == IS_SOURCE	 ? "it is the file that is being read; choose another name" :
	       err == ETIMEDOUT	 ? "it takes nothing any more" :
				   strerror(err);
}

static inline bool sink_is_stdout(const char *path)
{
	return strcmp(path, "-") == 0;
}

#endif
