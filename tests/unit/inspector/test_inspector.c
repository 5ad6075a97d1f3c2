/* SPDX-License-Identifier: Apache-2.0 */
/* The inspector over a source that the test plays: the order of things, what is hidden, what is counted. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>
#include "collector/inspector_internal.h"
#include "tests/unit/support/evbuild.h"

#define ID "aaaaaaaaaaaa0123456789abcdef0123456789abcdef0123456789abcdef0123"
#define QUIET 100
#define LOUD 200

enum { STEPS_MAX = 10000 };

/* A step of the source: a block, or what next() returns instead. */
struct step {
	int ret;
	struct ph_evt_hdr *hdr;
};

struct played {
	struct ph_source base; /* first */
	struct step steps[STEPS_MAX];
	int nsteps, at, stops, closes, snapshots;
	int snapshot_error;
	uint64_t num;
};

static struct played *played_of(struct ph_source *s)
{
	return (struct played *)s;
}

static int played_next(struct ph_source *s, struct ph_event *ev, int timeout_ms)
{
	struct played *p = played_of(s);
	(void)timeout_ms;
	if (p->at == p->nsteps)
		return -ENODATA;
	const struct step *step = &p->steps[p->at++];
	if (!step->hdr)
		return step->ret;
	p->num++;
	int err = ph_event_decode(ev, step->hdr);
	if (err)
		return err;
	ev->num = p->num;
	ev->enter_ts = 7;
	ev->cpu = 3;
	ev->syscall = PH_SC_COUNT;
	return 1;
}

static void played_stop(struct ph_source *s)
{
	played_of(s)->stops++;
}

static int played_stats(struct ph_source *s, struct ph_source_stats *stats)
{
	(void)s;
	*stats = (struct ph_source_stats){ .lost = 5, .lost_state = 2 };
	stats->lost_by_category[PH_C_FILE] = 5;
	return 0;
}

static void add_task(const struct ph_snapshot_ops *ops, void *arg, int64_t tid, const char *comm)
{
	struct ph_snap_task_rec rec = { .tid = tid, .pid = tid, .vtid = tid, .vpid = tid, .ptid = 1 };
	const char *const texts[PH_SNAP_TEXTS] = {
		[PH_SNAP_EXEPATH] = "/bin/x", [PH_SNAP_CWD] = "/",  [PH_SNAP_ROOT] = "/",
		[PH_SNAP_CGROUP] = "/",	      [PH_SNAP_ARGS] = "x", [PH_SNAP_ENV] = "",
	};
	rec.hdr.size = sizeof rec;
	rec.hdr.kind = PH_SNAP_TASK;
	snprintf(rec.comm, sizeof rec.comm, "%s", comm);
	for (int i = 0; i < PH_SNAP_TEXTS; i++)
		rec.lens[i] = (uint32_t)strlen(texts[i]);
	ops->task(arg, &rec, texts);
}

static int played_snapshot(struct ph_source *s, const struct ph_source_sink *sink, void *arg)
{
	struct played *p = played_of(s);
	p->snapshots++;
	add_task(&sink->snapshot, arg, QUIET, "quiet");
	add_task(&sink->snapshot, arg, LOUD, "loud");
	return p->snapshot_error;
}

static void played_close(struct ph_source *s)
{
	struct played *p = played_of(s);
	p->closes++;
	for (int i = 0; i < p->nsteps; i++)
		free(p->steps[i].hdr);
	p->nsteps = 0;
}

static const struct ph_source_ops played_ops = {
	.next = played_next,
	.stop = played_stop,
	.stats = played_stats,
	.snapshot = played_snapshot,
	.close = played_close,
};

static struct played source;
static char warnings[1024];
static int nwarnings;

static void play(const struct ph_evt_hdr *hdr)
{
	struct step *step = &source.steps[source.nsteps++];
	*step = (struct step){ .hdr = malloc(hdr->len) };
	memcpy(step->hdr, hdr, hdr->len);
}

static void play_return(int ret)
{
	source.steps[source.nsteps++] = (struct step){ .ret = ret };
}

static void play_close(int64_t tid)
{
	struct evb *b = evb_new(PH_EV_SYSCALL_CLOSE_X, tid, 1000);
	evb_num(b, "res", 0);
	play(evb_block(b));
}

static void play_cgroup(unsigned type, const char *path)
{
	struct evb *b = evb_new(type, LOUD, 1000);
	evb_num(b, "id", 1);
	evb_num(b, "level", 2);
	evb_str(b, "path", path);
	play(evb_block(b));
}

static void note_warning(void *arg, const char *line)
{
	(void)arg;
	snprintf(warnings, sizeof warnings, "%s", line);
	nwarnings++;
}

static int setup(void **state)
{
	(void)state;
	memset(&source, 0, sizeof source);
	source.base.ops = &played_ops;
	*warnings = 0;
	nwarnings = 0;
	return 0;
}

