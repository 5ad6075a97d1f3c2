/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptors of files and the like: made, copied, inherited, closed. */
#include "tests/unit/support/state_fixture.h"

static void an_opened_file_has_its_full_name(void **s)
{
	struct fix *f = *s;
	struct ph_event *ev;

	do_process(f, 100, "/srv");
	ev = begin(f, open_event(f, 100, 3, -100, "./data//x/../y", 0x1003));
	assert_int_equal(ev->fdnum, 3);
	assert_non_null(ev->fd);
	assert_string_equal(ev->fd->name, "/srv/data/y");
	assert_int_equal(ev->fd->open_flags, 0x1003);
	assert_true(ev->fd->flags & PH_FDF_CLOEXEC);
	assert_int_equal(ev->fd->type, PH_FD_FILE_V2);
	end(f);
	assert_string_equal(fd_name(f, 100, 3), "/srv/data/y");
}

static void a_name_is_relative_to_its_directory_descriptor(void **s)
{
	struct fix *f = *s;

	do_process(f, 100, "/srv");
	run(f, open_event(f, 100, 5, -100, "/var/lib/", 0x401));
	run(f, open_event(f, 100, 6, 5, "x/y", 1));
	assert_string_equal(fd_name(f, 100, 6), "/var/lib/x/y");
	assert_int_equal(fd_of(f, 100, 5)->type, PH_FD_DIRECTORY);
}

static void reading_its_entries_shows_a_directory(void **s)
{
	struct fix *f = *s;

	do_process(f, 100, "/");
	do_open(f, 100, 3, "/etc");
	assert_int_equal(fd_of(f, 100, 3)->type, PH_FD_FILE_V2);
	run(f, call(f, PH_EV_SYSCALL_GETDENTS64_X, 100, 100, 3));
	assert_int_equal(fd_of(f, 100, 3)->type, PH_FD_DIRECTORY);
}

static void a_name_under_an_unknown_directory_says_so(void **s)
{
	struct fix *f = *s;

	do_process(f, 100, "/srv");
	run(f, open_event(f, 100, 6, 55, "x/../../y", 1));
	assert_string_equal(fd_name(f, 100, 6), "<UNKNOWN>/y");
}

static void a_failed_open_makes_nothing(void **s)
{
	struct fix *f = *s;
	struct ph_event *ev;

	do_process(f, 100, "/");
	ev = begin(f, open_event(f, 100, -2, -100, "/nope", 1));
	assert_int_equal(ev->fdnum, PH_FD_NONE);
	assert_null(ev->fd);
	end(f);
	assert_int_equal(ph_state_fd_count(f->st, thread(f, 100)), 0);
}

static void names_are_cut_at_4096(void **s)
{
	struct fix *f = *s;
	static char longest[6000];

	memset(longest, 'a', sizeof(longest) - 1);
	longest[0] = '/';
	do_process(f, 100, "/");
	do_open(f, 100, 3, longest);
	assert_int_equal(strlen(fd_name(f, 100, 3)), 4095);
}

static void a_closed_descriptor_is_there_until_consumers_have_seen_it(void **s)
{
	struct fix *f = *s;
	struct ph_event *ev;

	do_process(f, 100, "/");
	do_open(f, 100, 3, "/a");
	ev = begin(f, call(f, PH_EV_SYSCALL_CLOSE_X, 100, 0, 3));
	assert_string_equal(ev->fd->name, "/a");
	end(f);
	assert_null(fd_of(f, 100, 3));
}

static void close_that_fails_with_ebadf_changes_nothing_but_eintr_closes(void **s)
{
	struct fix *f = *s;

	do_process(f, 100, "/");
	do_open(f, 100, 3, "/a");
	run(f, call(f, PH_EV_SYSCALL_CLOSE_X, 100, -EBADF, 3));
	assert_non_null(fd_of(f, 100, 3));
	run(f, call(f, PH_EV_SYSCALL_CLOSE_X, 100, -EINTR, 3));
	assert_null(fd_of(f, 100, 3));
}

