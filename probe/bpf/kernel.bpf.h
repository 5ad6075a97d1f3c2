/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The kernel types that the programs touch, with just the members they touch. Offsets are relocated when the programs are
 * loaded (CO-RE), so the build needs no BTF of any kernel. What has changed its shape between kernels stands here once, as a
 * flavour of the type (name___what) with the release that changed it.
 */
#ifndef PORTHOLE_KERNEL_BPF_H
#define PORTHOLE_KERNEL_BPF_H

#include <stdbool.h>
#include <linux/types.h>
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "porthole/wire.h"

typedef ph_u8 u8;
typedef ph_u16 u16;
typedef ph_u32 u32;
typedef ph_u64 u64;
typedef ph_s16 s16;
typedef ph_s32 s32;
typedef ph_s64 s64;

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct thread_info {
	unsigned long flags;
	u32 status;
};

#if defined(__TARGET_ARCH_x86)
struct pt_regs {
	unsigned long r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di, orig_ax, ip, cs, flags, sp, ss;
};
#elif defined(__TARGET_ARCH_arm64)
struct user_pt_regs {
	u64 regs[31];
	u64 sp, pc, pstate;
};
struct pt_regs {
	u64 regs[31];
	u64 sp, pc, pstate;
	u64 orig_x0;
	s32 syscallno;
};
#endif

struct list_head {
	struct list_head *next, *prev;
};

struct qstr {
	u32 len;
	const unsigned char *name;
};

struct super_block {
	u32 s_dev;
	unsigned long s_flags;
	unsigned long s_magic;
	struct dentry *s_root;
};

typedef struct {
	u32 val;
} kuid_t;

struct inode {
	u16 i_mode;
	kuid_t i_uid, i_gid;
	u32 i_flags;
	s64 i_mtime_sec, i_ctime_sec; /* 6.11 */
	u32 i_mtime_nsec, i_ctime_nsec;
	void *i_private;
	struct super_block *i_sb;
	unsigned long i_ino;
	u32 i_rdev;
	struct pipe_inode_info *i_pipe;
};

struct timespec64 {
	s64 tv_sec;
	long tv_nsec;
};
struct inode___66 {
	struct timespec64 __i_mtime, __i_ctime; /* ctime since 6.6, mtime since 6.7 */
};
struct inode___old {
	struct timespec64 i_mtime, i_ctime;
};

struct hlist_bl_node {
	struct hlist_bl_node **pprev;
};

struct dentry {
	struct hlist_bl_node d_hash;
	struct dentry *d_parent;
	struct qstr d_name;
	struct inode *d_inode;
	struct super_block *d_sb;
};

struct vfsmount {
	struct dentry *mnt_root;
	struct super_block *mnt_sb;
	s32 mnt_flags;
};

struct mount {
	struct mount *mnt_parent;
	struct dentry *mnt_mountpoint;
	struct vfsmount mnt;
	s32 mnt_id;
};

struct path {
	struct vfsmount *mnt;
	struct dentry *dentry;
};

struct file {
	u32 f_mode;
	const struct file_operations *f_op;
	void *private_data;
	struct inode *f_inode;
	u32 f_flags;
	struct path f_path;
};

struct fdtable {
	u32 max_fds;
	struct file **fd;
	unsigned long *close_on_exec;
};

struct files_struct {
	struct fdtable *fdt;
};

struct fs_struct {
	struct path root;
	struct path pwd;
};

struct percpu_counter {
	s64 count;
};

struct mm_struct {
	unsigned long total_vm;
	unsigned long arg_start, arg_end, env_start, env_end;
	struct file *exe_file;
	struct percpu_counter rss_stat[4]; /* 6.2 */
};

typedef struct {
	s64 counter;
} atomic_long_t;

struct mm_rss_stat___5 {
	atomic_long_t count[4];
};
struct mm_struct___5 {
	struct mm_rss_stat___5 rss_stat; /* up to 6.1 */
};

struct uid_gid_extent {
	u32 first, lower_first, count;
};

struct uid_gid_map {
	u32 nr_extents;
	struct uid_gid_extent extent[5];
};

struct user_namespace {
	struct uid_gid_map uid_map;
	s32 level;
};

struct group_info {
	s32 ngroups;
	kuid_t gid[1];
};

/* One u64 since 6.3, two u32 before: the same eight bytes. */
typedef struct {
	u64 val;
} kernel_cap_t;

struct cred {
	kuid_t uid, gid, suid, sgid, euid, egid, fsuid, fsgid;
	struct group_info *group_info;
	kernel_cap_t cap_inheritable, cap_permitted, cap_effective;
	struct user_namespace *user_ns;
};

struct proc_ns_operations {
	const char *name;
};

struct ns_common {
	const struct proc_ns_operations *ops;
	u32 inum;
};

struct pid_namespace {
	struct task_struct *child_reaper;
	u32 level;
	struct ns_common ns;
};

struct upid {
	s32 nr;
	struct pid_namespace *ns;
};

struct pid {
	u32 level;
	struct upid numbers[1];
};

struct mnt_namespace {
	struct ns_common ns;
};

struct net {
	struct ns_common ns;
};

struct nsproxy {
	struct mnt_namespace *mnt_ns;
	struct pid_namespace *pid_ns_for_children;
	struct net *net_ns;
};

struct tty_driver {
	s32 major, minor_start;
};

struct tty_struct {
	s32 index;
	struct tty_driver *driver;
};

struct rlimit {
	unsigned long rlim_cur, rlim_max;
};

