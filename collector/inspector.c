/* SPDX-License-Identifier: Apache-2.0 */
/* The inspector: drives a source, the state engine and the containers, one event after the other. Called by programs. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "collector/inspector_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "collector/trace/encode.h"

#define HIDDEN_MAX 4096 /* hidden events in a row after which the caller gets to look at its clock */

struct ph_inspector {
	struct ph_source *source;
	struct ph_containers *containers;
	struct ph_state *state;
	struct ph_event ev; /* as the state engine has it */
	struct ph_event shown; /* as the file has it, when that is something else */
	struct ph_trace_host host;
	/* A source that has no enter events, but is to hand them out: the enter that is made of an exit, which waits in `exit`. */
	struct ph_event exit;
	uint8_t *made; /* the enter's block */
	size_t made_size;
	bool both, exit_waits;
	bool pairs; /* somebody looks at both, and not only copies them */
	bool lean;
	uint8_t *follows; /* by row of events.def: the state depends on such events */
	bool begun; /* ev waits for its ph_state_end() */
	bool garbled_said, is_file, hidden, no_users;
	bool reading_head; /* entries of a head have come, and no event behind them */
	bool new_section; /* the consumer has not been told yet */
	uint64_t sections, first_ns, events, suppressed, made_enters;
	void (*section)(void *arg);
	void *change_arg;
	void (*warn)(void *arg, const char *line);
	void *warn_arg;
};

/* --- opening --- */

static void snapshot_task(void *arg, const struct ph_snap_task_rec *rec, const char *const texts[PH_SNAP_TEXTS])
{
	struct ph_inspector *ins = arg;
	ph_state_add_task(ins->state, rec, texts);
}

static void snapshot_fd(void *arg, const struct ph_snap_fd_rec *rec, const char *name)
{
	struct ph_inspector *ins = arg;
	ph_state_add_fd(ins->state, rec, name);
}

/* A file's head. Tables are made anew in place: who holds a pointer to the state or the containers goes on with it. */
static void head_section(void *arg, unsigned major, unsigned minor)
{
	struct ph_inspector *ins = arg;

	(void)major;
	(void)minor;
	ins->reading_head = true;
	if (ins->sections++ == 0)
		return;
	ins->new_section = true;
	ph_state_reset(ins->state);
	if (ins->containers)
		ph_containers_reset(ins->containers);
	if (ins->source->ops->reset)
		ins->source->ops->reset(ins->source);
	ph_trace_host_fini(&ins->host);
}

static void head_machine(void *arg, const struct ph_trace_machine *m)
{
	struct ph_inspector *ins = arg;
	ins->host.machine = *m;
}

static void head_interface(void *arg, const struct ph_trace_interface *i)
{
	struct ph_inspector *ins = arg;
	if (ins->host.ninterfaces < 65536)
		ph_trace_host_add_interface(&ins->host, i);
	ph_state_add_address(ins->state, i->family, i->addr, i->mask);
}

static void head_user(void *arg, const struct ph_user *u)
{
	struct ph_inspector *ins = arg;
	if (!ins->no_users)
		ph_state_add_user(ins->state, u);
}

static void head_group(void *arg, const struct ph_group *g)
{
	struct ph_inspector *ins = arg;
	if (!ins->no_users)
		ph_state_add_group(ins->state, g);
}

static void head_task(void *arg, const struct ph_task *t)
{
	struct ph_inspector *ins = arg;
	ph_state_add_entry(ins->state, t);
}

static void head_fd(void *arg, int64_t tid, const struct ph_fd *fd)
{
	struct ph_inspector *ins = arg;
	ph_state_add_entry_fd(ins->state, tid, fd);
}

static void head_extra(void *arg, unsigned kind, const uint8_t *data, uint32_t len)
{
	struct ph_inspector *ins = arg;
	struct ph_extra_fd f;

	if (kind != PH_EXTRA_FD || len < sizeof f)
		return;
	memcpy(&f, data, sizeof f);
	ph_state_add_entry_fd_extra(ins->state, f.tid, f.fd, f.flags, f.type);
}

static void head_done(struct ph_inspector *ins)
{
	ins->reading_head = false;
	ph_state_snapshot_done(ins->state);
}

