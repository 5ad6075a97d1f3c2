/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The capture words of syscalls.def: each takes one parameter of an event from the arguments, the result or the kernel's own
 * state. The ones that are plain numbers stand in capture_scalar(); the others are functions of their own, which the verifier
 * checks once each. They find the record in the CPU's scratch buffer and append to it. Argument positions are a, b, c.
 */
#ifndef PORTHOLE_CAPTURE_BPF_H
#define PORTHOLE_CAPTURE_BPF_H

#include "file.bpf.h"
#include "socket.bpf.h"
#include "user.bpf.h"

#define O_CREAT 0100
#define O_TMPFILE 020000000
#define O_CLOEXEC 02000000
#define O_NONBLOCK 04000

/* open(2) flags: the access mode is no bit mask, the rest is. */
static __always_inline u32 open_flags(u32 native)
{
	return xlat(XT_file_flags, native) | ((native & 3) == 2 ? 3 : (native & 3) == 1 ? 2 : 1);
}

/* new_encode_dev() of include/linux/kdev_t.h: as stat(2) shows it. */
static __always_inline u32 encode_dev(u32 dev)
{
	u32 major = dev >> 20, minor = dev & 0xfffff;

	return (minor & 0xff) | (major << 8) | ((minor & ~0xffu) << 12);
}

/* The plain numbers. Returns the width in bytes, 0 when the kind is not one of them. */
static __always_inline u32 capture_scalar(struct scratch *s, const volatile struct capture *c, u64 *value)
{
	u64 arg = ARG(s, c->a);

	switch (c->kind) {
	case K_RES: /* the result as errno or value */
		*value = (u64)s->ret;
		return 8;
	case K_RES32:
		*value = (u32)s->ret;
		return 4;
	case K_FD: /* an int, sign-extended: descriptors, process ids, other small numbers that the table gives 8 bytes */
		*value = (u64)(s64)(s32)arg;
		return 8;
	case K_S64: /* a long of the caller's size, which may be negative */
		*value = s->compat ? (u64)(s64)(s32)arg : arg;
		return 8;
	case K_U64:
		*value = arg;
		return 8;
	case K_U32:
		*value = arg;
		return 4;
	case K_U16:
		*value = arg;
		return 2;
	case K_U8:
		*value = arg;
		return 1;
	case K_U32_64: /* an unsigned int that the table gives 8 bytes */
		*value = (u32)arg;
		return 8;
	case K_X32: /* flags, translated by table b */
		*value = xlat(c->b, (u32)arg);
		return 4;
	case K_X16:
		*value = xlat(c->b, (u32)arg);
		return 2;
	case K_X8:
		*value = xlat(c->b, (u32)arg);
		return 1;
	case K_ZERO8:
		*value = 0;
		return 1;
	case K_ZERO32:
		*value = 0;
		return 4;
	case K_SC_ID: /* the canonical number of this call */
		*value = syscall_descs[BOUND(s->row, ROW_MASK)].id;
		return 2;
	case K_SC_NATIVE: /* the kernel's */
		*value = s->nr;
		return 2;
	case K_OFLAGS: /* open(2) flags, and with the result what the file system says of the file */
		*value = open_flags((u32)arg) | opened_flags(s->ret);
		return 4;
	case K_OFLAGS16: /* O_CLOEXEC and O_NONBLOCK of the calls that take just those */
		*value = xlat(XT_file_flags, (u32)arg);
		return 2;
	case K_OMODE: /* mode of an open that may create (flags in a, mode in b) */
		*value = arg & O_CREAT || (arg & O_TMPFILE) ? (u32)ARG(s, c->b) & 07777 : 0;
		return 4;
	case K_MODE:
		*value = (u32)arg;
		return 4;
	case K_SOCKFLAGS: /* SOCK_CLOEXEC and SOCK_NONBLOCK of a socket's type */
		*value = xlat(XT_file_flags, (u32)arg & (O_CLOEXEC | O_NONBLOCK));
		return 4;
	case K_HILO: /* two words, high and low */
		*value = (arg << 32) | (u32)ARG(s, c->b);
		return 8;
	case K_POS: /* a file position: one register, or two (low, high) for 32-bit callers */
		*value = s->compat ? (u32)arg | ARG(s, c->a + 1) << 32 : arg;
		return 8;
	case K_MOUNT_FLAGS: /* without the magic that old programs put into the high half */
		*value = ((u32)arg & 0xffff0000) == 0xc0ed0000 ? arg & 0xffff : arg;
		return 4;
	case K_DEVNUM: /* dev_t of mknod(2), already in the user encoding */
		*value = (u32)arg;
		return 4;
	}
	return 0;
}

