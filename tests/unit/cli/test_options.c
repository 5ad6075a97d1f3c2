/* SPDX-License-Identifier: Apache-2.0 */
/* The command line: what is taken, what is refused and in which words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "ui/cli/cli.h"

static char said[1000];

static int parse(struct cli_options *o, const char *line)
{
	static char copy[1000];
	static char *argv[64];
	int argc = 0, rc;
	FILE *errors = fmemopen(said, sizeof said, "w");

	memset(said, 0, sizeof said);
	snprintf(copy, sizeof copy, "porthole|%s", line);
	for (char *p = copy, *next; p; p = next) {
		next = strchr(p, '|');
		if (next)
			*next++ = '\0';
		argv[argc++] = p;
	}
	argv[argc] = NULL;
	rc = cli_options_parse(o, argc, argv, errors);
	fclose(errors);
	return rc;
}

static void values_reach_their_place(void **state)
{
	struct cli_options o;

	(void)state;
	assert_int_equal(
		parse(&o,
		      "-n|5|-M|7|-s|400|-t|a|-q|-v|-D|-E|-S|-U|bash|-U|sh|--ring-size|16|--unbuffered|-X|evt.type=open|and|x=y"),
		0);
	assert_int_equal(o.count, 5);
	assert_int_equal(o.seconds, 7);
	assert_int_equal(o.snaplen, 400);
	assert_int_equal(o.time_mode, 'a');
	assert_int_equal(o.ring_mb, 16);
	assert_int_equal(o.buffers, PH_BUF_HEXASCII);
	assert_true(o.quiet && o.verbose && o.debug && o.no_users && o.summary && o.unbuffered);
	assert_string_equal(o.suppress[1], "sh");
	assert_string_equal(o.filter, "evt.type=open and x=y");
	cli_options_free(&o);
}

static void the_filter_may_stand_among_the_options(void **state)
{
	struct cli_options o;

	(void)state;
	assert_int_equal(parse(&o, "evt.type=open|-n|1|-p|%evt.type"), 0);
	assert_string_equal(o.filter, "evt.type=open");
	assert_string_equal(o.format, "%evt.type");
	assert_int_equal(o.count, 1);
	cli_options_free(&o);
	assert_int_equal(parse(&o, "-q|"), 0);
	assert_null(o.filter);
}

static void letters_and_specials_may_be_glued(void **state)
{
	struct cli_options o;

	(void)state;
	assert_int_equal(parse(&o, "-pc|-qSn3"), 0);
	assert_true(o.container && o.quiet && o.summary);
	assert_int_equal(o.count, 3);
	assert_int_equal(parse(&o, "-pcontainer"), 0);
	assert_true(o.container);
	assert_int_equal(o.names, PH_NAMES_CONTAINER);
	assert_null(o.format);
	assert_int_equal(parse(&o, "-pkubernetes|-pp"), 0);
	assert_true(o.container && o.names == PH_NAMES_K8S && o.action == CLI_PRINT_FORMAT);
	assert_int_equal(parse(&o, "-j|--color|always"), 0);
	assert_true(o.json && o.color == CLI_COLOR_ALWAYS);
	assert_int_equal(parse(&o, "-lv"), 0);
	assert_true(o.action == CLI_FIELDS && o.verbose);
	assert_int_equal(parse(&o, "-pp"), 0);
	assert_true(o.action == CLI_PRINT_FORMAT);
	assert_int_equal(parse(&o, "--version"), 0);
	assert_true(o.action == CLI_VERSION);
}

static void wrong_ones_are_refused_in_one_line(void **state)
{
	static const struct {
		const char *line, *error;
	} rows[] = {
		{ "-n|0", "porthole: -n: invalid event count 0; give at least 1\n" },
		{ "-n|x", "porthole: -n: can't parse 'x', make sure it's a number\n" },
		{ "-n|-5", "porthole: -n: can't parse '-5', make sure it's a number\n" },
		{ "-n", "porthole: -n: a value is missing; porthole -h lists the options\n" },
		{ "-s|70000", "porthole: -s: 70000 is out of range; give a number from 1 to 65000\n" },
		{ "-U|a_name_too_long_for_a_comm",
		  "porthole: -U: 'a_name_too_long_for_a_comm' is no process name; one has 1 to 15 characters\n" },
		{ "--ring-size|0", "porthole: --ring-size: 0 is out of range; give a number from 1 to 1024\n" },
		{ "-t|q", "porthole: -t: invalid modifier 'q'; it is one of h, a, r, d and D\n" },
		{ "-x|-X",
		  "porthole: -X: you cannot specify more than one output format; choose one of -A, -b, -x and -X\n" },
		{ "-Z", "porthole: -Z: no such option; porthole -h lists them\n" },
		{ "--nonsense", "porthole: --nonsense: no such option; porthole -h lists them\n" },
		{ "--color|red", "porthole: --color: 'red' is none of auto, always and never\n" },
		{ "--macro|a", "porthole: --macro: a macro is written as name=filter\n" },
		{ "--macro|a=", "porthole: --macro: the macro 'a' is empty\n" },
		{ "--macro|1a=evt.num=1",
		  "porthole: --macro: '1a' is no name for a macro; one has letters, digits and _\n" },
		{ "--macro|and=evt.num=1",
		  "porthole: --macro: 'and' is a word of the filter language and no name for a macro\n" },
		{ "--macros|/nowhere/at/all", "porthole: --macros: /nowhere/at/all: No such file or directory\n" },
		{ "-P", "porthole: -P cannot be used with live captures\n" },
	};
	struct cli_options o;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		assert_int_equal(parse(&o, rows[i].line), -1);
		assert_string_equal(said, rows[i].error);
	}
}

static void help_shows_every_option_that_works(void **state)
{
	static const char *const shown[] = { "-p, --print FORMAT", "-n, --numevents N", "--ring-size MB",
					     "-M SECONDS",	   "-h, --help",	"-r, --readfile FILE",
					     "-j, --json",	   "--color WHEN",	"--macro NAME=FILTER" };
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	(void)state;
	cli_help(out);
	fclose(out);
	for (size_t i = 0; i < sizeof shown / sizeof shown[0]; i++)
		assert_non_null(strstr(text, shown[i]));
	assert_null(strstr(text, "--complete"));
	free(text);
}

static void listings(void **state)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	(void)state;
	cli_list_fields(out, true);
	cli_list_events(out);
	fclose(out);
	assert_non_null(strstr(text, "\nproc.name                     (Type: CHARBUF) "));
	assert_null(strstr(text, "\nevt.outputtime"));
	assert_non_null(
		strstr(text, "\n< open(FD fd, FSPATH name, FLAGS32 flags, UINT32 mode, UINT32 dev, UINT64 ino)\n"));
	assert_non_null(strstr(text, "\n> cgroup_mkdir(UINT64 id, UINT32 level, FSPATH path)\n"));
	assert_null(strstr(text, "gap("));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_reach_their_place),
		cmocka_unit_test(the_filter_may_stand_among_the_options),
		cmocka_unit_test(letters_and_specials_may_be_glued),
		cmocka_unit_test(wrong_ones_are_refused_in_one_line),
		cmocka_unit_test(help_shows_every_option_that_works),
		cmocka_unit_test(listings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
