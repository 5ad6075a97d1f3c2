/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A source of events: a live capture or a trace file. The inspector drives one; nothing above it knows which it is.
 */
#ifndef PORTHOLE_SOURCE_H
#define PORTHOLE_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "probe/probe.h"

struct ph_inspector_opts;
struct ph_source;

/* An event as a source has it. */
struct ph_source_event {
	const struct ph_evt_hdr *hdr; /* the block, valid until the next event is asked for */
	uint64_t enter_ts; /* ns since the epoch; 0: not known */
	uint16_t cpu;
	uint16_t syscall; /* enum ph_syscall_row; PH_SC_COUNT: none */
};

struct ph_source_stats {
	uint64_t lost, lost_state;
	uint64_t lost_by_category[PH_C_MAX];
	uint64_t lost_by_cpu[PH_MAX_CPUS];
};

/* One kind of source. All functions return 0 or a positive number, or a negative errno. */
struct ph_source_ops {
	bool is_live;
	/* 1: *ev is set; 0: none within timeout_ms; -EINTR: a signal came; -ENODATA: there will be no more. */
	int (*next)(struct ph_source *s, struct ph_source_event *ev, int timeout_ms);
	/* Ends it: what has been captured is still handed out. Called by the thread that calls next(). */
	void (*stop)(struct ph_source *s);
	int (*stats)(struct ph_source *s, struct ph_source_stats *stats);
	/* The tasks and open files at its beginning, tasks first. */
	int (*snapshot)(struct ph_source *s, const struct ph_snapshot_ops *ops, void *arg);
	void (*close)(struct ph_source *s);
};

struct ph_source {
	const struct ph_source_ops *ops;
	/* Events before this time complete the snapshot and are not handed out: who made them may have ended in between. */
	uint64_t begins_ns;
};

/* The kernel of this host. On failure *out is NULL and err holds a line for a person. */
int ph_source_open_live(struct ph_source **out, const struct ph_inspector_opts *opts, char *err, size_t errlen);

#endif
