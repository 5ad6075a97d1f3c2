/* SPDX-License-Identifier: Apache-2.0 */
/* Holds event_texts.def against events.def and against what -L lists: no name without a text, no text without a name. */
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "porthole/tables.h"
#include "ui/cli/cli.h"

#define LONGEST 90
#define NAME_MAX_LEN 64

static const struct {
	const char *name, *text;
} rows[] = {
#define TEXT(name, text) { #name, text },
#include "porthole/event_texts.def"
};

#define ROWS (sizeof rows / sizeof rows[0])

static char *list;

static int make_list(void **state)
{
	size_t len;
	FILE *out = open_memstream(&list, &len);

	(void)state;
	cli_list_events(out);
	return fclose(out);
}

static int free_list(void **state)
{
	(void)state;
	free(list);
	return 0;
}

static const char *next_line(const char *line)
{
	return line + strcspn(line, "\n") + 1;
}

static bool is_event_line(const char *line)
{
	return *line == '>' || *line == '<';
}

/* The name in "> name(.." */
static void name_of(const char *line, char *name)
{
	snprintf(name, NAME_MAX_LEN, "%.*s", (int)strcspn(line + 2, "("), line + 2);
}

static size_t lines_that_begin_with(const char *start)
{
	size_t n = 0;

	for (const char *line = list; *line; line = next_line(line))
		n += strncmp(line, start, strlen(start)) == 0;
	return n;
}

static const struct ph_event_info *an_event_of(const char *name)
{
	for (size_t i = 0; i < ph_event_count(); i++)
		if (!(ph_event_row(i)->flags & PH_EF_UNUSED) && strcmp(ph_event_row(i)->name, name) == 0)
			return ph_event_row(i);
	return NULL;
}

static void every_listed_event_has_a_text(void **state)
{
	char name[NAME_MAX_LEN];
	size_t events = 0;

	(void)state;
	for (const char *line = list; *line; line = next_line(line)) {
		if (!is_event_line(line))
			continue;
		name_of(line, name);
		events++;
		if (!ph_event_text(name))
			fail_msg("event_texts.def has no text for %s", name);
	}
	assert_true(events > 180);
}

static void every_text_is_of_an_event(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS; i++)
		if (!an_event_of(rows[i].name))
			fail_msg("events.def has no event called %s", rows[i].name);
}

/* So none is there twice either. */
static void rows_are_in_the_order_of_the_alphabet(void **state)
{
	(void)state;
	for (size_t i = 1; i < ROWS; i++)
		if (strcmp(rows[i - 1].name, rows[i].name) >= 0)
			fail_msg("%s stands behind %s", rows[i].name, rows[i - 1].name);
}

static void texts_are_short_lines_without_a_full_stop(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS; i++) {
		const char *text = rows[i].text;
		size_t len = strlen(text);

		if (len < 10 || len > LONGEST)
			fail_msg("%s: %zu characters", rows[i].name, len);
		if (!islower((unsigned char)text[0]) || text[len - 1] == '.' || text[len - 1] == ' ' ||
		    strstr(text, "  "))
			fail_msg("%s: %s", rows[i].name, text);
		for (const char *c = text; *c; c++)
			if (!isprint((unsigned char)*c))
				fail_msg("%s: byte %#x", rows[i].name, (unsigned)(unsigned char)*c);
	}
}

static void tracepoints_say_when_they_fire_and_nothing_else_does(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS; i++) {
		const struct ph_event_info *e = an_event_of(rows[i].name);
		bool tracepoint = e && e->category & PH_C_TRACEPOINT;

		if (tracepoint != (strncmp(rows[i].text, "fires when ", 11) == 0))
			fail_msg("%s: %s", rows[i].name, rows[i].text);
	}
}

static void no_two_events_have_the_same_text(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS; i++)
		for (size_t k = 0; k < i; k++)
			if (strcmp(rows[i].text, rows[k].text) == 0)
				fail_msg("%s and %s: %s", rows[k].name, rows[i].name, rows[i].text);
}

static void a_text_is_found_by_its_whole_name_alone(void **state)
{
	(void)state;
	assert_string_equal(ph_event_text("open"), "opens a file, or makes it when the flags ask for that");
	assert_string_equal(ph_event_text("writev"), "writes several buffers to a descriptor");
	assert_non_null(ph_event_text("gap"));
	assert_null(ph_event_text("ope"));
	assert_null(ph_event_text("openx"));
	assert_null(ph_event_text("NA"));
	assert_null(ph_event_text(""));
}

static void the_list_has_a_name_s_text_once_in_front_of_its_lines(void **state)
{
	char name[NAME_MAX_LEN], head[NAME_MAX_LEN + 8], before[NAME_MAX_LEN] = "";

	(void)state;
	assert_memory_equal(list, "syscall: any system call ", 25);
	for (const char *line = list, *prev = NULL; *line; prev = line, line = next_line(line)) {
		if (!is_event_line(line))
			continue;
		name_of(line, name);
		snprintf(head, sizeof head, "%s: ", name);
		if (lines_that_begin_with(head) != 1)
			fail_msg("%zu texts of %s are listed", lines_that_begin_with(head), name);
		if (strcmp(name, before) != 0 && strncmp(prev, head, strlen(head)) != 0)
			fail_msg("no text in front of %s", name);
		memcpy(before, name, sizeof before);
	}
	assert_non_null(strstr(list, "\nopen: opens a file, or makes it when the flags ask for that\n"
				     "> open(FSPATH name, FLAGS32 flags, UINT32 mode)\n"
				     "< open(FD fd, FSPATH name, FLAGS32 flags, UINT32 mode, UINT32 dev, UINT64 ino)\n"
				     "close: closes a file descriptor\n"
				     "< close(ERRNO res, FD fd)\n"
				     "read: reads from a descriptor into a buffer\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_listed_event_has_a_text),
		cmocka_unit_test(every_text_is_of_an_event),
		cmocka_unit_test(rows_are_in_the_order_of_the_alphabet),
		cmocka_unit_test(texts_are_short_lines_without_a_full_stop),
		cmocka_unit_test(tracepoints_say_when_they_fire_and_nothing_else_does),
		cmocka_unit_test(no_two_events_have_the_same_text),
		cmocka_unit_test(a_text_is_found_by_its_whole_name_alone),
		cmocka_unit_test(the_list_has_a_name_s_text_once_in_front_of_its_lines),
	};

	return cmocka_run_group_tests(tests, make_list, free_list);
}
