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
#include <curl/curl.h>
#include <dlfcn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
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

/* These stand in front of the library's. */
#define REAL(f) __typeof__(&(f)) real = (__typeof__(&(f)))(uintptr_t)dlsym(RTLD_NEXT, #f)

CURLMcode curl_multi_poll(CURLM *m, struct curl_waitfd fds[], unsigned n, int ms, int *ready)
{
	REAL(curl_multi_poll);
	return fails(POLL) ? CURLM_INTERNAL_ERROR : real(m, fds, n, ms, ready);
}

CURLMcode curl_multi_add_handle(CURLM *m, CURL *easy)
{
	REAL(curl_multi_add_handle);
	return fails(ADD) ? CURLM_OUT_OF_MEMORY : real(m, easy);
}

CURLMcode curl_multi_perform(CURLM *m, int *running)
{
	REAL(curl_multi_perform);
	return fails(PERFORM) ? CURLM_INTERNAL_ERROR : real(m, running);
}

CURLM *curl_multi_init(void)
{
	REAL(curl_multi_init);
	return fails(INIT) ? NULL : real();
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
