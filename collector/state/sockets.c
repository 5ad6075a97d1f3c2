/* SPDX-License-Identifier: Apache-2.0 */
/* Socket events: kinds, tuples, roles, names. */
#include "collector/state/internal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>

#define OPT_SOL_SOCKET 1u /* sockopt_levels, sockopt_options of flags.def */
#define OPT_SO_ERROR 4u

/* --- kinds and names ----------------------------------------------------------------------------------------------- */

uint8_t sock_type(uint32_t domain)
{
	switch (domain) {
	case AF_UNIX:
		return PH_FD_UNIX;
	case AF_INET:
		return PH_FD_IPV4;
	case AF_INET6:
		return PH_FD_IPV6;
	case AF_NETLINK:
		return PH_FD_NETLINK;
	}
	return PH_FD_UNSUPPORTED;
}

uint8_t sock_l4(uint32_t domain, uint32_t type, uint32_t proto)
{
	if (domain != AF_INET && domain != AF_INET6)
		return PH_L4_NA;
	switch (type & 0xf) {
	case SOCK_STREAM:
		return proto == 0 || proto == IPPROTO_TCP || proto == 262 /* MPTCP */ ? PH_L4_TCP : PH_L4_UNKNOWN;
	case SOCK_DGRAM:
		return proto == IPPROTO_ICMP || proto == IPPROTO_ICMPV6 ? PH_L4_ICMP : PH_L4_UDP;
	case SOCK_RAW:
		return PH_L4_RAW;
	}
	return PH_L4_UNKNOWN;
}

bool addr_is_mapped(const uint8_t ip[16])
{
	static const uint8_t prefix[12] = { [10] = 0xff, [11] = 0xff };

	return memcmp(ip, prefix, 12) == 0;
}

static bool is_any(const uint8_t ip[16])
{
	static const uint8_t any[16];

	return memcmp(ip, any, 16) == 0;
}

/* IPv4 over an IPv6 socket; one side may be unbound. */
static bool both_ipv4(const uint8_t a[16], const uint8_t b[16])
{
	return (addr_is_mapped(a) && (addr_is_mapped(b) || is_any(b))) || (addr_is_mapped(b) && is_any(a));
}

static size_t format_addr(char *buf, size_t size, bool v6, const uint8_t ip[16], uint16_t port)
{
	char text[INET6_ADDRSTRLEN] = "";
	int n;

	inet_ntop(v6 ? AF_INET6 : AF_INET, ip, text, sizeof(text));
	n = snprintf(buf, size, "%s:%u", text, port);
	return n > 0 && (size_t)n < size ? (size_t)n : 0;
}

static bool is_unbound(const struct ph_fd *fd)
{
	return is_any(fd->sip) && is_any(fd->dip) && !fd->sport && !fd->dport;
}

/* The name of an IP socket, from its addresses; none as long as it has none. */
void sock_name(struct ent *e)
{
	struct ph_fd *fd = &e->pub;
	bool v6 = fd->type == PH_FD_IPV6 || fd->type == PH_FD_IPV6_SERVER;
	char buf[2 * INET6_ADDRSTRLEN + 20];
	size_t n = 0;

	if (fd->type == PH_FD_IPV4 || fd->type == PH_FD_IPV6) {
		if (is_unbound(fd)) {
			ent_name(e, "", 0);
			return;
		}
		n = format_addr(buf, sizeof(buf), v6, fd->sip, fd->sport);
		memcpy(buf + n, "->", 2);
		n += 2;
	}
	n += format_addr(buf + n, sizeof(buf) - n, v6, fd->dip, fd->dport);
	ent_name(e, buf, n);
}

void sock_unix_name(struct ent *e, const char *path, size_t len)
{
	char buf[180];
	int n;

	if (!e->pub.unix_src && !e->pub.unix_dst &&
	    len == 0) { /* made, and neither bound nor connected: it has no name */
		ent_name(e, "", 0);
		return;
	}
	n = snprintf(buf, sizeof(buf), "%llx->%llx %.*s", (unsigned long long)e->pub.unix_src,
		     (unsigned long long)e->pub.unix_dst, (int)(len > 108 ? 108 : len), len ? path : "");

	ent_name(e, buf, n > 0 && (size_t)n < sizeof(buf) ? (size_t)n : 0);
}

