/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sections, blocks and events of a trace file (reader.h). Event blocks of format 1.2 that lie in the window are handed out by
 * ph_trace_reader_next() itself; all else, once a head or once a window, goes through next_slowly().
 */
#include "collector/trace/reader.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "collector/trace/head.h"
#include "collector/trace/input.h"
#include "porthole/tables.h"

#define BLOCK_HEADER 8u /* type and length */
#define BLOCK_MIN PH_BLOCK_OVERHEAD
#define BLOCK_MAX \
	(256u << 20) /* what a window grows to; a block of unknown kind that is longer than that and the file is none */
#define SECTION_MIN 28u
#define SECTION_LOOK 16u /* of it up to the version */
#define MAJOR 1
#define FLAGS_SIZE 4u
#define EVENT_AT (BLOCK_HEADER + 2) /* behind the CPU; flags may come first */
#define TOO_LONG_BY 3u /* see too_long() */
#define OLD_HDR 22u /* struct ph_evt_hdr as it was without nparams */

/* The event blocks of format 1.2 as bits, counted from the first of them. */
#define IN_PLACE(code) (1u << ((code) - PH_BC_EVENT))
#define ALL_IN_PLACE (IN_PLACE(PH_BC_EVENT) | IN_PLACE(PH_BC_EVENT_LARGE) | WITH_FLAGS)
#define WITH_FLAGS (IN_PLACE(PH_BC_EVENT_FLAGS) | IN_PLACE(PH_BC_EVENT_FLAGS_LARGE))
#define LARGE (IN_PLACE(PH_BC_EVENT_LARGE) | IN_PLACE(PH_BC_EVENT_FLAGS_LARGE))
#define IN_PLACE_SPAN (PH_BC_EVENT_FLAGS_LARGE - PH_BC_EVENT + 1u)

/* A block whose header has been read. */
struct block {
	const uint8_t *p;
	uint32_t type, len;
	const struct ph_block_info *info; /* NULL: of no kind that we know */
};

struct ph_trace_reader {
	struct ph_input in;
	struct ph_trace_end end;
	struct {
		uint64_t offset;
		uint64_t
			*counter; /* to be counted there when it turns out to be all there; NULL: none is passed over */
		bool sane; /* it is a block, as far as one can see without its end */
	} passing;
	uint8_t *old; /* an event of version 1 with its nparams */
	size_t old_cap;
	char text[96];
	struct ph_head head;
};

static uint16_t load16(const uint8_t *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof v);
	return v;
}

static uint32_t load32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof v);
	return v;
}

/* --- the end ------------------------------------------------------------------------------------------------------------- */

static int finish(struct ph_trace_reader *r, enum ph_trace_state state, uint64_t offset, const char *what)
{
	r->end.state = state;
	r->end.offset = offset;
	r->end.what = what;
	/* Nothing is handed out any more, however often one asks. */
	r->in.end = r->in.at;
	return 0;
}

/* The input gives no more than what is in the window, which is too little for the block at offset. */
static int out_of_bytes(struct ph_trace_reader *r, uint64_t offset)
{
	const struct ph_input *in = &r->in;

	if (in->state != PH_TRACE_WHOLE)
		return finish(r, in->state, offset, in->what);
	if (in->at == in->end && !in->owed && !r->passing.counter)
		return finish(r, PH_TRACE_WHOLE, offset, NULL);
	return finish(r, PH_TRACE_CUT, offset, "it ends in the middle of a block");
}

/* Whether the file holds nothing but zeros behind the next n bytes. 1, 0, -EINTR. Uses the file up. */
static int only_zeros(struct ph_input *in, size_t n)
{
	int rc;

	ph_input_skip(in, n);
	while ((rc = ph_input_need(in, 1)) == 1) {
		size_t left = (size_t)(in->end - in->at);

		if (in->at[0] || memcmp(in->at, in->at + 1, left - 1) != 0)
			return 0;
		ph_input_skip(in, left);
	}
	return rc < 0 ? rc : 1;
}

/* What stands at b is nothing that can be read. A file system that has lost power leaves zeros where bytes were to come: from known on. */
static int damaged(struct ph_trace_reader *r, const struct block *b, size_t known, const char *what)
{
	uint64_t offset = ph_input_offset(&r->in, b->p);
	int rc;

	rc = only_zeros(&r->in, known);
	if (rc < 0)
		return rc;
	return rc ? finish(r, PH_TRACE_CUT, offset, "it ends in zeros") : finish(r, PH_TRACE_DAMAGED, offset, what);
}

