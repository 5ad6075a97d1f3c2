/* SPDX-License-Identifier: Apache-2.0 */
/* The state engine's frame: its tables of handlers, and what happens to every event before and after its consumers. */
#include "collector/state/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static const char *const param_names[P_COUNT] = {
#define X(n) #n,
	STATE_PARAMS(X)
#undef X
};

/* --- making ---------------------------------------------------------------------------------------------------------------- */

static bool is_fd_type(unsigned type)
{
	return type == PH_PT_FD || type == PH_PT_FD32;
}

/* The descriptor that an event works on: "fd", else the first one that is not the result. */
static int8_t fd_param(const struct ph_state *st, const struct ph_event_info *info)
{
	int i = ph_event_param_index(info, "fd", 2);

	if (!ph_event_uses_fd(info, st->pairs))
		return -1;
	if (i >= 0 && is_fd_type(info->params[i].type))
		return (int8_t)i;
	for (i = PH_IS_EXIT(info->code) ? 1 : 0; i < info->nparams; i++)
		if (is_fd_type(info->params[i].type))
			return (int8_t)i;
	return -1;
}

static void add_handlers(struct ph_state *st, const struct handler *h, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct ph_event_info *info = ph_event_info(h[i].code);

		if (info)
			st->rows[info - ph_event_row(0)].h = &h[i];
	}
}

static int make_rows(struct ph_state *st)
{
	st->nrows = ph_event_count();
	st->rows = calloc(st->nrows, sizeof(*st->rows));
	if (!st->rows)
		return -ENOMEM;
	for (size_t i = 0; i < st->nrows; i++) {
		const struct ph_event_info *info = ph_event_row(i);
		struct row *r = &st->rows[i];

		r->fd = fd_param(st, info);
		r->result_is_fd = PH_IS_EXIT(info->code) && (info->flags & PH_EF_CREATES_FD);
		r->is_exit = PH_IS_EXIT(info->code) && (info->category & PH_C_SYSCALL);
		r->is_fork = r->is_exit && ph_event_forks(info);
		r->is_switch = info->code == PH_EV_SCHEDSWITCH_6_E;
		r->is_procinfo = info->code == PH_EV_PROCINFO_E;
		r->no_thread = r->is_switch || (info->code >= PH_EV_OWN_FIRST && !(info->category & PH_C_SYSCALL)) ||
			       (info->category & PH_C_METAEVENT);
		for (int p = 0; p < P_COUNT; p++)
			r->p[p] = (int8_t)ph_event_param_index(info, param_names[p], strlen(param_names[p]));
	}
	add_handlers(st, fd_handlers, fd_nhandlers);
	add_handlers(st, socket_handlers, socket_nhandlers);
	add_handlers(st, process_handlers, process_nhandlers);
	add_handlers(st, user_handlers, user_nhandlers);
	add_handlers(st, passed_handlers, passed_nhandlers);
	add_handlers(st, record_handlers, record_nhandlers);
	add_handlers(st, usage_handlers, usage_nhandlers);
	if (st->live)
		add_handlers(st, live_handlers, live_nhandlers);
	return 0;
}

struct ph_state *ph_state_new(const struct ph_state_opts *opts)
{
	struct ph_state *st = calloc(1, sizeof(*st));

	if (!st)
		return NULL;
	st->procfd = -1;
	st->containers = opts->containers;
	st->live = opts->live;
	st->pairs = opts->pairs;
	st->want_users = opts->users;
	st->host_root = strdup(opts->host_root ? opts->host_root : "");
	st->users = users_new(st->containers);
	if (!st->host_root || !st->users || make_rows(st) < 0) {
		ph_state_free(st);
		return NULL;
	}
	live_open(st);
	return st;
}

void ph_state_free(struct ph_state *st)
{
	if (!st)
		return;
	ent_unref(st->renamed);
	threads_free(st);
	users_free(st->users);
	if (st->procfd >= 0)
		close(st->procfd);
	free(st->host_root);
	free(st->rows);
	free(st->bound);
	free(st->addresses);
	free(st);
}

void ph_state_reset(struct ph_state *st)
{
	ent_unref(st->renamed);
	st->renamed = NULL;
	st->row = NULL;
	st->last = NULL;
	threads_free(st);
	users_reset(st->users);
	free(st->bound);
	st->bound = NULL;
	memset(st->ended, 0, sizeof(st->ended));
	memset(st->switched_ns, 0, sizeof(st->switched_ns));
	st->slice_ns = 0;
	free(st->addresses);
	st->addresses = NULL;
	st->naddresses = 0;
	st->refused = 0;
	st->now = st->tokens_at = 0;
	st->sweep = 0;
	st->sweep_at = 0;
}

/*
 * Without a handler an event leaves the tables as they are. It may still name a thread or a descriptor that nobody has heard of; the
 * placeholder made then says no more than what the next event of that thread would say as well, and /proc can be asked later.
 * An enter is followed when its exit is: exits of older files lack what their enters tell.
 */
bool ph_state_follows(const struct ph_state *st, const struct ph_event_info *info)
{
	const struct row *r;

	if ((info->category & PH_C_SYSCALL) && !PH_IS_EXIT(info->code)) {
		const struct ph_event_info *exit = ph_event_info(info->code + 1u);

		return exit && PH_IS_EXIT(exit->code) && ph_state_follows(st, exit);
	}
	info = ph_event_newest(info);
	r = &st->rows[info - ph_event_row(0)];
	return r->h || r->is_fork;
}

