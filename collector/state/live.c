/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What /proc tells of threads and descriptors whose events were not seen: before the capture, or lost. Every look-up is paid
 * from a budget by event time, so that a flood of unknown threads cannot slow the stream down.
 */
#include "collector/state/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define BUDGET_RATE 2000.0 /* look-ups a second of event time */
#define BUDGET_BURST 4000.0
#define SWEEP_GRACE_NS 1000000000u

enum sweep_phase { SWEEP_IDLE, SWEEP_MARK, SWEEP_WAIT, SWEEP_REMOVE };

void live_open(struct ph_state *st)
{
	char path[PH_PATH_MAX];
	int n = snprintf(path, sizeof(path), "%s/proc", st->host_root);

	st->procfd = -1;
	if (st->live && n > 0 && (size_t)n < sizeof(path))
		st->procfd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	st->tokens = BUDGET_BURST;
}

bool live_budget(struct ph_state *st)
{
	if (st->procfd < 0)
		return false;
	if (st->now > st->tokens_at) {
		st->tokens += (double)(st->now - st->tokens_at) * BUDGET_RATE / 1e9;
		if (st->tokens > BUDGET_BURST)
			st->tokens = BUDGET_BURST;
		st->tokens_at = st->now;
	}
	if (st->tokens < 1.0)
		return false;
	st->tokens -= 1.0;
	return true;
}

/* Reads up to size - 1 bytes and terminates them; the length or a negative errno. */
ssize_t live_read(int dirfd, const char *path, char *buf, size_t size)
{
	int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	size_t at = 0;
	ssize_t n;

	if (fd < 0)
		return -errno;
	while (at < size - 1 && (n = read(fd, buf + at, size - 1 - at)) != 0) {
		if (n < 0 && errno != EINTR)
			break;
		at += n > 0 ? (size_t)n : 0;
	}
	close(fd);
	buf[at] = '\0';
	return (ssize_t)at;
}

static ssize_t read_of(struct ph_state *st, int64_t tid, const char *file, char *buf, size_t size)
{
	char path[64];

	snprintf(path, sizeof(path), "%lld/%s", (long long)tid, file);
	return live_read(st->procfd, path, buf, size);
}

static ssize_t link_of(struct ph_state *st, int64_t tid, const char *file, char *buf, size_t size)
{
	char path[64];
	ssize_t n;

	snprintf(path, sizeof(path), "%lld/%s", (long long)tid, file);
	n = readlinkat(st->procfd, path, buf, size - 1);
	if (n < 0)
		return -errno;
	buf[n] = '\0';
	return n;
}

bool live_exists(struct ph_state *st, int64_t tid)
{
	char path[32];

	snprintf(path, sizeof(path), "%lld", (long long)tid);
	return st->procfd >= 0 && faccessat(st->procfd, path, F_OK, 0) == 0;
}

/* --- threads ------------------------------------------------------------------------------------------------------------- */

struct proc_stat {
	char comm[PH_NAME_MAX * 4 + 1];
	long long ppid, pgid, sid, tty;
	unsigned long long start_ticks;
	long long tgid;
	long long vtid, vpid, vpgid, vsid; /* innermost */
	unsigned uid, gid; /* effective */
	unsigned long long cap_inh, cap_prm, cap_eff;
	unsigned long long vm_size, vm_rss, vm_swap;
};

/* The last number of a line of /proc/<tid>/status such as "NSpid:\t310\t1". */
static long long last_number(const char *status, const char *key, long long otherwise)
{
	const char *s = strstr(status, key), *end;
	long long v = otherwise;

	if (!s)
		return otherwise;
	s += strlen(key);
	end = strchrnul(s, '\n');
	while (s < end) {
		char *next;
		long long n = strtoll(s, &next, 10);

		if (next == s)
			break;
		v = n;
		s = next;
	}
	return v;
}

static unsigned long long number(const char *status, const char *key, int which, int base)
{
	const char *s = strstr(status, key);
	unsigned long long v = 0;

	if (!s)
		return 0;
	s += strlen(key);
	for (int i = 0; i <= which; i++) {
		char *next;

		v = strtoull(s, &next, base);
		if (next == s)
			return 0;
		s = next;
	}
	return v;
}

