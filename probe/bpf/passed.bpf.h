/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Descriptors that a process gets from another one: over a UNIX socket (SCM_RIGHTS) or by pidfd_getfd(2). The call's own record
 * has only their numbers, so a record for each, of the codes that the field's tools list open files with, goes in front of it
 * and says what it is. sys_exit calls in here before it begins its record.
 */
#ifndef PORTHOLE_PASSED_BPF_H
#define PORTHOLE_PASSED_BPF_H

#include "path.bpf.h"
#include "proc.bpf.h"
#include "socket.bpf.h"

#define SCM_RIGHTS 1
#define RIGHTS_STEPS 20 /* control messages and descriptors that are looked at in a message */
#define PASSED_MESSAGES 8 /* messages of a recvmmsg(2) that are looked at */

/* The first seven bytes of a name. */
#define NAME7(a, b, c, d, e, f, g) \
	((u64)(a) | (u64)(b) << 8 | (u64)(c) << 16 | (u64)(d) << 24 | (u64)(e) << 32 | (u64)(f) << 40 | (u64)(g) << 48)

/* Of what kind an anonymous inode is, as anon_inode_fd_types of flags.def. */
static __always_inline u32 anon_inode_type(struct file *file)
{
	u64 name = 0;

	bpf_probe_read_kernel_str(&name, sizeof name, BPF_CORE_READ(file, f_path.dentry, d_name.name));
	switch (name & 0x00ffffffffffffffull) { /* the last one is the terminating NUL */
	case NAME7('[', 'e', 'v', 'e', 'n', 't', 'f'):
		return 1;
	case NAME7('[', 'e', 'v', 'e', 'n', 't', 'p'):
		return 2;
	case NAME7('i', 'n', 'o', 't', 'i', 'f', 'y'):
		return 3;
	case NAME7('[', 's', 'i', 'g', 'n', 'a', 'l'):
		return 4;
	case NAME7('[', 't', 'i', 'm', 'e', 'r', 'f'):
		return 5;
	case NAME7('[', 'i', 'o', '_', 'u', 'r', 'i'):
		return 6;
	case NAME7('[', 'u', 's', 'e', 'r', 'f', 'a'):
		return 7;
	case NAME7('[', 'p', 'i', 'd', 'f', 'd', ']'):
		return 8;
	case NAME7('b', 'p', 'f', '-', 'm', 'a', 'p'):
		return 9;
	case NAME7('b', 'p', 'f', '-', 'p', 'r', 'o'):
		return 10;
	case NAME7('b', 'p', 'f', '_', 'l', 'i', 'n'):
	case NAME7('b', 'p', 'f', '-', 'l', 'i', 'n'):
		return 11;
	case NAME7('b', 'p', 'f', '_', 'i', 't', 'e'):
		return 12;
	case NAME7('[', 'p', 'e', 'r', 'f', '_', 'e'):
		return 13;
	}
	return 0;
}

static __always_inline u32 mount_id(struct file *file)
{
	u64 vfsmount = (u64)BPF_CORE_READ(file, f_path.mnt);

	return (u32)BPF_CORE_READ((struct mount *)(vfsmount - bpf_core_field_offset(struct mount, mnt)), mnt_id);
}

/* Makes the path of a descriptor of the current task; the result is where it begins in the event buffer. */
__noinline int path_of_fd(s32 fd)
{
	return path_of_file((u64)file_of(fd), bpf_get_current_task(), PATH_EVENT);
}

/*
 * The record of a descriptor of the current task that is no socket of a family with a record of its own. path: as path_of_fd()
 * has just made it, which the caller calls, because all frames of a chain have 512 bytes together.
 */
