/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Event parameters as text: what evt.args, evt.info and evt.arg show. One function a parameter type, found by table.
 * A parameter has a plain text ("3") and often one for what it stands for ("<f>/etc/passwd").
 */
#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include "collector/field/field.h"

#define CUT_AT 80
#define AT_FDCWD_VALUE (-100)

struct rendering {
	struct ph_field_ctx *c;
	const struct ph_event *ev;
	const struct ph_param_info *info;
	struct ph_param p;
	int index;
	struct ph_text *val, *res;
};

typedef void render_fn(struct rendering *r);

void ph_text_ip(struct ph_text *t, const uint8_t *addr, size_t len)
{
	char buf[INET6_ADDRSTRLEN];

	if (len == 4) {
		for (int i = 0; i < 4; i++) {
			if (i)
				ph_text_char(t, '.');
			ph_text_uint(t, addr[i]);
		}
	} else if (len == 16 && inet_ntop(AF_INET6, addr, buf, sizeof buf)) {
		ph_text_str(t, buf);
	}
}

static uint64_t load(const uint8_t *p, size_t n)
{
	uint64_t v = 0;

	memcpy(&v, p, n);
	return v;
}

static int64_t load_signed(const uint8_t *p, size_t n)
{
	uint64_t v = load(p, n);
	unsigned shift = (unsigned)(64 - 8 * n);

	return (int64_t)(v << shift) >> shift;
}

static void number(struct rendering *r, uint64_t v)
{
	if (r->info->fmt == PH_FMT_HEX)
		ph_text_hex_upper(r->val, v);
	else if (r->info->fmt == PH_FMT_OCT)
		ph_text_oct(r->val, v);
	else if (r->info->type == PH_PT_UINT64) /* the tools of the field show all ones as -1, and so do we */
		ph_text_int(r->val, (int64_t)v);
	else
		ph_text_uint(r->val, v);
}

static void render_int(struct rendering *r)
{
	int64_t v = load_signed(r->p.data, r->p.len);

	if (r->info->fmt == PH_FMT_HEX || r->info->fmt == PH_FMT_OCT)
		number(r, load(r->p.data, r->p.len));
	else
		ph_text_int(r->val, v);
}

static void flag_names(struct rendering *r, uint32_t v)
{
	if (r->info->flags && r->res->cap > r->res->len) /* the buffer takes a NUL as well, which is not counted */
		r->res->len += ph_flags_text(r->info, v, r->res->buf + r->res->len, r->res->cap - r->res->len);
}

static void render_uint(struct rendering *r)
{
	uint64_t v = load(r->p.data, r->p.len);

	/* calls take -1 for "as much as there can be", and all bits set say that better than twenty digits */
	if (v == UINT64_MAX && r->info->fmt != PH_FMT_HEX && r->info->fmt != PH_FMT_OCT)
		ph_text_str(r->val, "-1");
	else
		number(r, v);
	flag_names(r, (uint32_t)v);
}

static void render_flags(struct rendering *r)
{
	uint64_t v = load(r->p.data, r->p.len);

	ph_text_uint(r->val, v);
	flag_names(r, (uint32_t)v);
}

static void render_mode(struct rendering *r)
{
	uint64_t v = load(r->p.data, r->p.len);

	number(r, v);
	flag_names(r, (uint32_t)v);
}

static void render_bool(struct rendering *r)
{
	ph_text_str(r->val, load(r->p.data, r->p.len) ? "true" : "false");
}

static void render_double(struct rendering *r)
{
	char buf[64];
	double d;
	int n;

	memcpy(&d, r->p.data, sizeof d);
	n = snprintf(buf, sizeof buf, "%.1f", d);
	ph_text_put(r->val, buf, n > 0 && (size_t)n < sizeof buf ? (size_t)n : 0);
}

static void render_errno(struct rendering *r)
{
	int64_t v = load_signed(r->p.data, r->p.len);
	const char *name = v < 0 && v > -100000 ? ph_errno_name((int)-v) : NULL;

	if (v >= 0)
		number(r, (uint64_t)v);
	else
		ph_text_int(r->val, v);
	if (name)
		ph_text_str(r->res, name);
}

