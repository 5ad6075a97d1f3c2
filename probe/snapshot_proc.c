/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The snapshot from /proc, for kernels whose iterators cannot be used. It makes the records that the iterators make, as far
 * as /proc tells: addresses of UNIX sockets' peers it does not.
 */
#define _GNU_SOURCE
#include "porthole/tables.h"
#include "probe/snapshot.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/kcmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define PF_KTHREAD 0x00200000u
#define CAP_DAC_OVERRIDE 1
#define TCP_LISTEN 10
#define PIDNS_INIT_INO 0xEFFFFFFCu /* PROC_PID_INIT_INO of include/linux/proc_ns.h */
#define NS_PER_SEC 1000000000ull

/* execve_flags of flags.def */
#define EXE_WRITABLE 1u
#define EXE_FROM_MEMFD 4u

/* A socket of a network namespace by its inode. */
struct sock_entry {
	uint64_t ino; /* 0: a free place */
	uint8_t type, l4, listening;
	uint8_t local[16], remote[16];
	uint16_t lport, rport;
	char *name; /* UNIX sockets; may be NULL */
};

struct walk {
	const struct ph_snapshot_ops *ops;
	void *arg;
	uint64_t boot_epoch_ns, ns_per_tick;
	struct sock_entry *socks; /* hashed by inode, a power of two */
	size_t nsocks, cap;
	uint64_t *net_seen; /* network namespaces that have been read */
	size_t nnet;
	struct pidns {
		uint64_t ino, start_ns;
	} *pidns; /* when the inits of PID namespaces began */
	size_t npidns;
	const struct ph_flag_table *file_flags;
	const char *cgroup2; /* where the default hierarchy is mounted */
	char args[PH_PATH_MAX], env[PH_PATH_MAX], exe[PH_PATH_MAX], cwd[PH_PATH_MAX], root[PH_PATH_MAX],
		cgroup[PH_PATH_MAX];
	char file[65536];
};

/* --- small readers ------------------------------------------------------------------------------------------------------------ */

static size_t read_path(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t have = 0;

	if (fd < 0)
		return 0;
	while (have < size) {
		ssize_t n = read(fd, buf + have, size - have);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		have += (size_t)n;
	}
	close(fd);
	return have;
}

size_t snapshot_read_file(int64_t pid, const char *name, char *buf, size_t size)
{
	char path[64];

	snprintf(path, sizeof path, "/proc/%" PRId64 "/%s", pid, name);
	return read_path(path, buf, size);
}

/* As text: NUL-terminated. */
static size_t read_text(const char *path, char *buf, size_t size)
{
	size_t n = read_path(path, buf, size - 1);

	buf[n] = '\0';
	return n;
}

static uint32_t read_link(const char *path, char *buf, size_t size)
{
	ssize_t n = readlink(path, buf, size - 1);

	if (n < 0)
		n = 0;
	buf[n] = '\0';
	return (uint32_t)n;
}

static uint64_t inode_of(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? st.st_ino : 0;
}

/* The value of "Key:" in a text of lines; NULL when it has none. */
static const char *value_of(const char *text, const char *key)
{
	size_t len = strlen(key);

	for (const char *line = text; line && *line; line = strchr(line, '\n'), line = line ? line + 1 : NULL)
		if (strncmp(line, key, len) == 0 && line[len] == ':')
			return line + len + 1 + strspn(line + len + 1, " \t");
	return NULL;
}

static uint64_t number_of(const char *text, const char *key, int base)
{
	const char *v = value_of(text, key);

	return v ? strtoull(v, NULL, base) : 0;
}

/* The last of the numbers in a line: the one of the innermost namespace. */
static int64_t last_number_of(const char *text, const char *key, int64_t otherwise)
{
	const char *v = value_of(text, key);

	while (v && isdigit((unsigned char)*v)) {
		char *end;

		otherwise = strtoll(v, &end, 10);
		v = end + strspn(end, " \t");
	}
	return otherwise;
}