static struct ph_inspector *open_with(const char *const *suppress)
{
	const struct ph_inspector_opts opts = { .size = sizeof opts, .suppress = suppress, .warn = note_warning };
	struct ph_inspector *ins;
	char err[256] = "";
	if (ph_inspector_open_source(&ins, &source.base, &opts, err, sizeof err))
		fail_msg("%s", err);
	return ins;
}

static void events_come_in_their_order_with_state(void **state)
{
	(void)state;
	play_close(LOUD);
	play_close(QUIET);
	struct ph_inspector *ins = open_with(NULL);
	assert_int_equal(source.snapshots, 1);
	assert_false(ph_inspector_is_live(ins));

	struct ph_event *ev;
	assert_int_equal(ph_inspector_next(ins, &ev, 0), 1);
	assert_int_equal(ev->num, 1);
	assert_int_equal(ev->tid, LOUD);
	assert_int_equal(ev->type, PH_EV_SYSCALL_CLOSE_X);
	assert_int_equal(ev->cpu, 3);
	assert_int_equal(ev->enter_ts, 7);
	assert_int_equal(ev->syscall, PH_SC_COUNT);
	assert_non_null(ev->thread);
	assert_string_equal(ev->thread->comm, "loud");
	assert_int_equal(ph_inspector_next(ins, &ev, 0), 1);
	assert_int_equal(ev->num, 2);
	assert_string_equal(ev->thread->comm, "quiet");
	assert_int_equal(ph_inspector_next(ins, &ev, 0), -ENODATA);
	assert_int_equal(ph_inspector_next(ins, &ev, 0), -ENODATA);
	ph_inspector_close(ins);
	assert_int_equal(source.closes, 1);
}

static void suppressed_events_are_counted_and_not_handed_out(void **state)
{
	(void)state;
	static const char *const comms[] = { "quiet", NULL };
	play_close(QUIET);
	play_close(LOUD);
	play_close(QUIET);
	struct ph_inspector *ins = open_with(comms);
	struct ph_event *ev;
	assert_int_equal(ph_inspector_next(ins, &ev, 0), 1);
	assert_int_equal(ev->num, 2);
	assert_int_equal(ev->tid, LOUD);
	assert_int_equal(ph_inspector_next(ins, &ev, 0), -ENODATA);
	struct ph_inspector_stats stats;
	assert_int_equal(ph_inspector_stats(ins, &stats), 0);
	assert_int_equal(stats.events, 1);
	assert_int_equal(stats.suppressed, 2);
	assert_int_equal(stats.lost, 5);
	assert_int_equal(stats.lost_state, 2);
	assert_int_equal(stats.lost_by_category[PH_C_FILE], 5);
	ph_inspector_close(ins);
}

static void a_flood_of_suppressed_events_lets_the_caller_look_at_its_clock(void **state)
{
	(void)state;
	static const char *const comms[] = { "quiet", NULL };
	for (int i = 0; i < STEPS_MAX - 1; i++)
		play_close(QUIET);
	play_close(LOUD);
	struct ph_inspector *ins = open_with(comms);
	struct ph_event *ev;
	int n, idle = 0;
	while (!(n = ph_inspector_next(ins, &ev, 0)))
		idle++;
	assert_int_equal(n, 1);
	assert_int_equal(ev->num, STEPS_MAX);
	assert_in_range(idle, 1, 10);
	ph_inspector_close(ins);
}

static void too_many_suppressed_names_are_an_error_with_a_line(void **state)
{
	(void)state;
	const char *comms[41] = { NULL };
	char names[40][16], err[256] = "";
	for (int i = 0; i < 40; i++) {
		snprintf(names[i], sizeof names[i], "comm%d", i);
		comms[i] = names[i];
	}
	const struct ph_inspector_opts opts = { .size = sizeof opts, .suppress = comms };
	struct ph_inspector *ins;
	assert_int_equal(ph_inspector_open_source(&ins, &source.base, &opts, err, sizeof err), -ENOSPC);
	assert_null(ins);
	assert_non_null(strstr(err, "comm32"));
	assert_int_equal(source.closes, 1);
}

static void a_snapshot_that_fails_is_an_error_with_a_line(void **state)
{
	(void)state;
	const struct ph_inspector_opts opts = { .size = sizeof opts };
	struct ph_inspector *ins;
	char err[256] = "";
	source.snapshot_error = -EPERM;
	assert_int_equal(ph_inspector_open_source(&ins, &source.base, &opts, err, sizeof err), -EPERM);
	assert_string_equal(err, "cannot read the processes: Operation not permitted");
	assert_int_equal(source.closes, 1);
}