static const struct ph_fd *fd_of(struct rendering *r, int64_t num)
{
	if (num == r->ev->fdnum && r->ev->fd)
		return r->ev->fd;
	if (!r->ev->thread || !r->c->opts.state)
		return NULL;
	return ph_state_fd(r->c->opts.state, r->ev->thread, num);
}

static const char l4_letters[] = { [PH_L4_TCP] = 't', [PH_L4_UDP] = 'u', [PH_L4_ICMP] = 'i', [PH_L4_RAW] = 'r' };

static bool is_ip(unsigned type)
{
	return type >= PH_FD_IPV4 && type <= PH_FD_IPV6_SERVER;
}

static void render_fd_num(struct rendering *r, int64_t num)
{
	const char *err = num < 0 && num > -100000 ? ph_errno_name((int)-num) : NULL;
	const struct ph_fd *fd;

	ph_text_int(r->val, num);
	if (num == AT_FDCWD_VALUE) {
		ph_text_str(r->res, "AT_FDCWD");
		return;
	}
	if (num < 0) {
		if (err)
			ph_text_str(r->res, err);
		return;
	}
	fd = fd_of(r, num);
	if (!fd)
		return;
	ph_text_char(r->res, '<');
	ph_text_char(r->res, ph_fd_typechar(fd->type));
	/* 0.29.3 has no letter as long as the socket has no name */
	if (is_ip(fd->type) && (fd->name[0] || !(r->ev->block & PH_EB_PAIRS)) && fd->l4 < sizeof l4_letters &&
	    l4_letters[fd->l4])
		ph_text_char(r->res, l4_letters[fd->l4]);
	ph_text_char(r->res, '>');
	ph_text_clean(r->res, fd->name, strlen(fd->name));
}

static void render_fd(struct rendering *r)
{
	render_fd_num(r, load_signed(r->p.data, r->p.len));
}

/*
 * Calls take and give numbers of the caller's PID namespace. Numbers of the host are those that tracepoints tell, and those
 * that the events of fork and exec (all that have a ptid) tell of a process.
 */
static bool is_callers_pid(const struct rendering *r)
{
	static const char *const virtual[] = { "res", "vtid", "vpid", "vpgid" };

	if (!(r->ev->info->category & PH_C_SYSCALL))
		return false;
	if (ph_event_param_index(r->ev->info, "ptid", 4) < 0)
		return true;
	for (size_t i = 0; i < sizeof virtual / sizeof virtual[0]; i++)
		if (strcmp(r->info->name, virtual[i]) == 0)
			return true;
	return false;
}

static void render_pid(struct rendering *r)
{
	int64_t v = load_signed(r->p.data, r->p.len);
	const struct ph_thread *t = NULL;

	ph_text_int(r->val, v);
	if (v > 0 && r->ev->thread && r->c->opts.state && !(r->ev->block & PH_EB_PAIRS) && is_callers_pid(r))
		t = ph_state_thread_seen_by(r->c->opts.state, r->ev->thread, v);
	else if (v > 0 && r->ev->thread && r->ev->thread->tid == v)
		t = r->ev->thread;
	else if (v > 0 && r->c->opts.state)
		t = ph_state_thread(r->c->opts.state, v);
	if (t && !t->placeholder)
		ph_text_clean(r->res, t->comm, strnlen(t->comm, sizeof t->comm));
}

static void render_string(struct rendering *r)
{
	uint32_t len;
	const char *s = ph_event_str(r->ev, r->index, &len);

	if (r->p.len == 0)
		ph_text_str(r->val, "<NA>");
	else
		ph_text_clean(r->val, s, len);
}

static int64_t dirfd_of(struct rendering *r)
{
	if (r->info->dirfd < 0 || !ph_event_has(r->ev, r->info->dirfd))
		return AT_FDCWD_VALUE;
	return ph_event_int(r->ev, r->info->dirfd);
}

static void render_path(struct rendering *r)
{
	char buf[PH_PATH_MAX + 256];
	size_t n;
	uint32_t len;
	const char *s = ph_event_str(r->ev, r->index, &len);

	render_string(r);
	if (len == 0 || !r->ev->thread || !r->c->opts.state || (len == 4 && memcmp(s, "<NA>", 4) == 0))
		return;
	n = ph_state_resolve(r->c->opts.state, r->ev->thread, dirfd_of(r), s, len, buf, sizeof buf);
	if (n > sizeof buf)
		n = sizeof buf;
	if (n != len || memcmp(buf, s, n) != 0)
		ph_text_clean(r->res, buf, n);
}

