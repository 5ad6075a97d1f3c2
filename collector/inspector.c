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

#define HIDDEN_MAX 4096 /* hidden events in a row after which the caller gets to look at its clock */

struct ph_inspector {
	struct ph_source *source;
	struct ph_containers *containers;
	struct ph_state *state;
	struct ph_event ev;
	bool begun; /* ev waits for its ph_state_end() */
	bool garbled_said;
	uint64_t num, events, suppressed;
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

static int take_snapshot(struct ph_inspector *ins, char *err, size_t errlen)
{
	static const struct ph_snapshot_ops ops = { .task = snapshot_task, .fd = snapshot_fd };
	if (ins->source->ops->snapshot) {
		int ret = ins->source->ops->snapshot(ins->source, &ops, ins);
		if (ret < 0) {
			snprintf(err, errlen, "cannot read the processes of this host: %s", strerror(-ret));
			return ret;
		}
	}
	ph_state_snapshot_done(ins->state);
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
	};
	ins->state = ph_state_new(&so);
	if (ins->state)
		return 0;
no_memory:
	snprintf(err, errlen, "out of memory");
	return -ENOMEM;
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

	int ret = make_tables(ins, &o, err, errlen);
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

void ph_inspector_close(struct ph_inspector *ins)
{
	if (!ins)
		return;
	if (ins->begun)
		ph_state_end(ins->state, &ins->ev);
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

static void say_garbled(struct ph_inspector *ins, const struct ph_evt_hdr *hdr)
{
	char line[128];
	if (ins->garbled_said)
		return;
	ins->garbled_said = true;
	snprintf(line, sizeof line, "event %llu (type %u) is damaged and left out, and so may be others",
		 (unsigned long long)ins->num, hdr->type);
	if (ins->warn)
		ins->warn(ins->warn_arg, line);
}

/* true: consumers may see it. */
static bool begin_event(struct ph_inspector *ins, const struct ph_source_event *from)
{
	struct ph_event *ev = &ins->ev;
	int err = ph_event_decode(ev, from->hdr);
	if (err == -EBADMSG)
		say_garbled(ins, from->hdr);
	if (err)
		return false;
	ev->num = ins->num;
	ev->enter_ts = from->enter_ts;
	ev->cpu = from->cpu;
	ev->syscall = from->syscall;
	ev->latency = 0;
	ev->thread = NULL;
	ev->fd = NULL;
	ev->fdnum = PH_FD_NONE;
	ins->begun = true;
	if (!ph_state_begin(ins->state, ev)) {
		ins->suppressed++;
		return false;
	}
	return ev->ts >= ins->source->begins_ns || ev->type == PH_EV_GAP_E;
}

int ph_inspector_next(struct ph_inspector *ins, struct ph_event **ev, int timeout_ms)
{
	for (unsigned hidden = 0; hidden < HIDDEN_MAX; hidden++) {
		end_event(ins);
		if (ins->containers)
			ph_containers_poll(ins->containers);
		struct ph_source_event from;
		int n = ins->source->ops->next(ins->source, &from, timeout_ms);
		if (n <= 0)
			return n;
		ins->num += from.hdr->ts_ns >= ins->source->begins_ns;
		if (begin_event(ins, &from)) {
			ins->events++;
			*ev = &ins->ev;
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
