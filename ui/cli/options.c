/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command line. One table has all options: from its rows come what getopt is told, what is stored where, and the text of
 * -h. To add an option is to add a row.
 */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include "porthole/wire.h"
#include "ui/cli/cli.h"

struct option_row;
typedef int option_fn(struct cli_options *o, const struct option_row *row, const char *value, FILE *errors);

struct option_row {
	int letter; /* 0: long form only */
	const char *name; /* long form; NULL: none */
	const char *value; /* what its value is called in -h; NULL: it takes none */
	bool optional; /* the value may be left out */
	option_fn *set;
	size_t offset; /* of what set_flag and set_number store */
	uint64_t min, max; /* numbers */
	const char *text; /* for -h, NULL: not shown; for set_later what it would be */
};

static int set_flag(struct cli_options *o, const struct option_row *row, const char *value, FILE *errors)
{
	(void)value;
	(void)errors;
	*(bool *)((char *)o + row->offset) = true;
	return 0;
}

static const char *option_name(const struct option_row *row, char *buf, size_t size)
{
	if (row->letter)
		snprintf(buf, size, "-%c", row->letter);
	else
		snprintf(buf, size, "--%s", row->name);
	return buf;
}

static int set_path(struct cli_options *o, const struct option_row *row, const char *value, FILE *errors)
{
	if (value[0] != '/') {
		fprintf(errors, "porthole: --%s: '%s' is no absolute path\n", row->name, value);
		return -1;
	}
	*(const char **)((char *)o + row->offset) = value;
	return 0;
}

static int set_number(struct cli_options *o, const struct option_row *row, const char *value, FILE *errors)
{
	char name[40], *end;
	unsigned long long v;

	errno = 0;
	v = strtoull(value, &end, 10);
	option_name(row, name, sizeof name);
	if (*value < '0' || *value > '9' || *end || errno) {
		fprintf(errors, "porthole: %s: can't parse '%s', make sure it's a number\n", name, value);
		return -1;
	}
	if (row->letter == 'n' && v == 0) {
		fprintf(errors, "porthole: -n: invalid event count 0; give at least 1\n");
		return -1;
	}
	if (v < row->min || v > row->max) {
		fprintf(errors, "porthole: %s: %s is out of range; give a number from %llu to %llu\n", name, value,
			(unsigned long long)row->min, (unsigned long long)row->max);
		return -1;
	}
	*(uint64_t *)((char *)o + row->offset) = v;
	return 0;
}

static bool is_one_of(const char *s, const char *const *words)
{
	for (; *words; words++)
		if (strcmp(s, *words) == 0)
			return true;
	return false;
}

static bool is_field(const char *name)
{
	struct ph_field_ref ref;
	char why[160];
	size_t used;

	if (ph_field_parse(&ref, name, strlen(name), &used, why, sizeof why) != 0)
		return false;
	ph_field_ref_free(&ref);
	return true;
}

static int set_print(struct cli_options *o, const struct option_row *row, const char *value, FILE *errors)
{
	static const struct {
		const char *words[4];
		enum ph_format_names names;
		const char *field, *of;
	} kinds[] = {
		{ { "c", "container", "containers" }, PH_NAMES_CONTAINER, "container.name", "containers" },
		{ { "k", "kubernetes" }, PH_NAMES_K8S, "k8s.pod.name", "Kubernetes" },
		{ { "m", "mesos" }, PH_NAMES_MESOS, "mesos.task.name", "Mesos" },
	};

	(void)row;
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		if (!is_one_of(value, kinds[i].words))
			continue;
		if (!is_field(kinds[i].field)) {
			fprintf(errors,
				"porthole: -p%s: names of %s are not built into this version; -pc shows container names\n",
				value, kinds[i].of);
			return -1;
		}
		o->container = true;
		o->names = kinds[i].names;
		return 0;
	}
	if (strcmp(value, "p") == 0)
		o->action = CLI_PRINT_FORMAT;
	else
		o->format = value;
	return 0;
}