static struct evb *dup_event(struct fix *f, unsigned type, int64_t oldfd, int64_t res)
{
	struct evb *b = event(f, type, 100);

	evb_num(b, "res", res);
	evb_num(b, "oldfd", oldfd);
	return b;
}

static void dup_copies_and_drops_close_on_exec(void **s)
{
	struct fix *f = *s;

	do_process(f, 100, "/");
	run(f, open_event(f, 100, 3, -100, "/a", 0x1001));
	run(f, dup_event(f, PH_EV_SYSCALL_DUP_1_X, 3, 4));
	assert_string_equal(fd_name(f, 100, 4), "/a");
	assert_false(fd_of(f, 100, 4)->flags & PH_FDF_CLOEXEC);
	assert_int_equal(fd_of(f, 100, 4)->num, 4);
}

static void dup2_replaces_what_was_there(void **s)
{
	struct fix *f = *s;

	do_process(f, 100, "/");
	do_open(f, 100, 3, "/a");
	do_open(f, 100, 4, "/b");
	run(f, dup_event(f, PH_EV_SYSCALL_DUP2_X, 3, 4));
	assert_string_equal(fd_name(f, 100, 4), "/a");
	run(f, dup_event(f, PH_EV_SYSCALL_DUP2_X, 3, 3));
	assert_string_equal(fd_name(f, 100, 3), "/a");
	run(f, dup_event(f, PH_EV_SYSCALL_DUP2_X, 77, 4));
	assert_null(fd_of(f, 100, 4));
}

static void dup3_can_set_close_on_exec(void **s)
{
	struct fix *f = *s;
	struct evb *b;

	do_process(f, 100, "/");
	do_open(f, 100, 3, "/a");
	b = dup_event(f, PH_EV_SYSCALL_DUP3_X, 3, 9);
	evb_num(b, "flags", 0x1000);
	run(f, b);
	assert_true(fd_of(f, 100, 9)->flags & PH_FDF_CLOEXEC);
}

static struct evb *fcntl_event(struct fix *f, int64_t fd, int64_t cmd, int64_t arg, int64_t res)
{
	struct evb *b = call(f, PH_EV_SYSCALL_FCNTL_X, 100, res, fd);

	evb_num(b, "cmd", cmd);
	evb_num(b, "arg", arg);
	return b;
}

static void fcntl_copies_and_marks(void **s)
{
	struct fix *f = *s;
	struct ph_event *ev;

	do_process(f, 100, "/");
	do_open(f, 100, 3, "/a");
	ev = begin(f, fcntl_event(f, 3, 0x1a, 10, 10));
	assert_int_equal(ev->fdnum, 3);
	end(f);
	assert_string_equal(fd_name(f, 100, 10), "/a");
	assert_true(fd_of(f, 100, 10)->flags & PH_FDF_CLOEXEC);
	run(f, fcntl_event(f, 3, 3, 1, 0));
	assert_true(fd_of(f, 100, 3)->flags & PH_FDF_CLOEXEC);
	run(f, fcntl_event(f, 3, 3, 0, 0));
	assert_false(fd_of(f, 100, 3)->flags & PH_FDF_CLOEXEC);
}

static void a_child_has_its_own_copy_of_the_table(void **s)
{
	struct fix *f = *s;

	do_process(f, 100, "/");
	do_open(f, 100, 3, "/a");
	do_fork(f, 100, 101);
	assert_string_equal(fd_name(f, 101, 3), "/a");
	do_open(f, 101, 4, "/child");
	run(f, call(f, PH_EV_SYSCALL_CLOSE_X, 101, 0, 3));
	assert_null(fd_of(f, 100, 4));
	assert_string_equal(fd_name(f, 100, 3), "/a");
	do_open(f, 100, 5, "/parent");
	assert_null(fd_of(f, 101, 5));
}

