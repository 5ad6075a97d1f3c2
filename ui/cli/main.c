/* SPDX-License-Identifier: Apache-2.0 */
/* porthole: system calls of this host, with the container of each, on the command line. */
#include <stdio.h>
#include "collector/output/output.h"
#include "ui/cli/cli.h"

int main(int argc, char **argv)
{
	struct cli_options o;
	int status = 0;

	if (cli_options_parse(&o, argc, argv, stderr) != 0)
		return 1;
	switch (o.action) {
	case CLI_HELP:
		cli_help(stdout);
		break;
	case CLI_VERSION:
		puts("porthole version " PORTHOLE_VERSION);
		break;
	case CLI_FIELDS:
		cli_list_fields(stdout, o.verbose);
		break;
	case CLI_EVENTS:
		cli_list_events(stdout);
		break;
	case CLI_PRINT_FORMAT:
		puts(ph_format_default(&(struct ph_format_style){ .container = o.container }));
		break;
	case CLI_RUN:
		status = cli_run(&o);
		break;
	}
	cli_options_free(&o);
	return status;
}
