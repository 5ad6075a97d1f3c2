/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only OR BSD-2-Clause */
/*
 * What crosses the border between the BPF programs and user space: ring records, the configuration, the statistics and the
 * records of the start-up iterators. Both sides include this file; every struct has the same layout on both.
 */
#ifndef PORTHOLE_WIRE_H
#define PORTHOLE_WIRE_H

#include "porthole/event.h"

#define PH_MAX_CPUS 1024
#define PH_NAME_MAX 16 /* TASK_COMM_LEN */
#define PH_PATH_MAX 4096
#define PH_SNAPLEN_MAX 65000
#define PH_SNAPLEN_DEFAULT 80

/* A ring record: this header, then the event block. In a ring it begins at a multiple of 8. */
struct ph_rec {
	ph_u64 enter_ns; /* when the call was entered, since the epoch; 0: not known or no syscall */
	ph_u32 size; /* of the whole record, this header included */
	ph_u16 cpu;
	ph_u16 syscall; /* enum ph_syscall_row; PH_SC_COUNT: not from a syscall */
	struct ph_evt_hdr evt; /* the length words and parameters follow */
} __attribute__((packed));

#define PH_REC_HEAD 16 /* bytes in front of the event block */

/* What a syscall's record needs; a byte a row of syscalls.def, writable while the programs run. */
enum ph_plan_bits {
	PH_PLAN_WANTED = 1 << 0, /* sends a record */
	PH_PLAN_STATE = 1 << 1, /* through the state ring */
};

/* Set before the programs are loaded; constant for the verifier, so what is off costs nothing. */
struct ph_config {
	ph_u64 boot_epoch_ns; /* epoch time of CLOCK_BOOTTIME 0 */
	ph_u32 snaplen; /* bytes of each data parameter, at most PH_SNAPLEN_MAX */
	ph_u8 task_storage; /* the kernel has task storage maps (5.11) */
	ph_u8 enter_time;
	ph_u16 page_kb; /* of the machine */
	ph_u32 ncpus; /* CPUs that have rings: ids 0 .. ncpus - 1 */
};

/* Counters of a CPU, mapped into user space; every one only grows. */
struct ph_cpu_stats {
	ph_u64 events; /* records handed to a ring */
	ph_u64 bytes;
	ph_u64 lost[PH_C_MAX]; /* records that found their ring full, by event category */
	ph_u64 lost_state; /* those of them that were for the state ring */
	ph_u64 lost_busy; /* programs that found their scratch buffer taken (preempted in the middle) */
	/*
	 * 0: no record is being made. Otherwise one is, and it is stamped with this time or, when this is 1, with one that is
	 * being read just now. No record of this CPU that is not in its rings yet is older.
	 */
	ph_u64 in_flight_ns;
	/* the gap that has not been reported in the stream yet */
	ph_u64 gap_lost, gap_lost_state, gap_from_ns, gap_to_ns;
};

/* A gap record: what a CPU has lost since the last one, at its place in the stream. */
struct ph_gap_rec {
	struct ph_rec rec;
	ph_u16 lens[5];
	ph_u64 lost, lost_state, from_ns, to_ns; /* the parameters of PH_EV_GAP_E */
	ph_u32 cpu;
} __attribute__((packed));

static inline __attribute__((always_inline)) void ph_gap_fill(struct ph_gap_rec *gap,
							      const volatile struct ph_cpu_stats *st, ph_u32 cpu)
{
	__builtin_memset(gap, 0, sizeof *gap);
	gap->rec.size = sizeof *gap;
	gap->rec.cpu = (ph_u16)cpu;
	gap->rec.syscall = PH_SC_COUNT;
	gap->rec.evt.ts_ns = st->gap_to_ns;
	gap->rec.evt.tid = -1;
	gap->rec.evt.len = sizeof *gap - PH_REC_HEAD;
	gap->rec.evt.type = PH_EV_GAP_E;
	gap->rec.evt.nparams = 5;
	gap->lens[0] = gap->lens[1] = gap->lens[2] = gap->lens[3] = sizeof gap->lost;
	gap->lens[4] = sizeof gap->cpu;
	gap->lost = st->gap_lost;
	gap->lost_state = st->gap_lost_state;
	gap->from_ns = st->gap_from_ns;
	gap->to_ns = st->gap_to_ns;
	gap->cpu = cpu;
}

