/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Filters: a text such as `evt.type=open and fd.name startswith /etc` compiled once to a flat program that says of each event
 * whether it passes. The grammar is that of the newest tools of the field; forms of older ones that do no harm are taken too.
 *
 * A check on a value that the event does not have is false, whatever the operator. Evaluation allocates nothing.
 */
#ifndef PORTHOLE_FILTER_H
#define PORTHOLE_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "collector/field/expr.h"

struct ph_filter;

/* Names for filters, usable as a bare word in filters and in each other. */
struct ph_macros;

struct ph_macros *ph_macros_new(void); /* NULL: out of memory */
void ph_macros_free(struct ph_macros *m);
/* "name=filter", len bytes; a name that is there already is given the new filter. -EINVAL: err has a sentence. */
int ph_macros_add(struct ph_macros *m, const char *definition, size_t len, char *err, size_t errlen);
/* A file of definitions, one a line; empty lines and those that begin with # are none. */
int ph_macros_read(struct ph_macros *m, const char *path, char *err, size_t errlen);

struct ph_filter_opts {
	size_t size;
	const struct ph_macros *macros; /* not owned, needed while compiling and to tell of errors; NULL: none */
};

/* 0, or a negative errno with *err filled in and *out NULL. opts may be NULL. */
int ph_filter_compile(struct ph_filter **out, const char *text, const struct ph_filter_opts *opts,
		      struct ph_parse_error *err);
void ph_filter_free(struct ph_filter *f);

/* The event is that of ph_field_ctx_begin(). One filter goes with one context. */
bool ph_filter_match(struct ph_filter *f, struct ph_field_ctx *c);

/* What the capture must deliver for it: enum ph_needs. */
uint32_t ph_filter_needs(const struct ph_filter *f);

/*
 * Whether an event of this kind can pass at all, as far as the event's name decides, or is asked for something that counts or
 * measures from event to event: what is false here need not be captured. syscall is a row of syscalls.def, asked for with the generic events; PH_SC_COUNT: none.
 */
bool ph_filter_may_pass(const struct ph_filter *f, const struct ph_event_info *info, unsigned syscall);

/*
 * Whether what the filter says depends on the event's kind (other than generic), its thread and its descriptor alone: then it says the
 * same of the next event that has the same ones, until a state event comes, and need not see parameters.
 */
bool ph_filter_is_lasting(const struct ph_filter *f);

/*
 * Whether an event of the thread in c->ev->thread can pass as long as it is in its container: false when the checks on container
 * fields alone decide that none can.
 */
bool ph_filter_may_pass_container(struct ph_filter *f, struct ph_field_ctx *c);

/*
 * "message", the line of text, or of the macro, where it happened and a caret under the place, three lines without a newline at the end.
 * Returns the length, cut to size - 1.
 */
size_t ph_parse_error_text(const struct ph_parse_error *err, const char *text, char *buf, size_t size);

#endif
