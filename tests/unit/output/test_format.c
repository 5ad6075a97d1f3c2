/* SPDX-License-Identifier: Apache-2.0 */
/* Formats: what is read as a field, widths, missing values, errors; and the writer. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>
#include "tests/unit/support/scene.h"

static void text_and_fields(void **state)
{
	struct scene *sc = *state;

	scene_read(sc, 3, 5, "hello", 5);
	assert_string_equal(scene_text(sc, "%proc.name"), "curl");
	assert_string_equal(scene_text(sc, "<%proc.name/%evt.type>"), "<curl/read>");
	assert_string_equal(scene_text(sc, "a\\tb\\nc\\\\d\\ee\\qf"), "a\tb\nc\\d\033e\\qf");
	assert_string_equal(scene_text(sc, "no field"), "no field");
	assert_string_equal(scene_text(sc, "*"), "");
	assert_string_equal(scene_text(sc, "%evt.num%evt.num"), "11");
	assert_string_equal(scene_text(sc, "%proc.name.%proc.pid-"), "curl.200-");
	assert_string_equal(scene_text(sc, "%proc.aname[1] %proc.aname[2]"), "bash systemd");
	assert_string_equal(scene_text(sc, "%evt.arg.res|%evt.arg[1]"), "5|hello");
	assert_string_equal(scene_text(sc, "%evt.typex"), "readx");
	assert_string_equal(scene_text(sc, "%toupper(proc.name)!"), "CURL!");
}

static void widths_pad_and_cut(void **state)
{
	struct scene *sc = *state;

	scene_read(sc, 3, 5, "hello", 5);
	assert_string_equal(scene_text(sc, "[%6proc.name]"), "[curl  ]");
	assert_string_equal(scene_text(sc, "[%2proc.name]"), "[cu]");
	assert_string_equal(scene_text(sc, "[%4proc.name]"), "[curl]");
	assert_string_equal(scene_text(sc, "*[%6fd.cip]"), "[<NA>  ]");
	assert_string_equal(scene_text(sc, "[%5proc.pid]"), "[200  ]");
}

static void missing_fields_drop_the_line_unless_a_star_keeps_it(void **state)
{
	struct scene *sc = *state;

	scene_read(sc, 3, 5, "hello", 5);
	assert_string_equal(scene_text(sc, "%proc.name %fd.cip"), "(dropped)");
	assert_string_equal(scene_text(sc, "*%proc.name %fd.cip"), "curl <NA>");
}

static void errors(void **state)
{
	struct scene *sc = *state;

	assert_string_equal(scene_text(sc, ""), "error at 0: empty formatting token");
	assert_string_equal(scene_text(sc, "abc%"),
			    "error at 3: invalid formatting syntax: formatting cannot end with a %");
	assert_string_equal(scene_text(sc, "abc%12"),
			    "error at 3: invalid formatting syntax: formatting cannot end with a number");
	assert_string_equal(scene_text(sc, "%proc.nam"),
			    "error at 1: invalid formatting token: unknown field 'proc.nam'; did you mean proc.name?");
	assert_string_equal(scene_text(sc, "100%%"), "error at 4: invalid formatting token: unknown field ''");
	assert_string_equal(scene_text(sc, "%evt.arg.nosuch"),
			    "error at 1: unknown event argument 'nosuch'; porthole -L lists all");
	assert_string_equal(scene_text(sc, "%fd.ip"),
			    "error at 1: fd.ip has more than one value and is for filters only");
	assert_string_equal(scene_text(sc, "%proc.aname"),
			    "error at 1: proc.aname has more than one value; in a format say which: proc.aname[1]");
	assert_string_equal(scene_text(sc, "%99999999999999proc.name"),
			    "error at 0: a field can be at most 65535 characters wide");
}

static void the_usual_lines(void **state)
{
	struct scene *sc = *state;

	scene_read(sc, 3, 5, "he\nlo", 5);
	assert_string_equal(scene_text(sc, ph_format_default(&(struct ph_format_style){ 0 })),
			    "1 00:44:29.900617765 1 curl (200) < read res=5 data=he.lo fd=3(<f>/etc/passwd) size=512 ");
	assert_string_equal(
		scene_text(sc, ph_format_default(&(struct ph_format_style){ .names = PH_NAMES_CONTAINER })),
		"1 00:44:29.900617765 1 host (host) curl (200:200) < read res=5 data=he.lo fd=3(<f>/etc/passwd) size=512 ");
	assert_string_equal(
		scene_text(sc, ph_format_default(&(struct ph_format_style){ .color = true })),
		"1 00:44:29.900617765 1 \033[01;32mcurl\033[00m (\033[01;36m200\033[00m.200) < \033[01;34mread\033[00m "
		"res=5 data=he.lo fd=3(<f>/etc/passwd) size=512 ");
}

static void output_times(void **state)
{
	struct scene *sc = *state;

	scene_read(sc, 3, 5, "x", 1);
	ph_field_ctx_shown(&sc->ctx);
	scene_open(sc, 9, "y", 1);
	sc->ev.ts += 7000006971;
	sc->ctx.opts.time_mode = 'a';
	assert_string_equal(scene_text(sc, "%evt.outputtime"), "1506127476.900624736");
	sc->ctx.opts.time_mode = 'r';
	assert_string_equal(scene_text(sc, "%evt.outputtime"), "7.000006971");
	sc->ctx.opts.time_mode = 'd';
	assert_string_equal(scene_text(sc, "%evt.outputtime"), "0.001210000");
	sc->ctx.opts.time_mode = 'D';
	assert_string_equal(scene_text(sc, "%evt.outputtime"), "7.000006971");
	sc->ctx.opts.time_mode = 'a';
	sc->ev.ts = 1506127470000000017;
	assert_string_equal(scene_text(sc, "%evt.outputtime"), "1506127470.000000017");
}

static void only_asked_for_latency_needs_the_enter_time(void **state)
{
	struct ph_format *f;
	struct ph_parse_error err;

	(void)state;
	assert_int_equal(ph_format_compile(&f, "%evt.outputtime", &err), 0);
	assert_int_equal(ph_format_needs(f, 'h'), 0);
	assert_int_equal(ph_format_needs(f, 'd'), PH_NEED_ENTER_TIME);
	ph_format_free(f);
	assert_int_equal(ph_format_compile(&f, "%toupper(evt.latency.human)", &err), 0);
	assert_int_equal(ph_format_needs(f, 'h'), PH_NEED_ENTER_TIME);
	ph_format_free(f);
}

/* --- the writer ------------------------------------------------------------------------------------------------------- */

