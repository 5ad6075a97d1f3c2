/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Head blocks: machine, interfaces, users, processes, descriptors, extras (head.h). Since format 1.2 an entry begins with its length:
 * it may be longer than what we know, which is passed over, and shorter, which leaves defaults. Before, entries stand back to
 * back and one that cannot be read ends the block.
 */
#include "collector/trace/head.h"

#include <string.h>
#include <sys/socket.h>
#include "porthole/wire.h"

#define PADDING_MAX 3 /* a block's body is padded to 4: so much of it may be no entry */
#define OLD_TAIL_MAX \
	29 /* bytes behind the root of a process, version 9, as written before two fields were put in front of them */

/* Takes what it can get. missing: something was to be read at the very end; torn: there was a part of it. */
struct cursor {
	const uint8_t *p, *end;
	bool missing, torn;
};

static size_t left(const struct cursor *c)
{
	return (size_t)(c->end - c->p);
}

static bool whole(const struct cursor *c)
{
	return !c->missing && !c->torn;
}

static const uint8_t *take(struct cursor *c, size_t n)
{
	const uint8_t *p = c->p;

	if (left(c) < n) {
		c->missing = c->missing || left(c) == 0;
		c->torn = c->torn || left(c) > 0;
		c->p = c->end;
		return NULL;
	}
	c->p += n;
	return p;
}

static void take_into(struct cursor *c, void *to, size_t n)
{
	const uint8_t *p = take(c, n);

	if (p)
		memcpy(to, p, n);
}

static uint64_t take_uint(struct cursor *c, size_t n)
{
	uint64_t v = 0;

	take_into(c, &v, n); /* little-endian, as the format is */
	return v;
}

static struct ph_span take_span(struct cursor *c)
{
	size_t len = (size_t)take_uint(c, 2);
	const uint8_t *p = take(c, len);

	/* A length with nothing behind it is no field that an older writer did not have. */
	c->torn = c->torn || (!p && len);
	return p ? (struct ph_span){ (const char *)p, (uint32_t)len } : (struct ph_span){ "", 0 };
}

static void take_text(struct cursor *c, char text[PH_HEAD_TEXT])
{
	struct ph_span s = take_span(c);

	memcpy(text, s.s, s.len);
	text[s.len] = '\0';
}

/* --- the machine -------------------------------------------------------------------------------------------------------- */

static bool machine(struct ph_head *h, struct cursor *c)
{
	struct ph_trace_machine m = { 0 };

	m.ncpus = (uint32_t)take_uint(c, 4);
	m.memory_bytes = take_uint(c, 8);
	m.max_pid = take_uint(c, 8);
	take_into(c, m.hostname, sizeof m.hostname);
	m.hostname[sizeof m.hostname - 1] = '\0';
	if (!whole(c))
		return false;
	m.boot_ns = take_uint(c, 8);
	m.flags = take_uint(c, 8);
	if (h->ops->machine)
		h->ops->machine(h->arg, &m);
	return true;
}

/* --- interfaces ----------------------------------------------------------------------------------------------------------- */

enum { IF_IPV4 = 1, IF_IPV6 = 2, IF_IPV4_NO_SPEED = 3, IF_IPV6_NO_SPEED = 4 };

static bool interface(struct ph_head *h, struct cursor *c, const struct ph_block_info *info)
{
	unsigned type = (unsigned)take_uint(c, 2);
	size_t name_len = (size_t)take_uint(c, 2), size;
	struct ph_trace_interface i = { 0 };
	const uint8_t *name;

	if (type < IF_IPV4 || type > IF_IPV6_NO_SPEED)
		return info->version >= 2 && whole(c);
	size = type == IF_IPV4 || type == IF_IPV4_NO_SPEED ? 4 : 16;
	i.family = size == 4 ? AF_INET : AF_INET6;
	take_into(c, i.addr, size);
	take_into(c, i.mask, size);
	take_into(c, i.broadcast, size);
	if (type == IF_IPV4 || type == IF_IPV6)
		i.link_speed = take_uint(c, 8);
	name = take(c, name_len);
	if (!whole(c))
		return false;
	memcpy(i.name, name, name_len < sizeof i.name ? name_len : sizeof i.name - 1);
	if (h->ops->interface)
		h->ops->interface(h->arg, &i);
	return true;
}

