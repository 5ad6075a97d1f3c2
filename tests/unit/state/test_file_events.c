/* SPDX-License-Identifier: Apache-2.0 */
/* Events as only trace files have them: enters, exits that lack parameters, records of containers; and which may be passed over. */
#include "tests/unit/support/state_fixture.h"

#include <sys/socket.h>

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define LIBPOD "/machine.slice/libpod-" ID ".scope/container"

static void list_fd(struct fix *f, int64_t tid, int32_t num, const char *name)
{
	struct ph_fd fd = { .num = num, .type = PH_FD_FILE, .name = (char *)(uintptr_t)name };

	ph_state_add_entry_fd(f->st, tid, &fd);
}

static void list_task(struct fix *f, int64_t tid, const char *comm, const char *cgroups)
{
	struct ph_task t = { .tid = tid,
			     .pid = tid,
			     .ptid = 1,
			     .comm = { comm, (uint32_t)strlen(comm) },
			     .exe = { "/bin/prog", 9 },
			     .exepath = { "/bin/prog", 9 },
			     .cwd = { "/srv", 4 },
			     .args = { "-a", 2 },
			     .cgroups = { cgroups, (uint32_t)strlen(cgroups) } };

	ph_state_add_entry(f->st, &t);
}

/* --- enters ----------------------------------------------------------------------------------------------------------------- */

static void an_enter_shows_its_thread_and_descriptor(void **s)
{
	struct fix *f = *s;
	struct evb *b;

	do_process(f, 100, "/");
	do_open(f, 100, 3, "/etc/passwd");
	b = event(f, PH_EV_SYSCALL_READ_E, 100);
	evb_num(b, "fd", 3);
	evb_num(b, "size", 10);
	begin(f, b);
	assert_true(f->visible);
	assert_int_equal(f->ev.thread->tid, 100);
	assert_int_equal(f->ev.fdnum, 3);
	assert_string_equal(f->ev.fd->name, "/etc/passwd");
	assert_int_equal(f->ev.latency, 0);
	end(f);
}

static void an_enter_changes_nothing(void **s)
{
	static const uint16_t codes[] = { PH_EV_SYSCALL_CLOSE_E,    PH_EV_SYSCALL_OPEN_E,  PH_EV_SYSCALL_EXECVE_19_E,
					  PH_EV_SYSCALL_CLONE_20_E, PH_EV_SYSCALL_DUP2_E,  PH_EV_SOCKET_CONNECT_E,
					  PH_EV_SYSCALL_CHDIR_E,    PH_EV_SOCKET_SOCKET_E, PH_EV_SYSCALL_SETUID_E,
					  PH_EV_SYSCALL_OPENAT_2_E, PH_EV_SYSCALL_FCNTL_E, PH_EV_SOCKET_ACCEPT4_6_E };
	struct fix *f = *s;
	struct ph_thread *t;

	do_process(f, 100, "/srv");
	do_open(f, 100, 3, "/etc/passwd");
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		struct evb *b = event(f, codes[i], 100);
		int fd = ph_event_param_index(b->info, "fd", 2);

		if (fd >= 0)
			evb_num(b, "fd", 3);
		if (ph_event_param_index(b->info, "uid", 3) >= 0)
			evb_num(b, "uid", 0);
		run(f, b);
	}
	t = thread(f, 100);
	assert_int_equal(ph_state_thread_count(f->st), 1);
	assert_int_equal(ph_state_fd_count(f->st, t), 1);
	assert_string_equal(fd_name(f, 100, 3), "/etc/passwd");
	assert_string_equal(t->proc->cwd, "/srv/");
	assert_string_equal(t->comm, "proc");
	assert_int_equal(t->uid, UINT32_MAX);
}

/* --- missing parameters --------------------------------------------------------------------------------------------------------- */

static void opens(struct fix *f, unsigned type, bool cut)
{
	struct evb *b = event(f, type, 100);

	evb_num(b, "fd", 3);
	if (cut)
		b->nparams = 1;
	begin(f, b);
	assert_int_equal(f->ev.fdnum, 3);
	assert_string_equal(f->ev.fd->name, "/listed");
	end(f);
	assert_string_equal(fd_name(f, 100, 3), "/listed");
	assert_int_equal(fd_of(f, 100, 3)->open_flags, 0);
}

