/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each row of syscalls.def names one capture a parameter of its event, and what the capture appends has the width of the
 * parameter's type: a wrong row would shift every later parameter of the event.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "porthole/tables.h"

#define WHOLE 255 /* the probe makes the whole record in one go */

/* The width that each capture word appends; 0: it varies. */
#define NO_CAPTURE
#define RES 8
#define RES32 4
#define FD(n) 8
#define S64(n) 8
#define U64(n) 8
#define U32(n) 4
#define U16(n) 2
#define U8(n) 1
#define U32_64(n) 8
#define X32(n, t) 4
#define X16(n, t) 2
#define X8(n, t) 1
#define XAT32(n, o, t) 4
#define ZERO8 1
#define ZERO32 4
#define SC_ID 2
#define SC_NATIVE 2
#define OFLAGS(n) 4
#define OFLAGS16(n) 2
#define OMODE(f, m) 4
#define MODE(n) 4
#define SOCKFLAGS(n) 4
#define HILO(h, l) 8
#define POS(n) 8
#define MOUNT_FLAGS(n) 4
#define DEVNUM(n) 4
#define PATH(n) 0
#define PATH_IF_OK(n) 0
#define DATA_IN(n) 0
#define DATA_OUT(n, l) 0
#define DATA_LEN(n, l) 0
#define IOV_SIZE(n, c) 4
#define IOV_DATA_IN(n, c) 0
#define IOV_DATA_OUT(n, c) 0
#define FDLIST(n, c) 0
#define TIMESPEC(n) 8
#define TIMESPEC64(n) 8
#define SIGSET(n) 4
#define RLIMIT(n, i) 8
#define RLIMIT_IF_OK(n, i) 8
#define RLIMIT64(n, i) 8
#define RLIMIT64_IF_OK(n, i) 8
#define U32_AT(n, o) 4
#define U64_AT(n, o) 8
#define OFF_AT(n) 8
#define FDPAIR(n, i) 8
#define FDPAIR_INO(n) 8
#define FD_DEV 4
#define FD_INO 8
#define FD_PATH 0
#define CREAT_FLAGS 2
#define VM_SIZE 4
#define VM_RSS 4
#define VM_SWAP 4
#define CAPS(i) 8
#define HOW_FLAGS(n) 4
#define HOW_MODE(n) 4
#define HOW_RESOLVE(n) 4
#define SEMBUF(n, c, i) 2
#define SEMCTL_VAL(c, n) 4
#define SIGACT(n, i) ((i) == 2 ? 4 : 8)
#define PRCTL_STR(o, n) 0
#define PRCTL_INT(o, n) 8
#define PTRACE_ADDR(r, n) 0
#define PTRACE_DATA(r, n) 0
#define KEYCTL(o, n) 0
#define FSCONFIG_BYTES(c, v, a) 0
#define FSCONFIG_STR(c, v) 0
#define QUOTA(i) 8
#define QUOTA8(i) 1
#define QUOTA_CMD 2
#define QUOTA_FILE 0
#define ADDR(n, l) 0
#define TUPLE(f) 0
#define TUPLE_TO(f, n, l) 0
#define TUPLE_FROM(f, n, l) 0
#define TUPLE_ACCEPT 0
#define QUEUE_PCT(f) 1
#define QUEUE_LEN(f) 4
#define QUEUE_MAX(f) 4
#define PAIR_SOCK(n, i) 8
#define MSG_SIZE(n) 4
#define MSG_DATA_IN(n) 0
#define MSG_DATA_OUT(n) 0
#define MSG_TUPLE_TO(f, n) 0
#define MSG_TUPLE_FROM(f, n) 0
#define MSG_CONTROL(n) 0
#define MMSG_SIZE(n, c) 4
#define MMSG_DATA_IN(n) 0
#define MMSG_DATA_OUT(n) 0
#define SO_LEVEL(n) 1
#define SO_NAME(l, n) 1
#define SO_VALUE(l, n, v) 0
#define EXEC WHOLE
#define FORK WHOLE

struct row {
	const char *name;
	unsigned event;
	const ph_u8 *widths;
	size_t count;
};

static const struct row rows[] = {
#define SYSCALL(id, name, x86_64, i386, arm64, event, ...)                                                                  \
	{ #name, PH_EV_##event, (const ph_u8[]){ 0, ##__VA_ARGS__ }, sizeof((const ph_u8[]){ 0, ##__VA_ARGS__ }) - 1 },
#include "porthole/syscalls.def"
};

static void captures_fit_the_parameters_of_their_event(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct row *r = &rows[i];
		const struct ph_event_info *e = ph_event_info(r->event);

		assert_non_null(e);
		if (r->count == 1 && r->widths[1] == WHOLE)
			continue;
		if (r->count != e->nparams)
			fail_msg("%s: %zu captures for the %u parameters of %s", r->name, r->count, e->nparams, e->name);
		for (unsigned k = 0; k < e->nparams; k++)
			if (r->widths[1 + k] != ph_param_type_size(e->params[k].type))
				fail_msg("%s: capture %u appends %u bytes, %s is %s", r->name, k, r->widths[1 + k], e->params[k].name,
					 ph_param_type_name(e->params[k].type));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(captures_fit_the_parameters_of_their_event),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
