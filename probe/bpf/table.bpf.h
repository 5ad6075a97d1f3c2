/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * syscalls.def and flags.def as the programs read them: for each row its event and what each parameter is captured from, the
 * way from the kernel's numbers to rows, and the translation of flags. Constant data; nothing here is code.
 */
#ifndef PORTHOLE_TABLE_BPF_H
#define PORTHOLE_TABLE_BPF_H

#include "kernel.bpf.h"
#include "porthole/event_words.h"

/* clang-format off */
/* The capture words of syscalls.def. capture.bpf.h says what each does. */
#define CAPTURE_SCALARS(X) \
	X(RES) X(RES32) X(FD) X(S64) X(U64) X(U32) X(U16) X(U8) X(U32_64) X(X32) X(X16) X(X8) X(ZERO8) X(ZERO32) \
	X(SC_ID) X(SC_NATIVE) X(OFLAGS) X(OFLAGS16) X(OMODE) X(MODE) X(SOCKFLAGS) X(HILO) X(POS) X(MOUNT_FLAGS) \
	X(DEVNUM)
#define CAPTURE_BLOBS(X) \
	X(NOTHING) X(PATH) X(PATH_IF_OK) X(DATA_IN) X(DATA_OUT) X(DATA_LEN) X(IOV_SIZE) X(IOV_DATA_IN) X(IOV_DATA_OUT) \
	X(FDLIST) X(TIMESPEC) X(TIMESPEC64) X(SIGSET) X(RLIMIT) X(RLIMIT_IF_OK) X(RLIMIT64) X(RLIMIT64_IF_OK) \
	X(U32_AT) X(U64_AT) X(OFF_AT) X(XAT32) X(FDPAIR) X(FDPAIR_INO) X(FD_DEV) X(FD_INO) X(FD_PATH) X(CREAT_FLAGS) \
	X(VM_SIZE) X(VM_RSS) X(VM_SWAP) X(CAPS) X(HOW_FLAGS) X(HOW_MODE) X(HOW_RESOLVE) X(SEMBUF) X(SEMCTL_VAL) \
	X(SIGACT) X(PRCTL_STR) X(PRCTL_INT) X(PTRACE_ADDR) X(PTRACE_DATA) X(KEYCTL) X(FSCONFIG_BYTES) X(FSCONFIG_STR) \
	X(QUOTA) X(QUOTA8) X(QUOTA_CMD) X(QUOTA_FILE) X(ADDR) X(TUPLE) X(TUPLE_TO) X(TUPLE_FROM) X(TUPLE_ACCEPT) \
	X(QUEUE_PCT) X(QUEUE_LEN) X(QUEUE_MAX) X(PAIR_SOCK) X(MSG_SIZE) X(MSG_DATA_IN) X(MSG_DATA_OUT) X(MSG_TUPLE_TO) \
	X(MSG_TUPLE_FROM) X(MSG_CONTROL) X(MMSG_SIZE) X(MMSG_DATA_IN) X(MMSG_DATA_OUT) X(SO_LEVEL) X(SO_NAME) \
	X(SO_VALUE)
/* clang-format on */
/* Whole records: made by proc.bpf.h. */
#define CAPTURE_WHOLE(X) X(EXEC) X(FORK)

enum capture_kind {
	K_NONE,
#define X(k) K_##k,
	CAPTURE_SCALARS(X) CAPTURE_BLOBS(X) CAPTURE_WHOLE(X)
#undef X
};

enum {
#define NO_PARAMS
#define P(...) +1
#define PF(...) +1
#define PD(...) +1
#define EVENT(code, en, name, cat, fl, old, ...) NPARAMS_##en = 0 __VA_ARGS__,
#include "porthole/events.def"
};

enum {
#define NO_PARAMS
#define P(...)
#define PF(...)
#define PD(...)
#define EVENT(code, en, name, cat, fl, old, ...) CATEGORY_##en = (cat) & PH_C_MASK,
#include "porthole/events.def"
};

/* Indexes of the flag tables in xlats[]: a table's rows are [XT_t_FIRST, XT_t_END). */
enum {
#define FLAG_TABLE(t, kind) XT_##t,
#define FLAG(...)
#define FLAG_END(t)
#include "porthole/flags.def"
	XT_COUNT,
};

