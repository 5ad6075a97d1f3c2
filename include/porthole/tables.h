/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tables of events.def, syscalls.def and flags.def as user space reads them. Everything here is constant data; the
 * functions never fail but by returning NULL for what is not in a table.
 */
#ifndef PORTHOLE_TABLES_H
#define PORTHOLE_TABLES_H

#include <stdbool.h>
#include <stddef.h>
#include "porthole/event.h"

enum ph_param_fmt { PH_FMT_NA, PH_FMT_DEC, PH_FMT_HEX, PH_FMT_OCT };
enum ph_flag_kind { PH_FLAGS_SAME, PH_FLAGS_BITS, PH_FLAGS_ENUM };

struct ph_flag {
	const char *name;
	ph_u32 value; /* as in events and files */
	ph_u32 native; /* the kernel's; ~0u: none */
};

struct ph_flag_table {
	const char *name;
	enum ph_flag_kind kind;
	ph_u32 count;
	const struct ph_flag *flags;
};

struct ph_param_info {
	const char *name;
	ph_u8 type; /* enum ph_param_type */
	ph_u8 fmt; /* enum ph_param_fmt */
	ph_s8 dirfd; /* index of the parameter that a relative path starts at; -1: none */
	const struct ph_flag_table *flags; /* NULL: the value has no names */
};

struct ph_event_info {
	const char *name;
	ph_u16 code;
	ph_u16 category; /* enum ph_category */
	ph_u16 flags; /* enum ph_event_flag */
	ph_s8 nparams_0_29; /* how many parameters sysdig 0.29.3 knows; -1: it does not know the event */
	ph_u8 nparams;
	const struct ph_param_info *params;
};

struct ph_syscall_info {
	const char *name;
	ph_u16 id; /* canonical number in files; 0: none */
	ph_s16 x86_64, i386, arm64; /* kernel numbers; -1: not there */
	ph_u16 event; /* exit event */
};

/* The row of an event code, or NULL when the table has none. */
const struct ph_event_info *ph_event_info(unsigned code);
/* All rows in the order of the table: 0 <= i < ph_event_count(). */
const struct ph_event_info *ph_event_row(size_t i);
size_t ph_event_count(void);
/*
 * What events of a name are, in a sentence for people (event_texts.def); NULL: there is none. Looks through a list: not for
 * events on their way.
 */
const char *ph_event_text(const char *name);

/* The index of a parameter by name, -1 when the event has none of that name. */
int ph_event_param_index(const struct ph_event_info *info, const char *name, size_t len);
/* Whether it is of a call that returns twice, in the child too: clone, fork and the like, in all their forms. */
bool ph_event_forks(const struct ph_event_info *info);

/* porthole/versions.def */
struct ph_carrier {
	const struct ph_event_info *old; /* the exit that is written into pairs instead */
	ph_u8 nparams; /* with so many parameters */
	ph_u8 whole; /* nothing is lost by it */
};
/* What an old exit becomes, itself when it is the newest form. */
const struct ph_event_info *ph_event_newest(const struct ph_event_info *info);
/* What stands for it in pairs; false: it is written as it is. These look through a list: ask once and keep the answer. */
bool ph_event_carrier(const struct ph_event_info *info, struct ph_carrier *c);
/* How parameter i of info is called in the event that it is filled from: its own name but for the few that differ. */
const char *ph_event_param_source(const struct ph_event_info *info, int i);

/* Whether it works on a descriptor that stands in its parameters; in_pairs: as sysdig 0.29.3 has it. */
bool ph_event_uses_fd(const struct ph_event_info *info, bool in_pairs);

const struct ph_syscall_info *ph_syscall_row(size_t row); /* row < PH_SC_COUNT */
/* The name that a canonical number of files stands for, or NULL. */
const struct ph_syscall_info *ph_syscall_by_id(unsigned id);
/* By name; NULL when there is no such call. */
const struct ph_syscall_info *ph_syscall_by_name(const char *name);
/* True when an event or a syscall has this name (what evt.type can be). */
int ph_event_name_known(const char *name);

const struct ph_flag_table *ph_flag_table(const char *name);
/*
 * Writes the names of a value's bits (or of an equal entry) into buf, joined with '|', as the reference does. Returns
 * the length written, 0 when no name applies. Always NUL-terminated when size > 0; cut when it does not fit.
 */
size_t ph_flags_text(const struct ph_param_info *param, ph_u32 value, char *buf, size_t size);

/* The name of a type ("FD", "FSPATH", ..), of a category ("file", "I/O read" are made by the field evt.category). */
const char *ph_param_type_name(unsigned type);
/* Size in bytes of a fixed-size type, 0 for variable ones. */
unsigned ph_param_type_size(unsigned type);
/* "ENOENT" for 2; NULL when unknown. */
const char *ph_errno_name(int err);
/* "SIGKILL" for 9; NULL when unknown. */
const char *ph_signal_name(int sig);

#endif