void ph_bytes_text(struct ph_text *t, const uint8_t *data, size_t len, enum ph_buffer_mode mode)
{
	static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	static const char hex[] = "0123456789abcdef";

	if (len == 0)
		return;
	switch (mode) {
	case PH_BUF_DOTTED:
		ph_text_ascii(t, (const char *)data, len);
		break;
	case PH_BUF_ASCII:
		ph_text_char(t, '\n');
		for (size_t i = 0; i < len; i++) {
			if (data[i] == '\r')
				ph_text_char(t, '\n');
			else if (data[i] == '\n' && i > 0 && data[i - 1] != '\r')
				ph_text_char(t, '\n');
			else if (data[i] >= 0x20 && data[i] < 0x7f)
				ph_text_char(t, (char)data[i]);
		}
		break;
	case PH_BUF_BASE64:
		for (size_t i = 0; i < len; i += 3) {
			uint32_t v = (uint32_t)data[i] << 16;
			char q[4];

			v |= i + 1 < len ? (uint32_t)data[i + 1] << 8 : 0;
			v |= i + 2 < len ? data[i + 2] : 0;
			q[0] = base64[v >> 18];
			q[1] = base64[v >> 12 & 63];
			q[2] = i + 1 < len ? base64[v >> 6 & 63] : '=';
			q[3] = i + 2 < len ? base64[v & 63] : '=';
			ph_text_put(t, q, 4);
		}
		break;
	case PH_BUF_HEX:
	case PH_BUF_HEXASCII:
		for (size_t row = 0; row < len; row += 16) {
			size_t n = len - row < 16 ? len - row : 16, width;

			ph_text_str(t, "\n\t0x");
			for (int shift = 12; shift >= 0; shift -= 4)
				ph_text_char(t, hex[row >> shift & 15]);
			ph_text_char(t, ':');
			for (size_t i = 0; i < n; i++) {
				if (i % 2 == 0)
					ph_text_char(t, ' ');
				ph_text_char(t, hex[data[row + i] >> 4]);
				ph_text_char(t, hex[data[row + i] & 15]);
			}
			if (mode == PH_BUF_HEX)
				continue;
			/* the text column is two to the left where a row ends in half a group, as the field's tool prints it */
			width = n / 2 * 5 + n % 2 * 3;
			ph_text_fill(t, ' ', n % 2 ? 40 - (width < 40 ? width : 40) : 42 - (width < 42 ? width : 42));
			ph_text_ascii(t, (const char *)data + row, n);
		}
		ph_text_char(t, '\n');
		break;
	}
}

static void render_bytes(struct rendering *r)
{
	ph_bytes_text(r->val, r->p.data, r->p.len, r->c->opts.buffers);
}

/* Lists of strings, NUL between them: text for who reads dots, bytes for who asked for those. */
static void render_strings(struct rendering *r)
{
	if (r->c->opts.buffers == PH_BUF_DOTTED)
		ph_text_clean(r->val, (const char *)r->p.data, r->p.len);
	else
		render_bytes(r);
}

static void put_port(struct rendering *r, uint16_t port)
{
	bool udp = r->ev->fd && r->ev->fd->l4 == PH_L4_UDP;
	struct servent ent, *found = NULL;
	char buf[1024];

	if (r->c->opts.resolve_ports)
		getservbyport_r(htons(port), udp ? "udp" : "tcp", &ent, buf, sizeof buf, &found);
	if (found)
		ph_text_clean(r->val, found->s_name, strlen(found->s_name));
	else
		ph_text_uint(r->val, port);
}

static void ip_port(struct rendering *r, const uint8_t *ip, size_t len, uint16_t port)
{
	ph_text_ip(r->val, ip, len);
	ph_text_char(r->val, ':');
	put_port(r, port);
}

