/* SPDX-License-Identifier: Apache-2.0 */
/* Folds enter and exit events into one (fold.h). Called by the file source for every event that somebody may want. */
#include "collector/trace/fold.h"

#include <stdlib.h>

#define FIRST_SLOTS 1024u /* a power of two */
#define MAX_SLOTS (1u << 20) /* threads whose enters are kept; a file that names more loses the pairs of the rest */
#define MAX_COPIED (128u << 20) /* bytes of enters that are kept as copies, likewise */
#define NONE (-1)

/* The enter that a thread's next exit belongs to. */
struct waiting {
	int64_t tid;
	const struct ph_evt_hdr *hdr; /* NULL: none */
	uint8_t *copy; /* what hdr points to when blocks do not stay; of cap bytes */
	uint32_t cap;
	uint16_t cpu;
	uint16_t skip; /* the exit of this code is a double; 0: none (no exit has code 0) */
	bool large, used;
};

/* How the newest form of an exit is made: parameter i from parameter x[i] of the exit or else e[i] of the enter. */
struct plan {
	const struct ph_event_info *newest; /* NULL: not worked out yet */
	const struct ph_event_info *enter; /* NULL: it has none */
	uint16_t carried_by; /* code of the old exit that follows the own form in pairs; 0: none */
	bool syscall, same; /* same: the code stays */
	int8_t x[PH_EVENT_MAX_PARAMS], e[PH_EVENT_MAX_PARAMS];
};

struct ph_fold {
	struct waiting *slots;
	uint32_t cap, used;
	size_t copied; /* bytes of all copies */
	struct waiting *last;
	struct plan *plans; /* by row of events.def */
	uint8_t spare[8]; /* a parameter that had to be taken apart */
};

/* --- who waits --- */

static uint32_t home_of(int64_t tid, uint32_t cap)
{
	return (uint32_t)(((uint64_t)tid * 0x9e3779b97f4a7c15u) >> 32) & (cap - 1);
}

static struct waiting *find(struct waiting *slots, uint32_t cap, int64_t tid)
{
	uint32_t i = home_of(tid, cap);

	while (slots[i].used && slots[i].tid != tid)
		i = (i + 1) & (cap - 1);
	return &slots[i];
}

static bool grow(struct ph_fold *f)
{
	uint32_t cap = f->cap * 2;
	struct waiting *slots = cap <= MAX_SLOTS ? calloc(cap, sizeof(*slots)) : NULL;

	if (!slots)
		return false;
	for (uint32_t i = 0; i < f->cap; i++)
		if (f->slots[i].used)
			*find(slots, cap, f->slots[i].tid) = f->slots[i];
	free(f->slots);
	f->slots = slots;
	f->cap = cap;
	return true;
}

static struct waiting *slot_of(struct ph_fold *f, int64_t tid)
{
	struct waiting *w = f->last;

	if (w && w->tid == tid)
		return w;
	w = find(f->slots, f->cap, tid);
	if (!w->used) {
		if (f->used * 2 >= f->cap) {
			if (!grow(f))
				return NULL;
			w = find(f->slots, f->cap, tid);
		}
		w->used = true;
		w->tid = tid;
		f->used++;
	}
	return f->last = w;
}

static void copy(struct ph_fold *f, struct waiting *w)
{
	const struct ph_evt_hdr *hdr = w->hdr;

	w->hdr = NULL;
	if (w->cap < hdr->len) {
		uint32_t cap = (hdr->len + 255) & ~255u;
		uint8_t *more = cap >= hdr->len && f->copied + cap <= MAX_COPIED ? realloc(w->copy, cap) : NULL;

		if (!more)
			return;
		f->copied += cap - w->cap;
		w->copy = more;
		w->cap = cap;
	}
	memcpy(w->copy, hdr, hdr->len);
	w->hdr = (const struct ph_evt_hdr *)w->copy;
}

void ph_fold_keep(struct ph_fold *f, const struct ph_evt_hdr *hdr, uint16_t cpu, bool large, bool stable)
{
	struct waiting *w = slot_of(f, hdr->tid);

	if (!w)
		return;
	w->cpu = cpu;
	w->large = large;
	w->hdr = hdr;
	if (!stable)
		copy(f, w);
}

