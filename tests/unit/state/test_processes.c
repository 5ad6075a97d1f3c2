/* SPDX-License-Identifier: Apache-2.0 */
/* Threads and processes from fork to exit. */
#include "tests/unit/support/state_fixture.h"

static void a_forked_child_has_its_parents_name_and_directory(void **s)
{
	struct fix *f = *s;

	do_process(f, 100, "/srv");
	do_fork(f, 100, 101);
	assert_string_equal(thread(f, 101)->comm, "proc");
	assert_string_equal(thread(f, 101)->proc->cwd, "/srv/");
	assert_int_equal(thread(f, 101)->proc->ptid, 100);
	assert_ptr_equal(ph_state_parent(f->st, thread(f, 101)), thread(f, 100));
	assert_int_equal(thread(f, 100)->proc->nchildren, 1);
}

static void the_childs_own_event_has_the_child_as_its_thread(void **s)
{
	struct fix *f = *s;
	struct ph_event *ev;

	do_process(f, 100, "/");
	ev = begin(f, fork_event(f, 100, 101, 101, 0, "kid"));
	assert_non_null(ev->thread);
	assert_int_equal(ev->thread->tid, 101);
	assert_string_equal(ev->thread->comm, "kid");
	end(f);
}

static void threads_share_their_process(void **s)
{
	struct fix *f = *s;

	do_process(f, 100, "/");
	do_thread(f, 100, 101);
	assert_ptr_equal(thread(f, 101)->proc, thread(f, 100)->proc);
	assert_int_equal(thread(f, 100)->proc->nthreads, 2);
	assert_ptr_equal(ph_state_main_thread(f->st, thread(f, 101)->proc), thread(f, 100));
}

static void threads_whose_leader_is_unknown_share_one_process(void **s)
{
	struct fix *f = *s;

	run(f, fork_event(f, 500, 500, 501, K_FILES | K_THREAD, "a"));
	run(f, fork_event(f, 500, 500, 502, K_FILES | K_THREAD, "b"));
	assert_ptr_equal(thread(f, 501)->proc, thread(f, 502)->proc);
	assert_true(thread(f, 500)->placeholder);
}

static void threads_whose_leader_is_unknown_say_what_their_process_is(void **s)
{
	struct fix *f = *s;
	struct evb *b = fork_event(f, 500, 500, 501, K_FILES | K_THREAD, "a");

	evb_str(b, "exe", "/bin/server");
	run(f, b);
	assert_string_equal(thread(f, 501)->proc->exe, "/bin/server");
}

static void a_child_that_came_before_its_parents_event_is_marked_so(void **s)
{
	struct fix *f = *s;

	do_process(f, 100, "/");
	run(f, fork_event(f, 100, 101, 101, 0, "kid"));
	assert_int_equal(thread(f, 101)->clone_flags & PH_clone_flags_CLONE_INVERTED, PH_clone_flags_CLONE_INVERTED);
}

static void the_parents_event_makes_no_second_child(void **s)
{
	struct fix *f = *s;
	struct evb *b;

	do_process(f, 100, "/");
	run(f, fork_event(f, 100, 101, 101, 0, "kid"));
	b = event(f, PH_EV_SYSCALL_CLONE_20_X, 100);
	evb_num(b, "res", 101);
	run(f, b);
	assert_string_equal(thread(f, 101)->comm, "kid");
	assert_int_equal(thread(f, 100)->proc->nchildren, 1);
}

static void a_child_whose_event_was_lost_is_made_from_the_parents(void **s)
{
	struct fix *f = *s;
	struct evb *b;

	do_process(f, 100, "/srv");
	b = event(f, PH_EV_SYSCALL_CLONE_20_X, 100);
	evb_num(b, "res", 101);
	run(f, b);
	assert_non_null(thread(f, 101));
	assert_string_equal(thread(f, 101)->proc->cwd, "/srv/");
}

static void a_child_that_ended_before_the_parents_event_does_not_come_back(void **s)
{
	struct fix *f = *s;
	struct evb *b;

	do_process(f, 100, "/");
	do_fork(f, 100, 101);
	do_exit_of(f, 101);
	b = event(f, PH_EV_SYSCALL_VFORK_20_X, 100);
	evb_num(b, "res", 101);
	run(f, b);
	assert_null(thread(f, 101));
}