static int no_block(struct ph_trace_reader *r, const struct block *b)
{
	int rc = ph_input_need(&r->in, BLOCK_HEADER + 1);

	if (rc < 0)
		return rc;
	snprintf(r->text, sizeof r->text, "no block begins there (type 0x%x, length %u)", b->type, b->len);
	/* When nothing follows, the length itself has to be made of zeros. */
	return damaged(r, &(struct block){ .p = r->in.at }, rc ? BLOCK_HEADER : BLOCK_HEADER / 2, r->text);
}

/* --- blocks ---------------------------------------------------------------------------------------------------------------- */

static void pass_over(struct ph_trace_reader *r, const struct block *b, uint64_t *counter)
{
	r->passing.offset = ph_input_offset(&r->in, b->p);
	r->passing.counter = counter;
	r->passing.sane = b->info || b->len < BLOCK_MAX;
	ph_input_skip(&r->in, b->len);
}

static void count_passed(struct ph_trace_reader *r)
{
	if (r->passing.counter)
		++*r->passing.counter;
	r->passing.counter = NULL;
}

/* The block that is passed over is not all there. */
static int out_of_passed(struct ph_trace_reader *r)
{
	if (r->passing.sane || r->in.state != PH_TRACE_WHOLE)
		return out_of_bytes(r, r->passing.offset);
	return finish(r, PH_TRACE_DAMAGED, r->passing.offset, "no block begins there (its length is absurd)");
}

/* The header of the next block. 1; 0: the end; -EINTR. */
static int block_header(struct ph_trace_reader *r, struct block *b)
{
	struct ph_input *in = &r->in;
	int rc = ph_input_need(in, BLOCK_HEADER);

	*b = (struct block){ .p = in->at };
	if (rc < 0)
		return rc;
	if (in->owed)
		return out_of_passed(r);
	count_passed(r);
	if (rc == 0)
		return out_of_bytes(r, ph_input_offset(in, in->at));
	b->type = load32(b->p);
	b->len = load32(b->p + 4);
	b->info = ph_block_info(b->type);
	return 1;
}

/* All of a block, which may move. 1; 0: the end; -EINTR. */
static int whole_block(struct ph_trace_reader *r, struct block *b)
{
	int rc = ph_input_need(&r->in, b->len);

	b->p = r->in.at;
	return rc ? rc : out_of_bytes(r, ph_input_offset(&r->in, b->p));
}

/* --- sections ---------------------------------------------------------------------------------------------------------------- */

static bool is_section(const uint8_t *p, char *why, size_t size)
{
	uint32_t magic = load32(p + BLOCK_HEADER);

	if (magic == __builtin_bswap32(PH_SECTION_MAGIC))
		snprintf(why, size, "it was written on a big-endian machine, which cannot be read here");
	else if (magic != PH_SECTION_MAGIC)
		snprintf(why, size, "its section header has the wrong magic number 0x%x", magic);
	else if (load16(p + 12) > MAJOR)
		snprintf(why, size, "its format is version %u.%u, which needs a newer reader", load16(p + 12),
			 load16(p + 14));
	else if (load32(p + 4) < SECTION_MIN)
		snprintf(why, size, "its section header is too short");
	else
		return true;
	return false;
}

static int section(struct ph_trace_reader *r, const struct block *b)
{
	const struct ph_trace_ops *ops = r->head.ops;

	if (!is_section(b->p, r->text, sizeof r->text))
		return damaged(r, b, b->len - sizeof(uint32_t), r->text); /* all but the trailing length */
	r->end.sections++;
	if (ops->section)
		ops->section(r->head.arg, load16(b->p + 12), load16(b->p + 14));
	ph_input_skip(&r->in, b->len);
	return 1;
}

static void head_block(struct ph_trace_reader *r, const struct block *b)
{
	const struct ph_trace_ops *ops = r->head.ops;

	if (ops->block)
		ops->block(r->head.arg, b->info, b->len);
	if (!ph_head_block(&r->head, b->info, b->p + BLOCK_HEADER, b->len - BLOCK_MIN))
		r->end.bad++;
	ph_input_skip(&r->in, b->len);
}

/* --- events ------------------------------------------------------------------------------------------------------------------ */