const struct ph_evt_hdr *ph_fold_waiting(struct ph_fold *f, int64_t tid, uint16_t code)
{
	struct waiting *w = slot_of(f, tid);

	return w && w->hdr && w->hdr->type == code && !w->large ? w->hdr : NULL;
}

void ph_fold_rescue(struct ph_fold *f)
{
	for (uint32_t i = 0; i < f->cap; i++)
		if (f->slots[i].hdr && f->slots[i].hdr != (const struct ph_evt_hdr *)f->slots[i].copy)
			copy(f, &f->slots[i]);
}

/* --- plans --- */

static int8_t index_of(const struct ph_event_info *info, const char *name)
{
	return info ? (int8_t)ph_event_param_index(info, name, strlen(name)) : NONE;
}

/* A parameter's bytes mean the same there: the width is, and an enumeration stays what it is. */
static bool same_width(const struct ph_event_info *a, int i, const struct ph_event_info *b, int j)
{
	return ph_param_type_size(a->params[i].type) == ph_param_type_size(b->params[j].type) ||
	       a->params[i].type == PH_PT_DYN;
}

static void make_plan(struct plan *p, const struct ph_event_info *info)
{
	const struct ph_event_info *newest = ph_event_newest(info);
	const struct ph_event_info *enter = PH_IS_EXIT(info->code) ? ph_event_info(info->code - 1u) : NULL;
	struct ph_carrier carrier;

	p->syscall = info->category & PH_C_SYSCALL;
	p->enter = p->syscall && enter && !(enter->flags & PH_EF_UNUSED) ? enter : NULL;
	p->same = newest == info;
	p->carried_by = ph_event_carrier(info, &carrier) && !carrier.whole ? carrier.old->code : 0;
	for (int i = 0; i < newest->nparams && i < PH_EVENT_MAX_PARAMS; i++) {
		const char *from = ph_event_param_source(newest, i);

		p->x[i] = index_of(info, newest->params[i].name);
		if (p->x[i] == NONE)
			p->x[i] = index_of(info, from);
		p->e[i] = index_of(p->enter, newest->params[i].name);
		if (p->e[i] == NONE)
			p->e[i] = index_of(p->enter, from);
		if (p->x[i] != NONE && !same_width(info, p->x[i], newest, i))
			p->x[i] = NONE;
		if (p->e[i] != NONE && !same_width(p->enter, p->e[i], newest, i) &&
		    ph_param_type_size(p->enter->params[p->e[i]].type) < ph_param_type_size(newest->params[i].type))
			p->e[i] = NONE; /* wider ones are read from their low bytes: all numbers are little-endian */
	}
	p->newest = newest;
}

static const struct plan *plan_of(struct ph_fold *f, const struct ph_event_info *info)
{
	struct plan *p = &f->plans[info - ph_event_row(0)];

	if (!p->newest)
		make_plan(p, info);
	return p;
}

/* --- making --- */

struct ph_fold *ph_fold_new(void)
{
	struct ph_fold *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->cap = FIRST_SLOTS;
	f->slots = calloc(f->cap, sizeof(*f->slots));
	f->plans = calloc(ph_event_count(), sizeof(*f->plans));
	if (f->slots && f->plans)
		return f;
	ph_fold_free(f);
	return NULL;
}

void ph_fold_reset(struct ph_fold *f)
{
	for (uint32_t i = 0; f->slots && i < f->cap; i++)
		free(f->slots[i].copy);
	if (f->slots)
		memset(f->slots, 0, f->cap * sizeof(*f->slots));
	f->used = 0;
	f->copied = 0;
	f->last = NULL;
}

void ph_fold_free(struct ph_fold *f)
{
	if (!f)
		return;
	ph_fold_reset(f);
	free(f->slots);
	free(f->plans);
	free(f);
}

/* --- folding --- */

/* The bytes of a DYN parameter behind its index, which is what the newest form has. */
static struct ph_param undyn(struct ph_fold *f, struct ph_param p)
{
	if (p.len < 2)
		return (struct ph_param){ 0 };
	memset(f->spare, 0, sizeof(f->spare));
	memcpy(f->spare, p.data + 1, p.len - 1 < sizeof(f->spare) ? p.len - 1 : sizeof(f->spare));
	return (struct ph_param){ f->spare, sizeof(f->spare) };
}

