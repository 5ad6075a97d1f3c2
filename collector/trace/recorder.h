/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The recorder: keeps the last seconds of a live capture in memory and writes a file for each time that something happens, with what
 * was before and what comes after. Memory is segments of a second or so; each begins with a head made of the state at that moment, so
 * that the file that begins with it stands alone.
 *
 * Who calls it: a program, with each event, as the writer.
 */
#ifndef PORTHOLE_TRACE_RECORDER_H
#define PORTHOLE_TRACE_RECORDER_H

#include "collector/trace/writer.h"

struct ph_recorder;

struct ph_recorder_opts {
	size_t size;
	/*
	 * path, gzip, encode, ring, flush_ns, head, warn; rotation does not apply. path: a template for strftime(3) when there is a % in
	 * it (a name that it gives twice has ".1", ".2", .. behind it), otherwise files are numbered; "-" is refused.
	 */
	struct ph_trace_writer_opts file;
	uint64_t before_ns, after_ns;
	/*
	 * At most so much is kept; 0: 256 MB. What does not fit shortens the time before, and is said with each file that it is missing
	 * in. What is on its way to a slow disk may take as much again.
	 */
	size_t memory_bytes;
};

struct ph_recorder_stats {
	uint64_t files, triggers;
	uint64_t bytes_kept; /* in memory now */
	uint64_t shortened; /* files whose time before had to be shorter */
	uint64_t lost; /* events that found no room on their way to a file */
};

int ph_recorder_open(struct ph_recorder **out, const struct ph_recorder_opts *opts, char *err, size_t errlen);
/*
 * Takes an event. trigger: it is one; a trigger while a file is being written prolongs that file. A file that cannot be opened or
 * written is warned of, and tried anew with a later trigger. 0; -ENOMEM: there was not even memory for a first head.
 */
int ph_recorder_event(struct ph_recorder *r, const struct ph_event *ev, bool trigger);
int ph_recorder_container(struct ph_recorder *r, const struct ph_container *c);
/* When there are no events: lets time pass, which ends files too. 0. */
int ph_recorder_poll(struct ph_recorder *r);
void ph_recorder_stats(const struct ph_recorder *r, struct ph_recorder_stats *st);
/*
 * A file that is being written ends here. 0, or a negative errno with a line in err: the end of a file is missing. r is freed in any
 * case; NULL is nothing.
 */
int ph_recorder_close(struct ph_recorder *r, char *err, size_t errlen);

#endif