static void what_the_source_returns_is_handed_on(void **state)
{
	(void)state;
	play_return(0);
	play_return(-EINTR);
	play_close(LOUD);
	struct ph_inspector *ins = open_with(NULL);
	struct ph_event *ev;
	assert_int_equal(ph_inspector_next(ins, &ev, 0), 0);
	assert_int_equal(ph_inspector_next(ins, &ev, 0), -EINTR);
	assert_int_equal(ph_inspector_next(ins, &ev, 0), 1);
	ph_inspector_stop(ins);
	assert_int_equal(source.stops, 1);
	ph_inspector_close(ins);
}

static void a_damaged_event_is_left_out_and_told_once(void **state)
{
	(void)state;
	struct evb *b = evb_new(PH_EV_SYSCALL_CLOSE_X, LOUD, 1000);
	evb_num(b, "res", 0);
	struct ph_evt_hdr *hdr = (struct ph_evt_hdr *)(void *)b->block;
	evb_block(b);
	hdr->nparams = 1000;
	play(hdr);
	play(hdr);
	play_close(LOUD);
	struct ph_inspector *ins = open_with(NULL);
	struct ph_event *ev;
	assert_int_equal(ph_inspector_next(ins, &ev, 0), 1);
	assert_int_equal(ev->num, 3);
	assert_int_equal(nwarnings, 1);
	assert_non_null(strstr(warnings, "an event is damaged and left out"));
	ph_inspector_close(ins);
}

static void who_looks_at_no_thread_gets_none_where_no_state_changes(void **state)
{
	(void)state;
	const struct ph_inspector_opts opts = { .size = sizeof opts, .lean = true };
	struct ph_inspector *ins;
	struct ph_event *ev;
	char err[256] = "";
	struct evb *b = evb_new(PH_EV_SYSCALL_READ_X, LOUD, 1000);
	evb_num(b, "res", 0);
	play(evb_block(b));
	play_close(LOUD);
	assert_int_equal(ph_inspector_open_source(&ins, &source.base, &opts, err, sizeof err), 0);
	assert_int_equal(ph_inspector_next(ins, &ev, 0), 1);
	assert_null(ev->thread);
	assert_int_equal(ev->latency, 993);
	assert_int_equal(ph_inspector_next(ins, &ev, 0), 1);
	assert_int_equal(ev->type, PH_EV_SYSCALL_CLOSE_X);
	assert_non_null(ev->thread);
	ph_inspector_close(ins);
}

static void a_container_is_known_from_its_cgroup_on_and_after_it(void **state)
{
	(void)state;
	play_cgroup(PH_EV_CGROUP_MKDIR_E, "/docker/" ID);
	play_cgroup(PH_EV_CGROUP_RMDIR_E, "/docker/" ID);
	play_close(LOUD);
	struct ph_inspector *ins = open_with(NULL);
	struct ph_containers *cs = ph_inspector_containers(ins);
	struct ph_event *ev;
	assert_null(ph_containers_by_id(cs, ID));
	assert_int_equal(ph_inspector_next(ins, &ev, 0), 1);
	struct ph_container *c = ph_containers_by_id(cs, "aaaaaaaaaaaa");
	assert_non_null(c);
	assert_false(c->ended);
	assert_int_equal(ph_inspector_next(ins, &ev, 0), 1);
	assert_false(c->ended); /* consumers of its last event still see it alive */
	assert_int_equal(ph_inspector_next(ins, &ev, 0), 1);
	assert_true(c->ended);
	ph_inspector_close(ins);
}

static void without_containers_none_is_looked_for(void **state)
{
	(void)state;
	const struct ph_inspector_opts opts = { .size = sizeof opts, .no_containers = true };
	struct ph_inspector *ins;
	struct ph_event *ev;
	char err[256] = "";
	play_cgroup(PH_EV_CGROUP_MKDIR_E, "/docker/" ID);
	assert_int_equal(ph_inspector_open_source(&ins, &source.base, &opts, err, sizeof err), 0);
	assert_null(ph_inspector_containers(ins));
	assert_int_equal(ph_inspector_next(ins, &ev, 0), 1);
	ph_inspector_close(ins);
}

static void closing_nothing_is_fine(void **state)
{
	(void)state;
	ph_inspector_close(NULL);
	ph_containers_free(NULL);
}

#define TEST(f) cmocka_unit_test_setup(f, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(events_come_in_their_order_with_state),
		TEST(suppressed_events_are_counted_and_not_handed_out),
		TEST(a_flood_of_suppressed_events_lets_the_caller_look_at_its_clock),
		TEST(too_many_suppressed_names_are_an_error_with_a_line),
		TEST(a_snapshot_that_fails_is_an_error_with_a_line),
		TEST(what_the_source_returns_is_handed_on),
		TEST(a_damaged_event_is_left_out_and_told_once),
		TEST(who_looks_at_no_thread_gets_none_where_no_state_changes),
		TEST(a_container_is_known_from_its_cgroup_on_and_after_it),
		TEST(without_containers_none_is_looked_for),
		TEST(closing_nothing_is_fine),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
