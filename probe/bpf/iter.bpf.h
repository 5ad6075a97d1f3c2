/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The start-up snapshot: iterators over all tasks and all open files, which write the records of wire.h. Of the two over
 * tasks the loader takes one: ph_iter_task_args may sleep and reads arguments and environment too (5.18).
 */
#ifndef PORTHOLE_ITER_BPF_H
#define PORTHOLE_ITER_BPF_H

#include "proc.bpf.h"

#define ITER_MASK 0x7fffu
#define TCP_LISTEN 10
#define IPPROTO_ICMP 1
#define IPPROTO_TCP 6
#define IPPROTO_UDP 17
#define IPPROTO_ICMPV6 58
#define SOCK_RAW 3

/* Where a record is made; one iterator runs at a time. Addresses pass through it to become numbers (see trace.bpf.h). */
struct iter_buf {
	volatile u64 task, file;
	volatile u32 off; /* behind what is there; counted from rec */
	u32 pad;
	union {
		struct ph_snap_task_rec task_rec;
		struct ph_snap_fd_rec fd_rec;
		u8 bytes[ITER_MASK + 1 + 4096 + 8];
	};
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct iter_buf);
} iter_bufs SEC(".maps");

static __always_inline struct iter_buf *iter_buf(void)
{
	u32 zero = 0;

	return bpf_map_lookup_elem(&iter_bufs, &zero);
}

/* Appends the path that stands at pos of the iterators' buffer, without its NUL. Returns its length. */
__noinline u32 iter_path(u32 pos)
{
	struct path_buf *p = path_buf(PATH_ITER);
	struct iter_buf *b = iter_buf();
	u32 len = PATH_END - pos;

	if (!p || !b || pos >= PATH_END || b->off > ITER_MASK - 4096)
		return 0;
	if (bpf_probe_read_kernel(&b->bytes[BOUND(b->off, ITER_MASK)], BOUND(len, PATH_MASK),
				  &p->text[BOUND(pos, PATH_MASK)]) != 0)
		return 0;
	b->off += len;
	return len;
}

/* The plain numbers of a task. */
__noinline int iter_task_numbers(u64 task_at)
{
	struct task_struct *task = (void *)task_at;
	struct mm_struct *mm = BPF_CORE_READ(task, mm);
	struct iter_buf *b = iter_buf();
	struct ph_snap_task_rec *r;
	struct nsproxy *ns;
	struct pid_namespace *pid_ns;

	if (!b)
		return 0;
	r = &b->task_rec;
	r->hdr.kind = PH_SNAP_TASK;
	r->tid = BPF_CORE_READ(task, pid);
	r->pid = BPF_CORE_READ(task, tgid);
	r->ptid = BPF_CORE_READ(task, real_parent, tgid);
	r->sid = task_nr(task_at, PIDTYPE_SID);
	r->pgid = task_nr(task_at, PIDTYPE_PGID);
	r->vtid = task_vnr(task_at, PIDTYPE_PID);
	r->vpid = task_vnr(task_at, PIDTYPE_TGID);
	r->vpgid = task_vnr(task_at, PIDTYPE_PGID);
	r->vsid = task_vnr(task_at, PIDTYPE_SID);
	r->start_boot_ns = BPF_CORE_READ(task, start_boottime);
	r->pidns_init_start_ns = pidns_start(task);
	r->cap_inheritable = caps_of(task, 0);
	r->cap_permitted = caps_of(task, 1);
	r->cap_effective = caps_of(task, 2);
	r->cgroup_id = BPF_CORE_READ(task, cgroups, dfl_cgrp, kn, id);
	r->pgft_maj = BPF_CORE_READ(task, maj_flt);
	r->pgft_min = BPF_CORE_READ(task, min_flt);
	r->fdlimit = BPF_CORE_READ(task, signal, rlim[RLIMIT_NOFILE].rlim_cur);
	ns = BPF_CORE_READ(task, nsproxy);
	r->mnt_ns = ns ? BPF_CORE_READ(ns, mnt_ns, ns.inum) : 0;
	r->net_ns = ns ? BPF_CORE_READ(ns, net_ns, ns.inum) : 0;
	pid_ns = task_pid_ns(task);
	r->pid_ns = pid_ns ? BPF_CORE_READ(pid_ns, ns.inum) : 0;
	r->vm_size_kb = mm_kb(mm, 0);
	r->vm_rss_kb = mm_kb(mm, 1);
	r->vm_swap_kb = mm_kb(mm, 2);
	r->uid = BPF_CORE_READ(task, cred, euid.val);
	r->gid = BPF_CORE_READ(task, cred, egid.val);
	r->loginuid = task_loginuid(task);
	r->tty = task_tty(task);
	r->flags = BPF_CORE_READ(task, flags) & PF_KTHREAD ? PH_TASK_KTHREAD : 0;
	r->exe_flags = 0;
	r->exe_ino = r->exe_ino_ctime = r->exe_ino_mtime = 0;
	r->pad = 0;
	bpf_probe_read_kernel_str(r->comm, sizeof r->comm, &task->comm);
	return 0;
}

