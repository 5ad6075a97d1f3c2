/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Output: formats such as `%evt.num %proc.name %20fd.name`, compiled once to an array of literals and fields, and the writer
 * that takes the lines. Nothing here allocates or calls printf for an event.
 */
#ifndef PORTHOLE_OUTPUT_H
#define PORTHOLE_OUTPUT_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "collector/field/expr.h"

struct ph_format;

/*
 * 0, or a negative errno with *err filled in and *out NULL. A '*' in front keeps lines with missing fields, which then show
 * <NA>; without it such a line is dropped. `\n`, `\t`, `\e` and `\\` are replaced.
 */
int ph_format_compile(struct ph_format **out, const char *text, struct ph_parse_error *err);
void ph_format_free(struct ph_format *f);

/* Appends the event's line without a newline; false, with nothing appended: a field is missing and the line is dropped. */
bool ph_format_line(struct ph_format *f, struct ph_field_ctx *c, struct ph_text *t);

/*
 * The same as a JSON object of the format's fields, sorted by name; literals and widths are left out, a missing field is null,
 * times of day are nanoseconds since the epoch. The line's text must have room for PH_SCRATCH_SIZE bytes.
 */
bool ph_format_json_line(struct ph_format *f, struct ph_field_ctx *c, struct ph_text *t);

/* enum ph_needs; time_mode is that of the context, for evt.outputtime. */
uint32_t ph_format_needs(const struct ph_format *f, char time_mode);

/* Whose name stands in front of the process: -pc, -pk, -pm */
enum ph_format_names { PH_NAMES_NONE, PH_NAMES_CONTAINER, PH_NAMES_K8S, PH_NAMES_MESOS };

struct ph_format_style {
	enum ph_format_names names;
	bool color;
};

/* The line that is printed when nobody asks for another; constant text. */
const char *ph_format_default(const struct ph_format_style *style);

#define PH_WRITER_BLOCK (64u << 10)

/* Collects lines and writes them in large blocks, or line by line. The first error sticks and ends all writing. */
struct ph_writer {
	int fd;
	bool by_line;
	int error; /* errno; 0: none. ETIMEDOUT: in a hurry and nobody reads */
	const volatile sig_atomic_t
		*hurry; /* once set, a reader that does not read is waited for a second; NULL: for ever */
	size_t len;
	char *buf; /* a block and the longest line */
};

/* by_line: somebody reads along (a terminal). fd is not owned. */
int ph_writer_init(struct ph_writer *w, int fd, bool by_line);
void ph_writer_fini(struct ph_writer *w); /* flushes */

/* Where a line can be written in place, at least PH_SCRATCH_SIZE bytes. */
static inline struct ph_text ph_writer_open(const struct ph_writer *w)
{
	return (struct ph_text){ .buf = w->buf + w->len, .cap = PH_SCRATCH_SIZE };
}

/* Takes the line over and ends it with a newline. 0 or the negative errno of a write. */
int ph_writer_close(struct ph_writer *w, const struct ph_text *t);
int ph_writer_flush(struct ph_writer *w);

#endif
