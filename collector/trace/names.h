/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of the files of a rotating capture: NAME, NAME0, NAME1, .. or, with % in it, a template for strftime(3) filled with
 * event time, and the index behind it when there is a ring.
 *
 * Who calls it: the writer and the recorder.
 */
#ifndef PORTHOLE_TRACE_NAMES_H
#define PORTHOLE_TRACE_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ph_names_opts {
	const char *base; /* as given with -w; copied */
	bool numbered; /* an index is appended: -C, -e, -W, or -G with a name that is no template */
	bool timed; /* the name is a template: -G or a recorder, and a % in it */
	uint32_t ring; /* -W: files in the ring; 0: no ring */
};

struct ph_names;

/*
 * A ring goes on behind the newest of its files that are there (by modification time). NULL with errno set: no memory, or
 * ENAMETOOLONG.
 */
struct ph_names *ph_names_new(const struct ph_names_opts *opts);
void ph_names_free(struct ph_names *n);
/*
 * The next file's name; good until the next call. ts_ns: event time, epoch. NULL: it is the one that is written already (a template
 * that has not changed within its second), which then goes on. The names are numbered from 0; in a ring modulo its size, with as many digits as
 * the size has.
 */
const char *ph_names_next(struct ph_names *n, uint64_t ts_ns);
/*
 * The file of an earlier name whose place in a ring the last one has taken, which is to be removed: names made of times are never written
 * over. NULL: there is none; of files that an earlier run made nothing is known. Good until the next name.
 */
const char *ph_names_retired(const struct ph_names *n);

#endif
