/* SPDX-License-Identifier: Apache-2.0 */
/* libcurl fails where it hardly ever does: the worker goes on, says so once, and no container waits for ever. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "collector/container/curl.h"
#include "fake_docker.h"

enum fault { NONE, POLL, ADD, PERFORM, INIT };

static _Atomic enum fault fault;
static atomic_int failures;

static bool fails(enum fault f)
{
	if (atomic_load(&fault) != f)
		return false;
	atomic_fetch_add(&failures, 1);
	return true;
}

static struct ct_curl real, faulty;

static CURLMcode multi_poll(CURLM *m, struct curl_waitfd fds[], unsigned n, int ms, int *ready)
{
	return fails(POLL) ? CURLM_INTERNAL_ERROR : real.multi_poll(m, fds, n, ms, ready);
}

static CURLMcode multi_add_handle(CURLM *m, CURL *easy)
{
	return fails(ADD) ? CURLM_OUT_OF_MEMORY : real.multi_add_handle(m, easy);
}

static CURLMcode multi_perform(CURLM *m, int *running)
{
	return fails(PERFORM) ? CURLM_INTERNAL_ERROR : real.multi_perform(m, running);
}

static CURLM *multi_init(void)
{
	return fails(INIT) ? NULL : real.multi_init();
}

static void load(void)
{
	static const char *const names[] = {
#define X(name) "curl_" #name,
		CT_CURL_FUNCTIONS(X)
#undef X
	};
	void *library = dlopen("libcurl.so.4", RTLD_NOW);

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		((void **)&real)[i] = dlsym(library, names[i]);
	faulty = real;
	faulty.multi_poll = multi_poll;
	faulty.multi_add_handle = multi_add_handle;
	faulty.multi_perform = multi_perform;
	faulty.multi_init = multi_init;
}

/* Stands in for the one of curl.c, which the linker leaves out. */
const struct ct_curl *ct_curl(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, load);
	return &faulty;
}

static int setup(void **state)
{
	struct host *h = malloc(sizeof *h);
	host_make(h);
	atomic_store(&failures, 0);
	*state = h;
	return 0;
}

static int teardown(void **state)
{
	struct host *h = *state;
	host_close(h);
	host_remove(h);
	free(h);
	atomic_store(&fault, NONE);
	return 0;
}

static void waiting_fails_and_answers_still_come(void **state)
{
	struct host *h = *state;
	struct daemon *d = daemon_start(h, DAEMON_OK);
	atomic_store(&fault, POLL);
	host_open(h);
	struct ph_container *a = look(h, PATH_A);
	assert_true(wait_ip(h, a, 5000));
	struct ph_container *b = look(h, PATH_B); /* a later question too */
	assert_true(wait_ip(h, b, 5000));
	assert_in_range(atomic_load(&failures), 1, 200); /* it does not spin */
	assert_int_equal(h->nwarnings, 1);
	assert_non_null(strstr(h->warnings, "their answers come later than usual"));
	assert_true(host_close(h) < 500);
	daemon_stop(d);
}

/* The fault lasts for the first attempts, and then no longer. */
static void check_recovers(struct host *h, enum fault f)
{
	struct daemon *d = daemon_start(h, DAEMON_OK);
	atomic_store(&fault, f);
	host_open(h);
	struct ph_container *c = look(h, PATH_A);
	assert_true(wait_warning(h, 5000));
	assert_non_null(strstr(h->warnings, "cannot be asked"));
	assert_int_equal(c->lookup, PH_CL_STARTED);
	atomic_store(&fault, NONE);
	assert_true(wait_ip(h, c, 8000));
	assert_int_equal(h->nwarnings, 1);
	daemon_stop(d);
}

static void a_request_that_cannot_be_begun_is_tried_again(void **state)
{
	check_recovers(*state, ADD);
}

static void requests_that_cannot_be_carried_on_are_tried_again(void **state)
{
	check_recovers(*state, PERFORM);
}

static void without_a_handle_it_is_tried_again(void **state)
{
	check_recovers(*state, INIT);
}

static void a_fault_that_stays_is_told_and_the_container_has_failed(void **state)
{
	struct host *h = *state;
	struct daemon *d = daemon_start(h, DAEMON_OK);
	atomic_store(&fault, ADD);
	host_open(h);
	struct ph_container *c = look(h, PATH_A);
	assert_true(wait_lookup(h, c, PH_CL_FAILED, 15000));
	assert_int_equal(h->nwarnings, 2); /* and that its name is not known */
	assert_int_equal(daemon_requests(d), 0);
	daemon_stop(d);
}

/* The worker speaks of containers that the table has forgotten. */
static void answers_for_forgotten_containers_go_nowhere(void **state)
{
	struct host *h = *state;
	struct daemon *d = daemon_start(h, DAEMON_OK);
	char path[128];
	host_open(h);
	for (int i = 0; i < 3000; i++) {
		snprintf(path, sizeof path, "/user.slice/%012x%052x", i, i);
		struct ph_container *c = NULL;
		ph_containers_point(h->cs, &c, look(h, path));
		assert_non_null(c);
		ph_containers_removed(h->cs, path, strlen(path));
		ph_containers_point(h->cs, &c, NULL);
		ph_containers_poll(h->cs);
	}
	assert_null(ph_containers_by_id(h->cs, "000000000001"));
	struct ph_container *c = look(h, PATH_A);
	assert_true(wait_ip(h, c, 10000));
	daemon_stop(d);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(waiting_fails_and_answers_still_come),
		TEST(a_request_that_cannot_be_begun_is_tried_again),
		TEST(requests_that_cannot_be_carried_on_are_tried_again),
		TEST(without_a_handle_it_is_tried_again),
		TEST(a_fault_that_stays_is_told_and_the_container_has_failed),
		TEST(answers_for_forgotten_containers_go_nowhere),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