static void marking_a_childs_descriptor_leaves_the_parents(void **s)
{
	struct fix *f = *s;

	do_process(f, 101, "/");
	do_open(f, 101, 3, "/a");
	run(f, fork_event(f, 101, 100, 100, 0, NULL));
	run(f, fcntl_event(f, 3, 3, 1, 0));
	assert_true(fd_of(f, 100, 3)->flags & PH_FDF_CLOEXEC);
	assert_false(fd_of(f, 101, 3)->flags & PH_FDF_CLOEXEC);
}

static void threads_share_the_table(void **s)
{
	struct fix *f = *s;

	do_process(f, 100, "/");
	do_thread(f, 100, 101);
	do_open(f, 101, 3, "/a");
	assert_string_equal(fd_name(f, 100, 3), "/a");
	run(f, call(f, PH_EV_SYSCALL_CLOSE_X, 100, 0, 3));
	assert_null(fd_of(f, 101, 3));
}

static void unshare_gives_a_thread_a_table_of_its_own(void **s)
{
	struct fix *f = *s;
	struct evb *b;

	do_process(f, 100, "/");
	do_thread(f, 100, 101);
	do_open(f, 100, 3, "/a");
	b = event(f, PH_EV_SYSCALL_UNSHARE_X, 101);
	evb_num(b, "res", 0);
	evb_num(b, "flags", K_FILES);
	run(f, b);
	run(f, call(f, PH_EV_SYSCALL_CLOSE_X, 101, 0, 3));
	assert_null(fd_of(f, 101, 3));
	assert_string_equal(fd_name(f, 100, 3), "/a");
}

static void exec_closes_what_is_marked_after_consumers_have_seen_it(void **s)
{
	struct fix *f = *s;

	do_process(f, 100, "/");
	do_open(f, 100, 3, "/stays");
	for (int fd = 4; fd < 100; fd++)
		run(f, open_event(f, 100, fd, -100, "/goes", 0x1001));
	begin(f, exec_event(f, 100, "x", "x"));
	assert_non_null(fd_of(f, 100, 4));
	end(f);
	assert_int_equal(ph_state_fd_count(f->st, thread(f, 100)), 1);
	assert_string_equal(fd_name(f, 100, 3), "/stays");
}

static void exec_takes_a_shared_table_apart(void **s)
{
	struct fix *f = *s;

	do_process(f, 100, "/");
	run(f, open_event(f, 100, 3, -100, "/a", 0x1001));
	run(f, fork_event(f, 100, 101, 101, K_FILES, NULL));
	run(f, exec_event(f, 101, "x", "x"));
	assert_null(fd_of(f, 101, 3));
	assert_string_equal(fd_name(f, 100, 3), "/a");
}

static struct evb *range_event(struct fix *f, int64_t tid, int64_t first, int64_t last, int64_t flags)
{
	struct evb *b = event(f, PH_EV_SYSCALL_CLOSE_RANGE_X, tid);

	evb_num(b, "res", 0);
	evb_num(b, "first", first);
	evb_num(b, "last", last);
	evb_num(b, "flags", flags);
	return b;
}

static void close_range_closes_or_marks_a_range(void **s)
{
	struct fix *f = *s;

	do_process(f, 100, "/");
	for (int fd = 0; fd < 20; fd++)
		do_open(f, 100, fd, "/a");
	do_open(f, 100, 100000, "/far");
	run(f, range_event(f, 100, 3, 5, 0x4));
	assert_true(fd_of(f, 100, 4)->flags & PH_FDF_CLOEXEC);
	assert_false(fd_of(f, 100, 6)->flags & PH_FDF_CLOEXEC);
	run(f, range_event(f, 100, 3, UINT32_MAX, 0));
	assert_int_equal(ph_state_fd_count(f->st, thread(f, 100)), 3);
	run(f, range_event(f, 100, 2, 1, 0));
	assert_int_equal(ph_state_fd_count(f->st, thread(f, 100)), 3);
}

static void close_range_can_unshare_first(void **s)
{
	struct fix *f = *s;

	do_process(f, 100, "/");
	do_thread(f, 100, 101);
	do_open(f, 100, 3, "/a");
	run(f, range_event(f, 101, 3, UINT32_MAX, 0x2));
	assert_null(fd_of(f, 101, 3));
	assert_non_null(fd_of(f, 100, 3));
}

