/* SPDX-License-Identifier: Apache-2.0 */
/* Expands the .def tables into constant data and answers look-ups in them (porthole/tables.h). */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "porthole/event_words.h"
#include "porthole/tables.h"

#include <stdbool.h>
#include <string.h>

#define SAME PH_FLAGS_SAME
#define BITS PH_FLAGS_BITS
#define ENUM PH_FLAGS_ENUM

#define FLAG_TABLE(t, kind) static const struct ph_flag flags_##t[] = {
#define FLAG(t, name, value, native) { #name, value, native },
#define FLAG_END(t) \
	}           \
	;
#include "porthole/flags.def"

#define FLAG_TABLE(t, kind) \
	static const struct ph_flag_table table_##t = { #t, kind, sizeof flags_##t / sizeof flags_##t[0], flags_##t };
#define FLAG(...)
#define FLAG_END(t)
#include "porthole/flags.def"

static const struct ph_flag_table *const flag_tables[] = {
#define FLAG_TABLE(t, kind) &table_##t,
#define FLAG(...)
#define FLAG_END(t)
#include "porthole/flags.def"
};

#define NO_PARAMS
#define P(n, type, fmt) { #n, PH_PT_##type, PH_FMT_##fmt, -1, NULL },
#define PF(n, type, fmt, table) { #n, PH_PT_##type, PH_FMT_##fmt, -1, &table_##table },
#define PD(n, type, fmt, dir) { #n, PH_PT_##type, PH_FMT_##fmt, dir, NULL },
#define EVENT(code, en, name, cat, fl, old, ...) static const struct ph_param_info params_##en[] = { __VA_ARGS__{ 0 } };
#include "porthole/events.def"