/* What only the main thread of a process tells: its program. */
__noinline int iter_task_exe(u64 task_at)
{
	struct inode *inode = BPF_CORE_READ((struct task_struct *)task_at, mm, exe_file, f_inode);
	struct iter_buf *b = iter_buf();

	if (!b)
		return 0;
	b->task_rec.lens[PH_SNAP_EXEPATH] = 0;
	if (!inode)
		return 0;
	b->task_rec.exe_ino = BPF_CORE_READ(inode, i_ino);
	b->task_rec.exe_ino_ctime = inode_ctime(inode);
	b->task_rec.exe_ino_mtime = inode_mtime(inode);
	b->task_rec.exe_flags = exe_flags(task_at);
	b->task_rec.lens[PH_SNAP_EXEPATH] = iter_path((u32)path_of_task(task_at, PATH_EXE, PATH_ITER));
	return 0;
}

__noinline int iter_task_paths(u64 task_at)
{
	struct iter_buf *b = iter_buf();
	struct cgroup *cgroup = naming_cgroup((struct task_struct *)task_at);

	if (!b)
		return 0;
	b->task_rec.lens[PH_SNAP_CWD] = iter_path((u32)path_of_task(task_at, PATH_CWD, PATH_ITER));
	b->task_rec.lens[PH_SNAP_ROOT] = iter_path((u32)path_of_task(task_at, PATH_ROOT, PATH_ITER));
	b->task_rec.lens[PH_SNAP_CGROUP] = 0;
	if (cgroup)
		b->task_rec.lens[PH_SNAP_CGROUP] =
			iter_path((u32)path_of_kernfs((u64)BPF_CORE_READ(cgroup, kn), PATH_ITER));
	b->task_rec.lens[PH_SNAP_ARGS] = b->task_rec.lens[PH_SNAP_ENV] = 0;
	return 0;
}

/* Begins the record of a task: everything but arguments and environment. NULL: nothing to tell. */
static __always_inline struct iter_buf *iter_task_begin(struct task_struct *task)
{
	struct iter_buf *b = iter_buf();
	u64 at;

	if (!task || !b)
		return 0;
	b->task = (u64)task;
	at = b->task;
	if (!BPF_CORE_READ((struct task_struct *)at, thread_pid))
		return 0; /* reaped in the meantime */
	b->off = sizeof b->task_rec;
	iter_task_numbers(at);
	if (b->task_rec.tid == b->task_rec.pid)
		iter_task_exe(at);
	else
		b->task_rec.lens[PH_SNAP_EXEPATH] = 0;
	iter_task_paths(at);
	return b;
}

static __always_inline void iter_write(struct iter_buf *b, struct seq_file *seq)
{
	u32 size = (b->off + 7) & ~7u;

	b->task_rec.hdr.size = size;
	bpf_seq_write(seq, b->bytes, BOUND(size, ITER_MASK));
}

SEC("iter/task")
int ph_iter_task(struct bpf_iter__task *ctx)
{
	struct seq_file *seq = ctx->meta->seq;
	struct iter_buf *b = iter_task_begin(ctx->task);

	if (b)
		iter_write(b, seq);
	return 0;
}