/* --- users and groups ------------------------------------------------------------------------------------------------------- */

static bool user(struct ph_head *h, struct cursor *c)
{
	struct ph_user u = { .name = h->text[0], .home = h->text[1], .shell = h->text[2] };

	u.uid = (uint32_t)take_uint(c, 4);
	u.gid = (uint32_t)take_uint(c, 4);
	for (int i = 0; i < 3; i++)
		take_text(c, h->text[i]);
	if (!whole(c))
		return false;
	if (h->ops->user)
		h->ops->user(h->arg, &u);
	return true;
}

static bool group(struct ph_head *h, struct cursor *c)
{
	struct ph_group g = { .name = h->text[0] };

	g.gid = (uint32_t)take_uint(c, 4);
	take_text(c, h->text[0]);
	if (!whole(c))
		return false;
	if (h->ops->group)
		h->ops->group(h->arg, &g);
	return true;
}

static bool user_or_group(struct ph_head *h, struct cursor *c, const struct ph_block_info *info)
{
	uint64_t kind = take_uint(c, 1);

	if (kind == 0)
		return user(h, c);
	if (kind == 1)
		return group(h, c);
	return info->version >= 2;
}

/* --- processes ---------------------------------------------------------------------------------------------------------------- */

enum field_kind { F_64, F_32, F_SPAN, F_EXE_FLAG };

struct field {
	uint8_t since; /* version of the block */
	uint8_t kind; /* enum field_kind */
	uint16_t at; /* in struct ph_task */
	uint32_t flag; /* F_EXE_FLAG: a byte that says whether it is set */
};

#define FIELD(since, kind, member) { since, kind, offsetof(struct ph_task, member), 0 }
#define EXE_FLAG(name) { 9, F_EXE_FLAG, 0, PH_execve_flags_##name }

static const struct field task_fields[] = {
	FIELD(1, F_64, tid),	    FIELD(1, F_64, pid),     FIELD(1, F_64, ptid),	 FIELD(6, F_64, sid),
	FIELD(8, F_64, vpgid),	    FIELD(1, F_SPAN, comm),  FIELD(1, F_SPAN, exe),	 FIELD(7, F_SPAN, exepath),
	FIELD(1, F_SPAN, args),	    FIELD(1, F_SPAN, cwd),   FIELD(1, F_64, fdlimit),	 FIELD(1, F_32, clone_flags),
	FIELD(1, F_32, uid),	    FIELD(1, F_32, gid),     FIELD(2, F_32, vm_size_kb), FIELD(2, F_32, vm_rss_kb),
	FIELD(2, F_32, vm_swap_kb), FIELD(2, F_64, pfmajor), FIELD(2, F_64, pfminor),	 FIELD(3, F_SPAN, env),
	FIELD(4, F_64, vtid),	    FIELD(4, F_64, vpid),    FIELD(4, F_SPAN, cgroups),	 FIELD(5, F_SPAN, root),
};

static const struct field old_tail[] = {
	FIELD(9, F_32, loginuid),      EXE_FLAG(EXE_WRITABLE),	      FIELD(9, F_64, cap_inheritable),
	FIELD(9, F_64, cap_permitted), FIELD(9, F_64, cap_effective),
};

static const struct field tail[] = {
	FIELD(9, F_64, pidns_init_start_ns),
	FIELD(9, F_32, tty),
	FIELD(9, F_32, loginuid),
	EXE_FLAG(EXE_WRITABLE),
	FIELD(9, F_64, cap_inheritable),
	FIELD(9, F_64, cap_permitted),
	FIELD(9, F_64, cap_effective),
	EXE_FLAG(EXE_UPPER_LAYER),
	FIELD(9, F_64, exe_ino),
	FIELD(9, F_64, exe_ino_ctime),
	FIELD(9, F_64, exe_ino_mtime),
	EXE_FLAG(EXE_FROM_MEMFD),
	EXE_FLAG(EXE_LOWER_LAYER),
	FIELD(9, F_64, pgid),
};

