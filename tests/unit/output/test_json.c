/* SPDX-License-Identifier: Apache-2.0 */
/* JSON lines: the types of values, missing ones, order and names of members, and that nothing breaks them. */
#include <jansson.h>
#include "tests/unit/support/scene.h"

static const char *json_text(struct scene *sc, const char *format)
{
	static char big[PH_SCRATCH_SIZE + 1];
	struct ph_format *f;
	struct ph_parse_error err;
	struct ph_text t = { .buf = big, .cap = PH_SCRATCH_SIZE };

	assert_int_equal(ph_format_compile(&f, format, &err), 0);
	if (!ph_format_json_line(f, &sc->ctx, &t))
		ph_text_str(&t, "(dropped)");
	big[t.len] = '\0';
	ph_format_free(f);
	return big;
}

static void members_are_sorted_and_of_their_types(void **state)
{
	struct scene *sc = *state;

	scene_read(sc, 3, 5, "hello", 5);
	assert_string_equal(
		json_text(sc, ph_format_default(&(struct ph_format_style){ 0 })),
		"{\"evt.cpu\":1,\"evt.dir\":\"<\",\"evt.info\":\"res=5 data=hello fd=3(<f>/etc/passwd) size=512 \","
		"\"evt.num\":1,\"evt.outputtime\":1506127469900617765,\"evt.type\":\"read\",\"proc.name\":\"curl\","
		"\"thread.tid\":200}");
	assert_string_equal(json_text(sc, "x%evt.is_io y %evt.failed\\n%evt.rawres %20evt.buflen"),
			    "{\"evt.buflen\":5,\"evt.failed\":false,\"evt.is_io\":true,\"evt.rawres\":5}");
	assert_string_equal(json_text(sc, "%thread.tid %proc.name %thread.tid"),
			    "{\"proc.name\":\"curl\",\"thread.tid\":200}");
}

static void times_of_day_are_nanoseconds_since_the_epoch(void **state)
{
	struct scene *sc = *state;

	scene_read(sc, 3, 5, "hello", 5);
	sc->ctx.opts.time_mode = 'd';
	assert_string_equal(json_text(sc, "%evt.time %evt.time.s %evt.datetime %evt.outputtime %evt.time.iso8601"),
			    "{\"evt.datetime\":1506127469900617765,\"evt.outputtime\":1506127469900617765,"
			    "\"evt.time\":1506127469900617765,\"evt.time.iso8601\":1506127469900617765,"
			    "\"evt.time.s\":1506127469900617765}");
	sc->ev.ts = 7000000042;
	assert_string_equal(json_text(sc, "%evt.rawtime.ns"), "{\"evt.rawtime.ns\":42}");
}

static void names_are_as_the_format_has_them(void **state)
{
	struct scene *sc = *state;

	scene_read(sc, 3, 5, "hello", 5);
	assert_string_equal(json_text(sc, "%toupper(proc.name) %proc.aname[1] %evt.arg.res"),
			    "{\"evt.arg.res\":\"5\",\"proc.aname[1]\":\"bash\",\"toupper(proc.name)\":\"CURL\"}");
	assert_string_equal(json_text(sc, "%join(\"-\", proc.name, proc.name)"),
			    "{\"join(\\\"-\\\", proc.name, proc.name)\":\"curl-curl\"}");
}

static void missing_values_are_null_or_drop_the_line(void **state)
{
	struct scene *sc = *state;

	scene_read(sc, 3, 5, "hello", 5);
	assert_string_equal(json_text(sc, "*%fd.cip %evt.num"), "{\"evt.num\":1,\"fd.cip\":null}");
	assert_string_equal(json_text(sc, "%fd.cip %evt.num"), "(dropped)");
	assert_string_equal(json_text(sc, "no field"), "{}");
}

static void addresses_are_strings(void **state)
{
	struct scene *sc = *state;

	scene_read(sc, 4, 5, "hello", 5);
	assert_string_equal(json_text(sc, "%fd.rip %fd.rport"), "{\"fd.rip\":\"192.168.0.2\",\"fd.rport\":80}");
}

