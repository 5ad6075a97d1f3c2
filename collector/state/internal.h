/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the state engine share; nobody else includes it. */
#ifndef PORTHOLE_STATE_INTERNAL_H
#define PORTHOLE_STATE_INTERNAL_H

#include <sys/types.h>
#include "collector/container/container.h"
#include "collector/state/state.h"

#define MAX_THREADS 131072u
#define MAX_FDS (1u << 20) /* of one table */
#define MAX_ANCESTORS 512
#define CLK_FILES 0x1u /* clone_flags of flags.def */
#define CLK_FS 0x2u
#define CLK_NEWNS 0x20u
#define CLK_PARENT 0x100u
#define CLK_THREAD 0x2000u
#define CLK_INVERTED 0x10000u
#define CLK_CLOSED 0x40000u
#define CLK_NEWUSER 0x100000u
#define OF_RDONLY 0x1u /* file_flags of flags.def */
#define OF_WRONLY 0x2u
#define OF_DIRECTORY 0x400u
#define OF_CLOEXEC 0x1000u
#define N_CLOEXEC 0x80000u /* the kernel's O_CLOEXEC, SOCK_CLOEXEC, .. */
#define NO_ID UINT32_MAX

/*
 * Descriptors. Three layers, so that a fork costs a reference: `files` is the table that threads share (CLONE_FILES), `fdmap`
 * its content, shared by forked tables until one of them writes, `ent` a descriptor, shared by maps until one changes it.
 */
struct ent {
	struct ph_fd pub;
	uint32_t refs;
	uint32_t name_cap; /* bytes of pub.name that are ours; 0: the constant "" */
	int64_t pid; /* of a pidfd, 0 unknown */
	bool told; /* the probe said what it is, and the call that it came with is to follow */
	bool negative; /* looked up and not found: not an entry for anybody outside */
};

struct slot {
	struct ent *e;
	int32_t num;
	uint32_t gen; /* of the last gap that it was looked at after */
};

struct fdmap {
	uint32_t refs;
	uint32_t cap; /* a power of two */
	uint32_t used; /* slots in use, negative ones included */
	uint32_t negative;
	struct slot slots[];
};

struct files {
	uint32_t refs;
	struct fdmap *map; /* NULL: empty */
};

struct process {
	struct ph_process pub; /* first: a ph_process is a process */
	struct thread *threads; /* a zombie leader included */
	struct process *parent, *children, *next, **pprev;
	struct process *fs_next, *fs_prev; /* a ring of those that share their directories (CLONE_FS) */
	uint64_t start_ticks; /* field 22 of /proc/<pid>/stat; 0: unknown */
	bool suppressed;
};

struct thread {
	struct ph_thread pub; /* first: a ph_thread is a thread */
	struct files *files;
	struct thread *next, **pprev; /* of its process */
	uint64_t dead_ns; /* found missing in /proc at this time (epoch); 0: not */
	uint32_t gap_gen;
	bool zombie; /* a leader that ended before its threads */
	bool from_parent; /* made from the parent's event, its own has not been seen */
	bool unlooked; /* a placeholder that /proc has not been asked about */
	bool active; /* has had an event of its own */
	bool moved; /* to another cgroup than its process's cgroups say */
	uint32_t told; /* ph_state.told when its container was last looked for */
};

/* clang-format off */
/* Parameters that state depends on, by name; their indexes are found once for every event. */
#define STATE_PARAMS(X) \
	X(res) X(fd) X(fd1) X(fd2) X(name) X(path) X(dirfd) X(flags) X(mode) X(dev) X(ino) X(domain) X(type) X(proto) \
	X(tuple) X(addr) X(level) X(optname) X(val) X(source) X(peer) X(oldfd) X(newfd) X(cmd) X(arg) X(first) X(last) \
	X(pid) X(tid) X(ptid) X(vtid) X(vpid) X(comm) X(exe) X(args) X(env) X(cwd) X(cgroups) X(uid) X(gid) X(euid) \
	X(egid) X(pgid) X(vpgid) X(tty) X(loginuid) X(fdlimit) X(pgft_maj) X(pgft_min) X(vm_size) X(vm_rss) X(vm_swap) \
	X(cap_inheritable) X(cap_permitted) X(cap_effective) X(exe_ino) X(exe_ino_ctime) X(exe_ino_mtime) \
	X(trusted_exepath) X(filename) X(reaper_tid) X(threadgroup) X(resource) X(cur) X(newcur) X(option) X(arg2_str) \
	X(msgcontrol) X(pid_fd) X(target_fd) X(pidns_init_start_ts) X(container_id) X(home) X(shell) X(ino_num) \
	X(sk_type) X(sk_proto) X(local_ip) X(local_port) X(remote_ip) X(remote_port) X(sk_pointer) X(sun_path) \
	X(fd_type) X(id) X(json) X(image) X(data) X(cpu_usr) X(cpu_sys)
