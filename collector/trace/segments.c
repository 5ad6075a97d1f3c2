/* SPDX-License-Identifier: Apache-2.0 */
/* The recorder's memory (segments.h). Called by recorder.c. */
#include "collector/trace/segments.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LEAST_BLOCK 40u /* no event block is smaller */
#define FLAGS_AT 10u /* in an event block: behind its type, length and CPU */

static size_t size_of(const struct segment *s)
{
	return sizeof(*s) + s->head.cap + s->bytes.cap + s->cap * sizeof(*s->events);
}

/* Gives back what was reserved and not used. */
static void trim(struct ph_bytes *b)
{
	uint8_t *data = b->len ? realloc(b->data, b->len) : NULL;

	if (data) {
		b->data = data;
		b->cap = b->len;
	}
}

static void trim_last(struct segments *m)
{
	struct segment *s = m->last;
	struct seg_event *events;

	if (!s)
		return;
	m->size -= size_of(s);
	trim(&s->bytes);
	events = s->n ? realloc(s->events, s->n * sizeof(*events)) : NULL;
	if (events) {
		s->events = events;
		s->cap = s->n;
	}
	m->size += size_of(s);
}

static void free_segment(struct segment *s)
{
	ph_bytes_fini(&s->head);
	ph_bytes_fini(&s->bytes);
	free(s->events);
	free(s);
}

int seg_begin(struct segments *m, const struct ph_encode_head *head)
{
	struct segment *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	if (ph_encode_head(&s->head, head) < 0 || s->head.failed) {
		free_segment(s);
		return -ENOMEM;
	}
	trim(&s->head);
	trim_last(m);
	s->from_ts = head->ts_ns;
	if (m->last)
		m->last->next = s;
	else
		m->first = s;
	m->last = s;
	m->size += size_of(s);
	return 0;
}

static int grow_index(struct segment *s)
{
	size_t cap = s->cap ? 2 * s->cap : 64;
	struct seg_event *events;

	if (s->n < s->cap)
		return 0;
	events = realloc(s->events, cap * sizeof(*events));
	if (!events)
		return -ENOMEM;
	s->events = events;
	s->cap = cap;
	return 0;
}

static void note(struct segment *s, uint64_t ts, size_t at, enum seg_kind kind)
{
	if (s->bytes.len > at)
		s->events[s->n++] = (struct seg_event){ ts, (uint32_t)at, (uint32_t)(s->bytes.len - at), kind };
}

int seg_add_event(struct segments *m, const struct ph_event *ev, enum seg_kind kind, const struct ph_encode_opts *opts)
{
	struct segment *s = m->last;
	size_t at = s->bytes.len, before = size_of(s);
	int err = grow_index(s);
	uint8_t *to = err ? NULL : ph_bytes_grow(&s->bytes, ph_encode_event_max(ev));

	if (to) {
		s->bytes.len = at + ph_encode_event(to, ev, ev->block & PH_EB_HIDDEN, opts);
		note(s, ev->ts, at, kind);
	}
	s->bytes.failed = false;
	m->size += size_of(s) - before;
	return to ? 0 : -ENOMEM;
}

int seg_add_container(struct segments *m, const struct ph_container *c, uint64_t ts, bool redact)
{
	struct segment *s = m->last;
	size_t at = s->bytes.len, before = size_of(s);
	int err = grow_index(s);

	if (err == 0 && (ph_encode_container(&s->bytes, c, ts, redact) < 0 || s->bytes.failed)) {
		s->bytes.len = at;
		err = -ENOMEM;
	}
	s->bytes.failed = false;
	if (err == 0)
		note(s, ts, at, SEG_RECORD);
	m->size += size_of(s) - before;
	return err;
}

void seg_drop_first(struct segments *m)
{
	struct segment *s = m->first;

	m->first = s->next;
	if (!m->first)
		m->last = NULL;
	m->size -= size_of(s);
	free_segment(s);
}

size_t seg_hidden_max(size_t len)
{
	return len + len / LEAST_BLOCK * 4;
}

static uint32_t get32(const uint8_t *from)
{
	uint32_t v;

	memcpy(&v, from, 4);
	return v;
}

static void put32(uint8_t *to, uint32_t v)
{
	memcpy(to, &v, 4);
}

/* The flags stand in front of the event, 4 bytes: its padding stays what it was. */
static size_t hide_block(uint8_t *to, const uint8_t *from, uint32_t len)
{
	const struct ph_block_info *info = ph_block_info(get32(from));
	uint32_t total = len + 4;

	if (info->flags) {
		memcpy(to, from, len);
		return len;
	}
	put32(to, info->large ? PH_BC_EVENT_FLAGS_LARGE : PH_BC_EVENT_FLAGS);
	put32(to + 4, total);
	memcpy(to + 8, from + 8, FLAGS_AT - 8);
	put32(to + FLAGS_AT, PH_BLOCK_FLAG_HIDDEN);
	memcpy(to + FLAGS_AT + 4, from + FLAGS_AT, len - FLAGS_AT);
	put32(to + total - 4, total);
	return total;
}

size_t seg_hide(uint8_t *to, const uint8_t *from, size_t len)
{
	size_t out = 0;

	for (size_t at = 0; at < len; at += get32(from + at + 4))
		out += hide_block(to + out, from + at, get32(from + at + 4));
	return out;
}
