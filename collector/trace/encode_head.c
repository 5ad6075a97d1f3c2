/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The head of a trace file, made of the state as it is (encode.h): what a reader has to know before the first event.
 *
 * Who calls it: the writer at the beginning of each file, the recorder at that of each segment.
 */
#include "collector/trace/encode.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include "collector/redact/redact.h"

/* What sysdig 0.29.3 takes; it refuses the whole file when a text is longer. */
#define PATH_LIMIT 1023u
#define ITEMS_LIMIT 4096u
#define USER_LIMIT 255u

#define KEPT_FD_FLAGS (PH_FDF_CLOEXEC | PH_FDF_ROLE_SERVER | PH_FDF_ROLE_CLIENT | PH_FDF_CONNECTED | PH_FDF_LISTENING)

/* Types of interface entries. */
enum { IF_IPV4 = 1, IF_IPV6 = 2 };

struct head_job {
	struct ph_bytes *b;
	const struct ph_encode_head *head;
	int64_t tid; /* whose descriptors they are */
};

/* --- bytes ---------------------------------------------------------------------------------------------------------- */

static void add8(struct ph_bytes *b, uint8_t v)
{
	ph_bytes_add(b, &v, 1);
}

static void add16(struct ph_bytes *b, uint16_t v)
{
	ph_bytes_add(b, &v, 2);
}

static void add32(struct ph_bytes *b, uint32_t v)
{
	ph_bytes_add(b, &v, 4);
}

static void add64(struct ph_bytes *b, uint64_t v)
{
	ph_bytes_add(b, &v, 8);
}

static void set32(struct ph_bytes *b, size_t at, uint32_t v)
{
	if (!b->failed)
		memcpy(b->data + at, &v, 4);
}

/* u16 length and bytes. Returns where they stand, NULL when there was no memory. */
static uint8_t *add_text(struct ph_bytes *b, const char *s, size_t len, size_t limit)
{
	uint8_t *at;

	if (len > limit)
		len = limit;
	add16(b, (uint16_t)len);
	at = ph_bytes_grow(b, len);
	if (at && len)
		memcpy(at, s, len);
	return at;
}

static void add_string(struct ph_bytes *b, const char *s, size_t limit)
{
	add_text(b, s, s ? strlen(s) : 0, limit);
}

/* Blocks and entries: their length is known at their end. */
static size_t block_begin(struct ph_bytes *b, uint32_t code)
{
	size_t at = b->len;

	add32(b, code);
	add32(b, 0);
	return at;
}

static void block_end(struct ph_bytes *b, size_t at)
{
	static const uint8_t zero[4];
	uint32_t total;

	ph_bytes_add(b, zero, -(b->len - at) & 3u);
	total = (uint32_t)(b->len - at) + 4;
	add32(b, total);
	set32(b, at + 4, total);
}

static size_t entry_begin(struct ph_bytes *b)
{
	size_t at = b->len;

	add32(b, 0);
	return at;
}

static void entry_end(struct ph_bytes *b, size_t at)
{
	set32(b, at, (uint32_t)(b->len - at));
}

/* --- section, machine, interfaces, users ------------------------------------------------------------------------------ */

static void add_section(struct ph_bytes *b)
{
	size_t at = block_begin(b, PH_BLOCK_SECTION);

	add32(b, PH_SECTION_MAGIC);
	add16(b, 1);
	add16(b, 2);
	add64(b, UINT64_MAX); /* of unknown length */
	block_end(b, at);
}

static void add_machine(struct ph_bytes *b, const struct ph_trace_machine *m)
{
	size_t at = block_begin(b, PH_BC_MACHINE), len = strnlen(m->hostname, sizeof m->hostname - 1);
	char hostname[sizeof m->hostname] = "";

	memcpy(hostname, m->hostname, len);
	add32(b, m->ncpus);
	add64(b, m->memory_bytes);
	add64(b, m->max_pid);
	ph_bytes_add(b, hostname, sizeof hostname);
	add64(b, m->boot_ns);
	add64(b, m->flags);
	add64(b, 0);
	add64(b, 0);
	block_end(b, at);
}

/* The length in front of an interface does not count itself. */
static void add_interface(struct ph_bytes *b, const struct ph_trace_interface *i)
{
	size_t width = i->family == AF_INET6 ? 16 : 4, name = strnlen(i->name, sizeof i->name), at = entry_begin(b);

	add16(b, i->family == AF_INET6 ? IF_IPV6 : IF_IPV4);
	add16(b, (uint16_t)name);
	ph_bytes_add(b, i->addr, width);
	ph_bytes_add(b, i->mask, width);
	ph_bytes_add(b, i->broadcast, width);
	add64(b, i->link_speed);
	ph_bytes_add(b, i->name, name);
	set32(b, at, (uint32_t)(b->len - at - 4));
}

