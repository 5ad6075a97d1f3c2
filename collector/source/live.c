/* SPDX-License-Identifier: Apache-2.0 */
/* The live source: the probe's records as they come. Called by the inspector. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "collector/source/source.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "collector/inspector.h"

struct live {
	struct ph_source base; /* first */
	struct ph_probe *probe;
	uint64_t num;
	bool stopped;
};

static struct live *live_of(struct ph_source *s)
{
	return (struct live *)s;
}

static int live_next(struct ph_source *s, struct ph_event *ev, int timeout_ms)
{
	struct live *l = live_of(s);
	const struct ph_rec *rec;

	for (;;) {
		int n = ph_probe_next(l->probe, &rec, l->stopped ? 0 : timeout_ms);
		if (n <= 0)
			return l->stopped && n != -EINTR ? -ENODATA : n;
		l->num += rec->evt.ts_ns >= s->begins_ns;
		n = ph_event_decode(ev, &rec->evt);
		if (n == 0)
			break;
		if (n != -ENOENT)
			return n;
	}
	ev->num = l->num;
	ev->enter_ts = rec->enter_ns;
	ev->cpu = rec->cpu;
	ev->syscall = rec->syscall;
	return 1;
}

static void live_stop(struct ph_source *s)
{
	struct live *l = live_of(s);
	if (!l->stopped)
		ph_probe_stop(l->probe);
	l->stopped = true;
}

static int live_stats(struct ph_source *s, struct ph_source_stats *stats)
{
	struct ph_probe_stats ps;
	int err = ph_probe_stats(live_of(s)->probe, &ps);
	if (err < 0)
		return err;
	*stats = (struct ph_source_stats){ .lost = ps.lost, .lost_state = ps.lost_state };
	memcpy(stats->lost_by_category, ps.lost_by_category, sizeof stats->lost_by_category);
	memcpy(stats->lost_by_cpu, ps.lost_by_cpu, sizeof stats->lost_by_cpu);
	return 0;
}

static int live_snapshot(struct ph_source *s, const struct ph_source_sink *sink, void *arg)
{
	struct live *l = live_of(s);
	int err = ph_probe_snapshot(l->probe, &sink->snapshot, arg);
	s->begins_ns = ph_probe_now_ns(l->probe);
	return err;
}

static void live_close(struct ph_source *s)
{
	ph_probe_close(live_of(s)->probe);
	free(s);
}

static const struct ph_source_ops live_ops = {
	.is_live = true,
	.next = live_next,
	.stop = live_stop,
	.stats = live_stats,
	.snapshot = live_snapshot,
	.close = live_close,
};

int ph_source_open_live(struct ph_source **out, const struct ph_inspector_opts *opts, char *err, size_t errlen)
{
	*out = NULL;
	struct live *l = calloc(1, sizeof *l);
	if (!l) {
		snprintf(err, errlen, "out of memory");
		return -ENOMEM;
	}
	const struct ph_probe_opts probe_opts = {
		.size = sizeof probe_opts,
		.snaplen = opts->snaplen ? opts->snaplen : PH_SNAPLEN_DEFAULT,
		.enter_time = opts->needs & PH_NEED_ENTER_TIME,
		.own_events = opts->own_events,
		.context_switches = opts->needs & PH_NEED_SWITCHES,
		.page_faults = opts->needs & PH_NEED_PAGE_FAULTS,
		.ring_bytes = opts->ring_bytes,
	};
	int ret = ph_probe_open(&l->probe, &probe_opts, err, errlen);
	if (ret < 0) {
		free(l);
		return ret;
	}
	l->base.ops = &live_ops;
	*out = &l->base;
	return 0;
}