struct signal_struct {
	struct pid *pids[4]; /* PIDTYPE_PID, TGID, PGID, SID */
	struct tty_struct *tty;
	struct rlimit rlim[16];
	struct list_head thread_head;
	s32 group_exit_code;
	u32 flags;
	u32 is_child_subreaper : 1, has_child_subreaper : 1;
	s16 oom_score_adj;
};

struct kernfs_node {
	struct kernfs_node *__parent; /* 6.15 */
	const char *name;
	u64 id;
};
struct kernfs_node___old {
	struct kernfs_node *parent; /* up to 6.14 */
};

struct cgroup {
	s32 level;
	struct kernfs_node *kn;
	struct cgroup_root *root;
};

struct cgroup_root {
	s32 hierarchy_id;
};

struct cgroup_subsys_state {
	struct cgroup *cgroup;
};

struct css_set {
	struct cgroup_subsys_state *subsys[16];
	struct cgroup *dfl_cgrp;
};

struct task_struct {
	struct thread_info thread_info;
	void *stack;
	u32 flags;
	struct mm_struct *mm;
	s32 exit_code;
	s32 pid, tgid;
	struct task_struct *real_parent;
	struct list_head children, sibling;
	struct task_struct *group_leader;
	struct list_head thread_node;
	struct pid *thread_pid;
	u64 start_boottime;
	u64 start_time;
	unsigned long min_flt, maj_flt;
	const struct cred *cred;
	char comm[PH_NAME_MAX];
	struct fs_struct *fs;
	struct files_struct *files;
	struct nsproxy *nsproxy;
	struct signal_struct *signal;
	kuid_t loginuid; /* with CONFIG_AUDIT */
	struct css_set *cgroups;
};

union __sifields {
	u8 first;
};

struct kernel_siginfo {
	s32 si_signo, si_errno, si_code;
	union __sifields _sifields; /* of a signal that a process sent, or SIGCHLD: si_pid comes first */
};

struct linux_binprm {
	struct file *file;
	const char *filename;
	const char *fdpath; /* 5.9: "/dev/fd/N/..", when the call named a descriptor */
};

struct in6_addr {
	u8 in6_u[16];
};

struct sock_common {
	u32 skc_daddr, skc_rcv_saddr; /* network order */
	u16 skc_dport; /* network order */
	u16 skc_num; /* local port, host order */
	u16 skc_family;
	u8 skc_state;
	struct in6_addr skc_v6_daddr, skc_v6_rcv_saddr;
};

struct sock {
	struct sock_common __sk_common;
	u16 sk_protocol; /* a bit field before 5.6 */
	u16 sk_type;
	u32 sk_ack_backlog, sk_max_ack_backlog;
	struct socket *sk_socket;
};

struct socket {
	s16 type;
	struct file *file;
	struct sock *sk;
};

struct inet_sock {
	struct sock sk;
	u32 inet_saddr; /* network order */
	u16 inet_sport; /* network order */
};

struct sockaddr_un {
	u16 sun_family;
	char sun_path[108];
};

struct unix_address {
	s32 len; /* of name */
	struct sockaddr_un name[0];
};

struct unix_sock {
	struct sock sk;
	struct unix_address *addr;
	struct sock *peer;
};

struct seq_file {
	void *private;
};

struct bpf_iter_meta {
	struct seq_file *seq;
	u64 session_id, seq_num;
};

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
};

struct bpf_iter__task_file {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
	u32 fd;
	struct file *file;
};

#pragma clang attribute pop

#define S_IFMT 0170000
#define S_IFSOCK 0140000
#define S_IFLNK 0120000
#define S_IFREG 0100000
#define S_IFBLK 0060000
#define S_IFDIR 0040000
#define S_IFCHR 0020000
#define S_IFIFO 0010000

#define AF_UNIX 1
#define AF_INET 2
#define AF_INET6 10
#define AF_NETLINK 16
#define AF_PACKET 17

#define PF_EXITING 0x00000004
#define PF_KTHREAD 0x00200000
#define TS_COMPAT 0x0002 /* thread_info.status: in a 32-bit system call (x86) */
#define TIF_32BIT 22 /* thread_info.flags (arm64) */

/* Their values depend on the kernel's configuration. */
enum cgroup_subsys_id {
	cpuset_cgrp_id,
	cpu_cgrp_id,
	cpuacct_cgrp_id,
	io_cgrp_id,
	memory_cgrp_id,
	devices_cgrp_id,
	freezer_cgrp_id,
	net_cls_cgrp_id,
	perf_event_cgrp_id,
	net_prio_cgrp_id,
	hugetlb_cgrp_id,
	pids_cgrp_id,
	rdma_cgrp_id,
	misc_cgrp_id,
};

enum { PIDTYPE_PID, PIDTYPE_TGID, PIDTYPE_PGID, PIDTYPE_SID };

/* Masks a value where the compiler cannot think it away, so that the verifier sees the bound. */
#define BOUND(x, mask)                                            \
	({                                                        \
		u64 __x = (x);                                    \
		asm volatile("%0 &= %1" : "+r"(__x) : "i"(mask)); \
		__x;                                              \
	})

static __always_inline struct kernfs_node *kernfs_parent(struct kernfs_node *kn)
{
	if (bpf_core_field_exists(kn->__parent))
		return BPF_CORE_READ(kn, __parent);
	return BPF_CORE_READ((struct kernfs_node___old *)kn, parent);
}

#endif
