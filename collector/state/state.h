/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state engine: threads, processes, descriptors, users, followed from event to event. It sees every event before any
 * consumer and fills in ev->thread, ev->fd and the like. Nothing above it can tell a live source from a file.
 *
 * Who calls it: the inspector (collector/inspector.h), in the order ph_state_begin(), consumers, ph_state_end().
 * Ownership: everything that is reached from here belongs to the engine and is valid until the event's ph_state_end().
 */
#ifndef PORTHOLE_STATE_H
#define PORTHOLE_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "collector/event.h"
#include "porthole/wire.h"

struct ph_container;
struct ph_containers;
struct ph_state;

/* fd flags */
enum {
	PH_FDF_CLOEXEC = 1 << 0,
	PH_FDF_ROLE_SERVER = 1 << 1,
	PH_FDF_ROLE_CLIENT = 1 << 2,
	PH_FDF_CONNECTED = 1 << 3,
	PH_FDF_NAME_CHANGED = 1 << 4, /* by the current event */
	PH_FDF_LISTENING = 1 << 5,
	PH_FDF_FROM_SNAPSHOT = 1 << 6,
};

struct ph_fd {
	int32_t num;
	uint8_t type; /* enum ph_fd_type */
	uint8_t l4; /* enum ph_l4 */
	uint8_t family; /* AF_*; 0 for what is no socket */
	uint16_t flags; /* PH_FDF_* */
	uint32_t open_flags; /* file_flags of flags.def */
	uint32_t dev; /* as in events; 0: unknown */
	uint64_t ino;
	uint64_t opened_ns; /* 0: before the capture */
	/*
	 * sockets: source and destination of the tuple, source being the client; network order, IPv4 in the first 4 bytes.
	 * A server socket (PH_FD_IPV4_SERVER, ..) has the address it is bound to in dip, dport, and nothing in the source.
	 */
	uint8_t sip[16], dip[16];
	uint16_t sport, dport; /* host order */
	uint64_t unix_src, unix_dst; /* kernel addresses */
	char *name; /* as shown: path, "a:p->b:p", pipe name ""; never NULL */
};

/* What the threads of a process share. */
struct ph_process {
	int64_t pid, ptid; /* ptid: the thread that is its parent */
	int64_t sid, pgid, vpid, vpgid, vsid;
	uint32_t nthreads; /* living ones */
	uint32_t nchildren;
	char *exe, *exepath, *cwd, *root; /* never NULL; cwd ends in '/' unless it is unknown */
	char *args; /* argv[1..], NUL-separated, args_len bytes; never NULL */
	uint32_t args_len;
	char *env; /* NUL-separated */
	uint32_t env_len;
	char *cgroups; /* NUL-separated subsys=path */
	uint32_t cgroups_len;
	uint32_t tty;
	uint32_t loginuid;
	uint32_t exe_flags; /* execve_flags of flags.def */
	uint64_t exe_ino, exe_ino_ctime, exe_ino_mtime;
	uint64_t cap_inheritable, cap_permitted, cap_effective;
	uint64_t fdlimit;
	uint64_t start_ns; /* epoch; of the fork, 0 unknown */
	uint64_t exec_ns; /* of the last execve; 0 unknown */
	uint64_t pidns_init_start_ns;
	uint32_t vm_size_kb, vm_rss_kb, vm_swap_kb;
	uint64_t pfmajor, pfminor;
};

/* Clock ticks (hundredths of a second) that a thread has used. */
struct ph_ticks {
	uint64_t user, system;
};

/* What a thread's own events told, which is what sysdig 0.29.3 knows of it: shown of calls that are handed out as pairs. */
struct ph_own {
	int64_t ptid; /* who made it: for threads beside the main one that one */
	uint64_t made_ns; /* epoch; of its clone, 0: before the capture */
	uint64_t since_ns, latency; /* of its calls (pairs.c) */
	uint64_t pfmajor, pfminor;
	uint32_t vm_size_kb, vm_rss_kb, vm_swap_kb;
	uint32_t cgroups_len;
	char *cgroups; /* as ph_process.cgroups; NULL: those */
};