enum {
#define FLAG_TABLE(t, kind) XT_##t##_FIRST, XT_##t##_AGAIN = XT_##t##_FIRST - 1,
#define FLAG(t, name, value, native) XT_##t##_##name,
#define FLAG_END(t) XT_##t##_END, XT_##t##_AND = XT_##t##_END - 1,
#include "porthole/flags.def"
	XLATS,
};

struct xlat {
	u32 native, value;
};

#define XLAT_MASK 1023u
_Static_assert(XLATS <= XLAT_MASK, "more flags than XLAT_MASK has places");

static const volatile struct xlat xlats[XLAT_MASK + 1] = {
#define FLAG_TABLE(t, kind)
#define FLAG(t, name, value, native) { native, value },
#define FLAG_END(t)
#include "porthole/flags.def"
};

#define SAME 0
#define BITS 1
#define ENUM 2

static const volatile struct {
	u16 first, end;
	u16 kind;
	u16 pad;
} xlat_tables[XT_COUNT] = {
#define FLAG_TABLE(t, kind) { XT_##t##_FIRST, XT_##t##_END, kind },
#define FLAG(...)
#define FLAG_END(t)
#include "porthole/flags.def"
};

/* xlat() looks at so many rows of a table. */
#define XLAT_ROWS 64
#define FLAG_TABLE(t, kind)
#define FLAG(...)
#define FLAG_END(t) _Static_assert(XT_##t##_END - XT_##t##_FIRST <= XLAT_ROWS, "more rows in " #t " than XLAT_ROWS");
#include "porthole/flags.def"

#undef SAME
#undef BITS
#undef ENUM

#define CAPTURES_MAX 18

struct capture {
	u8 kind; /* enum capture_kind */
	u8 a, b, c;
};

struct syscall_desc {
	u16 id; /* canonical */
	u16 event;
	u8 nparams;
	u8 category;
	u16 pad;
	struct capture captures[CAPTURES_MAX];
};