static bool read_stat(struct ph_state *st, int64_t tid, struct proc_stat *ps)
{
	char buf[4096], *open_paren, *close_paren;
	size_t n;

	memset(ps, 0, sizeof(*ps));
	if (read_of(st, tid, "stat", buf, sizeof(buf)) <= 0)
		return false;
	open_paren = strchr(buf, '(');
	close_paren = strrchr(buf, ')');
	if (!open_paren || !close_paren || close_paren < open_paren)
		return false;
	n = (size_t)(close_paren - open_paren - 1);
	n = n < sizeof(ps->comm) - 1 ? n : sizeof(ps->comm) - 1;
	memcpy(ps->comm, open_paren + 1, n);
	if (sscanf(close_paren + 1,
		   " %*c %lld %lld %lld %lld %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu", &ps->ppid,
		   &ps->pgid, &ps->sid, &ps->tty, &ps->start_ticks) != 5)
		return false;
	if (read_of(st, tid, "status", buf, sizeof(buf)) <= 0)
		return false;
	ps->tgid = last_number(buf, "\nTgid:", tid);
	ps->vtid = last_number(buf, "\nNSpid:", tid);
	ps->vpid = last_number(buf, "\nNStgid:", ps->tgid);
	ps->vpgid = last_number(buf, "\nNSpgid:", ps->pgid);
	ps->vsid = last_number(buf, "\nNSsid:", ps->sid);
	ps->uid = (unsigned)number(buf, "\nUid:", 1, 10);
	ps->gid = (unsigned)number(buf, "\nGid:", 1, 10);
	ps->cap_inh = number(buf, "\nCapInh:", 0, 16);
	ps->cap_prm = number(buf, "\nCapPrm:", 0, 16);
	ps->cap_eff = number(buf, "\nCapEff:", 0, 16);
	ps->vm_size = number(buf, "\nVmSize:", 0, 10);
	ps->vm_rss = number(buf, "\nVmRSS:", 0, 10);
	ps->vm_swap = number(buf, "\nVmSwap:", 0, 10);
	return true;
}

static size_t without_deleted(char *path, size_t n)
{
	static const char mark[] = " (deleted)";

	if (n > sizeof(mark) - 1 && memcmp(path + n - (sizeof(mark) - 1), mark, sizeof(mark) - 1) == 0)
		n -= sizeof(mark) - 1;
	path[n] = '\0';
	return n;
}

/* A link of /proc is named from the root of its mount namespace; the process names it from its own root. */
static const char *from_own_root(const struct ph_process *p, const char *path)
{
	size_t n = strlen(p->root);

	if (n > 1 && strncmp(path, p->root, n) == 0 && (path[n] == '/' || path[n] == '\0'))
		return path[n] ? path + n : "/";
	return path;
}

void live_dirs(struct ph_state *st, struct thread *t)
{
	struct ph_process *p = t->pub.proc;
	ssize_t n = link_of(st, t->pub.tid, "root", st->path, sizeof(st->path));

	if (n > 0)
		process_set_root(P(p), st->path, (size_t)n);
	n = link_of(st, t->pub.tid, "cwd", st->path, sizeof(st->path));
	if (n > 0 && st->path[0] == '/') {
		const char *cwd;

		without_deleted(st->path, (size_t)n);
		cwd = from_own_root(p, st->path);
		process_set_cwd(P(p), cwd, strlen(cwd));
	}
}

void live_args(struct ph_state *st, struct thread *t)
{
	struct ph_process *p = t->pub.proc;
	ssize_t n = read_of(st, t->pub.tid, "cmdline", st->path, sizeof(st->path));
	size_t exe, rest = 0;

	if (n > 0) {
		exe = strlen(st->path);
		str_set0(&p->exe, st->path, exe);
		if ((size_t)n > exe + 1)
			rest = (size_t)n - exe - 1;
		if (rest > 0 && st->path[n - 1] == '\0')
			rest--;
		str_set(&p->args, p->args_len, st->path + exe + (rest ? 1 : 0), rest);
		p->args_len = str_none(p->args) ? 0 : (uint32_t)rest;
	} else if (n == 0) { /* a kernel thread */
		str_set0(&p->exe, t->pub.comm, strlen(t->pub.comm));
	}
	n = read_of(st, t->pub.tid, "environ", st->path, sizeof(st->path));
	if (n > 0) {
		rest = st->path[n - 1] == '\0' ? (size_t)n - 1 : (size_t)n;
		str_set(&p->env, p->env_len, st->path, rest);
		p->env_len = str_none(p->env) ? 0 : (uint32_t)rest;
	}
}