static int take_snapshot(struct ph_inspector *ins, char *err, size_t errlen)
{
	static const struct ph_source_sink sink = {
		.snapshot = { .task = snapshot_task, .fd = snapshot_fd },
		.trace = { .section = head_section,
			   .machine = head_machine,
			   .interface = head_interface,
			   .user = head_user,
			   .group = head_group,
			   .task = head_task,
			   .fd = head_fd,
			   .extra = head_extra },
	};
	if (ins->source->ops->snapshot) {
		int ret = ins->source->ops->snapshot(ins->source, &sink, ins);
		if (ret < 0) {
			snprintf(err, errlen, "cannot read the processes: %s", strerror(-ret));
			return ret;
		}
	}
	head_done(ins);
	return 0;
}

static int suppress(struct ph_inspector *ins, const char *const *comms, char *err, size_t errlen)
{
	for (; comms && *comms; comms++) {
		int ret = ph_state_suppress_comm(ins->state, *comms);
		if (ret < 0) {
			snprintf(err, errlen, "cannot suppress '%s': %s", *comms,
				 ret == -ENOSPC ? "too many names, 32 are possible" : strerror(-ret));
			return ret;
		}
	}
	return 0;
}

static int make_tables(struct ph_inspector *ins, const struct ph_inspector_opts *opts, char *err, size_t errlen)
{
	bool live = ins->source->ops->is_live;
	const struct ph_containers_opts co = {
		.size = sizeof co,
		.host_root = opts->host_root,
		.ask_runtimes = live,
		.warn = opts->warn,
		.warn_arg = opts->warn_arg,
		.docker_root = opts->docker_root,
		.docker_socket = opts->docker_socket,
		.changed = opts->container_changed,
		.changed_arg = opts->change_arg,
	};
	if (!opts->no_containers) {
		ins->containers = ph_containers_new(&co);
		if (!ins->containers)
			goto no_memory;
	}
	const struct ph_state_opts so = {
		.size = sizeof so,
		.containers = ins->containers,
		.host_root = opts->host_root,
		.users = live && !opts->no_users,
		.live = live,
		.pairs = ins->pairs,
	};
	ins->state = ph_state_new(&so);
	if (ins->state)
		return 0;
no_memory:
	snprintf(err, errlen, "out of memory");
	return -ENOMEM;
}

static bool note_followed(struct ph_inspector *ins)
{
	ins->follows = malloc(ph_event_count());
	for (size_t i = 0; ins->follows && i < ph_event_count(); i++)
		ins->follows[i] = ph_state_follows(ins->state, ph_event_row(i));
	return ins->follows;
}

int ph_inspector_open_source(struct ph_inspector **out, struct ph_source *source, const struct ph_inspector_opts *opts,
			     char *err, size_t errlen)
{
	struct ph_inspector_opts o = { 0 };
	memcpy(&o, opts, opts->size < sizeof o ? opts->size : sizeof o);

	*out = NULL;
	struct ph_inspector *ins = calloc(1, sizeof *ins);
	if (!ins) {
		source->ops->close(source);
		snprintf(err, errlen, "out of memory");
		return -ENOMEM;
	}
	ins->source = source;
	ins->warn = o.warn;
	ins->warn_arg = o.warn_arg;
	ins->is_file = !source->ops->is_live;
	ins->no_users = o.no_users;
	ins->hidden = o.hidden_events;
	ins->both = o.enter_events;
	ins->pairs = ins->is_file && o.enter_events && (o.needs & PH_NEED_ENTER_EVENTS);
	ins->section = o.section;
	ins->change_arg = o.change_arg;

	int ret = make_tables(ins, &o, err, errlen);
	ins->lean = o.lean && !ret && !(o.suppress && *o.suppress) && note_followed(ins);
	if (!ret)
		ret = suppress(ins, o.suppress, err, errlen);
	if (!ret)
		ret = take_snapshot(ins, err, errlen);
	if (ret) {
		ph_inspector_close(ins);
		return ret;
	}
	*out = ins;
	return 0;
}

int ph_inspector_open_live(struct ph_inspector **out, const struct ph_inspector_opts *opts, char *err, size_t errlen)
{
	struct ph_inspector_opts o = { 0 };
	memcpy(&o, opts, opts->size < sizeof o ? opts->size : sizeof o);

	/* The source first: what happens while the tables are filled is in the stream then. */
	struct ph_source *source;
	*out = NULL;
	int ret = ph_source_open_live(&source, &o, err, errlen);
	return ret < 0 ? ret : ph_inspector_open_source(out, source, &o, err, errlen);
}