static void add_interfaces(struct ph_bytes *b, const struct ph_trace_host *host)
{
	size_t at = block_begin(b, PH_BC_INTERFACES);

	for (uint32_t i = 0; i < host->ninterfaces; i++)
		add_interface(b, &host->interfaces[i]);
	block_end(b, at);
}

static bool add_user(void *arg, const struct ph_user *u)
{
	struct ph_bytes *b = arg;
	size_t at = entry_begin(b);

	add8(b, 0);
	add32(b, u->uid);
	add32(b, u->gid);
	add_string(b, u->name, USER_LIMIT);
	add_string(b, u->home, PATH_LIMIT);
	add_string(b, u->shell, PATH_LIMIT);
	entry_end(b, at);
	return !b->failed;
}

static bool add_group(void *arg, const struct ph_group *g)
{
	struct ph_bytes *b = arg;
	size_t at = entry_begin(b);

	add8(b, 1);
	add32(b, g->gid);
	add_string(b, g->name, USER_LIMIT);
	entry_end(b, at);
	return !b->failed;
}

static void add_users(struct ph_bytes *b, struct ph_state *st)
{
	size_t at = block_begin(b, PH_BC_USERS);

	ph_state_each_user(st, add_user, b);
	ph_state_each_group(st, add_group, b);
	block_end(b, at);
}

/* --- processes ---------------------------------------------------------------------------------------------------------- */

/* Ended leaders whose process goes on, and what was never more than a number in an event, are nothing for a reader to know. */
static bool is_worth(const struct ph_thread *t)
{
	return !(t->clone_flags & PH_clone_flags_CLOSED) && !(t->placeholder && strcmp(t->comm, "<NA>") == 0);
}

static bool is_kept(const struct head_job *j, const struct ph_thread *t)
{
	return is_worth(t) && (!j->head->keep || j->head->keep(j->head->keep_arg, t));
}

/* Returns where the items are now, NULL when there are none or no memory; *len is how many bytes of them are left. */
static uint8_t *add_items(struct head_job *j, const char *items, uint32_t *len)
{
	uint8_t *at;

	if (*len > ITEMS_LIMIT)
		*len = ITEMS_LIMIT;
	at = add_text(j->b, items, *len, ITEMS_LIMIT);
	return *len ? at : NULL;
}

static void add_args(struct head_job *j, const struct ph_process *p)
{
	uint32_t len = p->args_len;
	uint8_t *at = add_items(j, p->args, &len);

	if (at && j->head->redact)
		ph_redact_command(p->exe, strlen(p->exe), at, len);
}

static void add_env(struct head_job *j, const struct ph_process *p)
{
	uint32_t len = p->env_len;
	uint8_t *at = add_items(j, p->env, &len);

	if (at && j->head->redact)
		ph_redact_env(at, len);
}

static bool has_short_tail(const struct ph_process *p)
{
	return !p->pidns_init_start_ns && (!p->tty || p->tty == UINT32_MAX) && !p->exe_ino && !p->exe_ino_ctime &&
	       !p->exe_ino_mtime && p->pgid <= 0 && !(p->exe_flags & ~(uint32_t)PH_execve_flags_EXE_WRITABLE);
}

/* The end of an entry has an old order, which readers tell by its length, and a new one. sysdig 0.29.3 knows but the old one. */
static void add_tail(struct ph_bytes *b, const struct ph_process *p)
{
	bool is_short = has_short_tail(p);

	if (!is_short) {
		add64(b, p->pidns_init_start_ns);
		add32(b, p->tty);
	}
	add32(b, p->loginuid);
	add8(b, !!(p->exe_flags & PH_execve_flags_EXE_WRITABLE));
	add64(b, p->cap_inheritable);
	add64(b, p->cap_permitted);
	add64(b, p->cap_effective);
	if (is_short)
		return;
	add8(b, !!(p->exe_flags & PH_execve_flags_EXE_UPPER_LAYER));
	add64(b, p->exe_ino);
	add64(b, p->exe_ino_ctime);
	add64(b, p->exe_ino_mtime);
	add8(b, !!(p->exe_flags & PH_execve_flags_EXE_FROM_MEMFD));
	add8(b, !!(p->exe_flags & PH_execve_flags_EXE_LOWER_LAYER));
	add64(b, (uint64_t)p->pgid);
}