static bool is_number(const char *s)
{
	return isdigit((unsigned char)*s);
}

/* --- tasks ---------------------------------------------------------------------------------------------------------------------- */

/* Fields of /proc/<pid>/stat behind the name in parentheses (proc(5)); state is field 3. */
static bool parse_stat(struct ph_snap_task_rec *r, const char *text, uint64_t ns_per_tick)
{
	const char *open = strchr(text, '('), *shut = strrchr(text, ')');
	unsigned long flags, minflt, majflt;
	long long ppid, pgid, sid;
	unsigned long long start;
	int tty;
	size_t len;

	if (!open || !shut || shut < open)
		return false;
	len = (size_t)(shut - open - 1);
	memcpy(r->comm, open + 1, len < PH_NAME_MAX - 1 ? len : PH_NAME_MAX - 1);
	if (sscanf(shut + 1, " %*c %lld %lld %lld %d %*d %lu %lu %*u %lu %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu",
		   &ppid, &pgid, &sid, &tty, &flags, &minflt, &majflt, &start) != 8)
		return false;
	r->ptid = ppid;
	r->pgid = pgid;
	r->sid = sid;
	r->tty = (uint32_t)tty;
	r->flags = flags & PF_KTHREAD ? PH_TASK_KTHREAD : 0;
	r->pgft_min = minflt;
	r->pgft_maj = majflt;
	r->start_boot_ns = start * ns_per_tick;
	return true;
}

/* The second of the four numbers of "Uid:" and "Gid:": the effective one. */
static uint32_t effective_of(const char *text, const char *key)
{
	const char *v = value_of(text, key);
	char *end;

	if (!v)
		return ~0u;
	strtoul(v, &end, 10);
	return (uint32_t)strtoul(end, NULL, 10);
}

static void parse_status(struct ph_snap_task_rec *r, const char *text)
{
	r->vtid = last_number_of(text, "NSpid", r->tid);
	r->vpid = last_number_of(text, "NStgid", r->pid);
	r->vpgid = last_number_of(text, "NSpgid", r->pgid);
	r->vsid = last_number_of(text, "NSsid", r->sid);
	r->uid = effective_of(text, "Uid");
	r->gid = effective_of(text, "Gid");
	r->cap_inheritable = number_of(text, "CapInh", 16);
	r->cap_permitted = number_of(text, "CapPrm", 16);
	r->cap_effective = number_of(text, "CapEff", 16);
	r->vm_size_kb = (uint32_t)number_of(text, "VmSize", 10);
	r->vm_rss_kb = (uint32_t)number_of(text, "VmRSS", 10);
	r->vm_swap_kb = (uint32_t)number_of(text, "VmSwap", 10);
}

static uint64_t fd_limit(const char *text)
{
	const char *line = strstr(text, "Max open files");

	if (!line)
		return 0;
	line += strlen("Max open files");
	line += strspn(line, " ");
	return is_number(line) ? strtoull(line, NULL, 10) : UINT64_MAX;
}

/* By the mode bits, as the kernel side does, but without supplementary groups and read-only mounts. */
static bool may_write(const struct ph_snap_task_rec *r, const struct stat *st)
{
	if (r->cap_effective & (1u << CAP_DAC_OVERRIDE))
		return true;
	if (st->st_uid == r->uid)
		return st->st_mode & S_IWUSR;
	return st->st_mode & (st->st_gid == r->gid ? S_IWGRP : S_IWOTH);
}

