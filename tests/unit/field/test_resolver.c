/* SPDX-License-Identifier: Apache-2.0 */
/* Names of addresses: answers are kept, nobody waits for slow ones, and without leave nothing is asked. */
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>
#include "collector/field/resolver.h"
#include "tests/unit/support/scene.h"

static atomic_uint asked;

static size_t quick(const uint8_t *addr, size_t len, char name[PH_HOST_NAME_MAX])
{
	asked++;
	if (addr[len - 1] == 99)
		return 0;
	return (size_t)snprintf(name, PH_HOST_NAME_MAX, "host%u", addr[len - 1]);
}

static size_t slow(const uint8_t *addr, size_t len, char name[PH_HOST_NAME_MAX])
{
	usleep(50000);
	return quick(addr, len, name);
}

static double seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static bool becomes(struct ph_resolver *r, const uint8_t *addr, size_t len, const char *want)
{
	char name[PH_HOST_NAME_MAX];

	for (int i = 0; i < 2000; i++, usleep(1000))
		if (ph_resolver_name(r, addr, len, name) > 0)
			return strcmp(name, want) == 0;
	return false;
}

static void an_answer_is_kept(void **state)
{
	struct ph_resolver *r = ph_resolver_new(quick);
	static const uint8_t v4[4] = { 10, 0, 0, 7 }, v6[16] = { [15] = 8 };

	(void)state;
	asked = 0;
	assert_true(becomes(r, v4, 4, "host7"));
	assert_true(becomes(r, v6, 16, "host8"));
	assert_true(becomes(r, v4, 4, "host7"));
	assert_int_equal(asked, 2);
	ph_resolver_free(r);
}

static void an_address_without_a_name_is_not_asked_for_again(void **state)
{
	struct ph_resolver *r = ph_resolver_new(quick);
	static const uint8_t none[4] = { 10, 0, 0, 99 };
	char name[PH_HOST_NAME_MAX];

	(void)state;
	asked = 0;
	for (int i = 0; i < 2000 && asked == 0; i++, usleep(1000))
		assert_int_equal(ph_resolver_name(r, none, 4, name), 0);
	for (int i = 0; i < 100; i++)
		assert_int_equal(ph_resolver_name(r, none, 4, name), 0);
	assert_int_equal(asked, 1);
	assert_int_equal(ph_resolver_name(r, none, 5, name), 0);
	ph_resolver_free(r);
}

static void nobody_waits_for_slow_answers(void **state)
{
	struct ph_resolver *r = ph_resolver_new(slow);
	char name[PH_HOST_NAME_MAX];
	double began = seconds();

	(void)state;
	asked = 0;
	for (uint8_t i = 0; i < 20; i++)
		assert_int_equal(ph_resolver_name(r, (const uint8_t[]){ 10, 0, 0, i }, 4, name), 0);
	ph_resolver_free(r);
	assert_true(seconds() - began < 0.5); /* a second if it waited for each */
}

static void more_addresses_than_there_is_room_for_do_no_harm(void **state)
{
	struct ph_resolver *r = ph_resolver_new(quick);
	static const uint8_t last[4] = { 11, 0, 0, 1 };
	char name[PH_HOST_NAME_MAX];

	(void)state;
	for (uint32_t i = 0; i < 20000; i++)
		ph_resolver_name(r, (const uint8_t[]){ 10, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i }, 4,
				 name);
	assert_true(becomes(r, last, 4, "host1"));
	ph_resolver_free(r);
}

static void without_leave_addresses_have_no_name(void **state)
{
	struct scene *sc = *state;

	scene_read(sc, 4, 5, "hello", 5);
	assert_string_equal(scene_text(sc, "*%fd.cip.name %fd.sip.name %fd.lip.name %fd.rip.name"),
			    "<NA> <NA> <NA> <NA>");
	assert_null(sc->ctx.resolver);
}

static void fields_ask_the_resolver(void **state)
{
	struct scene *sc = *state;

	sc->ctx.opts.resolve_names = true;
	sc->ctx.resolver = ph_resolver_new(quick);
	scene_read(sc, 4, 5, "hello", 5); /* 10.0.0.1:40000->192.168.0.2:80 */
	assert_true(becomes(sc->ctx.resolver, (const uint8_t[]){ 10, 0, 0, 1 }, 4, "host1"));
	assert_true(becomes(sc->ctx.resolver, (const uint8_t[]){ 192, 168, 0, 2 }, 4, "host2"));
	assert_string_equal(scene_text(sc, "%fd.cip.name %fd.sip.name %fd.lip.name %fd.rip.name"),
			    "host1 host2 host1 host2");
	assert_passes(sc, "fd.sip.name=host2");
	scene_read(sc, 3, 5, "hello", 5);
	assert_string_equal(scene_text(sc, "*%fd.cip.name"), "<NA>");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_is_kept),
		cmocka_unit_test(an_address_without_a_name_is_not_asked_for_again),
		cmocka_unit_test(nobody_waits_for_slow_answers),
		cmocka_unit_test(more_addresses_than_there_is_room_for_do_no_harm),
		scene_test(without_leave_addresses_have_no_name),
		scene_test(fields_ask_the_resolver),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
