/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads a trace file block by block, in place in a window that moves along the file, unpacked where it is packed. Nothing in a file
 * is believed: every length is checked here or, for the inside of an event block, in ph_event_decode().
 *
 * Who calls it: the file source (collector/source/file.c) and --file-info.
 */
#ifndef PORTHOLE_TRACE_READER_H
#define PORTHOLE_TRACE_READER_H

#include <stddef.h>
#include "collector/state/state.h"
#include "collector/trace/trace.h"
#include "porthole/event.h"

struct ph_trace_reader;

/* What a head tells, in the order of the file. What is pointed to is valid during the call. Any may be NULL. */
struct ph_trace_ops {
	/* A section begins: nothing that was known from an earlier one holds any more. */
	void (*section)(void *arg, unsigned major, unsigned minor);
	void (*machine)(void *arg, const struct ph_trace_machine *m);
	void (*interface)(void *arg, const struct ph_trace_interface *i);
	void (*user)(void *arg, const struct ph_user *u);
	void (*group)(void *arg, const struct ph_group *g);
	void (*task)(void *arg, const struct ph_task *t);
	void (*fd)(void *arg, int64_t tid, const struct ph_fd *fd);
	void (*extra)(void *arg, unsigned kind, const uint8_t *data, uint32_t len);
	/* Each head block but the section header, before what is in it: for --file-info. */
	void (*block)(void *arg, const struct ph_block_info *info, uint32_t length);
};

/* An event block. */
struct ph_trace_event {
	const struct ph_evt_hdr *
		hdr; /* 26 bytes, then length words and parameters; hdr->len bytes are there. Old blocks without nparams have been given one */
	uint64_t offset; /* of the block in the (unpacked) file, bytes */
	uint32_t flags; /* PH_BLOCK_FLAG_* and what others may have set */
	uint16_t cpu;
	bool large; /* length words of 32 bits */
	bool stable; /* hdr stays where it is until the function of ph_trace_reader_moves() is called; otherwise until the next call */
};

enum ph_trace_state {
	PH_TRACE_READING,
	PH_TRACE_WHOLE, /* read to its end */
	PH_TRACE_CUT, /* it ends in the middle of a block */
	PH_TRACE_DAMAGED, /* what stands there is no block, or cannot be unpacked */
	PH_TRACE_FAILED, /* the system refused to give more */
};

struct ph_trace_end {
	enum ph_trace_state state;
	uint64_t offset; /* of the block that could not be read, or the end; in the unpacked file */
	uint64_t events; /* event blocks handed out */
	uint64_t sections;
	uint64_t
		skipped; /* blocks of a kind that we do not know, and events of version 1 of a type that we do not know */
	uint64_t bad; /* event blocks whose lengths do not fit, left out; head blocks with an entry that does not fit */
	const char
		*what; /* CUT, DAMAGED, FAILED: what is wrong, for a person, no full stop; constant or the reader's */
};

/*
 * path "-" is standard input. 0; otherwise a negative errno and one line for a person in err: the file cannot be opened, is no
 * trace file, is big-endian, or of a major version that we do not know. The first section's header has been read then, nothing else.
 */
int ph_trace_reader_open(struct ph_trace_reader **out, const char *path, char *err, size_t errlen);
void ph_trace_reader_close(struct ph_trace_reader *r);

/* Called when event blocks that have been handed out are about to move: who needs one longer copies it then. */
void ph_trace_reader_moves(struct ph_trace_reader *r, void (*moves)(void *arg), void *arg);
/* Who is told of heads. To be set before the first ph_trace_reader_next(). */
void ph_trace_reader_ops(struct ph_trace_reader *r, const struct ph_trace_ops *ops, void *arg);

/*
 * The next event. Heads in front of it are told first. 1: *ev is set; 0: there are no more: ph_trace_reader_end() says why.
 * -EINTR: a signal came while a pipe was waited for.
 */
int ph_trace_reader_next(struct ph_trace_reader *r, struct ph_trace_event *ev);

/*
 * Reads the heads up to the first event, which the next call of ph_trace_reader_next() hands out. 0, also when there is none;
 * -EINTR.
 */
int ph_trace_reader_heads(struct ph_trace_reader *r);

void ph_trace_reader_end(const struct ph_trace_reader *r, struct ph_trace_end *end);

/* Bytes read of the file as it lies on disk, and its size; size 0: unknown (a pipe). */
void ph_trace_reader_progress(const struct ph_trace_reader *r, uint64_t *done, uint64_t *size);
bool ph_trace_reader_compressed(const struct ph_trace_reader *r);

#endif
