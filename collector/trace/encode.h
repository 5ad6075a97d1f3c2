/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From events and state to the bytes of a trace file. Pure: memory in, memory out.
 *
 * Who calls it: the writer and the recorder; the inspector, for an enter that a live exit came without.
 */
#ifndef PORTHOLE_TRACE_ENCODE_H
#define PORTHOLE_TRACE_ENCODE_H

#include <stddef.h>
#include "collector/container/container.h"
#include "collector/event.h"
#include "collector/state/state.h"
#include "collector/trace/trace.h"

/* A growing array of bytes. failed: there was no memory, and what was appended since is missing. */
struct ph_bytes {
	uint8_t *data;
	size_t len, cap;
	bool failed;
};

void ph_bytes_fini(struct ph_bytes *b);
void *ph_bytes_grow(struct ph_bytes *b, size_t n); /* n more bytes, uninitialised; NULL: no memory, b is failed */
void ph_bytes_add(struct ph_bytes *b, const void *data, size_t n);

struct ph_encode_opts {
	bool exit_only; /* the newest exits alone; otherwise pairs that sysdig 0.29.3 reads too */
	bool as_read; /* the event comes from a file: its blocks are copied as they are where they say all */
	bool no_payload; /* data that was read or written is left out (parameters called "data", "msgcontrol") */
	bool redact; /* what looks like a secret is masked (redact.h) */
};

/*
 * The most bytes that an event can become; what a caller reserves. Never more than 3 times the event and a little, since an event
 * is written at most as enter, shadow and exit.
 */
size_t ph_encode_event_max(const struct ph_event *ev);
/*
 * Writes the blocks of an event at to, at least ph_encode_event_max() bytes. Returns their length; 0: the event has no form in a
 * file. hidden: it is kept for its state alone.
 */
size_t ph_encode_event(uint8_t *to, const struct ph_event *ev, bool hidden, const struct ph_encode_opts *opts);

/* Writes an event block of a file as it is, whatever it holds; at least ph_encode_block_max() bytes. Returns its length. */
size_t ph_encode_block_max(const struct ph_evt_hdr *hdr);
size_t ph_encode_block(uint8_t *to, const struct ph_evt_hdr *hdr, uint16_t cpu, uint32_t flags, bool large);

/* Writes an enter event of a file as it is, but hidden; at least ph_encode_enter_max() bytes. Returns the block's length. */
size_t ph_encode_enter_max(const struct ph_evt_hdr *enter);
size_t ph_encode_enter(uint8_t *to, const struct ph_evt_hdr *enter, uint16_t cpu, const struct ph_encode_opts *opts);

/* What a head is made of. state is not const because it is iterated; nothing in it changes. */
struct ph_encode_head {
	struct ph_state *state;
	struct ph_containers *containers; /* NULL: none */
	const struct ph_trace_host *host;
	uint64_t ts_ns; /* of the container records */
	/* Whether a thread's entry and descriptors are written; NULL: all are. */
	bool (*keep)(void *arg, const struct ph_thread *t);
	bool (*keep_container)(void *arg, const struct ph_container *c);
	void *keep_arg;
	bool modern; /* for the newest readers alone: kinds of descriptors that 0.29.3 refuses stand as they are */
	const char *note; /* PH_EXTRA_NOTE; NULL: none */
	bool redact;
};

/* Appends section header, machine, interfaces, users, processes, descriptors, extras and a record for each container. 0 or -ENOMEM. */
int ph_encode_head(struct ph_bytes *b, const struct ph_encode_head *head);
/* Appends one container record (event CONTAINER_JSON_2). 0, -ENOMEM. */
int ph_encode_container(struct ph_bytes *b, const struct ph_container *c, uint64_t ts_ns, bool redact);
/* Appends a gap record: what the writer had to drop. 0, -ENOMEM. */
int ph_encode_gap(struct ph_bytes *b, uint64_t lost, uint64_t lost_state, uint64_t from_ns, uint64_t to_ns);

#endif