static void data_is_in_the_form_that_was_asked_for(void **state)
{
	struct scene *sc = *state;

	scene_read(sc, 3, 4, "a\"\n\x01", 4);
	assert_string_equal(json_text(sc, "%evt.buffer"), "{\"evt.buffer\":\"a\\\"..\"}");
	sc->ctx.opts.buffers = PH_BUF_ASCII;
	assert_string_equal(json_text(sc, "%evt.buffer"), "{\"evt.buffer\":\"\\na\\\"\\n\"}");
	sc->ctx.opts.buffers = PH_BUF_BASE64;
	assert_string_equal(json_text(sc, "%evt.buffer"), "{\"evt.buffer\":\"YSIKAQ==\"}");
	sc->ctx.opts.buffers = PH_BUF_HEX;
	assert_string_equal(json_text(sc, "%evt.buffer"), "{\"evt.buffer\":\"\\n\\t0x0000: 6122 0a01\\n\"}");
}

/* fd.name is the name as the process gave it. */
static void strings_are_escaped_and_always_utf8(void **state)
{
	static const struct {
		const char *name, *ascii, *utf8;
	} rows[] = {
		{ "/a\\b\"\t\x1b\x7f", "/a\\\\b\\\"\\t\\u001b\\u007f", "/a\\\\b\\\"\\t\\u001b\\u007f" },
		{ "/gr\xc3\xbc\xc3\x9f", "/gr\\u00fc\\u00df", "/gr\xc3\xbc\xc3\x9f" },
		{ "/\xf0\x9f\x90\xb3", "/\\ud83d\\udc33", "/\xf0\x9f\x90\xb3" },
		{ "/\xff.\xc0\xaf.\xed\xa0\x80", "/\\ufffd.\\ufffd\\ufffd.\\ufffd\\ufffd\\ufffd",
		  "/\\ufffd.\\ufffd\\ufffd.\\ufffd\\ufffd\\ufffd" },
		{ "/\xe2\x80\xae\xc2\x85\xe2\x80\xa8", "/\\u202e\\u0085\\u2028", "/\\u202e\\u0085\\u2028" },
	};
	struct scene *sc = *state;
	char want[200];

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		scene_open(sc, 9, rows[i].name, 1);
		sc->ctx.opts.utf8 = false;
		snprintf(want, sizeof want, "{\"fd.name\":\"%s\"}", rows[i].ascii);
		assert_string_equal(json_text(sc, "%fd.name"), want);
		sc->ctx.opts.utf8 = true;
		snprintf(want, sizeof want, "{\"fd.name\":\"%s\"}", rows[i].utf8);
		assert_string_equal(json_text(sc, "%fd.name"), want);
	}
}

/* A line that is longer than it may be still ends as JSON does. */
static void what_is_too_long_is_cut_inside_its_string(void **state)
{
	static char data[60000];
	struct scene *sc = *state;
	const char *text;
	json_error_t err;
	json_t *j;

	memset(data, '\n', sizeof data);
	scene_read(sc, 3, sizeof data, data, sizeof data);
	sc->ctx.opts.buffers = PH_BUF_HEXASCII;
	sc->ctx.opts.whole_buffers = true;
	text = json_text(sc, "%evt.buffer %evt.args %evt.rawarg.data %toupper(evt.args) %proc.name");
	j = json_loads(text, 0, &err);
	assert_non_null(j);
	assert_string_equal(json_string_value(json_object_get(j, "proc.name")), "curl");
	assert_int_equal(json_object_size(j), 5);
	assert_true(strlen(text) > PH_SCRATCH_SIZE / 2);
	json_decref(j);
}

static void a_line_that_has_no_room_at_all_is_dropped(void **state)
{
	struct scene *sc = *state;
	struct ph_format *f;
	struct ph_parse_error err;
	char buf[150];
	struct ph_text t = { .buf = buf, .cap = 50 };

	scene_read(sc, 3, 5, "hello", 5);
	assert_int_equal(ph_format_compile(&f, "%proc.name", &err), 0);
	assert_false(ph_format_json_line(f, &sc->ctx, &t));
	assert_int_equal(t.len, 0);
	t.cap = sizeof buf;
	assert_true(ph_format_json_line(f, &sc->ctx, &t));
	assert_memory_equal(buf, "{\"proc.name\":\"curl\"}", 20);
	ph_format_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scene_test(members_are_sorted_and_of_their_types),
		scene_test(times_of_day_are_nanoseconds_since_the_epoch),
		scene_test(names_are_as_the_format_has_them),
		scene_test(missing_values_are_null_or_drop_the_line),
		scene_test(addresses_are_strings),
		scene_test(data_is_in_the_form_that_was_asked_for),
		scene_test(strings_are_escaped_and_always_utf8),
		scene_test(what_is_too_long_is_cut_inside_its_string),
		scene_test(a_line_that_has_no_room_at_all_is_dropped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
