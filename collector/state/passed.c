/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Descriptors that a process gets from another one, over a UNIX socket or by pidfd_getfd. In front of such a call the probe
 * tells what each of them is (probe/bpf/passed.bpf.h); those that it did not are looked up in /proc.
 */
#include "collector/state/internal.h"

#include <sys/socket.h>

#define SCM_MAX_FD 253 /* the kernel's limit a message */

/* By anon_inode_fd_types of flags.def. */
static const uint8_t anon_types[] = { PH_FD_UNSUPPORTED, PH_FD_EVENT,	PH_FD_EVENTPOLL, PH_FD_INOTIFY,
				      PH_FD_SIGNALFD,	 PH_FD_TIMERFD, PH_FD_IO_URING,	 PH_FD_USERFAULTFD,
				      PH_FD_PIDFD,	 PH_FD_BPF,	PH_FD_BPF,	 PH_FD_BPF,
				      PH_FD_BPF };

/*
 * Only the records of regular files have the close-on-exec flag. The others are taken to have it, as nearly all receivers ask
 * for it; when it was not so, the descriptor is looked up after the exec.
 */
static struct ph_snap_fd_rec record_of(const struct ph_event *ev, const struct row *r, unsigned type)
{
	return (struct ph_snap_fd_rec){
		.fd = (int32_t)geti(ev, r, P_fd),
		.type = (uint8_t)type,
		.ino = getu(ev, r, P_ino_num),
		.cloexec = r->p[P_flags] < 0 || (getu32(ev, r, P_flags) & OF_CLOEXEC),
		.open_flags = r->p[P_flags] < 0 ? 0 : getu32(ev, r, P_flags),
	};
}

static void tell(struct ph_state *st, struct thread *t, struct ph_snap_fd_rec *rec, const char *name, uint32_t len)
{
	struct ent *e;

	rec->name_len = len;
	e = fd_from_record(st, t->files, rec, name);
	if (!e)
		return;
	fd_guess_role(st, e);
	e->pub.flags &= (uint16_t)~PH_FDF_FROM_SNAPSHOT;
	e->pub.opened_ns = st->now;
	e->told = true;
}

static void tell_path(struct ph_state *st, const struct ph_event *ev, const struct row *r, struct thread *t,
		      unsigned type)
{
	struct ph_snap_fd_rec rec = record_of(ev, r, type);
	uint32_t len;
	const char *path = getstr(ev, r, P_path, &len);

	tell(st, t, &rec, path, len);
}

static void on_regular(struct ph_state *st, struct ph_event *ev, const struct row *r, struct thread *t)
{
	tell_path(st, ev, r, t, PH_FD_FILE_V2);
}

static void on_directory(struct ph_state *st, struct ph_event *ev, const struct row *r, struct thread *t)
{
	tell_path(st, ev, r, t, PH_FD_DIRECTORY);
}

static void on_pipe(struct ph_state *st, struct ph_event *ev, const struct row *r, struct thread *t)
{
	tell_path(st, ev, r, t, PH_FD_FIFO);
}

/* memfd_create(2) puts its prefix in front of the name, and the file is deleted from the beginning. */
static void on_memfd(struct ph_state *st, struct ph_event *ev, const struct row *r, struct thread *t)
{
	static const char prefix[] = "/memfd:", suffix[] = " (deleted)";
	struct ph_snap_fd_rec rec = record_of(ev, r, PH_FD_MEMFD);
	uint32_t len, before = sizeof(prefix) - 1, behind = sizeof(suffix) - 1;
	const char *name = getstr(ev, r, P_path, &len);

	if (len >= before && memcmp(name, prefix, before) == 0) {
		name += before;
		len -= before;
	}
	if (len >= behind && memcmp(name + len - behind, suffix, behind) == 0)
		len -= behind;
	tell(st, t, &rec, name, len);
}

static void on_anon(struct ph_state *st, struct ph_event *ev, const struct row *r, struct thread *t)
{
	uint64_t type = getu(ev, r, P_fd_type);

	tell_path(st, ev, r, t, type < sizeof(anon_types) ? anon_types[type] : PH_FD_UNSUPPORTED);
}

static void copy_ip(const struct ph_event *ev, const struct row *r, enum state_param p, uint8_t ip[16])
{
	if (has(ev, r, p))
		memcpy(ip, ev->params[r->p[p]].data, ph_param_type_size(ev->info->params[r->p[p]].type));
}