/*
 * An event block of format 1.2 at p with len bytes, of which the first EVENT_AT + FLAGS_SIZE + sizeof(struct ph_evt_hdr) can be read.
 * false: the event does not fit.
 */
static inline bool event_in_place(const struct ph_input *in, const uint8_t *p, unsigned bit, uint32_t len,
				  struct ph_trace_event *ev)
{
	uint32_t with_flags = (WITH_FLAGS >> bit) & 1, at = EVENT_AT + with_flags * FLAGS_SIZE;
	const struct ph_evt_hdr *hdr = (const struct ph_evt_hdr *)(const void *)(p + at);
	uint32_t event_len = hdr->len;

	/* The trailing length word counts for room although old writers put anything there. */
	if (event_len < sizeof *hdr || (uint64_t)event_len + at + 4 > len)
		return false;
	ev->hdr = hdr;
	ev->offset = ph_input_offset(in, p);
	ev->flags = load32(p + EVENT_AT) & (0 - with_flags);
	ev->cpu = load16(p + BLOCK_HEADER);
	ev->large = (LARGE >> bit) & 1;
	ev->stable = true;
	return true;
}

/* Whether n length words at data and their parameters end just at end. */
static bool fits_count(const uint8_t *data, const uint8_t *end, uint32_t n)
{
	uint64_t used = 2 * (uint64_t)n, room = (uint64_t)(end - data);

	if (used > room)
		return false;
	for (uint32_t i = 0; i < n; i++)
		used += load16(data + (size_t)2 * i);
	return used == room;
}

/*
 * How many parameters an event of version 1 has, which does not say it: its writer knew as many as sysdig 0.29.3 or fewer. -1: no
 * count fits.
 */
static int old_count(const struct ph_event_info *info, const uint8_t *data, const uint8_t *end)
{
	int most = info->nparams_0_29 >= 0 ? info->nparams_0_29 : info->nparams;

	for (int n = most; n >= 0; n--)
		if (fits_count(data, end, (uint32_t)n))
			return n;
	for (int n = most + 1; n <= info->nparams; n++)
		if (fits_count(data, end, (uint32_t)n))
			return n;
	return -1;
}

/* Writers got the length of these two wrong. */
static bool too_long(const struct ph_event_info *info)
{
	return info->code == PH_EV_NOTIFICATION_E || info->code == PH_EV_INFRASTRUCTURE_EVENT_E;
}

static bool old_room(struct ph_trace_reader *r, size_t n)
{
	uint8_t *grown;

	if (n <= r->old_cap)
		return true;
	grown = realloc(r->old, n);
	if (!grown)
		return false;
	r->old = grown;
	r->old_cap = n;
	return true;
}

/* An event of version 1 at at, len bytes with its 22 bytes of header. 1; 0: it is left out, *counter says under what; -ENOMEM. */
static int old_event(struct ph_trace_reader *r, const uint8_t *at, uint32_t len, struct ph_trace_event *ev,
		     uint64_t **counter)
{
	const struct ph_evt_hdr *was = (const struct ph_evt_hdr *)(const void *)at;
	const struct ph_event_info *info = ph_event_info(was->type);
	struct ph_evt_hdr hdr;
	int n;

	*counter = &r->end.skipped;
	if (!info)
		return 0;
	*counter = &r->end.bad;
	n = old_count(info, at + OLD_HDR, at + len);
	if (n < 0 && too_long(info) && len >= OLD_HDR + TOO_LONG_BY) {
		len -= TOO_LONG_BY;
		n = old_count(info, at + OLD_HDR, at + len);
	}
	if (n < 0)
		return 0;
	if (!old_room(r, (size_t)len + sizeof hdr - OLD_HDR))
		return -ENOMEM;
	memcpy(&hdr, at, OLD_HDR);
	hdr.nparams = (uint32_t)n;
	hdr.len = len + (uint32_t)(sizeof hdr - OLD_HDR);
	memcpy(r->old, &hdr, sizeof hdr);
	memcpy(r->old + sizeof hdr, at + OLD_HDR, len - OLD_HDR);
	ev->hdr = (const struct ph_evt_hdr *)(const void *)r->old;
	return 1;
}