/* --- tuples and addresses as parameters carry them ------------------------------------------------------------------- */

static bool tuple_parse(const struct ph_event *ev, int i, struct tuple *tp)
{
	const uint8_t *d;
	uint32_t len;
	size_t n;

	if (!ph_event_has(ev, i) || ev->params[i].len < 1)
		return false;
	d = ev->params[i].data;
	len = ev->params[i].len;
	tp->family = d[0];
	tp->path = NULL;
	tp->path_len = 0;
	switch (d[0]) {
	case AF_INET:
	case AF_INET6:
		n = d[0] == AF_INET ? 4 : 16;
		if (len < 1 + 2 * (n + 2))
			return false;
		memset(tp->sip, 0, 16);
		memset(tp->dip, 0, 16);
		memcpy(tp->sip, d + 1, n);
		memcpy(&tp->sport, d + 1 + n, 2);
		memcpy(tp->dip, d + 3 + n, n);
		memcpy(&tp->dport, d + 3 + 2 * n, 2);
		tp->type = n == 4 ? PH_FD_IPV4 : PH_FD_IPV6;
		if (n == 16 && both_ipv4(tp->sip, tp->dip)) {
			memmove(tp->sip, tp->sip + 12, 4);
			memmove(tp->dip, tp->dip + 12, 4);
			memset(tp->sip + 4, 0, 12);
			memset(tp->dip + 4, 0, 12);
			tp->type = PH_FD_IPV4;
			tp->family = AF_INET;
		}
		return true;
	case AF_UNIX:
		if (len < 17)
			return false;
		memcpy(&tp->usrc, d + 1, 8);
		memcpy(&tp->udst, d + 9, 8);
		tp->path = (const char *)d + 17;
		tp->path_len = (uint32_t)strnlen(tp->path, len - 17);
		tp->type = PH_FD_UNIX;
		return true;
	}
	return false;
}

static bool tuple_same(const struct ph_fd *fd, const struct tuple *tp, bool swap)
{
	if (fd->type != tp->type)
		return false;
	if (tp->type == PH_FD_UNIX) /* which end comes first is no fact about the pair */
		return (fd->unix_src == tp->udst && fd->unix_dst == tp->usrc) ||
		       (fd->unix_src == tp->usrc && fd->unix_dst == tp->udst);
	if (swap)
		return fd->sport == tp->dport && fd->dport == tp->sport && memcmp(fd->sip, tp->dip, 16) == 0 &&
		       memcmp(fd->dip, tp->sip, 16) == 0;
	return fd->sport == tp->sport && fd->dport == tp->dport && memcmp(fd->sip, tp->sip, 16) == 0 &&
	       memcmp(fd->dip, tp->dip, 16) == 0;
}

/* Stores a tuple; swap: it came as server -> client. */
void sock_set(struct ent *e, const struct tuple *tp, bool swap)
{
	struct ph_fd *fd = &e->pub;

	fd->type = tp->type;
	fd->family = tp->family;
	if (tp->type == PH_FD_UNIX) {
		fd->unix_src = swap ? tp->udst : tp->usrc;
		fd->unix_dst = swap ? tp->usrc : tp->udst;
		sock_unix_name(e, tp->path, tp->path_len);
		return;
	}
	memcpy(fd->sip, swap ? tp->dip : tp->sip, 16);
	memcpy(fd->dip, swap ? tp->sip : tp->dip, 16);
	fd->sport = swap ? tp->dport : tp->sport;
	fd->dport = swap ? tp->sport : tp->dport;
	sock_name(e);
}

void sock_server(struct ent *e, uint8_t family, const uint8_t *ip, uint16_t port)
{
	struct ph_fd *fd = &e->pub;

	memset(fd->sip, 0, 16);
	memset(fd->dip, 0, 16);
	fd->sport = 0;
	fd->dport = port;
	fd->family = family;
	if (family == AF_INET6 && addr_is_mapped(ip)) {
		fd->family = AF_INET;
		memcpy(fd->dip, ip + 12, 4);
	} else {
		memcpy(fd->dip, ip, family == AF_INET6 ? 16 : 4);
	}
	fd->type = fd->family == AF_INET6 ? PH_FD_IPV6_SERVER : PH_FD_IPV4_SERVER;
	fd->flags |= PH_FDF_ROLE_SERVER;
	fd->flags &= (uint16_t)~PH_FDF_ROLE_CLIENT;
	sock_name(e);
}