static int set_color(struct cli_options *o, const struct option_row *row, const char *value, FILE *errors)
{
	static const char *const words[] = {
		[CLI_COLOR_AUTO] = "auto", [CLI_COLOR_ALWAYS] = "always", [CLI_COLOR_NEVER] = "never"
	};

	(void)row;
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		if (strcmp(value, words[i]) != 0)
			continue;
		o->color = (enum cli_color)i;
		return 0;
	}
	fprintf(errors, "porthole: --color: '%s' is none of auto, always and never\n", value);
	return -1;
}

/* --macro, and --macros when the row says so. */
static int set_macro(struct cli_options *o, const struct option_row *row, const char *value, FILE *errors)
{
	char why[512] = "out of memory";
	int rc = -1;

	if (!o->macros)
		o->macros = ph_macros_new();
	if (o->macros)
		rc = row->min ? ph_macros_read(o->macros, value, why, sizeof why) :
				ph_macros_add(o->macros, value, strlen(value), why, sizeof why);
	if (rc == 0)
		return 0;
	fprintf(errors, "porthole: --%s: %s\n", row->name, why);
	return -1;
}

static int set_file(struct cli_options *o, const struct option_row *row, const char *value, FILE *errors)
{
	if (o->nfiles == CLI_MAX_FILES) {
		fprintf(errors, "porthole: more than %d files\n", CLI_MAX_FILES);
		return -1;
	}
	o->files[o->nfiles++] = value;
	if (row && row->min)
		o->action = (enum cli_action)row->min;
	return 0;
}

static int set_text(struct cli_options *o, const struct option_row *row, const char *value, FILE *errors)
{
	char name[40];

	if (!*value) {
		fprintf(errors, "porthole: %s: the value is empty\n", option_name(row, name, sizeof name));
		return -1;
	}
	*(const char **)((char *)o + row->offset) = value;
	return 0;
}

/* A number of seconds before or after: either one makes a recorder. */
static int set_around(struct cli_options *o, const struct option_row *row, const char *value, FILE *errors)
{
	o->record = true;
	return set_number(o, row, value, errors);
}

static int set_time(struct cli_options *o, const struct option_row *row, const char *value, FILE *errors)
{
	(void)row;
	if (strlen(value) != 1 || !strchr("hardD", value[0])) {
		fprintf(errors, "porthole: -t: invalid modifier '%s'; it is one of h, a, r, d and D\n", value);
		return -1;
	}
	o->time_mode = value[0];
	return 0;
}

static int set_buffers(struct cli_options *o, const struct option_row *row, const char *value, FILE *errors)
{
	(void)value;
	if (o->buffer_options++ > 0) {
		fprintf(errors,
			"porthole: -%c: you cannot specify more than one output format; choose one of -A, -b, -x and -X\n",
			row->letter);
		return -1;
	}
	o->buffers = row->letter == 'A' ? PH_BUF_ASCII :
		     row->letter == 'b' ? PH_BUF_BASE64 :
		     row->letter == 'x' ? PH_BUF_HEX :
					  PH_BUF_HEXASCII;
	return 0;
}

static int set_suppress(struct cli_options *o, const struct option_row *row, const char *value, FILE *errors)
{
	(void)row;
	if (!*value || strlen(value) >= PH_NAME_MAX) {
		fprintf(errors, "porthole: -U: '%s' is no process name; one has 1 to %d characters\n", value,
			PH_NAME_MAX - 1);
		return -1;
	}
	if (o->nsuppress == CLI_MAX_SUPPRESSED) {
		fprintf(errors, "porthole: -U: more than %d names; leave some out\n", CLI_MAX_SUPPRESSED);
		return -1;
	}
	o->suppress[o->nsuppress++] = value;
	return 0;
}

static int set_action(struct cli_options *o, const struct option_row *row, const char *value, FILE *errors)
{
	(void)value;
	(void)errors;
	o->action = (enum cli_action)row->min;
	return 0;
}

static int set_list_chisels(struct cli_options *o, const struct option_row *row, const char *value, FILE *errors)
{
	(void)o;
	(void)row;
	(void)value;
	fprintf(errors, "porthole: -c: chisels are not built into this version\n");
	return -1;
}