static void render_sockaddr(struct rendering *r)
{
	const uint8_t *d = r->p.data;

	if (r->p.len < 1) {
		ph_text_str(r->val, "NULL");
		return;
	}
	if (d[0] == 2 && r->p.len >= 7)
		ip_port(r, d + 1, 4, (uint16_t)load(d + 5, 2));
	else if (d[0] == 10 && r->p.len >= 19)
		ip_port(r, d + 1, 16, (uint16_t)load(d + 17, 2));
	else if (d[0] == 1)
		ph_text_clean(r->val, (const char *)d + 1, strnlen((const char *)d + 1, r->p.len - 1));
	else {
		ph_text_str(r->val, "family ");
		ph_text_uint(r->val, d[0]);
	}
}

static void render_tuple(struct rendering *r)
{
	const uint8_t *d = r->p.data;
	size_t al;

	if (r->p.len < 1) {
		ph_text_str(r->val, "NULL");
		return;
	}
	al = d[0] == 2 ? 4 : 16;
	if ((d[0] == 2 && r->p.len >= 13) || (d[0] == 10 && r->p.len >= 37)) {
		ip_port(r, d + 1, al, (uint16_t)load(d + 1 + al, 2));
		ph_text_str(r->val, "->");
		ip_port(r, d + 3 + al, al, (uint16_t)load(d + 3 + 2 * al, 2));
	} else if (d[0] == 1 && r->p.len >= 17) {
		ph_text_hex(r->val, load(d + 1, 8));
		ph_text_str(r->val, "->");
		ph_text_hex(r->val, load(d + 9, 8));
		if (r->p.len > 17 && d[17]) {
			ph_text_char(r->val, ' ');
			ph_text_clean(r->val, (const char *)d + 17, strnlen((const char *)d + 17, r->p.len - 17));
		}
	} else {
		ph_text_str(r->val, "family ");
		ph_text_uint(r->val, d[0]);
	}
}

static void render_fdlist(struct rendering *r)
{
	const uint8_t *d = r->p.data;
	uint64_t n = r->p.len >= 2 ? load(d, 2) : 0;

	if (n > (r->p.len - 2) / 10)
		n = (r->p.len - 2) / 10;
	for (uint64_t i = 0; i < n; i++) {
		int64_t num = load_signed(d + 2 + 10 * i, 8);
		const struct ph_fd *fd = fd_of(r, num);

		if (i)
			ph_text_char(r->val, ' ');
		ph_text_int(r->val, num);
		ph_text_char(r->val, ':');
		ph_text_char(r->val, fd ? ph_fd_typechar(fd->type) : '?');
		ph_text_hex(r->val, load(d + 10 + 10 * i, 2));
	}
}

static void render_syscall(struct rendering *r)
{
	uint64_t id = load(r->p.data, r->p.len);
	const struct ph_syscall_info *s = ph_syscall_by_id((unsigned)id);

	ph_text_uint(r->val, id);
	if (s)
		ph_text_str(r->res, s->name);
	else if (id == 0 && r->ev->syscall < PH_SC_COUNT)
		ph_text_str(r->res, ph_syscall_row(r->ev->syscall)->name);
}

static void render_signal(struct rendering *r)
{
	uint64_t v = load(r->p.data, r->p.len);
	const char *name = ph_signal_name((int)v);

	ph_text_uint(r->val, v);
	if (name && v != 0)
		ph_text_str(r->res, name);
}

static void render_sigset(struct rendering *r)
{
	uint64_t v = load(r->p.data, r->p.len);
	bool more = false;

	for (int bit = 0; bit < 64; bit++) {
		const char *name = v >> bit & 1 ? ph_signal_name(bit + 1) : NULL;

		if (!name)
			continue;
		if (more)
			ph_text_char(r->val, ' ');
		ph_text_str(r->val, name);
		more = true;
	}
}

static void render_reltime(struct rendering *r)
{
	static const uint64_t second = 1000000000;
	uint64_t v = load(r->p.data, r->p.len), frac = v % second;
	unsigned width = 9;

	if (v == UINT64_MAX) {
		ph_text_str(r->val, "none");
		return;
	}
	ph_text_uint(r->val, v);
	ph_text_uint(r->res, v / second);
	if (frac) {
		for (; frac % 10 == 0; width--)
			frac /= 10;
		ph_text_char(r->res, '.');
		ph_text_uint_pad(r->res, frac, width);
	}
	ph_text_char(r->res, 's');
}