/* A number that is not there leaves what stands in the struct. */
static void take_field(struct cursor *c, const struct field *f, struct ph_task *t)
{
	uint8_t *to = (uint8_t *)t + f->at;
	struct ph_span span;

	switch ((enum field_kind)f->kind) {
	case F_64:
		take_into(c, to, 8);
		break;
	case F_32:
		take_into(c, to, 4);
		break;
	case F_SPAN:
		span = take_span(c);
		memcpy(to, &span, sizeof span);
		break;
	case F_EXE_FLAG:
		if (take_uint(c, 1))
			t->exe_flags |= f->flag;
		break;
	}
}

static void take_fields(struct cursor *c, const struct field *f, size_t n, unsigned version, struct ph_task *t)
{
	for (size_t i = 0; i < n; i++)
		if (version >= f[i].since)
			take_field(c, &f[i], t);
}

static bool task(struct ph_head *h, struct cursor *c, const struct ph_block_info *info)
{
	static const struct ph_span none = { "", 0 };
	struct ph_task t = { .sid = -1, .pgid = -1, .vtid = -1, .vpid = -1, .vpgid = -1, .loginuid = UINT32_MAX };

	t.comm = t.exe = t.exepath = t.cwd = t.root = t.args = t.env = t.cgroups = none;
	take_fields(c, task_fields, sizeof task_fields / sizeof *task_fields, info->version, &t);
	if (!whole(c))
		return false;
	if (info->version >= 9 && left(c) <= OLD_TAIL_MAX)
		take_fields(c, old_tail, sizeof old_tail / sizeof *old_tail, info->version, &t);
	else if (info->version >= 9)
		take_fields(c, tail, sizeof tail / sizeof *tail, info->version, &t);
	if (c->torn)
		return false;
	if (h->ops->task)
		h->ops->task(h->arg, &t);
	return true;
}

/* --- descriptors --------------------------------------------------------------------------------------------------------------- */

enum fd_form { FORM_UNKNOWN, FORM_NAME, FORM_PAIR, FORM_SERVER, FORM_UNIX, FORM_FILE };

/* What stands behind the type. */
static const struct fd_kind {
	uint8_t form; /* enum fd_form */
	uint8_t family;
} fd_kinds[PH_FD_TYPES] = {
	[PH_FD_UNKNOWN] = { FORM_NAME, 0 },
	[PH_FD_FILE] = { FORM_NAME, 0 },
	[PH_FD_DIRECTORY] = { FORM_NAME, 0 },
	[PH_FD_IPV4] = { FORM_PAIR, AF_INET },
	[PH_FD_IPV6] = { FORM_PAIR, AF_INET6 },
	[PH_FD_IPV4_SERVER] = { FORM_SERVER, AF_INET },
	[PH_FD_IPV6_SERVER] = { FORM_SERVER, AF_INET6 },
	[PH_FD_FIFO] = { FORM_NAME, 0 },
	[PH_FD_UNIX] = { FORM_UNIX, AF_UNIX },
	[PH_FD_EVENT] = { FORM_NAME, 0 },
	[PH_FD_UNSUPPORTED] = { FORM_NAME, 0 },
	[PH_FD_SIGNALFD] = { FORM_NAME, 0 },
	[PH_FD_EVENTPOLL] = { FORM_NAME, 0 },
	[PH_FD_INOTIFY] = { FORM_NAME, 0 },
	[PH_FD_TIMERFD] = { FORM_NAME, 0 },
	[PH_FD_NETLINK] = { FORM_NAME, AF_NETLINK },
	[PH_FD_FILE_V2] = { FORM_FILE, 0 },
	[PH_FD_BPF] = { FORM_NAME, 0 },
	[PH_FD_USERFAULTFD] = { FORM_NAME, 0 },
	[PH_FD_IO_URING] = { FORM_NAME, 0 },
	[PH_FD_MEMFD] = { FORM_NAME, 0 },
	[PH_FD_PIDFD] = { FORM_NAME, 0 },
};

static void fd_socket(struct cursor *c, const struct fd_kind *kind, struct ph_fd *fd)
{
	size_t size = kind->family == AF_INET ? 4 : 16;

	if (kind->form == FORM_PAIR)
		take_into(c, fd->sip, size);
	take_into(c, fd->dip, size);
	if (kind->form == FORM_PAIR)
		fd->sport = (uint16_t)take_uint(c, 2);
	fd->dport = (uint16_t)take_uint(c, 2);
	fd->l4 = (uint8_t)take_uint(c, 1);
}