/* A path or other string, up to 4096 bytes with its NUL; "<NA>" when it cannot be read, nothing when the pointer is NULL. */
__noinline int capture_string(u64 ptr)
{
	struct scratch *s = scratch_get();
	long n;

	if (!s || ptr == 0 || rec_room(s) < PH_PATH_MAX)
		return 0;
	n = bpf_probe_read_user_str(rec_at(s, s->off), PH_PATH_MAX, (void *)ptr);
	if (n <= 0) {
		__builtin_memcpy(rec_at(s, s->off), "<NA>", 5);
		n = 5;
	}
	s->off += (u32)n & 0x1fff;
	return 0;
}

struct pollfd {
	s32 fd;
	s16 events, revents;
};

/* pollfd array: u16 count, then i64 fd and u16 events each; those asked for, or those that came when the call succeeded. */
__noinline int capture_fdlist(u64 ptr, u64 count)
{
	struct scratch *s = scratch_get();
	u32 at, n = 0;

	if (!s || ptr == 0)
		return 0;
	at = s->off;
	put(s, 0, 2);
	for (u32 i = 0; i < 64; i++) {
		struct pollfd p;

		if (i >= count)
			break;
		if (bpf_probe_read_user(&p, sizeof p, (void *)(ptr + i * sizeof p)) != 0)
			break;
		put(s, (u64)(s64)p.fd, 8);
		put(s, xlat(XT_poll_flags, (u16)(s->ret > 0 ? p.revents : p.events)), 2);
		n++;
	}
	*(u16 *)rec_at(s, at) = (u16)n;
	return 0;
}

/* struct timespec in ns. */
__noinline int capture_timespec(u64 ptr, u32 words64)
{
	struct scratch *s = scratch_get();
	u64 sec, nsec;

	if (!s)
		return 0;
	if (ptr == 0) {
		put(s, ~0ull, 8);
		return 0;
	}
	if (words64) {
		sec = user_u64(ptr);
		nsec = user_u64(ptr + 8);
	} else {
		sec = (u64)(s64)(s32)user_u32(ptr);
		nsec = user_u32(ptr + 4);
	}
	put(s, sec * 1000000000ull + nsec, 8);
	return 0;
}

/* A limit of struct rlimit (i: 0 current, 1 maximum); -1: infinite or not there. */
__noinline int capture_rlimit(u64 ptr, u32 i, u32 words64)
{
	struct scratch *s = scratch_get();
	u64 v = ~0ull;

	if (!s)
		return 0;
	if (ptr != 0) {
		if (words64) {
			v = user_u64(ptr + 8 * (i & 1));
		} else {
			v = user_u32(ptr + 4 * (i & 1));
			if (v == ~0u)
				v = ~0ull;
		}
	}
	put(s, v, 8);
	return 0;
}

/* vm sizes of the current process in KiB: 0 size, 1 resident, 2 swapped. */
__noinline u32 vm_kb(u32 what)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct mm_struct *mm = BPF_CORE_READ(task, mm);

	return mm_kb(mm, what);
}

/* struct sembuf number i / 3 of n: its semaphore, operation or flags. */
__noinline int capture_sembuf(u64 ptr, u64 n, u32 i)
{
	struct scratch *s = scratch_get();
	u16 v = 0;

	if (!s)
		return 0;
	if (i / 3 < n)
		bpf_probe_read_user(&v, sizeof v, (void *)(ptr + 6 * (i / 3) + 2 * (i % 3)));
	put(s, i % 3 == 2 ? xlat(XT_semop_flags, v) : v, 2);
	return 0;
}

