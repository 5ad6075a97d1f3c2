/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A source of events: a live capture or a trace file. The inspector drives one; nothing above it knows which it is.
 */
#ifndef PORTHOLE_SOURCE_H
#define PORTHOLE_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "collector/trace/reader.h"
#include "probe/probe.h"

struct ph_inspector_opts;
struct ph_state;
struct ph_source;

/* What a source asks of and tells who drives it. */
struct ph_source_sink {
	struct ph_snapshot_ops snapshot; /* live: tasks and descriptors at the beginning */
	struct ph_trace_ops trace; /* files: each section's head */
};

typedef void ph_source_waiting_fn(void *arg, const struct ph_evt_hdr *enter, uint16_t cpu);

struct ph_source_stats {
	uint64_t lost, lost_state;
	uint64_t lost_by_category[PH_C_MAX];
	uint64_t lost_by_cpu[PH_MAX_CPUS];
};

/* One kind of source. All functions return 0 or a positive number, or a negative errno. */
struct ph_source_ops {
	bool is_live;
	/*
	 * 1: *ev is decoded: all but what the state engine sets, num included; hdr is valid until the next call. 0: none within
	 * timeout_ms; -EINTR: a signal came; -ENODATA: there will be no more; another errno: it failed.
	 */
	int (*next)(struct ph_source *s, struct ph_event *ev, int timeout_ms);
	/* Ends it: what has been captured is still handed out, of a file nothing more. Called by the thread that calls next(). */
	void (*stop)(struct ph_source *s);
	int (*stats)(struct ph_source *s, struct ph_source_stats *stats);
	/* What is known at its beginning, tasks before descriptors. A file tells of later sections while it is read. */
	int (*snapshot)(struct ph_source *s, const struct ph_source_sink *sink, void *arg);
	/* Files; may be NULL. A section has begun: calls that wait for their exits are forgotten. */
	void (*reset)(struct ph_source *s);
	/* Files; may be NULL. Calls that have not returned yet. */
	void (*waiting)(struct ph_source *s, ph_source_waiting_fn *each, void *arg);
	void (*close)(struct ph_source *s);
};

struct ph_source {
	const struct ph_source_ops *ops;
	/* Events before this time complete the snapshot and are not handed out: who made them may have ended in between. */
	uint64_t begins_ns;
	uint64_t
		first_ns; /* files: the time of the first event, which may be one that nobody wants to see; 0: none yet */
	/*
	 * With opts.enter_events: the event of the last next() as the file has it, an enter or an exit with its own parameters, while *ev is
	 * what the state engine is to see. NULL: it is the same.
	 */
	const struct ph_event *written;
};

/* A trace file ("-": standard input). Otherwise as below. */
int ph_source_open_file(struct ph_source **out, const char *path, const struct ph_inspector_opts *opts, char *err,
			size_t errlen);
/* The same of a reader that is open, which it takes over, in failure too. 0 or -ENOMEM. */
int ph_source_file_of(struct ph_source **out, struct ph_trace_reader *reader, const struct ph_inspector_opts *opts);
/* Decides what is decoded and what is passed over (opts->wanted). To be called once, before the first next(). */
void ph_source_file_plan(struct ph_source *s, const struct ph_inspector_opts *opts, struct ph_state *st);
/* How a file ended, and how far it has been read. As ph_source_file_plan(), for sources that are files only. */
void ph_source_file_end(const struct ph_source *s, struct ph_trace_end *end);
void ph_source_file_progress(const struct ph_source *s, uint64_t *done, uint64_t *size);

/* The kernel of this host. On failure *out is NULL and err holds a line for a person. */
int ph_source_open_live(struct ph_source **out, const struct ph_inspector_opts *opts, char *err, size_t errlen);

#endif