/* Appends [start, end) of the task's memory, at most ARGS_MAX bytes. Returns the length. */
static __always_inline u32 iter_memory(struct iter_buf *b, struct task_struct *task, u64 start, u64 end)
{
	u32 len, off = b->off;

	if (start == 0 || end <= start || off > ITER_MASK - ARGS_MAX)
		return 0;
	len = end - start > ARGS_MAX - 1 ? ARGS_MAX - 1 : (u32)(end - start);
	if (bpf_copy_from_user_task(&b->bytes[BOUND(off, ITER_MASK)], (u32)BOUND(len, ARGS_MAX - 1), (void *)start,
				    task, 0) != 0)
		return 0;
	b->off = off + len;
	return len;
}

SEC("iter.s/task")
int ph_iter_task_args(struct bpf_iter__task *ctx)
{
	struct seq_file *seq = ctx->meta->seq;
	struct task_struct *task = ctx->task;
	struct iter_buf *b = iter_task_begin(task);
	struct mm_struct *mm;

	if (!b || !task)
		return 0;
	mm = task->mm;
	if (b->task_rec.tid == b->task_rec.pid && mm) {
		b->task_rec.flags |= PH_TASK_ARGS_READ;
		b->task_rec.lens[PH_SNAP_ARGS] =
			iter_memory(b, task, BPF_CORE_READ(mm, arg_start), BPF_CORE_READ(mm, arg_end));
		b->task_rec.lens[PH_SNAP_ENV] =
			iter_memory(b, task, BPF_CORE_READ(mm, env_start), BPF_CORE_READ(mm, env_end));
	}
	iter_write(b, seq);
	return 0;
}

static __always_inline u8 sock_l4(struct sock *sk)
{
	u32 protocol = BPF_CORE_READ(sk, sk_protocol);

	if (BPF_CORE_READ(sk, sk_type) == SOCK_RAW)
		return PH_L4_RAW;
	switch (protocol) {
	case IPPROTO_TCP:
		return PH_L4_TCP;
	case IPPROTO_UDP:
		return PH_L4_UDP;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		return PH_L4_ICMP;
	}
	return PH_L4_NA;
}

/* A UNIX socket's path: its own, or the one of the socket that it is connected to. */
static __always_inline void iter_unix(struct iter_buf *b, struct sock *sk)
{
	struct sock *peer = BPF_CORE_READ((struct unix_sock *)sk, peer);
	struct unix_address *addr = BPF_CORE_READ((struct unix_sock *)sk, addr);
	u32 len, off = b->off;
	u64 name;
	u8 first = 0;

	b->fd_rec.type = PH_FD_UNIX;
	b->fd_rec.sock = (u64)sk;
	b->fd_rec.peer = (u64)peer;
	if (!addr && peer)
		addr = BPF_CORE_READ((struct unix_sock *)peer, addr);
	if (!addr)
		return;
	len = (u32)BPF_CORE_READ(addr, len);
	if (len <= 2 || len > 110)
		return;
	len = (u32)BOUND(len - 2, 127);
	name = (u64)addr + bpf_core_field_offset(struct unix_address, name) + 2;
	bpf_probe_read_kernel(&first, 1, (void *)name);
	if (first) {
		/* A path may end with a NUL or not. */
		long n = bpf_probe_read_kernel_str(&b->bytes[BOUND(off, ITER_MASK)], len + 1, (void *)name);

		len = n > 1 ? (u32)n - 1 : 0;
	} else {
		bpf_probe_read_kernel(&b->bytes[BOUND(off, ITER_MASK)], len, (void *)name);
		b->bytes[BOUND(off, ITER_MASK)] = '@';
	}
	b->fd_rec.name_len = len;
	b->off = off + len;
}