int ph_inspector_open_file(struct ph_inspector **out, const char *path, const struct ph_inspector_opts *opts, char *err,
			   size_t errlen)
{
	struct ph_inspector_opts o = { 0 };
	memcpy(&o, opts, opts->size < sizeof o ? opts->size : sizeof o);

	struct ph_source *source;
	*out = NULL;
	int ret = ph_source_open_file(&source, path, &o, err, errlen);
	if (ret == 0)
		ret = ph_inspector_open_source(out, source, &o, err, errlen);
	if (ret == 0)
		ph_source_file_plan(source, &o, (*out)->state);
	return ret;
}

void ph_inspector_close(struct ph_inspector *ins)
{
	if (!ins)
		return;
	if (ins->begun)
		ph_state_end(ins->state, &ins->ev);
	ph_trace_host_fini(&ins->host);
	free(ins->made);
	free(ins->follows);
	ph_state_free(ins->state);
	ph_containers_free(ins->containers);
	ins->source->ops->close(ins->source);
	free(ins);
}

/* --- events --- */

static void end_event(struct ph_inspector *ins)
{
	if (ins->begun)
		ph_state_end(ins->state, &ins->ev);
	ins->begun = false;
}

static void say_garbled(struct ph_inspector *ins)
{
	if (ins->garbled_said)
		return;
	ins->garbled_said = true;
	if (ins->warn)
		ins->warn(ins->warn_arg, "an event is damaged and left out, and so may be others");
}

/* What consumers get: the event, or as the file has it. */
static struct ph_event *event_shown(struct ph_inspector *ins)
{
	struct ph_event *ev = &ins->ev;
	const struct ph_event *written = ins->source->written;

	if (ins->both) { /* an enter is an event of its own */
		ev->enter = NULL;
		ev->block |= PH_EB_RAW | (ins->pairs ? PH_EB_PAIRS : 0);
	}
	if (!written)
		return ev;
	ins->shown = *written;
	ins->shown.block |= PH_EB_RAW | (ins->pairs ? PH_EB_PAIRS : 0);
	ins->shown.enter_ts = ev->enter_ts;
	ins->shown.latency = ev->latency;
	ins->shown.thread = ev->thread;
	ins->shown.fdnum = ev->fdnum;
	ins->shown.fd = ev->fd;
	return &ins->shown;
}

/* true: consumers may see it. */
static bool begin_event(struct ph_inspector *ins)
{
	struct ph_event *ev = &ins->ev;

	if (ins->reading_head)
		head_done(ins);
	if (ins->new_section) {
		ins->new_section = false;
		if (ins->section)
			ins->section(ins->change_arg);
	}
	if (ins->first_ns == 0 && ev->ts >= ins->source->begins_ns && (!ins->is_file || ins->source->first_ns))
		ins->first_ns = ins->is_file ? ins->source->first_ns : ev->ts;
	if (ins->lean && !ins->follows[ev->info - ph_event_row(0)]) {
		ev->thread = NULL;
		ev->fd = NULL;
		ev->fdnum = PH_FD_NONE;
		ev->latency = ev->enter_ts != 0 && ev->ts > ev->enter_ts ? ev->ts - ev->enter_ts : 0;
		return (!(ev->block & PH_EB_HIDDEN) || ins->hidden) && ev->ts >= ins->source->begins_ns;
	}
	ins->begun = true;
	if (!ph_state_begin(ins->state, ev)) {
		ins->suppressed++;
		return false;
	}
	if ((ev->block & PH_EB_HIDDEN) && !ins->hidden)
		return false;
	return ev->ts >= ins->source->begins_ns || ev->type == PH_EV_GAP_E;
}

/*
 * With enter events, a call that came as its exit alone begins with an enter that is made of it. true: ev is the enter, and the exit
 * waits for the next turn.
 */
