/* SPDX-License-Identifier: Apache-2.0 */
/* The proc.* and thread.* fields: the process and thread that an event belongs to, its ancestors, session and group. */
#include <stdio.h>
#include "collector/field/field.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define MAX_ANCESTORS 128

/* execve_flags of flags.def */
enum { EXE_WRITABLE = 1, EXE_UPPER = 2, EXE_MEMFD = 4, EXE_LOWER = 8 };

static bool text(struct ph_value *v, const char *s)
{
	return ph_value_str(v, s, strlen(s));
}

static bool number(struct ph_value *v, uint64_t u)
{
	v->u = u;
	return true;
}

static bool signed_number(struct ph_value *v, int64_t i)
{
	v->i = i;
	return true;
}

/* What is asked of some process of the family; the same for the process itself, its parent, session leader and so on. */
enum what { NAME, EXE, EXEPATH, ARGS, CMDLINE, EXELINE, ENV, PID, VPID, START, AGE };

/* NUL-separated items, joined with blanks. */
static void joined(struct ph_text *t, const char *items, uint32_t len)
{
	while (len > 0 && items[len - 1] == '\0')
		len--;
	for (uint32_t i = 0; i < len; i++)
		ph_text_char(t, items[i] ? items[i] : ' ');
}

static bool joined_value(struct ph_field_ctx *c, struct ph_value *v, const char *items, uint32_t len)
{
	struct ph_text t = ph_scratch_open(c);

	joined(&t, items, len);
	return ph_scratch_close(c, &t, v);
}

static bool command_line(struct ph_field_ctx *c, struct ph_value *v, const char *first, size_t len,
			 const struct ph_process *p, bool always_blank)
{
	struct ph_text t = ph_scratch_open(c);

	ph_text_put(&t, first, len);
	if (p->args_len > 0 || always_blank)
		ph_text_char(&t, ' ');
	joined(&t, p->args, p->args_len);
	return ph_scratch_close(c, &t, v);
}

/* Of a thread that is known by its number alone the command line is what its name is: not there. */
static const char *exe_of(const struct ph_thread *t)
{
	return t->placeholder && !t->proc->exe[0] ? "<NA>" : t->proc->exe;
}

static bool describe(struct ph_field_ctx *c, const struct ph_thread *t, enum what what, struct ph_value *v)
{
	const struct ph_process *p;

	if (!t)
		return false;
	p = t->proc;
	switch (what) {
	case NAME:
		return ph_value_str(v, t->comm, strnlen(t->comm, sizeof t->comm));
	case EXE:
		return text(v, exe_of(t));
	case EXEPATH:
		return text(v, p->exepath);
	case ARGS:
		return joined_value(c, v, p->args, p->args_len);
	case CMDLINE:
		return command_line(c, v, t->comm, strnlen(t->comm, sizeof t->comm), p, false);
	case EXELINE:
		return command_line(c, v, exe_of(t), strlen(exe_of(t)), p, true);
	case ENV:
		return joined_value(c, v, p->env, p->env_len);
	case PID:
		return signed_number(v, p->pid);
	case VPID:
		return p->vpid != -1 && !t->no_vids && signed_number(v, p->vpid);
	case START:
		return p->start_ns && number(v, p->start_ns);
	case AGE:
		return p->start_ns && c->ev->ts >= p->start_ns && number(v, c->ev->ts - p->start_ns);
	}
	return false;
}

static struct ph_thread *parent(struct ph_field_ctx *c, const struct ph_thread *t)
{
	return c->opts.state ? ph_state_parent(c->opts.state, t) : NULL;
}

static struct ph_thread *main_thread(struct ph_field_ctx *c, struct ph_thread *t)
{
	struct ph_thread *m;

	if (t->tid == t->proc->pid || !c->opts.state)
		return t;
	m = ph_state_main_thread(c->opts.state, t->proc);
	return m ? m : t;
}

static struct ph_thread *ancestor(struct ph_field_ctx *c, struct ph_thread *t, int64_t level)
{
	if (level < 0 || level > MAX_ANCESTORS)
		return NULL;
	if (level > 0)
		t = main_thread(c, t);
	while (t && level-- > 0)
		t = parent(c, t);
	return t;
}

/* Of calls that are handed out as pairs: what the thread's own events told. NULL: the process counts. */
static const struct ph_own *own(const struct ph_field_ctx *c)
{
	return c->ev->block & PH_EB_PAIRS ? &c->ev->thread->own : NULL;
}

static bool get_self(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	if (r->field->tag == AGE && c->ev->thread && own(c))
		return own(c)->made_ns && c->ev->ts >= own(c)->made_ns && number(v, c->ev->ts - own(c)->made_ns);
	return describe(c, c->ev->thread, (enum what)r->field->tag, v);
}

