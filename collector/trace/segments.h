/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The recorder's memory: a list of segments, each a head and the encoded events from then on, with an index of them.
 *
 * Who calls it: recorder.c.
 */
#ifndef PORTHOLE_TRACE_SEGMENTS_H
#define PORTHOLE_TRACE_SEGMENTS_H

#include "collector/trace/encode.h"

enum seg_kind {
	SEG_SHOWN, /* an event that changes nothing: left out where it is not wanted */
	SEG_STATE, /* one that is hidden there instead */
	SEG_RECORD, /* of a container: always as it is */
};

struct seg_event {
	uint64_t ts;
	uint32_t at, len; /* its blocks in bytes */
	enum seg_kind kind;
};

struct segment {
	struct segment *next;
	uint64_t from_ts; /* of its first event */
	struct ph_bytes head, bytes;
	struct seg_event *events;
	size_t n, cap;
};

struct segments {
	struct segment *first, *last;
	size_t size; /* bytes that all of them take */
};

/* Begins one; the one before is not added to any more. 0 or -ENOMEM. */
int seg_begin(struct segments *m, const struct ph_encode_head *head);
/* Adds to the last one. 0; -ENOMEM: the event is missing. */
int seg_add_event(struct segments *m, const struct ph_event *ev, enum seg_kind kind, const struct ph_encode_opts *opts);
int seg_add_container(struct segments *m, const struct ph_container *c, uint64_t ts, bool redact);
void seg_drop_first(struct segments *m);

/*
 * Blocks of an event as they stand in a file that shows it not: [from, from + len) is copied to `to`, with room for seg_hidden_max()
 * bytes. Returns their length.
 */
size_t seg_hide(uint8_t *to, const uint8_t *from, size_t len);
size_t seg_hidden_max(size_t len);

#endif
