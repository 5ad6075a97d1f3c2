/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The fd.* fields, the descriptor that an event works on, and fdlist.*, those that poll waits for. The tables of descriptor
 * kinds that the other classes use are here as well.
 */
#include <arpa/inet.h>
#include <netdb.h>
#include "collector/field/field.h"
#include "collector/field/resolver.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define AT_FDCWD_VALUE (-100)
#define O_UPPER 0x8000u
#define O_LOWER 0x10000u

static const struct {
	char letter;
	const char *word;
} kinds[PH_FD_TYPES] = {
	[PH_FD_UNKNOWN] = { 'o', NULL },
	[PH_FD_FILE] = { 'f', "file" },
	[PH_FD_DIRECTORY] = { 'd', "directory" },
	[PH_FD_IPV4] = { '4', "ipv4" },
	[PH_FD_IPV6] = { '6', "ipv6" },
	[PH_FD_IPV4_SERVER] = { '4', "ipv4" },
	[PH_FD_IPV6_SERVER] = { '6', "ipv6" },
	[PH_FD_FIFO] = { 'p', "pipe" },
	[PH_FD_UNIX] = { 'u', "unix" },
	[PH_FD_EVENT] = { 'e', "event" },
	[PH_FD_UNSUPPORTED] = { 'X', NULL },
	[PH_FD_SIGNALFD] = { 's', "signalfd" },
	[PH_FD_EVENTPOLL] = { 'l', "eventpoll" },
	[PH_FD_INOTIFY] = { 'i', "inotify" },
	[PH_FD_TIMERFD] = { 't', "timerfd" },
	[PH_FD_NETLINK] = { 'n', "netlink" },
	[PH_FD_FILE_V2] = { 'f', "file" },
	[PH_FD_BPF] = { 'b', "bpf" },
	[PH_FD_USERFAULTFD] = { 'u', "userfaultfd" },
	[PH_FD_IO_URING] = { 'r', "io_uring" },
	[PH_FD_MEMFD] = { 'm', "memfd" },
	[PH_FD_PIDFD] = { 'P', "pidfd" },
};

char ph_fd_typechar(unsigned type)
{
	return type < PH_FD_TYPES ? kinds[type].letter : 'o';
}

const char *ph_fd_typename(unsigned type)
{
	return type < PH_FD_TYPES ? kinds[type].word : NULL;
}

static bool text(struct ph_value *v, const char *s)
{
	return ph_value_str(v, s, strlen(s));
}

static bool is_file(const struct ph_fd *fd)
{
	return fd->type == PH_FD_FILE || fd->type == PH_FD_FILE_V2;
}

static bool is_server(const struct ph_fd *fd)
{
	return fd->type == PH_FD_IPV4_SERVER || fd->type == PH_FD_IPV6_SERVER;
}

static bool is_connected_kind(const struct ph_fd *fd)
{
	return fd->type == PH_FD_IPV4 || fd->type == PH_FD_IPV6;
}

static bool is_ip(const struct ph_fd *fd)
{
	return is_server(fd) || is_connected_kind(fd);
}

static uint32_t addr_len(const struct ph_fd *fd)
{
	return fd->type == PH_FD_IPV4 || fd->type == PH_FD_IPV4_SERVER ? 4 : 16;
}

static bool role_known(const struct ph_fd *fd)
{
	return fd->flags & (PH_FDF_ROLE_CLIENT | PH_FDF_ROLE_SERVER);
}

/* --- calls that failed to make a descriptor ------------------------------------------------------------------------------ */

/* Index of the path that a failed open or creat names, -1: it is no such event. */
static int attempted_path(const struct ph_event *ev)
{
	int i;

	if (ev->fd || !ev->has_res || ev->res >= 0 || !(ev->info->flags & PH_EF_CREATES_FD) ||
	    (ev->info->category & PH_C_MASK) != PH_C_FILE)
		return -1;
	i = ph_event_param_index(ev->info, "name", 4);
	if (i < 0)
		i = ph_event_param_index(ev->info, "path", 4);
	return ph_event_has(ev, i) && ev->params[i].len > 0 ? i : -1;
}