static int set_later(struct cli_options *o, const struct option_row *row, const char *value, FILE *errors)
{
	char name[40];

	(void)o;
	(void)value;
	fprintf(errors, "porthole: %s: %s not built into this version\n", option_name(row, name, sizeof name),
		row->text);
	return -1;
}

static int set_never(struct cli_options *o, const struct option_row *row, const char *value, FILE *errors)
{
	char name[40];

	(void)o;
	(void)value;
	fprintf(errors, "porthole: %s: %s\n", option_name(row, name, sizeof name), row->text);
	return -1;
}

/* For the completion scripts of shells. */
static int set_complete(struct cli_options *o, const struct option_row *row, const char *value, FILE *errors)
{
	o->action = (enum cli_action)row->min;
	return set_text(o, row, value, errors);
}

/* Options of the field's older tool that have nothing left to switch. */
static int set_nothing(struct cli_options *o, const struct option_row *row, const char *value, FILE *errors)
{
	(void)o;
	(void)row;
	(void)value;
	(void)errors;
	return 0;
}

#define AT(member) offsetof(struct cli_options, member)

/* clang-format off */
static const struct option_row rows[] = {
	{ 'p', "print", "FORMAT", false, set_print, 0, 0, 0, "what to print of each event: text and fields (%evt.type). A * in front keeps lines in which a field is missing. -pc prints the usual line with container names, -pk and -pm with those of Kubernetes and Mesos; -pp shows the usual line's format" },
	{ 'j', "json", NULL, false, set_flag, AT(json), 0, 0, "print a JSON object of the format's fields instead, one a line" },
	{ 't', "timetype", "h|a|r|d|D", false, set_time, 0, 0, 0, "how %evt.outputtime shows time: h time of day, a seconds since the epoch, r since the first event, d how long the call took, D since the line before" },
	{ 'q', "quiet", NULL, false, set_flag, AT(quiet), 0, 0, "print no events" },
	{ 'v', "verbose", NULL, false, set_flag, AT(verbose), 0, 0, "print parameters in full, and statistics at the end" },
	{ 'A', "print-ascii", NULL, false, set_buffers, 0, 0, 0, "data as text, line by line" },
	{ 'b', "print-base64", NULL, false, set_buffers, 0, 0, 0, "data in base64" },
	{ 'x', "print-hex", NULL, false, set_buffers, 0, 0, 0, "data as a hexadecimal dump" },
	{ 'X', "print-hex-ascii", NULL, false, set_buffers, 0, 0, 0, "data as a hexadecimal dump with its text beside it" },
	{ 'R', "resolve-ports", NULL, false, set_flag, AT(resolve_ports), 0, 0, "names of services instead of port numbers in fd.*proto" },
	{ 'S', "summary", NULL, false, set_flag, AT(summary), 0, 0, "at the end, how often each event came" },
	{ 0, "color", "WHEN", false, set_color, 0, 0, 0, "auto: colours on a terminal, unless NO_COLOR is set; always; never" },
	{ 0, "unbuffered", NULL, false, set_flag, AT(unbuffered), 0, 0, "write each line at once, also into a pipe or file" },
	{ 'n', "numevents", "N", false, set_number, AT(count), 1, UINT64_MAX, "end after N events that pass the filter" },
	{ 'M', NULL, "SECONDS", false, set_number, AT(seconds), 1, 1000000000, "end after SECONDS" },
	{ 's', "snaplen", "LENGTH", false, set_number, AT(snaplen), 1, PH_SNAPLEN_MAX, "bytes to keep of data that is read or written (default 80)" },
	{ 'U', "suppress-comm", "NAME", false, set_suppress, 0, 0, 0, "leave out processes of this name and their children; may be repeated" },
	{ 'E', "exclude-users", NULL, false, set_flag, AT(no_users), 0, 0, "do not read the names of users and groups" },
	{ 'D', "debug", NULL, false, set_flag, AT(debug), 0, 0, "show porthole's own calls and internal events too" },
	{ 'r', "readfile", "FILE", false, set_file, 0, 0, 0, "read a trace file instead of capturing; - is standard input; may be repeated, each file with a -r of its own" },
	{ 0, "enter-events", NULL, false, set_flag, AT(enter_events), 0, 0, "show the enter and the exit of each call, as older tools do, instead of one event a call" },
	{ 'P', "progress", NULL, false, set_flag, AT(progress), 0, 0, "tell on standard error how much of the file has been read" },
	{ 0, "file-info", "FILE", false, set_file, 0, CLI_FILE_INFO, 0, "tell what is in a trace file: who wrote it, machine, time, events, processes, containers, whether it is whole" },
	{ 'w', "write", "FILE", false, set_text, AT(write), 0, 0, "write a trace file instead of printing; - is standard output" },
	{ 'z', "compress", NULL, false, set_flag, AT(compress), 0, 0, "compress it (gzip)" },
	{ 'C', "file-size", "MB", false, set_number, AT(rotate_mb), 1, 1000000000, "go on with another file after so many MB (10^6 bytes)" },
	{ 'G', "seconds", "SECONDS", false, set_number, AT(rotate_seconds), 1, 1000000000, "go on with another file every SECONDS; a % in the name makes it a template for date(1)'s letters" },
	{ 'e', "events", "N", false, set_number, AT(rotate_events), 1, UINT64_MAX, "go on with another file after N events" },
	{ 'W', "limit", "N", false, set_number, AT(ring_files), 1, 1000000, "keep at most N files: the oldest is written over" },
	{ 0, "exit-only", NULL, false, set_flag, AT(exit_only), 0, 0, "write one event a call: half the size, for porthole and libraries of 2025 and later" },
	{ 0, "flush-interval", "MS", false, set_number, AT(flush_ms), 10, 3600000, "how long an event may stay in memory before it is on disk (default 1000)" },
	{ 0, "filter-proclist", NULL, false, set_flag, AT(filter_proclist), 0, 0, "with a filter: write only processes that pass it into the file's process list" },
	{ 0, "strict", NULL, false, set_flag, AT(strict), 0, 0, "with a filter: write nothing at all of what does not pass, not even what names need" },
	{ 0, "redact", NULL, false, set_flag, AT(redact), 0, 0, "mask what looks like a secret in the written file: environment, passwords, tokens, keys" },
	{ 0, "no-payload", NULL, false, set_flag, AT(no_payload), 0, 0, "write no data that was read or written" },
	{ 0, "before", "SECONDS", false, set_around, AT(before), 0, 86400, "record: write a file each time that the filter matches, from SECONDS before" },
	{ 0, "after", "SECONDS", false, set_around, AT(after), 0, 86400, "record: .. until SECONDS after" },
	{ 0, "record-memory", "MB", false, set_number, AT(record_mb), 1, 1000000, "record: keep at most so much in memory (default 256)" },
	{ 0, "macro", "NAME=FILTER", false, set_macro, 0, 0, 0, "a name for a filter, for use as a word in filters and in other macros; may be repeated" },
	{ 0, "macros", "FILE", false, set_macro, 0, 1, 0, "such names from a file, one a line; lines that begin with # are left out" },
	{ 'd', "displayflt", NULL, false, set_flag, AT(display_filter), 0, 0, "with -w and a filter: write everything, the filter is for what is shown" },
	{ 0, "context-switches", NULL, false, set_flag, AT(switches), 0, 0, "capture context switches (a filter with evt.type=switch does so by itself)" },
	{ 0, "page-faults", NULL, false, set_flag, AT(page_faults), 0, 0, "capture page faults (a filter with evt.type=page_fault does so by itself)" },
	{ 0, "ring-size", "MB", false, set_number, AT(ring_mb), 1, 1024, "size of the buffer that each CPU has for events" },
	{ 0, "docker-root", "DIR", false, set_path, AT(docker_root), 0, 0, "where Docker keeps its state (found out from a running dockerd, its configuration or /var/lib/docker)" },
	{ 0, "docker-socket", "PATH", false, set_path, AT(docker_socket), 0, 0, "where Docker answers (found out likewise, or /var/run/docker.sock)" },
	{ 'l', "list", NULL, false, set_action, 0, CLI_FIELDS, 0, "list the fields for formats and filters; -lv with their types" },
	{ 0, "list-markdown", NULL, false, set_action, 0, CLI_FIELDS_MARKDOWN, 0, "the same as Markdown" },
	{ 'L', "list-events", NULL, false, set_action, 0, CLI_EVENTS, 0, "list the events with their parameters" },
	{ 0, "version", NULL, false, set_action, 0, CLI_VERSION, 0, "print the version" },
	{ 'h', "help", NULL, false, set_action, 0, CLI_HELP, 0, "print this" },
	{ 0, "complete", "WHAT", false, set_complete, AT(complete), CLI_COMPLETE, 0, NULL },
	/* accepted, nothing to switch: the state is always complete and the probe is always eBPF */
	{ 'F', "fatfile", NULL, false, set_nothing, 0, 0, 0, NULL },
	{ 'B', "bpf", "PATH", true, set_nothing, 0, 0, 0, NULL },
	{ 0, "modern-bpf", NULL, false, set_nothing, 0, 0, 0, NULL },
	{ 'c', "chisel", "NAME", false, set_list_chisels, 0, 0, 0, NULL },
	{ 'i', "chisel-info", "NAME", false, set_later, 0, 0, 0, "chisels are" },
	{ 'H', "plugin", "NAME", false, set_later, 0, 0, 0, "plugins are" },
	{ 'I', "input", "NAME", false, set_later, 0, 0, 0, "plugins are" },
	{ 0, "plugin-config-file", "FILE", false, set_later, 0, 0, 0, "plugins are" },
	{ 'k', "k8s-api", "URL", false, set_later, 0, 0, 0, "the Kubernetes client is" },
	{ 'K', "k8s-api-cert", "FILE", false, set_later, 0, 0, 0, "the Kubernetes client is" },
	{ 'm', "mesos-api", "URL", false, set_later, 0, 0, 0, "the Mesos client is" },
	{ 0, "cri", "PATH", false, set_later, 0, 0, 0, "asking a CRI socket is" },
	{ 0, "cri-timeout", "MS", false, set_later, 0, 0, 0, "asking a CRI socket is" },
	{ 'u', "udig", NULL, false, set_later, 0, 0, 0, "capture by ptrace is" },
	{ 'T', "force-tracers-capture", NULL, false, set_later, 0, 0, 0, "tracers are" },
	{ 0, "large-environment", NULL, false, set_later, 0, 0, 0, "reading environments beyond 4 KiB is" },
};
/* clang-format on */