struct ph_thread {
	int64_t tid, vtid;
	char comm[PH_NAME_MAX];
	uint32_t uid, gid;
	uint32_t clone_flags; /* clone_flags of flags.def */
	struct ph_process *proc; /* never NULL */
	struct ph_container *container; /* NULL: the host */
	uint64_t slice_ns; /* from the CPU's switch before to the thread's last one */
	uint64_t oncpu_ns; /* all of them together */
	struct ph_ticks ticks, ticks_before; /* as the last procinfo event and the one before it say; 0: none yet */
	struct ph_own own;
	bool suppressed; /* by -U */
	bool no_vids; /* a file does not tell its numbers in its PID namespace: vtid and vpid are those of the host */
	bool placeholder; /* seen in events, not known otherwise */
};

struct ph_user {
	uint32_t uid, gid;
	const char *name, *home, *shell;
};

struct ph_group {
	uint32_t gid;
	const char *name;
};

struct ph_state_opts {
	size_t size;
	struct ph_containers *containers; /* may be NULL; not owned */
	const char *host_root; /* prefix of /proc, /etc; NULL: "" */
	bool users; /* read the host's passwd and group files */
	bool live; /* unknown threads may be looked up in /proc */
	bool pairs; /* of a file, calls are handed out as pairs: what is known is what sysdig 0.29.3 would know (pairs.c) */
};

struct ph_state *ph_state_new(const struct ph_state_opts *opts);
void ph_state_free(struct ph_state *st);

/* Drop all events of processes with this comm, and of their children. At most 32; -ENOSPC. */
int ph_state_suppress_comm(struct ph_state *st, const char *comm);

/* A text that is not NUL-terminated. */
struct ph_span {
	const char *s;
	uint32_t len;
};

/* An entry of a trace file's process list. What old versions lack: sid, vpgid, pgid, vtid, vpid -1, loginuid unknown, all else 0 or empty. */
struct ph_task {
	int64_t tid, pid, ptid, sid, pgid, vtid, vpid, vpgid;
	struct ph_span comm, exe, exepath, cwd, root;
	struct ph_span args, env, cgroups; /* NUL-separated; args without argv[0]; cgroups "subsys=path" */
	uint64_t fdlimit;
	uint32_t clone_flags, uid, gid, loginuid, tty; /* loginuid: UINT32_MAX unknown */
	uint32_t exe_flags; /* execve_flags of flags.def */
	uint32_t vm_size_kb, vm_rss_kb, vm_swap_kb;
	uint64_t pfmajor, pfminor;
	uint64_t pidns_init_start_ns;
	uint64_t cap_inheritable, cap_permitted, cap_effective;
	uint64_t exe_ino, exe_ino_ctime, exe_ino_mtime;
};

/* The head of a file's section: entries in any order, descriptors after them, then ph_state_snapshot_done(). */
void ph_state_add_entry(struct ph_state *st, const struct ph_task *t);
/*
 * A descriptor of a thread's table, copied. Sockets have the tuple as the file has it: from the local to the remote address; roles
 * are guessed by ph_state_snapshot_done() unless flags say them.
 */
void ph_state_add_entry_fd(struct ph_state *st, int64_t tid, const struct ph_fd *fd);
/*
 * What an extra block knows of a descriptor that is there already: PH_FDF_*, and its kind (0: as it is). A role that says
 * server turns the tuple.
 */
void ph_state_add_entry_fd_extra(struct ph_state *st, int64_t tid, int64_t fd, uint16_t flags, unsigned type);
/* The host's users and groups as the file has them. */
void ph_state_add_user(struct ph_state *st, const struct ph_user *u);
void ph_state_add_group(struct ph_state *st, const struct ph_group *g);
/* An address of the machine and its network's mask (AF_INET in the first 4 bytes); only kept for pairs. 0, or -ENOMEM. */
int ph_state_add_address(struct ph_state *st, unsigned family, const uint8_t addr[16], const uint8_t mask[16]);
/* A new section: all of that is forgotten. Names to suppress and options stay. */
void ph_state_reset(struct ph_state *st);
/* f returns false to stop; the host's only. */
void ph_state_each_user(struct ph_state *st, bool (*f)(void *arg, const struct ph_user *u), void *arg);
void ph_state_each_group(struct ph_state *st, bool (*f)(void *arg, const struct ph_group *g), void *arg);

