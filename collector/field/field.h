/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fields: the names under which filters, formats and chisels ask for what an event tells. A field is one row of the
 * table of its class (one .c file a class); a reference is a field together with the argument that somebody wrote.
 *
 * Extraction allocates nothing: text is made in the context's scratch buffer and is valid until ph_field_ctx_begin() is
 * called for the next event. What a value points to belongs to the context, the event or the state engine.
 */
#ifndef PORTHOLE_FIELD_H
#define PORTHOLE_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "collector/container/container.h"
#include "collector/event.h"
#include "collector/field/text.h"
#include "collector/needs.h"
#include "collector/state/state.h"

/* How a value is held; what it means is its enum ph_param_type. */
enum ph_value_kind { PH_V_INT, PH_V_UINT, PH_V_DOUBLE, PH_V_BOOL, PH_V_STR, PH_V_BYTES, PH_V_IP, PH_V_LIST };

struct ph_value {
	uint8_t type; /* enum ph_param_type */
	uint8_t kind; /* enum ph_value_kind; the same for one field always */
	bool clean; /* text that may go to a terminal as it is */
	uint32_t len; /* of s in bytes, of list in elements */
	union {
		int64_t i;
		uint64_t u;
		double d;
		bool b;
		const char *s; /* strings (no NUL behind), bytes, addresses in network order (4 or 16 bytes) */
		const struct ph_value *list;
	};
};

enum ph_field_fmt { PH_PF_NA, PH_PF_DEC, PH_PF_HEX, PH_PF_OCT, PH_PF_ID, PH_PF_PAD9 };

enum ph_field_arg {
	PH_ARG_NONE,
	PH_ARG_INDEX, /* [n] */
	PH_ARG_INDEX_OPT,
	PH_ARG_NAME, /* .name */
	PH_ARG_NAME_OR_INDEX,
	PH_ARG_KEY_OPT, /* [n] or [text] */
	PH_ARG_ANY_OPT, /* .name, [n] or [text] */
};

enum ph_field_flag {
	PH_FF_FILTER = 1 << 0, /* for filters only: it has several values or none to show */
	PH_FF_PRINT = 1 << 1, /* for formats only */
	PH_FF_HIDDEN = 1 << 2, /* not in -l */
	PH_FF_BYTES = 1 << 3, /* an amount of bytes: filter values may say 1MB */
	PH_FF_KIB = 1 << 4, /* the same, counted in KiB */
	PH_FF_ANY = 1 << 5, /* a list: != is true as soon as one element differs */
	PH_FF_BOTH = 1 << 6, /* a list: != is true when every element differs */
	PH_FF_EVENT_NAME = 1 << 7, /* a value is the name of an event or syscall, decided without the event's data */
	PH_FF_ANY_BARE = 1 << 8, /* a list, and filters only, when no argument is given (process ancestors) */
	PH_FF_AT_MOST = 1 << 9, /* a distance: '=', the only operator, means at most */
	PH_FF_MOMENT = 1 << 10, /* depends on the event or the time, other than the rest of its class */
	PH_FF_MADE = 1 << 11, /* made or looked for when it is asked for: dearer than what is at hand */
	PH_FF_REMEMBERS = 1 << 12, /* depends on when it was asked for before; filters leave it in its place */
};

struct ph_field_ctx;
struct ph_field_ref;

/* false: the event has no such value. v->type and v->kind are set already; fields of varying type change them. */
typedef bool ph_extract_fn(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v);

struct ph_field {
	const char *name;
	uint8_t type; /* enum ph_param_type */
	uint8_t fmt; /* enum ph_field_fmt */
	uint8_t arg; /* enum ph_field_arg */
	uint16_t flags; /* enum ph_field_flag */
	uint32_t needs; /* enum ph_needs */
	int tag; /* tells the rows that share an extract function apart */
	ph_extract_fn *extract;
	const char *desc;
};

/* What the values of a class depend on, beside its PH_FF_MOMENT fields. */
enum ph_field_of {
	PH_OF_EVENT,
	PH_OF_THREAD, /* the thread and the state, which changes with events that ph_state_follows() */
	PH_OF_FD, /* the descriptor as well */
};

struct ph_field_class {
	const char *name; /* as -l shows it; also the first word of its fields but for the second evt class */
	const char *what, *desc;
	const struct ph_field *fields;
	size_t count;
	enum ph_field_of of;
};

/* All classes in the order of -l; NULL when i is past the last. */
const struct ph_field_class *ph_field_class(size_t i);
/* What the values of a field depend on. */
enum ph_field_of ph_field_of(const struct ph_field *f);

struct ph_field_ref {
	const struct ph_field *field;
	uint8_t type, kind; /* of the values: the field's own, or the parameter's for evt.rawarg */
	bool has_index;
	int64_t index;
	char *key; /* name or text argument; NULL: none. Owned */
	const struct ph_param_info
		*param; /* evt.arg, evt.rawarg by name: the parameter of the first event that has it */
	int8_t *param_of; /* the same: index of the parameter by event row, -1 where there is none. Owned */
	int64_t last; /* what a field that counts or measures since its last use keeps */
};

/*
 * Reads a field name and its argument at the beginning of text; the longest field name wins. 0: *used bytes of text were
 * taken. -ENOENT: no such field; -EINVAL: its argument is wrong; err then holds a sentence for a person, without a
 * full stop. ph_field_ref_free() ends the reference.
 */
int ph_field_parse(struct ph_field_ref *ref, const char *text, size_t len, size_t *used, char *err, size_t errlen);
void ph_field_ref_free(struct ph_field_ref *ref);