static void a_pipe_makes_two_nameless_descriptors(void **s)
{
	struct fix *f = *s;
	struct evb *b;

	do_process(f, 100, "/");
	b = event(f, PH_EV_SYSCALL_PIPE2_X, 100);
	evb_num(b, "res", 0);
	evb_num(b, "fd1", 3);
	evb_num(b, "fd2", 4);
	evb_num(b, "ino", 777);
	evb_num(b, "flags", 0x1000);
	run(f, b);
	assert_int_equal(fd_of(f, 100, 3)->type, PH_FD_FIFO);
	assert_int_equal(fd_of(f, 100, 4)->ino, 777);
	assert_string_equal(fd_name(f, 100, 3), "");
	assert_true(fd_of(f, 100, 4)->flags & PH_FDF_CLOEXEC);
}

static void every_maker_of_descriptors_gives_its_kind(void **s)
{
	static const struct {
		uint16_t event;
		const char *result;
		uint8_t type;
	} makers[] = {
		{ PH_EV_SYSCALL_EVENTFD_X, "res", PH_FD_EVENT },
		{ PH_EV_SYSCALL_EVENTFD2_X, "res", PH_FD_EVENT },
		{ PH_EV_SYSCALL_SIGNALFD4_X, "res", PH_FD_SIGNALFD },
		{ PH_EV_SYSCALL_TIMERFD_CREATE_X, "res", PH_FD_TIMERFD },
		{ PH_EV_SYSCALL_INOTIFY_INIT1_X, "res", PH_FD_INOTIFY },
		{ PH_EV_SYSCALL_EPOLL_CREATE1_X, "res", PH_FD_EVENTPOLL },
		{ PH_EV_SYSCALL_EPOLL_CREATE_X, "res", PH_FD_EVENTPOLL },
		{ PH_EV_SYSCALL_USERFAULTFD_X, "res", PH_FD_USERFAULTFD },
		{ PH_EV_SYSCALL_IO_URING_SETUP_X, "res", PH_FD_IO_URING },
		{ PH_EV_SYSCALL_MEMFD_CREATE_X, "fd", PH_FD_MEMFD },
		{ PH_EV_SYSCALL_PIDFD_OPEN_X, "fd", PH_FD_PIDFD },
		{ PH_EV_SYSCALL_OPEN_X, "fd", PH_FD_FILE_V2 },
		{ PH_EV_SYSCALL_CREAT_X, "fd", PH_FD_FILE_V2 },
		{ PH_EV_SYSCALL_OPENAT2_X, "fd", PH_FD_FILE_V2 },
		{ PH_EV_SYSCALL_OPEN_BY_HANDLE_AT_X, "fd", PH_FD_FILE_V2 },
	};
	struct fix *f = *s;

	do_process(f, 100, "/");
	for (size_t i = 0; i < sizeof(makers) / sizeof(makers[0]); i++) {
		struct evb *b = event(f, makers[i].event, 100);
		struct ph_event *ev;

		evb_num(b, makers[i].result, 10 + (int64_t)i);
		ev = begin(f, b);
		assert_int_equal(ev->fdnum, 10 + (int64_t)i);
		assert_non_null(ev->fd);
		assert_int_equal(ev->fd->type, makers[i].type);
		end(f);
		evb_num(b, makers[i].result, -24);
		run(f, b);
	}
	assert_int_equal(ph_state_fd_count(f->st, thread(f, 100)), sizeof(makers) / sizeof(makers[0]));
}

static void pidfd_getfd_copies_from_the_other_process(void **s)
{
	struct fix *f = *s;
	struct evb *b;

	do_process(f, 100, "/");
	do_process(f, 200, "/");
	do_open(f, 200, 8, "/theirs");
	b = event(f, PH_EV_SYSCALL_PIDFD_OPEN_X, 100);
	evb_num(b, "fd", 3);
	evb_num(b, "pid", 200);
	run(f, b);
	b = event(f, PH_EV_SYSCALL_PIDFD_GETFD_X, 100);
	evb_num(b, "fd", 4);
	evb_num(b, "pid_fd", 3);
	evb_num(b, "target_fd", 8);
	run(f, b);
	assert_string_equal(fd_name(f, 100, 4), "/theirs");
}