#define NO_CAPTURE
#define NOTHING CAP(NOTHING, 0, 0, 0)
#define CAP(k, a, b, c, ...) { K_##k, a, b, c }
#define RES CAP(RES, 0, 0, 0)
#define RES32 CAP(RES32, 0, 0, 0)
#define FD(n) CAP(FD, n, 0, 0)
#define S64(n) CAP(S64, n, 0, 0)
#define U64(n) CAP(U64, n, 0, 0)
#define U32(n) CAP(U32, n, 0, 0)
#define U16(n) CAP(U16, n, 0, 0)
#define U8(n) CAP(U8, n, 0, 0)
#define U32_64(n) CAP(U32_64, n, 0, 0)
#define X32(n, t) CAP(X32, n, XT_##t, 0)
#define X16(n, t) CAP(X16, n, XT_##t, 0)
#define X8(n, t) CAP(X8, n, XT_##t, 0)
#define XAT32(n, off, t) CAP(XAT32, n, off, XT_##t)
#define ZERO8 CAP(ZERO8, 0, 0, 0)
#define ZERO32 CAP(ZERO32, 0, 0, 0)
#define SC_ID CAP(SC_ID, 0, 0, 0)
#define SC_NATIVE CAP(SC_NATIVE, 0, 0, 0)
#define OFLAGS(n) CAP(OFLAGS, n, 0, 0)
#define OFLAGS16(n) CAP(OFLAGS16, n, 0, 0)
#define OMODE(f, m) CAP(OMODE, f, m, 0)
#define MODE(n) CAP(MODE, n, 0, 0)
#define SOCKFLAGS(n) CAP(SOCKFLAGS, n, 0, 0)
#define HILO(h, l) CAP(HILO, h, l, 0)
#define POS(n) CAP(POS, n, 0, 0)
#define MOUNT_FLAGS(n) CAP(MOUNT_FLAGS, n, 0, 0)
#define DEVNUM(n) CAP(DEVNUM, n, 0, 0)
#define PATH(n) CAP(PATH, n, 0, 0)
#define PATH_IF_OK(n) CAP(PATH_IF_OK, n, 0, 0)
#define DATA_IN(n) CAP(DATA_IN, n, 0, 0)
#define DATA_OUT(n, l) CAP(DATA_OUT, n, l, 0)
#define DATA_LEN(n, l) CAP(DATA_LEN, n, l, 0)
#define IOV_SIZE(n, c) CAP(IOV_SIZE, n, c, 0)
#define IOV_DATA_IN(n, c) CAP(IOV_DATA_IN, n, c, 0)
#define IOV_DATA_OUT(n, c) CAP(IOV_DATA_OUT, n, c, 0)
#define FDLIST(n, c) CAP(FDLIST, n, c, 0)
#define TIMESPEC(n) CAP(TIMESPEC, n, 0, 0)
#define TIMESPEC64(n) CAP(TIMESPEC64, n, 0, 0)
#define SIGSET(n) CAP(SIGSET, n, 0, 0)
#define RLIMIT(n, i) CAP(RLIMIT, n, i, 0)
#define RLIMIT_IF_OK(n, i) CAP(RLIMIT_IF_OK, n, i, 0)
#define RLIMIT64(n, i) CAP(RLIMIT64, n, i, 0)
#define RLIMIT64_IF_OK(n, i) CAP(RLIMIT64_IF_OK, n, i, 0)
#define U32_AT(n, off) CAP(U32_AT, n, off, 0)
#define U64_AT(n, off) CAP(U64_AT, n, off, 0)
#define OFF_AT(n) CAP(OFF_AT, n, 0, 0)
#define FDPAIR(n, i) CAP(FDPAIR, n, i, 0)
#define FDPAIR_INO(n) CAP(FDPAIR_INO, n, 0, 0)
#define FD_DEV CAP(FD_DEV, 0, 0, 0)
#define FD_INO CAP(FD_INO, 0, 0, 0)
#define FD_PATH CAP(FD_PATH, 0, 0, 0)
#define CREAT_FLAGS CAP(CREAT_FLAGS, 0, 0, 0)
#define VM_SIZE CAP(VM_SIZE, 0, 0, 0)
#define VM_RSS CAP(VM_RSS, 0, 0, 0)
#define VM_SWAP CAP(VM_SWAP, 0, 0, 0)
#define CAPS(i) CAP(CAPS, i, 0, 0)
#define HOW_FLAGS(n) CAP(HOW_FLAGS, n, 0, 0)
#define HOW_MODE(n) CAP(HOW_MODE, n, 0, 0)
#define HOW_RESOLVE(n) CAP(HOW_RESOLVE, n, 0, 0)
#define SEMBUF(n, c, i) CAP(SEMBUF, n, c, i)
#define SEMCTL_VAL(cmd, n) CAP(SEMCTL_VAL, cmd, n, 0)
#define SIGACT(n, i) CAP(SIGACT, n, i, 0)
#define PRCTL_STR(o, n) CAP(PRCTL_STR, o, n, 0)
#define PRCTL_INT(o, n) CAP(PRCTL_INT, o, n, 0)
#define PTRACE_ADDR(r, n) CAP(PTRACE_ADDR, r, n, 0)
#define PTRACE_DATA(r, n) CAP(PTRACE_DATA, r, n, 0)
#define KEYCTL(o, n) CAP(KEYCTL, o, n, 0)
#define FSCONFIG_BYTES(cmd, v, aux) CAP(FSCONFIG_BYTES, cmd, v, aux)
#define FSCONFIG_STR(cmd, v) CAP(FSCONFIG_STR, cmd, v, 0)
#define QUOTA(i) CAP(QUOTA, i, 0, 0)
#define QUOTA8(i) CAP(QUOTA8, i, 0, 0)
#define QUOTA_CMD CAP(QUOTA_CMD, 0, 0, 0)
#define QUOTA_FILE CAP(QUOTA_FILE, 0, 0, 0)
#define ADDR(n, l) CAP(ADDR, n, l, 0)
#define TUPLE(fd) CAP(TUPLE, fd, 0, 0)
#define TUPLE_TO(fd, n, l) CAP(TUPLE_TO, fd, n, l)
#define TUPLE_FROM(fd, n, l) CAP(TUPLE_FROM, fd, n, l)
#define TUPLE_ACCEPT CAP(TUPLE_ACCEPT, 0, 0, 0)
#define QUEUE_PCT(fd) CAP(QUEUE_PCT, fd, 0, 0)
#define QUEUE_LEN(fd) CAP(QUEUE_LEN, fd, 0, 0)
#define QUEUE_MAX(fd) CAP(QUEUE_MAX, fd, 0, 0)
#define PAIR_SOCK(n, i) CAP(PAIR_SOCK, n, i, 0)
#define MSG_SIZE(n) CAP(MSG_SIZE, n, 0, 0)
#define MSG_DATA_IN(n) CAP(MSG_DATA_IN, n, 0, 0)
#define MSG_DATA_OUT(n) CAP(MSG_DATA_OUT, n, 0, 0)
#define MSG_TUPLE_TO(fd, n) CAP(MSG_TUPLE_TO, fd, n, 0)
#define MSG_TUPLE_FROM(fd, n) CAP(MSG_TUPLE_FROM, fd, n, 0)
#define MSG_CONTROL(n) CAP(MSG_CONTROL, n, 0, 0)
#define MMSG_SIZE(n, c) CAP(MMSG_SIZE, n, c, 0)
#define MMSG_DATA_IN(n) CAP(MMSG_DATA_IN, n, 0, 0)
#define MMSG_DATA_OUT(n) CAP(MMSG_DATA_OUT, n, 0, 0)
#define SO_LEVEL(n) CAP(SO_LEVEL, n, 0, 0)
#define SO_NAME(l, n) CAP(SO_NAME, l, n, 0)
#define SO_VALUE(l, n, v) CAP(SO_VALUE, l, n, v)
#define EXEC CAP(EXEC, 0, 0, 0)
#define FORK CAP(FORK, 0, 0, 0)

