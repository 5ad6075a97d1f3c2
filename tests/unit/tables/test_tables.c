/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Holds events.def, flags.def and syscalls.def against the facts in the TSV files beside this test, which were gathered from
 * the reference's releases and not from our tables.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "porthole/tables.h"

#define COLUMNS 16

/* Splits a line at tabs in place; absent columns are "". */
static void split(char *line, char **col)
{
	line[strcspn(line, "\n")] = '\0';
	for (int i = 0; i < COLUMNS; i++) {
		col[i] = line;
		line += strcspn(line, "\t");
		if (*line)
			*line++ = '\0';
	}
}

/* Calls f for each line but the first. */
static void each_row(const char *file, void (*f)(char **col))
{
	char path[4096], line[16384], *col[COLUMNS];
	FILE *in;
	int rows = 0;

	snprintf(path, sizeof path, "%s/%s", TEST_DATA, file);
	in = fopen(path, "r");
	if (!in)
		fail_msg("%s: %s", path, strerror(errno));
	while (fgets(line, sizeof line, in)) {
		if (rows++ == 0)
			continue;
		split(line, col);
		f(col);
	}
	fclose(in);
	assert_true(rows > 100);
}

static size_t has_word(const char *words, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = words; *at; at += strcspn(at, "|") + (at[strcspn(at, "|")] != '\0'))
		if (strncmp(at, word, len) == 0 && (at[len] == '|' || at[len] == '\0' || at[len] == ' '))
			return 1;
	return 0;
}

static const struct {
	const char *name;
	unsigned flag;
} event_flags[] = {
	{ "CREATES_FD", PH_EF_CREATES_FD },
	{ "DESTROYS_FD", PH_EF_DESTROYS_FD },
	{ "USES_FD", PH_EF_USES_FD },
	{ "READS_FROM_FD", PH_EF_READS_FROM_FD },
	{ "WRITES_TO_FD", PH_EF_WRITES_TO_FD },
	{ "MODIFIES_STATE", PH_EF_MODIFIES_STATE },
	{ "UNUSED", PH_EF_UNUSED },
	{ "WAITS", PH_EF_WAITS },
	{ "SKIPPARSERESET", PH_EF_SKIPPARSERESET },
	{ "OLD_VERSION", PH_EF_OLD_VERSION },
	{ "LARGE_PAYLOAD", PH_EF_LARGE_PAYLOAD },
};

/* name:type:format[:table or dirfd=n], items separated by ';'. Returns how many matched from parameter `first` on. */
static int check_params(const struct ph_event_info *e, int first, char *list)
{
	int n = 0;

	for (char *save = NULL, *item = strtok_r(list, ";", &save); item; item = strtok_r(NULL, ";", &save), n++) {
		const struct ph_param_info *p;
		char *inner = NULL, *name = strtok_r(item, ":", &inner), *type = strtok_r(NULL, ":", &inner);
		char *fmt = strtok_r(NULL, ":", &inner), *table = strtok_r(NULL, ":", &inner);

		assert_true(first + n < e->nparams);
		p = &e->params[first + n];
		assert_string_equal(p->name, name);
		assert_string_equal(p->type == PH_PT_DYN ? "DYN" : ph_param_type_name(p->type), type);
		if (fmt) {
			int want = strcmp(fmt, "DEC") == 0 ? PH_FMT_DEC :
				   strcmp(fmt, "HEX") == 0 ? PH_FMT_HEX :
				   strcmp(fmt, "OCT") == 0 ? PH_FMT_OCT :
							     PH_FMT_NA;

			assert_int_equal(p->fmt, want);
		}
		if (table && strncmp(table, "dirfd=", 6) == 0)
			assert_int_equal(p->dirfd, atoi(table + 6));
		else if (table && p->type != PH_PT_DYN) {
			assert_non_null(p->flags);
			assert_string_equal(p->flags->name, table);
		}
	}
	return n;
}