#define ROWS (sizeof rows / sizeof rows[0])
#define LONG_ONLY 256 /* getopt's value of row i without a letter: LONG_ONLY + i */

static const struct option_row *row_of(int value)
{
	if (value >= LONG_ONLY)
		return &rows[value - LONG_ONLY];
	for (size_t i = 0; i < ROWS; i++)
		if (rows[i].letter == value)
			return &rows[i];
	return NULL;
}

static void tell_getopt(char *letters, struct option *longs)
{
	*letters++ = ':';
	for (size_t i = 0; i < ROWS; i++) {
		const struct option_row *r = &rows[i];

		if (r->letter)
			*letters++ = (char)r->letter;
		if (r->letter && r->value)
			*letters++ = ':';
		if (r->letter && r->value && r->optional)
			*letters++ = ':';
		if (r->name)
			*longs++ = (struct option){ r->name,
						    r->value ? (r->optional ? optional_argument : required_argument) :
							       no_argument,
						    NULL, r->letter ? r->letter : LONG_ONLY + (int)i };
	}
	*letters = '\0';
	*longs = (struct option){ 0 };
}

static int bad_option(int got, char **argv, FILE *errors)
{
	const struct option_row *row = optopt ? row_of(optopt) : NULL;
	char name[40];

	if (got == ':' && row)
		fprintf(errors, "porthole: %s: a value is missing; porthole -h lists the options\n",
			option_name(row, name, sizeof name));
	else if (optopt && optopt < LONG_ONLY && !row)
		fprintf(errors, "porthole: -%c: no such option; porthole -h lists them\n",
			optopt >= 0x20 && optopt < 0x7f ? optopt : '?');
	else
		fprintf(errors, "porthole: %.80s: no such option; porthole -h lists them\n", argv[optind - 1]);
	return -1;
}