/* clang-format on */

enum state_param {
#define X(n) P_##n,
	STATE_PARAMS(X)
#undef X
		P_COUNT
};

struct row;

struct handler {
	uint16_t code;
	void (*begin)(struct ph_state *st, struct ph_event *ev, const struct row *r,
		      struct thread *t); /* may be NULL */
	void (*end)(struct ph_state *st, struct ph_event *ev, const struct row *r, struct thread *t); /* may be NULL */
};

struct row {
	const struct handler *h; /* NULL: changes no state */
	int8_t fd; /* the parameter with the descriptor that is worked on; -1 */
	bool result_is_fd;
	bool is_fork;
	bool is_exit; /* of a syscall */
	bool is_switch, is_procinfo; /* of whatever thread: in files none is made up for them */
	bool no_thread; /* its handler looks at no thread */
	int8_t p[P_COUNT]; /* -1: not there */
};

struct address {
	uint8_t family; /* AF_INET, AF_INET6 */
	uint8_t addr[16], mask[16];
};

struct users;

struct ended {
	int64_t tid;
	uint64_t ts;
};
#define ENDED 4096

struct ph_state {
	struct ph_containers *containers;
	char *host_root;
	bool live, want_users, pairs;
	int procfd; /* of host_root/proc; -1 */

	struct thread **hash;
	size_t hash_cap, nthreads;
	struct thread *last; /* of the last look-up */
	uint64_t refused;

	struct row *rows;
	size_t nrows;

	uint64_t now; /* of the event at work */
	double tokens; /* look-ups in /proc that may still be made now */
	uint64_t tokens_at;

	uint32_t gap_gen;
	int sweep; /* enum sweep_phase */
	size_t sweep_at;
	uint64_t sweep_wall;

	const struct row *row; /* of the event at work */
	struct ent *renamed; /* has PH_FDF_NAME_CHANGED; a reference */

	char suppress[32][PH_NAME_MAX];
	size_t nsuppress;

	uint32_t told; /* grows with every container that a record tells of */

	uint64_t switched_ns[PH_MAX_CPUS]; /* the last switch of each CPU; 0: none yet */
	uint64_t slice_ns; /* of the last switch */

	struct address *addresses; /* of the machine; pairs only */
	size_t naddresses;

	struct users *users;
	uint8_t *bound; /* snapshot: bit maps of listening ports, tcp then udp */
	struct ended ended[ENDED];
	char path[PH_PATH_MAX];
	char path2[PH_PATH_MAX];
};

/* strings.c: immutable counted strings; the empty one is constant */
char *str_new(const char *s, size_t len);
char *str_ref(char *s);
void str_unref(char *s);
/* Replaces *s; a reference is dropped. Nothing happens when the text is the same. */
void str_set(char **s, size_t old_len, const char *text, size_t len);
void str_set0(char **s, const char *text, size_t len);
bool str_none(const char *s); /* is the constant one, also where memory was missing */

/* event parameters */
static inline bool has(const struct ph_event *ev, const struct row *r, enum state_param p)
{
	int i = r->p[p];

	return ph_event_has(ev, i) && ev->params[i].len > 0 &&
	       ev->params[i].len >= ph_param_type_size(ev->info->params[i].type);
}
static inline int64_t geti(const struct ph_event *ev, const struct row *r, enum state_param p)
{
	return ph_event_int(ev, r->p[p]);
}
static inline uint64_t getu(const struct ph_event *ev, const struct row *r, enum state_param p)
{
	return ph_event_uint(ev, r->p[p]);
}
static inline uint32_t getu32(const struct ph_event *ev, const struct row *r, enum state_param p)
{
	return (uint32_t)ph_event_uint(ev, r->p[p]);
}
static inline const char *getstr(const struct ph_event *ev, const struct row *r, enum state_param p, uint32_t *len)
{
	return ph_event_str(ev, r->p[p], len);
}
static inline bool is_na(const char *s, size_t len)
{
	return len == 4 && memcmp(s, "<NA>", 4) == 0;
}