/* "hierarchy:controllers:path" a line becomes NUL-separated "controllers=path"; the default hierarchy alone stands for all. */
static void fill_cgroups(struct ph_state *st, struct thread *t)
{
	struct ph_process *p = t->pub.proc;
	ssize_t n = read_of(st, t->pub.tid, "cgroup", st->path, sizeof(st->path));
	char *line = st->path, *out = st->path2, *unified = NULL;
	size_t len;

	if (n <= 0)
		return;
	while (*line) {
		char *end = strchrnul(line, '\n'), *subsys = strchr(line, ':'), *path;
		bool last = *end == '\0';

		*end = '\0';
		path = subsys ? strchr(subsys + 1, ':') : NULL;
		if (path && subsys[1] == ':') {
			unified = path + 1;
		} else if (path) {
			*path++ = '\0';
			if (out != st->path2)
				*out++ = '\0';
			/* never longer than the line it was made of */
			out += sprintf(out, "%s=%s", subsys + 1, path);
		}
		if (last)
			break;
		line = end + 1;
	}
	len = (size_t)(out - st->path2);
	if (len == 0 && unified) {
		process_set_cgroup(st, P(p), unified, strlen(unified));
	} else {
		str_set(&p->cgroups, p->cgroups_len, st->path2, len);
		p->cgroups_len = str_none(p->cgroups) ? 0 : (uint32_t)len;
	}
	if (st->containers)
		thread_container(st, t, ph_containers_by_cgroups(st->containers, p->cgroups, p->cgroups_len));
}

static void fill_limit(struct ph_state *st, struct thread *t)
{
	static const char key[] = "Max open files";
	char *s;

	if (read_of(st, t->pub.tid, "limits", st->path, sizeof(st->path)) <= 0)
		return;
	s = strstr(st->path, key);
	if (s)
		t->pub.proc->fdlimit = strtoull(s + sizeof(key) - 1, NULL, 10);
}

static void fill_process(struct ph_state *st, struct thread *t, const struct proc_stat *ps)
{
	struct ph_process *p = t->pub.proc;
	ssize_t n;

	p->ptid = ps->ppid;
	p->pgid = ps->pgid;
	p->sid = ps->sid;
	p->tty = (uint32_t)ps->tty;
	p->vpid = ps->vpid;
	p->vpgid = ps->vpgid;
	p->vsid = ps->vsid;
	p->vm_size_kb = (uint32_t)ps->vm_size;
	p->vm_rss_kb = (uint32_t)ps->vm_rss;
	p->vm_swap_kb = (uint32_t)ps->vm_swap;
	p->cap_inheritable = ps->cap_inh;
	p->cap_permitted = ps->cap_prm;
	p->cap_effective = ps->cap_eff;
	P(p)->start_ticks = ps->start_ticks;
	live_args(st, t);
	live_dirs(st, t);
	n = link_of(st, t->pub.tid, "exe", st->path, sizeof(st->path));
	if (n > 0) {
		const char *exe;

		without_deleted(st->path, (size_t)n);
		exe = from_own_root(p, st->path);
		str_set0(&p->exepath, exe, strlen(exe));
	}
	if (read_of(st, t->pub.tid, "loginuid", st->path, sizeof(st->path)) > 0)
		p->loginuid = (uint32_t)strtoul(st->path, NULL, 10);
	fill_limit(st, t);
	fill_cgroups(st, t);
}

static void fill_thread(struct thread *t, const struct proc_stat *ps)
{
	thread_comm(t, ps->comm, strlen(ps->comm));
	t->pub.uid = ps->uid;
	t->pub.gid = ps->gid;
	t->pub.vtid = ps->vtid;
	t->pub.placeholder = false;
	t->unlooked = false;
}

/* Suppression comes down from the parents and from the name, as at a fork. */
static void inherit_suppression(struct ph_state *st, struct thread *t)
{
	struct process *parent = process_parent(st, proc_of(t));

	if ((parent && parent->suppressed) || comm_suppressed(st, t))
		proc_of(t)->suppressed = true;
	t->pub.suppressed = proc_of(t)->suppressed;
}

bool live_fill(struct ph_state *st, struct thread *t)
{
	struct proc_stat ps;

	t->unlooked = false;
	if (st->procfd < 0 || !read_stat(st, t->pub.tid, &ps))
		return false;
	fill_thread(t, &ps);
	if (ps.tgid == t->pub.tid)
		fill_process(st, t, &ps);
	inherit_suppression(st, t);
	return true;
}