static int join_filter(struct cli_options *o, char **words, int n, FILE *errors)
{
	size_t len = 0;

	for (int i = 0; i < n; i++)
		len += strlen(words[i]) + 1;
	if (len <= (size_t)n) /* nothing, or only empty words: no filter */
		return 0;
	o->filter = calloc(1, len + 1);
	if (!o->filter) {
		fprintf(errors, "porthole: out of memory\n");
		return -1;
	}
	for (int i = 0; i < n; i++) {
		strcat(o->filter, words[i]);
		if (i + 1 < n)
			strcat(o->filter, " ");
	}
	return 0;
}

/* Options that mean nothing without another one, or not beside it. */

static int check_writing(const struct cli_options *o, FILE *errors)
{
	const struct {
		bool given;
		const char *name;
	} writing[] = {
		{ o->compress, "-z" },
		{ o->rotate_mb, "-C" },
		{ o->rotate_seconds, "-G" },
		{ o->rotate_events, "-e" },
		{ o->ring_files, "-W" },
		{ o->exit_only, "--exit-only" },
		{ o->flush_ms, "--flush-interval" },
		{ o->strict, "--strict" },
		{ o->filter_proclist, "--filter-proclist" },
		{ o->redact, "--redact" },
		{ o->no_payload, "--no-payload" },
		{ o->record, "--before, --after" },
	};

	for (size_t i = 0; !o->write && i < sizeof writing / sizeof writing[0]; i++) {
		if (!writing[i].given)
			continue;
		fprintf(errors, "porthole: %s: is for writing a trace file; say which with -w FILE\n", writing[i].name);
		return -1;
	}
	return 0;
}