static void render_uid(struct rendering *r)
{
	uint32_t v = (uint32_t)load(r->p.data, r->p.len);
	const struct ph_user *u;

	if (v == UINT32_MAX) {
		ph_text_str(r->val, "-1");
		ph_text_str(r->res, "<NONE>");
		return;
	}
	ph_text_uint(r->val, v);
	u = r->c->opts.state ? ph_state_user(r->c->opts.state, r->ev->thread, v) : NULL;
	if (u && u->name)
		ph_text_clean(r->res, u->name, strlen(u->name));
}

static void render_gid(struct rendering *r)
{
	uint32_t v = (uint32_t)load(r->p.data, r->p.len);
	const struct ph_group *g;

	if (v == UINT32_MAX) {
		ph_text_str(r->val, "-1");
		ph_text_str(r->res, "<NONE>");
		return;
	}
	ph_text_uint(r->val, v);
	g = r->c->opts.state ? ph_state_group(r->c->opts.state, r->ev->thread, v) : NULL;
	if (g && g->name)
		ph_text_clean(r->res, g->name, strlen(g->name));
}

static void render_ip(struct rendering *r)
{
	ph_text_ip(r->val, r->p.data, r->p.len);
}

static void render_abstime(struct rendering *r)
{
	ph_text_uint(r->val, load(r->p.data, r->p.len));
}

/* The payload of a DYN parameter is of one of several types; its first byte says which. */
static const struct {
	const char *event;
	struct {
		uint8_t type, fmt;
	} choice[5];
} dyn_choices[] = {
	{ "setsockopt",
	  { { PH_PT_BYTEBUF, 0 },
	    { PH_PT_ERRNO, 0 },
	    { PH_PT_UINT32, 0 },
	    { PH_PT_UINT64, 0 },
	    { PH_PT_RELTIME, 0 } } },
	{ "getsockopt",
	  { { PH_PT_BYTEBUF, 0 },
	    { PH_PT_ERRNO, 0 },
	    { PH_PT_UINT32, 0 },
	    { PH_PT_UINT64, 0 },
	    { PH_PT_RELTIME, 0 } } },
	{ "ptrace", { { PH_PT_UINT64, PH_FMT_HEX }, { PH_PT_SIGTYPE, 0 } } },
	{ "bpf", { { PH_PT_FD, 0 }, { PH_PT_ERRNO, 0 } } },
	{ "keyctl", { { PH_PT_INT64, 0 }, { PH_PT_CHARBUF, 0 } } },
};

static void render_one(struct rendering *r, unsigned type);

static void render_dyn(struct rendering *r)
{
	const struct ph_param_info *row = r->info;
	unsigned which;

	if (r->p.len == 0)
		return;
	which = r->p.data[0];
	for (size_t i = 0; i < sizeof dyn_choices / sizeof dyn_choices[0]; i++) {
		struct ph_param_info info = { .name = row->name, .dirfd = -1 };

		if (strcmp(dyn_choices[i].event, r->ev->info->name) != 0 || which >= 5 ||
		    dyn_choices[i].choice[which].type == PH_PT_NONE)
			continue;
		r->p.data++;
		r->p.len--;
		info.type = dyn_choices[i].choice[which].type;
		info.fmt = dyn_choices[i].choice[which].fmt;
		r->info = &info;
		if (info.type == PH_PT_CHARBUF)
			ph_text_clean(r->val, (const char *)r->p.data, strnlen((const char *)r->p.data, r->p.len));
		else
			render_one(r, info.type);
		r->info = row;
		return;
	}
	render_bytes(r);
}