static int64_t dirfd_of(const struct ph_event *ev, int path)
{
	int i = ev->info->params[path].dirfd;

	return ph_event_has(ev, i) ? ph_event_int(ev, i) : AT_FDCWD_VALUE;
}

static bool resolved(struct ph_field_ctx *c, int path, struct ph_value *v)
{
	struct ph_text t = ph_scratch_open(c);
	size_t n, room = t.cap < PH_PATH_MAX + 256 ? t.cap : PH_PATH_MAX + 256;
	uint32_t len;
	const char *s = ph_event_str(c->ev, path, &len);

	if (len == 0 || room == 0)
		return false;
	if (!c->ev->thread || !c->opts.state)
		return ph_value_str(v, s, len);
	n = ph_state_resolve(c->opts.state, c->ev->thread, dirfd_of(c->ev, path), s, len, t.buf, room);
	t.len = n < room ? n : room;
	return ph_scratch_close(c, &t, v);
}

/* The peer that a failed connect tried; of accept, that there was none. */
static bool attempted_peer(struct ph_field_ctx *c, struct ph_value *v)
{
	static const char *const names[] = { "tuple", "addr" };
	struct ph_text t, none = { 0 };
	bool accepts = strncmp(c->ev->info->name, "accept", 6) == 0;

	if (!PH_IS_EXIT(c->ev->type) || (!accepts && c->ev->type != PH_EV_SOCKET_CONNECT_X) || !c->ev->has_res ||
	    c->ev->res >= 0)
		return false;
	for (size_t i = 0; i < COUNT(names); i++) {
		int p = ph_event_param_index(c->ev->info, names[i], strlen(names[i]));

		if (!ph_event_has(c->ev, p) || (!accepts && c->ev->params[p].len == 0))
			continue;
		t = ph_scratch_open(c);
		ph_param_text(c, p, &t, &none);
		return ph_scratch_close(c, &t, v);
	}
	return false;
}

/* --- descriptors that are not known ---------------------------------------------------------------------------------------- */

static bool is_of_fd(const struct ph_event *ev)
{
	return ev->thread && ((ev->info->flags & (PH_EF_CREATES_FD | PH_EF_DESTROYS_FD)) ||
			      ph_event_uses_fd(ev->info, ev->block & PH_EB_PAIRS));
}

/* The end of a call on one: it has a name, which is empty. At a call's begin nothing is known yet that could have one. */
static bool is_nameless(const struct ph_event *ev)
{
	return !ev->fd && is_of_fd(ev) && PH_IS_EXIT(ev->type);
}

/* What kind of descriptor a call makes, by its name; 0: it may be any. */
static char made_by(const struct ph_event *ev)
{
	static const struct {
		const char *call;
		char letter;
	} makers[] = {
		{ "open", 'f' },
		{ "openat", 'f' },
		{ "openat2", 'f' },
		{ "creat", 'f' },
		{ "open_by_handle_at", 'f' },
		{ "socket", '4' },
		{ "accept", '4' },
		{ "accept4", '4' },
		{ "pipe", 'p' },
		{ "pipe2", 'p' },
		{ "eventfd", 'e' },
		{ "eventfd2", 'e' },
		{ "signalfd", 's' },
		{ "signalfd4", 's' },
		{ "timerfd_create", 't' },
		{ "inotify_init", 'i' },
		{ "inotify_init1", 'i' },
		{ "epoll_create", 'l' },
		{ "epoll_create1", 'l' },
	};

	for (size_t i = 0; i < COUNT(makers); i++)
		if (strcmp(ev->info->name, makers[i].call) == 0)
			return makers[i].letter;
	return 0;
}

/* --- what it is ---------------------------------------------------------------------------------------------------------- */

