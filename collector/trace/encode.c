/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events to the blocks of a trace file (encode.h). What is to be done for each kind of event is worked out once, from
 * events.def and versions.def, so that nothing is looked for when an event comes.
 *
 * Who calls it: the writer and the recorder, with every event.
 */
#include "collector/trace/encode.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include "collector/redact/redact.h"

#define LEN16_MAX 0xffffu
#define SLACK 1024u /* of all that is in a block beside the event's own bytes: defaults, block headers, padding */
#define NOT_THERE "<NA>"
#define ID_0_29_MAX \
	328u /* sysdig 0.29.3 looks a system call's number up unchecked, and dies of one that it has no name for */

enum fill_how {
	FILL_COPY,
	FILL_CALL, /* a system call's number, 0 (unknown) where an old reader is to take it and does not know it */
	FILL_WIDTH, /* a number of another width */
	FILL_DYN, /* a number as a value of type DYN: its index in front */
	FILL_ID, /* the call's number in files */
	FILL_NATIVE, /* the call's number here */
};

enum fill_absent { ABSENT_ZERO, ABSENT_MINUS_1, ABSENT_NA, ABSENT_EMPTY };

/* Where a parameter of a block comes from that is made of the event's parameters. */
struct fill {
	int8_t from; /* -1: the event has none like it */
	uint8_t size; /* bytes; 0: as many as there are */
	uint8_t from_size;
	uint8_t how, absent;
	bool is_signed; /* the number that is widened */
};

struct form {
	bool exists;
	uint16_t code;
	uint8_t n;
	struct fill fills[PH_EVENT_MAX_PARAMS];
};

/* How an event of a row is written. */
struct plan {
	bool is_enter; /* of a system call */
	bool forks; /* returns twice */
	bool carried; /* in pairs `exit` stands for it */
	bool shadow; /* .. and says less */
	uint16_t shadow_code;
	uint16_t id, native; /* of the call, when the event does not tell the row */
	uint32_t payload; /* bits of the parameters that are data */
	struct form enter, exit;
};

enum {
#define EVENT(...) +1
	ROWS = 0
#include "porthole/events.def"
};

static struct plan plans[ROWS]; /* in the order of the table; constant once made */
static pthread_once_t plans_once = PTHREAD_ONCE_INIT;

/* --- bytes ---------------------------------------------------------------------------------------------------------- */

void ph_bytes_fini(struct ph_bytes *b)
{
	free(b->data);
	*b = (struct ph_bytes){ 0 };
}

void *ph_bytes_grow(struct ph_bytes *b, size_t n)
{
	size_t cap = b->cap ? b->cap : 4096;
	void *at;

	if (n > SIZE_MAX / 4 || b->len > SIZE_MAX / 4) {
		b->failed = true;
		return NULL;
	}
	while (cap - b->len < n)
		cap *= 2;
	if (cap != b->cap) {
		uint8_t *data = realloc(b->data, cap);

		if (!data) {
			b->failed = true;
			return NULL;
		}
		b->data = data;
		b->cap = cap;
	}
	at = b->data + b->len;
	b->len += n;
	return at;
}

void ph_bytes_add(struct ph_bytes *b, const void *data, size_t n)
{
	void *at = ph_bytes_grow(b, n);

	if (at && n)
		memcpy(at, data, n);
}

/* --- plans ---------------------------------------------------------------------------------------------------------- */

static bool is_text(unsigned type)
{
	return type == PH_PT_CHARBUF || type == PH_PT_FSPATH || type == PH_PT_FSRELPATH;
}

static bool is_signed(unsigned type)
{
	return (type >= PH_PT_INT8 && type <= PH_PT_INT64) || type == PH_PT_ERRNO || type == PH_PT_FD ||
	       type == PH_PT_PID || type == PH_PT_FD32 || type == PH_PT_PID32;
}

static enum fill_absent absent_of(unsigned type, bool enter)
{
	if (type == PH_PT_FD || type == PH_PT_PID || type == PH_PT_FD32 || type == PH_PT_PID32)
		return ABSENT_MINUS_1;
	if (ph_param_type_size(type))
		return ABSENT_ZERO;
	return enter && is_text(type) ? ABSENT_NA : ABSENT_EMPTY;
}

/* Parameters of one name whose values have different names are different things (flags of execveat and of the exec it makes). */
static bool same_values(const struct ph_param_info *a, const struct ph_param_info *b)
{
	return !a->flags || !b->flags || a->flags == b->flags;
}