static void read_exe(struct walk *w, struct ph_snap_task_rec *r, const char *dir)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof path, "%s/exe", dir);
	r->lens[PH_SNAP_EXEPATH] = read_link(path, w->exe, sizeof w->exe);
	if (stat(path, &st) != 0)
		return;
	r->exe_ino = st.st_ino;
	r->exe_ino_ctime = (uint64_t)st.st_ctim.tv_sec * NS_PER_SEC + (uint64_t)st.st_ctim.tv_nsec;
	r->exe_ino_mtime = (uint64_t)st.st_mtim.tv_sec * NS_PER_SEC + (uint64_t)st.st_mtim.tv_nsec;
	if (may_write(r, &st))
		r->exe_flags |= EXE_WRITABLE;
	if (strncmp(w->exe, "/memfd:", 7) == 0)
		r->exe_flags |= EXE_FROM_MEMFD;
}

/* The path of one hierarchy's line "id:controllers:path"; an empty list is the default hierarchy. */
static const char *cgroup_line(const char *text, const char *controller, size_t *len)
{
	size_t n = strlen(controller);

	for (const char *line = text; line && *line; line = strchr(line, '\n'), line = line ? line + 1 : NULL) {
		const char *list = strchr(line, ':'), *path = list ? strchr(list + 1, ':') : NULL;

		if (!path)
			return NULL;
		list++;
		for (const char *c = list; c <= path; c += strcspn(c, ",:") + 1) {
			if (strcspn(c, ",:") != n || strncmp(c, controller, n) != 0)
				continue;
			*len = strcspn(path + 1, "\n");
			return path + 1;
		}
	}
	return NULL;
}

/* The default hierarchy's path, or where that is not in use the one of an old hierarchy that is. */
static void read_cgroup(struct walk *w, struct ph_snap_task_rec *r, const char *dir)
{
	static const char *const order[] = { "", "memory", "pids", "cpu", "freezer" };
	char path[PH_PATH_MAX + 64];
	size_t len = 0;

	snprintf(path, sizeof path, "%s/cgroup", dir);
	read_text(path, w->file, sizeof w->file);
	for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
		size_t n;
		const char *at = cgroup_line(w->file, order[i], &n);

		if (!at || n >= sizeof w->cgroup || (len > 0 && n <= 1))
			continue;
		memcpy(w->cgroup, at, n);
		w->cgroup[n] = '\0';
		len = n;
		if (i == 0 && w->cgroup2) {
			snprintf(path, sizeof path, "%s%s", w->cgroup2, w->cgroup);
			r->cgroup_id = inode_of(path);
		}
		if (n > 1)
			break;
	}
	r->lens[PH_SNAP_CGROUP] = (uint32_t)len;
}

static uint64_t pidns_start(struct walk *w, uint64_t ino)
{
	for (size_t i = 0; i < w->npidns; i++)
		if (w->pidns[i].ino == ino)
			return w->pidns[i].start_ns;
	/* The init of the initial namespace begins with the kernel; it need not be visible. */
	return ino == PIDNS_INIT_INO ? w->boot_epoch_ns : 0;
}

static void pidns_add(struct walk *w, uint64_t ino, uint64_t start_ns)
{
	struct pidns *more;

	for (size_t i = 0; i < w->npidns; i++)
		if (w->pidns[i].ino == ino)
			return;
	if (ino == 0)
		return;
	more = realloc(w->pidns, (w->npidns + 1) * sizeof *more);
	if (!more)
		return;
	w->pidns = more;
	w->pidns[w->npidns++] = (struct pidns){ ino, start_ns };
}

static uint64_t ns_inode(const char *dir, const char *kind)
{
	char path[80];

	snprintf(path, sizeof path, "%s/ns/%s", dir, kind);
	return inode_of(path);
}

