/* SPDX-License-Identifier: Apache-2.0 */
/* The file source: a trace file's events, pairs folded into one, in their newest form. Called by the inspector. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "collector/source/source.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "collector/inspector.h"
#include "collector/trace/fold.h"

/* What is done with a kind of event, by row of events.def. */
enum treat {
	TREAT_EVENT, /* decoded, folded, handed out */
	TREAT_ENTER, /* kept until its exit comes */
	TREAT_STATE, /* the same, and what was answered before it holds no longer */
	TREAT_ASK, /* the same as an event unless it is rejected before that */
	TREAT_COUNT, /* nobody wants it: it only has a number */
	TREAT_DROP, /* no event: codes that nothing uses */
};

#define CODES 512 /* those of the field are below */
#define ANSWERS 256 /* a power of two */

struct file {
	struct ph_source base; /* first */
	struct ph_trace_reader *reader;
	struct ph_fold *fold;
	struct ph_source_sink sink; /* of the inspector */
	struct ph_event raw; /* as the file has it, for written */
	const struct ph_event_info *by_code[CODES]; /* each event is looked up */
	uint8_t *treat;
	/* opts.rejects, and what it said */
	bool (*rejects)(void *arg, const struct ph_event *ev);
	void *rejects_arg;
	void (*unknown)(void *arg, const struct ph_trace_event *block);
	void *unknown_arg;
	struct ph_state *state;
	int8_t *fd_param,
		*enter_fd_param; /* by row: where the descriptor stands in the exit, or else in its enter; -1 */
	uint32_t epoch; /* grows with each state event */
	struct answer {
		int64_t tid, fdnum;
		const struct ph_event_info *info;
		uint32_t epoch;
		bool rejected;
	} answers[ANSWERS];
	uint16_t *rows; /* of syscalls.def by canonical number */
	uint64_t num, bad;
	/* the first event is looked at whatever it is: what is counted from it must not depend on what others want */
	bool begun;
	bool both, stopped; /* both: enter and exit are handed out */
};

#define PASSED_OVER_MAX 100000 /* events in a row that nobody wants, after which the caller gets to look at its clock */
#define IDS 512 /* canonical numbers of syscalls are below */

static struct file *file_of(const struct ph_source *s)
{
	return (struct file *)(uintptr_t)s;
}

/* --- one event --- */

/* The row of a code in a file, the bit of a shadow aside. */
static const struct ph_event_info *info_of(uint16_t code)
{
	if (code < PH_EV_OWN_FIRST && (code & PH_EV_SHADOW)) {
		const struct ph_event_info *info = ph_event_info(code & ~(unsigned)PH_EV_SHADOW);
		struct ph_carrier carrier;

		return info && ph_event_carrier(info, &carrier) ? info : NULL;
	}
	return ph_event_info(code);
}

static uint16_t syscall_of(const struct file *f, const struct ph_event *ev)
{
	uint64_t id;

	if (!(ev->info->category & PH_C_SYSCALL) || ev->info->nparams == 0 ||
	    ev->info->params[0].type != PH_PT_SYSCALLID)
		return PH_SC_COUNT;
	id = ph_event_uint(ev, 0);
	return id < IDS ? f->rows[id] : PH_SC_COUNT;
}

/* --- rejecting --- */

/* Parameter i of a block, a number of 8 bytes. false: it is not there. */
static bool number_at(const struct ph_evt_hdr *hdr, int i, int64_t *v)
{
	const uint8_t *lens = (const uint8_t *)hdr + sizeof(*hdr);
	uint64_t at = sizeof(*hdr) + 2ull * hdr->nparams;
	uint16_t len = 0;

	if (i < 0 || (uint32_t)i >= hdr->nparams || at > hdr->len)
		return false;
	for (int k = 0; k <= i; k++) {
		at += len;
		memcpy(&len, lens + 2 * k, sizeof(len));
	}
	if (len != sizeof(*v) || at + len > hdr->len)
		return false;
	memcpy(v, (const uint8_t *)hdr + at, sizeof(*v));
	return true;
}