static void put_line(struct ph_writer *w, const char *text)
{
	struct ph_text t = ph_writer_open(w);

	ph_text_str(&t, text);
	ph_writer_close(w, &t);
}

static size_t readable(int fd, char *buf, size_t size)
{
	ssize_t n;

	fcntl(fd, F_SETFL, O_NONBLOCK);
	n = read(fd, buf, size);
	return n > 0 ? (size_t)n : 0;
}

static void lines_wait_for_a_full_block_unless_written_line_by_line(void **state)
{
	static char buf[2 * PH_WRITER_BLOCK];
	struct ph_writer w;
	int p[2];

	(void)state;
	assert_int_equal(pipe(p), 0);
	fcntl(p[1], F_SETPIPE_SZ, 1 << 20);
	assert_int_equal(ph_writer_init(&w, p[1], false), 0);
	put_line(&w, "one");
	assert_int_equal(readable(p[0], buf, sizeof buf), 0);
	for (unsigned i = 0; i < PH_WRITER_BLOCK / 4; i++)
		put_line(&w, "two");
	assert_true(readable(p[0], buf, sizeof buf) >= PH_WRITER_BLOCK);
	assert_memory_equal(buf, "one\ntwo\n", 8);
	ph_writer_fini(&w);
	readable(p[0], buf, sizeof buf);
	assert_int_equal(ph_writer_init(&w, p[1], true), 0);
	put_line(&w, "three");
	assert_int_equal(readable(p[0], buf, sizeof buf), 6);
	ph_writer_fini(&w);
	close(p[0]);
	close(p[1]);
}

static void the_first_write_error_sticks(void **state)
{
	struct ph_writer w;
	int p[2], full = open("/dev/full", O_WRONLY);

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(pipe(p), 0);
	close(p[0]);
	assert_int_equal(ph_writer_init(&w, p[1], true), 0);
	put_line(&w, "x");
	assert_int_equal(w.error, EPIPE);
	ph_writer_fini(&w);
	assert_int_equal(ph_writer_init(&w, full, true), 0);
	put_line(&w, "x");
	assert_int_equal(w.error, ENOSPC);
	assert_int_equal(ph_writer_flush(&w), -ENOSPC);
	ph_writer_fini(&w);
	close(p[1]);
	close(full);
}

static void in_a_hurry_a_reader_that_does_not_read_is_not_waited_for(void **state)
{
	static volatile sig_atomic_t hurry = 1;
	static char all[4 * PH_WRITER_BLOCK];
	struct ph_writer w;
	size_t got;
	int p[2];

	(void)state;
	assert_int_equal(pipe(p), 0);
	fcntl(p[1], F_SETPIPE_SZ, PH_WRITER_BLOCK);
	assert_int_equal(ph_writer_init(&w, p[1], false), 0);
	w.hurry = &hurry;
	/* what the pipe has room for arrives, then the writer gives up */
	for (unsigned i = 0; i < 3 * PH_WRITER_BLOCK / 4 && !w.error; i++)
		put_line(&w, "two");
	assert_int_equal(w.error, ETIMEDOUT);
	got = readable(p[0], all, sizeof all);
	assert_true(got > 0 && got <= PH_WRITER_BLOCK);
	ph_writer_fini(&w);
	close(p[0]);
	close(p[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scene_test(text_and_fields),
		scene_test(widths_pad_and_cut),
		scene_test(missing_fields_drop_the_line_unless_a_star_keeps_it),
		scene_test(errors),
		scene_test(the_usual_lines),
		scene_test(output_times),
		cmocka_unit_test(only_asked_for_latency_needs_the_enter_time),
		cmocka_unit_test(lines_wait_for_a_full_block_unless_written_line_by_line),
		cmocka_unit_test(the_first_write_error_sticks),
		cmocka_unit_test(in_a_hurry_a_reader_that_does_not_read_is_not_waited_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