/* threads.c */
static inline struct thread *T(const struct ph_thread *t)
{
	return (struct thread *)(uintptr_t)t;
}
static inline struct process *P(const struct ph_process *p)
{
	return (struct process *)(uintptr_t)p;
}
static inline struct process *proc_of(const struct thread *t)
{
	return P(t->pub.proc);
}
struct thread *thread_find(struct ph_state *st, int64_t tid);
struct process *process_new(int64_t pid);
/* A child's process: shares all strings and ids with its parent. */
struct process *process_copy(const struct process *from, int64_t pid);
/* Adds a thread of p; NULL when the table is full or memory is, and then a process without threads is freed. */
struct thread *thread_add(struct ph_state *st, struct process *p, int64_t tid, struct files *files);
/* Takes it out of the tables and frees it, its process too when it was the last one. */
void thread_remove(struct ph_state *st, struct thread *t);
/* Where it runs from now on; NULL: the host. Nothing else may set pub.container, for the pointers are counted. */
void thread_container(struct ph_state *st, struct thread *t, struct ph_container *c);
void thread_comm(struct thread *t, const char *comm, size_t len);
struct process *process_by_pid(struct ph_state *st, int64_t pid);
void process_link(struct process *p, struct process *parent);
struct process *process_parent(struct ph_state *st, struct process *p);
/* The directories of a process, and of all that share them with it. */
void process_set_cwd(struct process *p, const char *cwd, size_t len);
void process_set_root(struct process *p, const char *root, size_t len);
void process_share_fs(struct process *p, struct process *with);
void process_unshare_fs(struct process *p);
/* Its numbers are the host's. Both look alike by chance once in a while, so that what is known of the namespace counts too. */
bool thread_in_host_pidns(struct ph_state *st, const struct thread *t);
void process_reparent_children(struct ph_state *st, struct process *p, int64_t reaper);
void threads_free(struct ph_state *st);
bool comm_suppressed(const struct ph_state *st, const struct thread *t);

/* fds.c */
struct files *files_new(void);
struct files *files_ref(struct files *f);
struct files *files_fork(struct files *f); /* a table of its own with the same content */
void files_unref(struct files *f);
struct slot *fd_slot(const struct files *f, int64_t num);
struct ent *fd_get(const struct files *f, int64_t num); /* NULL: unknown; never a negative one */
/* The entry, ours to change; NULL when there is none. */
struct ent *fd_edit(struct files *f, int64_t num);
/* A fresh entry in the place of whatever was there; NULL for numbers that cannot be. */
struct ent *fd_put(struct ph_state *st, struct files *f, int64_t num, unsigned type);
struct ent *fd_copy(struct ph_state *st, struct files *from, int64_t num, struct files *to, int64_t to_num);
void fd_del(struct files *f, int64_t num);
void fd_del_cloexec(struct files *f);
void fd_range(struct files *f, uint32_t first, uint32_t last, bool cloexec);
void ent_unref(struct ent *e);
void ent_name(struct ent *e, const char *name, size_t len);
uint32_t files_count(const struct files *f);
/* The same, with /proc asked for what is not known (live). */
struct ent *fd_lookup(struct ph_state *st, struct thread *t, int64_t num);
/*
 * Whether the descriptor that a call has made is known by name, and then points ev->fd to it: for exits of files that lack what they
 * are about. What the file's list says of that number is better than nothing.
 */
bool result_known(struct ph_state *st, struct ph_event *ev, const struct thread *t);
extern const struct handler fd_handlers[];
extern const size_t fd_nhandlers;

/* sockets.c */
struct tuple {
	uint8_t family, type, l4;
	uint8_t sip[16], dip[16];
	uint16_t sport, dport;
	uint64_t usrc, udst;
	const char *path;
	uint32_t path_len;
};
bool addr_is_mapped(const uint8_t ip[16]);
void sock_set(struct ent *e, const struct tuple *tp, bool swap);
void sock_name(struct ent *e);
void sock_unix_name(struct ent *e, const char *path, size_t len);
void sock_server(struct ent *e, uint8_t family, const uint8_t *ip, uint16_t port);
uint8_t sock_l4(uint32_t domain, uint32_t type, uint32_t proto);
uint8_t sock_type(uint32_t domain);
extern const struct handler socket_handlers[];
extern const size_t socket_nhandlers;