/* Type, ends and name of a socket. False: not one of the families with a type of their own. */
__noinline int iter_socket(u64 file_at)
{
	struct iter_buf *b = iter_buf();
	struct socket *socket = BPF_CORE_READ((struct file *)file_at, private_data);
	struct sock *sk = socket ? BPF_CORE_READ(socket, sk) : 0;
	bool v6, server, far = false;
	u16 family;

	if (!b)
		return 0;
	b->fd_rec.type = PH_FD_UNSUPPORTED;
	if (!sk)
		return 0;
	family = BPF_CORE_READ(sk, __sk_common.skc_family);
	if (family == AF_UNIX) {
		iter_unix(b, sk);
		return 1;
	}
	if (family == AF_NETLINK)
		b->fd_rec.type = PH_FD_NETLINK;
	if (family != AF_INET && family != AF_INET6)
		return 0;
	v6 = family == AF_INET6;
	b->fd_rec.l4 = sock_l4(sk);
	b->fd_rec.lport = BPF_CORE_READ(sk, __sk_common.skc_num);
	b->fd_rec.rport = __builtin_bswap16(BPF_CORE_READ(sk, __sk_common.skc_dport));
	if (v6) {
		bpf_core_read(b->fd_rec.local, 16, &sk->__sk_common.skc_v6_rcv_saddr);
		bpf_core_read(b->fd_rec.remote, 16, &sk->__sk_common.skc_v6_daddr);
	} else {
		bpf_core_read(b->fd_rec.local, 4, &sk->__sk_common.skc_rcv_saddr);
		bpf_core_read(b->fd_rec.remote, 4, &sk->__sk_common.skc_daddr);
	}
	b->fd_rec.listening = b->fd_rec.l4 == PH_L4_TCP && BPF_CORE_READ(sk, __sk_common.skc_state) == TCP_LISTEN;
	far = b->fd_rec.rport != 0;
	server = b->fd_rec.listening || (b->fd_rec.l4 != PH_L4_TCP && !far && b->fd_rec.lport != 0);
	if (v6)
		b->fd_rec.type = server ? PH_FD_IPV6_SERVER : PH_FD_IPV6;
	else
		b->fd_rec.type = server ? PH_FD_IPV4_SERVER : PH_FD_IPV4;
	return 1;
}

/* What a file is, but for anonymous inodes, which user space tells by their names. */
__noinline int iter_file(u64 task_at, u64 file_at, u32 fd)
{
	struct task_struct *task = (void *)task_at;
	struct file *file = (void *)file_at;
	struct inode *inode = BPF_CORE_READ(file, f_inode);
	struct iter_buf *b = iter_buf();
	u32 mode = inode ? BPF_CORE_READ(inode, i_mode) : 0;

	if (!b)
		return 0;
	__builtin_memset(&b->fd_rec, 0, sizeof b->fd_rec);
	b->off = sizeof b->fd_rec;
	b->fd_rec.hdr.kind = PH_SNAP_FD;
	b->fd_rec.pid = BPF_CORE_READ(task, tgid);
	b->fd_rec.tid = BPF_CORE_READ(task, pid);
	b->fd_rec.fd = (s32)fd;
	b->fd_rec.ino = inode ? BPF_CORE_READ(inode, i_ino) : 0;
	b->fd_rec.cloexec = fd_cloexec(task, fd);
	b->fd_rec.dev = encode_dev(file_dev(file));
	b->fd_rec.open_flags = open_flags(BPF_CORE_READ(file, f_flags) | (b->fd_rec.cloexec ? O_CLOEXEC : 0));
	switch (mode & S_IFMT) {
	case S_IFSOCK:
		if (iter_socket(file_at))
			return 0;
		break;
	case S_IFIFO:
		b->fd_rec.type = PH_FD_FIFO;
		break;
	case S_IFDIR:
		b->fd_rec.type = PH_FD_DIRECTORY;
		break;
	case S_IFREG:
		b->fd_rec.type = is_memfd(file) ? PH_FD_MEMFD : PH_FD_FILE_V2;
		break;
	case S_IFCHR:
	case S_IFBLK:
	case S_IFLNK:
		b->fd_rec.type = PH_FD_FILE_V2;
		break;
	default: /* anonymous inodes have no format bits */
		b->fd_rec.type = PH_FD_UNSUPPORTED;
		break;
	}
	b->fd_rec.name_len = iter_path((u32)path_of_file(file_at, task_at, PATH_ITER));
	return 0;
}

SEC("iter/task_file")
int ph_iter_task_file(struct bpf_iter__task_file *ctx)
{
	struct seq_file *seq = ctx->meta->seq;
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	struct iter_buf *b = iter_buf();
	u32 fd = ctx->fd;

	if (!task || !file || !b || (task->flags & PF_KTHREAD))
		return 0;
	b->task = (u64)task;
	b->file = (u64)file;
	iter_file(b->task, b->file, fd);
	iter_write(b, seq);
	return 0;
}

#endif