static void calls_at_a_directory_work_on_its_descriptor(void **s)
{
	struct fix *f = *s;
	struct ph_event *ev;
	struct evb *b;

	do_process(f, 100, "/");
	run(f, open_event(f, 100, 5, -100, "/var", 0x401));
	b = event(f, PH_EV_SYSCALL_UNLINKAT_2_X, 100);
	evb_num(b, "res", 0);
	evb_num(b, "dirfd", 5);
	evb_str(b, "name", "x");
	ev = begin(f, b);
	assert_int_equal(ev->fdnum, 5);
	assert_string_equal(ev->fd->name, "/var");
	end(f);
}

static void mmap_works_on_its_file(void **s)
{
	struct fix *f = *s;
	struct ph_event *ev;
	struct evb *b;

	do_process(f, 100, "/");
	do_open(f, 100, 3, "/lib/x.so");
	b = call(f, PH_EV_SYSCALL_MMAP_X, 100, 0x7f0000000000, 3);
	evb_num(b, "vm_size", 1234);
	evb_num(b, "vm_rss", 56);
	evb_num(b, "vm_swap", 7);
	ev = begin(f, b);
	assert_string_equal(ev->fd->name, "/lib/x.so");
	end(f);
	assert_int_equal(thread(f, 100)->proc->vm_size_kb, 1234);
	b = call(f, PH_EV_SYSCALL_MMAP_X, 100, 0x7f0000000000, -1);
	ev = begin(f, b);
	assert_null(ev->fd);
	end(f);
}

static void impossible_numbers_are_no_descriptors(void **s)
{
	static const int64_t nums[] = { -1, -100, INT32_MAX, (int64_t)INT32_MAX + 1, INT64_MAX, INT64_MIN };
	struct fix *f = *s;

	do_process(f, 100, "/");
	for (size_t i = 0; i < sizeof(nums) / sizeof(nums[0]); i++) {
		struct evb *b;

		do_open(f, 100, nums[i], "/a");
		run(f, call(f, PH_EV_SYSCALL_READ_X, 100, 0, nums[i]));
		run(f, dup_event(f, PH_EV_SYSCALL_DUP2_X, nums[i], 5));
		run(f, dup_event(f, PH_EV_SYSCALL_DUP2_X, 5, nums[i]));
		b = event(f, PH_EV_SYSCALL_PIPE_X, 100);
		evb_num(b, "res", 0);
		evb_num(b, "fd1", nums[i]);
		evb_num(b, "fd2", nums[i]);
		run(f, b);
		run(f, range_event(f, 100, nums[i], nums[i], 0));
		run(f, call(f, PH_EV_SYSCALL_CLOSE_X, 100, 0, nums[i]));
	}
	assert_true(ph_state_fd_count(f->st, thread(f, 100)) <= 1);
}

static bool count_fd(void *arg, struct ph_fd *fd)
{
	(void)fd;
	return ++*(int *)arg < 5;
}

static void walking_descriptors_stops_when_told(void **s)
{
	struct fix *f = *s;
	int n = 0;

	do_process(f, 100, "/");
	for (int fd = 0; fd < 20; fd++)
		do_open(f, 100, fd, "/a");
	ph_state_each_fd(f->st, thread(f, 100), count_fd, &n);
	assert_int_equal(n, 5);
}

static void colliding_numbers_are_kept_apart(void **s)
{
	struct fix *f = *s;
	char name[32];

	do_process(f, 100, "/");
	for (int i = 0; i < 300; i++) {
		snprintf(name, sizeof(name), "/%d", i * 1024);
		do_open(f, 100, i * 1024, name);
	}
	for (int i = 0; i < 300; i += 2)
		run(f, call(f, PH_EV_SYSCALL_CLOSE_X, 100, 0, i * 1024));
	for (int i = 0; i < 300; i++) {
		snprintf(name, sizeof(name), "/%d", i * 1024);
		assert_string_equal(fd_name(f, 100, i * 1024), i % 2 ? name : "(none)");
	}
}