/* Exits that say little of what they were asked to do take it from the enter. */
static void fill(struct ph_fold *f, struct ph_event *ev, const struct plan *p, const struct ph_event *enter)
{
	const struct ph_event_info *newest = p->newest;
	struct ph_param from[PH_EVENT_MAX_PARAMS];
	int had = ev->nparams, max = newest->nparams < PH_EVENT_MAX_PARAMS ? newest->nparams : PH_EVENT_MAX_PARAMS;

	if (!p->same)
		memcpy(from, ev->params, (size_t)had * sizeof(from[0]));
	for (int i = p->same ? had : 0; i < max; i++) {
		int x = p->same ? NONE : p->x[i], e = p->e[i];
		struct ph_param got = { 0 };

		if (x != NONE && x < had)
			got = ev->info->params[x].type == PH_PT_DYN && newest->params[i].type != PH_PT_DYN ?
				      undyn(f, from[x]) :
				      from[x];
		else if (e != NONE && enter && e < enter->nparams)
			got = enter->params[e];
		ev->params[i] = got;
	}
	ev->nparams = (uint16_t)max; /* what nobody told is empty, as in what newer writers make of it */
	ev->info = newest;
	ev->type = newest->code;
	ev->block |= PH_EB_FILLED;
	ph_event_find_res(ev);
}

static enum ph_folded fold_exit(struct ph_fold *f, struct ph_event *ev, const struct plan *p)
{
	struct waiting *w = slot_of(f, ev->tid);
	const struct ph_evt_hdr *hdr;
	struct ph_event enter = { .nparams = 0 };
	bool shadow = ev->hdr->type != ev->type || ev->type >= PH_EV_OWN_FIRST, whole;

	if (w && w->skip) {
		bool twice = w->skip == ev->type && !shadow;

		w->skip = 0;
		if (twice) {
			w->hdr = NULL;
			return PH_FOLD_DOUBLE;
		}
	}
	hdr = w ? w->hdr : NULL;
	if (shadow && p->carried_by && w)
		w->skip = p->carried_by;
	/* in front of the own form stands the old one's enter */
	if (hdr && !(p->enter && hdr->type == p->enter->code) &&
	    !(shadow && p->carried_by && hdr->type == p->carried_by - 1))
		hdr = NULL;
	if (w)
		w->hdr = NULL;
	if (hdr) {
		ev->enter = hdr;
		ev->enter_ts = hdr->ts_ns;
	}
	whole = p->same && ev->nparams >= p->newest->nparams;
	if (shadow && p->carried_by) /* pairs say it in other words: whoever writes it on makes them anew */
		ev->block |= PH_EB_FILLED;
	if (whole || shadow)
		return PH_FOLD_EVENT;
	if (hdr && ph_event_decode_as(&enter, hdr, p->enter, w->large) != 0)
		enter.nparams = 0;
	fill(f, ev, p, &enter);
	return PH_FOLD_EVENT;
}

/* The thread has ended: what it waited for never comes. */
static void forget(struct ph_fold *f, int64_t tid)
{
	struct waiting *w = find(f->slots, f->cap, tid);

	if (w->used)
		w->hdr = NULL;
}

enum ph_folded ph_fold_event(struct ph_fold *f, struct ph_event *ev, bool stable)
{
	const struct plan *p = plan_of(f, ev->info);

	if (!p->syscall) {
		if (p->newest->code == PH_EV_PROCEXIT_1_E)
			forget(f, ev->tid);
		if (!p->same)
			fill(f, ev, p, NULL);
		return PH_FOLD_EVENT;
	}
	if (PH_IS_EXIT(ev->type))
		return fold_exit(f, ev, p);
	ph_fold_keep(f, ev->hdr, ev->cpu, ev->block & PH_EB_LARGE, stable);
	return PH_FOLD_ENTER;
}

void ph_fold_each_waiting(struct ph_fold *f, void (*each)(void *arg, const struct ph_evt_hdr *enter, uint16_t cpu),
			  void *arg)
{
	for (uint32_t i = 0; i < f->cap; i++)
		if (f->slots[i].used && f->slots[i].hdr)
			each(arg, f->slots[i].hdr, f->slots[i].cpu);
}
