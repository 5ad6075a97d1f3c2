/* SPDX-License-Identifier: Apache-2.0 */
/* What is listed: fields as text and as Markdown, words for shells, the summary of events. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "ui/cli/cli.h"

static char *text;
static size_t text_len;

static FILE *open_text(void)
{
	free(text);
	text = NULL;
	return open_memstream(&text, &text_len);
}

static int free_text(void **state)
{
	(void)state;
	free(text);
	text = NULL;
	return 0;
}

static void fields_are_wrapped_and_classes_have_their_head(void **state)
{
	static const char head[] = "-------------------------------\n"
				   "Field Class:                  evt (every event)\n"
				   "Description:                  What every event has: number, time, source. \n"
				   "\n"
				   "evt.num                       number of the event,";
	FILE *out = open_text();

	(void)state;
	cli_list_fields(out, false);
	fclose(out);
	assert_memory_equal(text, head, sizeof head - 1);
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		if (strlen(line) > 120)
			fail_msg("too long: %s", line);
}

static void every_field_is_a_row_of_the_markdown(void **state)
{
	const struct ph_field_class *k;
	char row[200];
	FILE *out = open_text();

	(void)state;
	cli_list_markdown(out);
	fclose(out);
	assert_memory_equal(text,
			    "## Field Class: evt\n\nWhat every event has: number, time, source.\n\n"
			    "Name | Type | Description\n:----|:-----|:-----------\n`evt.num` | UINT64 | ",
			    130);
	for (size_t i = 0; (k = ph_field_class(i)); i++) {
		for (size_t f = 0; f < k->count; f++) {
			snprintf(row, sizeof row, "\n`%s` | ", k->fields[f].name);
			if (!(k->fields[f].flags & PH_FF_HIDDEN) != !!strstr(text, row))
				fail_msg("%s", k->fields[f].name);
		}
	}
}

/* docs/fields.md is the list as it was when somebody wrote it: ./dev docs writes it anew. */
static void the_documented_fields_are_those_there_are(void **state)
{
	FILE *out = open_text(), *f = fopen("docs/fields.md", "r");
	char *doc = malloc(1 << 20);
	size_t len;

	(void)state;
	assert_non_null(f);
	len = fread(doc, 1, (1 << 20) - 1, f);
	doc[len] = '\0';
	fclose(f);
	cli_list_markdown(out);
	fclose(out);
	if (!strstr(doc, text))
		fail_msg("docs/fields.md is stale: ./dev docs writes it anew");
	free(doc);
}

static void shells_are_told_each_word_once(void **state)
{
	FILE *out = open_text();

	(void)state;
	assert_int_equal(cli_complete(out, "events"), 0);
	fclose(out);
	assert_non_null(strstr(text, "\nopen\tsystem call\n"));
	assert_null(strstr(strstr(text, "\nopen\t") + 1, "\nopen\t"));
	assert_non_null(strstr(text, "\nset_robust_list\t"));
	assert_null(strstr(text, "\nNA\t"));
	out = open_text();
	assert_int_equal(cli_complete(out, "fields"), 0);
	fclose(out);
	assert_memory_equal(text, "evt.num\t", 8);
	out = open_text();
	assert_int_equal(cli_complete(out, "options"), 0);
	fclose(out);
	assert_non_null(strstr(text, "\n-r\tFILE\t"));
	assert_non_null(strstr(text, "\n--json\t\t"));
	assert_null(strstr(text, "\n--complete"));
	out = open_text();
	assert_int_equal(cli_complete(out, "nothing"), -1);
	fclose(out);
}

static void count(struct cli_summary *s, unsigned code, unsigned syscall, unsigned times)
{
	struct ph_event ev = { .type = (uint16_t)code, .info = ph_event_info(code), .syscall = (uint16_t)syscall };

	while (times--)
		cli_summary_count(s, &ev);
}

static void the_summary_is_by_count_and_then_by_code(void **state)
{
	struct cli_summary *s = cli_summary_new();
	FILE *out = open_text();

	(void)state;
	count(s, PH_EV_SYSCALL_READ_X, PH_SC_read, 12);
	count(s, PH_EV_SYSCALL_OPEN_X, PH_SC_open, 2);
	count(s, PH_EV_SYSCALL_CLOSE_X, PH_SC_close, 2);
	count(s, PH_EV_GENERIC_E, PH_SC_set_robust_list, 2);
	count(s, PH_EV_GENERIC_X, PH_SC_set_robust_list, 3);
	cli_summary_print(s, out);
	fclose(out);
	assert_string_equal(text, "----------------------\n"
				  "Event           #Calls\n"
				  "----------------------\n"
				  "< read            12\n"
				  "< set_robust_list 3\n"
				  "< open            2\n"
				  "< close           2\n"
				  "> set_robust_list 2\n");
	cli_summary_free(s);
}

/* Standard output of a test is no terminal. */
static void colours_are_for_terminals_or_on_request(void **state)
{
	struct cli_options o = { .color = CLI_COLOR_AUTO };
	int out = dup(STDOUT_FILENO), null = open("/dev/null", O_WRONLY);

	(void)state;
	dup2(null, STDOUT_FILENO);
	setenv("TERM", "xterm", 1);
	unsetenv("NO_COLOR");
	assert_false(cli_colored(&o));
	o.color = CLI_COLOR_ALWAYS;
	assert_true(cli_colored(&o));
	setenv("NO_COLOR", "1", 1);
	assert_true(cli_colored(&o));
	o.json = true;
	assert_false(cli_colored(&o));
	o.json = false;
	o.format = "%evt.num";
	assert_false(cli_colored(&o));
	dup2(out, STDOUT_FILENO);
	close(out);
	close(null);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_are_wrapped_and_classes_have_their_head),
		cmocka_unit_test(every_field_is_a_row_of_the_markdown),
		cmocka_unit_test(the_documented_fields_are_those_there_are),
		cmocka_unit_test(shells_are_told_each_word_once),
		cmocka_unit_test(the_summary_is_by_count_and_then_by_code),
		cmocka_unit_test(colours_are_for_terminals_or_on_request),
	};

	return cmocka_run_group_tests(tests, NULL, free_text);
}