static render_fn *const renderers[] = {
	[PH_PT_INT8] = render_int,
	[PH_PT_INT16] = render_int,
	[PH_PT_INT32] = render_int,
	[PH_PT_INT64] = render_int,
	[PH_PT_UINT8] = render_uint,
	[PH_PT_UINT16] = render_uint,
	[PH_PT_UINT32] = render_uint,
	[PH_PT_UINT64] = render_uint,
	[PH_PT_CHARBUF] = render_string,
	[PH_PT_BYTEBUF] = render_bytes,
	[PH_PT_ERRNO] = render_errno,
	[PH_PT_SOCKADDR] = render_sockaddr,
	[PH_PT_SOCKTUPLE] = render_tuple,
	[PH_PT_FD] = render_fd,
	[PH_PT_PID] = render_pid,
	[PH_PT_FDLIST] = render_fdlist,
	[PH_PT_SYSCALLID] = render_syscall,
	[PH_PT_FSPATH] = render_path,
	[PH_PT_SIGTYPE] = render_signal,
	[PH_PT_RELTIME] = render_reltime,
	[PH_PT_ABSTIME] = render_abstime,
	[PH_PT_PORT] = render_uint,
	[PH_PT_L4PROTO] = render_uint,
	[PH_PT_SOCKFAMILY] = render_uint,
	[PH_PT_BOOL] = render_bool,
	[PH_PT_IPV4ADDR] = render_ip,
	[PH_PT_DYN] = render_dyn,
	[PH_PT_FLAGS8] = render_flags,
	[PH_PT_FLAGS16] = render_flags,
	[PH_PT_FLAGS32] = render_flags,
	[PH_PT_UID] = render_uid,
	[PH_PT_GID] = render_gid,
	[PH_PT_DOUBLE] = render_double,
	[PH_PT_SIGSET] = render_sigset,
	[PH_PT_CHARBUFARRAY] = render_strings,
	[PH_PT_CHARBUF_PAIR_ARRAY] = render_strings,
	[PH_PT_IPV4NET] = render_ip,
	[PH_PT_IPV6ADDR] = render_ip,
	[PH_PT_IPV6NET] = render_ip,
	[PH_PT_IPADDR] = render_ip,
	[PH_PT_IPNET] = render_ip,
	[PH_PT_MODE] = render_mode,
	[PH_PT_FSRELPATH] = render_path,
	[PH_PT_ENUMFLAGS8] = render_flags,
	[PH_PT_ENUMFLAGS16] = render_flags,
	[PH_PT_ENUMFLAGS32] = render_flags,
	[PH_PT_FD32] = render_fd,
	[PH_PT_PID32] = render_pid,
};

/* Lengths come from outside: what is shorter than its type is shown as absent, what is longer is cut. */
static void render_one(struct rendering *r, unsigned type)
{
	unsigned size = ph_param_type_size(type);

	if (type >= sizeof renderers / sizeof renderers[0] || !renderers[type])
		return;
	if (size > 0 && r->p.len < size) {
		ph_text_str(r->val, "<NA>");
		return;
	}
	if (size > 0)
		r->p.len = size;
	renderers[type](r);
}

void ph_param_text(struct ph_field_ctx *c, int i, struct ph_text *val, struct ph_text *res)
{
	struct rendering r = { .c = c, .ev = c->ev, .index = i, .val = val, .res = res };

	if (!ph_event_has(c->ev, i) || i >= c->ev->info->nparams)
		return;
	r.info = &c->ev->info->params[i];
	r.p = c->ev->params[i];
	render_one(&r, r.info->type);
}

static void cut(const struct ph_field_ctx *c, unsigned type, struct ph_text *t, size_t from)
{
	if (type != PH_PT_BYTEBUF || c->opts.whole_buffers || c->opts.buffers != PH_BUF_DOTTED ||
	    t->len - from <= CUT_AT)
		return;
	t->len = from + CUT_AT - 3;
	ph_text_str(t, "...");
}

void ph_param_all(struct ph_field_ctx *c, struct ph_text *t)
{
	const struct ph_event *ev = c->ev;
	int n = ev->nparams < ev->info->nparams ? ev->nparams : ev->info->nparams;
	char buf[PH_PATH_MAX + 512];

	/* What a generic call's first two say, its name says better. */
	for (int i = ev->type <= PH_EV_GENERIC_X ? 2 : 0; i < n; i++) {
		struct ph_text res = { .buf = buf, .cap = sizeof buf, .utf8 = c->opts.utf8 };
		size_t from;

		/* a number that nobody told: older files have no place for it */
		if (ev->params[i].len == 0 && !(ev->block & PH_EB_RAW) && ph_param_type_size(ev->info->params[i].type))
			continue;
		ph_text_str(t, ev->info->params[i].name);
		ph_text_char(t, '=');
		from = t->len;
		ph_param_text(c, i, t, &res);
		cut(c, ev->info->params[i].type, t, from);
		if (res.len > 0) {
			ph_text_char(t, '(');
			ph_text_put(t, res.buf, res.len);
			ph_text_char(t, ')');
		}
		ph_text_char(t, ' ');
	}
}
