/* SPDX-License-Identifier: Apache-2.0 */
/* The grammar of filters: precedence, forms of older tools that are taken, and errors with their place. */
#include "tests/unit/support/scene.h"

static void and_binds_tighter_than_or(void **state)
{
	struct scene *sc = *state;

	scene_read(sc, 3, 5, "hello", 5);
	assert_passes(sc, "evt.type=read or evt.type=open and evt.type=close");
	assert_rejected(sc, "(evt.type=read or evt.type=open) and evt.type=close");
	assert_passes(sc, "proc.name=curl or proc.name=x and proc.name=y");
	assert_rejected(sc, "(proc.name=curl or proc.name=x) and proc.name=y");
	assert_passes(sc, "proc.name=x and proc.name=y or proc.name=curl");
}

static void each_not_toggles(void **state)
{
	struct scene *sc = *state;

	scene_read(sc, 3, 5, "hello", 5);
	assert_rejected(sc, "not evt.type=read");
	assert_passes(sc, "not not evt.type=read");
	assert_rejected(sc, "not not not evt.type=read");
	assert_passes(sc, "not (not proc.name=curl)");
	assert_passes(sc, "not (proc.name=curl and evt.type=open)");
	assert_passes(sc, "not (proc.name=x or evt.type=open)");
	assert_passes(sc, "proc.name=curl and not proc.name=x");
}

static void blanks_may_be_left_out_where_old_tools_allow_it(void **state)
{
	struct scene *sc = *state;

	scene_read(sc, 3, 5, "hello", 5);
	assert_passes(sc, "notevt.type=open");
	assert_passes(sc, "evt.type=read and(proc.name=curl)");
	assert_passes(sc, "(evt.type=read)and(proc.name=curl)");
	assert_passes(sc, "evt.type=open or(proc.name=curl)");
	assert_passes(sc, "evt.type  =  read");
	assert_passes(sc, "evt.type==read");
	assert_passes(sc, "evt.type in(read,open)");
	assert_passes(sc, "evt.type in ( read , open )");
	assert_passes(sc, "\t evt.type\n=\rread \n");
	assert_passes(sc, "evt.dir=<");
	assert_rejected(sc, "evt.dir=>");
	assert_passes(sc, "evt.dir != >");
	assert_passes(sc, "evt.rawres>4");
	assert_passes(sc, "evt.type contains'ea'");
}

static void values_may_be_quoted(void **state)
{
	struct scene *sc = *state;

	scene_read(sc, 3, 5, "a\"b'c\n", 6);
	assert_passes(sc, "proc.name=\"curl\"");
	assert_passes(sc, "proc.name='curl'");
	assert_passes(sc, "proc.name in ('a b', \"curl\")");
	assert_passes(sc, "evt.buffer contains '\"b'");
	assert_passes(sc, "evt.buffer contains 'b\\'c'");
	assert_passes(sc, "evt.buffer contains 'c\\n'");
	assert_passes(sc, "evt.buffer contains '\\x63\\x0a'");
	assert_rejected(sc, "proc.name=''");
	assert_passes(sc, "proc.name regex 'c\\w+'");
}

static void a_missing_value_fails_every_check(void **state)
{
	static const char *const checks[] = { "fd.name=x",
					      "fd.name!=x",
					      "fd.name<x",
					      "fd.name>=x",
					      "fd.name contains x",
					      "fd.name glob *",
					      "fd.name regex .*",
					      "fd.name in (x, y, z)",
					      "fd.name pmatch (/, /a, /b)",
					      "fd.name exists",
					      "fd.ip!=1.2.3.4",
					      "fd.num>=0",
					      "len(fd.name)>=0",
					      "fd.name = val(fd.name)" };
	struct scene *sc = *state;
	struct evb *b = evb_new(PH_EV_SYSCALL_GETUID_X, 200, SCENE_TS);

	evb_num(b, "uid", 0);
	scene_event(sc, b);
	for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++) {
		char negated[100];

		assert_rejected(sc, checks[i]);
		snprintf(negated, sizeof negated, "not %s", checks[i]);
		assert_passes(sc, negated);
	}
}