/*
 * Whether events of this kind can change anything that is known: those have to be seen whatever consumers want. Of the others one may
 * be left out.
 */
bool ph_state_follows(const struct ph_state *st, const struct ph_event_info *info);
/* The parameter with the descriptor that events of this kind work on; -1: none, or it is the call's result. */
int ph_state_fd_param(const struct ph_state *st, const struct ph_event_info *info);

/* Start-up snapshot; texts and name as in probe.h. */
void ph_state_add_task(struct ph_state *st, const struct ph_snap_task_rec *rec, const char *const texts[PH_SNAP_TEXTS]);
void ph_state_add_fd(struct ph_state *st, const struct ph_snap_fd_rec *rec, const char *name);
/* After the last of them: links parents, guesses socket roles. */
void ph_state_snapshot_done(struct ph_state *st);

/*
 * Applies an event to the state as far as consumers should see it applied, and fills ev->thread, fdnum, fd, latency.
 * false: the event is suppressed and no consumer may see it. ph_state_end() must follow in either case: it does what must
 * wait until consumers have seen the event (a closed descriptor, an ended thread).
 */
bool ph_state_begin(struct ph_state *st, struct ph_event *ev);
void ph_state_end(struct ph_state *st, struct ph_event *ev);

/* ns from the CPU's switch before to the switch that was begun last, whoever had the CPU; 0: not known. */
uint64_t ph_state_slice(const struct ph_state *st);
/* Whether an address (4 or 16 bytes by family) is one of the machine or of the thread's container. For pairs only. */
bool ph_state_is_local(const struct ph_state *st, const struct ph_thread *t, unsigned family, const uint8_t *ip);

struct ph_thread *ph_state_thread(struct ph_state *st, int64_t tid); /* NULL: unknown */
/*
 * The thread that a number means in the PID namespace of t: arguments of calls are such numbers. NULL: unknown. Looks through
 * the whole table when that namespace is not the host's.
 */
struct ph_thread *ph_state_thread_seen_by(struct ph_state *st, const struct ph_thread *t, int64_t number);
/* The main thread of a process, or any living one; NULL when none is known. */
struct ph_thread *ph_state_main_thread(struct ph_state *st, const struct ph_process *proc);
/* The thread's process's parent: its main thread, or NULL. */
struct ph_thread *ph_state_parent(struct ph_state *st, const struct ph_thread *t);
struct ph_fd *ph_state_fd(struct ph_state *st, const struct ph_thread *t, int64_t fd); /* NULL: unknown */
size_t ph_state_fd_count(struct ph_state *st, const struct ph_thread *t);
size_t ph_state_thread_count(const struct ph_state *st);
/* How many threads were not taken in because the table (131072) was full. */
uint64_t ph_state_threads_refused(const struct ph_state *st);
/* After a loss of state events: whatever is known may be wrong, and is looked at again (live) when it is next used. */
void ph_state_gap(struct ph_state *st);

/* In the container of t when its passwd is known, else on the host. NULL: unknown. */
const struct ph_user *ph_state_user(struct ph_state *st, const struct ph_thread *t, uint32_t uid);
const struct ph_group *ph_state_group(struct ph_state *st, const struct ph_thread *t, uint32_t gid);

/* f returns false to stop. */
void ph_state_each_thread(struct ph_state *st, bool (*f)(void *arg, struct ph_thread *t), void *arg);
void ph_state_each_fd(struct ph_state *st, const struct ph_thread *t, bool (*f)(void *arg, struct ph_fd *fd),
		      void *arg);

/*
 * Resolves a path that an event names: absolute ones normalised, relative ones from dirfd (AT_FDCWD or a descriptor of the
 * thread; "<UNKNOWN>/" in front when that is not known). Writes into buf, returns the length.
 */
size_t ph_state_resolve(struct ph_state *st, const struct ph_thread *t, int64_t dirfd, const char *path, size_t len,
			char *buf, size_t size);

#endif