static bool get_num(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	(void)r;
	v->i = c->ev->fdnum;
	if (c->ev->fdnum != PH_FD_NONE && (c->ev->fdnum >= 0 || c->ev->fd))
		return true;
	v->i = -1;
	return is_of_fd(c->ev);
}

static bool get_type(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	const char *word = c->ev->fd ? ph_fd_typename(c->ev->fd->type) : NULL;

	(void)r;
	v->clean = true;
	return word && text(v, word);
}

static bool get_typechar(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	struct ph_text t;
	char letter;

	(void)r;
	if (!c->ev->fd && !is_of_fd(c->ev))
		return false;
	letter = c->ev->fd ? ph_fd_typechar(c->ev->fd->type) : made_by(c->ev);
	t = ph_scratch_open(c);
	ph_text_char(&t, letter ? letter : 'o');
	return ph_scratch_close(c, &t, v);
}

static bool get_name(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	int path;

	(void)r;
	if (c->ev->fd && (c->ev->fd->name[0] || c->ev->type != PH_EV_SOCKET_CONNECT_X))
		return text(v, c->ev->fd->name);
	path = attempted_path(c->ev);
	if (path >= 0)
		return resolved(c, path, v);
	if (attempted_peer(c, v))
		return true;
	return c->ev->fd ? text(v, c->ev->fd->name) : is_nameless(c->ev) && text(v, "");
}

static bool get_nameraw(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	static const char *const names[] = { "name", "path", "pathname", "filename" };

	(void)r;
	if (!(c->ev->info->flags & PH_EF_CREATES_FD) || (c->ev->info->category & PH_C_MASK) != PH_C_FILE)
		return false;
	for (size_t i = 0; i < COUNT(names); i++) {
		int p = ph_event_param_index(c->ev->info, names[i], strlen(names[i]));
		uint32_t len;

		if (!ph_event_has(c->ev, p) || c->ev->params[p].len == 0)
			continue;
		v->s = ph_event_str(c->ev, p, &len);
		v->len = len;
		return true;
	}
	return false;
}

/* Name of a file or directory, also of one that could not be opened. */
static bool path_name(struct ph_field_ctx *c, struct ph_value *v, bool directories)
{
	int path;

	if (c->ev->fd)
		return (is_file(c->ev->fd) || (directories && c->ev->fd->type == PH_FD_DIRECTORY)) &&
		       text(v, c->ev->fd->name);
	path = attempted_path(c->ev);
	if (path >= 0)
		return resolved(c, path, v);
	return directories && is_nameless(c->ev) && text(v, "");
}

static bool get_directory(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	const char *slash;

	(void)r;
	if (!path_name(c, v, true))
		return false;
	slash = memrchr(v->s, '/', v->len);
	return slash && slash > v->s ? ph_value_str(v, v->s, (size_t)(slash - v->s)) : ph_value_str(v, "/", 1);
}

static bool get_filename(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	const char *slash;

	(void)r;
	if (!path_name(c, v, false))
		return false;
	slash = memrchr(v->s, '/', v->len);
	return !slash || ph_value_str(v, slash + 1, v->len - (size_t)(slash + 1 - v->s));
}

static bool in_container(struct ph_field_ctx *c, struct ph_value *v)
{
	struct ph_value part = *v;
	struct ph_text t;

	if (!c->ev->thread)
		return false;
	t = ph_scratch_open(c);
	if (c->ev->thread->container)
		ph_text_str(&t, c->ev->thread->container->id);
	ph_text_char(&t, ':');
	ph_text_put(&t, part.s, part.len);
	return ph_scratch_close(c, &t, v);
}

static bool get_containername(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	return get_name(c, r, v) && in_container(c, v);
}

static bool get_containerdirectory(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	return get_directory(c, r, v) && in_container(c, v);
}

static bool get_uid(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	struct ph_value num;
	struct ph_text t = ph_scratch_open(c);

	if (!get_num(c, r, &num))
		return false;
	ph_text_int(&t, c->ev->tid);
	ph_text_int(&t, num.i);
	return ph_scratch_close(c, &t, v);
}