static int check_filter(const struct cli_options *o, FILE *errors)
{
	if ((o->strict || o->filter_proclist) && !o->filter) {
		fprintf(errors, "porthole: %s: needs a filter that says what belongs into the file\n",
			o->strict ? "--strict" : "--filter-proclist");
		return -1;
	}
	if ((o->strict || o->record) && o->display_filter) {
		fprintf(errors, "porthole: -d: everything is to be written; that goes not with %s\n",
			o->strict ? "--strict" : "--before and --after");
		return -1;
	}
	return 0;
}

static bool rotates(const struct cli_options *o)
{
	return o->rotate_mb || o->rotate_seconds || o->rotate_events;
}

static int check_files(const struct cli_options *o, FILE *errors)
{
	if (o->record && (o->nfiles || !o->filter)) {
		fprintf(errors, "porthole: --before, --after: %s\n",
			o->nfiles ?
				"a recorder is for live captures; of a file, choose events by a filter on evt.num or evt.time" :
				"needs a filter: what it matches is what the files are made around");
		return -1;
	}
	if (o->record && (o->strict || o->filter_proclist)) {
		fprintf(errors,
			"porthole: %s: the filter of a recorder says when, not what: its files have everything; filter them afterwards\n",
			o->strict ? "--strict" : "--filter-proclist");
		return -1;
	}
	if (o->record && rotates(o)) {
		fputs("porthole: -C, -G, -e: a recorder makes a file for each match; -W N keeps the newest N\n",
		      errors);
		return -1;
	}
	if (o->ring_files && !o->record && !rotates(o)) {
		fputs("porthole: -W: says how many files are kept; say with -C, -G or -e when the next one begins\n",
		      errors);
		return -1;
	}
	if (o->write && strcmp(o->write, "-") == 0 && (o->record || rotates(o))) {
		fputs("porthole: -w -: standard output is one file; -C, -G, -e, --before and --after need a name\n",
		      errors);
		return -1;
	}
	return 0;
}