static void check_event(char **col)
{
	unsigned code = (unsigned)atoi(col[0]);
	const struct ph_event_info *e = ph_event_info(code);
	char *old = col[12], *new = col[14];
	int n, own;

	assert_non_null(e);
	assert_int_equal(e->code, code);
	assert_int_equal(strncmp(e->name, col[2], strlen(e->name)), 0);
	assert_int_equal(PH_IS_EXIT(code), col[3][0] == '<');
	for (size_t i = 0; i < sizeof event_flags / sizeof event_flags[0]; i++)
		if (has_word(col[7], event_flags[i].name) != !!(e->flags & event_flags[i].flag))
			fail_msg("event %u: flag %s", code, event_flags[i].name);
	if (col[8][0] == 'Y')
		assert_int_equal(e->nparams_0_29, atoi(col[11]));
	else
		assert_int_equal(e->nparams_0_29, -1);
	own = code == PH_EV_GENERIC_X ? 1 : 0; /* its result, which the reference leaves out */
	assert_int_equal(e->nparams, atoi(col[13]) + own);
	if (strcmp(new, "=") == 0) {
		n = check_params(e, 0, old);
	} else if (new[0] == '+') {
		n = check_params(e, 0, old);
		n += check_params(e, n, new + 1);
	} else {
		n = check_params(e, 0, new);
	}
	assert_int_equal(n + own, e->nparams);
}

static void every_event_of_the_reference_has_its_newest_form(void **state)
{
	(void)state;
	each_row("events.tsv", check_event);
	assert_non_null(ph_event_info(453));
	assert_null(ph_event_info(454));
}

static void check_flag(char **col)
{
	const struct ph_flag_table *t = ph_flag_table(col[0]);
	ph_u32 value = (ph_u32)strtoul(col[2], NULL, 10);

	assert_non_null(t);
	for (ph_u32 i = 0; i < t->count; i++)
		if (strcmp(t->flags[i].name, col[1]) == 0 && t->flags[i].value == value)
			return;
	fail_msg("%s: no %s = %u", col[0], col[1], value);
}

static void every_flag_of_the_reference_is_there_with_its_value(void **state)
{
	(void)state;
	each_row("flags.tsv", check_flag);
}

static void check_syscall(char **col)
{
	const struct ph_syscall_info *sc = ph_syscall_by_name(col[3]);

	/* Names that are no system call of x86-64, i386 or arm64 are not in our table; the rest must have its number. */
	if (sc && sc->id)
		assert_int_equal(sc->id, atoi(col[0]));
}

static void canonical_numbers_are_those_of_the_reference(void **state)
{
	(void)state;
	each_row("syscalls.tsv", check_syscall);
}

static void known_calls_have_the_kernels_numbers(void **state)
{
	static const struct {
		const char *name;
		int x86_64, i386, arm64;
	} known[] = {
		{ "read", 0, 3, 63 },	      { "openat", 257, 295, 56 },	 { "execve", 59, 11, 221 },
		{ "clone3", 435, 435, 435 },  { "socketcall", -1, 102, -1 },	 { "fork", 57, 2, -1 },
		{ "renameat", 264, 302, 38 }, { "accept4", 288, 364, 242 },	 { "mseal", 462, 462, 462 },
		{ "uretprobe", 335, -1, -1 }, { "file_setattr", 469, 469, 469 }, { "pread64", 17, 180, 67 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
		const struct ph_syscall_info *sc = ph_syscall_by_name(known[i].name);

		assert_non_null(sc);
		assert_int_equal(sc->x86_64, known[i].x86_64);
		assert_int_equal(sc->i386, known[i].i386);
		assert_int_equal(sc->arm64, known[i].arm64);
	}
}

static void no_number_is_given_twice(void **state)
{
	static const struct ph_syscall_info *seen[3][1024];

	(void)state;
	for (size_t i = 0; i < PH_SC_COUNT; i++) {
		const struct ph_syscall_info *sc = ph_syscall_row(i);
		int nrs[3] = { sc->x86_64, sc->i386, sc->arm64 };

		for (int a = 0; a < 3; a++) {
			if (nrs[a] < 0)
				continue;
			assert_true(nrs[a] < 1024);
			if (seen[a][nrs[a]])
				fail_msg("%s and %s have number %d", seen[a][nrs[a]]->name, sc->name, nrs[a]);
			seen[a][nrs[a]] = sc;
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_event_of_the_reference_has_its_newest_form),
		cmocka_unit_test(every_flag_of_the_reference_is_there_with_its_value),
		cmocka_unit_test(canonical_numbers_are_those_of_the_reference),
		cmocka_unit_test(known_calls_have_the_kernels_numbers),
		cmocka_unit_test(no_number_is_given_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