static void fd_body(struct cursor *c, const struct fd_kind *kind, struct ph_fd *fd)
{
	if (kind->form == FORM_PAIR || kind->form == FORM_SERVER) {
		fd_socket(c, kind, fd);
		return;
	}
	if (kind->form == FORM_UNIX) {
		fd->unix_src = take_uint(c, 8);
		fd->unix_dst = take_uint(c, 8);
	}
	if (kind->form == FORM_FILE)
		fd->open_flags = (uint32_t)take_uint(c, 4);
	take_text(c, fd->name);
}

static bool descriptor(struct ph_head *h, struct cursor *c, const struct ph_block_info *info, int64_t tid)
{
	struct ph_fd fd = { .name = h->text[0] };
	const struct fd_kind *kind;
	int64_t num = (int64_t)take_uint(c, 8);
	bool fits;

	fd.num = (int32_t)num;
	fd.ino = take_uint(c, 8);
	fd.type = (uint8_t)take_uint(c, 1);
	h->text[0][0] = '\0';
	if (!whole(c))
		return false;
	if (fd.type >= PH_FD_TYPES)
		return info->version >= 2;
	kind = &fd_kinds[fd.type];
	fd.family = kind->family;
	fd_body(c, kind, &fd);
	fits = whole(c);
	if (fits && kind->form == FORM_FILE && info->version >= 2)
		fd.dev = (uint32_t)take_uint(c, 4);
	if (!fits || c->torn)
		return false;
	if (num == fd.num && h->ops->fd)
		h->ops->fd(h->arg, tid, &fd);
	return num == fd.num;
}

/* --- extras ------------------------------------------------------------------------------------------------------------------------ */

static bool extra(struct ph_head *h, struct cursor *c)
{
	unsigned kind = (unsigned)take_uint(c, 1);

	if (!whole(c))
		return false;
	if (h->ops->extra)
		h->ops->extra(h->arg, kind, c->p, (uint32_t)left(c));
	return true;
}

/* --- blocks ------------------------------------------------------------------------------------------------------------------------- */

static bool entry(struct ph_head *h, struct cursor *c, const struct ph_block_info *info, int64_t tid)
{
	switch (info->kind) {
	case PH_BK_INTERFACES:
		return interface(h, c, info);
	case PH_BK_USERS:
		return user_or_group(h, c, info);
	case PH_BK_PROCESSES:
		return task(h, c, info);
	case PH_BK_FDS:
		return descriptor(h, c, info, tid);
	case PH_BK_EXTRA:
		return extra(h, c);
	}
	c->p = c->end; /* a kind that nobody here takes apart is passed over */
	return true;
}

/* Whether entries begin with their length; *itself: which counts itself. */
static bool has_lengths(const struct ph_block_info *info, size_t *itself)
{
	*itself = info->kind == PH_BK_INTERFACES ? 0 : sizeof(uint32_t);
	return info->kind == PH_BK_EXTRA || info->version >= (info->kind == PH_BK_PROCESSES ? 9 : 2);
}

/* The next entry's length word is read and *e becomes what it spans. false: it goes past the block. */
static bool open_entry(struct cursor *c, size_t itself, struct cursor *e)
{
	uint64_t len = take_uint(c, 4);

	if (!whole(c) || len < itself || len - itself > left(c))
		return false;
	*e = (struct cursor){ .p = c->p, .end = c->p + (len - itself) };
	c->p = e->end;
	return true;
}

bool ph_head_block(struct ph_head *h, const struct ph_block_info *info, const uint8_t *body, size_t len)
{
	struct cursor c = { .p = body, .end = body + len }, e;
	size_t itself;
	const bool lengths = has_lengths(info, &itself);
	int64_t tid = 0;
	bool good = true;

	if (info->kind == PH_BK_MACHINE)
		return machine(h, &c);
	if (info->kind == PH_BK_FDS)
		tid = (int64_t)take_uint(&c, 8);
	if (!whole(&c))
		return false;
	while (left(&c) > PADDING_MAX) {
		if (lengths && !open_entry(&c, itself, &e))
			return false;
		if (entry(h, lengths ? &e : &c, info, tid))
			continue;
		good = false;
		if (!lengths)
			break;
	}
	return good;
}