/* --- events ---------------------------------------------------------------------------------------------------------- */

static void changed(struct ph_state *st, struct ph_event *ev, struct ent *e)
{
	ev->fd = &e->pub;
	if (st->renamed)
		return;
	e->pub.flags |= PH_FDF_NAME_CHANGED;
	e->refs++;
	st->renamed = e;
}

static struct ent *edit_or_new(struct ph_state *st, struct thread *t, int64_t num, unsigned type)
{
	struct ent *e = fd_edit(t->files, num);

	return e ? e : fd_put(st, t->files, num, type);
}

static void on_socket(struct ph_state *st, struct ph_event *ev, const struct row *r, struct thread *t)
{
	uint32_t domain = getu32(ev, r, P_domain), type = getu32(ev, r, P_type);
	struct ent *e;

	if (!ev->has_res || ev->res < 0 || (!has(ev, r, P_domain) && result_known(st, ev, t)))
		return;
	e = fd_put(st, t->files, ev->res, has(ev, r, P_domain) ? sock_type(domain) : PH_FD_UNKNOWN);
	if (!e)
		return;
	e->pub.family = (uint8_t)domain;
	e->pub.l4 = sock_l4(domain, type, getu32(ev, r, P_proto));
	if ((type & N_CLOEXEC) || (getu32(ev, r, P_flags) & OF_CLOEXEC))
		e->pub.flags |= PH_FDF_CLOEXEC;
	ev->fd = &e->pub;
}

static void on_socketpair(struct ph_state *st, struct ph_event *ev, const struct row *r, struct thread *t)
{
	static const enum state_param which[2] = { P_fd2, P_fd1 };
	uint32_t domain = has(ev, r, P_domain) ? getu32(ev, r, P_domain) : AF_UNIX, type = getu32(ev, r, P_type);
	uint64_t source = getu(ev, r, P_source), peer = getu(ev, r, P_peer);

	if (!ev->has_res || ev->res < 0)
		return;
	for (int i = 0; i < 2; i++) {
		struct ent *e =
			has(ev, r, which[i]) ? fd_put(st, t->files, geti(ev, r, which[i]), sock_type(domain)) : NULL;

		if (!e)
			continue;
		e->pub.family = (uint8_t)domain;
		e->pub.l4 = PH_L4_NA;
		e->pub.unix_src = i ? source : peer;
		e->pub.unix_dst = i ? peer : source;
		e->pub.flags |= PH_FDF_CONNECTED;
		if (type & N_CLOEXEC)
			e->pub.flags |= PH_FDF_CLOEXEC;
		ev->fd = &e->pub;
		ev->fdnum = e->pub.num;
	}
}

static void on_bind(struct ph_state *st, struct ph_event *ev, const struct row *r, struct thread *t)
{
	int i = r->p[P_addr];
	const uint8_t *d;
	struct ent *e;
	uint32_t len;
	uint16_t port;

	if (!ev->has_res || ev->res < 0 || !ph_event_has(ev, i) || ev->params[i].len < 1)
		return;
	d = ev->params[i].data;
	len = ev->params[i].len;
	if (d[0] == AF_UNIX) {
		e = edit_or_new(st, t, ev->fdnum, PH_FD_UNIX);
		if (!e)
			return;
		e->pub.type = PH_FD_UNIX;
		e->pub.family = AF_UNIX;
		ent_name(e, (const char *)d + 1, strnlen((const char *)d + 1, len - 1));
	} else if ((d[0] == AF_INET && len >= 7) || (d[0] == AF_INET6 && len >= 19)) {
		memcpy(&port, d + (d[0] == AF_INET ? 5 : 17), 2);
		if (port == 0)
			return;
		e = edit_or_new(st, t, ev->fdnum, PH_FD_UNKNOWN);
		if (!e)
			return;
		sock_server(e, d[0], d + 1, port);
	} else {
		return;
	}
	changed(st, ev, e);
}