/* rt_sigaction(2): handler, flags and the low word of the mask of the new action. */
__noinline int capture_sigact(u64 ptr, u32 what)
{
	struct scratch *s = scratch_get();
	u64 v = 0;

	if (!s)
		return 0;
	/* struct kernel_sigaction: handler, flags, restorer, mask */
	if (ptr != 0)
		v = what == 2 ? user_u32(ptr + (s->compat ? 12 : 24)) : user_word(s, ptr, what & 1);
	put(s, v, what == 2 ? 4 : 8);
	return 0;
}

#define PR_SET_NAME 15
#define PR_GET_NAME 16

__noinline int capture_prctl(u32 option, u64 arg, u32 text)
{
	struct scratch *s = scratch_get();
	bool is_text = option == PR_SET_NAME || option == PR_GET_NAME;

	if (!s)
		return 0;
	if (text) {
		if (is_text)
			capture_string(arg);
	} else {
		put(s, is_text ? 0 : arg, 8);
	}
	return 0;
}

/* What a ptrace(2) argument means depends on the request; the dynamic type is an index byte and the value. */
#define PTRACE_PEEKTEXT 1
#define PTRACE_PEEKUSR 3
#define PTRACE_CONT 7
#define PTRACE_SINGLESTEP 9
#define PTRACE_DETACH 17
#define PTRACE_SYSCALL 24
#define PTRACE_DYN_UINT64 0
#define PTRACE_DYN_SIGTYPE 1

__noinline int capture_ptrace(u32 request, u64 arg, u32 data)
{
	struct scratch *s = scratch_get();

	if (!s)
		return 0;
	if (data && (request == PTRACE_CONT || request == PTRACE_SINGLESTEP || request == PTRACE_DETACH ||
		     request == PTRACE_SYSCALL)) {
		put(s, PTRACE_DYN_SIGTYPE, 1);
		put(s, arg, 1);
		return 0;
	}
	/* peeking writes the word to where data points */
	if (data && request >= PTRACE_PEEKTEXT && request <= PTRACE_PEEKUSR)
		arg = user_word(s, arg, 0);
	put(s, PTRACE_DYN_UINT64, 1);
	put(s, arg, 8);
	return 0;
}

/* keyctl(2) arguments: number (index 0) or string (index 1), by operation. */
#define KEYCTL_JOIN_SESSION_KEYRING 1
#define KEYCTL_UPDATE 2
#define KEYCTL_SEARCH 10
#define KEYCTL_DYN_INT 0
#define KEYCTL_DYN_STRING 1

__noinline int capture_keyctl(u32 op, u64 arg, u32 n)
{
	struct scratch *s = scratch_get();

	if (!s)
		return 0;
	if (arg != 0 &&
	    ((op == KEYCTL_JOIN_SESSION_KEYRING && n == 1) || (op == KEYCTL_SEARCH && (n == 2 || n == 3)))) {
		put(s, KEYCTL_DYN_STRING, 1);
		capture_string(arg);
		return 0;
	}
	put(s, KEYCTL_DYN_INT, 1);
	put(s, arg, 8);
	return 0;
}

#define FSCONFIG_SET_STRING 1
#define FSCONFIG_SET_BINARY 2
#define FSCONFIG_SET_PATH 3
#define FSCONFIG_SET_PATH_EMPTY 4

__noinline int capture_fsconfig(u32 cmd, u64 value, u64 aux, u32 text)
{
	if (text && (cmd == FSCONFIG_SET_STRING || cmd == FSCONFIG_SET_PATH || cmd == FSCONFIG_SET_PATH_EMPTY))
		capture_string(value);
	if (!text && cmd == FSCONFIG_SET_BINARY)
		capture_bytes(value, aux);
	return 0;
}

/* quotactl(2): struct if_dqblk (what 0 .. 6) and struct if_dqinfo (7, 8) behind the fourth argument. */
#define Q_SYNC 0x800001
#define Q_QUOTAON 0x800002
#define Q_GETFMT 0x800004
#define Q_GETINFO 0x800005
#define Q_SETINFO 0x800006
#define Q_GETQUOTA 0x800007
#define Q_SETQUOTA 0x800008
#define SUBCMDSHIFT 8

static __always_inline u32 quota_cmd(const struct scratch *s)
{
	return (u32)ARG(s, 0) >> SUBCMDSHIFT;
}