static int64_t descriptor_of(struct file *f, const struct ph_trace_event *te, const struct ph_event_info *info)
{
	size_t row = (size_t)(info - ph_event_row(0));
	const struct ph_evt_hdr *enter;
	int64_t fd;

	if (f->fd_param[row] < 0 || number_at(te->hdr, f->fd_param[row], &fd))
		return f->fd_param[row] < 0 ? PH_FD_NONE : fd == UINT32_MAX ? -1 : fd;
	enter = f->enter_fd_param[row] >= 0 ? ph_fold_waiting(f->fold, te->hdr->tid, (uint16_t)(info->code - 1)) : NULL;
	return enter && number_at(enter, f->enter_fd_param[row], &fd) ? fd : PH_FD_NONE;
}

static bool ask(struct file *f, struct ph_event *ev, const struct ph_trace_event *te, const struct ph_event_info *info,
		int64_t fdnum)
{
	struct ph_thread *t = ph_state_thread(f->state, te->hdr->tid);

	if (!t || t->suppressed)
		return false;
	ev->hdr = te->hdr;
	ev->info = info;
	ev->type = info->code;
	ev->ts = te->hdr->ts_ns;
	ev->tid = te->hdr->tid;
	ev->cpu = te->cpu;
	ev->num = f->num + 1;
	ev->syscall = PH_SC_COUNT;
	ev->nparams = 0;
	ev->has_res = false;
	ev->res = 0;
	ev->enter = NULL;
	ev->enter_ts = ev->latency = 0;
	ev->block = 0;
	ev->thread = t;
	ev->fdnum = fdnum;
	ev->fd = fdnum >= 0 ? ph_state_fd(f->state, t, fdnum) : NULL;
	return f->rejects(f->rejects_arg, ev);
}

/* Whether nobody wants it. ev is for use in between. */
static bool rejected(struct file *f, struct ph_event *ev, const struct ph_trace_event *te,
		     const struct ph_event_info *info)
{
	int64_t tid = te->hdr->tid, fdnum = te->large ? PH_FD_NONE : descriptor_of(f, te, info);
	struct answer *a = &f->answers[((uint64_t)tid * 31 + (uint64_t)fdnum * 7 + info->code) & (ANSWERS - 1)];

	if (a->tid == tid && a->fdnum == fdnum && a->info == info && a->epoch == f->epoch)
		return a->rejected;
	*a = (struct answer){ tid, fdnum, info, f->epoch, ask(f, ev, te, info, fdnum) };
	return a->rejected;
}

/* --- taking --- */

/* Records that 0.29.3 passes over in silence have no number of their own, so that events have the same one there and here. */
static void count(struct file *f, const struct ph_event_info *info, uint64_t ts)
{
	if ((info->category & PH_C_METAEVENT) && info->nparams_0_29 < 0)
		return;
	f->num++;
	if (f->base.first_ns == 0)
		f->base.first_ns = ts;
}

/* Deals with what nobody wants, or not yet; ev is for use in between. false: the event is to be looked at. */
static bool passes_over(struct file *f, struct ph_event *ev, const struct ph_trace_event *te,
			const struct ph_event_info *info)
{
	switch (info ? (enum treat)f->treat[info - ph_event_row(0)] : TREAT_DROP) {
	case TREAT_DROP:
		if (!info && f->unknown)
			f->unknown(f->unknown_arg, te);
		return true;
	case TREAT_COUNT:
		count(f, info, te->hdr->ts_ns);
		return true;
	case TREAT_ENTER:
		ph_fold_keep(f->fold, te->hdr, te->cpu, te->large, te->stable);
		return true;
	case TREAT_ASK:
		if (!f->begun || !rejected(f, ev, te, info))
			return false;
		f->num++;
		return true;
	case TREAT_STATE:
		f->epoch++;
		return false;
	case TREAT_EVENT:
		return false;
	}
	return false;
}

/* Folds a decoded event. false: nothing is handed out for it. */
static bool fold(struct file *f, struct ph_event *ev, bool stable)
{
	f->base.written = NULL;
	if (f->both)
		f->raw = *ev;
	switch (ph_fold_event(f->fold, ev, stable)) {
	case PH_FOLD_DOUBLE:
		return false;
	case PH_FOLD_ENTER:
		return f->both;
	case PH_FOLD_EVENT:
		if (f->both && (ev->block & PH_EB_FILLED))
			f->base.written = &f->raw;
		return true;
	}
	return false;
}

