/* SPDX-License-Identifier: Apache-2.0 */
/* --file-info: what a hostile file says of itself does not drive the terminal that it is shown on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "collector/trace/trace.h"
#include "tests/unit/support/scapbuild.h"
#include "tests/unit/support/tmpdir.h"
#include "ui/cli/cli.h"

static struct tmpdir dir;

static int setup(void **state)
{
	(void)state;
	return tmp_make(&dir);
}

static int teardown(void **state)
{
	(void)state;
	tmp_remove(&dir);
	return 0;
}

/* A file of a host and a writer with these names. */
static void write_file(const char *path, const char *host, const char *writer)
{
	struct ph_trace_machine m = { .ncpus = 2 };
	struct scapb b = { 0 };
	int fd = open(path, O_WRONLY | O_CREAT, 0600);

	strcpy(m.hostname, host);
	scapb_section(&b, 1, 2);
	scapb_machine(&b, &m);
	scapb_begin(&b, PH_BC_EXTRA);
	scapb_entry(&b);
	scapb_num(&b, 1, PH_EXTRA_WRITER);
	scapb_bytes(&b, writer, strlen(writer));
	scapb_entry_end(&b, 4);
	scapb_end(&b);
	assert_int_equal(write(fd, b.data, b.len), (ssize_t)b.len);
	close(fd);
	scapb_fini(&b);
}

/* What is printed, in a buffer of its own. */
static char *file_info(const char *path, size_t *len)
{
	struct cli_options o = { .files = { path }, .nfiles = 1 };
	char *text = NULL;
	FILE *was = stdout;

	stdout = open_memstream(&text, len);
	cli_file_info(&o);
	fclose(stdout);
	stdout = was;
	return text;
}

static void names_in_the_file_cannot_drive_a_terminal(void **state)
{
	static char path[sizeof dir.file];
	size_t len;
	char *text;

	(void)state;
	write_file(strcpy(path, tmp_path(&dir, "t.scap")), "ho\033]0;st\007", "w\033[31m\nevents:      7");
	text = file_info(path, &len);
	assert_non_null(strstr(text, "\nmachine:     ho.]0;st., 2 CPUs\n"));
	assert_non_null(strstr(text, "\nwriter:      w.[31m.events:      7\n"));
	for (size_t i = 0; i < len; i++)
		assert_true(text[i] == '\n' || (text[i] >= ' ' && text[i] <= '~'));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(names_in_the_file_cannot_drive_a_terminal, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