__noinline int tell_file(s32 fd, u32 path)
{
	u32 type = PH_EV_ITER_TASK_FILE_REGULAR_E, n = NPARAMS_ITER_TASK_FILE_REGULAR_E, i = 1, from;
	struct file *file = file_of(fd);
	u32 kind = 0;
	struct scratch *s;

	if (!file)
		return 0;
	switch (BPF_CORE_READ(file, f_inode, i_mode) & S_IFMT) {
	case S_IFIFO:
		type = PH_EV_ITER_TASK_FILE_PIPE_E;
		n = NPARAMS_ITER_TASK_FILE_PIPE_E;
		break;
	case S_IFDIR:
		type = PH_EV_ITER_TASK_FILE_DIRECTORY_E;
		n = NPARAMS_ITER_TASK_FILE_DIRECTORY_E;
		break;
	case S_IFREG:
		if (BPF_CORE_READ(file, f_inode, i_sb, s_magic) == PID_FS_MAGIC) {
			kind = 8;
			type = PH_EV_ITER_TASK_FILE_ANON_INODE_E;
			n = NPARAMS_ITER_TASK_FILE_ANON_INODE_E;
		} else if (is_memfd(file)) {
			type = PH_EV_ITER_TASK_FILE_MEMFD_E;
			n = NPARAMS_ITER_TASK_FILE_MEMFD_E;
		}
		break;
	case S_IFCHR:
	case S_IFBLK:
	case S_IFLNK:
		break;
	default:
		kind = BPF_CORE_READ(file, f_inode, i_sb, s_magic) == PID_FS_MAGIC ? 8 : anon_inode_type(file);
		type = PH_EV_ITER_TASK_FILE_ANON_INODE_E;
		n = NPARAMS_ITER_TASK_FILE_ANON_INODE_E;
		break;
	}
	s = begin_state(type, n, CATEGORY_ITER_TASK_FILE_REGULAR_E, (u32)bpf_get_current_pid_tgid());
	if (!s)
		return 0;
	put_param(s, 0, (u32)fd, 4);
	if (type == PH_EV_ITER_TASK_FILE_ANON_INODE_E)
		put_param(s, i++, kind, 1);
	from = s->off;
	put_path(s, path);
	end_param(s, i++, from);
	if (type == PH_EV_ITER_TASK_FILE_REGULAR_E) {
		u32 flags = BPF_CORE_READ(file, f_flags);

		if (fd_cloexec((void *)bpf_get_current_task(), (u32)fd))
			flags |= O_CLOEXEC;
		put_param(s, i++, open_flags(flags), 4);
		put_param(s, i++, mount_id(file), 4);
	}
	put_param(s, i, file_ino(file), 8);
	finish(s);
	return 0;
}

/* The record of a socket. 0: the descriptor is none, or of another family. */
__noinline int tell_socket(s32 fd)
{
	struct sock *sk = sock_of(fd);
	u16 family = sock_family(sk);
	u32 type, n, from;
	u64 ip[2] = {};
	struct scratch *s;

	switch (family) {
	case AF_INET:
		type = PH_EV_ITER_TASK_FILE_SOCKET_INET_E;
		n = NPARAMS_ITER_TASK_FILE_SOCKET_INET_E;
		break;
	case AF_INET6:
		type = PH_EV_ITER_TASK_FILE_SOCKET_INET6_E;
		n = NPARAMS_ITER_TASK_FILE_SOCKET_INET6_E;
		break;
	case AF_UNIX:
		type = PH_EV_ITER_TASK_FILE_SOCKET_UNIX_E;
		n = NPARAMS_ITER_TASK_FILE_SOCKET_UNIX_E;
		break;
	case AF_NETLINK:
		type = PH_EV_ITER_TASK_FILE_SOCKET_NETLINK_E;
		n = NPARAMS_ITER_TASK_FILE_SOCKET_NETLINK_E;
		break;
	default:
		return 0;
	}
	s = begin_state(type, n, CATEGORY_ITER_TASK_FILE_SOCKET_UNIX_E, (u32)bpf_get_current_pid_tgid());
	if (!s)
		return 1;
	put_param(s, 0, (u32)fd, 4);
	put_param(s, 1, BPF_CORE_READ(sk, sk_type), 2);
	put_param(s, 2, BPF_CORE_READ(sk, sk_protocol), 2);
	switch (family) {
	case AF_INET:
		put_param(s, 3, BPF_CORE_READ(sk, __sk_common.skc_rcv_saddr), 4);
		put_param(s, 4, BPF_CORE_READ(sk, __sk_common.skc_num), 2);
		put_param(s, 5, BPF_CORE_READ(sk, __sk_common.skc_daddr), 4);
		put_param(s, 6, swap16(BPF_CORE_READ(sk, __sk_common.skc_dport)), 2);
		break;
	case AF_INET6:
		from = s->off;
		BPF_CORE_READ_INTO(&ip, sk, __sk_common.skc_v6_rcv_saddr);
		put_in6(s, ip);
		end_param(s, 3, from);
		put_param(s, 4, BPF_CORE_READ(sk, __sk_common.skc_num), 2);
		from = s->off;
		BPF_CORE_READ_INTO(&ip, sk, __sk_common.skc_v6_daddr);
		put_in6(s, ip);
		end_param(s, 5, from);
		put_param(s, 6, swap16(BPF_CORE_READ(sk, __sk_common.skc_dport)), 2);
		break;
	case AF_UNIX:
		put_param(s, 3, (u64)sk, 8);
		from = s->off;
		/* its own name, or that of the socket that it is connected to */
		if (!capture_bound(sk))
			capture_bound(BPF_CORE_READ((struct unix_sock *)sk, peer));
		end_param(s, 4, from);
		break;
	}
	put_param(s, n - 1, file_ino(file_of(fd)), 8);
	finish(s);
	return 1;
}