static bool add_thread(void *arg, struct ph_thread *t)
{
	struct head_job *j = arg;
	struct ph_bytes *b = j->b;
	const struct ph_process *p = t->proc;
	uint32_t cgroups_len;
	size_t at;

	if (!is_kept(j, t))
		return true;
	at = entry_begin(b);
	add64(b, (uint64_t)t->tid);
	add64(b, (uint64_t)p->pid);
	add64(b, (uint64_t)p->ptid);
	add64(b, (uint64_t)p->sid);
	add64(b, (uint64_t)p->vpgid);
	add_text(b, t->comm, strnlen(t->comm, sizeof t->comm), PATH_LIMIT);
	add_string(b, p->exe, PATH_LIMIT);
	add_string(b, p->exepath, PATH_LIMIT);
	add_args(j, p);
	add_string(b, p->cwd, PATH_LIMIT);
	add64(b, p->fdlimit);
	add32(b, t->clone_flags);
	add32(b, t->uid);
	add32(b, t->gid);
	add32(b, p->vm_size_kb);
	add32(b, p->vm_rss_kb);
	add32(b, p->vm_swap_kb);
	add64(b, p->pfmajor);
	add64(b, p->pfminor);
	add_env(j, p);
	add64(b, (uint64_t)t->vtid);
	add64(b, (uint64_t)p->vpid);
	cgroups_len = p->cgroups_len;
	add_items(j, p->cgroups, &cgroups_len);
	add_string(b, p->root, PATH_LIMIT);
	add_tail(b, p);
	entry_end(b, at);
	return !b->failed;
}

static void add_processes(struct head_job *j)
{
	size_t at = block_begin(j->b, PH_BC_PROCESSES);

	ph_state_each_thread(j->head->state, add_thread, j);
	block_end(j->b, at);
}

/* --- descriptors -------------------------------------------------------------------------------------------------------- */

/* Threads that share a table with their leader have no list of their own: readers look at the leader's. */
static bool has_own_list(const struct head_job *j, const struct ph_thread *t)
{
	const struct ph_thread *main;

	if (!is_kept(j, t))
		return false;
	if (!(t->clone_flags & PH_clone_flags_CLONE_FILES) || t->tid == t->proc->pid)
		return true;
	main = ph_state_main_thread(j->head->state, t->proc);
	return !main || main == t || !is_kept(j, main);
}

/* Other readers know the tuple as it is seen from here: the local address first. In the state the client's is. */
static void add_tuple(struct ph_bytes *b, const struct ph_fd *fd, size_t width)
{
	bool swap = fd->flags & PH_FDF_ROLE_SERVER;

	ph_bytes_add(b, swap ? fd->dip : fd->sip, width);
	ph_bytes_add(b, swap ? fd->sip : fd->dip, width);
	add16(b, swap ? fd->dport : fd->sport);
	add16(b, swap ? fd->sport : fd->dport);
	add8(b, fd->l4);
}

static void add_server(struct ph_bytes *b, const struct ph_fd *fd, size_t width)
{
	ph_bytes_add(b, fd->dip, width);
	add16(b, fd->dport);
	add8(b, fd->l4);
}

/* Its name is "address->address path"; the addresses have their own place here. */
static void add_unix(struct ph_bytes *b, const struct ph_fd *fd)
{
	const char *path = fd->name;

	if (strstr(path, "->")) {
		path = strchr(path, ' ');
		path = path ? path + 1 : "";
	}
	add64(b, fd->unix_src);
	add64(b, fd->unix_dst);
	add_string(b, path, PATH_LIMIT);
}

/* sysdig 0.29.3 refuses a file with kinds of descriptors that it does not know: they come as unsupported, and an extra has the kind. */
static bool is_new_kind(const struct head_job *j, const struct ph_fd *fd)
{
	return fd->type > PH_FD_FILE_V2 && !j->head->modern;
}

static bool add_fd(void *arg, struct ph_fd *fd)
{
	struct head_job *j = arg;
	struct ph_bytes *b = j->b;
	size_t at = entry_begin(b);

	add64(b, (uint64_t)(int64_t)fd->num);
	add64(b, fd->ino);
	add8(b, is_new_kind(j, fd) ? PH_FD_UNSUPPORTED : fd->type);
	switch (fd->type) {
	case PH_FD_IPV4:
	case PH_FD_IPV6:
		add_tuple(b, fd, fd->type == PH_FD_IPV6 ? 16 : 4);
		break;
	case PH_FD_IPV4_SERVER:
	case PH_FD_IPV6_SERVER:
		add_server(b, fd, fd->type == PH_FD_IPV6_SERVER ? 16 : 4);
		break;
	case PH_FD_UNIX:
		add_unix(b, fd);
		break;
	case PH_FD_FILE_V2:
		add32(b, fd->open_flags);
		add_string(b, fd->name, PATH_LIMIT);
		add32(b, fd->dev);
		break;
	default:
		add_string(b, fd->name, PATH_LIMIT);
	}
	entry_end(b, at);
	return !b->failed;
}

static bool add_fds(void *arg, struct ph_thread *t)
{
	struct head_job *j = arg;
	size_t at;

	if (!has_own_list(j, t))
		return true;
	at = block_begin(j->b, PH_BC_FDS);
	add64(j->b, (uint64_t)t->tid);
	ph_state_each_fd(j->head->state, t, add_fd, j);
	block_end(j->b, at);
	return !j->b->failed;
}