static const struct ph_event_info events[] = {
#define NO_PARAMS
#define P(...)
#define PF(...)
#define PD(...)
#define EVENT(code, en, name, cat, fl, old, ...) \
	{ name, code, (cat), (fl), old, (ph_u8)(sizeof params_##en / sizeof params_##en[0] - 1), params_##en },
#include "porthole/events.def"
};

static const struct ph_syscall_info syscalls[] = {
#define SYSCALL(id, name, x86_64, i386, arm64, event, ...) { #name, id, x86_64, i386, arm64, PH_EV_##event },
#include "porthole/syscalls.def"
};

static const struct {
	const char *name, *text;
} texts[] = {
#define TEXT(name, text) { #name, text },
#include "porthole/event_texts.def"
};

/* --- versions.def --- */

static const struct {
	ph_u16 old, newest;
} lifts[] = {
#define LIFT(o, n) { PH_EV_##o, PH_EV_##n },
#define CARRY(...)
#define RENAME(...)
#define USED_FD(...)
#include "porthole/versions.def"
};

static const struct {
	ph_u16 newest, old;
	ph_u8 nparams, whole;
} carriers[] = {
#define LIFT(...)
#define CARRY(newest, old, n, whole) { PH_EV_##newest, PH_EV_##old, n, whole },
#define RENAME(...)
#define USED_FD(...)
#include "porthole/versions.def"
};

static const struct {
	ph_u16 code;
	const char *name, *from;
} renames[] = {
#define LIFT(...)
#define CARRY(...)
#define RENAME(c, p, f) { PH_EV_##c, #p, #f },
#define USED_FD(...)
#include "porthole/versions.def"
};

static const struct {
	ph_u16 code;
	bool then;
} used_fds[] = {
#define LIFT(...)
#define CARRY(...)
#define RENAME(...)
#define USED_FD(c, t) { PH_EV_##c, t },
#include "porthole/versions.def"
};

size_t ph_event_count(void)
{
	return sizeof events / sizeof events[0];
}

const struct ph_event_info *ph_event_row(size_t i)
{
	return i < ph_event_count() ? &events[i] : NULL;
}

/* The shared codes are dense from 0, so a row's index is its code; porthole's own are few and searched. */
const struct ph_event_info *ph_event_info(unsigned code)
{
	size_t own = ph_event_count();

	while (own > 0 && events[own - 1].code >= PH_EV_OWN_FIRST)
		own--;
	if (code < own)
		return &events[code];
	for (size_t i = own; i < ph_event_count(); i++)
		if (events[i].code == code)
			return &events[i];
	return NULL;
}

const char *ph_event_text(const char *name)
{
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		if (strcmp(texts[i].name, name) == 0)
			return texts[i].text;
	return NULL;
}

int ph_event_param_index(const struct ph_event_info *info, const char *name, size_t len)
{
	for (int i = 0; i < info->nparams; i++)
		if (strlen(info->params[i].name) == len && memcmp(info->params[i].name, name, len) == 0)
			return i;
	return -1;
}

const struct ph_syscall_info *ph_syscall_row(size_t row)
{
	return row < PH_SC_COUNT ? &syscalls[row] : NULL;
}

const struct ph_syscall_info *ph_syscall_by_id(unsigned id)
{
	for (size_t i = 0; id != 0 && i < PH_SC_COUNT; i++)
		if (syscalls[i].id == id)
			return &syscalls[i];
	return NULL;
}

const struct ph_syscall_info *ph_syscall_by_name(const char *name)
{
	for (size_t i = 0; i < PH_SC_COUNT; i++)
		if (strcmp(syscalls[i].name, name) == 0)
			return &syscalls[i];
	return NULL;
}

int ph_event_name_known(const char *name)
{
	for (size_t i = 0; i < ph_event_count(); i++)
		if (!(events[i].flags & PH_EF_UNUSED) && strcmp(events[i].name, name) == 0)
			return 1;
	return ph_syscall_by_name(name) != NULL;
}

const struct ph_flag_table *ph_flag_table(const char *name)
{
	for (size_t i = 0; i < sizeof flag_tables / sizeof flag_tables[0]; i++)
		if (strcmp(flag_tables[i]->name, name) == 0)
			return flag_tables[i];
	return NULL;
}

static size_t append(char *buf, size_t size, size_t at, const char *text)
{
	size_t len = strlen(text);

	if (size == 0)
		return at;
	if (len > size - 1 - at)
		len = size - 1 - at;
	memcpy(buf + at, text, len);
	buf[at + len] = '\0';
	return at + len;
}

size_t ph_flags_text(const struct ph_param_info *param, ph_u32 value, char *buf, size_t size)
{
	const struct ph_flag_table *t = param->flags;
	int is_enum = param->type >= PH_PT_ENUMFLAGS8 && param->type <= PH_PT_ENUMFLAGS32;
	size_t at = 0;

	if (size > 0)
		buf[0] = '\0';
	if (!t)
		return 0;
	for (ph_u32 i = 0; i < t->count; i++)
		if (t->flags[i].value == value)
			return append(buf, size, 0, t->flags[i].name);
	for (ph_u32 i = 0; !is_enum && i < t->count && value; i++) {
		ph_u32 bits = t->flags[i].value;

		if (bits == 0 || (value & bits) != bits)
			continue;
		if (at > 0)
			at = append(buf, size, at, "|");
		at = append(buf, size, at, t->flags[i].name);
		value &= ~bits;
	}
	return at;
}

static const struct {
	const char *name;
	ph_u8 size;
} types[] = {
	[PH_PT_NONE] = { "NONE", 0 },
	[PH_PT_INT8] = { "INT8", 1 },
	[PH_PT_INT16] = { "INT16", 2 },
	[PH_PT_INT32] = { "INT32", 4 },
	[PH_PT_INT64] = { "INT64", 8 },
	[PH_PT_UINT8] = { "UINT8", 1 },
	[PH_PT_UINT16] = { "UINT16", 2 },
	[PH_PT_UINT32] = { "UINT32", 4 },
	[PH_PT_UINT64] = { "UINT64", 8 },
	[PH_PT_CHARBUF] = { "CHARBUF", 0 },
	[PH_PT_BYTEBUF] = { "BYTEBUF", 0 },
	[PH_PT_ERRNO] = { "ERRNO", 8 },
	[PH_PT_SOCKADDR] = { "SOCKADDR", 0 },
	[PH_PT_SOCKTUPLE] = { "SOCKTUPLE", 0 },
	[PH_PT_FD] = { "FD", 8 },
	[PH_PT_PID] = { "PID", 8 },
	[PH_PT_FDLIST] = { "FDLIST", 0 },
	[PH_PT_SYSCALLID] = { "SYSCALLID", 2 },
	[PH_PT_FSPATH] = { "FSPATH", 0 },
	[PH_PT_SIGTYPE] = { "SIGTYPE", 1 },
	[PH_PT_RELTIME] = { "RELTIME", 8 },
	[PH_PT_ABSTIME] = { "ABSTIME", 8 },
	[PH_PT_PORT] = { "PORT", 2 },
	[PH_PT_L4PROTO] = { "L4PROTO", 1 },
	[PH_PT_SOCKFAMILY] = { "SOCKFAMILY", 1 },
	[PH_PT_BOOL] = { "BOOL", 4 },
	[PH_PT_IPV4ADDR] = { "IPV4ADDR", 4 },
	[PH_PT_DYN] = { "DYNAMIC", 0 },
	[PH_PT_FLAGS8] = { "FLAGS8", 1 },
	[PH_PT_FLAGS16] = { "FLAGS16", 2 },
	[PH_PT_FLAGS32] = { "FLAGS32", 4 },
	[PH_PT_UID] = { "UID", 4 },
	[PH_PT_GID] = { "GID", 4 },
	[PH_PT_DOUBLE] = { "DOUBLE", 8 },
	[PH_PT_SIGSET] = { "SIGSET", 4 },
	[PH_PT_CHARBUFARRAY] = { "CHARBUFARRAY", 0 },
	[PH_PT_CHARBUF_PAIR_ARRAY] = { "CHARBUF_PAIR_ARRAY", 0 },
	[PH_PT_IPV4NET] = { "IPV4NET", 0 },
	[PH_PT_IPV6ADDR] = { "IPV6ADDR", 16 },
	[PH_PT_IPV6NET] = { "IPV6NET", 0 },
	[PH_PT_IPADDR] = { "IPADDR", 0 },
	[PH_PT_IPNET] = { "IPNET", 0 },
	[PH_PT_MODE] = { "MODE", 4 },
	[PH_PT_FSRELPATH] = { "FSRELPATH", 0 },
	[PH_PT_ENUMFLAGS8] = { "ENUMFLAGS8", 1 },
	[PH_PT_ENUMFLAGS16] = { "ENUMFLAGS16", 2 },
	[PH_PT_ENUMFLAGS32] = { "ENUMFLAGS32", 4 },
	[PH_PT_FD32] = { "FD32", 4 },
	[PH_PT_PID32] = { "PID32", 4 },
};

const char *ph_param_type_name(unsigned type)
{
	return type < sizeof types / sizeof types[0] ? types[type].name : "NONE";
}

unsigned ph_param_type_size(unsigned type)
{
	return type < sizeof types / sizeof types[0] ? types[type].size : 0;
}

const char *ph_errno_name(int err)
{
	/* What the kernel keeps to itself but a tracer at sys_exit sees (include/linux/errno.h). */
	switch (err) {
	case 512:
		return "ERESTARTSYS";
	case 513:
		return "ERESTARTNOINTR";
	case 514:
		return "ERESTARTNOHAND";
	case 515:
		return "ENOIOCTLCMD";
	case 516:
		return "ERESTART_RESTARTBLOCK";
	}
	return err > 0 ? strerrorname_np(err) : NULL;
}

const char *ph_signal_name(int sig)
{
	static const char *const names[] = {
		[1] = "SIGHUP",	    [2] = "SIGINT",   [3] = "SIGQUIT",	 [4] = "SIGILL",   [5] = "SIGTRAP",
		[6] = "SIGABRT",    [7] = "SIGBUS",   [8] = "SIGFPE",	 [9] = "SIGKILL",  [10] = "SIGUSR1",
		[11] = "SIGSEGV",   [12] = "SIGUSR2", [13] = "SIGPIPE",	 [14] = "SIGALRM", [15] = "SIGTERM",
		[16] = "SIGSTKFLT", [17] = "SIGCHLD", [18] = "SIGCONT",	 [19] = "SIGSTOP", [20] = "SIGTSTP",
		[21] = "SIGTTIN",   [22] = "SIGTTOU", [23] = "SIGURG",	 [24] = "SIGXCPU", [25] = "SIGXFSZ",
		[26] = "SIGVTALRM", [27] = "SIGPROF", [28] = "SIGWINCH", [29] = "SIGIO",   [30] = "SIGPWR",
		[31] = "SIGSYS",
	};

	return sig > 0 && sig < (int)(sizeof names / sizeof names[0]) ? names[sig] : NULL;
}

bool ph_event_forks(const struct ph_event_info *info)
{
	static const char *const names[] = { "clone", "clone3", "fork", "vfork" };

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (strcmp(info->name, names[i]) == 0)
			return true;
	return false;
}

const struct ph_event_info *ph_event_newest(const struct ph_event_info *info)
{
	for (size_t i = 0; i < sizeof lifts / sizeof lifts[0]; i++)
		if (lifts[i].old == info->code)
			return ph_event_info(lifts[i].newest);
	return info;
}

bool ph_event_uses_fd(const struct ph_event_info *info, bool in_pairs)
{
	for (size_t i = 0; in_pairs && i < sizeof used_fds / sizeof used_fds[0]; i++)
		if (used_fds[i].code == info->code)
			return used_fds[i].then;
	return info->flags & PH_EF_USES_FD;
}

bool ph_event_carrier(const struct ph_event_info *info, struct ph_carrier *c)
{
	for (size_t i = 0; i < sizeof carriers / sizeof carriers[0]; i++) {
		if (carriers[i].newest != info->code)
			continue;
		*c = (struct ph_carrier){ ph_event_info(carriers[i].old), carriers[i].nparams, carriers[i].whole };
		return true;
	}
	return false;
}

const char *ph_event_param_source(const struct ph_event_info *info, int i)
{
	for (size_t k = 0; k < sizeof renames / sizeof renames[0]; k++)
		if (renames[k].code == info->code && strcmp(renames[k].name, info->params[i].name) == 0)
			return renames[k].from;
	return info->params[i].name;
}
