/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An event as it travels from the kernel to consumers and into trace files: the event block of the .scap format.
 *
 * A block is a packed header, one u16 length word a parameter (u32 in events flagged PH_EF_LARGE_PAYLOAD) and the
 * parameters back to back. Shared by the BPF programs and user space: no includes beyond the integer types.
 */
#ifndef PORTHOLE_EVENT_H
#define PORTHOLE_EVENT_H

#ifdef __bpf__
typedef unsigned char ph_u8;
typedef unsigned short ph_u16;
typedef unsigned int ph_u32;
typedef unsigned long long ph_u64;
typedef long long ph_s64;
typedef signed char ph_s8;
typedef short ph_s16;
typedef int ph_s32;
#else
#include <stdint.h>
typedef uint8_t ph_u8;
typedef uint16_t ph_u16;
typedef uint32_t ph_u32;
typedef uint64_t ph_u64;
typedef int64_t ph_s64;
typedef int8_t ph_s8;
typedef int16_t ph_s16;
typedef int32_t ph_s32;
#endif

/* Header of an event block, 26 bytes, little-endian, unaligned in memory. */
struct ph_evt_hdr {
	ph_u64 ts_ns; /* since the epoch; of the exit for a syscall */
	ph_s64 tid; /* in the initial PID namespace; -1: none */
	ph_u32 len; /* of the whole block: header, length words, parameters */
	ph_u16 type; /* enum ph_event_code */
	ph_u32 nparams;
} __attribute__((packed));

/* Parameter types; the numbers are those of the trace format. */
enum ph_param_type {
	PH_PT_NONE = 0,
	PH_PT_INT8 = 1,
	PH_PT_INT16 = 2,
	PH_PT_INT32 = 3,
	PH_PT_INT64 = 4,
	PH_PT_UINT8 = 5,
	PH_PT_UINT16 = 6,
	PH_PT_UINT32 = 7,
	PH_PT_UINT64 = 8,
	PH_PT_CHARBUF = 9,
	PH_PT_BYTEBUF = 10,
	PH_PT_ERRNO = 11,
	PH_PT_SOCKADDR = 12,
	PH_PT_SOCKTUPLE = 13,
	PH_PT_FD = 14,
	PH_PT_PID = 15,
	PH_PT_FDLIST = 16,
	PH_PT_SYSCALLID = 17,
	PH_PT_FSPATH = 18,
	PH_PT_SIGTYPE = 19,
	PH_PT_RELTIME = 20,
	PH_PT_ABSTIME = 21,
	PH_PT_PORT = 22,
	PH_PT_L4PROTO = 23,
	PH_PT_SOCKFAMILY = 24,
	PH_PT_BOOL = 25,
	PH_PT_IPV4ADDR = 26,
	PH_PT_DYN = 27,
	PH_PT_FLAGS8 = 28,
	PH_PT_FLAGS16 = 29,
	PH_PT_FLAGS32 = 30,
	PH_PT_UID = 31,
	PH_PT_GID = 32,
	PH_PT_DOUBLE = 33,
	PH_PT_SIGSET = 34,
	PH_PT_CHARBUFARRAY = 35,
	PH_PT_CHARBUF_PAIR_ARRAY = 36,
	PH_PT_IPV4NET = 37,
	PH_PT_IPV6ADDR = 38,
	PH_PT_IPV6NET = 39,
	PH_PT_IPADDR = 40,
	PH_PT_IPNET = 41,
	PH_PT_MODE = 42,
	PH_PT_FSRELPATH = 43,
	PH_PT_ENUMFLAGS8 = 44,
	PH_PT_ENUMFLAGS16 = 45,
	PH_PT_ENUMFLAGS32 = 46,
	PH_PT_FD32 = 47,
	PH_PT_PID32 = 48,
};

/* What an event is about (low byte) and where it comes from (the bits above). */
enum ph_category {
	PH_C_UNKNOWN = 0,
	PH_C_OTHER,
	PH_C_FILE,
	PH_C_NET,
	PH_C_IPC,
	PH_C_MEMORY,
	PH_C_PROCESS,
	PH_C_SLEEP,
	PH_C_SYSTEM,
	PH_C_SIGNAL,
	PH_C_USER,
	PH_C_TIME,
	PH_C_IO_READ,
	PH_C_IO_WRITE,
	PH_C_IO_OTHER,
	PH_C_WAIT,
	PH_C_SCHEDULER,
	PH_C_INTERNAL,
	PH_C_MAX,
	PH_C_MASK = 0xff,
	PH_C_SYSCALL = 0x100,
	PH_C_TRACEPOINT = 0x200,
	PH_C_METAEVENT = 0x400,
	PH_C_PLUGIN = 0x800,
	PH_C_ITER = 0x1000,
};

enum ph_event_flag {
	PH_EF_CREATES_FD = 1 << 0,
	PH_EF_DESTROYS_FD = 1 << 1,
	PH_EF_USES_FD = 1 << 2,
	PH_EF_READS_FROM_FD = 1 << 3,
	PH_EF_WRITES_TO_FD = 1 << 4,
	PH_EF_MODIFIES_STATE = 1 << 5,
	PH_EF_UNUSED = 1 << 6,
	PH_EF_WAITS = 1 << 7,
	PH_EF_SKIPPARSERESET = 1 << 8,
	PH_EF_OLD_VERSION = 1 << 9, /* trace files only: live events never have this type */
	PH_EF_LARGE_PAYLOAD = 1 << 10,
};

enum ph_event_code {
#define NO_PARAMS
#define P(...)
#define PF(...)
#define PD(...)
#define EVENT(code, en, ...) PH_EV_##en = code,
#include "porthole/events.def"
	PH_EV_OWN_FIRST = 0x7000,
};

/*
 * Files: an exit in its own form, in front of the older one that stands for it before other readers (porthole/versions.def). Its code
 * has this bit, which no code that others know has; own codes stand for themselves.
 */
#define PH_EV_SHADOW 0x4000

/* Rows of syscalls.def in their order; a row's index is its number inside the program, never in a file. */
enum ph_syscall_row {
#define SYSCALL(id, name, ...) PH_SC_##name,
#include "porthole/syscalls.def"
	PH_SC_COUNT,
};

/* Values of flags.def as events carry them: PH_file_flags_O_CLOEXEC and so on. */
enum ph_flag_value {
#define FLAG_TABLE(t, kind)
#define FLAG(t, name, value, native) PH_##t##_##name = value,
#define FLAG_END(t)
#include "porthole/flags.def"
};

#define PH_EVENT_MAX_PARAMS 32
#define PH_IS_EXIT(code) ((code) & 1)

#endif