/* Everything of one thread; dir is its folder in /proc. False: it has ended. */
static bool read_task(struct walk *w, struct ph_snap_task_rec *r, const char *dir, int64_t pid, int64_t tid)
{
	char path[80];

	memset(r, 0, sizeof *r);
	r->hdr.kind = PH_SNAP_TASK;
	r->pid = pid;
	r->tid = tid;
	snprintf(path, sizeof path, "%s/stat", dir);
	if (read_text(path, w->file, sizeof w->file) == 0 || !parse_stat(r, w->file, w->ns_per_tick))
		return false;
	snprintf(path, sizeof path, "%s/status", dir);
	read_text(path, w->file, sizeof w->file);
	parse_status(r, w->file);
	snprintf(path, sizeof path, "%s/limits", dir);
	read_text(path, w->file, sizeof w->file);
	r->fdlimit = fd_limit(w->file);
	snprintf(path, sizeof path, "%s/loginuid", dir);
	r->loginuid = read_text(path, w->file, sizeof w->file) ? (uint32_t)strtoul(w->file, NULL, 10) : ~0u;
	r->mnt_ns = ns_inode(dir, "mnt");
	r->net_ns = ns_inode(dir, "net");
	r->pid_ns = ns_inode(dir, "pid");
	if (r->vtid == 1)
		pidns_add(w, r->pid_ns, r->start_boot_ns + w->boot_epoch_ns);
	r->pidns_init_start_ns = pidns_start(w, r->pid_ns);
	read_cgroup(w, r, dir);
	snprintf(path, sizeof path, "%s/cwd", dir);
	r->lens[PH_SNAP_CWD] = read_link(path, w->cwd, sizeof w->cwd);
	snprintf(path, sizeof path, "%s/root", dir);
	r->lens[PH_SNAP_ROOT] = read_link(path, w->root, sizeof w->root);
	if (tid != pid || (r->flags & PH_TASK_KTHREAD))
		return true;
	read_exe(w, r, dir);
	r->lens[PH_SNAP_ARGS] = (uint32_t)snapshot_read_file(pid, "cmdline", w->args, sizeof w->args);
	r->lens[PH_SNAP_ENV] = (uint32_t)snapshot_read_file(pid, "environ", w->env, sizeof w->env);
	r->flags |= PH_TASK_ARGS_READ;
	return true;
}

/* --- sockets ---------------------------------------------------------------------------------------------------------------------- */

static size_t sock_slot(const struct walk *w, uint64_t ino)
{
	size_t i = (size_t)(ino * 0x9e3779b97f4a7c15ull >> 20) & (w->cap - 1);

	while (w->socks[i].ino != 0 && w->socks[i].ino != ino)
		i = (i + 1) & (w->cap - 1);
	return i;
}

static bool sock_grow(struct walk *w)
{
	struct walk bigger = { .cap = w->cap ? 2 * w->cap : 1024 };

	bigger.socks = calloc(bigger.cap, sizeof *bigger.socks);
	if (!bigger.socks)
		return false;
	for (size_t i = 0; i < w->cap; i++)
		if (w->socks[i].ino)
			bigger.socks[sock_slot(&bigger, w->socks[i].ino)] = w->socks[i];
	free(w->socks);
	w->socks = bigger.socks;
	w->cap = bigger.cap;
	return true;
}

static void sock_add(struct walk *w, const struct sock_entry *e)
{
	size_t i;

	if (e->ino == 0 || ((w->nsocks + 1) * 2 > w->cap && !sock_grow(w))) {
		free(e->name);
		return;
	}
	i = sock_slot(w, e->ino);
	if (w->socks[i].ino == 0)
		w->nsocks++;
	else
		free(w->socks[i].name);
	w->socks[i] = *e;
}

/* "0100007F:0016": words of the address as they lie in memory, port in host order. */
static const char *parse_addr(const char *s, uint8_t *addr, bool v6, uint16_t *port)
{
	unsigned value;

	for (int i = 0; i < (v6 ? 4 : 1); i++, s += 8) {
		if (sscanf(s, "%8x", &value) != 1)
			return NULL;
		memcpy(addr + 4 * i, &value, 4);
	}
	if (sscanf(s, ":%4x", &value) != 1)
		return NULL;
	*port = (uint16_t)value;
	return s + 5;
}