/* The field whose name is nearest to a wrong one, or NULL when nothing is near. */
const struct ph_field *ph_field_nearest(const char *name, size_t len);
/* Edits (insert, delete, replace, swap) between two names; stops counting at limit. */
unsigned ph_edit_distance(const char *a, size_t alen, const char *b, size_t blen, unsigned limit);

/* The kind in which values of a parameter type are held. */
enum ph_value_kind ph_value_kind_of(unsigned type);

enum ph_buffer_mode { PH_BUF_DOTTED, PH_BUF_ASCII, PH_BUF_BASE64, PH_BUF_HEX, PH_BUF_HEXASCII };

struct ph_field_ctx_opts {
	size_t size;
	struct ph_state *state; /* not owned */
	struct ph_containers *containers;
	char time_mode; /* -t; 0: 'h' */
	enum ph_buffer_mode buffers;
	bool whole_buffers; /* no cut of byte parameters at 80 characters in evt.args */
	bool resolve_ports;
	bool resolve_names; /* fd.sip.name and the like may ask the resolver of this host */
	unsigned
		screen_width; /* columns that evt.latency.quantized is spread over; 0: there is no screen, all is one column */
	bool utf8; /* text of processes may contain UTF-8 */
};

struct ph_resolver;

#define PH_SCRATCH_SIZE (512u << 10)

struct ph_field_ctx {
	const struct ph_event *ev;
	struct ph_field_ctx_opts opts;
	uint64_t first_ts; /* of the first event seen; 0: none yet */
	uint64_t shown_ts; /* of the event that was printed last; set by ph_field_ctx_shown() */
	/* local time of the second that was formatted last */
	uint64_t cached_sec;
	char cached_date[11], cached_time[9]; /* "YYYY-MM-DD", "HH:MM:SS" */
	char hostname[65];
	struct ph_resolver *resolver; /* made when it is first asked; NULL: not yet, or it cannot be */
	uint64_t seq; /* grows with each event: tells what was extracted for an earlier one */
	size_t used; /* of scratch */
	char *scratch;
};

int ph_field_ctx_init(struct ph_field_ctx *c, const struct ph_field_ctx_opts *opts);
void ph_field_ctx_fini(struct ph_field_ctx *c);

/* A new event: what was extracted before is gone. */
static inline void ph_field_ctx_begin(struct ph_field_ctx *c, const struct ph_event *ev)
{
	c->ev = ev;
	c->used = 0;
	c->seq++;
	if (c->first_ts == 0)
		c->first_ts = ev->ts;
}

static inline void ph_field_ctx_shown(struct ph_field_ctx *c)
{
	c->shown_ts = c->ev->ts;
}

static inline bool ph_field_get(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	v->type = r->type;
	v->kind = r->kind;
	v->clean = false;
	v->len = 0;
	return r->field->extract(c, r, v);
}

/* Scratch space: text is written between open and close; close makes it the value. */
static inline struct ph_text ph_scratch_open(struct ph_field_ctx *c)
{
	return (struct ph_text){ .buf = c->scratch + c->used, .cap = PH_SCRATCH_SIZE - c->used, .utf8 = c->opts.utf8 };
}

static inline bool ph_scratch_close(struct ph_field_ctx *c, const struct ph_text *t, struct ph_value *v)
{
	v->s = t->buf;
	v->len = (uint32_t)t->len;
	c->used += t->len;
	return true;
}

/* n values of scratch space, or NULL when it is used up. */
struct ph_value *ph_scratch_values(struct ph_field_ctx *c, size_t n);

static inline bool ph_value_str(struct ph_value *v, const char *s, size_t len)
{
	v->s = s;
	v->len = (uint32_t)len;
	return true;
}

/* The text of a value as formats print it. */
void ph_value_text(struct ph_text *t, const struct ph_value *v, unsigned fmt);

/* param.c: parameters as text */

/*
 * Parameter i: its plain text goes to val and what it stands for to res, which stays empty where there is nothing to add.
 * val and res must be different texts. Both are clean.
 */
void ph_param_text(struct ph_field_ctx *c, int i, struct ph_text *val, struct ph_text *res);
/* "name=value(resolved) " of all parameters. */
void ph_param_all(struct ph_field_ctx *c, struct ph_text *t);
/* Bytes in the form that -A, -b, -x, -X ask for, or dotted. */
void ph_bytes_text(struct ph_text *t, const uint8_t *data, size_t len, enum ph_buffer_mode mode);

/* evt.c */

/* The event's name; the syscall's for generic events. */
const char *ph_event_name(const struct ph_event *ev);

/* Of fields that are known by name but that nothing here can have a value for. */
bool ph_field_no_value(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v);

/* call_categories.c: what a call without an event of its own is about (enum ph_category); s may be NULL. */
unsigned ph_syscall_category(const struct ph_syscall_info *s);

/* syslog.c: "syslog sev=info msg=.." when the event is a message to syslog */
bool ph_syslog_line(struct ph_field_ctx *c, struct ph_text *t);

/* container.c */

/* The address of a container; false when it has none or k is NULL. */
bool ph_container_ip(struct ph_field_ctx *c, const struct ph_container *k, struct ph_value *v);

/* fd.c */

/* Letter and word of a descriptor kind; the word is NULL where there is none. */
char ph_fd_typechar(unsigned type);
const char *ph_fd_typename(unsigned type);

/* classes */
extern const struct ph_field_class ph_class_gen_event, ph_class_event, ph_class_message, ph_class_process, ph_class_fd,
	ph_class_fs, ph_class_fdlist, ph_class_container, ph_class_k8s, ph_class_user, ph_class_group, ph_class_syslog,
	ph_class_util, ph_class_others;

#endif