static void plan_fill(struct fill *f, const struct ph_event_info *to, int i, const struct ph_event_info *from)
{
	const struct ph_param_info *p = &to->params[i], *src;
	const char *name = ph_event_param_source(to, i);
	int at = ph_event_param_index(from, name, strlen(name));

	*f = (struct fill){ .from = -1, .size = (uint8_t)ph_param_type_size(p->type) };
	f->absent = (uint8_t)absent_of(p->type, !PH_IS_EXIT(to->code));
	if (at < 0 && (to->code == PH_EV_GENERIC_E || to->code == PH_EV_GENERIC_X)) {
		f->how = p->type == PH_PT_SYSCALLID ? FILL_ID : FILL_NATIVE;
		return;
	}
	if (at < 0 || !same_values(p, &from->params[at]))
		return;
	src = &from->params[at];
	f->from = (int8_t)at;
	f->from_size = (uint8_t)ph_param_type_size(src->type);
	f->is_signed = is_signed(src->type);
	if (p->type == PH_PT_SYSCALLID)
		f->how = FILL_CALL;
	else if (p->type == PH_PT_DYN && f->from_size)
		f->how = FILL_DYN;
	else if (f->size && f->size <= 8 && f->from_size && f->from_size <= 8 && f->size != f->from_size)
		f->how = FILL_WIDTH;
	else if (f->size != f->from_size)
		f->from = -1;
}

static void plan_form(struct form *form, const struct ph_event_info *to, int n, const struct ph_event_info *from)
{
	form->exists = true;
	form->code = to->code;
	form->n = (uint8_t)n;
	for (int i = 0; i < n; i++)
		plan_fill(&form->fills[i], to, i, from);
}

static uint16_t native_number(const struct ph_syscall_info *sc)
{
#if defined(__aarch64__)
	return (uint16_t)sc->arm64;
#else
	return (uint16_t)sc->x86_64;
#endif
}

static uint32_t payload_params(const struct ph_event_info *info)
{
	uint32_t mask = 0;

	for (int i = 0; PH_IS_EXIT(info->code) && i < info->nparams; i++)
		if (info->params[i].type == PH_PT_BYTEBUF &&
		    (!strcmp(info->params[i].name, "data") || !strcmp(info->params[i].name, "msgcontrol")))
			mask |= 1u << i;
	return mask;
}

static void plan_event(struct plan *p, const struct ph_event_info *info)
{
	const struct ph_event_info *exit = info, *enter;
	const struct ph_syscall_info *sc;
	struct ph_carrier c;

	p->payload = payload_params(info);
	p->is_enter = (info->category & PH_C_SYSCALL) && !PH_IS_EXIT(info->code);
	p->forks = ph_event_forks(info);
	if (!(info->category & PH_C_SYSCALL) || !PH_IS_EXIT(info->code))
		return;
	if (ph_event_carrier(info, &c)) {
		exit = c.old;
		p->carried = true;
		p->shadow = !c.whole;
		p->shadow_code = info->code < PH_EV_OWN_FIRST ? info->code | PH_EV_SHADOW : info->code;
		plan_form(&p->exit, exit, c.nparams, info);
		sc = ph_syscall_by_name(info->name);
		p->id = sc ? sc->id : 0;
		p->native = sc ? native_number(sc) : 0;
	}
	enter = ph_event_info(exit->code - 1u);
	if (enter && (enter->category & PH_C_SYSCALL) && !(enter->flags & PH_EF_UNUSED))
		plan_form(&p->enter, enter, enter->nparams, info);
}

static void plan_all(void)
{
	for (size_t i = 0; i < ROWS; i++)
		plan_event(&plans[i], ph_event_row(i));
}

static const struct plan *plan_of(const struct ph_event_info *info)
{
	pthread_once(&plans_once, plan_all);
	return &plans[info - ph_event_row(0)];
}

/* --- blocks --------------------------------------------------------------------------------------------------------- */

/* What is being written: one event. */
struct job {
	const struct ph_event *ev;
	const struct ph_encode_opts *opts;
	const struct plan *plan;
	bool hidden;
	uint8_t *at; /* where the next block begins */
};

static inline void put32(uint8_t *to, uint32_t v)
{
	memcpy(to, &v, 4);
}

/* Returns where the event's header stands. */
static inline uint8_t *block_begin(const struct job *j, bool large)
{
	uint8_t *to = j->at;

	memcpy(to + 8, &j->ev->cpu, 2);
	if (!j->hidden) {
		put32(to, large ? PH_BC_EVENT_LARGE : PH_BC_EVENT);
		return to + 10;
	}
	put32(to, large ? PH_BC_EVENT_FLAGS_LARGE : PH_BC_EVENT_FLAGS);
	put32(to + 10, PH_BLOCK_FLAG_HIDDEN);
	return to + 14;
}

