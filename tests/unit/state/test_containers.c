/* SPDX-License-Identifier: Apache-2.0 */
/* Threads keep their container known; one that nobody is in any more and that was none is forgotten. */
#include "tests/unit/support/state_fixture.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define LOOK_ALIKE "/user.slice/" ID

static void cgroup(struct fix *f, unsigned type, const char *path)
{
	struct evb *b = event(f, type, 1);

	evb_str(b, "path", path);
	run(f, b);
}

static void attach(struct fix *f, int64_t pid, const char *path)
{
	struct evb *b = event(f, PH_EV_CGROUP_ATTACH_E, 1);

	evb_str(b, "path", path);
	evb_num(b, "pid", pid);
	evb_num(b, "threadgroup", 1);
	run(f, b);
}

static void a_look_alike_is_forgotten_when_its_last_thread_has_left(void **s)
{
	struct fix *f = *s;

	do_process(f, 100, "/");
	do_thread(f, 100, 101);
	cgroup(f, PH_EV_CGROUP_MKDIR_E, LOOK_ALIKE);
	attach(f, 100, LOOK_ALIKE);
	do_fork(f, 100, 102);
	cgroup(f, PH_EV_CGROUP_RMDIR_E, LOOK_ALIKE); /* too early: the move out of it has been lost */
	assert_true(thread(f, 100)->container->ended);
	attach(f, 100, "/");
	assert_null(thread(f, 101)->container);
	assert_string_equal(thread(f, 102)->container->full_id, ID);
	do_exit_of(f, 102);
	assert_null(ph_containers_by_id(f->cs, ID));
}

static bool count(void *arg, struct ph_container *c)
{
	(void)c;
	++*(int *)arg;
	return true;
}

static void many_cgroups_made_and_removed_leave_nothing(void **s)
{
	struct fix *f = *s;
	char path[128];
	int n = 0;

	for (int i = 0; i < 20000; i++) {
		snprintf(path, sizeof(path), "/user.slice/%064x", i);
		cgroup(f, PH_EV_CGROUP_MKDIR_E, path);
		cgroup(f, PH_EV_CGROUP_RMDIR_E, path);
	}
	ph_containers_each(f->cs, count, &n);
	assert_int_equal(n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fix_test(a_look_alike_is_forgotten_when_its_last_thread_has_left),
		fix_test(many_cgroups_made_and_removed_leave_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