static void a_number_of_another_pid_namespace_makes_no_child(void **s)
{
	struct fix *f = *s;
	struct evb *b = fork_event(f, 1, 100, 100, 0, "init");

	evb_num(b, "vtid", 1);
	evb_num(b, "vpid", 1);
	run(f, b);
	b = event(f, PH_EV_SYSCALL_CLONE_20_X, 100);
	evb_num(b, "res", 7);
	run(f, b);
	assert_null(thread(f, 7));
	assert_int_equal(thread(f, 100)->vtid, 1);
}

static void a_reused_tid_is_a_new_process(void **s)
{
	struct fix *f = *s;

	do_process(f, 100, "/old");
	do_open(f, 100, 3, "/a");
	do_process(f, 200, "/new");
	f->ts += 5000000000u;
	do_fork(f, 200, 100);
	assert_string_equal(thread(f, 100)->proc->cwd, "/new/");
	assert_null(fd_of(f, 100, 3));
}

static void exec_sets_name_arguments_and_path(void **s)
{
	struct fix *f = *s;
	struct ph_thread *t = do_process(f, 100, "/");
	struct evb *b = exec_event(f, 100, "ls", "ls");

	evb_bytes(b, "args", "-l\0/tmp", 8);
	evb_bytes(b, "env", "A=1\0B=2", 8);
	evb_str(b, "trusted_exepath", "/usr/bin/ls");
	evb_num(b, "uid", 1000);
	evb_str(b, "cwd", "/home/me");
	run(f, b);
	assert_string_equal(t->comm, "ls");
	assert_string_equal(t->proc->exe, "ls");
	assert_string_equal(t->proc->exepath, "/usr/bin/ls");
	assert_string_equal(t->proc->cwd, "/home/me/");
	assert_int_equal(t->proc->args_len, 7);
	assert_memory_equal(t->proc->args, "-l\0/tmp", 7);
	assert_memory_equal(t->proc->env, "A=1\0B=2", 7);
	assert_int_equal(t->uid, 1000);
	assert_true(t->proc->exec_ns > 0);
}

static void an_empty_first_argument_is_kept(void **s)
{
	struct fix *f = *s;
	struct ph_thread *t = do_process(f, 100, "/");
	struct evb *b = exec_event(f, 100, "x", "x");

	evb_bytes(b, "args", "\0y", 3);
	run(f, b);
	assert_int_equal(t->proc->args_len, 2);
	assert_memory_equal(t->proc->args, "\0y", 2);
}

static void a_failed_exec_changes_nothing(void **s)
{
	struct fix *f = *s;
	struct ph_thread *t = do_process(f, 100, "/");
	struct evb *b = exec_event(f, 100, "nope", "nope");

	do_thread(f, 100, 101);
	evb_num(b, "res", -2);
	run(f, b);
	assert_string_equal(t->comm, "proc");
	assert_non_null(thread(f, 101));
}

static void exec_does_not_change_the_forked_parent(void **s)
{
	struct fix *f = *s;

	do_process(f, 100, "/");
	do_fork(f, 100, 101);
	run(f, exec_event(f, 101, "ls", "ls"));
	assert_string_equal(thread(f, 100)->comm, "proc");
	assert_string_equal(thread(f, 100)->proc->exe, "");
}

static void exec_by_a_thread_leaves_it_alone_as_the_leader(void **s)
{
	struct fix *f = *s;
	struct ph_process *p;

	do_process(f, 100, "/");
	do_thread(f, 100, 101);
	do_thread(f, 100, 102);
	do_open(f, 101, 3, "/a");
	do_exit_of(f, 102);
	do_exit_of(f, 100); /* the old leader: its number lives on */
	assert_non_null(thread(f, 100));
	run(f, exec_event(f, 100, "new", "new"));
	assert_null(thread(f, 101));
	p = thread(f, 100)->proc;
	assert_int_equal(p->nthreads, 1);
	assert_string_equal(thread(f, 100)->comm, "new");
	assert_string_equal(fd_name(f, 100, 3), "/a");
	do_exit_of(f, 100);
	assert_null(thread(f, 100));
}

