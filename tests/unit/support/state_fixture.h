/* SPDX-License-Identifier: Apache-2.0 */
/* A state engine without a live system under it, and short words for the events that its tests are made of. */
#ifndef TESTS_SUPPORT_STATE_FIXTURE_H
#define TESTS_SUPPORT_STATE_FIXTURE_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>
#include "collector/container/container.h"
#include "collector/state/state.h"
#include "tests/unit/support/evbuild.h"

#define K_FILES 0x1 /* clone flags as in events */
#define K_FS 0x2
#define K_PARENT 0x100
#define K_THREAD 0x2000

struct fix {
	struct ph_state *st;
	struct ph_containers *cs;
	struct ph_event ev;
	uint64_t ts;
	bool visible; /* what ph_state_begin() said */
};

static inline int fix_setup(void **s)
{
	struct ph_containers_opts copts = { .size = sizeof(copts) };
	struct ph_state_opts opts = { .size = sizeof(opts) };
	struct fix *f = calloc(1, sizeof(*f));

	f->cs = opts.containers = ph_containers_new(&copts);
	f->st = ph_state_new(&opts);
	f->ts = 1000000000000u;
	*s = f;
	return f->st && f->cs ? 0 : -1;
}

static inline int fix_teardown(void **s)
{
	struct fix *f = *s;

	ph_state_free(f->st);
	ph_containers_free(f->cs);
	free(f);
	return 0;
}

#define fix_test(name) cmocka_unit_test_setup_teardown(name, fix_setup, fix_teardown)

/* Begins an event; consumers' view is in f->ev. */
static inline struct ph_event *begin(struct fix *f, struct evb *b)
{
	memset(&f->ev, 0xa5, sizeof(f->ev));
	f->ev.enter_ts = 0;
	f->ev.syscall = PH_SC_COUNT;
	assert_int_equal(ph_event_decode(&f->ev, evb_block(b)), 0);
	f->visible = ph_state_begin(f->st, &f->ev);
	return &f->ev;
}

static inline void end(struct fix *f)
{
	ph_state_end(f->st, &f->ev);
}

static inline void run(struct fix *f, struct evb *b)
{
	begin(f, b);
	end(f);
}

static inline struct evb *event(struct fix *f, unsigned type, int64_t tid)
{
	return evb_new(type, tid, f->ts += 1000);
}

/* --- processes */

static inline struct evb *fork_event(struct fix *f, int64_t parent, int64_t pid, int64_t tid, int64_t flags,
				     const char *comm)
{
	struct evb *b = event(f, PH_EV_SYSCALL_CLONE_20_X, tid);

	evb_num(b, "res", 0);
	evb_num(b, "tid", tid);
	evb_num(b, "pid", pid);
	evb_num(b, "ptid", parent);
	evb_num(b, "vtid", tid);
	evb_num(b, "vpid", pid);
	evb_num(b, "flags", flags);
	if (comm)
		evb_str(b, "comm", comm);
	return b;
}

static inline void do_fork(struct fix *f, int64_t parent, int64_t pid)
{
	run(f, fork_event(f, parent, pid, pid, 0, NULL));
}

static inline void do_thread(struct fix *f, int64_t pid, int64_t tid)
{
	run(f, fork_event(f, pid, pid, tid, K_FILES | K_THREAD, NULL));
}

static inline struct evb *exec_event(struct fix *f, int64_t tid, const char *exe, const char *comm)
{
	struct evb *b = event(f, PH_EV_SYSCALL_EXECVE_19_X, tid);

	evb_num(b, "res", 0);
	evb_str(b, "exe", exe);
	evb_num(b, "tid", tid);
	evb_num(b, "pid", tid);
	evb_str(b, "comm", comm);
	return b;
}

static inline struct evb *exit_event(struct fix *f, int64_t tid, int64_t reaper)
{
	struct evb *b = event(f, PH_EV_PROCEXIT_1_E, tid);

	evb_num(b, "status", 0);
	evb_num(b, "reaper_tid", reaper);
	return b;
}

static inline void do_exit_of(struct fix *f, int64_t tid)
{
	run(f, exit_event(f, tid, 0));
}

static inline struct ph_thread *thread(struct fix *f, int64_t tid)
{
	return ph_state_thread(f->st, tid);
}

/* A process with a known working directory. */
static inline struct ph_thread *do_process(struct fix *f, int64_t pid, const char *cwd)
{
	struct evb *b = fork_event(f, 1, pid, pid, 0, "proc");

	evb_str(b, "cwd", cwd);
	run(f, b);
	return thread(f, pid);
}

/* --- descriptors */

static inline struct evb *open_event(struct fix *f, int64_t tid, int64_t fd, int64_t dirfd, const char *name,
				     int64_t flags)
{
	struct evb *b = event(f, PH_EV_SYSCALL_OPENAT_2_X, tid);

	evb_num(b, "fd", fd);
	evb_num(b, "dirfd", dirfd);
	evb_str(b, "name", name);
	evb_num(b, "flags", flags);
	return b;
}

static inline void do_open(struct fix *f, int64_t tid, int64_t fd, const char *name)
{
	run(f, open_event(f, tid, fd, -100, name, 1));
}

static inline struct evb *call(struct fix *f, unsigned type, int64_t tid, int64_t res, int64_t fd)
{
	struct evb *b = event(f, type, tid);

	evb_num(b, "res", res);
	evb_num(b, "fd", fd);
	return b;
}

static inline struct ph_fd *fd_of(struct fix *f, int64_t tid, int64_t fd)
{
	struct ph_thread *t = thread(f, tid);

	return t ? ph_state_fd(f->st, t, fd) : NULL;
}

static inline const char *fd_name(struct fix *f, int64_t tid, int64_t fd)
{
	struct ph_fd *e = fd_of(f, tid, fd);

	return e ? e->name : "(none)";
}

#endif