static void an_open_without_a_path_leaves_what_is_known(void **s)
{
	static const uint16_t codes[] = {
		PH_EV_SYSCALL_OPEN_X,  PH_EV_SYSCALL_OPENAT_2_X,	  PH_EV_SYSCALL_OPENAT2_X,
		PH_EV_SYSCALL_CREAT_X, PH_EV_SYSCALL_OPEN_BY_HANDLE_AT_X, PH_EV_SOCKET_SOCKET_X
	};
	struct fix *f = *s;

	list_task(f, 100, "prog", "");
	list_fd(f, 100, 3, "/listed");
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		opens(f, codes[i], false);
		opens(f, codes[i], true);
	}
}

static void an_open_without_a_path_of_something_unknown_has_no_name(void **s)
{
	struct fix *f = *s;
	struct evb *b = event(f, PH_EV_SYSCALL_OPEN_X, 100);

	list_task(f, 100, "prog", "");
	evb_num(b, "fd", 3);
	b->nparams = 1;
	run(f, b);
	assert_string_equal(fd_name(f, 100, 3), "<NA>");
}

static void a_relative_path_from_no_directory_is_not_taken_for_one_from_stdin(void **s)
{
	struct fix *f = *s;
	struct evb *b = event(f, PH_EV_SYSCALL_OPENAT_2_X, 100);

	list_task(f, 100, "prog", "");
	list_fd(f, 100, 0, "/dir");
	evb_num(b, "fd", 3);
	evb_str(b, "name", "x");
	run(f, b);
	assert_string_equal(fd_name(f, 100, 3), "<UNKNOWN>/x");
}

static void an_accept_without_a_tuple_leaves_what_is_known(void **s)
{
	static const uint16_t codes[] = { PH_EV_SOCKET_ACCEPT_5_X, PH_EV_SOCKET_ACCEPT4_6_X };
	static char none[1];
	struct ph_fd fd = { .num = 3,
			    .type = PH_FD_IPV4,
			    .l4 = PH_L4_TCP,
			    .sip = { 1, 2, 3, 4 },
			    .dip = { 5, 6, 7, 8 },
			    .sport = 80,
			    .dport = 999,
			    .name = none };
	struct fix *f = *s;

	list_task(f, 100, "prog", "");
	ph_state_add_entry_fd(f->st, 100, &fd);
	ph_state_snapshot_done(f->st);
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		for (uint32_t n = 1; n <= 2; n++) {
			struct evb *b = event(f, codes[i], 100);

			evb_num(b, "fd", 3);
			b->nparams = n;
			run(f, b);
			assert_string_equal(fd_name(f, 100, 3), "5.6.7.8:999->1.2.3.4:80");
		}
	}
}

static void a_connect_without_a_tuple_leaves_what_is_known(void **s)
{
	struct fix *f = *s;

	list_task(f, 100, "prog", "");
	list_fd(f, 100, 3, "/listed");
	for (uint32_t n = 1; n <= 3; n++) {
		struct evb *b = event(f, PH_EV_SOCKET_CONNECT_X, 100);

		evb_num(b, "res", 0);
		evb_num(b, "fd", 3);
		b->nparams = n;
		run(f, b);
		assert_string_equal(fd_name(f, 100, 3), "/listed");
	}
}

static void an_exec_that_tells_little_changes_little(void **s)
{
	struct fix *f = *s;
	struct ph_thread *t;

	list_task(f, 100, "renamed", "");
	for (uint32_t n = 1; n <= 12; n++) {
		struct evb *b = event(f, PH_EV_SYSCALL_EXECVE_19_X, 100);

		evb_num(b, "res", 0);
		b->nparams = n;
		run(f, b);
	}
	t = thread(f, 100);
	assert_string_equal(t->comm, "renamed");
	assert_string_equal(t->proc->exe, "/bin/prog");
	assert_string_equal(t->proc->exepath, "/bin/prog");
	assert_string_equal(t->proc->cwd, "/srv/");
	assert_memory_equal(t->proc->args, "-a", 3);
	assert_int_equal(t->uid, 0);
}