struct thread *live_thread(struct ph_state *st, int64_t tid)
{
	struct proc_stat ps;
	struct thread *leader, *t;
	struct process *p;

	if (st->procfd < 0 || tid <= 0 || tid > INT32_MAX || !read_stat(st, tid, &ps))
		return NULL;
	if (ps.tgid != tid) {
		leader = thread_find(st, ps.tgid);
		if (!leader)
			leader = live_thread(st, ps.tgid); /* one level: a leader is its own */
		if (!leader || leader->pub.proc->pid != ps.tgid)
			return NULL;
		t = thread_add(st, proc_of(leader), tid, files_ref(leader->files));
		if (!t)
			return NULL;
		thread_container(st, t, leader->pub.container);
		fill_thread(t, &ps);
	} else {
		p = process_new(tid);
		t = p ? thread_add(st, p, tid, NULL) : NULL;
		if (!t)
			return NULL;
		fill_thread(t, &ps);
		fill_process(st, t, &ps);
	}
	inherit_suppression(st, t);
	return t;
}

/* After a gap: is it still who it was? */
void live_check_thread(struct ph_state *st, struct thread *t)
{
	struct process *p = proc_of(t);
	struct proc_stat ps;
	bool other;

	if (!read_stat(st, t->pub.tid, &ps))
		return;
	other = strncmp(ps.comm, t->pub.comm, PH_NAME_MAX - 1) != 0 ||
		(p->start_ticks && ps.tgid == t->pub.tid && p->start_ticks != ps.start_ticks);
	fill_thread(t, &ps);
	if (ps.tgid != t->pub.tid)
		return;
	if (other) {
		fill_process(st, t, &ps);
	} else {
		p->pub.ptid = ps.ppid;
		live_dirs(st, t);
		fill_cgroups(st, t);
	}
	if (p->parent && p->parent->pub.pid != ps.ppid)
		process_link(p, process_by_pid(st, ps.ppid));
}

/* --- descriptors ---------------------------------------------------------------------------------------------------------- */

static const struct {
	const char *name;
	uint8_t type;
} anon_kinds[] = {
	{ "[eventfd]", PH_FD_EVENT },
	{ "[eventpoll]", PH_FD_EVENTPOLL },
	{ "[signalfd]", PH_FD_SIGNALFD },
	{ "[timerfd]", PH_FD_TIMERFD },
	{ "inotify", PH_FD_INOTIFY },
	{ "[userfaultfd]", PH_FD_USERFAULTFD },
	{ "[io_uring]", PH_FD_IO_URING },
	{ "[pidfd]", PH_FD_PIDFD },
	{ "bpf-map", PH_FD_BPF },
	{ "bpf-prog", PH_FD_BPF },
	{ "bpf_link", PH_FD_BPF },
	{ "bpf_iter", PH_FD_BPF },
	{ "bpf-raw-tracepoint", PH_FD_BPF },
	{ "btf", PH_FD_BPF },
};

/* The numbers are the kernel's on x86-64 and arm64 alike but for O_DIRECTORY. */
static void fill_fdinfo(struct ph_state *st, struct thread *t, struct ent *e)
{
	char path[40], text[512], *s;
	unsigned long flags;

	snprintf(path, sizeof(path), "fdinfo/%d", e->pub.num);
	if (read_of(st, t->pub.tid, path, text, sizeof(text)) <= 0 || !(s = strstr(text, "flags:")))
		return;
	flags = strtoul(s + 6, NULL, 8);
	if (flags & O_CLOEXEC)
		e->pub.flags |= PH_FDF_CLOEXEC;
	e->pub.open_flags = (flags & O_ACCMODE) == O_RDWR   ? OF_RDONLY | OF_WRONLY :
			    (flags & O_ACCMODE) == O_WRONLY ? OF_WRONLY :
							      OF_RDONLY;
	if ((flags & O_DIRECTORY) && e->pub.type == PH_FD_FILE_V2)
		e->pub.type = PH_FD_DIRECTORY;
}

static void sockaddr_parts(const struct sockaddr_storage *ss, uint8_t ip[16], uint16_t *port)
{
	memset(ip, 0, 16);
	*port = 0;
	if (ss->ss_family == AF_INET) {
		const struct sockaddr_in *in = (const struct sockaddr_in *)ss;

		memcpy(ip, &in->sin_addr, 4);
		*port = ntohs(in->sin_port);
	} else if (ss->ss_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)ss;

		memcpy(ip, &in6->sin6_addr, 16);
		*port = ntohs(in6->sin6_port);
	}
}