static void tell_inet(struct ph_state *st, const struct ph_event *ev, const struct row *r, struct thread *t,
		      uint32_t domain)
{
	struct ph_snap_fd_rec rec = record_of(ev, r, sock_type(domain));

	rec.l4 = sock_l4(domain, getu32(ev, r, P_sk_type), getu32(ev, r, P_sk_proto));
	rec.lport = (uint16_t)getu(ev, r, P_local_port);
	rec.rport = (uint16_t)getu(ev, r, P_remote_port);
	copy_ip(ev, r, P_local_ip, rec.local);
	copy_ip(ev, r, P_remote_ip, rec.remote);
	rec.listening = rec.l4 == PH_L4_TCP && rec.lport && !rec.rport;
	tell(st, t, &rec, NULL, 0);
}

static void on_inet(struct ph_state *st, struct ph_event *ev, const struct row *r, struct thread *t)
{
	tell_inet(st, ev, r, t, AF_INET);
}

static void on_inet6(struct ph_state *st, struct ph_event *ev, const struct row *r, struct thread *t)
{
	tell_inet(st, ev, r, t, AF_INET6);
}

/* The other end is not told; the first message shows it. */
static void on_unix(struct ph_state *st, struct ph_event *ev, const struct row *r, struct thread *t)
{
	struct ph_snap_fd_rec rec = record_of(ev, r, PH_FD_UNIX);
	uint32_t len;
	const char *path = getstr(ev, r, P_sun_path, &len);

	rec.l4 = PH_L4_NA;
	rec.sock = getu(ev, r, P_sk_pointer);
	tell(st, t, &rec, path, len);
}

static void on_netlink(struct ph_state *st, struct ph_event *ev, const struct row *r, struct thread *t)
{
	struct ph_snap_fd_rec rec = record_of(ev, r, PH_FD_NETLINK);

	rec.l4 = PH_L4_NA;
	tell(st, t, &rec, NULL, 0);
}

/* --- the calls themselves ----------------------------------------------------------------------------------------------------- */

struct ent *passed_fd(struct ph_state *st, struct thread *t, int64_t num)
{
	struct ent *e;

	if (num < 0)
		return NULL;
	e = fd_get(t->files, num);
	if (e && e->told && (e = fd_edit(t->files, num)) != NULL) {
		e->told = false;
		return e;
	}
	fd_del(t->files, num);
	e = fd_lookup(st, t, num);
	if (!e && !fd_slot(t->files, num))
		e = fd_put(st, t->files, num, PH_FD_UNKNOWN);
	if (e)
		e->pub.opened_ns = st->now;
	return e;
}

/*
 * Control messages as the kernel wrote them for the caller: a header of length, level and type, the length being 8 bytes
 * wide and its own alignment, or 4 for a 32-bit caller (include/linux/socket.h, net/compat.c). Nothing in them is trusted.
 */
void passed_control(struct ph_state *st, struct thread *t, const uint8_t *d, size_t len)
{
	int left = SCM_MAX_FD;
	uint64_t len64;
	size_t word = 8;

	if (len < 12)
		return;
	memcpy(&len64, d, len >= 16 ? 8 : 4);
	if (len < 16 || len64 > len || len64 < 16)
		word = 4;
	while (len >= word + 8) {
		uint64_t n = 0;
		uint32_t level, type;
		size_t step;

		memcpy(&n, d, word);
		memcpy(&level, d + word, 4);
		memcpy(&type, d + word + 4, 4);
		if (n < word + 8)
			return;
		if (n > len)
			n = len; /* cut by the snap length: what is there is good */
		if (level == SOL_SOCKET && type == SCM_RIGHTS) {
			for (size_t at = word + 8; at + 4 <= n && left > 0; at += 4, left--) {
				int32_t num;

				memcpy(&num, d + at, 4);
				passed_fd(st, t, num);
			}
		}
		step = ((size_t)n + word - 1) & ~(word - 1);
		if (step >= len)
			return;
		d += step;
		len -= step;
	}
}

const struct handler passed_handlers[] = {
	{ PH_EV_ITER_TASK_FILE_REGULAR_E, on_regular, NULL },
	{ PH_EV_ITER_TASK_FILE_DIRECTORY_E, on_directory, NULL },
	{ PH_EV_ITER_TASK_FILE_PIPE_E, on_pipe, NULL },
	{ PH_EV_ITER_TASK_FILE_MEMFD_E, on_memfd, NULL },
	{ PH_EV_ITER_TASK_FILE_ANON_INODE_E, on_anon, NULL },
	{ PH_EV_ITER_TASK_FILE_SOCKET_INET_E, on_inet, NULL },
	{ PH_EV_ITER_TASK_FILE_SOCKET_INET6_E, on_inet6, NULL },
	{ PH_EV_ITER_TASK_FILE_SOCKET_UNIX_E, on_unix, NULL },
	{ PH_EV_ITER_TASK_FILE_SOCKET_NETLINK_E, on_netlink, NULL },
};
const size_t passed_nhandlers = sizeof(passed_handlers) / sizeof(passed_handlers[0]);