static bool get_parent(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	if (c->ev->thread && own(c) && c->opts.state)
		return describe(c, ph_state_thread(c->opts.state, own(c)->ptid), (enum what)r->field->tag, v);
	return c->ev->thread && describe(c, ancestor(c, c->ev->thread, 1), (enum what)r->field->tag, v);
}

static bool get_ppid(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	const struct ph_thread *p, *t = c->ev->thread;

	(void)r;
	if (!t)
		return false;
	p = ancestor(c, c->ev->thread, 1);
	return signed_number(v, p ? p->proc->pid : t->proc->ptid);
}

static bool env_item(const struct ph_process *p, const char *key, struct ph_value *v)
{
	size_t n = strlen(key);

	for (uint32_t at = 0; at < p->env_len;) {
		size_t len = strnlen(p->env + at, p->env_len - at);

		if (len > n && p->env[at + n] == '=' && memcmp(p->env + at, key, n) == 0)
			return ph_value_str(v, p->env + at + n + 1, len - n - 1);
		at += (uint32_t)len + 1;
	}
	return false;
}

/* With [n] one level up, without all ancestors as a list. */
static bool get_ancestor(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	struct ph_value *list;
	struct ph_thread *t = c->ev->thread;
	uint32_t n = 0;

	if (!t)
		return false;
	if (r->has_index)
		return describe(c, ancestor(c, t, r->index), (enum what)r->field->tag, v);
	if (r->key)
		return env_item(t->proc, r->key, v);
	list = ph_scratch_values(c, MAX_ANCESTORS);
	if (!list)
		return false;
	for (t = parent(c, main_thread(c, t)); t && n < MAX_ANCESTORS; t = parent(c, t)) {
		list[n] = (struct ph_value){ .type = r->type, .kind = (uint8_t)ph_value_kind_of(r->field->type) };
		if (describe(c, t, (enum what)r->field->tag, &list[n]))
			n++;
	}
	v->kind = PH_V_LIST;
	v->list = list;
	v->len = n;
	return n > 0;
}

/* The thread with this id; when it is gone, the highest ancestor of which `same` is still true stands for it. */
static struct ph_thread *leader(struct ph_field_ctx *c, int64_t tid,
				bool (*same)(const struct ph_process *p, int64_t id))
{
	struct ph_thread *t = c->opts.state && tid > 0 ? ph_state_thread(c->opts.state, tid) : NULL, *best;
	unsigned n = 0;

	if (t)
		return t;
	best = t = c->ev->thread;
	for (; t && n < MAX_ANCESTORS; t = parent(c, t), n++)
		if (same(t->proc, tid))
			best = t;
	return best;
}

static bool same_session(const struct ph_process *p, int64_t id)
{
	return p->sid == id;
}

static bool same_group(const struct ph_process *p, int64_t id)
{
	return p->pgid == id;
}

static bool get_session(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	return c->ev->thread &&
	       describe(c, leader(c, c->ev->thread->proc->sid, same_session), (enum what)r->field->tag, v);
}

static bool get_group(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	return c->ev->thread && c->ev->thread->proc->pgid > 0 &&
	       describe(c, leader(c, c->ev->thread->proc->pgid, same_group), (enum what)r->field->tag, v);
}

static bool get_loginshell(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	struct ph_thread *t = c->ev->thread;
	bool found = false;
	unsigned n = 0;

	(void)r;
	for (; t && n < MAX_ANCESTORS; t = parent(c, t), n++) {
		size_t len = strnlen(t->comm, sizeof t->comm);

		if (len >= 2 && memcmp(t->comm + len - 2, "sh", 2) == 0)
			found = signed_number(v, t->proc->pid);
	}
	return found;
}

/* --- numbers of the process ------------------------------------------------------------------------------------------ */

enum amount {
	NTHREADS,
	NCHILDS,
	FDCOUNT,
	FDLIMIT,
	VMSIZE,
	VMRSS,
	VMSWAP,
	PFMAJOR,
	PFMINOR,
	SID,
	VPGID,
	PGID,
	TTY,
	CWD,
	LOGINUID,
	EXE_INO,
	EXE_CTIME,
	EXE_MTIME,
	CTIME_TO_START,
	CTIME_TO_PIDNS,
	PIDNS_START,
	NARGS,
	ARGBYTES,
};

static uint64_t count_args(const struct ph_process *p, bool bytes)
{
	uint64_t n = 0, len = 0;

	for (uint32_t at = 0; at < p->args_len; n++) {
		size_t l = strnlen(p->args + at, p->args_len - at);

		len += l;
		at += (uint32_t)l + 1;
	}
	return bytes ? len : n;
}