__noinline int capture_quota(u32 what)
{
	/* offsets in if_dqblk: bhardlimit, bsoftlimit, curspace, ihardlimit, isoftlimit, btime, itime; in if_dqinfo: bgrace, igrace */
	struct scratch *s = scratch_get();
	u64 v = 0, ptr;
	u32 cmd;

	if (!s)
		return 0;
	cmd = quota_cmd(s);
	ptr = ARG(s, 3);
	if (what < 7 && (cmd == Q_SETQUOTA || (cmd == Q_GETQUOTA && s->ret >= 0))) {
		/* curinodes stands between isoftlimit and btime */
		v = user_u64(ptr + 8 * (what < 5 ? what : what + 1));
		if (what >= 5)
			v *= 1000000000ull;
	} else if (what >= 7 && what < 9 && (cmd == Q_SETINFO || (cmd == Q_GETINFO && s->ret >= 0))) {
		v = user_u64(ptr + 8 * (what - 7)) * 1000000000ull;
	}
	put(s, v, 8);
	return 0;
}

/* 0 dqi_flags, 1 the format that Q_GETFMT answers, 2 the type, 3 the format that Q_QUOTAON asks for. */
__noinline int capture_quota8(u32 what)
{
	struct scratch *s = scratch_get();
	u32 cmd, v = 0;

	if (!s)
		return 0;
	cmd = quota_cmd(s);
	if (what == 0 && (cmd == Q_SETINFO || (cmd == Q_GETINFO && s->ret >= 0)))
		v = (u32)user_u32(ARG(s, 3) + 16) & 1 ? 2 : 1;
	else if (what == 1 && cmd == Q_GETFMT && s->ret >= 0)
		v = xlat(XT_quotactl_quota_fmts, (u32)user_u32(ARG(s, 3)));
	else if (what == 2)
		v = xlat(XT_quotactl_types, (u32)ARG(s, 0) & 0xff);
	else if (what == 3)
		v = cmd == Q_QUOTAON ? xlat(XT_quotactl_quota_fmts, (u32)ARG(s, 2)) : 1;
	put(s, v, 1);
	return 0;
}

