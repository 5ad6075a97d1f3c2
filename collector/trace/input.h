/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bytes of a trace file, whatever it lies in: plain, gzip (one member or several, and plain bytes behind them), a pipe or standard
 * input. They are read into a window that moves along and grows when it has to. A plain file is read too and not mapped: the window stays in
 * the processor's cache, while each page of a mapping costs a fault, and that took five times as long (docs/performance.md); and a file that
 * is cut short while it is read ends, where a mapping would end the program.
 *
 * Who calls it: reader.c; tests and fuzzers for the way in from memory.
 */
#ifndef PORTHOLE_TRACE_INPUT_H
#define PORTHOLE_TRACE_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <zlib.h>
#include "collector/trace/reader.h"

enum ph_input_mode {
	PH_IN_PLACE, /* the window is all there is and stays where it is */
	PH_IN_DETECT, /* plain or gzip: the next bytes say it */
	PH_IN_PLAIN,
	PH_IN_GZIP,
};

struct ph_input {
	/* The window: what may be looked at now. The caller moves at on, up to end. */
	const uint8_t *at, *end;
	uint64_t shift; /* see ph_input_offset() */
	/* The window is about to move: pointers into it are good for this call still. NULL: nobody keeps any. */
	void (*moves)(void *arg);
	void *moves_arg;

	enum ph_trace_state state; /* what is to be said when the window has been used up; READING: more may come */
	const char *what;
	uint64_t owed; /* bytes behind the window that are to be passed over */

	enum ph_input_mode mode;
	bool compressed;
	int fd; /* -1: none */
	bool close_fd;
	uint64_t size, taken; /* of the file as it lies there: bytes in all (0: unknown), read so far */
	const uint8_t *memory; /* instead of fd */
	size_t memory_len, chunk;

	uint8_t *buf; /* of the window */
	size_t cap;
	uint8_t *raw; /* what has been read and not been unpacked: [raw_at, raw_end) */
	size_t raw_at, raw_end;
	z_stream z;
	bool z_ready;
	char text[96];
};

/* "-" is standard input. On failure a negative errno and a line in err; the input needs no closing then. */
int ph_input_open(struct ph_input *in, const char *path, char *err, size_t errlen);
/*
 * From memory that the caller keeps. chunk 0: plain bytes are read in place; otherwise as from a pipe that gives so many at a
 * time.
 */
int ph_input_open_memory(struct ph_input *in, const void *data, size_t len, size_t chunk);
void ph_input_close(struct ph_input *in);

/*
 * Makes the window n bytes long or longer. 1; 0: it is shorter and stays so, in->state says why; -EINTR. What was in the window may have
 * moved.
 */
int ph_input_need(struct ph_input *in, size_t n);
/* Passes over n bytes, which need not be in the window. What does not exist stays in in->owed after the next ph_input_need(). */
void ph_input_skip(struct ph_input *in, uint64_t n);
/* Bytes of the file as it lies there that have been used. */
uint64_t ph_input_done(const struct ph_input *in);

/* How far p, which lies in the window, is from the beginning of the unpacked file. */
static inline uint64_t ph_input_offset(const struct ph_input *in, const uint8_t *p)
{
	return in->shift + (uintptr_t)p;
}

/* ph_trace_reader_open() for bytes in memory, which the caller keeps; chunk as above. name is for err. */
int ph_trace_reader_open_memory(struct ph_trace_reader **out, const char *name, const void *data, size_t len,
				size_t chunk, char *err, size_t errlen);

#endif
