/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of the program porthole: options, listings, the run, the summary of events. Nobody else includes this. */
#ifndef PORTHOLE_CLI_H
#define PORTHOLE_CLI_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include "collector/event.h"
#include "collector/field/field.h"
#include "collector/filter/filter.h"
#include "collector/output/output.h"

#define CLI_MAX_SUPPRESSED 32

#define CLI_MAX_FILES 1024 /* -r */

enum cli_action {
	CLI_RUN,
	CLI_HELP,
	CLI_VERSION,
	CLI_FIELDS,
	CLI_FIELDS_MARKDOWN,
	CLI_EVENTS,
	CLI_PRINT_FORMAT,
	CLI_FILE_INFO,
	CLI_COMPLETE,
};

enum cli_color { CLI_COLOR_AUTO, CLI_COLOR_ALWAYS, CLI_COLOR_NEVER };

struct cli_options {
	enum cli_action action;
	const char *format; /* NULL: the default line */
	bool container; /* -pc, -pk, -pm */
	enum ph_format_names names; /* which of them */
	bool json;
	enum cli_color color;
	const char *complete; /* what is to be listed for a shell */
	char *filter; /* owned; NULL: none */
	struct ph_macros *macros; /* owned; NULL: none */
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
	/* trace files */
	const char *files[CLI_MAX_FILES]; /* -r, or those of --file-info */
	size_t nfiles;
	bool enter_events, display_filter, progress;
	const char *write; /* -w; NULL: nothing is written */
	bool compress, exit_only, no_payload, redact, strict, filter_proclist;
	uint64_t rotate_mb, rotate_seconds, rotate_events, ring_files;
	uint64_t flush_ms; /* 0: default */
	uint64_t before, after; /* seconds; the recorder when record is set */
	bool record;
	uint64_t record_mb; /* 0: default */
};

/* 0, or -1 after one line of explanation has been written to errors. */
int cli_options_parse(struct cli_options *o, int argc, char **argv, FILE *errors);
void cli_options_free(struct cli_options *o);
void cli_help(FILE *out);
/* The options a line: name, tab, what its value is called, tab, text. */
void cli_complete_options(FILE *out);

/* Whether output is coloured, and whether who reads it understands UTF-8; the latter after setlocale(). */
bool cli_colored(const struct cli_options *o);
bool cli_utf8(void);

/* -l, with types when verbose; the same as Markdown; -L */
void cli_list_fields(FILE *out, bool verbose);
void cli_list_markdown(FILE *out);
void cli_list_events(FILE *out);

/* Words for a shell's completion, a line each: "fields", "events", "options". -1: there is no such list. */
int cli_complete(FILE *out, const char *what);

/* -S */
struct cli_summary;

struct cli_summary *cli_summary_new(void);
void cli_summary_free(struct cli_summary *s);
void cli_summary_count(struct cli_summary *s, const struct ph_event *ev);
void cli_summary_print(const struct cli_summary *s, FILE *out);

/* -w and the recorder: what a run writes. */
struct cli_record;
struct ph_inspector;

/*
 * After the inspector is open. 0, or -1 after a line on stderr. o->write is set. interrupted: once true, a disk that takes nothing is
 * not waited for any longer.
 */
int cli_record_open(struct cli_record **out, const struct cli_options *o, struct ph_inspector *ins,
		    const volatile sig_atomic_t *interrupted);
/* The next -r: its inspector instead of the one before, which is closed by now. */
int cli_record_goes_on(struct cli_record *r, struct ph_inspector *ins);
/* passed: the filter lets it through. 0; negative when nothing can be written any more. */
int cli_record_event(struct cli_record *r, const struct ph_event *ev, bool passed);
/* No event came for a while. */
int cli_record_idle(struct cli_record *r);
/* What the inspector tells in between events (collector/inspector.h). */
struct ph_trace_event;
void cli_record_container(struct cli_record *r, const struct ph_container *c);
void cli_record_section(struct cli_record *r);
void cli_record_unknown(struct cli_record *r, const struct ph_trace_event *block);
/* Ends the file and says what is missing in it. The exit status. */
int cli_record_close(struct cli_record *r);

/* --file-info; the exit status */
int cli_file_info(const struct cli_options *o);
/* One line on stderr when a file did not end well. The exit status. */
int cli_file_ended(const char *path, const struct ph_inspector *ins);

/* Captures or reads, and prints or writes, until it is told to end; the exit status. */
int cli_run(const struct cli_options *o);

#endif