static void errors_say_where_and_what(void **state)
{
	static const struct {
		const char *filter, *error;
	} rows[] = {
		{ "", "0: filter input string is empty" },
		{ "  ", "0: filter input string is empty" },
		{ "proc.nam=foo", "0: unknown field 'proc.nam'; did you mean proc.name?" },
		{ "evt.type=open and prc.name=x", "18: unknown field 'prc.name'; did you mean proc.name?" },
		{ "foo", "0: unexpected identifier 'foo': expected a field, such as proc.name" },
		{ "evt.type=open garbage", "14: unexpected text, expected 'and' or 'or'" },
		{ "evt.type=open not evt.type=x", "14: unexpected text, expected 'and' or 'or'" },
		{ "evt.type=open and", "17: unexpected end of the filter, expected a field" },
		{ "(evt.type=open", "0: this parenthesis is not closed" },
		{ "evt.type=open)", "13: ')' without '('" },
		{ "evt.type", "8: unexpected end of the filter, expected an operator" },
		{ "evt.type=", "9: expected a value behind '='" },
		{ "evt.type contians x", "9: unknown operator 'contians'; did you mean contains?" },
		{ "evt.type in open", "12: expected '(' and a list of values behind 'in'" },
		{ "evt.type in (open", "17: expected ',' or ')' in the list of values" },
		{ "evt.type in (open,)", "18: expected a value behind 'in'" },
		{ "proc.name='x", "10: this quote is not closed" },
		{ "proc.name='\\x00'", "11: values cannot contain a NUL byte" },
		{ "evt.outputtime=x", "0: evt.outputtime can be printed only" },
		{ "evt.arg.nosuch=1", "0: unknown event argument 'nosuch'; porthole -L lists all" },
		{ "proc.aname[x]=a", "0: 'proc.aname[..]' wants a number" },
		{ "evt.arg=1", "0: 'evt.arg' wants .name or [number]" },
		{ "proc.pid contains 1", "9: 'contains' operator not supported for numeric filters" },
		{ "evt.failed > true", "11: '>' operator not supported for boolean filters" },
		{ "evt.buffer icontains x", "11: 'icontains' operator not supported for buffer filters" },
		{ "proc.name bcontains 00", "10: 'bcontains' operator not supported for string filters" },
		{ "fd.ip > 1.2.3.4", "6: fd.ip: IP filter only supports '=', '!=', 'in' and 'intersects'" },
		{ "proc.name = val(proc.pid)", "12: the two sides of '=' are of different types" },
		{ "proc.name = foo(x)", "12: 'foo' is no transformer; a value with parentheses must be quoted" },
		{ "toupper(proc.pid) = X", "8: toupper() works on text" },
		{ "proc.name regex '('",
		  "16: invalid regular expression: missing closing parenthesis at its character 2" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_string_equal(filter_error(rows[i].filter), rows[i].error);
}

static void a_caret_stands_under_the_place(void **state)
{
	static const char filter[] = "evt.type=open and\nproc.nam=x or evt.dir=<";
	struct ph_filter *f;
	struct ph_parse_error err;
	char buf[200];

	(void)state;
	assert_int_not_equal(ph_filter_compile(&f, filter, NULL, &err), 0);
	assert_null(f);
	ph_parse_error_text(&err, filter, buf, sizeof buf);
	assert_string_equal(buf, "unknown field 'proc.nam'; did you mean proc.name?\n  proc.nam=x or evt.dir=<\n  ^");
}

static void a_hundred_parentheses_are_the_limit(void **state)
{
	char filter[500];

	(void)state;
	for (int depth = 100; depth <= 101; depth++) {
		memset(filter, '(', (size_t)depth);
		strcpy(filter + depth, "evt.num=1");
		memset(filter + depth + 9, ')', (size_t)depth);
		filter[2 * depth + 9] = '\0';
		assert_string_equal(filter_error(filter),
				    depth == 100 ? "no error" : "100: exceeded max depth limit of 100");
	}
}

static void an_unknown_event_name_is_an_error(void **state)
{
	(void)state;
	assert_string_equal(filter_error("evt.type=opne"), "9: unknown event type 'opne'; did you mean open?");
	assert_string_equal(filter_error("evt.type in (open, nosuchevent)"),
			    "19: unknown event type 'nosuchevent'; porthole -L lists all");
	assert_string_equal(filter_error("evt.type!=opne"), "10: unknown event type 'opne'; did you mean open?");
	assert_string_equal(filter_error("evt.type in (open, set_robust_list) and evt.type startswith opne"),
			    "no error");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scene_test(and_binds_tighter_than_or),
		scene_test(each_not_toggles),
		scene_test(blanks_may_be_left_out_where_old_tools_allow_it),
		scene_test(values_may_be_quoted),
		scene_test(a_missing_value_fails_every_check),
		cmocka_unit_test(errors_say_where_and_what),
		cmocka_unit_test(a_caret_stands_under_the_place),
		cmocka_unit_test(a_hundred_parentheses_are_the_limit),
		cmocka_unit_test(an_unknown_event_name_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