static inline void block_end(struct job *j, const uint8_t *evt, const struct ph_event_info *info, uint32_t len,
			     bool large)
{
	uint8_t *to = j->at, *end = j->at + (evt - j->at) + len;
	uint32_t pad = -(uint32_t)(end - to) & 3u, total = (uint32_t)(end - to) + pad + 4;

	if (__builtin_expect(j->opts->redact, 0) && info)
		ph_redact_event(to + (evt - to), info, large);
	memset(end, 0, 4);
	put32(to + 4, total);
	put32(end + pad, total);
	j->at = to + total;
}

static void set_header(uint8_t *evt, const struct ph_event *ev, uint64_t ts, unsigned code, uint32_t nparams,
		       uint32_t len)
{
	struct ph_evt_hdr hdr = { .ts_ns = ts, .tid = ev->tid, .len = len, .type = (uint16_t)code, .nparams = nparams };

	memcpy(evt, &hdr, sizeof hdr);
}

/* Takes the bytes of some parameters out of a block; their lengths become 0. Returns its length then. */
static uint32_t strip(uint8_t *evt, uint32_t len, uint32_t nparams, uint32_t mask, bool large)
{
	uint32_t width = large ? 4 : 2, drop = 0;
	uint8_t *lens = evt + sizeof(struct ph_evt_hdr), *data = lens + (size_t)nparams * width;

	for (uint32_t i = 0; i < nparams; i++) {
		uint32_t n = 0;

		memcpy(&n, lens + (size_t)i * width, width);
		if (i < 32 && (mask >> i & 1)) {
			memset(lens + (size_t)i * width, 0, width);
			drop += n;
		} else if (drop) {
			memmove(data - drop, data, n);
		}
		data += n;
	}
	len -= drop;
	memcpy(evt + offsetof(struct ph_evt_hdr, len), &len, 4);
	return len;
}

/* The block as it came, but for its code. */
static inline void put_copy(struct job *j, const struct ph_evt_hdr *hdr, const struct ph_event_info *info,
			    uint16_t code, bool large)
{
	uint8_t *evt = block_begin(j, large);
	uint32_t len = hdr->len, payload;

	memcpy(evt, hdr, len);
	memcpy(evt + offsetof(struct ph_evt_hdr, type), &code, 2);
	if (__builtin_expect(j->opts->no_payload, 0) && info && (payload = plan_of(info)->payload) != 0)
		len = strip(evt, len, hdr->nparams, payload, large);
	block_end(j, evt, info, len, large);
}

/* The event's newest form, made of its parameters. */
static void put_params(struct job *j, uint16_t code)
{
	const struct ph_event *ev = j->ev;
	bool large = ev->info->flags & PH_EF_LARGE_PAYLOAD;
	uint32_t n = ev->info->nparams, width = large ? 4 : 2, max = large ? UINT32_MAX : LEN16_MAX;
	uint32_t payload = j->opts->no_payload ? j->plan->payload : 0;
	uint8_t *evt = block_begin(j, large), *lens = evt + sizeof(struct ph_evt_hdr), *data = lens + n * width;

	for (uint32_t i = 0; i < n; i++) {
		uint32_t len = i < ev->nparams && !(payload >> i & 1) ? ev->params[i].len : 0;

		if (len > max)
			len = max;
		memcpy(lens + i * width, &len, width);
		if (len)
			memcpy(data, ev->params[i].data, len);
		data += len;
	}
	set_header(evt, ev, ev->ts, code, n, (uint32_t)(data - evt));
	block_end(j, evt, ev->info, (uint32_t)(data - evt), large);
}

static uint16_t call_number(const struct job *j, enum fill_how how)
{
	const struct ph_syscall_info *sc = ph_syscall_row(j->ev->syscall);

	if (!sc)
		return how == FILL_ID ? j->plan->id : j->plan->native;
	return how == FILL_ID ? sc->id : native_number(sc);
}

static uint64_t number(const struct fill *f, const struct ph_param *p)
{
	uint64_t v = 0;

	memcpy(&v, p->data, f->from_size);
	if (f->is_signed && f->from_size < 8 && (v >> (8 * f->from_size - 1)))
		v |= UINT64_MAX << (8 * f->from_size);
	return v;
}

