/* SPDX-License-Identifier: Apache-2.0 */
/* Text of processes in a UTF-8 locale: what is shown as it is, and what never is. */
#include "tests/unit/support/scene.h"

static void printable_text_is_shown_only_to_who_understands_it(void **state)
{
	struct scene *sc = *state;

	scene_open(sc, 9, "/gr\xc3\xbc\xc3\x9f \xe4\xbd\xa0\xf0\x9f\x90\xb3", 1);
	assert_string_equal(scene_text(sc, "%fd.name"), "/gr.... .......");
	sc->ctx.opts.utf8 = true;
	sc->ctx.seq++;
	assert_string_equal(scene_text(sc, "%fd.name"), "/gr\xc3\xbc\xc3\x9f \xe4\xbd\xa0\xf0\x9f\x90\xb3");
	assert_string_equal(scene_text(sc, "%evt.arg.name"), "/gr\xc3\xbc\xc3\x9f \xe4\xbd\xa0\xf0\x9f\x90\xb3");
}

static void parameters_are_shown_likewise(void **state)
{
	struct scene *sc = *state;

	sc->ctx.opts.utf8 = true;
	scene_open(sc, 9, "/\xc3\xbc", 1);
	assert_string_equal(scene_text(sc, "%evt.args"),
			    "fd=9(<f>/\xc3\xbc) name=/\xc3\xbc flags=1(O_RDONLY) mode=644 dev=801 ino=99 ");
}

static void nothing_that_drives_a_terminal_gets_through(void **state)
{
	static const char *const wrong[] = {
		"\x1b",	    "\x7f",	    "\t",	    "\n",	    "\xff",	    "\x80",
		"\xc2\x85", "\xe2\x80\xae", "\xe2\x81\xa6", "\xe2\x80\xa8", "\xe2\x80\x8f",
	};
	struct scene *sc = *state;
	char name[32];

	sc->ctx.opts.utf8 = true;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		snprintf(name, sizeof name, "/a%sz", wrong[i]);
		scene_open(sc, 9, name, 1);
		assert_string_equal(scene_text(sc, "%fd.name"), "/a.z");
	}
}

static void invalid_sequences_are_a_dot_a_byte(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{ "/\xc3", "/." },
		{ "/\xe2\x82", "/.." },
		{ "/\xc0\xaf", "/.." },
		{ "/\xed\xa0\x80", "/..." },
		{ "/\xf4\x90\x80\x80", "/...." },
		{ "/\xe0\x80\x80", "/..." },
		{ "/\xc3(\xc3\xa9", "/.(\xc3\xa9" },
	};
	struct scene *sc = *state;

	sc->ctx.opts.utf8 = true;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		scene_open(sc, 9, rows[i].in, 1);
		assert_string_equal(scene_text(sc, "%fd.name"), rows[i].out);
	}
}

static void data_stays_ascii(void **state)
{
	struct scene *sc = *state;

	sc->ctx.opts.utf8 = true;
	scene_read(sc, 3, 3, "a\xc3\xbc", 3);
	assert_string_equal(scene_text(sc, "%evt.buffer %evt.arg.data"), "a.. a..");
}

static void widths_count_characters(void **state)
{
	struct scene *sc = *state;

	sc->ctx.opts.utf8 = true;
	scene_open(sc, 9, "/\xc3\xbc\xc3\xb6\xc3\xa4", 1);
	assert_string_equal(scene_text(sc, "[%6fd.name]"), "[/\xc3\xbc\xc3\xb6\xc3\xa4  ]");
	assert_string_equal(scene_text(sc, "[%3fd.name]"), "[/\xc3\xbc\xc3\xb6]");
	assert_string_equal(scene_text(sc, "[%4fd.name]"), "[/\xc3\xbc\xc3\xb6\xc3\xa4]");
}

/* A text that is full takes no part of a character. */
static void no_character_is_cut_in_two(void **state)
{
	char buf[4] = "";
	struct ph_text t = { .buf = buf, .cap = 3, .utf8 = true };

	(void)state;
	ph_text_clean(&t, "ab\xc3\xbc", 4);
	assert_int_equal(t.len, 2);
	assert_string_equal(buf, "ab");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scene_test(printable_text_is_shown_only_to_who_understands_it),
		scene_test(parameters_are_shown_likewise),
		scene_test(nothing_that_drives_a_terminal_gets_through),
		scene_test(invalid_sequences_are_a_dot_a_byte),
		scene_test(data_stays_ascii),
		scene_test(widths_count_characters),
		cmocka_unit_test(no_character_is_cut_in_two),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