static void on_listen(struct ph_state *st, struct ph_event *ev, const struct row *r, struct thread *t)
{
	struct ent *e = ev->has_res && ev->res >= 0 ? fd_edit(t->files, ev->fdnum) : NULL;

	(void)r;
	if (!e)
		return;
	/* bound to port 0, or to none: the kernel chose it, and only the socket knows */
	if ((e->pub.type == PH_FD_IPV4 || e->pub.type == PH_FD_IPV6) && e->pub.dport == 0 && live_budget(st)) {
		live_socket(t, e);
		changed(st, ev, e);
	}
	e->pub.flags |= PH_FDF_LISTENING | PH_FDF_ROLE_SERVER;
	ev->fd = &e->pub;
}

static void on_connect(struct ph_state *st, struct ph_event *ev, const struct row *r, struct thread *t)
{
	struct tuple tp;
	struct ent *e;

	/* One that failed leaves the socket without a peer; what it tried is in the event itself. */
	if (!ev->has_res || (ev->res < 0 && ev->res != -EINPROGRESS) || !tuple_parse(ev, r->p[P_tuple], &tp))
		return;
	e = edit_or_new(st, t, ev->fdnum, tp.type);
	if (!e)
		return;
	ev->fd = &e->pub;
	if (st->pairs)
		pairs_keep_destination(e, &tp);
	if (!tuple_same(&e->pub, &tp, false)) {
		sock_set(e, &tp, false);
		changed(st, ev, e);
	}
	e->pub.flags &= (uint16_t)~PH_FDF_ROLE_SERVER;
	e->pub.flags |= PH_FDF_ROLE_CLIENT | PH_FDF_CONNECTED;
}

static void on_accept(struct ph_state *st, struct ph_event *ev, const struct row *r, struct thread *t)
{
	struct tuple tp;
	bool known = tuple_parse(ev, r->p[P_tuple], &tp);
	struct ent *e;

	if (!ev->has_res || ev->res < 0 || (!known && result_known(st, ev, t)))
		return;
	e = fd_put(st, t->files, ev->res, PH_FD_UNKNOWN);
	if (!e)
		return;
	ev->fd = &e->pub;
	e->pub.flags |= PH_FDF_ROLE_SERVER | PH_FDF_CONNECTED;
	if (getu32(ev, r, P_flags) & N_CLOEXEC)
		e->pub.flags |= PH_FDF_CLOEXEC;
	if (!known)
		return;
	sock_set(e, &tp, false);
	e->pub.l4 = tp.type == PH_FD_UNIX ? PH_L4_NA : PH_L4_TCP;
}

/*
 * Sends carry local -> remote, receives remote -> local. A connected stream has its tuple already and costs two compares;
 * a datagram socket that turns to another peer is renamed.
 */
static void retarget(struct ph_state *st, struct ph_event *ev, const struct row *r, struct thread *t, bool sends)
{
	struct ph_fd *fd = ev->fd;
	struct tuple tp;
	struct ent *e;
	bool swap;

	if (!ev->has_res || ev->res < 0 || ev->fdnum < 0)
		return;
	if (fd && fd->l4 == PH_L4_TCP && (fd->sport || fd->dport))
		return;
	if (fd && (fd->type == PH_FD_NETLINK || fd->type == PH_FD_UNSUPPORTED))
		return;
	if (!tuple_parse(ev, r->p[P_tuple], &tp))
		return;
	/* A tuple without a peer says less than the bound address does. */
	if (tp.type != PH_FD_UNIX && (sends ? tp.dport : tp.sport) == 0 &&
	    (!fd || fd->l4 == PH_L4_UDP || fd->l4 == PH_L4_TCP))
		return;
	if (tp.type == PH_FD_UNIX && fd && fd->name[0])
		return;
	if (st->pairs) {
		if (fd && (tuple_same(fd, &tp, false) || tuple_same(fd, &tp, true)))
			return;
		if ((e = fd_get(t->files, ev->fdnum)))
			pairs_keep_destination(e, &tp);
		pairs_fill_address(st, &tp);
	}
	if (fd && (fd->flags & PH_FDF_ROLE_SERVER))
		swap = sends;
	else if (fd && (fd->flags & PH_FDF_ROLE_CLIENT))
		swap = !sends;
	else
		swap = false; /* who is heard of first is the client */
	if (fd && tuple_same(fd, &tp, swap))
		return;
	e = edit_or_new(st, t, ev->fdnum, tp.type);
	if (!e)
		return;
	if (e->pub.l4 == PH_L4_UNKNOWN)
		e->pub.l4 = tp.type == PH_FD_UNIX ? PH_L4_NA : PH_L4_UDP;
	if (!(e->pub.flags & (PH_FDF_ROLE_SERVER | PH_FDF_ROLE_CLIENT)) && tp.type != PH_FD_UNIX)
		e->pub.flags |= sends ? PH_FDF_ROLE_CLIENT : PH_FDF_ROLE_SERVER;
	sock_set(e, &tp, swap);
	changed(st, ev, e);
}