/* A line of /proc/net/tcp and its kin: sl, local, remote, state, queues, timer, retransmits, uid, timeout, inode. */
static void parse_inet(struct walk *w, const char *line, enum ph_l4 l4, bool v6)
{
	struct sock_entry e = { .l4 = (uint8_t)l4 };
	const char *at = strchr(line, ':');
	unsigned state;
	bool server;

	if (!at || !(at = parse_addr(at + 1 + strspn(at + 1, " "), e.local, v6, &e.lport)))
		return;
	at = parse_addr(at + strspn(at, " "), e.remote, v6, &e.rport);
	if (!at || sscanf(at, " %x %*x:%*x %*x:%*x %*x %*u %*u %" SCNu64, &state, &e.ino) != 2)
		return;
	e.listening = l4 == PH_L4_TCP && state == TCP_LISTEN;
	server = e.listening || (l4 != PH_L4_TCP && e.rport == 0 && e.lport != 0);
	if (v6)
		e.type = server ? PH_FD_IPV6_SERVER : PH_FD_IPV6;
	else
		e.type = server ? PH_FD_IPV4_SERVER : PH_FD_IPV4;
	sock_add(w, &e);
}

/* Num, RefCount, Protocol, Flags, Type, St, Inode, Path */
static void parse_unix(struct walk *w, const char *line, enum ph_l4 l4, bool v6)
{
	struct sock_entry e = { .type = PH_FD_UNIX };
	int at = 0;

	(void)l4;
	(void)v6;
	if (sscanf(line, "%*x: %*x %*x %*x %*x %*x %" SCNu64 "%n", &e.ino, &at) != 1)
		return;
	line += at;
	if (*line == ' ' && line[1])
		e.name = strdup(line + 1);
	sock_add(w, &e);
}

/* sk, Eth, Pid, Groups, Rmem, Wmem, Dump, Locks, Drops, Inode */
static void parse_netlink(struct walk *w, const char *line, enum ph_l4 l4, bool v6)
{
	struct sock_entry e = { .type = PH_FD_NETLINK };

	(void)l4;
	(void)v6;
	if (sscanf(line, "%*s %*d %*u %*x %*d %*d %*d %*d %*u %" SCNu64, &e.ino) == 1)
		sock_add(w, &e);
}

/* All sockets of a task's network namespace; each namespace is read once. */
static void read_net(struct walk *w, int64_t pid)
{
	static const struct {
		const char *name;
		void (*parse)(struct walk *w, const char *line, enum ph_l4 l4, bool v6);
		enum ph_l4 l4;
		bool v6;
	} tables[] = {
		{ "tcp", parse_inet, PH_L4_TCP, false },    { "tcp6", parse_inet, PH_L4_TCP, true },
		{ "udp", parse_inet, PH_L4_UDP, false },    { "udp6", parse_inet, PH_L4_UDP, true },
		{ "udplite", parse_inet, PH_L4_NA, false }, { "udplite6", parse_inet, PH_L4_NA, true },
		{ "raw", parse_inet, PH_L4_RAW, false },    { "raw6", parse_inet, PH_L4_RAW, true },
		{ "icmp", parse_inet, PH_L4_ICMP, false },  { "icmp6", parse_inet, PH_L4_ICMP, true },
		{ "unix", parse_unix, PH_L4_NA, false },    { "netlink", parse_netlink, PH_L4_NA, false },
	};
	char path[80], *line = NULL;
	uint64_t ns, *more;
	size_t size = 0;

	snprintf(path, sizeof path, "/proc/%" PRId64 "/ns/net", pid);
	ns = inode_of(path);
	for (size_t i = 0; i < w->nnet; i++)
		if (w->net_seen[i] == ns)
			return;
	more = realloc(w->net_seen, (w->nnet + 1) * sizeof *more);
	if (!more)
		return;
	w->net_seen = more;
	w->net_seen[w->nnet++] = ns;
	for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
		FILE *f;

		snprintf(path, sizeof path, "/proc/%" PRId64 "/net/%s", pid, tables[i].name);
		f = fopen(path, "re");
		if (!f)
			continue;
		if (getline(&line, &size, f) > 0) /* the titles */
			while (getline(&line, &size, f) > 0) {
				line[strcspn(line, "\n")] = '\0';
				tables[i].parse(w, line, tables[i].l4, tables[i].v6);
			}
		fclose(f);
	}
	free(line);
}

