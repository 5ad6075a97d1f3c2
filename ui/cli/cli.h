/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of the program porthole: options, listings, the run, the summary of events. Nobody else includes this. */
#ifndef PORTHOLE_CLI_H
#define PORTHOLE_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include "collector/event.h"
#include "collector/field/field.h"

#define CLI_MAX_SUPPRESSED 32

enum cli_action { CLI_RUN, CLI_HELP, CLI_VERSION, CLI_FIELDS, CLI_EVENTS, CLI_PRINT_FORMAT };

struct cli_options {
	enum cli_action action;
	const char *format; /* NULL: the default line */
	bool container; /* -pc */
	char *filter; /* owned; NULL: none */
	uint64_t count; /* -n; 0: no limit */
	uint64_t seconds; /* -M; 0: no limit */
	uint64_t snaplen, ring_mb; /* 0: default */
	char time_mode;
	enum ph_buffer_mode buffers;
	unsigned buffer_options; /* how many of -A -b -x -X were given */
	bool verbose, quiet, debug, no_users, summary, resolve_ports, unbuffered, switches, page_faults;
	const char *suppress[CLI_MAX_SUPPRESSED + 1];
	size_t nsuppress;
	const char *docker_root, *docker_socket; /* NULL: found out */
};

/* 0, or -1 after one line of explanation has been written to errors. */
int cli_options_parse(struct cli_options *o, int argc, char **argv, FILE *errors);
void cli_options_free(struct cli_options *o);
void cli_help(FILE *out);

/* -l, with types when verbose, and -L */
void cli_list_fields(FILE *out, bool verbose);
void cli_list_events(FILE *out);

/* -S */
struct cli_summary;

struct cli_summary *cli_summary_new(void);
void cli_summary_free(struct cli_summary *s);
void cli_summary_count(struct cli_summary *s, const struct ph_event *ev);
void cli_summary_print(const struct cli_summary *s, FILE *out);

/* Captures and prints until it is told to end; the exit status. */
int cli_run(const struct cli_options *o);

#endif
