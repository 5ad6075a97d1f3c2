/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls that are handed out as pairs of events are shown as sysdig 0.29.3 shows them. Where it keeps other things of threads and
 * sockets than the engine does, this is how: called from begin and from the handlers when ph_state_opts.pairs is set.
 */
#include "collector/state/internal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#define MAX_ADDRESSES 65536u

/* --- latency ----------------------------------------------------------------------------------------------------------------- */

/*
 * By thread: from its last event that is no exit to an exit, even when they belong to different calls. A switch is no event of the
 * thread's own and shows what the last one had.
 */
void pairs_latency(struct ph_event *ev, const struct row *r, struct ph_own *own)
{
	if (r->is_switch) {
		ev->latency = own->latency;
		return;
	}
	if (PH_IS_EXIT(ev->type)) {
		if (own->since_ns)
			own->latency = ev->ts > own->since_ns ? ev->ts - own->since_ns : 0;
	} else {
		own->since_ns = ev->ts;
		own->latency = 0;
	}
	ev->latency = own->latency;
}

/* --- addresses of the machine --------------------------------------------------------------------------------------------------- */

int ph_state_add_address(struct ph_state *st, unsigned family, const uint8_t addr[16], const uint8_t mask[16])
{
	struct address *more;

	if (!st->pairs || (family != AF_INET && family != AF_INET6) || st->naddresses == MAX_ADDRESSES)
		return 0;
	more = realloc(st->addresses, (st->naddresses + 1) * sizeof(*more));
	if (!more)
		return -ENOMEM;
	st->addresses = more;
	more += st->naddresses++;
	more->family = (uint8_t)family;
	memcpy(more->addr, addr, 16);
	memcpy(more->mask, mask, 16);
	return 0;
}

static bool same_net(const struct address *a, const uint8_t *ip)
{
	if (a->family == AF_INET6) /* the first half is the network's, whatever the mask says */
		return memcmp(a->addr, ip, 8) == 0;
	for (int i = 0; i < 4; i++)
		if ((a->addr[i] ^ ip[i]) & a->mask[i])
			return false;
	return true;
}

static bool is_loopback(const struct address *a)
{
	static const uint8_t v4[4] = { 127, 0, 0, 1 }, v6[16] = { [15] = 1 };

	return a->family == AF_INET ? memcmp(a->addr, v4, 4) == 0 : memcmp(a->addr, v6, 16) == 0;
}

struct looked {
	uint32_t ip; /* host order */
	bool found;
};

static bool has_ip(void *arg, struct ph_container *c)
{
	struct looked *l = arg;

	l->found = c->ip == l->ip;
	return !l->found;
}

/* Of the thread's container, or, as long as that one's is not known, of any. */
static bool is_containers(const struct ph_state *st, const struct ph_container *c, const uint8_t *ip)
{
	struct looked l = { 0 };

	memcpy(&l.ip, ip, 4);
	l.ip = ntohl(l.ip);
	if (c->ip)
		return c->ip == l.ip;
	ph_containers_each(st->containers, has_ip, &l);
	return l.found;
}

bool ph_state_is_local(const struct ph_state *st, const struct ph_thread *t, unsigned family, const uint8_t *ip)
{
	if (t && t->container && (family == AF_INET6 || is_containers(st, t->container, ip)))
		return family != AF_INET6; /* of containers none of IPv6 is known */
	for (size_t i = 0; i < st->naddresses; i++) {
		const struct address *a = &st->addresses[i];

		if (a->family == family && (family == AF_INET6 ? same_net(a, ip) : memcmp(a->addr, ip, 4) == 0))
			return true;
	}
	return false;
}

/* The address from which the machine talks to another; NULL: it has none. */
static const struct address *nearest(const struct ph_state *st, unsigned family, const uint8_t *ip)
{
	const struct address *net = NULL, *other = NULL;

	for (size_t i = 0; i < st->naddresses; i++) {
		const struct address *a = &st->addresses[i];

		if (a->family != family)
			continue;
		if (memcmp(a->addr, ip, family == AF_INET ? 4 : 16) == 0)
			return a;
		if (!net && same_net(a, ip))
			net = a;
		if (!other && !is_loopback(a))
			other = a;
	}
	return net ? net : other;
}

static bool is_zero(const uint8_t ip[16])
{
	static const uint8_t zero[16];

	return memcmp(ip, zero, 16) == 0;
}

void pairs_fill_address(const struct ph_state *st, struct tuple *tp)
{
	uint8_t *unset = is_zero(tp->sip) ? tp->sip : is_zero(tp->dip) ? tp->dip : NULL, *other;
	const struct address *a;

	if (!unset || tp->type == PH_FD_UNIX)
		return;
	other = unset == tp->sip ? tp->dip : tp->sip;
	a = nearest(st, tp->family, other);
	if (!a) {
		memset(unset, 0, 16);
		return;
	}
	if (memcmp(a->addr, other, 16) == 0 && tp->sport == tp->dport)
		return; /* it would talk to itself */
	memcpy(unset, a->addr, 16);
}

/* --- tuples --------------------------------------------------------------------------------------------------------------------- */

void pairs_connected(struct ph_event *ev, struct files *f)
{
	struct ent *e;

	if (!(ev->info->flags & (PH_EF_READS_FROM_FD | PH_EF_WRITES_TO_FD)) || !ev->has_res || ev->res < 0 ||
	    (ev->fd->type != PH_FD_IPV4 && ev->fd->type != PH_FD_IPV6) || (ev->fd->flags & PH_FDF_CONNECTED))
		return;
	e = fd_edit(f, ev->fdnum);
	if (!e)
		return;
	e->pub.flags |= PH_FDF_CONNECTED;
	ev->fd = &e->pub;
}

/* A destination stays as it was first heard of. */
void pairs_keep_destination(const struct ent *e, struct tuple *tp)
{
	const struct ph_fd *fd = &e->pub;

	if (fd->type != tp->type || tp->type == PH_FD_UNIX)
		return;
	if (!is_zero(fd->dip))
		memcpy(tp->dip, fd->dip, 16);
	if (fd->dport)
		tp->dport = fd->dport;
}
