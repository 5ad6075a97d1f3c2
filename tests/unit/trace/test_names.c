/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of a rotating capture are called. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>
#include "collector/trace/names.h"
#include "tests/unit/support/tmpdir.h"

#define NS 1000000000ull
#define NOON (1700049600 * NS) /* 2023-11-15 12:00:00 UTC */

struct fix {
	struct tmpdir tmp;
	const char *dir; /* its path */
	char base[256];
	struct ph_names *n;
};

static int setup(void **state)
{
	struct fix *f = calloc(1, sizeof(*f));

	setenv("TZ", "UTC", 1);
	tzset();
	f->dir = f->tmp.path;
	*state = f;
	return tmp_make(&f->tmp);
}

static int teardown(void **state)
{
	struct fix *f = *state;

	ph_names_free(f->n);
	tmp_remove(&f->tmp);
	free(f);
	return 0;
}

static void names(struct fix *f, const char *file, struct ph_names_opts opts)
{
	snprintf(f->base, sizeof(f->base), "%s/%s", f->dir, file);
	opts.base = f->base;
	ph_names_free(f->n);
	f->n = ph_names_new(&opts);
	assert_non_null(f->n);
}

/* The file of the next name, without its folder. */
static const char *next(struct fix *f, uint64_t ts)
{
	const char *name = ph_names_next(f->n, ts);

	return name ? name + strlen(f->dir) + 1 : NULL;
}

static void file(struct fix *f, const char *name, time_t mtime)
{
	const struct timespec times[2] = { { .tv_sec = mtime }, { .tv_sec = mtime } };
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", f->dir, name);
	fd = open(path, O_CREAT | O_WRONLY, 0600);
	assert_true(fd >= 0);
	assert_int_equal(futimens(fd, times), 0);
	close(fd);
}

static void a_capture_that_does_not_rotate_has_one_name(void **state)
{
	struct fix *f = *state;

	names(f, "a.scap", (struct ph_names_opts){ 0 });
	assert_string_equal(next(f, NOON), "a.scap");
	assert_null(next(f, NOON + NS));
}

static void numbers_count_from_0_without_end(void **state)
{
	struct fix *f = *state;

	names(f, "a.scap", (struct ph_names_opts){ .numbered = true });
	for (int i = 0; i < 12; i++) {
		char want[32];

		snprintf(want, sizeof(want), "a.scap%d", i);
		assert_string_equal(next(f, NOON), want);
	}
}

static void a_ring_has_as_many_digits_as_its_size(void **state)
{
	struct fix *f = *state;

	names(f, "a", (struct ph_names_opts){ .numbered = true, .ring = 10 });
	assert_string_equal(next(f, NOON), "a00");
	for (int i = 1; i < 9; i++)
		next(f, NOON);
	assert_string_equal(next(f, NOON), "a09");
	assert_string_equal(next(f, NOON), "a00");

	names(f, "a", (struct ph_names_opts){ .numbered = true, .ring = 2 });
	assert_string_equal(next(f, NOON), "a0");
	assert_string_equal(next(f, NOON), "a1");
	assert_string_equal(next(f, NOON), "a0");
}

static void a_percent_sign_means_nothing_unless_names_are_timed(void **state)
{
	struct fix *f = *state;

	names(f, "a%H", (struct ph_names_opts){ .numbered = true });
	assert_string_equal(next(f, NOON), "a%H0");
}

static void a_template_is_filled_with_event_time(void **state)
{
	struct fix *f = *state;

	names(f, "a-%Y%m%d-%H%M%S.scap", (struct ph_names_opts){ .timed = true });
	assert_string_equal(next(f, NOON), "a-20231115-120000.scap");
	assert_string_equal(next(f, NOON + 61 * NS), "a-20231115-120101.scap");
}

static void a_template_is_filled_with_local_time(void **state)
{
	struct fix *f = *state;

	setenv("TZ", "XXX-3", 1);
	tzset();
	names(f, "a-%H", (struct ph_names_opts){ .timed = true });
	assert_string_equal(next(f, NOON), "a-15");
}

static void a_template_that_gives_the_same_name_means_that_the_file_goes_on(void **state)
{
	struct fix *f = *state;

	names(f, "a-%H", (struct ph_names_opts){ .timed = true });
	assert_string_equal(next(f, NOON), "a-12");
	assert_null(next(f, NOON + NS));
	assert_string_equal(next(f, NOON + 3600 * NS), "a-13");
}