static void exec_by_a_thread_leaves_the_leader_as_it_was_before(void **s)
{
	struct fix *f = *s;
	struct ph_event *ev;

	do_process(f, 100, "/srv");
	do_thread(f, 100, 101);
	do_fork(f, 101, 200); /* a child of the one that is about to exec */
	do_exit_of(f, 100);
	ev = begin(f, exec_event(f, 100, "new", "new"));
	assert_non_null(ev->thread);
	assert_int_equal(ev->thread->tid, 100);
	assert_int_equal(ev->thread->vtid, 100);
	assert_int_equal(ev->thread->proc->nthreads, 1);
	assert_false(ev->thread->clone_flags & 0x40000); /* CLOSED */
	assert_string_equal(ev->thread->proc->cwd, "/srv/");
	assert_int_equal(ev->thread->proc->nchildren, 1);
	assert_ptr_equal(ph_state_main_thread(f->st, ev->thread->proc), ev->thread);
	end(f);
	do_thread(f, 100, 102);
	assert_int_equal(thread(f, 100)->proc->nthreads, 2);
}

static void cwd_is(struct fix *f, int64_t tid, const char *cwd)
{
	assert_string_equal(thread(f, tid)->proc->cwd, cwd);
}

static void do_chdir(struct fix *f, int64_t tid, const char *path)
{
	struct evb *b = event(f, PH_EV_SYSCALL_CHDIR_X, tid);

	evb_num(b, "res", 0);
	evb_str(b, "path", path);
	run(f, b);
}

static void processes_that_share_their_directory_move_together(void **s)
{
	struct fix *f = *s;
	struct evb *b;

	do_process(f, 100, "/");
	run(f, fork_event(f, 100, 101, 101, K_FS, NULL));
	run(f, fork_event(f, 101, 102, 102, K_FS, NULL));
	do_fork(f, 100, 103);
	do_chdir(f, 101, "/srv");
	cwd_is(f, 100, "/srv/");
	cwd_is(f, 101, "/srv/");
	cwd_is(f, 102, "/srv/");
	cwd_is(f, 103, "/");
	b = event(f, PH_EV_SYSCALL_UNSHARE_X, 102);
	evb_num(b, "res", 0);
	evb_num(b, "flags", K_FS);
	run(f, b);
	do_chdir(f, 100, "/tmp");
	cwd_is(f, 101, "/tmp/");
	cwd_is(f, 102, "/srv/");
	do_exit_of(f, 100);
	do_chdir(f, 101, "/var");
	cwd_is(f, 101, "/var/");
	cwd_is(f, 102, "/srv/");
}

static void processes_that_share_their_root_change_it_together(void **s)
{
	struct fix *f = *s;
	struct evb *b;

	do_process(f, 100, "/srv/a");
	run(f, fork_event(f, 100, 101, 101, K_FS, NULL));
	b = event(f, PH_EV_SYSCALL_CHROOT_X, 101);
	evb_num(b, "res", 0);
	evb_str(b, "path", "/srv");
	run(f, b);
	assert_string_equal(thread(f, 100)->proc->root, "/srv");
	cwd_is(f, 100, "/a/");
}

/* A process of a PID namespace whose init began at a time. */
static void do_inner(struct fix *f, int64_t parent, int64_t pid, int64_t vpid, uint64_t ns)
{
	struct evb *b = fork_event(f, parent, pid, pid, 0x20000000, "in");

	evb_num(b, "vtid", vpid);
	evb_num(b, "vpid", vpid);
	evb_num(b, "pidns_init_start_ts", (int64_t)ns);
	run(f, b);
}

static int64_t seen_by(struct fix *f, int64_t tid, int64_t number)
{
	struct ph_thread *t = ph_state_thread_seen_by(f->st, thread(f, tid), number);

	return t ? t->tid : 0;
}