static int opt(int fd, int name)
{
	int v = 0;
	socklen_t len = sizeof(v);

	return getsockopt(fd, SOL_SOCKET, name, &v, &len) == 0 ? v : 0;
}

static void fill_inet(struct ent *e, int fd, int domain)
{
	struct sockaddr_storage local = { 0 }, remote = { 0 };
	socklen_t llen = sizeof(local), rlen = sizeof(remote);
	struct tuple tp = { .family = (uint8_t)domain, .type = sock_type((uint32_t)domain) };

	if (getsockname(fd, (struct sockaddr *)&local, &llen) < 0)
		return;
	sockaddr_parts(&local, tp.sip, &tp.sport);
	if (getpeername(fd, (struct sockaddr *)&remote, &rlen) < 0) {
		if (tp.sport)
			sock_server(e, (uint8_t)domain, tp.sip, tp.sport);
		return;
	}
	sockaddr_parts(&remote, tp.dip, &tp.dport);
	if (domain == AF_INET6 && addr_is_mapped(tp.dip)) {
		tp.type = PH_FD_IPV4;
		tp.family = AF_INET;
		memmove(tp.sip, tp.sip + 12, 4);
		memmove(tp.dip, tp.dip + 12, 4);
		memset(tp.sip + 4, 0, 12);
		memset(tp.dip + 4, 0, 12);
	}
	/* nothing tells who called whom: low ports are servers' */
	e->pub.flags |= PH_FDF_CONNECTED | (tp.sport < tp.dport ? PH_FDF_ROLE_SERVER : PH_FDF_ROLE_CLIENT);
	sock_set(e, &tp, tp.sport < tp.dport);
}

void live_socket(struct thread *t, struct ent *e)
{
	int pidfd = (int)syscall(SYS_pidfd_open, (pid_t)t->pub.proc->pid, 0);
	int fd = pidfd < 0 ? -1 : (int)syscall(SYS_pidfd_getfd, pidfd, e->pub.num, 0), domain;

	if (fd >= 0) {
		domain = opt(fd, SO_DOMAIN);
		e->pub.type = sock_type((uint32_t)domain);
		e->pub.family = (uint8_t)domain;
		e->pub.l4 = sock_l4((uint32_t)domain, (uint32_t)opt(fd, SO_TYPE), (uint32_t)opt(fd, SO_PROTOCOL));
		if (domain == AF_INET || domain == AF_INET6)
			fill_inet(e, fd, domain);
		if (opt(fd, SO_ACCEPTCONN))
			e->pub.flags |= PH_FDF_LISTENING | PH_FDF_ROLE_SERVER;
		if (domain == AF_UNIX) {
			struct sockaddr_un un = { 0 };
			socklen_t len = sizeof(un);

			if (getsockname(fd, (struct sockaddr *)&un, &len) == 0 && len > sizeof(un.sun_family) &&
			    un.sun_path[0])
				ent_name(e, un.sun_path, strnlen(un.sun_path, sizeof(un.sun_path)));
		}
		close(fd);
	}
	if (pidfd >= 0)
		close(pidfd);
}

static void fill_fd(struct ph_state *st, struct thread *t, struct ent *e, char *link, size_t n)
{
	static const char anon[] = "anon_inode:", memfd[] = "/memfd:";

	n = without_deleted(link, n);
	if (sscanf(link, "socket:[%lu]", &e->pub.ino) == 1) {
		live_socket(t, e);
	} else if (sscanf(link, "pipe:[%lu]", &e->pub.ino) == 1) {
		e->pub.type = PH_FD_FIFO;
	} else if (strncmp(link, "pidfd:", 6) == 0) {
		e->pub.type = PH_FD_PIDFD;
	} else if (strncmp(link, anon, sizeof(anon) - 1) == 0) {
		e->pub.type = PH_FD_UNSUPPORTED;
		for (size_t i = 0; i < sizeof(anon_kinds) / sizeof(anon_kinds[0]); i++)
			if (strcmp(link + sizeof(anon) - 1, anon_kinds[i].name) == 0)
				e->pub.type = anon_kinds[i].type;
	} else if (strncmp(link, memfd, sizeof(memfd) - 1) == 0) {
		e->pub.type = PH_FD_MEMFD;
		ent_name(e, link + sizeof(memfd) - 1, n - (sizeof(memfd) - 1));
	} else {
		const char *name = from_own_root(t->pub.proc, link);

		e->pub.type = link[0] == '/' ? PH_FD_FILE_V2 : PH_FD_UNSUPPORTED;
		ent_name(e, name, strlen(name));
	}
	fill_fdinfo(st, t, e);
}