static const volatile struct syscall_desc syscall_descs[ROW_MASK + 1] = {
#define SYSCALL(id, name, x86_64, i386, arm64, event, ...) \
	[PH_SC_##name] = { id, PH_EV_##event, NPARAMS_##event, CATEGORY_##event, 0, { __VA_ARGS__ } },
#include "porthole/syscalls.def"
	/* A number that the table does not know. */
	[PH_SC_COUNT] = { 0, PH_EV_GENERIC_X, NPARAMS_GENERIC_X, CATEGORY_GENERIC_X, 0, { SC_ID, SC_NATIVE, RES } },
};

/* From the kernel's numbers to rows + 1; 0: not in the table. Index NR_MAX - 1 takes the rows that an architecture lacks. */
#define NR_MAX 512
#define AT(nr) ((nr) < 0 ? NR_MAX - 1 : (nr))

#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Winitializer-overrides"
static const volatile u16 rows_native[NR_MAX] = {
#if defined(__TARGET_ARCH_arm64)
#define SYSCALL(id, name, x86_64, i386, arm64, ...) [AT(arm64)] = PH_SC_##name + 1,
#else
#define SYSCALL(id, name, x86_64, i386, arm64, ...) [AT(x86_64)] = PH_SC_##name + 1,
#endif
#include "porthole/syscalls.def"
	[NR_MAX - 1] = 0,
};

#if defined(__TARGET_ARCH_x86)
static const volatile u16 rows_i386[NR_MAX] = {
#define SYSCALL(id, name, x86_64, i386, ...) [AT(i386)] = PH_SC_##name + 1,
#include "porthole/syscalls.def"
	[NR_MAX - 1] = 0,
};

#define I386_SOCKETCALL 102

/* The calls behind socketcall(2) by its first argument (include/uapi/linux/net.h), rows + 1. */
static const volatile u16 rows_socketcall[32] = {
	[1] = PH_SC_socket + 1,	   [2] = PH_SC_bind + 1,	[3] = PH_SC_connect + 1,     [4] = PH_SC_listen + 1,
	[5] = PH_SC_accept + 1,	   [6] = PH_SC_getsockname + 1, [7] = PH_SC_getpeername + 1, [8] = PH_SC_socketpair + 1,
	[9] = PH_SC_send + 1,	   [10] = PH_SC_recv + 1,	[11] = PH_SC_sendto + 1,     [12] = PH_SC_recvfrom + 1,
	[13] = PH_SC_shutdown + 1, [14] = PH_SC_setsockopt + 1, [15] = PH_SC_getsockopt + 1, [16] = PH_SC_sendmsg + 1,
	[17] = PH_SC_recvmsg + 1,  [18] = PH_SC_accept4 + 1,	[19] = PH_SC_recvmmsg + 1,   [20] = PH_SC_sendmmsg + 1,
};
#endif
#pragma clang diagnostic pop

#endif