static int check_together(const struct cli_options *o, FILE *errors)
{
	if (check_writing(o, errors))
		return -1;
	if (o->progress && !o->nfiles) {
		fputs("porthole: -P cannot be used with live captures\n", errors);
		return -1;
	}
	return check_filter(o, errors) || check_files(o, errors) ? -1 : 0;
}

int cli_options_parse(struct cli_options *o, int argc, char **argv, FILE *errors)
{
	char letters[3 * ROWS + 2];
	struct option longs[ROWS + 1];
	int got, bad = 0;

	*o = (struct cli_options){ .time_mode = 'h' };
	tell_getopt(letters, longs);
	opterr = 0;
	optind = 0;
	while (!bad && (got = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
		const struct option_row *row = got == '?' || got == ':' ? NULL : row_of(got);

		if (!row)
			bad = bad_option(got, argv, errors);
		else
			bad = row->set(o, row, optarg, errors);
	}
	if (!bad && join_filter(o, argv + optind, argc - optind, errors) == 0 && check_together(o, errors) == 0)
		return 0;
	cli_options_free(o);
	return -1;
}

void cli_options_free(struct cli_options *o)
{
	free(o->filter);
	ph_macros_free(o->macros);
	o->filter = NULL;
	o->macros = NULL;
}

/* --- help ------------------------------------------------------------------------------------------------------------- */

#define TEXT_COLUMN 30
#define LINE_WIDTH 100

static void wrapped(FILE *out, const char *text)
{
	size_t column = TEXT_COLUMN;

	while (*text) {
		size_t word = strcspn(text, " ");

		if (column > TEXT_COLUMN && column + 1 + word > LINE_WIDTH) {
			fprintf(out, "\n%*s", TEXT_COLUMN, "");
			column = TEXT_COLUMN;
		}
		column += (size_t)fprintf(out, "%s%.*s", column > TEXT_COLUMN ? " " : "", (int)word, text);
		text += word + (text[word] == ' ');
	}
	fputc('\n', out);
}

static bool is_shown(const struct option_row *r)
{
	return r->text && r->set != set_later && r->set != set_never;
}

void cli_complete_options(FILE *out)
{
	for (size_t i = 0; i < ROWS; i++) {
		const struct option_row *r = &rows[i];

		if (!is_shown(r))
			continue;
		if (r->letter)
			fprintf(out, "-%c\t%s\t%s\n", r->letter, r->value ? r->value : "", r->text);
		if (r->name)
			fprintf(out, "--%s\t%s\t%s\n", r->name, r->value ? r->value : "", r->text);
	}
}

void cli_help(FILE *out)
{
	fputs("porthole shows the system calls of this host, with the container of each.\n\n"
	      "Usage: porthole [options] [filter]\n\n",
	      out);
	for (size_t i = 0; i < ROWS; i++) {
		const struct option_row *r = &rows[i];
		char head[80];
		int n;

		if (!is_shown(r))
			continue;
		if (r->letter)
			n = snprintf(head, sizeof head, "  -%c%s%s%s%s", r->letter, r->name ? ", --" : "",
				     r->name ? r->name : "", r->value ? " " : "", r->value ? r->value : "");
		else
			n = snprintf(head, sizeof head, "      --%s%s%s", r->name, r->value ? " " : "",
				     r->value ? r->value : "");
		if (n >= TEXT_COLUMN)
			fprintf(out, "%s\n%*s", head, TEXT_COLUMN, "");
		else
			fprintf(out, "%-*s", TEXT_COLUMN, head);
		wrapped(out, r->text);
	}
	fputs("\nA filter is made of checks on fields, joined with and, or, not and parentheses:\n"
	      "  porthole evt.type in (open, openat) and fd.name startswith /etc\n"
	      "  porthole -pc container.name=web and evt.failed=true\n"
	      "  porthole -p '%proc.name %evt.type %evt.latency.human' 'evt.latency > 10ms'\n",
	      out);
}