static void a_fork_that_tells_little_has_it_from_its_parent(void **s)
{
	static const uint16_t codes[] = { PH_EV_SYSCALL_CLONE_20_X, PH_EV_SYSCALL_FORK_20_X, PH_EV_SYSCALL_CLONE3_X };
	struct fix *f = *s;

	list_task(f, 100, "renamed", "");
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		struct evb *b = event(f, codes[i], 200);

		evb_num(b, "res", 0);
		evb_num(b, "ptid", 100);
		run(f, b);
		assert_string_equal(thread(f, 200)->comm, "renamed");
		assert_string_equal(thread(f, 200)->proc->exe, "/bin/prog");
		assert_string_equal(thread(f, 200)->proc->cwd, "/srv/");
		assert_int_equal(thread(f, 200)->proc->pid, 200);
		assert_int_equal(thread(f, 200)->proc->vpid, 200);
		do_exit_of(f, 200);
	}
	for (uint32_t n = 0; n <= 5; n++) { /* not even whose child it is */
		struct evb *b = event(f, PH_EV_SYSCALL_CLONE_20_X, 100);

		evb_num(b, "res", 0);
		b->nparams = n;
		run(f, b);
		assert_string_equal(thread(f, 100)->comm, "renamed");
		assert_string_equal(thread(f, 100)->proc->exe, "/bin/prog");
	}
}

/* --- containers -------------------------------------------------------------------------------------------------------------- */

static void record(struct fix *f, unsigned type, const char *json)
{
	struct evb *b = event(f, type, -1);

	evb_str(b, "json", json);
	run(f, b);
}

static const char *container_name(struct fix *f, int64_t tid)
{
	struct ph_thread *t = thread(f, tid);

	return t->container ? t->container->name : "(host)";
}

static void records_name_the_containers_of_threads(void **s)
{
	struct fix *f = *s;

	list_task(f, 100, "x", "cpu=/docker/" ID);
	ph_state_snapshot_done(f->st);
	assert_string_equal(container_name(f, 100), "");
	record(f, PH_EV_CONTAINER_JSON_E,
	       "{\"container\":{\"id\":\"0123456789ab\",\"image\":\"i\",\"name\":\"web\",\"type\":0}}");
	assert_string_equal(container_name(f, 100), "web");
	assert_string_equal(thread(f, 100)->container->full_id, ID);
	record(f, PH_EV_CONTAINER_JSON_2_E, "{\"container\":{\"id\":\"0123456789ab\",\"name\":\"new\"}}");
	assert_string_equal(container_name(f, 100), "new");
	assert_string_equal(thread(f, 100)->container->image, "i");
}

static void old_records_name_them_too(void **s)
{
	struct fix *f = *s;
	struct evb *b = event(f, PH_EV_CONTAINER_E, -1);

	list_task(f, 100, "x", "cpu=/docker/" ID);
	evb_str(b, "id", "0123456789ab");
	evb_num(b, "type", 0);
	evb_str(b, "name", "web");
	evb_str(b, "image", "nginx");
	run(f, b);
	assert_string_equal(container_name(f, 100), "web");
	assert_string_equal(thread(f, 100)->container->image, "nginx");
}

static bool in_container(void *arg, struct ph_thread *t)
{
	*(int *)arg += t->container != NULL;
	return true;
}

static void threads_of_any_runtime_are_linked_when_the_record_comes_late(void **s)
{
	struct fix *f = *s;
	struct evb *b;
	int n = 0;

	list_task(f, 100, "x", "cpu=" LIBPOD);
	list_task(f, 101, "y", "cpu=/kubepods/besteffort/pod1/cri-containerd-" ID ".scope");
	list_task(f, 102, "z", "cpu=/user.slice");
	ph_state_snapshot_done(f->st);
	assert_null(thread(f, 100)->container);
	record(f, PH_EV_CONTAINER_JSON_2_E, "{\"container\":{\"id\":\"0123456789ab\",\"name\":\"pod\",\"type\":11}}");
	ph_state_each_thread(f->st, in_container, &n);
	assert_int_equal(n, 2);
	b = event(f, PH_EV_SYSCALL_READ_X, 100);
	begin(f, b);
	assert_string_equal(f->ev.thread->container->name, "pod");
	assert_int_equal(f->ev.thread->container->type, PH_CT_PODMAN);
	assert_string_equal(f->ev.thread->container->full_id, ID);
	end(f);
	assert_null(thread(f, 102)->container);
}

static void the_newest_records_come_as_asynchronous_events(void **s)
{
	static const char json[] = "{\"container\":{\"id\":\"0123456789ab\",\"name\":\"web\"}}";
	struct fix *f = *s;
	struct evb *b = event(f, PH_EV_ASYNCEVENT_E, -1);

	list_task(f, 100, "x", "cpu=/docker/" ID);
	evb_num(b, "plugin_id", 0);
	evb_str(b, "name", "container");
	evb_bytes(b, "data", json, sizeof(json));
	run(f, b);
	assert_string_equal(container_name(f, 100), "web");
	b = event(f, PH_EV_ASYNCEVENT_E, -1);
	evb_str(b, "name", "container_removed");
	evb_bytes(b, "data", json, sizeof(json) - 1);
	begin(f, b);
	assert_false(thread(f, 100)->container->ended);
	end(f);
	assert_true(thread(f, 100)->container->ended);
	b = event(f, PH_EV_ASYNCEVENT_E, -1);
	evb_str(b, "name", "other");
	evb_bytes(b, "data", "{\"id\":\"0123456789ab\",\"name\":\"bad\"}", 35);
	run(f, b);
	assert_string_equal(container_name(f, 100), "web");
}