enum { DEV, MAJOR, MINOR, INODE };

/* Device numbers are in the kernel's 32-bit form: new_encode_dev() of include/linux/kdev_t.h. */
static bool get_dev(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	uint32_t dev;

	if (!c->ev->fd)
		return false;
	dev = c->ev->fd->dev;
	switch (r->field->tag) {
	case MAJOR:
		v->i = (dev & 0xfff00) >> 8;
		return true;
	case MINOR:
		v->i = (dev & 0xff) | ((dev >> 12) & 0xfff00);
		return true;
	case INODE:
		v->i = (int64_t)c->ev->fd->ino;
		return c->ev->fd->ino != 0;
	default:
		v->i = dev;
		return true;
	}
}

static bool is_made(const struct ph_event *ev)
{
	return PH_IS_EXIT(ev->type) && (ev->info->flags & PH_EF_CREATES_FD) && ev->has_res && ev->res >= 0;
}

enum { CONNECTED, NAME_CHANGED, UPPER, LOWER };

static bool get_flag(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	const struct ph_fd *fd = c->ev->fd;

	if (!fd)
		return false;
	switch (r->field->tag) {
	case CONNECTED:
		v->b = fd->flags & PH_FDF_CONNECTED;
		break;
	case NAME_CHANGED:
		v->b = (fd->flags & PH_FDF_NAME_CHANGED) || (is_made(c->ev) && fd->name[0]);
		break;
	case UPPER:
		v->b = fd->open_flags & O_UPPER;
		break;
	default:
		v->b = fd->open_flags & O_LOWER;
	}
	return true;
}

static bool note_kind(void *arg, struct ph_fd *fd)
{
	*(uint32_t *)arg |= 1u << (fd->type < PH_FD_TYPES ? fd->type : 0);
	return true;
}

/* With [n] the kind of descriptor n; without it the different kinds that the process has open. */
static bool get_types(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	uint32_t seen = 0;
	struct ph_value *list;
	const struct ph_fd *fd;
	uint32_t n = 0;

	if (!c->ev->thread || !c->opts.state)
		return false;
	if (r->has_index) {
		fd = ph_state_fd(c->opts.state, c->ev->thread, r->index);
		return fd && ph_fd_typename(fd->type) && text(v, ph_fd_typename(fd->type));
	}
	ph_state_each_fd(c->opts.state, c->ev->thread, note_kind, &seen);
	list = ph_scratch_values(c, PH_FD_TYPES);
	for (unsigned k = 0; list && k < PH_FD_TYPES; k++) {
		bool again = false;

		if (!(seen >> k & 1) || !kinds[k].word)
			continue;
		for (uint32_t i = 0; i < n; i++)
			again |= strcmp(list[i].s, kinds[k].word) == 0;
		if (again)
			continue;
		list[n] = (struct ph_value){ .type = PH_PT_CHARBUF, .kind = PH_V_STR, .clean = true };
		text(&list[n++], kinds[k].word);
	}
	v->kind = PH_V_LIST;
	v->list = list;
	v->len = n;
	return n > 0;
}

/* --- sockets ------------------------------------------------------------------------------------------------------------- */

/* Client and server are the two ends of the tuple; local and remote follow from which of them the process is. */
enum end { EITHER, CLIENT, SERVER, LOCAL, REMOTE };

static bool is_local(const struct ph_field_ctx *c, const struct ph_fd *fd, const uint8_t *ip)
{
	return c->opts.state &&
	       ph_state_is_local(c->opts.state, c->ev->thread, addr_len(fd) == 4 ? AF_INET : AF_INET6, ip);
}

/* Of calls that are handed out as pairs the addresses of the machine decide which end is this one, not what the process has done. */
static enum end resolve_end(const struct ph_field_ctx *c, enum end end)
{
	const struct ph_fd *fd = c->ev->fd;
	bool client;

