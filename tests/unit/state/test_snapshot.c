/* SPDX-License-Identifier: Apache-2.0 */
/* What the start-up snapshot tells, and what is guessed from it. */
#include "tests/unit/support/state_fixture.h"

#include <sys/socket.h>

static void add_task(struct fix *f, int64_t tid, int64_t pid, int64_t ptid, const char *comm)
{
	struct ph_snap_task_rec rec = {
		.tid = tid, .pid = pid, .ptid = ptid, .vtid = tid, .vpid = pid, .uid = 7, .flags = PH_TASK_ARGS_READ
	};
	const char *texts[PH_SNAP_TEXTS] = {
		[PH_SNAP_EXEPATH] = "/bin/x", [PH_SNAP_CWD] = "/srv", [PH_SNAP_ARGS] = "x\0-a\0b", [PH_SNAP_ENV] = "A=1"
	};

	strcpy(rec.comm, comm);
	rec.lens[PH_SNAP_EXEPATH] = 6;
	rec.lens[PH_SNAP_CWD] = 4;
	rec.lens[PH_SNAP_ARGS] = 7;
	rec.lens[PH_SNAP_ENV] = 4;
	ph_state_add_task(f->st, &rec, texts);
}

static struct ph_snap_fd_rec inet(int64_t tid, int fd, uint16_t lport, uint16_t rport)
{
	struct ph_snap_fd_rec rec = { .pid = tid,
				      .tid = tid,
				      .fd = fd,
				      .type = PH_FD_IPV4,
				      .l4 = PH_L4_TCP,
				      .lport = lport,
				      .rport = rport,
				      .local = { 10, 0, 0, 1 } };

	if (rport)
		memcpy(rec.remote, "\12\0\0\2", 4);
	return rec;
}

static void a_task_is_known_with_all_that_it_is(void **s)
{
	struct fix *f = *s;
	struct ph_thread *t;

	add_task(f, 100, 100, 1, "x");
	ph_state_snapshot_done(f->st);
	t = thread(f, 100);
	assert_string_equal(t->comm, "x");
	assert_string_equal(t->proc->exe, "x");
	assert_string_equal(t->proc->exepath, "/bin/x");
	assert_string_equal(t->proc->cwd, "/srv/");
	assert_int_equal(t->proc->args_len, 4);
	assert_memory_equal(t->proc->args, "-a\0b", 4);
	assert_int_equal(t->uid, 7);
	assert_false(t->placeholder);
}

static void threads_may_come_before_their_leader(void **s)
{
	struct fix *f = *s;

	add_task(f, 101, 100, 1, "worker");
	add_task(f, 100, 100, 1, "main");
	ph_state_snapshot_done(f->st);
	assert_ptr_equal(thread(f, 101)->proc, thread(f, 100)->proc);
	assert_string_equal(thread(f, 100)->comm, "main");
	assert_string_equal(thread(f, 101)->comm, "worker");
	assert_int_equal(thread(f, 100)->proc->nthreads, 2);
}

static void parents_are_linked_in_any_order(void **s)
{
	struct fix *f = *s;

	add_task(f, 101, 101, 100, "kid");
	add_task(f, 100, 100, 1, "main");
	ph_state_snapshot_done(f->st);
	assert_ptr_equal(ph_state_parent(f->st, thread(f, 101)), thread(f, 100));
	assert_int_equal(thread(f, 100)->proc->nchildren, 1);
}

static void files_have_their_names(void **s)
{
	struct ph_snap_fd_rec rec = {
		.pid = 100, .tid = 100, .fd = 3, .type = PH_FD_FILE, .cloexec = 1, .ino = 5, .name_len = 4
	};
	struct fix *f = *s;

	add_task(f, 100, 100, 1, "x");
	add_task(f, 101, 100, 1, "x");
	ph_state_add_fd(f->st, &rec, "/abc");
	ph_state_snapshot_done(f->st);
	assert_string_equal(fd_name(f, 100, 3), "/abc");
	assert_string_equal(fd_name(f, 101, 3), "/abc");
	assert_int_equal(fd_of(f, 100, 3)->flags, PH_FDF_CLOEXEC | PH_FDF_FROM_SNAPSHOT);
}

static void a_thread_with_a_table_of_its_own_keeps_it_apart(void **s)
{
	struct ph_snap_fd_rec rec = { .pid = 100, .tid = 101, .fd = 3, .type = PH_FD_FILE, .name_len = 4 };
	struct fix *f = *s;

	add_task(f, 100, 100, 1, "x");
	add_task(f, 101, 100, 1, "x");
	ph_state_add_fd(f->st, &rec, "/abc");
	ph_state_snapshot_done(f->st);
	assert_null(fd_of(f, 100, 3));
	assert_string_equal(fd_name(f, 101, 3), "/abc");
}