static void numbers_are_those_of_the_callers_pid_namespace(void **s)
{
	struct fix *f = *s;

	do_process(f, 15, "/");
	do_process(f, 100, "/");
	do_inner(f, 100, 1000, 1, 5000);
	do_inner(f, 1000, 1001, 15, 5000);
	do_inner(f, 100, 2000, 1, 6000);
	do_inner(f, 2000, 2001, 15, 6000);
	assert_int_equal(seen_by(f, 100, 15), 15);
	assert_int_equal(seen_by(f, 100, 1001), 1001);
	assert_int_equal(seen_by(f, 1000, 15), 1001);
	assert_int_equal(seen_by(f, 1001, 1), 1000);
	assert_int_equal(seen_by(f, 2000, 15), 2001);
	assert_int_equal(seen_by(f, 2001, 100), 0);
}

static void setpgid_and_prlimit_mean_processes_of_the_callers_namespace(void **s)
{
	struct fix *f = *s;
	struct evb *b;

	do_process(f, 15, "/");
	do_process(f, 16, "/");
	do_process(f, 100, "/");
	do_inner(f, 100, 1000, 1, 5000);
	do_inner(f, 1000, 1001, 15, 5000);
	do_inner(f, 1000, 1002, 16, 5000);
	b = event(f, PH_EV_SYSCALL_SETPGID_X, 1000);
	evb_num(b, "res", 0);
	evb_num(b, "pid", 16);
	evb_num(b, "pgid", 15);
	run(f, b);
	assert_int_equal(thread(f, 1002)->proc->pgid, 1001);
	assert_int_equal(thread(f, 1002)->proc->vpgid, 15);
	b = event(f, PH_EV_SYSCALL_PRLIMIT_X, 1002); /* a sibling's */
	evb_num(b, "res", 0);
	evb_num(b, "pid", 15);
	evb_num(b, "resource", 7);
	evb_num(b, "newcur", 77);
	run(f, b);
	assert_int_equal(thread(f, 1001)->proc->fdlimit, 77);
	assert_int_not_equal(thread(f, 15)->proc->fdlimit, 77);
}

static void an_ended_thread_is_there_until_consumers_have_seen_its_end(void **s)
{
	struct fix *f = *s;
	struct ph_event *ev;

	do_process(f, 100, "/");
	ev = begin(f, exit_event(f, 100, 1));
	assert_non_null(ev->thread);
	assert_string_equal(ev->thread->comm, "proc");
	end(f);
	assert_null(thread(f, 100));
}

static void the_process_ends_with_its_last_thread(void **s)
{
	struct fix *f = *s;

	do_process(f, 100, "/srv");
	do_thread(f, 100, 101);
	do_exit_of(f, 100);
	assert_int_equal(thread(f, 101)->proc->nthreads, 1);
	assert_string_equal(thread(f, 101)->proc->cwd, "/srv/");
	do_exit_of(f, 101);
	assert_null(thread(f, 100));
	assert_null(thread(f, 101));
}

static void orphans_go_to_the_reaper(void **s)
{
	struct fix *f = *s;

	do_process(f, 1, "/");
	do_process(f, 100, "/");
	do_fork(f, 100, 101);
	run(f, exit_event(f, 100, 1));
	assert_int_equal(thread(f, 101)->proc->ptid, 1);
	assert_ptr_equal(ph_state_parent(f->st, thread(f, 101)), thread(f, 1));
}

static void orphans_without_a_known_reaper_have_no_parent(void **s)
{
	struct fix *f = *s;

	do_process(f, 100, "/");
	do_fork(f, 100, 101);
	run(f, exit_event(f, 100, 77));
	assert_null(ph_state_parent(f->st, thread(f, 101)));
}

static void an_unknown_thread_gets_a_placeholder(void **s)
{
	struct fix *f = *s;
	struct ph_event *ev = begin(f, call(f, PH_EV_SYSCALL_READ_X, 900, 0, 3));

	assert_non_null(ev->thread);
	assert_true(ev->thread->placeholder);
	assert_string_equal(ev->thread->comm, "<NA>");
	assert_int_equal(ev->thread->proc->pid, 900);
	assert_null(ev->fd);
	assert_int_equal(ev->fdnum, 3);
	end(f);
}