static bool make_enter(struct ph_inspector *ins)
{
	static const struct ph_encode_opts pairs = { 0 };
	struct ph_event *ev = &ins->ev;
	const struct ph_event_info *info;
	struct ph_evt_hdr hdr;
	size_t room = ph_encode_event_max(ev), at = 8 + sizeof(uint16_t);

	if (!(ev->info->category & PH_C_SYSCALL) || !PH_IS_EXIT(ev->type) || ev->enter || ev->enter_ts == 0 ||
	    ev->ts < ins->source->begins_ns)
		return false;
	if (room > ins->made_size) {
		uint8_t *more = realloc(ins->made, room);

		if (!more)
			return false;
		ins->made = more;
		ins->made_size = room;
	}
	/* the first block is the enter's: type and length, the CPU, the event */
	if (ph_encode_event(ins->made, ev, false, &pairs) < at + sizeof hdr)
		return false;
	memcpy(&hdr, ins->made + at, sizeof hdr);
	info = PH_IS_EXIT(hdr.type) ? NULL : ph_event_info(hdr.type);
	if (!info)
		return false;
	ins->exit = *ev;
	if (ph_event_decode_as(ev, (const struct ph_evt_hdr *)(const void *)(ins->made + at), info, false) != 0) {
		*ev = ins->exit;
		return false;
	}
	ev->cpu = ins->exit.cpu;
	ev->syscall = ins->exit.syscall;
	ev->enter_ts = 0;
	ev->num = ins->exit.num + ins->made_enters;
	return ins->exit_waits = true;
}

/* The next event into ev; as ph_source_ops.next. */
static int take(struct ph_inspector *ins, int timeout_ms)
{
	int n;

	if (ins->exit_waits) {
		ins->exit_waits = false;
		ins->ev = ins->exit;
		ins->ev.num += ++ins->made_enters;
		return 1;
	}
	n = ins->source->ops->next(ins->source, &ins->ev, timeout_ms);
	if (n == 1 && ins->both && !make_enter(ins))
		ins->ev.num += ins->made_enters;
	return n;
}

int ph_inspector_next(struct ph_inspector *ins, struct ph_event **ev, int timeout_ms)
{
	for (unsigned hidden = 0; hidden < HIDDEN_MAX; hidden++) {
		end_event(ins);
		if (ins->containers)
			ph_containers_poll(ins->containers);
		int n = take(ins, timeout_ms);
		if (n == -EBADMSG) {
			say_garbled(ins);
			continue;
		}
		if (n <= 0)
			return n;
		if (begin_event(ins)) {
			ins->events++;
			*ev = event_shown(ins);
			return 1;
		}
	}
	return 0;
}

void ph_inspector_stop(struct ph_inspector *ins)
{
	if (ins->source->ops->stop)
		ins->source->ops->stop(ins->source);
}

/* --- what it holds --- */

bool ph_inspector_is_live(const struct ph_inspector *ins)
{
	return ins->source->ops->is_live;
}

struct ph_state *ph_inspector_state(struct ph_inspector *ins)
{
	return ins->state;
}

struct ph_containers *ph_inspector_containers(struct ph_inspector *ins)
{
	return ins->containers;
}

int ph_inspector_stats(struct ph_inspector *ins, struct ph_inspector_stats *stats)
{
	struct ph_source_stats ss = { 0 };
	int err = ins->source->ops->stats ? ins->source->ops->stats(ins->source, &ss) : 0;
	if (err < 0)
		return err;
	*stats = (struct ph_inspector_stats){
		.events = ins->events,
		.suppressed = ins->suppressed,
		.lost = ss.lost,
		.lost_state = ss.lost_state,
	};
	memcpy(stats->lost_by_category, ss.lost_by_category, sizeof stats->lost_by_category);
	memcpy(stats->lost_by_cpu, ss.lost_by_cpu, sizeof stats->lost_by_cpu);
	return 0;
}

const struct ph_trace_host *ph_inspector_host(struct ph_inspector *ins)
{
	if (!ins->is_file && ins->host.machine.ncpus == 0)
		ph_trace_host_live(&ins->host);
	return &ins->host;
}

uint64_t ph_inspector_first_ns(const struct ph_inspector *ins)
{
	return ins->first_ns;
}

void ph_inspector_file_end(const struct ph_inspector *ins, struct ph_trace_end *end)
{
	ph_source_file_end(ins->source, end);
}

void ph_inspector_file_progress(const struct ph_inspector *ins, uint64_t *done, uint64_t *size)
{
	ph_source_file_progress(ins->source, done, size);
}

void ph_inspector_waiting(struct ph_inspector *ins,
			  void (*each)(void *arg, const struct ph_evt_hdr *enter, uint16_t cpu), void *arg)
{
	if (ins->source->ops->waiting)
		ins->source->ops->waiting(ins->source, each, arg);
}
