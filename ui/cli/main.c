/* SPDX-License-Identifier: Apache-2.0 */
/* porthole: system calls of this host, with the container of each, on the command line. */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "collector/output/output.h"
#include "ui/cli/cli.h"

/*
 * Descriptors 0 to 2 must be taken, or what is opened next becomes standard output. Returns true when standard output was
 * closed.
 */
static bool fill_standard_fds(void)
{
	bool closed = false;

	for (int fd = 0; fd <= 2; fd++) {
		if (fcntl(fd, F_GETFD) >= 0)
			continue;
		closed |= fd == STDOUT_FILENO;
		if (open("/dev/null", O_RDWR) != fd)
			_exit(1);
	}
	return closed;
}

/* What goes to standard error may quote what others wrote: nothing in it may drive a terminal. */
static ssize_t write_harmless(void *cookie, const char *buf, size_t size)
{
	char out[512];
	size_t n = size < sizeof out ? size : sizeof out;

	(void)cookie;
	for (size_t i = 0; i < n; i++)
		out[i] =
			(char)((unsigned char)buf[i] < ' ' && buf[i] != '\n' && buf[i] != '\r' && buf[i] != '\t' ? '.' :
			       (unsigned char)buf[i] >= 0x7f							 ? '.' :
							       buf[i]);
	return write(STDERR_FILENO, out, n);
}

static int list(const struct cli_options *o)
{
	switch (o->action) {
	case CLI_HELP:
		cli_help(stdout);
		break;
	case CLI_VERSION:
		puts("porthole version " PORTHOLE_VERSION);
		break;
	case CLI_FIELDS:
		cli_list_fields(stdout, o->verbose);
		break;
	case CLI_FIELDS_MARKDOWN:
		cli_list_markdown(stdout);
		break;
	case CLI_COMPLETE:
		if (cli_complete(stdout, o->complete) != 0)
			return 1;
		break;
	case CLI_EVENTS:
		cli_list_events(stdout);
		break;
	case CLI_PRINT_FORMAT:
		puts(ph_format_default(&(struct ph_format_style){ .names = o->names, .color = cli_colored(o) }));
		break;
	case CLI_FILE_INFO:
		if (cli_file_info(o) != 0)
			return 1;
		break;
	case CLI_RUN:
		break;
	}
	if (fflush(stdout) == 0 && !ferror(stdout))
		return 0;
	fprintf(stderr, "porthole: cannot write the output: %s\n", strerror(errno));
	return 1;
}

int main(int argc, char **argv)
{
	bool no_output = fill_standard_fds();
	FILE *harmless = fopencookie(NULL, "w", (cookie_io_functions_t){ .write = write_harmless });
	struct cli_options o;
	int status;

	setlocale(LC_CTYPE, "");
	if (harmless) {
		setvbuf(harmless, NULL, _IOLBF, 512);
		stderr = harmless;
	}
	if (cli_options_parse(&o, argc, argv, stderr) != 0)
		return 1;
	if (no_output && !(o.action == CLI_RUN && (o.quiet || (o.write && strcmp(o.write, "-") != 0)))) {
		fputs("porthole: standard output is closed; give it a file, a pipe or a terminal, or -q\n", stderr);
		status = 1;
	} else {
		status = o.action == CLI_RUN ? cli_run(&o) : list(&o);
	}
	cli_options_free(&o);
	fflush(stderr);
	return status;
}