static void events_without_a_thread_make_none(void **s)
{
	struct fix *f = *s;

	run(f, call(f, PH_EV_SYSCALL_READ_X, 0, 0, 3));
	run(f, call(f, PH_EV_SYSCALL_READ_X, -1, 0, 3));
	run(f, fork_event(f, 1, 0, 0, 0, "x"));
	run(f, fork_event(f, -1, -5, -1, 0, "x"));
	run(f, exit_event(f, -1, 0));
	assert_int_equal(ph_state_thread_count(f->st), 0);
}

static void latency_is_the_time_since_the_call_was_entered(void **s)
{
	struct fix *f = *s;
	struct evb *b = call(f, PH_EV_SYSCALL_READ_X, 100, 0, 3);

	assert_int_equal(ph_event_decode(&f->ev, evb_block(b)), 0);
	f->ev.enter_ts = f->ts - 250;
	ph_state_begin(f->st, &f->ev);
	assert_int_equal(f->ev.latency, 250);
	end(f);
	assert_int_equal(ph_event_decode(&f->ev, evb_block(b)), 0);
	f->ev.enter_ts = 0;
	ph_state_begin(f->st, &f->ev);
	assert_int_equal(f->ev.latency, 0);
	end(f);
}

static void credentials_follow_the_effective_ids(void **s)
{
	struct fix *f = *s;
	struct ph_thread *t = do_process(f, 100, "/");
	struct evb *b = event(f, PH_EV_SYSCALL_SETRESUID_X, 100);

	evb_num(b, "res", 0);
	evb_num(b, "ruid", 1);
	evb_num(b, "euid", 2);
	evb_num(b, "suid", 3);
	run(f, b);
	assert_int_equal(t->uid, 2);
	b = event(f, PH_EV_SYSCALL_SETREUID_X, 100);
	evb_num(b, "res", 0);
	evb_num(b, "ruid", 5);
	evb_num(b, "euid", -1);
	run(f, b);
	assert_int_equal(t->uid, 2);
	b = event(f, PH_EV_SYSCALL_SETGID_X, 100);
	evb_num(b, "res", -1);
	evb_num(b, "gid", 9);
	run(f, b);
	assert_int_not_equal(t->gid, 9);
	evb_num(b, "res", 0);
	run(f, b);
	assert_int_equal(t->gid, 9);
}

static void chdir_and_fchdir_move_the_process(void **s)
{
	struct fix *f = *s;
	struct ph_thread *t = do_process(f, 100, "/a/b");
	struct evb *b = event(f, PH_EV_SYSCALL_CHDIR_X, 100);

	evb_num(b, "res", 0);
	evb_str(b, "path", "../c");
	run(f, b);
	assert_string_equal(t->proc->cwd, "/a/c/");
	run(f, open_event(f, 100, 4, -100, "/var/log", 0x401));
	run(f, call(f, PH_EV_SYSCALL_FCHDIR_X, 100, 0, 4));
	assert_string_equal(t->proc->cwd, "/var/log/");
	b = event(f, PH_EV_SYSCALL_CHDIR_X, 100);
	evb_num(b, "res", -2);
	evb_str(b, "path", "/nope");
	run(f, b);
	assert_string_equal(t->proc->cwd, "/var/log/");
}

static void chroot_renames_what_lies_in_it(void **s)
{
	struct fix *f = *s;
	struct ph_thread *t = do_process(f, 100, "/jail/home");
	struct evb *b = event(f, PH_EV_SYSCALL_CHROOT_X, 100);

	evb_num(b, "res", 0);
	evb_str(b, "path", "/jail");
	run(f, b);
	assert_string_equal(t->proc->root, "/jail");
	assert_string_equal(t->proc->cwd, "/home/");
}

static void prctl_renames_the_thread(void **s)
{
	struct fix *f = *s;
	struct ph_thread *t = do_process(f, 100, "/");
	struct evb *b = event(f, PH_EV_SYSCALL_PRCTL_X, 100);

	evb_num(b, "res", 0);
	evb_num(b, "option", 15);
	evb_str(b, "arg2_str", "a-very-long-thread-name");
	run(f, b);
	assert_string_equal(t->comm, "a-very-long-thr");
}