static void a_template_with_a_ring_has_the_index_behind_it(void **state)
{
	struct fix *f = *state;

	names(f, "a-%H.", (struct ph_names_opts){ .timed = true, .ring = 12 });
	assert_string_equal(next(f, NOON), "a-12.00");
	assert_string_equal(next(f, NOON), "a-12.01");
}

static void a_name_without_a_template_is_the_same_at_any_time(void **state)
{
	struct fix *f = *state;

	names(f, "a", (struct ph_names_opts){ .timed = true, .numbered = true });
	assert_string_equal(next(f, NOON), "a0");
	assert_string_equal(next(f, NOON + NS), "a1");
}

static void a_ring_goes_on_behind_its_newest_file(void **state)
{
	struct fix *f = *state;

	file(f, "a00", 100);
	file(f, "a03", 300);
	file(f, "a07", 200);
	names(f, "a", (struct ph_names_opts){ .ring = 10 });
	assert_string_equal(next(f, NOON), "a04");
	file(f, "a09", 400);
	names(f, "a", (struct ph_names_opts){ .ring = 10 });
	assert_string_equal(next(f, NOON), "a00");
}

static void a_ring_is_not_led_astray_by_other_files(void **state)
{
	struct fix *f = *state;

	file(f, "a02", 100);
	file(f, "a5", 900);
	file(f, "a005", 900);
	file(f, "a10", 900);
	file(f, "aXX", 900);
	file(f, "b05", 900);
	file(f, "a", 900);
	file(f, "a05.txt", 900);
	assert_int_equal(mkdirat(AT_FDCWD, strcat(strcpy(f->base, f->dir), "/a06"), 0700), 0);
	names(f, "a", (struct ph_names_opts){ .ring = 10 });
	assert_string_equal(next(f, NOON), "a03");
}

static void a_ring_of_a_template_goes_on_too(void **state)
{
	struct fix *f = *state;

	file(f, "a-1100.scap03", 300);
	file(f, "a-1000.scap02", 200);
	file(f, "x-1200.scap09", 900);
	names(f, "a-%H%M.scap", (struct ph_names_opts){ .timed = true, .ring = 10 });
	assert_string_equal(next(f, NOON), "a-1200.scap04");
}

static void names_without_a_ring_begin_with_0_whatever_is_there(void **state)
{
	struct fix *f = *state;

	file(f, "a0", 100);
	names(f, "a", (struct ph_names_opts){ .numbered = true });
	assert_string_equal(next(f, NOON), "a0");
}

static void a_name_that_is_too_long_is_refused(void **state)
{
	char base[PATH_MAX + 10], wide[] = "%01000000Y";

	(void)state;
	memset(base, 'a', sizeof(base));
	base[sizeof(base) - 1] = '\0';
	assert_null(ph_names_new(&(struct ph_names_opts){ .base = base }));
	assert_int_equal(errno, ENAMETOOLONG);
	assert_null(ph_names_new(&(struct ph_names_opts){ .base = wide, .timed = true }));
	assert_int_equal(errno, ENAMETOOLONG);
	assert_null(ph_names_new(&(struct ph_names_opts){ .base = "" }));
	assert_int_equal(errno, ENAMETOOLONG);
}

#define names_test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		names_test(a_capture_that_does_not_rotate_has_one_name),
		names_test(numbers_count_from_0_without_end),
		names_test(a_ring_has_as_many_digits_as_its_size),
		names_test(a_percent_sign_means_nothing_unless_names_are_timed),
		names_test(a_template_is_filled_with_event_time),
		names_test(a_template_is_filled_with_local_time),
		names_test(a_template_that_gives_the_same_name_means_that_the_file_goes_on),
		names_test(a_template_with_a_ring_has_the_index_behind_it),
		names_test(a_name_without_a_template_is_the_same_at_any_time),
		names_test(a_ring_goes_on_behind_its_newest_file),
		names_test(a_ring_is_not_led_astray_by_other_files),
		names_test(a_ring_of_a_template_goes_on_too),
		names_test(names_without_a_ring_begin_with_0_whatever_is_there),
		cmocka_unit_test(a_name_that_is_too_long_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