static void on_send(struct ph_state *st, struct ph_event *ev, const struct row *r, struct thread *t)
{
	retarget(st, ev, r, t, true);
}

static void on_recv(struct ph_state *st, struct ph_event *ev, const struct row *r, struct thread *t)
{
	retarget(st, ev, r, t, false);
}

static void on_recvmsg(struct ph_state *st, struct ph_event *ev, const struct row *r, struct thread *t)
{
	int i = r->p[P_msgcontrol];

	on_recv(st, ev, r, t);
	if (!ev->has_res || ev->res < 0 || !ph_event_has(ev, i) || ev->params[i].len == 0)
		return;
	passed_control(st, t, ev->params[i].data, ev->params[i].len);
	if (ev->fdnum >= 0) { /* ev->fd may have been one of the numbers in a hostile message */
		struct ent *e = fd_get(t->files, ev->fdnum);

		ev->fd = e ? &e->pub : NULL;
	}
}

/* How a connect that was still under way has ended is asked for with SO_ERROR. */
static void on_getsockopt(struct ph_state *st, struct ph_event *ev, const struct row *r, struct thread *t)
{
	int i = r->p[P_val];
	int64_t err;
	struct ent *e;

	(void)st;
	if (!ev->has_res || ev->res < 0 || !ev->fd || getu32(ev, r, P_level) != OPT_SOL_SOCKET ||
	    getu32(ev, r, P_optname) != OPT_SO_ERROR || !ph_event_has(ev, i) || ev->params[i].len < 9 ||
	    ev->params[i].data[0] != 1 || !(ev->fd->flags & PH_FDF_ROLE_CLIENT))
		return;
	memcpy(&err, ev->params[i].data + 1, 8);
	if ((err == 0) == ((ev->fd->flags & PH_FDF_CONNECTED) != 0))
		return;
	e = fd_edit(t->files, ev->fdnum);
	if (!e)
		return;
	e->pub.flags ^= PH_FDF_CONNECTED;
	ev->fd = &e->pub;
}

const struct handler socket_handlers[] = {
	{ PH_EV_SOCKET_SOCKET_X, on_socket, NULL },
	{ PH_EV_SOCKET_SOCKETPAIR_X, on_socketpair, NULL },
	{ PH_EV_SOCKET_BIND_X, on_bind, NULL },
	{ PH_EV_SOCKET_LISTEN_X, on_listen, NULL },
	{ PH_EV_SOCKET_CONNECT_X, on_connect, NULL },
	{ PH_EV_SOCKET_ACCEPT_X, on_accept, NULL },
	{ PH_EV_SOCKET_ACCEPT4_X, on_accept, NULL },
	{ PH_EV_SOCKET_ACCEPT_5_X, on_accept, NULL },
	{ PH_EV_SOCKET_ACCEPT4_5_X, on_accept, NULL },
	{ PH_EV_SOCKET_ACCEPT4_6_X, on_accept, NULL },
	{ PH_EV_SOCKET_SEND_X, on_send, NULL },
	{ PH_EV_SOCKET_SENDTO_X, on_send, NULL },
	{ PH_EV_SOCKET_SENDMSG_X, on_send, NULL },
	{ PH_EV_SOCKET_SENDMMSG_X, on_send, NULL },
	{ PH_EV_SOCKET_RECV_X, on_recv, NULL },
	{ PH_EV_SOCKET_RECVFROM_X, on_recv, NULL },
	{ PH_EV_SOCKET_RECVMSG_X, on_recvmsg, NULL },
	{ PH_EV_SOCKET_RECVMMSG_X, on_recvmsg, NULL },
	{ PH_EV_SOCKET_GETSOCKOPT_X, on_getsockopt, NULL },
};
const size_t socket_nhandlers = sizeof(socket_handlers) / sizeof(socket_handlers[0]);