	if (end != LOCAL && end != REMOTE)
		return end;
	client = c->ev->block & PH_EB_PAIRS ? is_local(c, fd, fd->sip) : fd->flags & PH_FDF_ROLE_CLIENT;

	if (end == LOCAL)
		return client ? CLIENT : SERVER;
	if (end == REMOTE)
		return client ? SERVER : CLIENT;
	return end;
}

static bool has_end(const struct ph_field_ctx *c, enum end end)
{
	const struct ph_fd *fd = c->ev->fd;

	if (is_server(fd))
		return end == SERVER;
	return is_connected_kind(fd) && role_known(fd);
}

/* A listener has its address as the destination of the tuple and no source. */
static const uint8_t *address(const struct ph_fd *fd, enum end end)
{
	return end == CLIENT && !is_server(fd) ? fd->sip : fd->dip;
}

static uint16_t port(const struct ph_fd *fd, enum end end)
{
	return end == CLIENT && !is_server(fd) ? fd->sport : fd->dport;
}

static void put_address(const struct ph_fd *fd, enum end end, struct ph_value *v)
{
	v->s = (const char *)address(fd, end);
	v->len = addr_len(fd);
}

static bool both_ends(struct ph_field_ctx *c, struct ph_value *v, bool ports)
{
	const struct ph_fd *fd = c->ev->fd;
	struct ph_value *list = ph_scratch_values(c, 2);
	uint32_t n = is_server(fd) ? 1 : 2;

	if (!list)
		return false;
	for (uint32_t i = 0; i < n; i++) {
		enum end end = i == 0 ? CLIENT : SERVER;

		list[i] = (struct ph_value){ .type = v->type, .kind = ports ? PH_V_UINT : PH_V_IP };
		if (ports)
			list[i].u = port(fd, end);
		else
			put_address(fd, end, &list[i]);
	}
	v->kind = PH_V_LIST;
	v->list = list;
	v->len = n;
	return true;
}

static bool get_ip(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	const struct ph_fd *fd = c->ev->fd;
	enum end end = (enum end)r->field->tag;

	if (!fd || !is_ip(fd))
		return false;
	if (end == EITHER)
		return both_ends(c, v, false);
	if (!has_end(c, end))
		return false;
	put_address(fd, resolve_end(c, end), v);
	return true;
}

static bool get_port(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	const struct ph_fd *fd = c->ev->fd;
	enum end end = (enum end)r->field->tag;

	if (!fd || !is_ip(fd))
		return false;
	if (end == EITHER)
		return both_ends(c, v, true);
	if (!has_end(c, end))
		return false;
	v->u = port(fd, resolve_end(c, end));
	return true;
}

static bool get_proto(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	struct ph_text t;
	struct servent ent, *found = NULL;
	char buf[1024];

	if (!get_port(c, r, v))
		return false;
	if (c->opts.resolve_ports)
		getservbyport_r(htons((uint16_t)v->u), c->ev->fd->l4 == PH_L4_UDP ? "udp" : "tcp", &ent, buf,
				sizeof buf, &found);
	t = ph_scratch_open(c);
	if (found)
		ph_text_str(&t, found->s_name);
	else
		ph_text_uint(&t, v->u);
	return ph_scratch_close(c, &t, v);
}

/* Asked of the resolver where that is wanted: it is another host's name when a file of that host is read here. */
static bool get_host(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	char name[PH_HOST_NAME_MAX];
	struct ph_text t;
	size_t n;

	if (!c->opts.resolve_names || !get_ip(c, r, v))
		return false;
	if (!c->resolver)
		c->resolver = ph_resolver_new(NULL);
	n = c->resolver ? ph_resolver_name(c->resolver, (const uint8_t *)v->s, v->len, name) : 0;
	t = ph_scratch_open(c);
	ph_text_put(&t, name, n);
	return n > 0 && ph_scratch_close(c, &t, v);
}