static int event_v1(struct ph_trace_reader *r, const struct block *b, struct ph_trace_event *ev, uint64_t **counter)
{
	uint32_t at = EVENT_AT + (b->info->flags ? FLAGS_SIZE : 0), len;

	*counter = &r->end.bad;
	if (b->len < at + OLD_HDR + 4)
		return 0;
	len = load32(b->p + at + offsetof(struct ph_evt_hdr, len));
	if (len < OLD_HDR || (uint64_t)at + len + 4 > b->len)
		return 0;
	ev->offset = ph_input_offset(&r->in, b->p);
	ev->cpu = load16(b->p + BLOCK_HEADER);
	ev->flags = b->info->flags ? load32(b->p + EVENT_AT) : 0;
	ev->large = false;
	ev->stable = false;
	return old_event(r, b->p + at, len, ev, counter);
}

static int event_v2(struct ph_trace_reader *r, const struct block *b, struct ph_trace_event *ev, uint64_t **counter)
{
	*counter = &r->end.bad;
	return b->len >= EVENT_AT + FLAGS_SIZE + sizeof(struct ph_evt_hdr) &&
	       event_in_place(&r->in, b->p, b->type - PH_BC_EVENT, b->len, ev);
}

/* An event block that is all there. 1: *ev is set; 0: it has been left out; -ENOMEM. */
static int event(struct ph_trace_reader *r, const struct block *b, struct ph_trace_event *ev)
{
	uint64_t *counter;
	int rc = (b->info && b->info->version == 1 ? event_v1 : event_v2)(r, b, ev, &counter);

	if (rc < 0)
		return rc;
	if (rc == 0) {
		pass_over(r, b, counter);
		return 0;
	}
	ph_input_skip(&r->in, b->len);
	r->end.events++;
	return 1;
}

/* --- one after the other ------------------------------------------------------------------------------------------------------- */

/* What step() returns beside a negative errno. */
enum {
	STEP_END, /* r->end says why */
	STEP_ON, /* a block has been dealt with */
	STEP_EVENT, /* an event block stands there, all of it */
};

/* Deals with the next block unless it is an event. */
static int step(struct ph_trace_reader *r, struct block *b)
{
	int rc = block_header(r, b);

	if (rc <= 0)
		return rc;
	if (b->len < BLOCK_MIN || b->len % 4)
		return no_block(r, b);
	if (!b->info || (b->len > BLOCK_MAX && r->in.mode != PH_IN_PLACE)) {
		pass_over(r, b, b->info ? &r->end.bad : &r->end.skipped);
		return STEP_ON;
	}
	rc = whole_block(r, b);
	if (rc <= 0)
		return rc;
	if (b->info->kind == PH_BK_EVENT)
		return STEP_EVENT;
	if (b->info->kind == PH_BK_SECTION)
		return section(r, b);
	head_block(r, b);
	return STEP_ON;
}

static __attribute__((noinline)) int next_slowly(struct ph_trace_reader *r, struct ph_trace_event *ev)
{
	struct block b;

	while (r->end.state == PH_TRACE_READING) {
		int rc = step(r, &b);

		if (rc < 0)
			return rc;
		if (rc != STEP_EVENT)
			continue;
		rc = event(r, &b, ev);
		if (rc == -ENOMEM)
			return finish(r, PH_TRACE_FAILED, ph_input_offset(&r->in, b.p), "no memory");
		if (rc == 1)
			return 1;
	}
	return 0;
}

int ph_trace_reader_next(struct ph_trace_reader *r, struct ph_trace_event *ev)
{
	const struct ph_input *in = &r->in;
	const uint8_t *p = in->at;
	size_t left = (size_t)(in->end - p);

	if (__builtin_expect(left >= EVENT_AT + FLAGS_SIZE + sizeof(struct ph_evt_hdr), 1)) {
		uint32_t bit = load32(p) - PH_BC_EVENT, len = load32(p + 4);

		if (__builtin_expect(bit < IN_PLACE_SPAN && (ALL_IN_PLACE >> bit & 1) && len <= left && len % 4 == 0 &&
					     event_in_place(in, p, bit, len, ev),
				     1)) {
			r->in.at = p + len;
			r->end.events++;
			return 1;
		}
	}
	return next_slowly(r, ev);
}

int ph_trace_reader_heads(struct ph_trace_reader *r)
{
	struct block b;
	int rc = STEP_ON;

	while (rc == STEP_ON && r->end.state == PH_TRACE_READING)
		rc = step(r, &b);
	return rc < 0 ? rc : 0;
}