static uint32_t fill_default(uint8_t *to, const struct fill *f)
{
	switch (f->absent) {
	case ABSENT_MINUS_1:
		memset(to, 0xff, f->size);
		return f->size;
	case ABSENT_ZERO:
		memset(to, 0, f->size);
		return f->size;
	case ABSENT_NA:
		memcpy(to, NOT_THERE, sizeof NOT_THERE);
		return sizeof NOT_THERE;
	}
	return 0;
}

static uint32_t fill_converted(uint8_t *to, const struct job *j, const struct fill *f, const struct ph_param *p)
{
	uint64_t v;
	uint16_t id;

	switch (f->how) {
	case FILL_CALL:
	case FILL_ID:
	case FILL_NATIVE:
		id = f->how == FILL_CALL ? (uint16_t)number(f, p) : call_number(j, f->how);
		if (f->how != FILL_NATIVE && id > ID_0_29_MAX && !j->opts->exit_only)
			id = 0;
		memcpy(to, &id, 2);
		return 2;
	case FILL_DYN:
		to[0] = 0;
		v = number(f, p);
		memcpy(to + 1, &v, 8);
		return 9;
	}
	v = number(f, p);
	memcpy(to, &v, f->size);
	return f->size;
}

static inline uint32_t fill(uint8_t *to, const struct job *j, const struct fill *f)
{
	const struct ph_param *p = NULL;

	if (f->from >= 0) {
		if (f->from < j->ev->nparams && j->ev->params[f->from].len > 0 &&
		    j->ev->params[f->from].len >= f->from_size)
			p = &j->ev->params[f->from];
	} else if (f->how >= FILL_ID) {
		return fill_converted(to, j, f, NULL);
	}
	if (!p)
		return fill_default(to, f);
	if (f->how != FILL_COPY)
		return fill_converted(to, j, f, p);
	if (f->size == 8) {
		memcpy(to, p->data, 8);
		return 8;
	}
	if (f->size) {
		memcpy(to, p->data, f->size);
		return f->size;
	}
	memcpy(to, p->data, p->len < LEN16_MAX ? p->len : LEN16_MAX);
	return p->len < LEN16_MAX ? p->len : LEN16_MAX;
}

static void put_form(struct job *j, const struct form *form, uint64_t ts)
{
	uint8_t *evt = block_begin(j, false), *lens = evt + sizeof(struct ph_evt_hdr), *data = lens + 2u * form->n;

	for (int i = 0; i < form->n; i++) {
		uint32_t len = fill(data, j, &form->fills[i]);

		memcpy(lens + 2 * i, &len, 2);
		data += len;
	}
	set_header(evt, j->ev, ts, form->code, form->n, (uint32_t)(data - evt));
	block_end(j, evt, j->opts->redact ? ph_event_info(form->code) : NULL, (uint32_t)(data - evt), false);
}

/* --- events --------------------------------------------------------------------------------------------------------- */

/* The block that the event came in is one of its newest form, whole or with fewer parameters. */
static bool is_own_form(const struct ph_event *ev, bool whole)
{
	const struct ph_event_info *info = ev->info;
	bool large = info->flags & PH_EF_LARGE_PAYLOAD;

	if ((ev->block & PH_EB_FILLED) || large != !!(ev->block & PH_EB_LARGE))
		return false;
	if (ev->hdr->type != info->code && ev->hdr->type != (info->code | PH_EV_SHADOW))
		return false;
	return whole ? ev->hdr->nparams == info->nparams : ev->hdr->nparams <= info->nparams;
}

static void put_newest(struct job *j, uint16_t code, bool whole)
{
	const struct ph_event *ev = j->ev;

	if (__builtin_expect(is_own_form(ev, whole), 1))
		put_copy(j, ev->hdr, ev->info, code, ev->info->flags & PH_EF_LARGE_PAYLOAD);
	else
		put_params(j, code);
}

/*
 * A child begins in the middle of a call that its parent made: readers that meet an enter first take the child for a thread that they
 * have missed. What was handed out apart has had its enter before, or the file has none.
 */
static bool has_enter(const struct job *j)
{
	if (j->plan->forks && j->ev->has_res && j->ev->res == 0)
		return false;
	return !(j->opts->as_read && (j->ev->block & PH_EB_RAW));
}