static void limits_sessions_and_groups_are_kept(void **s)
{
	struct fix *f = *s;
	struct ph_thread *t = do_process(f, 100, "/");
	struct evb *b = event(f, PH_EV_SYSCALL_PRLIMIT_X, 100);

	evb_num(b, "res", 0);
	evb_num(b, "newcur", 4096);
	evb_num(b, "pid", 0);
	evb_num(b, "resource", 7);
	run(f, b);
	assert_int_equal(t->proc->fdlimit, 4096);
	b = event(f, PH_EV_SYSCALL_SETSID_X, 100);
	evb_num(b, "res", 100);
	run(f, b);
	assert_int_equal(t->proc->sid, 100);
	do_fork(f, 100, 101);
	assert_int_equal(thread(f, 101)->proc->sid, 100);
	b = event(f, PH_EV_SYSCALL_SETPGID_X, 100);
	evb_num(b, "res", 0);
	evb_num(b, "pid", 101);
	evb_num(b, "pgid", 0);
	run(f, b);
	assert_int_equal(thread(f, 101)->proc->pgid, 101);
}

static void clone_parent_children_have_the_callers_files(void **s)
{
	struct fix *f = *s;
	struct evb *b;

	do_process(f, 50, "/");
	do_fork(f, 50, 100);
	do_open(f, 100, 3, "/callers");
	run(f, fork_event(f, 50, 101, 101, K_PARENT, "kid"));
	b = event(f, PH_EV_SYSCALL_CLONE_20_X, 100);
	evb_num(b, "res", 101);
	evb_num(b, "flags", K_PARENT);
	run(f, b);
	assert_ptr_equal(ph_state_parent(f->st, thread(f, 101)), thread(f, 50));
	assert_string_equal(fd_name(f, 101, 3), "/callers");
}

static void suppressed_names_hide_their_children_too(void **s)
{
	struct fix *f = *s;

	assert_int_equal(ph_state_suppress_comm(f->st, "secret"), 0);
	do_process(f, 100, "/");
	run(f, call(f, PH_EV_SYSCALL_READ_X, 100, 0, 3));
	assert_true(f->visible);
	run(f, exec_event(f, 100, "secret", "secret"));
	assert_false(f->visible);
	do_fork(f, 100, 101);
	assert_false(f->visible);
	run(f, exec_event(f, 101, "ls", "ls"));
	assert_false(f->visible);
	do_thread(f, 101, 102);
	run(f, call(f, PH_EV_SYSCALL_READ_X, 102, 0, 3));
	assert_false(f->visible);
}

static void at_most_32_names_are_suppressed(void **s)
{
	struct fix *f = *s;

	for (int i = 0; i < 32; i++)
		assert_int_equal(ph_state_suppress_comm(f->st, "x"), 0);
	assert_int_equal(ph_state_suppress_comm(f->st, "x"), -ENOSPC);
}

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void a_thread_is_in_its_cgroups_container_and_so_are_its_children(void **s)
{
	struct fix *f = *s;
	struct evb *b;

	do_process(f, 100, "/");
	assert_null(thread(f, 100)->container);
	do_thread(f, 100, 101);
	b = event(f, PH_EV_CGROUP_ATTACH_E, 1);
	evb_str(b, "path", "/docker/" ID);
	evb_num(b, "pid", 100);
	evb_num(b, "threadgroup", 1);
	run(f, b);
	assert_non_null(thread(f, 100)->container);
	assert_string_equal(thread(f, 100)->container->id, "0123456789ab");
	assert_ptr_equal(thread(f, 101)->container, thread(f, 100)->container);
	do_fork(f, 100, 102);
	assert_ptr_equal(thread(f, 102)->container, thread(f, 100)->container);
	b = fork_event(f, 100, 103, 103, 0, NULL);
	evb_str(b, "cgroups", "cpu=/user.slice");
	run(f, b);
	assert_null(thread(f, 103)->container);
}