/* What is known agrees with the link: then it stays, with all that the link does not tell. */
static bool agrees(const struct thread *t, const struct ent *e, const char *link)
{
	unsigned long ino;

	if (e->negative)
		return false;
	if (sscanf(link, "socket:[%lu]", &ino) == 1)
		return e->pub.ino ? e->pub.ino == ino : e->pub.family != 0;
	if (sscanf(link, "pipe:[%lu]", &ino) == 1)
		return e->pub.type == PH_FD_FIFO && (!e->pub.ino || e->pub.ino == ino);
	if (link[0] == '/' && strncmp(link, "/memfd:", 7) != 0)
		return strcmp(from_own_root(t->pub.proc, link), e->pub.name) == 0;
	return e->pub.type != PH_FD_FILE_V2 && e->pub.type != PH_FD_DIRECTORY && e->pub.type != PH_FD_FIFO &&
	       e->pub.family == 0;
}

struct ent *live_fd(struct ph_state *st, struct thread *t, int64_t num)
{
	struct slot *s = fd_slot(t->files, num);
	char path[40], *link = st->path2;
	struct ent *e;
	ssize_t n;

	snprintf(path, sizeof(path), "fd/%d", (int)num);
	n = link_of(st, t->pub.tid, path, link, sizeof(st->path2));
	if (n <= 0 && s && !s->e->negative && n != -ENOENT) { /* it cannot be asked: what is known has to do */
		s->gen = st->gap_gen;
		return s->e;
	}
	if (n <= 0) {
		/* ended, or closed since: the old entry is what the event was about as far as anybody knows */
		if (s && !s->e->negative && !live_exists(st, t->pub.tid)) {
			s->gen = st->gap_gen;
			return s->e;
		}
		e = fd_put(st, t->files, num, PH_FD_UNKNOWN);
		if (e) {
			e->negative = true;
			t->files->map->negative++;
		}
		return NULL;
	}
	if (s) {
		char *deleted = strstr(link, " (deleted)");

		if (deleted && !deleted[10])
			n = deleted - link;
		link[n] = '\0';
		if (agrees(t, s->e, link)) {
			s->gen = st->gap_gen;
			return s->e;
		}
	}
	e = fd_put(st, t->files, num, PH_FD_UNKNOWN);
	if (!e)
		return NULL;
	e->pub.opened_ns = 0;
	fill_fd(st, t, e, link, (size_t)n);
	return e;
}

/* --- threads whose end was lost --------------------------------------------------------------------------------------------- */

static uint64_t wall_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/*
 * After a gap, a slot of the thread table an event: first threads that are missing in /proc are marked. An end that was not
 * lost is in the stream by then, so what is still there when event time has passed the marking goes.
 */
void live_sweep(struct ph_state *st, struct ph_event *ev)
{
	struct thread *t;

	switch (st->sweep) {
	case SWEEP_IDLE:
		return;
	case SWEEP_WAIT:
		if (ev->ts > st->sweep_wall + SWEEP_GRACE_NS) {
			st->sweep = SWEEP_REMOVE;
			st->sweep_at = 0;
		}
		return;
	}
	if (st->sweep_at >= st->hash_cap) {
		st->sweep = st->sweep == SWEEP_MARK ? SWEEP_WAIT : SWEEP_IDLE;
		st->sweep_wall = wall_ns();
		return;
	}
	t = st->hash[st->sweep_at];
	if (t && st->sweep == SWEEP_MARK) {
		t->dead_ns = live_exists(st, t->pub.tid) ? 0 : wall_ns();
	} else if (t && t->dead_ns) {
		if (proc_of(t)->threads == t && !t->next)
			process_reparent_children(st, proc_of(t), 0);
		thread_remove(st, t);
		return; /* another one may have moved here */
	}
	st->sweep_at++;
}

void ph_state_gap(struct ph_state *st)
{
	st->gap_gen++;
	if (st->procfd < 0)
		return;
	st->sweep = SWEEP_MARK;
	st->sweep_at = 0;
}