static void records_that_are_none_do_no_harm(void **s)
{
	struct fix *f = *s;
	struct evb *b;

	record(f, PH_EV_CONTAINER_JSON_E, "");
	record(f, PH_EV_CONTAINER_JSON_E, "{");
	record(f, PH_EV_CONTAINER_JSON_E, "[]");
	b = event(f, PH_EV_CONTAINER_E, -1);
	run(f, b);
	b = event(f, PH_EV_CONTAINER_E, -1);
	b->nparams = 0;
	run(f, b);
	b = event(f, PH_EV_ASYNCEVENT_E, -1);
	evb_str(b, "name", "container_removed");
	evb_str(b, "data", "{\"id\":\"nobody\"}");
	run(f, b);
	b = event(f, PH_EV_CONTAINER_JSON_2_E, -1);
	b->nparams = 0;
	run(f, b);
	assert_null(ph_containers_by_id(f->cs, "nobody"));
}

/* --- what may be passed over ------------------------------------------------------------------------------------------------------ */

static void events_that_change_nothing_are_not_followed(void **s)
{
	static const uint16_t followed[] = {
		PH_EV_SYSCALL_OPEN_X,	  PH_EV_SYSCALL_CLOSE_X,     PH_EV_SYSCALL_CLONE_20_X,
		PH_EV_SYSCALL_CLONE_11_X, PH_EV_SYSCALL_FORK_20_X,   PH_EV_SYSCALL_EXECVE_19_X,
		PH_EV_PROCEXIT_1_E,	  PH_EV_SOCKET_RECVFROM_X,   PH_EV_CONTAINER_JSON_2_E,
		PH_EV_ASYNCEVENT_E,	  PH_EV_USER_ADDED_E,	     PH_EV_SYSCALL_OPENAT_X,
		PH_EV_SYSCALL_OPEN_E,	  PH_EV_SYSCALL_EXECVE_17_E, PH_EV_GAP_E
	};
	static const uint16_t not[] = { PH_EV_SYSCALL_READ_X,  PH_EV_SYSCALL_READ_E,	 PH_EV_SYSCALL_WRITE_X,
					PH_EV_GENERIC_X,       PH_EV_GENERIC_E,		 PH_EV_SYSCALL_POLL_X,
					PH_EV_SYSCALL_SETNS_X, PH_EV_SYSCALL_UNLINK_2_X, PH_EV_SIGNALDELIVER_E };
	struct fix *f = *s;

	for (size_t i = 0; i < sizeof(followed) / sizeof(followed[0]); i++)
		if (!ph_state_follows(f->st, ph_event_info(followed[i])))
			fail_msg("%s (%u) must be seen", ph_event_info(followed[i])->name, followed[i]);
	for (size_t i = 0; i < sizeof(not) / sizeof(not[0]); i++)
		if (ph_state_follows(f->st, ph_event_info(not[i])))
			fail_msg("%s (%u) changes nothing", ph_event_info(not[i])->name, not[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fix_test(an_enter_shows_its_thread_and_descriptor),
		fix_test(an_enter_changes_nothing),
		fix_test(an_open_without_a_path_leaves_what_is_known),
		fix_test(an_open_without_a_path_of_something_unknown_has_no_name),
		fix_test(a_relative_path_from_no_directory_is_not_taken_for_one_from_stdin),
		fix_test(an_accept_without_a_tuple_leaves_what_is_known),
		fix_test(a_connect_without_a_tuple_leaves_what_is_known),
		fix_test(an_exec_that_tells_little_changes_little),
		fix_test(a_fork_that_tells_little_has_it_from_its_parent),
		fix_test(records_name_the_containers_of_threads),
		fix_test(old_records_name_them_too),
		fix_test(threads_of_any_runtime_are_linked_when_the_record_comes_late),
		fix_test(the_newest_records_come_as_asynchronous_events),
		fix_test(records_that_are_none_do_no_harm),
		fix_test(events_that_change_nothing_are_not_followed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
