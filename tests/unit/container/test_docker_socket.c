/* SPDX-License-Identifier: Apache-2.0 */
/* What Docker's API tells, and that a daemon that is down, hangs or answers nonsense costs the missing detail only. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "fake_docker.h"

#define ROOT "/var/lib/docker"

static int setup(void **state)
{
	struct host *h = malloc(sizeof *h);
	host_make(h);
	*state = h;
	return 0;
}

static int teardown(void **state)
{
	struct host *h = *state;
	host_close(h);
	host_remove(h);
	free(h);
	return 0;
}

static void the_answer_completes_what_the_files_told(void **state)
{
	struct host *h = *state;
	host_add_container(h, ROOT, ID_A, "on_disk");
	struct daemon *d = daemon_start(h, DAEMON_OK);
	host_open(h);
	struct ph_container *c = look(h, PATH_A);
	assert_string_equal(c->name, "on_disk");
	uint32_t before = c->generation;
	assert_true(wait_ip(h, c, 5000));
	assert_int_equal(c->ip, 0xac110002);
	assert_string_equal(c->name, "from_daemon");
	assert_string_equal(c->image_digest, "sha256:0000111122223333444455556666777788889999aaaabbbbccccddddeeeeffff");
	assert_string_equal(c->user, "1000:1000"); /* the answer has none */
	assert_int_equal(c->created_ns, 1795801627500000000);
	assert_int_equal(c->nports, 1);
	assert_int_equal(c->ports[0].host_ip, 0x7f000001);
	assert_int_equal(c->nmounts, 1);
	assert_string_equal(c->mounts[0].mode, "z");
	assert_true(c->mounts[0].rdwr);
	assert_true(c->generation > before);
	assert_int_equal(ph_containers_poll(h->cs), 0);
	assert_int_equal(h->nwarnings, 0);
	daemon_stop(d);
}

static void a_new_name_on_disk_leaves_the_rest_of_the_answer(void **state)
{
	struct host *h = *state;
	host_add_container(h, ROOT, ID_A, "on_disk");
	struct daemon *d = daemon_start(h, DAEMON_OK);
	host_open(h);
	struct ph_container *c = look(h, PATH_A);
	assert_true(wait_ip(h, c, 5000));
	host_add_container(h, ROOT, ID_A, "renamed");
	for (int i = 0; strcmp(c->name, "renamed") && i < 8000; i++, usleep(1000))
		ph_containers_poll(h->cs);
	assert_string_equal(c->name, "renamed");
	assert_int_equal(c->ip, 0xac110002);
	assert_string_equal(c->log_path, "/log");
	assert_string_equal(c->mounts[0].mode, "z");
	assert_int_equal(c->ports[0].host_ip, 0x7f000001);
	daemon_stop(d);
}

static void without_files_the_answer_names_the_container(void **state)
{
	struct host *h = *state;
	struct daemon *d = daemon_start(h, DAEMON_OK);
	host_open(h);
	struct ph_container *c = look(h, PATH_A);
	assert_int_equal(c->lookup, PH_CL_STARTED);
	assert_true(wait_lookup(h, c, PH_CL_OK, 5000));
	assert_string_equal(c->name, "from_daemon");
	daemon_stop(d);
}

static void count_change(void *arg, const struct ph_container *c)
{
	assert_string_equal(c->name, "from_daemon");
	++*(int *)arg;
}

static void what_the_daemon_has_said_is_told_on(void **state)
{
	struct host *h = *state;
	int changes = 0;
	struct daemon *d = daemon_start(h, DAEMON_OK);
	const struct ph_containers_opts opts = { .size = sizeof opts,
						 .host_root = h->root,
						 .ask_runtimes = true,
						 .changed = count_change,
						 .changed_arg = &changes };
	h->cs = ph_containers_new(&opts);
	struct ph_container *c = look(h, PATH_A);
	assert_int_equal(changes, 0);
	assert_true(wait_lookup(h, c, PH_CL_OK, 5000));
	assert_true(changes > 0);
	daemon_stop(d);
}

static void a_cgroup_that_looks_like_a_container_is_asked_for_when_something_runs_in_it(void **state)
{
	struct host *h = *state;
	struct daemon *d = daemon_start(h, DAEMON_OK);
	struct ph_container *c = NULL;
	host_open(h);
	look(h, "/custom/" ID_A);
	usleep(300000);
	ph_containers_poll(h->cs);
	assert_int_equal(daemon_requests(d), 0);
	ph_containers_point(h->cs, &c, look(h, "/custom/" ID_A));
	assert_true(wait_ip(h, c, 5000));
	ph_containers_point(h->cs, &c, NULL);
	daemon_stop(d);
}

static void a_container_that_nobody_knows_has_failed(void **state)
{
	struct host *h = *state;
	struct daemon *d = daemon_start(h, DAEMON_404);
	host_open(h);
	struct ph_container *c = look(h, PATH_A);
	assert_true(wait_lookup(h, c, PH_CL_FAILED, 5000));
	look(h, PATH_B);
	usleep(1500000);
	ph_containers_poll(h->cs);
	assert_string_equal(
		h->warnings,
		"container aaaaaaaaaaaa is in a cgroup of Docker but unknown at /var/lib/docker; its name is not "
		"known (--docker-root says where Docker keeps its state)\n");
	daemon_stop(d);
}