/* Records of the start-up iterators, one after the other in the iterator's output. Sizes in bytes, multiples of 8. */
enum ph_snap_kind { PH_SNAP_TASK = 1, PH_SNAP_FD = 2 };

struct ph_snap_hdr {
	ph_u32 size; /* of the record, this header and all that follows it */
	ph_u32 kind; /* enum ph_snap_kind */
};

/* Followed by exepath, cwd, root, cgroup path, args, env: lens[] bytes each, without terminating NUL, unpadded. */
enum ph_snap_text {
	PH_SNAP_EXEPATH,
	PH_SNAP_CWD,
	PH_SNAP_ROOT,
	PH_SNAP_CGROUP,
	PH_SNAP_ARGS,
	PH_SNAP_ENV,
	PH_SNAP_TEXTS
};

struct ph_snap_task_rec {
	struct ph_snap_hdr hdr;
	ph_s64 tid, pid, ptid, sid, pgid; /* initial PID namespace */
	ph_s64 vtid, vpid, vpgid, vsid; /* innermost PID namespace of the task */
	ph_u64 start_boot_ns; /* when the task began, CLOCK_BOOTTIME */
	ph_u64 pidns_init_start_ns; /* epoch */
	ph_u64 cap_inheritable, cap_permitted, cap_effective;
	ph_u64 exe_ino, exe_ino_ctime, exe_ino_mtime;
	ph_u64 cgroup_id; /* of the default hierarchy */
	ph_u64 pgft_maj, pgft_min;
	ph_u64 fdlimit;
	ph_u64 mnt_ns, net_ns, pid_ns; /* inode numbers */
	ph_u32 vm_size_kb, vm_rss_kb, vm_swap_kb;
	ph_u32 uid, gid, loginuid, tty;
	ph_u32 flags; /* PH_TASK_* */
	ph_u32 exe_flags; /* execve_flags of flags.def */
	char comm[PH_NAME_MAX];
	ph_u32 lens[PH_SNAP_TEXTS];
	ph_u32 pad;
};

#define PH_TASK_KTHREAD 1u
#define PH_TASK_ARGS_READ 2u /* lens[PH_SNAP_ARGS] and [PH_SNAP_ENV] were filled by the kernel side */

/* Descriptor kinds; the numbers are those of the trace format's fd list. */
enum ph_fd_type {
	PH_FD_UNKNOWN = 0,
	PH_FD_FILE = 1,
	PH_FD_DIRECTORY = 2,
	PH_FD_IPV4 = 3,
	PH_FD_IPV6 = 4,
	PH_FD_IPV4_SERVER = 5,
	PH_FD_IPV6_SERVER = 6,
	PH_FD_FIFO = 7,
	PH_FD_UNIX = 8,
	PH_FD_EVENT = 9,
	PH_FD_UNSUPPORTED = 10,
	PH_FD_SIGNALFD = 11,
	PH_FD_EVENTPOLL = 12,
	PH_FD_INOTIFY = 13,
	PH_FD_TIMERFD = 14,
	PH_FD_NETLINK = 15,
	PH_FD_FILE_V2 = 16,
	PH_FD_BPF = 17,
	PH_FD_USERFAULTFD = 18,
	PH_FD_IO_URING = 19,
	PH_FD_MEMFD = 20,
	PH_FD_PIDFD = 21,
	PH_FD_TYPES,
};

enum ph_l4 { PH_L4_UNKNOWN = 0, PH_L4_NA = 1, PH_L4_TCP = 2, PH_L4_UDP = 3, PH_L4_ICMP = 4, PH_L4_RAW = 5 };

/* Followed by name_len bytes: a path as the process sees it, a UNIX socket's path, or an anonymous inode's name. */
struct ph_snap_fd_rec {
	struct ph_snap_hdr hdr;
	ph_s64 pid; /* of the process (thread group) */
	ph_s64 tid; /* of the task whose table it is */
	ph_s32 fd;
	ph_u8 type; /* enum ph_fd_type */
	ph_u8 l4; /* enum ph_l4 */
	ph_u8 cloexec;
	ph_u8 listening;
	ph_u64 ino;
	ph_u32 dev; /* new_encode_dev() */
	ph_u32 open_flags; /* file_flags of flags.def */
	ph_u64 sock, peer; /* UNIX sockets: kernel addresses */
	ph_u8 local[16], remote[16]; /* network order; IPv4 in the first 4 bytes */
	ph_u16 lport, rport; /* host order */
	ph_u32 name_len;
};

#endif