static void resolving_joins_and_normalises(void **s)
{
	static const struct {
		const char *cwd, *path, *result;
	} cases[] = {
		{ "/a/b", "c", "/a/b/c" },
		{ "/a/b", "../../../c", "/c" },
		{ "/a/b", ".", "/a/b" },
		{ "/a/b", "", "/a/b" },
		{ "/", "", "/" },
		{ "/", "..", "/" },
		{ "/a", "/x/./y//z/", "/x/y/z" },
		{ "/a", "/", "/" },
		{ "/a", "<NA>", "<NA>" },
		{ "/a", "...", "/a/..." },
	};
	struct fix *f = *s;
	char buf[64];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ph_thread *t = do_process(f, 100 + (int64_t)i, cases[i].cwd);
		size_t n = ph_state_resolve(f->st, t, -100, cases[i].path, strlen(cases[i].path), buf, sizeof(buf));

		assert_string_equal(buf, cases[i].result);
		assert_int_equal(n, strlen(buf));
	}
	ph_state_resolve(f->st, NULL, -100, "x", 1, buf, sizeof(buf));
	assert_string_equal(buf, "<UNKNOWN>/x");
	assert_int_equal(ph_state_resolve(f->st, NULL, -100, "/abcdef", 7, buf, 4), 3);
	assert_string_equal(buf, "/ab");
}

/* Its flag does not fit into the event. */
static void a_timerfd_is_taken_to_end_with_the_program(void **s)
{
	struct fix *f = *s;
	struct evb *b;

	do_process(f, 100, "/");
	b = event(f, PH_EV_SYSCALL_TIMERFD_CREATE_X, 100);
	evb_num(b, "res", 3);
	run(f, b);
	assert_int_equal(fd_of(f, 100, 3)->type, PH_FD_TIMERFD);
	run(f, exec_event(f, 100, "new", "new"));
	assert_null(fd_of(f, 100, 3));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fix_test(an_opened_file_has_its_full_name),
		fix_test(a_name_is_relative_to_its_directory_descriptor),
		fix_test(reading_its_entries_shows_a_directory),
		fix_test(a_name_under_an_unknown_directory_says_so),
		fix_test(a_failed_open_makes_nothing),
		fix_test(names_are_cut_at_4096),
		fix_test(a_closed_descriptor_is_there_until_consumers_have_seen_it),
		fix_test(close_that_fails_with_ebadf_changes_nothing_but_eintr_closes),
		fix_test(dup_copies_and_drops_close_on_exec),
		fix_test(dup2_replaces_what_was_there),
		fix_test(dup3_can_set_close_on_exec),
		fix_test(fcntl_copies_and_marks),
		fix_test(a_child_has_its_own_copy_of_the_table),
		fix_test(marking_a_childs_descriptor_leaves_the_parents),
		fix_test(threads_share_the_table),
		fix_test(unshare_gives_a_thread_a_table_of_its_own),
		fix_test(exec_closes_what_is_marked_after_consumers_have_seen_it),
		fix_test(exec_takes_a_shared_table_apart),
		fix_test(close_range_closes_or_marks_a_range),
		fix_test(close_range_can_unshare_first),
		fix_test(a_pipe_makes_two_nameless_descriptors),
		fix_test(every_maker_of_descriptors_gives_its_kind),
		fix_test(pidfd_getfd_copies_from_the_other_process),
		fix_test(calls_at_a_directory_work_on_its_descriptor),
		fix_test(mmap_works_on_its_file),
		fix_test(impossible_numbers_are_no_descriptors),
		fix_test(walking_descriptors_stops_when_told),
		fix_test(colliding_numbers_are_kept_apart),
		fix_test(resolving_joins_and_normalises),
		fix_test(a_timerfd_is_taken_to_end_with_the_program),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