static bool own_amount(const struct ph_field_ctx *c, enum amount what, struct ph_value *v)
{
	const struct ph_process *p = c->ev->thread->proc;

	switch (what) {
	case NCHILDS:
		return number(v, c->ev->tid == p->pid && p->nthreads > 0 ? p->nthreads - 1 : 0);
	case VMSIZE:
		return number(v, own(c)->vm_size_kb);
	case VMRSS:
		return number(v, own(c)->vm_rss_kb);
	case VMSWAP:
		return number(v, own(c)->vm_swap_kb);
	case PFMAJOR:
		return number(v, own(c)->pfmajor);
	case PFMINOR:
		return number(v, own(c)->pfminor);
	default:
		return false;
	}
}

static bool get_amount(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	const struct ph_process *p;

	if (!c->ev->thread)
		return false;
	if (own(c) && own_amount(c, (enum amount)r->field->tag, v))
		return true;
	p = c->ev->thread->proc;
	switch ((enum amount)r->field->tag) {
	case NTHREADS:
		return number(v, p->nthreads);
	case NCHILDS:
		return number(v, p->nthreads > 0 ? p->nthreads - 1 : 0);
	case FDCOUNT:
		return c->opts.state && number(v, ph_state_fd_count(c->opts.state, c->ev->thread));
	case FDLIMIT:
		return signed_number(v, p->fdlimit ? (int64_t)p->fdlimit : -1);
	case VMSIZE:
		return number(v, p->vm_size_kb);
	case VMRSS:
		return number(v, p->vm_rss_kb);
	case VMSWAP:
		return number(v, p->vm_swap_kb);
	case PFMAJOR:
		return number(v, p->pfmajor);
	case PFMINOR:
		return number(v, p->pfminor);
	case SID:
		return signed_number(v, p->vsid != -1 ? p->vsid : p->sid);
	case VPGID:
		return signed_number(v, p->vpgid);
	case PGID:
		return signed_number(v, p->pgid);
	case TTY:
		return number(v, p->tty);
	case LOGINUID:
		return signed_number(v, (int32_t)p->loginuid);
	case CWD:
		return text(v, p->cwd);
	case EXE_INO:
		return p->exe_ino && signed_number(v, (int64_t)p->exe_ino);
	case EXE_CTIME:
		return p->exe_ino_ctime && number(v, p->exe_ino_ctime);
	case EXE_MTIME:
		return p->exe_ino_mtime && number(v, p->exe_ino_mtime);
	case CTIME_TO_START: {
		uint64_t start = p->exec_ns ? p->exec_ns : p->start_ns;

		return p->exe_ino_ctime && start >= p->exe_ino_ctime && number(v, start - p->exe_ino_ctime);
	}
	case CTIME_TO_PIDNS:
		return p->pidns_init_start_ns && p->exe_ino_ctime > p->pidns_init_start_ns &&
		       number(v, p->exe_ino_ctime - p->pidns_init_start_ns);
	case PIDNS_START:
		return p->pidns_init_start_ns && number(v, p->pidns_init_start_ns);
	case NARGS:
		return number(v, count_args(p, false));
	case ARGBYTES:
		return number(v, count_args(p, true));
	}
	return false;
}

static bool get_fdusage(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	int64_t limit;
	double share;

	(void)r;
	if (!c->ev->thread || !c->opts.state)
		return false;
	limit = (int64_t)c->ev->thread->proc->fdlimit;
	share = limit > 0 ? 100.0 * (double)ph_state_fd_count(c->opts.state, c->ev->thread) / (double)limit : 0;
	v->d = share > 100 ? 100 : share;
	return true;
}

static bool get_exe_flag(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	if (!c->ev->thread)
		return false;
	v->b = c->ev->thread->proc->exe_flags & (uint32_t)r->field->tag;
	return true;
}

static bool get_leads(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	const struct ph_process *p;

	if (!c->ev->thread)
		return false;
	p = c->ev->thread->proc;
	v->b = r->field->tag == SID   ? p->vsid == p->vpid :
	       r->field->tag == VPGID ? p->vpgid == p->vpid :
					p->pgid == p->pid;
	return true;
}

/* --- the thread ------------------------------------------------------------------------------------------------------ */

static bool get_tid(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	(void)r;
	return signed_number(v, c->ev->tid);
}

static bool get_vtid(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	(void)r;
	return c->ev->thread && c->ev->thread->vtid != -1 && !c->ev->thread->no_vids &&
	       signed_number(v, c->ev->thread->vtid);
}

static bool get_ismain(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	(void)r;
	if (!c->ev->thread)
		return false;
	v->b = c->ev->thread->tid == c->ev->thread->proc->pid;
	return true;
}

static bool get_nametid(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	struct ph_text t;

	(void)r;
	if (!c->ev->thread)
		return false;
	t = ph_scratch_open(c);
	ph_text_put(&t, c->ev->thread->comm, strnlen(c->ev->thread->comm, PH_NAME_MAX));
	ph_text_int(&t, c->ev->tid);
	return ph_scratch_close(c, &t, v);
}