/* 1: *ev is for the inspector; 0: it is not; -EBADMSG. */
static int take(struct file *f, struct ph_event *ev, const struct ph_trace_event *te)
{
	uint16_t code = te->hdr->type;
	const struct ph_event_info *info = code < CODES ? f->by_code[code] : info_of(code);

	if (passes_over(f, ev, te, info))
		return 0;
	f->begun = true;
	if (ph_event_decode_as(ev, te->hdr, info, te->large) != 0)
		return -EBADMSG;
	ev->cpu = te->cpu;
	ev->enter_ts = 0;
	if (te->flags & PH_BLOCK_FLAG_HIDDEN)
		ev->block |= PH_EB_HIDDEN;
	if (!fold(f, ev, te->stable))
		return 0;
	count(f, ev->info, ev->ts);
	ev->num = f->raw.num = f->num;
	ev->syscall = f->raw.syscall = syscall_of(f, ev);
	return 1;
}

static int file_next(struct ph_source *s, struct ph_event *ev, int timeout_ms)
{
	struct file *f = file_of(s);
	struct ph_trace_event te;

	(void)timeout_ms; /* a file has all its events; a pipe is waited for until a signal comes */
	for (unsigned passed_over = 0; !f->stopped; passed_over++) {
		int n;

		if (passed_over == PASSED_OVER_MAX)
			return 0;
		n = ph_trace_reader_next(f->reader, &te);

		if (n < 0)
			return n;
		if (n == 0)
			return -ENODATA;
		n = take(f, ev, &te);
		if (n > 0)
			return 1;
		if (n < 0)
			f->bad++;
	}
	return -ENODATA;
}

static void file_stop(struct ph_source *s)
{
	file_of(s)->stopped = true;
}

static int file_stats(struct ph_source *s, struct ph_source_stats *stats)
{
	(void)s;
	*stats = (struct ph_source_stats){ 0 }; /* what was lost stands in the file as gaps */
	return 0;
}

static void blocks_move(void *arg)
{
	ph_fold_rescue(((struct file *)arg)->fold);
}

static int file_snapshot(struct ph_source *s, const struct ph_source_sink *sink, void *arg)
{
	struct file *f = file_of(s);
	int n;

	f->sink = *sink;
	ph_trace_reader_ops(f->reader, &f->sink.trace, arg);
	do
		n = ph_trace_reader_heads(f->reader);
	while (n == -EINTR && !f->stopped);
	return n;
}

static void file_reset(struct ph_source *s)
{
	ph_fold_reset(file_of(s)->fold);
	file_of(s)->epoch++;
}

static void file_waiting(struct ph_source *s, ph_source_waiting_fn *each, void *arg)
{
	ph_fold_each_waiting(file_of(s)->fold, each, arg);
}

static void file_close(struct ph_source *s)
{
	struct file *f = file_of(s);

	if (f->reader)
		ph_trace_reader_close(f->reader);
	ph_fold_free(f->fold);
	free(f->treat);
	free(f->rows);
	free(f->fd_param);
	free(f->enter_fd_param);
	free(f);
}

static const struct ph_source_ops file_ops = {
	.next = file_next,
	.stop = file_stop,
	.stats = file_stats,
	.snapshot = file_snapshot,
	.reset = file_reset,
	.waiting = file_waiting,
	.close = file_close,
};

/* --- opening --- */