/* snapshot.c */
/* Puts a descriptor into a table as the record says; NULL when it cannot be. */
struct ent *fd_from_record(struct ph_state *st, struct files *f, const struct ph_snap_fd_rec *rec, const char *name);
void fd_guess_role(struct ph_state *st, struct ent *e);
/* Turns the tuple of an IP socket around. */
void fd_turn(struct ent *e);
/* The thread of a list of tasks, made when it is not there yet, its leader too. NULL: it cannot be. */
struct thread *listed_thread(struct ph_state *st, int64_t tid, int64_t pid);

/* entries.c */
/* A leader that is said to have ended but has no other thread is not taken for one. */
void thread_no_lone_zombie(struct thread *t);

/* passed.c */
/* After a call that brought the thread a descriptor: its entry, NULL when nothing can be known of it. */
struct ent *passed_fd(struct ph_state *st, struct thread *t, int64_t num);
/* The same for all that came with control messages. */
void passed_control(struct ph_state *st, struct thread *t, const uint8_t *d, size_t len);
extern const struct handler passed_handlers[];
extern const size_t passed_nhandlers;

/* paths.c */
size_t path_join(char *buf, size_t size, const char *base, const char *path, size_t len);
size_t thread_path(struct ph_state *st, const struct thread *t, int64_t dirfd, const char *path, size_t len, char *buf,
		   size_t size);

/* The cgroups parameter of a task that is in this cgroup of the default hierarchy for every controller, as the probe makes it. */
void process_set_cgroup(struct ph_state *st, struct process *p, const char *path, size_t len);

/* process_events.c */
extern const struct handler process_handlers[];
extern const size_t process_nhandlers;
struct thread *fork_child(struct ph_state *st, struct ph_event *ev, const struct row *r);
struct thread *placeholder(struct ph_state *st, int64_t tid);

extern const struct handler live_handlers[]; /* of events that tell only that /proc has to be looked at */
extern const size_t live_nhandlers;

extern const struct handler usage_handlers[];
extern const size_t usage_nhandlers;

/* records.c: what trace files tell of containers in their stream */
/* After a record has come: a thread that belongs to none yet is looked for anew. */
void thread_relink(struct ph_state *st, struct thread *t);
extern const struct handler record_handlers[];
extern const size_t record_nhandlers;

/* live.c: /proc */
void live_open(struct ph_state *st);
bool live_budget(struct ph_state *st);
/* Makes a thread (and its process) from /proc; NULL when there is none. */
struct thread *live_thread(struct ph_state *st, int64_t tid);
bool live_exists(struct ph_state *st, int64_t tid);
bool live_fill(struct ph_state *st, struct thread *t);
void live_check_thread(struct ph_state *st, struct thread *t);
void live_args(struct ph_state *st, struct thread *t);
void live_dirs(struct ph_state *st, struct thread *t);
/* Looks at descriptor num of t; the entry, or NULL after having put a negative one or taken the old one out. */
struct ent *live_fd(struct ph_state *st, struct thread *t, int64_t num);
/* Asks the socket itself for its kind and addresses; nothing changes when that may not be done. */
void live_socket(struct thread *t, struct ent *e);
void live_sweep(struct ph_state *st, struct ph_event *ev);
ssize_t live_read(int dirfd, const char *path, char *buf, size_t size);

/* usage.c */
/* Memory and page faults as an event's parameters have them: the thread's own, without its process's. */
void thread_memory(const struct ph_event *ev, const struct row *r, struct thread *t);

/* pairs.c */
void pairs_latency(struct ph_event *ev, const struct row *r, struct ph_own *own);
/* Before a call on a descriptor is applied: data that has come through makes an IP socket a connected one. */
void pairs_connected(struct ph_event *ev, struct files *f);
/* An end that is not known is the address that the machine would use towards the other. */
void pairs_fill_address(const struct ph_state *st, struct tuple *tp);
void pairs_keep_destination(const struct ent *e, struct tuple *tp);

/* users.c */
struct users *users_new(struct ph_containers *cs); /* may be NULL */
void users_free(struct users *u);
void users_begin(struct ph_state *st);
void users_reset(struct users *u);
extern const struct handler user_handlers[];
extern const size_t user_nhandlers;

#endif