/* --- descriptors ------------------------------------------------------------------------------------------------------------------ */

/* open(2) flags to those of flags.def, as the kernel side translates them; the access mode is no bit mask. */
static uint32_t open_flags(const struct ph_flag_table *table, uint32_t native)
{
	uint32_t out = (native & O_ACCMODE) == O_RDWR ? 3 : (native & O_ACCMODE) == O_WRONLY ? 2 : 1;

	for (uint32_t i = 0; table && i < table->count; i++) {
		const struct ph_flag *f = &table->flags[i];

		if (f->native != ~0u && f->native != 0 && (native & f->native) == f->native)
			out |= f->value;
	}
	return out;
}

static void fill_socket(struct walk *w, struct ph_snap_fd_rec *r, int64_t pid, const char **name)
{
	const struct sock_entry *e;

	r->type = PH_FD_UNSUPPORTED;
	read_net(w, pid);
	if (w->cap == 0)
		return;
	e = &w->socks[sock_slot(w, r->ino)];
	if (e->ino == 0)
		return;
	r->type = e->type;
	r->l4 = e->l4;
	r->listening = e->listening;
	memcpy(r->local, e->local, sizeof r->local);
	memcpy(r->remote, e->remote, sizeof r->remote);
	r->lport = e->lport;
	r->rport = e->rport;
	*name = e->name ? e->name : "";
}

static void read_fd(struct walk *w, const char *dir, int64_t pid, int64_t tid, int fd)
{
	struct ph_snap_fd_rec r = { .hdr = { .size = sizeof r, .kind = PH_SNAP_FD }, .pid = pid, .tid = tid };
	const char *name = w->exe;
	char path[96];
	struct stat st;
	unsigned flags = 0;

	r.fd = fd;
	snprintf(path, sizeof path, "%s/fd/%d", dir, fd);
	if (read_link(path, w->exe, sizeof w->exe) == 0)
		return;
	if (stat(path, &st) != 0)
		memset(&st, 0, sizeof st);
	r.ino = st.st_ino;
	r.dev = (uint32_t)((minor(st.st_dev) & 0xff) | (major(st.st_dev) << 8) | ((minor(st.st_dev) & ~0xffu) << 12));
	snprintf(path, sizeof path, "%s/fdinfo/%d", dir, fd);
	if (read_text(path, w->file, sizeof w->file))
		flags = (unsigned)number_of(w->file, "flags", 8);
	r.cloexec = !!(flags & O_CLOEXEC);
	r.open_flags = open_flags(w->file_flags, flags);
	switch (st.st_mode & S_IFMT) {
	case S_IFSOCK:
		fill_socket(w, &r, pid, &name);
		break;
	case S_IFIFO:
		r.type = PH_FD_FIFO;
		break;
	case S_IFDIR:
		r.type = PH_FD_DIRECTORY;
		break;
	case S_IFREG:
		r.type = strncmp(name, "/memfd:", 7) == 0 ? PH_FD_MEMFD : PH_FD_FILE_V2;
		break;
	case S_IFCHR:
	case S_IFBLK:
	case S_IFLNK:
		r.type = PH_FD_FILE_V2;
		break;
	default:
		r.type = PH_FD_UNSUPPORTED;
	}
	r.name_len = (uint32_t)strlen(name);
	r.type = (uint8_t)snapshot_anon_type(name, r.name_len, r.type);
	w->ops->fd(w->arg, &r, name);
}

