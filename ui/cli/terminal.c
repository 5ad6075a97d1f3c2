/* SPDX-License-Identifier: Apache-2.0 */
/* What the reader of the output can take: colours, UTF-8. Asked once, at the start. */
#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "ui/cli/cli.h"

bool cli_colored(const struct cli_options *o)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	if (o->json || o->format || o->color == CLI_COLOR_NEVER)
		return false;
	if (o->color == CLI_COLOR_ALWAYS)
		return true;
	return isatty(STDOUT_FILENO) && !(no && *no) && !(term && strcmp(term, "dumb") == 0);
}

bool cli_utf8(void)
{
	return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}