/* Memory belongs to the process; of its threads the main one has it and the others have 0, so that sums are right. */
static bool get_thread_memory(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	const struct ph_thread *t = c->ev->thread;
	int what = r->field->tag & 0xff;
	uint64_t kb;

	if (!t)
		return false;
	if (own(c))
		kb = what == VMSIZE ? own(c)->vm_size_kb : own(c)->vm_rss_kb;
	else
		kb = what == VMSIZE ? t->proc->vm_size_kb : t->proc->vm_rss_kb;
	if (t->tid != t->proc->pid)
		kb = 0;
	return number(v, r->field->tag > 0xff ? kb * 1024 : kb);
}

/* The controller of block devices has another name in the kernel than where control groups are mounted. */
static bool is_io(const char *item, size_t len)
{
	return len >= 3 && memcmp(item, "io=", 3) == 0;
}

static const char *cgroups_of(const struct ph_field_ctx *c, uint32_t *len)
{
	const struct ph_thread *t = c->ev->thread;

	*len = !t ? 0 : t->own.cgroups_len ? t->own.cgroups_len : t->proc->cgroups_len;
	return *len == 0 ? "" : t->own.cgroups_len ? t->own.cgroups : t->proc->cgroups;
}

static bool get_cgroups(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	uint32_t all;
	const char *cgroups = cgroups_of(c, &all);
	struct ph_text t;

	(void)r;
	if (all == 0)
		return false;
	t = ph_scratch_open(c);
	for (uint32_t at = 0; at < all;) {
		size_t len = strnlen(cgroups + at, all - at);

		if (at && len)
			ph_text_char(&t, ' ');
		if (is_io(cgroups + at, len))
			ph_text_str(&t, "blk");
		ph_text_put(&t, cgroups + at, len);
		at += (uint32_t)len + 1;
	}
	return ph_scratch_close(c, &t, v);
}

static bool get_cgroup(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	uint32_t all;
	const char *cgroups = cgroups_of(c, &all);
	size_t n = strlen(r->key);

	for (uint32_t at = 0; at < all;) {
		size_t len = strnlen(cgroups + at, all - at);

		if (len > n && cgroups[at + n] == '=' && memcmp(cgroups + at, r->key, n) == 0)
			return ph_value_str(v, cgroups + at + n + 1, len - n - 1);
		if (is_io(cgroups + at, len) && strcmp(r->key, "blkio") == 0)
			return ph_value_str(v, cgroups + at + 3, len - 3);
		at += (uint32_t)len + 1;
	}
	return false;
}

enum { CAP_PERMITTED, CAP_INHERITABLE, CAP_EFFECTIVE };

static bool get_caps(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	/* include/uapi/linux/capability.h, by bit */
	static const char *const names[] = {
		"CHOWN",
		"DAC_OVERRIDE",
		"DAC_READ_SEARCH",
		"FOWNER",
		"FSETID",
		"KILL",
		"SETGID",
		"SETUID",
		"SETPCAP",
		"LINUX_IMMUTABLE",
		"NET_BIND_SERVICE",
		"NET_BROADCAST",
		"NET_ADMIN",
		"NET_RAW",
		"IPC_LOCK",
		"IPC_OWNER",
		"SYS_MODULE",
		"SYS_RAWIO",
		"SYS_CHROOT",
		"SYS_PTRACE",
		"SYS_PACCT",
		"SYS_ADMIN",
		"SYS_BOOT",
		"SYS_NICE",
		"SYS_RESOURCE",
		"SYS_TIME",
		"SYS_TTY_CONFIG",
		"MKNOD",
		"LEASE",
		"AUDIT_WRITE",
		"AUDIT_CONTROL",
		"SETFCAP",
		"MAC_OVERRIDE",
		"MAC_ADMIN",
		"SYSLOG",
		"WAKE_ALARM",
		"BLOCK_SUSPEND",
		"AUDIT_READ",
		"PERFMON",
		"BPF",
		"CHECKPOINT_RESTORE",
	};
	const struct ph_process *p = c->ev->thread ? c->ev->thread->proc : NULL;
	struct ph_text t;
	uint64_t caps;

	if (!p)
		return false;
	caps = r->field->tag == CAP_PERMITTED	? p->cap_permitted :
	       r->field->tag == CAP_INHERITABLE ? p->cap_inheritable :
						  p->cap_effective;
	t = ph_scratch_open(c);
	for (size_t i = 0; i < COUNT(names); i++) {
		if (!(caps >> i & 1))
			continue;
		ph_text_str(&t, t.len ? " CAP_" : "CAP_");
		ph_text_str(&t, names[i]);
	}
	return ph_scratch_close(c, &t, v);
}

/* --- time on CPUs ---------------------------------------------------------------------------------------------------- */

static bool is_switch(const struct ph_event *ev)
{
	return ev->type == PH_EV_SCHEDSWITCH_1_E || ev->type == PH_EV_SCHEDSWITCH_6_E;
}