int ph_state_suppress_comm(struct ph_state *st, const char *comm)
{
	size_t max = sizeof(st->suppress) / sizeof(st->suppress[0]);
	size_t len = strnlen(comm, PH_NAME_MAX - 1);

	if (st->nsuppress == max)
		return -ENOSPC;
	memcpy(st->suppress[st->nsuppress], comm, len);
	st->suppress[st->nsuppress++][len] = '\0';
	for (size_t i = 0; i < st->hash_cap; i++)
		if (st->hash[i] && comm_suppressed(st, st->hash[i]))
			st->hash[i]->pub.suppressed = proc_of(st->hash[i])->suppressed = true;
	return 0;
}

/* --- every event ------------------------------------------------------------------------------------------------------------- */

/*
 * The thread of an event; made up when nothing is known of it, from /proc where that can be asked. Switches and the like come from
 * all threads there are, kernel threads as well: in a file those are known by their number alone and tell nothing.
 */
static struct thread *event_thread(struct ph_state *st, int64_t tid, const struct row *r)
{
	struct thread *t;

	if (tid <= 0)
		return NULL;
	t = thread_find(st, tid);
	if (t && !t->unlooked && t->gap_gen == st->gap_gen)
		return t;
	if (!t) {
		bool ask = st->live && live_budget(st);

		if (ask)
			t = live_thread(st, tid);
		if (!t && (st->live || !(r->is_switch || r->is_procinfo))) {
			t = placeholder(st, tid);
			if (t)
				t->unlooked = st->live && !ask;
		}
		return t;
	}
	if (!st->live || !live_budget(st))
		return t;
	t->gap_gen = st->gap_gen;
	if (t->unlooked)
		live_fill(st, t);
	else
		live_check_thread(st, t);
	return t;
}

/*
 * The number and entry that the event works on. An unknown entry is looked up once, but not for calls that say that there is
 * none or that it is gone.
 */
static void event_fd(struct ph_state *st, struct ph_event *ev, const struct row *r, struct thread *t)
{
	struct ent *e;

	if (r->result_is_fd && ev->has_res && ev->res >= 0) {
		ev->fdnum = ev->res; /* its entry is the handler's to make */
		return;
	}
	if (r->fd < 0 || !ph_event_has(ev, r->fd) || ev->params[r->fd].len < 4)
		return;
	ev->fdnum = ph_event_int(ev, r->fd);
	if (ev->fdnum == UINT32_MAX)
		ev->fdnum = -1; /* as 32-bit callers of old kernels say it */
	if (ev->fdnum < 0)
		return;
	if ((ev->has_res && ev->res == -EBADF) || ev->type == PH_EV_SYSCALL_CLOSE_X || !r->is_exit)
		e = fd_get(t->files, ev->fdnum);
	else
		e = fd_lookup(st, t, ev->fdnum);
	ev->fd = e ? &e->pub : NULL;
}

int ph_state_fd_param(const struct ph_state *st, const struct ph_event_info *info)
{
	const struct row *r = &st->rows[info - ph_event_row(0)];

	return r->result_is_fd ? -1 : r->fd;
}

bool ph_state_begin(struct ph_state *st, struct ph_event *ev)
{
	const struct row *r = &st->rows[ev->info - ph_event_row(0)];
	struct thread *t;

	st->row = r;
	st->now = ev->ts;
	users_begin(st);
	ev->thread = NULL;
	ev->fd = NULL;
	ev->fdnum = PH_FD_NONE;
	ev->latency = ev->enter_ts != 0 && ev->ts > ev->enter_ts ? ev->ts - ev->enter_ts : 0;
	if (r->is_fork && ev->has_res && ev->res == 0) {
		t = fork_child(st, ev, r);
		ev->thread = t ? &t->pub : NULL;
		return !t || !t->pub.suppressed;
	}
	t = event_thread(st, ev->tid, r);
	if (t) {
		if (st->pairs && !(ev->info->flags & PH_EF_SKIPPARSERESET))
			pairs_latency(ev, r, &t->pub.own);
		thread_relink(st, t);
		ev->thread = &t->pub;
		t->dead_ns = 0;
		event_fd(st, ev, r, t);
	}
	if (st->pairs && t && ev->fd && r->is_exit)
		pairs_connected(ev, t->files);
	if (r->h && r->h->begin && (t || r->no_thread))
		r->h->begin(st, ev, r, t);
	return !t || !t->pub.suppressed;
}

void ph_state_end(struct ph_state *st, struct ph_event *ev)
{
	const struct row *r = st->row;
	struct thread *t = ev->thread ? T(ev->thread) : NULL;

	if (!r)
		return; /* begun by nobody, or ended before */
	if (t)
		t->active = t->active || !(r->is_fork && ev->res == 0);
	if (st->renamed) {
		st->renamed->pub.flags &= (uint16_t)~PH_FDF_NAME_CHANGED;
		ent_unref(st->renamed);
		st->renamed = NULL;
	}
	if (r->h && r->h->end && (t || r->no_thread))
		r->h->end(st, ev, r, t);
	if (st->sweep)
		live_sweep(st, ev);
	ev->thread = NULL;
	ev->fd = NULL;
	st->row = NULL;
}