/* The kinds that are not plain numbers. Each appends its parameter; an empty one appends nothing. */
static __always_inline void capture_blob(struct scratch *s, const volatile struct capture *c)
{
	u64 arg = ARG(s, c->a);
	u64 arg_b = ARG(s, c->b);

	switch (c->kind) {
	case K_NOTHING: /* an empty parameter: the call has no result, or not one of its own (sigreturn) */
		break;
	case K_PATH:
		capture_string(arg);
		break;
	case K_PATH_IF_OK:
		if (s->ret > 0)
			capture_string(arg);
		break;
	case K_DATA_IN: /* what the call read */
		if (s->ret > 0)
			capture_bytes(arg, (u64)s->ret);
		break;
	case K_DATA_OUT: /* what the call wrote; b: the length asked for */
		capture_bytes(arg, out_len(s, arg_b));
		break;
	case K_DATA_LEN: /* b bytes */
		capture_bytes(arg, arg_b);
		break;
	case K_IOV_SIZE:
		put(s, iov_total(arg, arg_b), 4);
		break;
	case K_IOV_DATA_IN:
		if (s->ret > 0)
			capture_iov(arg, arg_b, (u64)s->ret);
		break;
	case K_IOV_DATA_OUT:
		capture_iov(arg, arg_b, out_len(s, ~0ull));
		break;
	case K_FDLIST:
		capture_fdlist(arg, arg_b);
		break;
	case K_TIMESPEC:
		capture_timespec(arg, !s->compat);
		break;
	case K_TIMESPEC64:
		capture_timespec(arg, 1);
		break;
	case K_SIGSET: /* the low word of a signal set */
		put(s, arg ? user_u32(arg) : 0, 4);
		break;
	case K_RLIMIT:
		capture_rlimit(arg, c->b, !s->compat);
		break;
	case K_RLIMIT_IF_OK:
		capture_rlimit(s->ret >= 0 ? arg : 0, c->b, !s->compat);
		break;
	case K_RLIMIT64:
		capture_rlimit(arg, c->b, 1);
		break;
	case K_RLIMIT64_IF_OK:
		capture_rlimit(s->ret >= 0 ? arg : 0, c->b, 1);
		break;
	case K_U32_AT: /* the u32 at offset b behind a pointer */
		put(s, arg ? user_u32(arg + c->b) : 0, 4);
		break;
	case K_U64_AT:
		put(s, arg ? user_u64(arg + c->b) : 0, 8);
		break;
	case K_OFF_AT: /* off_t of the caller's size */
		put(s, arg ? user_word(s, arg, 0) : 0, 8);
		break;
	case K_XAT32: /* flags behind a pointer, translated by table c */
		put(s, arg ? xlat(c->c, (u32)user_u32(arg + c->b)) : 0, 4);
		break;
	case K_FDPAIR: /* one of the two descriptors that pipe(2) and socketpair(2) made */
		put(s, s->ret >= 0 ? (u64)(s64)(s32)user_u32(arg + 4 * c->b) : ~0ull, 8);
		break;
	case K_FDPAIR_INO:
		put(s, s->ret >= 0 ? file_ino(file_of((s32)user_u32(arg))) : 0, 8);
		break;
	case K_FD_DEV: /* of the file that the call opened */
		put(s, s->ret >= 0 ? encode_dev(file_dev(file_of((s32)s->ret))) : 0, 4);
		break;
	case K_FD_INO:
		put(s, s->ret >= 0 ? file_ino(file_of((s32)s->ret)) : 0, 8);
		break;
	case K_FD_PATH:
		if (s->ret >= 0)
			capture_fd_path((s32)s->ret);
		break;
	case K_CREAT_FLAGS: /* which layer of an overlay the file is in: bit 0 upper, 1 lower */
		put(s, s->ret >= 0 ? (opened_flags(s->ret) >> 15) & 3 : 0, 2);
		break;
	case K_VM_SIZE:
		put(s, vm_kb(0), 4);
		break;
	case K_VM_RSS:
		put(s, vm_kb(1), 4);
		break;
	case K_VM_SWAP:
		put(s, vm_kb(2), 4);
		break;
	case K_CAPS:
		put(s, task_caps(c->a), 8);
		break;
	case K_HOW_FLAGS: /* struct open_how: flags, mode, resolve */
		put(s, arg ? open_flags((u32)user_u64(arg)) | opened_flags(s->ret) : 0, 4);
		break;
	case K_HOW_MODE:
		put(s, arg ? user_u64(arg + 8) & 07777 : 0, 4);
		break;
	case K_HOW_RESOLVE:
		put(s, arg ? xlat(XT_openat2_flags, (u32)user_u64(arg + 16)) : 0, 4);
		break;
	case K_SEMBUF:
		capture_sembuf(arg, arg_b, c->c);
		break;
	case K_SEMCTL_VAL: /* the value of SETVAL (16) */
		put(s, (u32)arg == 16 ? arg_b : 0, 4);
		break;
	case K_SIGACT:
		capture_sigact(arg, c->b);
		break;
	case K_PRCTL_STR:
		capture_prctl((u32)arg, arg_b, 1);
		break;
	case K_PRCTL_INT:
		capture_prctl((u32)arg, arg_b, 0);
		break;
	case K_PTRACE_ADDR:
		capture_ptrace((u32)arg, arg_b, 0);
		break;
	case K_PTRACE_DATA:
		capture_ptrace((u32)arg, arg_b, 1);
		break;
	case K_KEYCTL:
		capture_keyctl((u32)arg, arg_b, c->b);
		break;
	case K_FSCONFIG_BYTES:
		capture_fsconfig((u32)arg, arg_b, ARG(s, c->c), 0);
		break;
	case K_FSCONFIG_STR:
		capture_fsconfig((u32)arg, arg_b, 0, 1);
		break;
	case K_QUOTA:
		capture_quota(c->a);
		break;
	case K_QUOTA8:
		capture_quota8(c->a);
		break;
	case K_QUOTA_CMD:
		put(s, xlat(XT_quotactl_cmds, quota_cmd(s)), 2);
		break;
	case K_QUOTA_FILE:
		if (quota_cmd(s) == Q_QUOTAON)
			capture_string(ARG(s, 3));
		break;
	default:
		capture_socket(c->kind, c->a, c->b, c->c);
		break;
	}
}

#endif