static bool get_exectime(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	const struct ph_thread *t = c->ev->thread;

	(void)r;
	return (t || is_switch(c->ev)) &&
	       number(v, is_switch(c->ev) && c->opts.state ? ph_state_slice(c->opts.state) : 0);
}

static bool get_totexectime(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	(void)r;
	return c->ev->thread && number(v, c->ev->thread->oncpu_ns);
}

enum { USER = 1, SYSTEM = 2 };

static uint64_t ticks(const struct ph_ticks *t, int which)
{
	return (which & USER ? t->user : 0) + (which & SYSTEM ? t->system : 0);
}

/* Ticks are hundredths of a second and procinfo comes once a second: their difference is percent of a CPU. */
static bool get_cpu(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	const struct ph_thread *t = c->ev->thread;
	uint64_t now, before;

	if (c->ev->type != PH_EV_PROCINFO_E || !t)
		return false;
	now = ticks(&t->ticks, r->field->tag);
	before = ticks(&t->ticks_before, r->field->tag);
	v->d = before == 0 || now < before ? 0 : now - before > 100 ? 100 : (double)(now - before);
	return true;
}

/* --- probes of the container's health -------------------------------------------------------------------------------- */

/* What the runtime runs to look whether the container is well: the words of the command line, or what a shell is to run. */
static bool runs_command(const struct ph_process *p, const char *command)
{
	static const char shell[] = "-c";
	size_t len = strlen(command), exe = strlen(p->exe), args = p->args_len;
	char rest[4096];
	struct ph_text t = { .buf = rest, .cap = sizeof rest };

	while (args > 0 && p->args[args - 1] == '\0')
		args--;
	if (args == len + sizeof shell && memcmp(p->args, shell, sizeof shell) == 0 &&
	    memcmp(p->args + sizeof shell, command, len) == 0)
		return exe >= 2 && memcmp(p->exe + exe - 2, "sh", 2) == 0;
	if (len < exe || memcmp(command, p->exe, exe) != 0)
		return false;
	if (len == exe)
		return args == 0;
	joined(&t, p->args, p->args_len);
	return command[exe] == ' ' && len - exe - 1 == t.len && memcmp(command + exe + 1, rest, t.len) == 0;
}

/* A process that came into the container from outside with that command, or one that it has started. */
static bool get_is_healthcheck(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	struct ph_thread *t = c->ev->thread, *up;
	const struct ph_container *k;

	(void)r;
	if (!t)
		return false;
	k = t->container;
	v->b = false;
	if (!k || !k->healthcheck || !k->healthcheck[0])
		return true;
	t = main_thread(c, t);
	for (unsigned n = 0; t && t->container == k && n < MAX_ANCESTORS; t = up, n++) {
		up = parent(c, t);
		if ((!up || up->container != k) && runs_command(t->proc, k->healthcheck))
			v->b = true;
	}
	return true;
}

static bool get_is_probe(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	(void)r;
	v->b = false; /* no runtime tells of such probes */
	return c->ev->thread != NULL;
}

/* --- standard descriptors -------------------------------------------------------------------------------------------- */

static bool get_std_type(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	const struct ph_fd *fd =
		c->ev->thread && c->opts.state ? ph_state_fd(c->opts.state, c->ev->thread, r->field->tag) : NULL;
	const char *word = fd ? ph_fd_typename(fd->type) : NULL;

	return word && text(v, word);
}

static bool get_std_name(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	const struct ph_fd *fd =
		c->ev->thread && c->opts.state ? ph_state_fd(c->opts.state, c->ev->thread, r->field->tag) : NULL;

	return fd && text(v, fd->name);
}

#define STR PH_PT_CHARBUF
#define I64 PH_PT_INT64
#define U64 PH_PT_UINT64
#define NA PH_PF_NA
#define DEC PH_PF_DEC
#define ID PH_PF_ID
#define UP PH_ARG_INDEX_OPT, PH_FF_ANY | PH_FF_ANY_BARE | PH_FF_MADE