static void the_table_takes_no_more_than_its_limit(void **s)
{
	struct fix *f = *s;

	for (int i = 1; i <= 131072 + 10; i++)
		run(f, call(f, PH_EV_SYSCALL_READ_X, i, 0, 3));
	assert_int_equal(ph_state_thread_count(f->st), 131072);
	assert_int_equal(ph_state_threads_refused(f->st), 10);
}

static void processes_that_come_and_go_leave_nothing(void **s)
{
	struct fix *f = *s;

	do_process(f, 1, "/");
	do_open(f, 1, 3, "/a");
	for (int i = 0; i < 200000; i++) {
		int pid = 2 + i % 30000;

		do_fork(f, 1, pid);
		run(f, exec_event(f, pid, "x", "x"));
		do_open(f, pid, 4, "/b");
		run(f, exit_event(f, pid, 1));
	}
	assert_int_equal(ph_state_thread_count(f->st), 1);
	assert_int_equal(thread(f, 1)->proc->nchildren, 0);
}

static void no_process_is_its_own_ancestor(void **s)
{
	struct fix *f = *s;

	do_fork(f, 100, 101);
	do_fork(f, 101, 100);
	do_fork(f, 102, 102);
	for (int64_t tid = 100; tid < 103; tid++) {
		struct ph_thread *t = thread(f, tid);
		int n = 0;

		while (t && n < 1000) {
			t = ph_state_parent(f->st, t);
			n++;
		}
		assert_true(n < 1000);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fix_test(a_forked_child_has_its_parents_name_and_directory),
		fix_test(the_childs_own_event_has_the_child_as_its_thread),
		fix_test(threads_share_their_process),
		fix_test(threads_whose_leader_is_unknown_share_one_process),
		fix_test(threads_whose_leader_is_unknown_say_what_their_process_is),
		fix_test(a_child_that_came_before_its_parents_event_is_marked_so),
		fix_test(the_parents_event_makes_no_second_child),
		fix_test(a_child_whose_event_was_lost_is_made_from_the_parents),
		fix_test(a_child_that_ended_before_the_parents_event_does_not_come_back),
		fix_test(a_number_of_another_pid_namespace_makes_no_child),
		fix_test(a_reused_tid_is_a_new_process),
		fix_test(exec_sets_name_arguments_and_path),
		fix_test(an_empty_first_argument_is_kept),
		fix_test(a_failed_exec_changes_nothing),
		fix_test(exec_does_not_change_the_forked_parent),
		fix_test(exec_by_a_thread_leaves_it_alone_as_the_leader),
		fix_test(exec_by_a_thread_leaves_the_leader_as_it_was_before),
		fix_test(processes_that_share_their_directory_move_together),
		fix_test(processes_that_share_their_root_change_it_together),
		fix_test(numbers_are_those_of_the_callers_pid_namespace),
		fix_test(setpgid_and_prlimit_mean_processes_of_the_callers_namespace),
		fix_test(an_ended_thread_is_there_until_consumers_have_seen_its_end),
		fix_test(the_process_ends_with_its_last_thread),
		fix_test(orphans_go_to_the_reaper),
		fix_test(orphans_without_a_known_reaper_have_no_parent),
		fix_test(an_unknown_thread_gets_a_placeholder),
		fix_test(events_without_a_thread_make_none),
		fix_test(latency_is_the_time_since_the_call_was_entered),
		fix_test(credentials_follow_the_effective_ids),
		fix_test(chdir_and_fchdir_move_the_process),
		fix_test(chroot_renames_what_lies_in_it),
		fix_test(prctl_renames_the_thread),
		fix_test(limits_sessions_and_groups_are_kept),
		fix_test(clone_parent_children_have_the_callers_files),
		fix_test(suppressed_names_hide_their_children_too),
		fix_test(at_most_32_names_are_suppressed),
		fix_test(a_thread_is_in_its_cgroups_container_and_so_are_its_children),
		fix_test(the_table_takes_no_more_than_its_limit),
		fix_test(processes_that_come_and_go_leave_nothing),
		fix_test(no_process_is_its_own_ancestor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