static void two_hundred_containers_are_all_asked_for(void **state)
{
	struct host *h = *state;
	struct daemon *d = daemon_start(h, DAEMON_OK);
	struct ph_container *c[200];
	char path[128];
	host_open(h);
	for (int i = 0; i < 200; i++) {
		snprintf(path, sizeof path, "/docker/%012x%052x", i, i);
		c[i] = look(h, path);
	}
	for (int i = 0; i < 200; i++)
		assert_true(wait_ip(h, c[i], 20000));
	daemon_stop(d);
}

/*
 * The daemon misbehaves: the name from disk stands, nothing waits, the warning comes once and the end does not wait either.
 */
static void check_costs_nothing(struct host *h, enum daemon_mode mode, int warn_ms)
{
	struct daemon *d = daemon_start(h, mode);
	host_add_container(h, ROOT, ID_A, "on_disk");
	host_add_container(h, ROOT, ID_B, "on_disk_too");
	host_open(h);

	int64_t from = clock_us();
	struct ph_container *a = look(h, PATH_A), *b = look(h, PATH_B);
	for (int i = 0; i < 1000; i++)
		ph_containers_poll(h->cs);
	assert_true(clock_us() - from < 500000);
	if (warn_ms)
		assert_true(wait_warning(h, warn_ms));
	else
		usleep(200000);
	ph_containers_poll(h->cs);
	assert_int_equal(h->nwarnings, warn_ms ? 1 : 0);
	assert_string_equal(a->name, "on_disk");
	assert_string_equal(b->name, "on_disk_too");
	assert_int_equal(a->lookup, PH_CL_OK);
	assert_int_equal(a->ip, 0);
	int64_t took = host_close(h);
	if (took > 100)
		print_message("closing took %ld ms\n", (long)took);
	assert_true(took < 500);
	daemon_stop(d);
}

static void a_daemon_that_hangs(void **state)
{
	check_costs_nothing(*state, DAEMON_HANGS, 0);
}

static void a_daemon_that_goes_on_hanging_is_told_of(void **state)
{
	check_costs_nothing(*state, DAEMON_HANGS, 10000);
}

static void a_daemon_that_speaks_no_http(void **state)
{
	check_costs_nothing(*state, DAEMON_GARBAGE, 5000);
}

static void a_daemon_whose_answer_is_cut(void **state)
{
	check_costs_nothing(*state, DAEMON_BAD_JSON, 5000);
}

static void a_daemon_that_answers_wrong_types(void **state)
{
	check_costs_nothing(*state, DAEMON_WRONG_TYPES, 5000);
}

static void a_daemon_that_answers_ten_megabytes(void **state)
{
	struct host *h = *state;
	check_costs_nothing(h, DAEMON_TEN_MB, 5000);
	assert_non_null(strstr(h->warnings, "more than 4 MiB"));
}

static void a_daemon_that_drips(void **state)
{
	check_costs_nothing(*state, DAEMON_DRIPS, 0);
}

static void a_daemon_that_hangs_up(void **state)
{
	check_costs_nothing(*state, DAEMON_CLOSES, 5000);
}

static void a_daemon_with_an_error(void **state)
{
	check_costs_nothing(*state, DAEMON_500, 5000);
}

static void a_daemon_that_comes_up_late_is_asked_then(void **state)
{
	struct host *h = *state;
	host_add_container(h, ROOT, ID_A, "on_disk");
	host_open(h);
	struct ph_container *c = look(h, PATH_A);
	assert_true(wait_warning(h, 3000));
	assert_non_null(
		strstr(h->warnings, "Docker at /var/run/docker.sock cannot be reached (No such file or directory)"));
	struct daemon *d = daemon_start(h, DAEMON_OK);
	assert_true(wait_ip(h, c, 8000));
	daemon_stop(d);

	/* down again: a new container has what its files tell */
	host_add_container(h, ROOT, ID_B, "second");
	assert_string_equal(look(h, PATH_B)->name, "second");
	usleep(100000);
	ph_containers_poll(h->cs);
	assert_int_equal(h->nwarnings, 1);
	assert_true(host_close(h) < 500);
}

static void a_daemon_that_fails_is_left_alone_for_a_while(void **state)
{
	struct host *h = *state;
	struct daemon *d = daemon_start(h, DAEMON_500);
	char path[128];
	host_open(h);
	for (int i = 0; i < 100; i++) {
		snprintf(path, sizeof path, "/docker/%012x%052x", i, i);
		look(h, path);
	}
	usleep(800000);
	assert_in_range(daemon_requests(d), 1, 8);
	host_close(h);
	daemon_stop(d);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_answer_completes_what_the_files_told),
		TEST(a_new_name_on_disk_leaves_the_rest_of_the_answer),
		TEST(without_files_the_answer_names_the_container),
		TEST(what_the_daemon_has_said_is_told_on),
		TEST(a_cgroup_that_looks_like_a_container_is_asked_for_when_something_runs_in_it),
		TEST(a_container_that_nobody_knows_has_failed),
		TEST(two_hundred_containers_are_all_asked_for),
		TEST(a_daemon_that_hangs),
		TEST(a_daemon_that_goes_on_hanging_is_told_of),
		TEST(a_daemon_that_speaks_no_http),
		TEST(a_daemon_whose_answer_is_cut),
		TEST(a_daemon_that_answers_wrong_types),
		TEST(a_daemon_that_answers_ten_megabytes),
		TEST(a_daemon_that_drips),
		TEST(a_daemon_that_hangs_up),
		TEST(a_daemon_with_an_error),
		TEST(a_daemon_that_comes_up_late_is_asked_then),
		TEST(a_daemon_that_fails_is_left_alone_for_a_while),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