/* clang-format off */
static const struct ph_field fields[] = {
	{ "proc.pid", I64, ID, 0, 0, 0, PID, get_self, "process id (of the thread group)" },
	{ "proc.exe", STR, NA, 0, 0, 0, EXE, get_self, "first argument of the command line, usually how the program was called" },
	{ "proc.name", STR, NA, 0, 0, 0, NAME, get_self, "name of the thread's command as the kernel keeps it, at most 15 characters" },
	{ "proc.args", STR, NA, 0, PH_FF_MADE, 0, ARGS, get_self, "arguments of the command line behind the first, joined with blanks" },
	{ "proc.env", STR, NA, 0, PH_FF_MADE, 0, ENV, get_self, "environment, joined with blanks" },
	{ "proc.cmdline", STR, NA, 0, PH_FF_MADE, 0, CMDLINE, get_self, "name and arguments" },
	{ "proc.exeline", STR, NA, 0, PH_FF_MADE, 0, EXELINE, get_self, "whole command line, exe and arguments" },
	{ "proc.cwd", STR, NA, 0, 0, 0, CWD, get_amount, "working directory, with a slash at its end" },
	{ "proc.nthreads", U64, DEC, 0, 0, 0, NTHREADS, get_amount, "how many threads the process has" },
	{ "proc.nchilds", U64, DEC, 0, 0, 0, NCHILDS, get_amount, "how many threads beside the main one the process has" },
	{ "proc.ppid", I64, ID, 0, 0, 0, 0, get_ppid, "process id of the parent" },
	{ "proc.pname", STR, NA, 0, 0, 0, NAME, get_parent, "name of the parent" },
	{ "proc.pcmdline", STR, NA, 0, PH_FF_MADE, 0, CMDLINE, get_parent, "name and arguments of the parent" },
	{ "proc.apid", I64, ID, UP, 0, PID, get_ancestor, "process id of an ancestor: proc.apid[1] is the parent; without [n], in filters, any of them" },
	{ "proc.aname", STR, NA, UP, 0, NAME, get_ancestor, "name of an ancestor: proc.aname[1] is the parent; without [n], in filters, any of them" },
	{ "proc.loginshellid", I64, ID, 0, PH_FF_MADE, 0, 0, get_loginshell, "process id of the oldest shell among the process and its ancestors" },
	{ "proc.duration", PH_PT_RELTIME, DEC, 0, PH_FF_MOMENT, 0, AGE, get_self, "nanoseconds since the process started" },
	{ "proc.fdopencount", U64, DEC, 0, 0, 0, FDCOUNT, get_amount, "how many descriptors the process has open" },
	{ "proc.fdlimit", I64, DEC, 0, 0, 0, FDLIMIT, get_amount, "how many descriptors it may have open, -1 when that is not known" },
	{ "proc.fdusage", PH_PT_DOUBLE, NA, 0, 0, 0, 0, get_fdusage, "open descriptors in percent of the limit" },
	{ "proc.vmsize", U64, DEC, 0, PH_FF_KIB, 0, VMSIZE, get_amount, "virtual memory in KiB" },
	{ "proc.vmrss", U64, DEC, 0, PH_FF_KIB, 0, VMRSS, get_amount, "resident memory in KiB" },
	{ "proc.vmswap", U64, DEC, 0, PH_FF_KIB, 0, VMSWAP, get_amount, "swapped memory in KiB" },
	{ "thread.pfmajor", U64, DEC, 0, 0, 0, PFMAJOR, get_amount, "page faults that had to read from a disk, since the start" },
	{ "thread.pfminor", U64, DEC, 0, 0, 0, PFMINOR, get_amount, "page faults that did not, since the start" },
	{ "thread.tid", I64, ID, 0, 0, 0, 0, get_tid, "thread id" },
	{ "thread.ismain", PH_PT_BOOL, NA, 0, 0, 0, 0, get_ismain, "true for the main thread of a process" },
	{ "thread.exectime", PH_PT_RELTIME, DEC, 0, PH_FF_MOMENT, PH_NEED_SWITCHES, 0, get_exectime, "nanoseconds that the thread had a CPU before this switch; 0 for other events" },
	{ "thread.totexectime", PH_PT_RELTIME, DEC, 0, PH_FF_MOMENT, PH_NEED_SWITCHES, 0, get_totexectime, "nanoseconds that the thread has had CPUs since the capture began" },
	{ "thread.cpu", PH_PT_DOUBLE, NA, 0, PH_FF_MOMENT, 0, USER | SYSTEM, get_cpu, "percent of a CPU that the thread has used in the second before; procinfo events only" },
	{ "thread.cpu.user", PH_PT_DOUBLE, NA, 0, PH_FF_MOMENT, 0, USER, get_cpu, "the same, outside of the kernel" },
	{ "thread.cpu.system", PH_PT_DOUBLE, NA, 0, PH_FF_MOMENT, 0, SYSTEM, get_cpu, "the same, inside of the kernel" },
	{ "thread.cgroups", STR, NA, 0, PH_FF_MADE, 0, 0, get_cgroups, "control groups of the thread as controller=path, joined with blanks" },
	{ "thread.cgroup", STR, NA, PH_ARG_NAME, 0, 0, 0, get_cgroup, "path of the control group of one controller, for example thread.cgroup.cpuset" },
	{ "thread.vtid", I64, ID, 0, 0, 0, 0, get_vtid, "thread id inside its PID namespace" },
	{ "proc.vpid", I64, ID, 0, 0, 0, VPID, get_self, "process id inside its PID namespace" },
	{ "thread.vmsize", U64, DEC, 0, PH_FF_KIB, 0, VMSIZE, get_thread_memory, "virtual memory in KiB for main threads, 0 for the others" },
	{ "thread.vmrss", U64, DEC, 0, PH_FF_KIB, 0, VMRSS, get_thread_memory, "resident memory in KiB for main threads, 0 for the others" },
	{ "thread.vmsize.b", U64, DEC, 0, PH_FF_BYTES | PH_FF_HIDDEN, 0, VMSIZE | 0x100, get_thread_memory, "thread.vmsize in bytes" },
	{ "thread.vmrss.b", U64, DEC, 0, PH_FF_BYTES | PH_FF_HIDDEN, 0, VMRSS | 0x100, get_thread_memory, "thread.vmrss in bytes" },
	{ "proc.sid", I64, ID, 0, 0, 0, SID, get_amount, "session id inside its PID namespace" },
	{ "proc.sname", STR, NA, 0, PH_FF_MADE, 0, NAME, get_session, "name of the session's leader, or of the oldest ancestor in the session" },
	{ "proc.tty", PH_PT_UINT32, ID, 0, 0, 0, TTY, get_amount, "number of the controlling terminal, 0 for none" },
	{ "proc.exepath", STR, NA, 0, 0, 0, EXEPATH, get_self, "path of the program's file, links resolved" },
	{ "thread.nametid", STR, NA, 0, PH_FF_HIDDEN | PH_FF_MADE, 0, 0, get_nametid, "name with the thread id behind it" },
	{ "proc.vpgid", I64, ID, 0, 0, 0, VPGID, get_amount, "process group id inside its PID namespace" },
	{ "proc.is_container_healthcheck", PH_PT_BOOL, NA, 0, 0, 0, 0, get_is_healthcheck, "true for the command that looks whether the container is well, and for what it starts" },
	{ "proc.is_container_liveness_probe", PH_PT_BOOL, NA, 0, 0, 0, 0, get_is_probe, "true for the liveness probe of the container, and for what it starts" },
	{ "proc.is_container_readiness_probe", PH_PT_BOOL, NA, 0, 0, 0, 0, get_is_probe, "true for the readiness probe of the container, and for what it starts" },
	{ "proc.is_exe_writable", PH_PT_BOOL, NA, 0, 0, 0, EXE_WRITABLE, get_exe_flag, "true when the user who runs the program could write to its file" },
	{ "proc.is_exe_upper_layer", PH_PT_BOOL, NA, 0, 0, 0, EXE_UPPER, get_exe_flag, "true when the program's file lies in the writable layer of an overlay" },
	{ "proc.is_exe_lower_layer", PH_PT_BOOL, NA, 0, 0, 0, EXE_LOWER, get_exe_flag, "true when the program's file lies in a read-only layer of an overlay" },
	{ "proc.is_exe_from_memfd", PH_PT_BOOL, NA, 0, 0, 0, EXE_MEMFD, get_exe_flag, "true when the program runs from memory without a file" },
	{ "proc.pexe", STR, NA, 0, 0, 0, EXE, get_parent, "first argument of the parent's command line" },
	{ "proc.aexe", STR, NA, UP, 0, EXE, get_ancestor, "first argument of an ancestor's command line; without [n], in filters, any of them" },
	{ "proc.pexepath", STR, NA, 0, 0, 0, EXEPATH, get_parent, "path of the parent's program" },
	{ "proc.aexepath", STR, NA, UP, 0, EXEPATH, get_ancestor, "path of an ancestor's program; without [n], in filters, any of them" },
	{ "proc.aargs", STR, NA, UP, 0, ARGS, get_ancestor, "arguments of an ancestor; without [n], in filters, any of them" },
	{ "proc.acmdline", STR, NA, UP, 0, CMDLINE, get_ancestor, "name and arguments of an ancestor; without [n], in filters, any of them" },
	{ "proc.cmdnargs", U64, DEC, 0, PH_FF_MADE, 0, NARGS, get_amount, "how many arguments the command line has" },
	{ "proc.cmdlenargs", U64, DEC, 0, PH_FF_BYTES | PH_FF_MADE, 0, ARGBYTES, get_amount, "bytes of all arguments together" },
	{ "proc.aenv", STR, NA, PH_ARG_KEY_OPT, PH_FF_ANY | PH_FF_ANY_BARE | PH_FF_MADE, 0, ENV, get_ancestor, "environment of an ancestor [n], or one variable [NAME] of the process; without, in filters, the environment of any ancestor" },
	{ "proc.pvpid", I64, ID, 0, 0, 0, VPID, get_parent, "process id of the parent inside its PID namespace" },
	{ "proc.sid.exe", STR, NA, 0, PH_FF_MADE, 0, EXE, get_session, "first argument of the session leader's command line" },
	{ "proc.sid.exepath", STR, NA, 0, PH_FF_MADE, 0, EXEPATH, get_session, "path of the session leader's program" },
	{ "proc.vpgid.name", STR, NA, 0, PH_FF_MADE, 0, NAME, get_group, "name of the process group's leader" },
	{ "proc.vpgid.exe", STR, NA, 0, PH_FF_MADE, 0, EXE, get_group, "first argument of the process group leader's command line" },
	{ "proc.vpgid.exepath", STR, NA, 0, PH_FF_MADE, 0, EXEPATH, get_group, "path of the process group leader's program" },
	{ "proc.pgid", I64, ID, 0, 0, 0, PGID, get_amount, "process group id as the host sees it" },
	{ "proc.pgid.name", STR, NA, 0, PH_FF_MADE, 0, NAME, get_group, "name of the process group's leader" },
	{ "proc.pgid.exe", STR, NA, 0, PH_FF_MADE, 0, EXE, get_group, "first argument of the process group leader's command line" },
	{ "proc.pgid.exepath", STR, NA, 0, PH_FF_MADE, 0, EXEPATH, get_group, "path of the process group leader's program" },
	{ "proc.ppid.duration", PH_PT_RELTIME, DEC, 0, PH_FF_MOMENT, 0, AGE, get_parent, "nanoseconds since the parent started" },
	{ "proc.pid.ts", PH_PT_RELTIME, DEC, 0, 0, 0, START, get_self, "when the process started, nanoseconds since the epoch" },
	{ "proc.ppid.ts", PH_PT_RELTIME, DEC, 0, 0, 0, START, get_parent, "when the parent started, nanoseconds since the epoch" },
	{ "proc.is_sid_leader", PH_PT_BOOL, NA, 0, 0, 0, SID, get_leads, "true for the leader of a session" },
	{ "proc.is_vpgid_leader", PH_PT_BOOL, NA, 0, 0, 0, VPGID, get_leads, "true for the leader of a process group, by the ids of its PID namespace" },
	{ "proc.is_pgid_leader", PH_PT_BOOL, NA, 0, 0, 0, PGID, get_leads, "true for the leader of a process group, by the ids of the host" },
	{ "proc.exe_ino", I64, DEC, 0, 0, 0, EXE_INO, get_amount, "inode number of the program's file" },
	{ "proc.exe_ino.ctime", PH_PT_ABSTIME, DEC, 0, 0, 0, EXE_CTIME, get_amount, "when that inode was last changed, nanoseconds since the epoch" },
	{ "proc.exe_ino.mtime", PH_PT_ABSTIME, DEC, 0, 0, 0, EXE_MTIME, get_amount, "when that file was last written, nanoseconds since the epoch" },
	{ "proc.exe_ino.ctime_duration_proc_start", PH_PT_ABSTIME, DEC, 0, 0, 0, CTIME_TO_START, get_amount, "nanoseconds from the program file's last change to the start of the program" },
	{ "proc.exe_ino.ctime_duration_pidns_start", PH_PT_ABSTIME, DEC, 0, 0, 0, CTIME_TO_PIDNS, get_amount, "nanoseconds from the start of the PID namespace to the program file's last change, where it came later" },
	{ "proc.pidns_init_start_ts", U64, DEC, 0, 0, 0, PIDNS_START, get_amount, "when the first process of the PID namespace started, nanoseconds since the epoch" },
	{ "thread.cap_permitted", STR, NA, 0, PH_FF_MADE, 0, CAP_PERMITTED, get_caps, "permitted capabilities, joined with blanks" },
	{ "thread.cap_inheritable", STR, NA, 0, PH_FF_MADE, 0, CAP_INHERITABLE, get_caps, "inheritable capabilities, joined with blanks" },
	{ "thread.cap_effective", STR, NA, 0, PH_FF_MADE, 0, CAP_EFFECTIVE, get_caps, "effective capabilities, joined with blanks" },
	{ "proc.stdin.type", STR, NA, 0, 0, 0, 0, get_std_type, "kind of descriptor 0, as fd.type" },
	{ "proc.stdout.type", STR, NA, 0, 0, 0, 1, get_std_type, "kind of descriptor 1, as fd.type" },
	{ "proc.stderr.type", STR, NA, 0, 0, 0, 2, get_std_type, "kind of descriptor 2, as fd.type" },
	{ "proc.stdin.name", STR, NA, 0, 0, 0, 0, get_std_name, "name of descriptor 0, as fd.name" },
	{ "proc.stdout.name", STR, NA, 0, 0, 0, 1, get_std_name, "name of descriptor 1, as fd.name" },
	{ "proc.stderr.name", STR, NA, 0, 0, 0, 2, get_std_name, "name of descriptor 2, as fd.name" },
};
/* clang-format on */

const struct ph_field_class ph_class_process = {
	"process",
	"processes and threads",
	"The process and thread that did it, its ancestors, its session and its process group.",
	fields,
	COUNT(fields),
	PH_OF_THREAD
};