static enum treat treat_of(const struct ph_event_info *info, const struct ph_inspector_opts *opts,
			   const struct ph_state *st)
{
	const struct ph_event_info *newest = ph_event_newest(info);
	struct ph_carrier carrier;

	if (info->flags & PH_EF_UNUSED)
		return TREAT_DROP;
	if ((info->category & PH_C_SYSCALL) && !PH_IS_EXIT(info->code) && !opts->enter_events) {
		const struct ph_event_info *exit = ph_event_info(info->code + 1u);

		/* an enter whose exit is passed over need not be kept */
		return exit && treat_of(exit, opts, st) == TREAT_COUNT ? TREAT_DROP : TREAT_ENTER;
	}
	if (ph_state_follows(st, newest))
		return TREAT_STATE;
	if (!opts->wanted || opts->wanted(opts->wanted_arg, newest) || opts->wanted(opts->wanted_arg, info))
		return opts->rejects && info == newest && info->code > PH_EV_GENERIC_X &&
				       info->code < PH_EV_OWN_FIRST && (info->category & PH_C_SYSCALL) &&
				       !ph_event_carrier(info, &carrier) && !opts->enter_events ?
			       TREAT_ASK :
			       TREAT_EVENT;
	/* what stands in two forms is told apart by who folds it */
	return ph_event_carrier(newest, &carrier) ? TREAT_EVENT : TREAT_COUNT;
}

void ph_source_file_plan(struct ph_source *s, const struct ph_inspector_opts *opts, struct ph_state *st)
{
	struct file *f = file_of(s);

	f->rejects = opts->rejects;
	f->rejects_arg = opts->rejects_arg;
	f->unknown = opts->unknown;
	f->unknown_arg = opts->change_arg;
	f->state = st;
	f->epoch = 1;
	for (size_t i = 0; i < ph_event_count(); i++) {
		const struct ph_event_info *info = ph_event_row(i),
					   *enter = PH_IS_EXIT(info->code) ? ph_event_info(info->code - 1u) : NULL;
		int fd = ph_state_fd_param(st, info);
		const char *name = fd >= 0 ? info->params[fd].name : "";

		f->treat[i] = (uint8_t)treat_of(info, opts, st);
		f->fd_param[i] = (int8_t)fd;
		f->enter_fd_param[i] =
			(int8_t)(enter && fd >= 0 ? ph_event_param_index(enter, name, strlen(name)) : -1);
	}
}

int ph_source_file_of(struct ph_source **out, struct ph_trace_reader *reader, const struct ph_inspector_opts *opts)
{
	struct file *f = calloc(1, sizeof(*f));

	*out = NULL;
	if (f) {
		f->base.ops = &file_ops;
		f->fold = ph_fold_new();
		f->treat = calloc(ph_event_count(), 1);
		f->rows = calloc(IDS, sizeof(*f->rows));
		f->fd_param = calloc(ph_event_count(), 1);
		f->enter_fd_param = calloc(ph_event_count(), 1);
	}
	if (!f || !f->fold || !f->treat || !f->rows || !f->fd_param || !f->enter_fd_param) {
		if (f)
			file_close(&f->base);
		ph_trace_reader_close(reader);
		return -ENOMEM;
	}
	for (unsigned id = 0; id < IDS; id++)
		f->rows[id] = PH_SC_COUNT;
	for (unsigned row = 0; row < PH_SC_COUNT; row++) {
		unsigned id = ph_syscall_row(row)->id;

		if (id > 0 && id < IDS && f->rows[id] == PH_SC_COUNT)
			f->rows[id] = (uint16_t)row;
	}
	for (unsigned code = 0; code < CODES; code++)
		f->by_code[code] = ph_event_info(code);
	f->both = opts->enter_events;
	f->reader = reader;
	ph_trace_reader_moves(reader, blocks_move, f);
	*out = &f->base;
	return 0;
}

int ph_source_open_file(struct ph_source **out, const char *path, const struct ph_inspector_opts *opts, char *err,
			size_t errlen)
{
	struct ph_trace_reader *reader;
	int ret = ph_trace_reader_open(&reader, path, err, errlen);

	*out = NULL;
	if (ret < 0)
		return ret;
	ret = ph_source_file_of(out, reader, opts);
	if (ret < 0)
		snprintf(err, errlen, "out of memory");
	return ret;
}

void ph_source_file_end(const struct ph_source *s, struct ph_trace_end *end)
{
	const struct file *f = file_of(s);

	ph_trace_reader_end(f->reader, end);
	end->bad += f->bad;
}

void ph_source_file_progress(const struct ph_source *s, uint64_t *done, uint64_t *size)
{
	ph_trace_reader_progress(file_of(s)->reader, done, size);
}