static bool get_l4proto(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	static const char *const words[] = {
		[PH_L4_TCP] = "tcp", [PH_L4_UDP] = "udp", [PH_L4_ICMP] = "icmp", [PH_L4_RAW] = "raw"
	};
	const struct ph_fd *fd = c->ev->fd;

	(void)r;
	if (!fd || !is_ip(fd))
		return false;
	return text(v, fd->name[0] && fd->l4 < COUNT(words) && words[fd->l4] ? words[fd->l4] : "<NA>");
}

static bool get_sockfamily(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	(void)r;
	if (!c->ev->fd)
		return false;
	return is_ip(c->ev->fd) ? text(v, "ip") : c->ev->fd->type == PH_FD_UNIX ? text(v, "unix") : false;
}

static bool get_is_server(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	const struct ph_fd *fd = c->ev->fd;

	(void)r;
	if (!fd)
		return false;
	v->b = is_server(fd);
	if (is_connected_kind(fd))
		v->b = c->ev->block & PH_EB_PAIRS ? is_local(c, fd, fd->dip) : fd->flags & PH_FDF_ROLE_SERVER;
	return true;
}

/* --- fdlist -------------------------------------------------------------------------------------------------------------- */

enum { NUMS, NAMES, CIPS, SIPS, CPORTS, SPORTS };

static void list_item(struct ph_text *t, int what, int64_t num, const struct ph_fd *fd)
{
	if (what == NUMS)
		ph_text_int(t, num);
	else if (what == NAMES)
		ph_text_str(t, fd && fd->name[0] ? fd->name : "<NA>");
	else if (!fd)
		return;
	else if (what == CIPS || what == SIPS)
		ph_text_ip(t, address(fd, what == CIPS ? CLIENT : SERVER), addr_len(fd));
	else
		ph_text_uint(t, port(fd, what == CPORTS ? CLIENT : SERVER));
}

static bool get_fdlist(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	int i = ph_event_param_index(c->ev->info, "fds", 3), what = r->field->tag;
	const uint8_t *d;
	struct ph_text t;
	uint16_t n = 0;
	bool more = false;

	if (!ph_event_has(c->ev, i) || c->ev->info->params[i].type != PH_PT_FDLIST || c->ev->params[i].len < 2)
		return false;
	d = c->ev->params[i].data;
	memcpy(&n, d, sizeof n);
	t = ph_scratch_open(c);
	for (uint32_t k = 0; k < n && 2 + 10 * (k + 1) <= c->ev->params[i].len; k++) {
		const struct ph_fd *fd;
		int64_t num;

		memcpy(&num, d + 2 + 10 * k, sizeof num);
		fd = c->ev->thread && c->opts.state ? ph_state_fd(c->opts.state, c->ev->thread, num) : NULL;
		if (what >= CIPS && (!fd || !is_ip(fd)))
			continue;
		if (more)
			ph_text_char(&t, ',');
		list_item(&t, what, num, fd);
		more = true;
	}
	return more && ph_scratch_close(c, &t, v);
}

#define STR PH_PT_CHARBUF
#define NA PH_PF_NA
#define DEC PH_PF_DEC
#define EITHER_OF PH_FF_FILTER | PH_FF_BOTH

