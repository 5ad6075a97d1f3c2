/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each row of syscalls.def names one capture a parameter of its event, and what the capture appends has the width of the
 * parameter's type: a wrong row would shift every later parameter of the event. What is right in its form but wrong in its
 * place is for tests/e2e/workload.c to find.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "porthole/tables.h"

#define WHOLE 255 /* the probe makes the whole record in one go */

/* What a capture word appends (0: it varies) and which arguments it takes. */
struct word {
	ph_u8 width;
	ph_u8 positions[3];
};

#define W(bytes, ...)               \
	{                           \
		bytes,              \
		{                   \
			__VA_ARGS__ \
		}                   \
	}

/* The width that each capture word appends; 0: it varies. */
#define NO_CAPTURE
#define NOTHING W(8) /* stands for a result that there is not */
#define RES W(8)
#define RES32 W(4)
#define FD(n) W(8, n)
#define S64(n) W(8, n)
#define U64(n) W(8, n)
#define U32(n) W(4, n)
#define U16(n) W(2, n)
#define U8(n) W(1, n)
#define U32_64(n) W(8, n)
#define X32(n, t) W(4, n)
#define X16(n, t) W(2, n)
#define X8(n, t) W(1, n)
#define XAT32(n, o, t) W(4, n)
#define ZERO8 W(1)
#define ZERO32 W(4)
#define SC_ID W(2)
#define SC_NATIVE W(2)
#define OFLAGS(n) W(4, n)
#define OFLAGS16(n) W(2, n)
#define OMODE(f, m) W(4, f, m)
#define MODE(n) W(4, n)
#define SOCKFLAGS(n) W(4, n)
#define HILO(h, l) W(8, h, l)
#define POS(n) W(8, n)
#define MOUNT_FLAGS(n) W(4, n)
#define DEVNUM(n) W(4, n)
#define PATH(n) W(0, n)
#define PATH_IF_OK(n) W(0, n)
#define DATA_IN(n) W(0, n)
#define DATA_OUT(n, l) W(0, n, l)
#define DATA_LEN(n, l) W(0, n, l)
#define IOV_SIZE(n, c) W(4, n, c)
#define IOV_DATA_IN(n, c) W(0, n, c)
#define IOV_DATA_OUT(n, c) W(0, n, c)
#define FDLIST(n, c) W(0, n, c)
#define TIMESPEC(n) W(8, n)
#define TIMESPEC64(n) W(8, n)
#define SIGSET(n) W(4, n)
#define RLIMIT(n, i) W(8, n)
#define RLIMIT_IF_OK(n, i) W(8, n)
#define RLIMIT64(n, i) W(8, n)
#define RLIMIT64_IF_OK(n, i) W(8, n)
#define U32_AT(n, o) W(4, n)
#define U64_AT(n, o) W(8, n)
#define OFF_AT(n) W(8, n)
#define FDPAIR(n, i) W(8, n)
#define FDPAIR_INO(n) W(8, n)
#define FD_DEV W(4)
#define FD_INO W(8)
#define FD_PATH W(0)
#define CREAT_FLAGS W(2)
#define VM_SIZE W(4)
#define VM_RSS W(4)
#define VM_SWAP W(4)
#define CAPS(i) W(8)
#define HOW_FLAGS(n) W(4, n)
#define HOW_MODE(n) W(4, n)
#define HOW_RESOLVE(n) W(4, n)
#define SEMBUF(n, c, i) W(2, n, c)
#define SEMCTL_VAL(c, n) W(4, c, n)
#define SIGACT(n, i) W(((i) == 2 ? 4 : 8), n)
#define PRCTL_STR(o, n) W(0, o, n)
#define PRCTL_INT(o, n) W(8, o, n)
#define PTRACE_ADDR(r, n) W(0, r, n)
#define PTRACE_DATA(r, n) W(0, r, n)
#define KEYCTL(o, n) W(0, o, n)
#define FSCONFIG_BYTES(c, v, a) W(0, c, v, a)
#define FSCONFIG_STR(c, v) W(0, c, v)
#define QUOTA(i) W(8)
#define QUOTA8(i) W(1)
#define QUOTA_CMD W(2)
#define QUOTA_FILE W(0)
#define ADDR(n, l) W(0, n, l)
#define TUPLE(f) W(0, f)
#define TUPLE_TO(f, n, l) W(0, f, n, l)
#define TUPLE_FROM(f, n, l) W(0, f, n, l)
#define TUPLE_ACCEPT W(0)
#define QUEUE_PCT(f) W(1, f)
#define QUEUE_LEN(f) W(4, f)
#define QUEUE_MAX(f) W(4, f)
#define PAIR_SOCK(n, i) W(8, n)
#define MSG_SIZE(n) W(4, n)
#define MSG_DATA_IN(n) W(0, n)
#define MSG_DATA_OUT(n) W(0, n)
#define MSG_TUPLE_TO(f, n) W(0, f, n)
#define MSG_TUPLE_FROM(f, n) W(0, f, n)
#define MSG_CONTROL(n) W(0, n)
#define MMSG_SIZE(n, c) W(4, n, c)
#define MMSG_DATA_IN(n) W(0, n)
#define MMSG_DATA_OUT(n) W(0, n)
#define SO_LEVEL(n) W(1, n)
#define SO_NAME(l, n) W(1, l, n)
#define SO_VALUE(l, n, v) W(0, l, n, v)
#define EXEC W(WHOLE)
#define FORK W(WHOLE)