static void bound_ports_tell_servers_from_clients(void **s)
{
	struct ph_snap_fd_rec listener = inet(100, 3, 9000, 0), accepted = inet(100, 4, 9000, 80),
			      client = inet(100, 5, 50000, 9000);
	struct fix *f = *s;

	listener.listening = 1;
	add_task(f, 100, 100, 1, "x");
	ph_state_add_fd(f->st, &accepted, "");
	ph_state_add_fd(f->st, &client, "");
	ph_state_add_fd(f->st, &listener, "");
	ph_state_snapshot_done(f->st);
	assert_string_equal(fd_name(f, 100, 3), "10.0.0.1:9000");
	assert_int_equal(fd_of(f, 100, 3)->type, PH_FD_IPV4_SERVER);
	assert_string_equal(fd_name(f, 100, 4), "10.0.0.2:80->10.0.0.1:9000");
	assert_true(fd_of(f, 100, 4)->flags & PH_FDF_ROLE_SERVER);
	assert_string_equal(fd_name(f, 100, 5), "10.0.0.1:50000->10.0.0.2:9000");
	assert_true(fd_of(f, 100, 5)->flags & PH_FDF_ROLE_CLIENT);
}

static void without_bound_ports_the_lower_one_is_the_servers(void **s)
{
	struct ph_snap_fd_rec server = inet(100, 4, 80, 50000), client = inet(100, 5, 50000, 80);
	struct fix *f = *s;

	add_task(f, 100, 100, 1, "x");
	ph_state_add_fd(f->st, &server, "");
	ph_state_add_fd(f->st, &client, "");
	ph_state_snapshot_done(f->st);
	assert_true(fd_of(f, 100, 4)->flags & PH_FDF_ROLE_SERVER);
	assert_true(fd_of(f, 100, 5)->flags & PH_FDF_ROLE_CLIENT);
}

static void children_of_suppressed_names_are_suppressed(void **s)
{
	struct fix *f = *s;

	ph_state_suppress_comm(f->st, "secret");
	add_task(f, 102, 102, 101, "ls");
	add_task(f, 101, 101, 100, "sh");
	add_task(f, 100, 100, 1, "secret");
	add_task(f, 200, 200, 1, "free");
	ph_state_snapshot_done(f->st);
	assert_true(thread(f, 102)->suppressed);
	assert_false(thread(f, 200)->suppressed);
}

static void the_cgroup_gives_the_container(void **s)
{
	static const char cgroup[] = "/docker/0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
	struct ph_snap_task_rec rec = { .tid = 100, .pid = 100, .ptid = 1, .flags = PH_TASK_KTHREAD };
	const char *texts[PH_SNAP_TEXTS] = { [PH_SNAP_CGROUP] = cgroup };
	struct fix *f = *s;

	rec.lens[PH_SNAP_CGROUP] = sizeof(cgroup) - 1;
	memset(rec.comm, 'c', sizeof(rec.comm)); /* not terminated */
	ph_state_add_task(f->st, &rec, texts);
	ph_state_snapshot_done(f->st);
	assert_non_null(thread(f, 100)->container);
	assert_string_equal(thread(f, 100)->container->id, "0123456789ab");
	assert_string_equal(thread(f, 100)->comm, "ccccccccccccccc");
	assert_true(thread(f, 100)->proc->cgroups_len > sizeof(cgroup));
}

static void the_event_of_a_fork_that_the_snapshot_saw_makes_no_second_child(void **s)
{
	struct fix *f = *s;

	add_task(f, 100, 100, 1, "x");
	do_fork(f, 100, 101);
	do_open(f, 100, 3, "/a");
	do_fork(f, 100, 101);
	assert_int_equal(thread(f, 100)->proc->nchildren, 1);
}

static void impossible_records_are_left_out(void **s)
{
	struct ph_snap_fd_rec rec = { .pid = 100, .tid = 100, .fd = -1, .type = PH_FD_FILE };
	struct fix *f = *s;

	add_task(f, 0, 0, 0, "x");
	add_task(f, -1, 5, 0, "x");
	ph_state_add_fd(f->st, &rec, "a");
	assert_int_equal(ph_state_thread_count(f->st), 0);
	add_task(f, 100, 100, 100, "x");
	ph_state_add_fd(f->st, &rec, "a");
	rec.fd = 1;
	rec.type = 200;
	ph_state_add_fd(f->st, &rec, "a");
	ph_state_snapshot_done(f->st);
	assert_int_equal(ph_state_fd_count(f->st, thread(f, 100)), 0);
	assert_null(ph_state_parent(f->st, thread(f, 100)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fix_test(a_task_is_known_with_all_that_it_is),
		fix_test(threads_may_come_before_their_leader),
		fix_test(parents_are_linked_in_any_order),
		fix_test(files_have_their_names),
		fix_test(a_thread_with_a_table_of_its_own_keeps_it_apart),
		fix_test(bound_ports_tell_servers_from_clients),
		fix_test(without_bound_ports_the_lower_one_is_the_servers),
		fix_test(children_of_suppressed_names_are_suppressed),
		fix_test(the_cgroup_gives_the_container),
		fix_test(the_event_of_a_fork_that_the_snapshot_saw_makes_no_second_child),
		fix_test(impossible_records_are_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