/* clang-format off */
static const struct ph_field fields[] = {
	{ "fd.num", PH_PT_INT64, PH_PF_ID, 0, 0, 0, 0, get_num, "number of the descriptor" },
	{ "fd.type", STR, DEC, 0, 0, 0, 0, get_type, "what it is: file, directory, ipv4, ipv6, unix, pipe, event, signalfd, eventpoll, inotify, timerfd, netlink, bpf, userfaultfd, io_uring, memfd or pidfd" },
	{ "fd.typechar", STR, DEC, 0, 0, 0, 0, get_typechar, "the same as one letter: f, d, 4, 6, u, p, e, s, l, i, t, n, b, r, m, P; X for other kinds, o for unknown" },
	{ "fd.name", STR, NA, 0, 0, 0, 0, get_name, "path, or both ends of a connection, or the address of a listener; of calls that failed, what they tried" },
	{ "fd.directory", STR, NA, 0, 0, 0, 0, get_directory, "directory of the file" },
	{ "fd.filename", STR, NA, 0, 0, 0, 0, get_filename, "last part of the file's path" },
	{ "fd.ip", PH_PT_IPADDR, NA, 0, EITHER_OF, 0, EITHER, get_ip, "address of either end" },
	{ "fd.cip", PH_PT_IPADDR, NA, 0, 0, 0, CLIENT, get_ip, "address of the client" },
	{ "fd.sip", PH_PT_IPADDR, NA, 0, 0, 0, SERVER, get_ip, "address of the server" },
	{ "fd.lip", PH_PT_IPADDR, NA, 0, 0, 0, LOCAL, get_ip, "address of this end" },
	{ "fd.rip", PH_PT_IPADDR, NA, 0, 0, 0, REMOTE, get_ip, "address of the other end" },
	{ "fd.port", PH_PT_PORT, DEC, 0, EITHER_OF, 0, EITHER, get_port, "port of either end" },
	{ "fd.cport", PH_PT_PORT, DEC, 0, 0, 0, CLIENT, get_port, "port of the client" },
	{ "fd.sport", PH_PT_PORT, DEC, 0, 0, 0, SERVER, get_port, "port of the server" },
	{ "fd.lport", PH_PT_PORT, DEC, 0, 0, 0, LOCAL, get_port, "port of this end" },
	{ "fd.rport", PH_PT_PORT, DEC, 0, 0, 0, REMOTE, get_port, "port of the other end" },
	{ "fd.l4proto", STR, NA, 0, 0, 0, 0, get_l4proto, "protocol of an IP socket: tcp, udp, icmp or raw" },
	{ "fd.sockfamily", STR, NA, 0, 0, 0, 0, get_sockfamily, "'ip' or 'unix' for sockets" },
	{ "fd.is_server", PH_PT_BOOL, NA, 0, 0, 0, 0, get_is_server, "true when the process is the server of this socket" },
	{ "fd.uid", STR, NA, 0, PH_FF_MADE, 0, 0, get_uid, "thread id and descriptor number, one behind the other: a key for a descriptor" },
	{ "fd.containername", STR, NA, 0, PH_FF_MADE, 0, 0, get_containername, "container id, a colon and the name" },
	{ "fd.containerdirectory", STR, NA, 0, PH_FF_MADE, 0, 0, get_containerdirectory, "container id, a colon and the directory" },
	{ "fd.proto", PH_PT_PORT, NA, 0, EITHER_OF, 0, EITHER, get_port, "port of either end; a value may be the name of a service" },
	{ "fd.cproto", STR, NA, 0, PH_FF_MADE, 0, CLIENT, get_proto, "service of the client's port, by name with -R" },
	{ "fd.sproto", STR, NA, 0, PH_FF_MADE, 0, SERVER, get_proto, "service of the server's port, by name with -R" },
	{ "fd.lproto", STR, NA, 0, PH_FF_MADE, 0, LOCAL, get_proto, "service of the port at this end, by name with -R" },
	{ "fd.rproto", STR, NA, 0, PH_FF_MADE, 0, REMOTE, get_proto, "service of the port at the other end, by name with -R" },
	{ "fd.net", PH_PT_IPNET, NA, 0, EITHER_OF, 0, EITHER, get_ip, "network of either end, such as 10.0.0.0/8" },
	{ "fd.cnet", PH_PT_IPNET, NA, 0, PH_FF_FILTER, 0, CLIENT, get_ip, "network of the client" },
	{ "fd.snet", PH_PT_IPNET, NA, 0, PH_FF_FILTER, 0, SERVER, get_ip, "network of the server" },
	{ "fd.lnet", PH_PT_IPNET, NA, 0, PH_FF_FILTER, 0, LOCAL, get_ip, "network of this end" },
	{ "fd.rnet", PH_PT_IPNET, NA, 0, PH_FF_FILTER, 0, REMOTE, get_ip, "network of the other end" },
	{ "fd.connected", PH_PT_BOOL, NA, 0, 0, 0, CONNECTED, get_flag, "true for sockets that are connected" },
	{ "fd.name_changed", PH_PT_BOOL, NA, 0, PH_FF_MOMENT, 0, NAME_CHANGED, get_flag, "true when this event gave the descriptor another name" },
	{ "fd.cip.name", STR, NA, 0, PH_FF_MOMENT | PH_FF_MADE, 0, CLIENT, get_host, "name of the client's address, by this host's resolver; live only, and missing until the answer is there" },
	{ "fd.sip.name", STR, NA, 0, PH_FF_MOMENT | PH_FF_MADE, 0, SERVER, get_host, "name of the server's address, in the same way" },
	{ "fd.lip.name", STR, NA, 0, PH_FF_MOMENT | PH_FF_MADE, 0, LOCAL, get_host, "name of this end's address, in the same way" },
	{ "fd.rip.name", STR, NA, 0, PH_FF_MOMENT | PH_FF_MADE, 0, REMOTE, get_host, "name of the other end's address, in the same way" },
	{ "fd.dev", PH_PT_INT32, PH_PF_HEX, 0, 0, 0, DEV, get_dev, "number of the device that holds the file" },
	{ "fd.dev.major", PH_PT_INT32, DEC, 0, 0, 0, MAJOR, get_dev, "major part of the device number" },
	{ "fd.dev.minor", PH_PT_INT32, DEC, 0, 0, 0, MINOR, get_dev, "minor part of the device number" },
	{ "fd.ino", PH_PT_INT64, DEC, 0, 0, 0, INODE, get_dev, "inode number of the file" },
	{ "fd.nameraw", STR, NA, 0, PH_FF_MOMENT, 0, 0, get_nameraw, "path as the process passed it to the call" },
	{ "fd.types", STR, NA, PH_ARG_INDEX_OPT, PH_FF_ANY | PH_FF_MOMENT | PH_FF_MADE, 0, 0, get_types, "kinds of all descriptors that the process has open; with [n] of one" },
	{ "fd.is_upper_layer", PH_PT_BOOL, NA, 0, 0, 0, UPPER, get_flag, "true for files in the writable layer of an overlay" },
	{ "fd.is_lower_layer", PH_PT_BOOL, NA, 0, 0, 0, LOWER, get_flag, "true for files in a read-only layer of an overlay" },
};
/* clang-format on */