struct row {
	const char *name;
	unsigned event;
	const struct word *words;
	size_t count;
};

static const struct row rows[] = {
#define SYSCALL(id, name, x86_64, i386, arm64, event, ...)                     \
	{ #name, PH_EV_##event, (const struct word[]){ { 0 }, ##__VA_ARGS__ }, \
	  sizeof((const struct word[]){ { 0 }, ##__VA_ARGS__ }) / sizeof(struct word) - 1 },
#include "porthole/syscalls.def"
};

static bool is_whole(const struct row *r)
{
	return r->count == 1 && r->words[1].width == WHOLE;
}

static void captures_fit_the_parameters_of_their_event(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct row *r = &rows[i];
		const struct ph_event_info *e = ph_event_info(r->event);

		assert_non_null(e);
		if (is_whole(r))
			continue;
		if (r->count != e->nparams)
			fail_msg("%s: %zu captures for the %u parameters of %s", r->name, r->count, e->nparams,
				 e->name);
		for (unsigned k = 0; k < e->nparams; k++)
			if (r->words[1 + k].width != ph_param_type_size(e->params[k].type))
				fail_msg("%s: capture %u appends %u bytes, %s is %s", r->name, k, r->words[1 + k].width,
					 e->params[k].name, ph_param_type_name(e->params[k].type));
	}
}

static void captures_name_arguments_that_a_call_has(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		for (size_t k = 1; k <= rows[i].count; k++)
			for (size_t a = 0; a < sizeof rows[i].words[k].positions; a++)
				if (rows[i].words[k].positions[a] > 5 && strcmp(rows[i].name, "recv") != 0)
					fail_msg("%s: capture %zu takes argument %u, and there are 6 from 0",
						 rows[i].name, k - 1, rows[i].words[k].positions[a]);
}

static void events_of_calls_are_exits_that_begin_with_the_result(void **state)
{
	static const char *const results[] = { "res", "fd", "uid", "euid", "gid", "egid" };

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct ph_event_info *e = ph_event_info(rows[i].event);
		bool known = e->nparams == 0 || rows[i].event == PH_EV_GENERIC_X;

		if (!PH_IS_EXIT(e->code) || !(e->category & PH_C_SYSCALL))
			fail_msg("%s: event %u is no exit of a system call", rows[i].name, e->code);
		for (size_t k = 0; !known && k < sizeof results / sizeof results[0]; k++)
			known = strcmp(e->params[0].name, results[k]) == 0;
		if (!known)
			fail_msg("%s: the first parameter of its event is %s, not the result", rows[i].name,
				 e->params[0].name);
	}
}

/* ph_event_info() counts on it: the shared codes are dense from 0, porthole's own follow in ascending order. */
static void own_events_stand_behind_the_shared_ones_in_order(void **state)
{
	unsigned last = 0;

	(void)state;
	for (size_t i = 0; i < ph_event_count(); i++) {
		const struct ph_event_info *e = ph_event_row(i);

		if (e->code < PH_EV_OWN_FIRST)
			assert_int_equal(e->code, i);
		else if (e->code <= last)
			fail_msg("event %#x stands behind %#x", e->code, last);
		if (e->code >= PH_EV_OWN_FIRST && (e->category & PH_C_SYSCALL) && !ph_syscall_by_name(e->name))
			fail_msg("event %#x is called %s, and no system call is", e->code, e->name);
		last = e->code;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(captures_fit_the_parameters_of_their_event),
		cmocka_unit_test(captures_name_arguments_that_a_call_has),
		cmocka_unit_test(events_of_calls_are_exits_that_begin_with_the_result),
		cmocka_unit_test(own_events_stand_behind_the_shared_ones_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
