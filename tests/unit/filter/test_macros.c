/* SPDX-License-Identifier: Apache-2.0 */
/* Macros: where they may stand, what they are made of, files of them, and errors in their own text. */
#include <unistd.h>
#include "tests/unit/support/scene.h"

static struct ph_macros *defined(const char *const *lines)
{
	struct ph_macros *m = ph_macros_new();
	char err[200];

	assert_non_null(m);
	for (; *lines; lines++)
		assert_int_equal(ph_macros_add(m, *lines, strlen(*lines), err, sizeof err), 0);
	return m;
}

#define DEFINED(...) defined((const char *const[]){ __VA_ARGS__, NULL })

static bool passes(struct scene *sc, const struct ph_macros *m, const char *filter)
{
	struct ph_filter_opts opts = { .size = sizeof opts, .macros = m };
	struct ph_filter *f;
	struct ph_parse_error err;
	bool match;

	if (ph_filter_compile(&f, filter, &opts, &err) != 0)
		fail_msg("'%s': at %zu: %s", filter, err.pos, err.message);
	match = ph_filter_match(f, &sc->ctx);
	ph_filter_free(f);
	return match;
}

static const char *error_of(const struct ph_macros *m, const char *filter)
{
	static char text[600];
	struct ph_filter_opts opts = { .size = sizeof opts, .macros = m };
	struct ph_filter *f;
	struct ph_parse_error err;

	assert_int_not_equal(ph_filter_compile(&f, filter, &opts, &err), 0);
	assert_null(f);
	ph_parse_error_text(&err, filter, text, sizeof text);
	return text;
}

static void a_macro_stands_where_a_check_may(void **state)
{
	struct scene *sc = *state;
	struct ph_macros *m = DEFINED("reads=evt.type in (read, pread)", " ours = proc.name=curl or proc.name=wget ");

	scene_read(sc, 3, 5, "hello", 5);
	assert_true(passes(sc, m, "reads"));
	assert_false(passes(sc, m, "not reads"));
	assert_true(passes(sc, m, "reads and ours"));
	assert_true(passes(sc, m, "(reads)and(ours)"));
	assert_false(passes(sc, m, "not (reads or ours)"));
	scene_open(sc, 3, "/x", 1);
	assert_false(passes(sc, m, "reads"));
	ph_macros_free(m);
}

/* As if it stood in parentheses: `or` inside does not reach what stands beside it. */
static void a_macro_is_one_check(void **state)
{
	struct scene *sc = *state;
	struct ph_macros *m = DEFINED("either=proc.name=curl or proc.name=wget");

	scene_read(sc, 3, 5, "hello", 5);
	assert_false(passes(sc, m, "either and evt.type=open"));
	assert_false(passes(sc, m, "evt.type=open and either"));
	ph_macros_free(m);
}

static void macros_are_made_of_macros_in_any_order(void **state)
{
	struct scene *sc = *state;
	struct ph_macros *m = DEFINED("a=b and c", "b=c", "c=proc.name=curl");

	scene_read(sc, 3, 5, "hello", 5);
	assert_true(passes(sc, m, "a and a and b"));
	ph_macros_free(m);
}

static void the_last_definition_holds(void **state)
{
	struct scene *sc = *state;
	struct ph_macros *m = DEFINED("a=proc.name=wget", "a=proc.name=curl");

	scene_read(sc, 3, 5, "hello", 5);
	assert_true(passes(sc, m, "a"));
	ph_macros_free(m);
}

static void errors_are_shown_in_the_macros_own_text(void **state)
{
	struct ph_macros *m = DEFINED("outer=evt.num=1 and inner", "inner=proc.nam=x", "open=(evt.num=1",
				      "more=evt.num=1)", "a=b", "b=a or evt.num=1");

	(void)state;
	assert_string_equal(
		error_of(m, "proc.name=x and inner"),
		"in the macro 'inner': unknown field 'proc.nam'; did you mean proc.name?\n  proc.nam=x\n  ^");
	assert_string_equal(
		error_of(m, "outer"),
		"in the macro 'inner': unknown field 'proc.nam'; did you mean proc.name?\n  proc.nam=x\n  ^");
	assert_string_equal(error_of(m, "open and evt.num=1)"),
			    "in the macro 'open': this parenthesis is not closed\n  (evt.num=1\n  ^");
	assert_string_equal(error_of(m, "(more"), "in the macro 'more': ')' without '('\n  evt.num=1)\n           ^");
	assert_string_equal(error_of(m, "evt.num=1 and a"),
			    "in the macro 'b': the macro 'a' is made of itself\n  a or evt.num=1\n  ^");
	assert_string_equal(
		error_of(m, "evt.num=1 or inne"),
		"unexpected identifier 'inne'; did you mean the macro inner?\n  evt.num=1 or inne\n               ^");
	assert_string_equal(
		error_of(m, "nothing_like_it"),
		"unexpected identifier 'nothing_like_it': expected a field, such as proc.name, or a macro\n  nothing_like_it\n  ^");
	ph_macros_free(m);
}

/* Each of 20 macros is twice the one before. */
static void macros_that_grow_without_end_are_refused(void **state)
{
	struct ph_macros *m = DEFINED("m0=evt.num=1");
	char line[64], err[100];

	(void)state;
	for (int i = 1; i <= 20; i++) {
		snprintf(line, sizeof line, "m%d=m%d and m%d", i, i - 1, i - 1);
		assert_int_equal(ph_macros_add(m, line, strlen(line), err, sizeof err), 0);
	}
	assert_non_null(strstr(error_of(m, "m20"), "more than 10000 macros in one filter"));
	ph_macros_free(m);
}

static int read_file(struct ph_macros *m, const char *text, size_t len, char *err, size_t size)
{
	char path[] = "/tmp/porthole_macros_XXXXXX";
	int fd = mkstemp(path), rc;

	assert_true(fd >= 0 && write(fd, text, len) == (ssize_t)len);
	close(fd);
	rc = ph_macros_read(m, path, err, size);
	unlink(path);
	return rc;
}

static void a_file_has_one_a_line(void **state)
{
	static const char good[] = "# comment\n\n  a = proc.name=curl\r\nb=a and evt.type=read",
			  bad[] = "a=evt.num=1\n\nno macro\n", nul[] = "a=evt\0.num=1\n";
	struct scene *sc = *state;
	struct ph_macros *m = ph_macros_new();
	char err[300] = "";

	scene_read(sc, 3, 5, "hello", 5);
	assert_int_equal(read_file(m, good, sizeof good - 1, err, sizeof err), 0);
	assert_true(passes(sc, m, "b"));
	assert_int_not_equal(read_file(m, bad, sizeof bad - 1, err, sizeof err), 0);
	assert_non_null(strstr(err, ", line 3: a macro is written as name=filter"));
	assert_int_not_equal(read_file(m, nul, sizeof nul - 1, err, sizeof err), 0);
	ph_macros_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scene_test(a_macro_stands_where_a_check_may),
		scene_test(a_macro_is_one_check),
		scene_test(macros_are_made_of_macros_in_any_order),
		scene_test(the_last_definition_holds),
		cmocka_unit_test(errors_are_shown_in_the_macros_own_text),
		cmocka_unit_test(macros_that_grow_without_end_are_refused),
		scene_test(a_file_has_one_a_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