/* --- extras ------------------------------------------------------------------------------------------------------------- */

static void add_extra_text(struct ph_bytes *b, enum ph_extra kind, const char *text)
{
	size_t at = entry_begin(b);

	add8(b, (uint8_t)kind);
	ph_bytes_add(b, text, strlen(text));
	entry_end(b, at);
}

static bool add_extra_fd(void *arg, struct ph_fd *fd)
{
	struct head_job *j = arg;
	const struct ph_extra_fd extra = {
		.tid = j->tid,
		.fd = fd->num,
		.flags = fd->flags & KEPT_FD_FLAGS,
		.type = is_new_kind(j, fd) ? fd->type : 0,
	};
	size_t at;

	if (!extra.flags && !extra.type)
		return true;
	at = entry_begin(j->b);
	add8(j->b, PH_EXTRA_FD);
	ph_bytes_add(j->b, &extra, sizeof extra);
	entry_end(j->b, at);
	return !j->b->failed;
}

static bool add_extra_fds(void *arg, struct ph_thread *t)
{
	struct head_job *j = arg;

	if (!has_own_list(j, t))
		return true;
	j->tid = t->tid;
	ph_state_each_fd(j->head->state, t, add_extra_fd, j);
	return !j->b->failed;
}

static void add_extras(struct head_job *j)
{
	size_t at = block_begin(j->b, PH_BC_EXTRA);

	add_extra_text(j->b, PH_EXTRA_WRITER, "porthole " PORTHOLE_VERSION);
	if (j->head->note)
		add_extra_text(j->b, PH_EXTRA_NOTE, j->head->note);
	ph_state_each_thread(j->head->state, add_extra_fds, j);
	block_end(j->b, at);
}

/* --- events of the head --------------------------------------------------------------------------------------------------- */

static size_t event_begin(struct ph_bytes *b, uint32_t code, const struct ph_evt_hdr *hdr)
{
	size_t at = block_begin(b, code);

	add16(b, 0); /* CPU */
	ph_bytes_add(b, hdr, sizeof *hdr);
	return at;
}

int ph_encode_container(struct ph_bytes *b, const struct ph_container *c, uint64_t ts_ns, bool redact)
{
	char *json = ph_container_json(c, redact);
	size_t len, at;
	struct ph_evt_hdr hdr = { .ts_ns = ts_ns, .tid = -1, .type = PH_EV_CONTAINER_JSON_2_E, .nparams = 1 };

	if (!json)
		return -ENOMEM;
	len = strlen(json) + 1;
	hdr.len = (uint32_t)(sizeof hdr + 4 + len);
	at = event_begin(b, PH_BC_EVENT_LARGE, &hdr);
	add32(b, (uint32_t)len);
	ph_bytes_add(b, json, len);
	block_end(b, at);
	free(json);
	return b->failed ? -ENOMEM : 0;
}

static bool add_container(void *arg, struct ph_container *c)
{
	struct head_job *j = arg;
	const struct ph_encode_head *head = j->head;

	/* of one that nothing is known of, the cgroups tell as much; in a file that is copied its record is yet to come */
	if (!c->name[0] && !c->image[0])
		return true;
	if (!head->keep_container || head->keep_container(head->keep_arg, c))
		if (ph_encode_container(j->b, c, head->ts_ns, head->redact) < 0)
			j->b->failed = true;
	return !j->b->failed;
}

int ph_encode_gap(struct ph_bytes *b, uint64_t lost, uint64_t lost_state, uint64_t from_ns, uint64_t to_ns)
{
	const struct ph_cpu_stats st = {
		.gap_lost = lost, .gap_lost_state = lost_state, .gap_from_ns = from_ns, .gap_to_ns = to_ns
	};
	struct ph_gap_rec gap;
	size_t at;

	ph_gap_fill(&gap, &st, UINT32_MAX); /* lost on no CPU */
	at = event_begin(b, PH_BC_EVENT, &gap.rec.evt);
	ph_bytes_add(b, gap.lens, sizeof gap - offsetof(struct ph_gap_rec, lens));
	block_end(b, at);
	return b->failed ? -ENOMEM : 0;
}

int ph_encode_head(struct ph_bytes *b, const struct ph_encode_head *head)
{
	struct head_job j = { .b = b, .head = head };

	add_section(b);
	add_machine(b, &head->host->machine);
	add_interfaces(b, head->host);
	add_users(b, head->state);
	add_processes(&j);
	ph_state_each_thread(head->state, add_fds, &j);
	add_extras(&j);
	if (head->containers)
		ph_containers_each(head->containers, add_container, &j);
	return b->failed ? -ENOMEM : 0;
}