static void read_fds(struct walk *w, const char *dir, int64_t pid, int64_t tid)
{
	char path[64];
	struct dirent *e;
	DIR *d;

	snprintf(path, sizeof path, "%s/fd", dir);
	d = opendir(path);
	if (!d)
		return;
	while ((e = readdir(d)))
		if (is_number(e->d_name))
			read_fd(w, dir, pid, tid, (int)strtol(e->d_name, NULL, 10));
	closedir(d);
}

/* --- the walk ----------------------------------------------------------------------------------------------------------------------- */

enum pass { TASKS, FDS };

static void read_thread(struct walk *w, enum pass pass, int64_t pid, int64_t tid)
{
	const char *texts[PH_SNAP_TEXTS] = {
		[PH_SNAP_EXEPATH] = w->exe,   [PH_SNAP_CWD] = w->cwd,	[PH_SNAP_ROOT] = w->root,
		[PH_SNAP_CGROUP] = w->cgroup, [PH_SNAP_ARGS] = w->args, [PH_SNAP_ENV] = w->env,
	};
	struct ph_snap_task_rec r;
	char dir[48];

	snprintf(dir, sizeof dir, "/proc/%" PRId64 "/task/%" PRId64, pid, tid);
	if (pass == TASKS) {
		if (w->ops->task && read_task(w, &r, dir, pid, tid)) {
			r.hdr.size = sizeof r;
			w->ops->task(w->arg, &r, texts);
		}
		return;
	}
	/* Threads that share the table of their process are passed over. 0: equal; not permitted: taken for equal. */
	if (tid != pid && syscall(SYS_kcmp, (int)pid, (int)tid, KCMP_FILES, 0, 0) <= 0)
		return;
	if (w->ops->fd)
		read_fds(w, dir, pid, tid);
}

/* The main thread first. */
static bool read_process(struct walk *w, enum pass pass, int64_t pid)
{
	char path[48];
	struct dirent *e;
	DIR *d;

	snprintf(path, sizeof path, "/proc/%" PRId64 "/task", pid);
	d = opendir(path);
	if (!d)
		return false;
	read_thread(w, pass, pid, pid);
	while ((e = readdir(d))) {
		int64_t tid = is_number(e->d_name) ? strtoll(e->d_name, NULL, 10) : 0;

		if (tid && tid != pid)
			read_thread(w, pass, pid, tid);
	}
	closedir(d);
	return true;
}

static int read_all(struct walk *w, enum pass pass)
{
	DIR *d = opendir("/proc");
	struct dirent *e;

	if (!d)
		return -errno;
	while ((e = readdir(d)))
		if (is_number(e->d_name))
			read_process(w, pass, strtoll(e->d_name, NULL, 10));
	closedir(d);
	return 0;
}

static const char *cgroup2_mount(void)
{
	if (access("/sys/fs/cgroup/cgroup.controllers", F_OK) == 0)
		return "/sys/fs/cgroup";
	if (access("/sys/fs/cgroup/unified/cgroup.controllers", F_OK) == 0)
		return "/sys/fs/cgroup/unified";
	return NULL;
}

int snapshot_proc(uint64_t boot_epoch_ns, int64_t pid, const struct ph_snapshot_ops *ops, void *arg)
{
	struct walk *w = calloc(1, sizeof *w);
	int e = 0;

	if (!w)
		return -ENOMEM;
	w->ops = ops;
	w->arg = arg;
	w->boot_epoch_ns = boot_epoch_ns;
	w->ns_per_tick = NS_PER_SEC / (uint64_t)sysconf(_SC_CLK_TCK);
	w->cgroup2 = cgroup2_mount();
	w->file_flags = ph_flag_table("file_flags");
	if (pid) {
		if (!read_process(w, TASKS, pid) || !read_process(w, FDS, pid))
			e = -ESRCH;
	} else {
		e = read_all(w, TASKS);
		if (e == 0)
			e = read_all(w, FDS);
	}
	for (size_t i = 0; i < w->cap; i++)
		free(w->socks[i].name);
	free(w->socks);
	free(w->net_seen);
	free(w->pidns);
	free(w);
	return e;
}