/* clang-format off */
static const struct ph_field list_fields[] = {
	{ "fdlist.nums", STR, NA, 0, PH_FF_MADE, 0, NUMS, get_fdlist, "numbers of the descriptors, joined with commas" },
	{ "fdlist.names", STR, NA, 0, PH_FF_MADE, 0, NAMES, get_fdlist, "their names, <NA> for those without one" },
	{ "fdlist.cips", STR, NA, 0, PH_FF_MADE, 0, CIPS, get_fdlist, "client addresses of the IP sockets among them" },
	{ "fdlist.sips", STR, NA, 0, PH_FF_MADE, 0, SIPS, get_fdlist, "server addresses of the IP sockets among them" },
	{ "fdlist.cports", STR, NA, 0, PH_FF_MADE, 0, CPORTS, get_fdlist, "client ports of the IP sockets among them" },
	{ "fdlist.sports", STR, NA, 0, PH_FF_MADE, 0, SPORTS, get_fdlist, "server ports of the IP sockets among them" },
};
/* clang-format on */

const struct ph_field_class ph_class_fd = {
	"fd",	"descriptors", "The file, socket or other descriptor that the event works on.",
	fields, COUNT(fields), PH_OF_FD,
};
const struct ph_field_class ph_class_fdlist = {
	"fdlist",    "descriptors of poll", "The descriptors that poll and ppoll wait for.",
	list_fields, COUNT(list_fields),    PH_OF_EVENT
};