/* --- opening --------------------------------------------------------------------------------------------------------------------- */

/* The file must begin with a section that can be read. 0, or a negative errno with the reason in why; *empty: there is nothing. */
static int check_begin(struct ph_trace_reader *r, char *why, size_t size, bool *empty)
{
	struct ph_input *in = &r->in;
	int rc = ph_input_need(in, SECTION_LOOK);
	size_t left = (size_t)(in->end - in->at);

	*empty = false;
	why[0] = '\0';
	if (rc < 0)
		return rc;
	if (left == 0 && in->state != PH_TRACE_WHOLE) {
		snprintf(why, size, "%s", in->what);
		return in->state == PH_TRACE_FAILED ? -EIO : -EBADMSG;
	}
	*empty = left == 0;
	if (left < 4 || load32(in->at) != PH_BLOCK_SECTION)
		snprintf(why, size, "it does not begin with a section header");
	else if (left < SECTION_LOOK)
		snprintf(why, size, "it ends in its section header");
	else if (is_section(in->at, why, size)) {
		rc = ph_input_need(in, SECTION_MIN);
		if (rc == 0)
			snprintf(why, size, "it ends in its section header");
		return rc < 0 ? rc : rc ? 0 : -EBADMSG;
	}
	return -EBADMSG;
}

/* Takes over what has been opened in r->in. */
static int begin(struct ph_trace_reader **out, struct ph_trace_reader *r, const char *name, char *err, size_t errlen)
{
	static const struct ph_trace_ops nobody;
	char why[96];
	bool empty;
	int rc;

	r->head.ops = &nobody;
	rc = check_begin(r, why, sizeof why, &empty);
	if (rc == 0) {
		*out = r;
		return 0;
	}
	if (rc == -EINTR)
		snprintf(err, errlen, "interrupted before anything came from %s", name);
	else if (rc != -EBADMSG)
		snprintf(err, errlen, "%s: %s", name, why);
	else if (empty)
		snprintf(err, errlen, "%s is empty", name);
	else
		snprintf(err, errlen, "%s is no trace file: %s", name, why);
	ph_trace_reader_close(r);
	return rc;
}

static struct ph_trace_reader *reader_new(char *err, size_t errlen)
{
	struct ph_trace_reader *r = calloc(1, sizeof *r);

	if (!r)
		snprintf(err, errlen, "no memory");
	return r;
}

int ph_trace_reader_open(struct ph_trace_reader **out, const char *path, char *err, size_t errlen)
{
	struct ph_trace_reader *r = reader_new(err, errlen);
	int rc;

	*out = NULL;
	if (!r)
		return -ENOMEM;
	rc = ph_input_open(&r->in, path, err, errlen);
	if (rc < 0) {
		free(r);
		return rc;
	}
	return begin(out, r, strcmp(path, "-") == 0 ? "standard input" : path, err, errlen);
}

int ph_trace_reader_open_memory(struct ph_trace_reader **out, const char *name, const void *data, size_t len,
				size_t chunk, char *err, size_t errlen)
{
	struct ph_trace_reader *r = reader_new(err, errlen);

	*out = NULL;
	if (!r)
		return -ENOMEM;
	ph_input_open_memory(&r->in, data, len, chunk);
	return begin(out, r, name, err, errlen);
}

void ph_trace_reader_close(struct ph_trace_reader *r)
{
	if (!r)
		return;
	ph_input_close(&r->in);
	free(r->old);
	free(r);
}

void ph_trace_reader_moves(struct ph_trace_reader *r, void (*moves)(void *arg), void *arg)
{
	r->in.moves = moves;
	r->in.moves_arg = arg;
}

void ph_trace_reader_ops(struct ph_trace_reader *r, const struct ph_trace_ops *ops, void *arg)
{
	r->head.ops = ops;
	r->head.arg = arg;
}

void ph_trace_reader_end(const struct ph_trace_reader *r, struct ph_trace_end *end)
{
	*end = r->end;
	if (end->state == PH_TRACE_READING)
		end->offset = ph_input_offset(&r->in, r->in.at);
}

void ph_trace_reader_progress(const struct ph_trace_reader *r, uint64_t *done, uint64_t *size)
{
	*done = ph_input_done(&r->in);
	*size = r->in.size;
}

bool ph_trace_reader_compressed(const struct ph_trace_reader *r)
{
	return r->in.compressed;
}