static void put_live(struct job *j)
{
	const struct ph_event *ev = j->ev;
	const struct plan *p = j->plan;
	bool pair = !j->opts->exit_only && p->enter.exists;
	/* GENERIC_X of the table has more parameters than others expect of it. */
	bool stands_in = p->carried && (pair || ev->type == PH_EV_GENERIC_X);

	if (pair && has_enter(j))
		put_form(j, &p->enter, ev->enter_ts && ev->enter_ts < ev->ts ? ev->enter_ts : ev->ts);
	if (!stands_in) {
		put_newest(j, ev->type, PH_IS_EXIT(ev->type));
		return;
	}
	if (p->shadow)
		put_newest(j, p->shadow_code, false);
	put_form(j, &p->exit, ev->ts);
}

/* Whether the length words of a block that has been checked are wide: those of its enter are not told. */
static bool is_large(const struct ph_evt_hdr *hdr)
{
	const uint8_t *lens = (const uint8_t *)hdr + sizeof *hdr;
	uint64_t used = sizeof *hdr + 2ull * hdr->nparams;

	if (used > hdr->len)
		return false;
	for (uint32_t i = 0; i < hdr->nparams; i++) {
		uint16_t len;

		memcpy(&len, lens + 2ull * i, 2);
		used += len;
	}
	return used != hdr->len && sizeof *hdr + 4ull * hdr->nparams <= hdr->len;
}

static void put_block(struct job *j, const struct ph_evt_hdr *hdr, bool large)
{
	const struct ph_event_info *info = ph_event_info(hdr->type);

	put_copy(j, hdr, info ? info : ph_event_info(hdr->type & ~(unsigned)PH_EV_SHADOW), hdr->type, large);
}

/* An enter that waited for its exit may never have been decoded: its length words are looked at here for the first time. */
static void put_enter(struct job *j, const struct ph_evt_hdr *enter)
{
	const struct ph_event_info *info = ph_event_info(enter->type);
	bool large = is_large(enter);
	struct ph_event ev;

	if (info && ph_event_decode_as(&ev, enter, info, large) == 0)
		put_block(j, enter, large);
}

/* In pairs a file's own blocks say all that it knew, filled or not. */
static void put_as_read(struct job *j)
{
	const struct ph_event *ev = j->ev;

	if (j->opts->exit_only && (ev->block & PH_EB_FILLED)) {
		put_live(j);
		return;
	}
	if (!j->opts->exit_only && ev->enter)
		put_enter(j, ev->enter);
	put_block(j, ev->hdr, ev->block & PH_EB_LARGE);
}

size_t ph_encode_enter_max(const struct ph_evt_hdr *enter)
{
	return enter->len + SLACK;
}

size_t ph_encode_enter(uint8_t *to, const struct ph_evt_hdr *enter, uint16_t cpu, const struct ph_encode_opts *opts)
{
	const struct ph_event_info *info = ph_event_info(enter->type);
	const struct ph_event ev = { .hdr = enter, .info = info, .cpu = cpu };
	struct job j = { .ev = &ev, .opts = opts, .hidden = true, .at = to };

	if (!info)
		return 0;
	j.plan = plan_of(info);
	put_enter(&j, enter);
	return (size_t)(j.at - to);
}

size_t ph_encode_block_max(const struct ph_evt_hdr *hdr)
{
	return hdr->len + SLACK;
}

size_t ph_encode_block(uint8_t *to, const struct ph_evt_hdr *hdr, uint16_t cpu, uint32_t flags, bool large)
{
	static const struct ph_encode_opts as_it_is = { 0 };
	const struct ph_event ev = { .hdr = hdr, .cpu = cpu };
	struct job j = { .ev = &ev, .opts = &as_it_is, .hidden = flags & PH_BLOCK_FLAG_HIDDEN, .at = to };
	uint8_t *evt = block_begin(&j, large);

	memcpy(evt, hdr, hdr->len);
	block_end(&j, evt, NULL, hdr->len, large);
	return (size_t)(j.at - to);
}

size_t ph_encode_event_max(const struct ph_event *ev)
{
	return 3 * ((size_t)ev->hdr->len + (ev->enter ? ev->enter->len : 0)) + SLACK;
}

size_t ph_encode_event(uint8_t *to, const struct ph_event *ev, bool hidden, const struct ph_encode_opts *opts)
{
	struct job j = { .ev = ev, .opts = opts, .plan = plan_of(ev->info), .hidden = hidden, .at = to };
	bool shadow = (j.plan->carried && j.plan->shadow_code == ev->hdr->type);

	/* A live capture's enters are made of the exits, which will say all. */
	if (j.plan->is_enter && (opts->exit_only || !opts->as_read))
		return 0;
	if (opts->as_read && !shadow)
		put_as_read(&j);
	else
		put_live(&j);
	return (size_t)(j.at - to);
}