/* The records of all descriptors that came with a message: msg is a struct msghdr of the caller. */
__noinline int tell_rights(u64 msg, u32 compat)
{
	u32 word = compat ? 4 : 8;
	u64 at, end, fd_at = 0, fd_end = 0;

	at = compat ? user_u32(msg + 4 * MSG_CONTROL_PTR) : user_u64(msg + 8 * MSG_CONTROL_PTR);
	end = at + (compat ? user_u32(msg + 4 * MSG_CONTROLLEN) : user_u64(msg + 8 * MSG_CONTROLLEN));
	if (!at)
		return 0;
	for (u32 i = 0; i < RIGHTS_STEPS; i++) {
		u64 len, kind;

		if (fd_at < fd_end) {
			s32 fd = (s32)user_u32(fd_at);

			if (!tell_socket(fd))
				tell_file(fd, (u32)path_of_fd(fd));
			fd_at += 4;
			continue;
		}
		/* struct cmsghdr: a length of the caller's size, level, type */
		if (at + word + 8 > end)
			break;
		len = compat ? user_u32(at) : user_u64(at);
		kind = user_u64(at + word);
		if (len < word + 8 || len > end - at)
			break;
		if (kind == ((u64)SCM_RIGHTS << 32 | SOL_SOCKET)) {
			fd_at = at + word + 8;
			fd_end = (at + len) & ~3ull;
		}
		at += (len + word - 1) & ~(u64)(word - 1);
	}
	return 0;
}

/* Is this a call that descriptors come with? */
static __always_inline bool may_pass(u32 row)
{
	return row == PH_SC_recvmsg || row == PH_SC_recvmmsg || row == PH_SC_pidfd_getfd;
}

/* args, ret: those of the call. */
static __always_inline void tell_passed(u32 row, s64 ret, s32 fd, u64 msg, bool compat)
{
	if (ret < 0)
		return;
	if (row == PH_SC_pidfd_getfd) {
		if (!tell_socket((s32)ret))
			tell_file((s32)ret, (u32)path_of_fd((s32)ret));
		return;
	}
	if (sock_family(sock_of(fd)) != AF_UNIX)
		return;
	if (row == PH_SC_recvmsg) {
		tell_rights(msg, compat);
		return;
	}
	for (u32 i = 0; i < PASSED_MESSAGES; i++) {
		if ((s64)i >= ret)
			break;
		/* struct mmsghdr is a msghdr and an unsigned int, padded to a word */
		tell_rights(msg + i * (compat ? 4 : 8) * (MSG_WORDS + 1), compat);
	}
}

#endif
