/* SPDX-License-Identifier: Apache-2.0 */
/* The evt.* fields and syscall.type: what an event says of itself. */
#include <math.h>
#include <stdlib.h>
#include <time.h>
#include "collector/field/field.h"

#define SECOND 1000000000ull
#define COUNT(a) (sizeof(a) / sizeof(a)[0])

/* open flags of flags.def that the fields ask for */
#define O_READ PH_file_flags_O_RDONLY
#define O_WRITE PH_file_flags_O_WRONLY
#define O_CREATE PH_file_flags_O_CREAT
#define O_TMP PH_file_flags_O_TMPFILE
#define O_CREATED PH_file_flags_O_F_CREATED

/* The call of a generic event; NULL: it is none that is known. */
static const struct ph_syscall_info *generic_call(const struct ph_event *ev)
{
	return ev->syscall < PH_SC_COUNT ? ph_syscall_row(ev->syscall) :
					   ph_syscall_by_id((unsigned)ph_event_uint(ev, 0));
}

const char *ph_event_name(const struct ph_event *ev)
{
	const struct ph_syscall_info *s;

	if (ev->type > PH_EV_GENERIC_X)
		return ev->info->name;
	s = generic_call(ev);
	return s ? s->name : "<unknown>";
}

static bool is_exit(const struct ph_event *ev)
{
	return PH_IS_EXIT(ev->type);
}

static unsigned category(const struct ph_event *ev)
{
	return ev->info->category & PH_C_MASK;
}

static bool is_internal(const struct ph_event *ev)
{
	return category(ev) == PH_C_INTERNAL || (ev->info->category & PH_C_ITER);
}

static bool number(struct ph_value *v, uint64_t u)
{
	v->u = u;
	return true;
}

/* --- time ------------------------------------------------------------------------------------------------------------ */

/* Local date and time of a second, made once a second of event time. */
static void cache_second(struct ph_field_ctx *c, uint64_t sec)
{
	time_t t = (time_t)sec;
	struct tm tm;

	if (c->cached_sec == sec && c->cached_time[0])
		return;
	c->cached_sec = sec;
	if (!localtime_r(&t, &tm))
		memset(&tm, 0, sizeof tm);
	if (strftime(c->cached_date, sizeof c->cached_date, "%Y-%m-%d", &tm) == 0)
		memcpy(c->cached_date, "0000-00-00", sizeof c->cached_date);
	strftime(c->cached_time, sizeof c->cached_time, "%H:%M:%S", &tm);
}

enum { DATE = 1, NANOS = 2 };

static void clock_text(struct ph_field_ctx *c, struct ph_text *t, unsigned what)
{
	cache_second(c, c->ev->ts / SECOND);
	if (what & DATE) {
		ph_text_str(t, c->cached_date);
		ph_text_char(t, ' ');
	}
	ph_text_put(t, c->cached_time, sizeof c->cached_time - 1);
	if (what & NANOS) {
		ph_text_char(t, '.');
		ph_text_uint_pad(t, c->ev->ts % SECOND, 9);
	}
}

static bool get_clock(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	struct ph_text t = ph_scratch_open(c);

	v->clean = true;
	clock_text(c, &t, (unsigned)r->field->tag);
	return ph_scratch_close(c, &t, v);
}

static bool get_iso8601(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	struct ph_text t = ph_scratch_open(c);
	time_t sec = (time_t)(c->ev->ts / SECOND);
	char buf[32];
	struct tm tm;

	(void)r;
	if (!gmtime_r(&sec, &tm))
		return false;
	ph_text_put(&t, buf, strftime(buf, sizeof buf, "%Y-%m-%dT%H:%M:%S.", &tm));
	ph_text_uint_pad(&t, c->ev->ts % SECOND, 9);
	ph_text_str(&t, "+0000");
	return ph_scratch_close(c, &t, v);
}

enum { WHOLE, SECONDS, REST };

static bool part_of(uint64_t ns, int part, struct ph_value *v)
{
	return number(v, part == SECONDS ? ns / SECOND : part == REST ? ns % SECOND : ns);
}

static bool get_rawtime(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	return part_of(c->ev->ts, r->field->tag, v);
}

static uint64_t since(uint64_t now, uint64_t then)
{
	return now > then ? now - then : 0;
}

static bool get_reltime(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	return part_of(since(c->ev->ts, c->first_ts), r->field->tag, v);
}

static bool get_latency(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	return !is_internal(c->ev) && part_of(c->ev->latency, r->field->tag, v);
}

static bool get_latency_human(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	static const struct {
		uint64_t ns;
		const char *name;
	} units[] = { { SECOND, "s" }, { 1000000, "ms" }, { 1000, "us" }, { 1, "ns" } };
	struct ph_text t = ph_scratch_open(c);
	uint64_t ns = c->ev->latency;
	size_t u = 0;

	(void)r;
	if (is_internal(c->ev))
		return false;
	while (u + 1 < COUNT(units) && ns < units[u].ns)
		u++;
	ph_text_uint(&t, ns / units[u].ns);
	/* three digits are enough, but of seconds nothing is left out */
	if (units[u].ns > 1 && (ns < 10 * units[u].ns || u == 0)) {
		ph_text_char(&t, '.');
		ph_text_uint_pad(&t, ns % units[u].ns / (units[u].ns / 100), 2);
	}
	ph_text_str(&t, units[u].name);
	return ph_scratch_close(c, &t, v);
}

#define DECADES 11 /* up to 100 s */

/* The column of a screen on which the latency falls when its logarithm is spread over the columns; from 1. */
static bool get_latency_quantized(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	double decade;

	(void)r;
	if (is_internal(c->ev) || c->ev->latency == 0)
		return false;
	decade = log10((double)c->ev->latency);
	if (decade > DECADES)
		decade = DECADES;
	return number(v, (uint64_t)(decade * c->opts.screen_width / DECADES) + 1);
}

/* Milliseconds from the time in brackets, begun ones whole. */
static bool get_around(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	uint64_t when = (uint64_t)r->index, ts = c->ev->ts, off = when > ts ? when - ts : ts - when;

	return number(v, off / 1000000 + (off % 1000000 != 0));
}

static bool get_deltatime(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	uint64_t then = r->last ? (uint64_t)r->last : c->ev->ts;

	r->last = (int64_t)c->ev->ts;
	return part_of(since(c->ev->ts, then), r->field->tag, v);
}

static void seconds_text(struct ph_text *t, uint64_t ns)
{
	ph_text_uint(t, ns / SECOND);
	ph_text_char(t, '.');
	ph_text_uint_pad(t, ns % SECOND, 9);
}

static bool get_outputtime(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	struct ph_text t = ph_scratch_open(c);

	(void)r;
	v->clean = true;
	switch (c->opts.time_mode) {
	case 'a':
		seconds_text(&t, c->ev->ts);
		break;
	case 'r':
		seconds_text(&t, since(c->ev->ts, c->first_ts));
		break;
	case 'd':
		seconds_text(&t, c->ev->latency);
		break;
	case 'D':
		seconds_text(&t, c->shown_ts ? since(c->ev->ts, c->shown_ts) : 0);
		break;
	default:
		clock_text(c, &t, NANOS);
	}
	return ph_scratch_close(c, &t, v);
}

/* --- what kind of event ---------------------------------------------------------------------------------------------- */

static bool get_num(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	(void)r;
	return number(v, c->ev->num);
}

static bool get_cpu(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	(void)r;
	v->i = c->ev->cpu;
	return true;
}

static bool get_dir(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	(void)r;
	v->clean = true;
	return ph_value_str(v, is_exit(c->ev) ? "<" : ">", 1);
}

static bool get_type(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	const char *name = ph_event_name(c->ev);

	(void)r;
	v->clean = true;
	return ph_value_str(v, name, strlen(name));
}

static bool get_syscall_type(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	const struct ph_event_info *info = c->ev->info;

	if (is_internal(c->ev) || (info->flags & PH_EF_SKIPPARSERESET) || c->ev->type == PH_EV_SCHEDSWITCH_6_E ||
	    c->ev->type == PH_EV_SCHEDSWITCH_1_E)
		return false;
	return get_type(c, r, v);
}

/* .NAME is true for every event of that name, .CODE for one code. */
static bool get_type_is(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	char *end;
	unsigned long code = strtoul(r->key, &end, 10);

	if (*end == '\0')
		return number(v, code == c->ev->type);
	return number(v, strcmp(ph_event_name(c->ev), r->key) == 0);
}

static const char *io_word(const struct ph_event *ev)
{
	switch (ev->fd ? ev->fd->type : PH_FD_UNKNOWN) {
	case PH_FD_FILE:
	case PH_FD_FILE_V2:
	case PH_FD_DIRECTORY:
	case PH_FD_MEMFD:
		return "file";
	case PH_FD_IPV4:
	case PH_FD_IPV6:
	case PH_FD_IPV4_SERVER:
	case PH_FD_IPV6_SERVER:
	case PH_FD_NETLINK:
		return "net";
	case PH_FD_FIFO:
	case PH_FD_UNIX:
	case PH_FD_EVENT:
	case PH_FD_SIGNALFD:
	case PH_FD_INOTIFY:
		return "ipc";
	default:
		return "unknown";
	}
}

static bool get_category(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	static const char *const words[PH_C_MAX] = {
		[PH_C_UNKNOWN] = "unknown",   [PH_C_OTHER] = "other",
		[PH_C_FILE] = "file",	      [PH_C_NET] = "net",
		[PH_C_IPC] = "IPC",	      [PH_C_MEMORY] = "memory",
		[PH_C_PROCESS] = "process",   [PH_C_SLEEP] = "sleep",
		[PH_C_SYSTEM] = "system",     [PH_C_SIGNAL] = "signal",
		[PH_C_USER] = "user",	      [PH_C_TIME] = "time",
		[PH_C_WAIT] = "wait",	      [PH_C_SCHEDULER] = "scheduler",
		[PH_C_INTERNAL] = "internal",
	};
	unsigned cat = category(c->ev);
	const char *word;

	(void)r;
	if (c->ev->type <= PH_EV_GENERIC_X)
		cat = ph_syscall_category(generic_call(c->ev));
	word = cat < PH_C_MAX ? words[cat] : NULL;
	if (!word)
		word = io_word(c->ev);
	v->clean = true;
	return ph_value_str(v, word, strlen(word));
}

static bool get_source(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	(void)c;
	(void)r;
	return ph_value_str(v, "syscall", 7);
}

static bool get_hostname(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	(void)r;
	return ph_value_str(v, c->hostname, strlen(c->hostname));
}

/* --- parameters ------------------------------------------------------------------------------------------------------ */

static bool get_args(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	struct ph_text t = ph_scratch_open(c);

	(void)r;
	v->clean = true;
	ph_param_all(c, &t);
	return ph_scratch_close(c, &t, v);
}

static bool get_info(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	struct ph_text t = ph_scratch_open(c);

	return ph_syslog_line(c, &t) ? ph_scratch_close(c, &t, v) : get_args(c, r, v);
}

/* Which parameter of this event the reference means, -1: it has none such. */
static int param_index(const struct ph_event *ev, const struct ph_field_ref *r)
{
	int i = r->param_of		       ? r->param_of[ev->info - ph_event_row(0)] :
		r->index < 0 || r->index > 127 ? -1 :
						 (int)r->index;

	return i < ev->info->nparams && ph_event_has(ev, i) ? i : -1;
}

static bool get_arg(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	int i = param_index(c->ev, r);
	char buf[PH_PATH_MAX + 512];
	struct ph_text val, res = { .buf = buf, .cap = sizeof buf, .utf8 = c->opts.utf8 };

	if (i < 0)
		return false;
	val = ph_scratch_open(c);
	ph_param_text(c, i, &val, &res);
	if (res.len > 0) {
		val.len = 0;
		ph_text_put(&val, res.buf, res.len);
	}
	v->clean = true;
	return ph_scratch_close(c, &val, v);
}

static bool get_rawarg(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	int i = param_index(c->ev, r);
	const struct ph_param *p;
	const struct ph_param_info *info;
	unsigned size;
	uint32_t len;

	if (i < 0)
		return false;
	p = &c->ev->params[i];
	info = &c->ev->info->params[i];
	size = ph_param_type_size(info->type);
	if (ph_value_kind_of(info->type) != r->kind || p->len < size)
		return false;
	switch (r->kind) {
	case PH_V_INT:
		v->i = ph_event_int(c->ev, i);
		return true;
	case PH_V_UINT:
		v->u = ph_event_uint(c->ev, i);
		return true;
	case PH_V_BOOL:
		v->b = ph_event_uint(c->ev, i) != 0;
		return true;
	case PH_V_DOUBLE:
		memcpy(&v->d, p->data, sizeof v->d);
		return true;
	case PH_V_STR:
		v->s = ph_event_str(c->ev, i, &len);
		v->len = len;
		return p->len > 0;
	case PH_V_IP:
		if (p->len != 4 && p->len != 16)
			return false;
		break;
	default:
		break;
	}
	v->s = (const char *)p->data;
	v->len = p->len;
	return true;
}

static int find_param(const struct ph_event *ev, const char *name)
{
	int i = ph_event_param_index(ev->info, name, strlen(name));

	return ph_event_has(ev, i) ? i : -1;
}

/* Bytes for comparing; a format prints them in the form that was asked for (see ph_value_text's caller). */
static bool get_buffer(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	int i = find_param(c->ev, "data");

	(void)r;
	if (i < 0 || c->ev->info->params[i].type != PH_PT_BYTEBUF)
		return false;
	v->s = (const char *)c->ev->params[i].data;
	v->len = c->ev->params[i].len;
	return true;
}

/* --- paths ----------------------------------------------------------------------------------------------------------- */

enum { ONLY_PATH, SOURCE_PATH, DEST_PATH };

/* The parameter that is a path relative to a descriptor; of calls with two of them, which one. -1: there is none such. */
static int path_param(const struct ph_event *ev, int which)
{
	int found[2] = { -1, -1 }, n = 0;

	for (int i = 0; i < ev->info->nparams && n < 2; i++)
		if (ev->info->params[i].dirfd >= 0)
			found[n++] = i;
	if (which != ONLY_PATH && n < 2)
		return -1;
	return found[which == DEST_PATH];
}

static bool get_abspath(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	const struct ph_event *ev = c->ev;
	int i = path_param(ev, r->field->tag), dir;
	struct ph_text t;
	uint32_t len;
	const char *s;
	size_t n;

	if (!ph_event_has(ev, i) || ev->params[i].len == 0 || !ev->thread || !c->opts.state)
		return false;
	dir = ev->info->params[i].dirfd;
	s = ph_event_str(ev, i, &len);
	t = ph_scratch_open(c);
	if (!ph_event_has(ev, dir) || t.cap == 0)
		return false;
	n = ph_state_resolve(c->opts.state, ev->thread, ph_event_int(ev, dir), s, len, t.buf, t.cap);
	t.len = n < t.cap ? n : t.cap;
	return ph_scratch_close(c, &t, v);
}

/* --- result ---------------------------------------------------------------------------------------------------------- */

static bool get_res(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	struct ph_text t;
	const char *name;

	(void)r;
	if (!c->ev->has_res)
		return false;
	v->clean = true;
	if (c->ev->res >= 0)
		return ph_value_str(v, "SUCCESS", 7);
	name = c->ev->res > -100000 ? ph_errno_name((int)-c->ev->res) : NULL;
	if (name)
		return ph_value_str(v, name, strlen(name));
	t = ph_scratch_open(c);
	ph_text_int(&t, c->ev->res);
	return ph_scratch_close(c, &t, v);
}

static bool get_rawres(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	(void)r;
	v->i = c->ev->res;
	return c->ev->has_res;
}

static bool failed(const struct ph_event *ev)
{
	return ev->has_res && ev->res < 0;
}

static bool get_failed(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	(void)r;
	v->b = failed(c->ev);
	return true;
}

/* --- input and output ------------------------------------------------------------------------------------------------ */

enum { IN = 1, OUT = 2, FILES = 4, NET = 8 };

static unsigned io_of(const struct ph_event *ev)
{
	return (ev->info->flags & PH_EF_READS_FROM_FD ? IN : 0) | (ev->info->flags & PH_EF_WRITES_TO_FD ? OUT : 0);
}

static bool get_is_io(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	v->b = io_of(c->ev) & (unsigned)r->field->tag;
	return true;
}

static bool get_io_dir(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	unsigned io = io_of(c->ev);

	(void)r;
	return io & IN ? ph_value_str(v, "read", 4) : io & OUT ? ph_value_str(v, "write", 5) : false;
}

static bool get_is_wait(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	(void)r;
	v->b = c->ev->info->flags & PH_EF_WAITS;
	return true;
}

static bool get_wait_latency(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	return (c->ev->info->flags & PH_EF_WAITS) && is_exit(c->ev) && get_latency(c, r, v);
}

static bool get_is_syslog(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	(void)r;
	v->b = (io_of(c->ev) & OUT) && c->ev->fd && strstr(c->ev->fd->name, "/dev/log");
	return true;
}

static unsigned fd_class(const struct ph_fd *fd)
{
	if (fd->type == PH_FD_FILE || fd->type == PH_FD_FILE_V2 || fd->type == PH_FD_DIRECTORY)
		return FILES;
	return fd->type >= PH_FD_IPV4 && fd->type <= PH_FD_IPV6_SERVER ? NET : 0;
}

static bool get_buflen(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	const struct ph_event *ev = c->ev;
	unsigned want = (unsigned)r->field->tag;

	if (!ev->fd || !ev->has_res || ev->res < 0 || category(ev) < PH_C_IO_READ || category(ev) > PH_C_IO_OTHER)
		return false;
	if ((want & (IN | OUT)) && !(io_of(ev) & want))
		return false;
	if ((want & (FILES | NET)) && !(fd_class(ev->fd) & want))
		return false;
	return number(v, (uint64_t)ev->res);
}

/* --- opening --------------------------------------------------------------------------------------------------------- */

static bool is_open(const struct ph_event *ev)
{
	switch (ev->type) {
	case PH_EV_SYSCALL_OPEN_E:
	case PH_EV_SYSCALL_OPEN_X:
	case PH_EV_SYSCALL_OPENAT_E:
	case PH_EV_SYSCALL_OPENAT_X:
	case PH_EV_SYSCALL_OPENAT_2_E:
	case PH_EV_SYSCALL_OPENAT_2_X:
	case PH_EV_SYSCALL_OPENAT2_E:
	case PH_EV_SYSCALL_OPENAT2_X:
	case PH_EV_SYSCALL_OPEN_BY_HANDLE_AT_X:
		return true;
	default:
		return false;
	}
}

enum { OPEN_READ, OPEN_WRITE, OPEN_EXEC, OPEN_CREATED };

static bool get_is_open(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	const struct ph_event *ev = c->ev;
	bool creat = ev->type == PH_EV_SYSCALL_CREAT_E || ev->type == PH_EV_SYSCALL_CREAT_X;
	uint64_t flags = ph_event_uint(ev, find_param(ev, "flags")), mode = ph_event_uint(ev, find_param(ev, "mode"));

	v->b = false;
	if (!is_open(ev) && !creat)
		return true;
	switch (r->field->tag) {
	case OPEN_READ:
		v->b = !creat && (flags & O_READ);
		break;
	case OPEN_WRITE:
		v->b = !creat && (flags & O_WRITE);
		break;
	case OPEN_EXEC:
		v->b = (creat || (flags & (O_CREATE | O_TMP))) && (mode & 0111);
		break;
	case OPEN_CREATED:
		v->b = !creat && (flags & O_CREATED); /* creat does not tell whether the file was there */
		break;
	}
	return true;
}

/* --- counts ---------------------------------------------------------------------------------------------------------- */

static bool get_count(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	(void)c;
	(void)r;
	return number(v, 1);
}

static bool get_count_exit(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	(void)r;
	return is_exit(c->ev) && number(v, 1);
}

enum { ERR_ALL, ERR_FILE, ERR_NET, ERR_MEMORY, ERR_OTHER };

static int error_class(const struct ph_event *ev)
{
	if (ev->fd) {
		unsigned k = fd_class(ev->fd);

		if (k & FILES)
			return ERR_FILE;
		if ((k & NET) || ev->fd->type == PH_FD_UNIX)
			return ERR_NET;
	} else if (is_open(ev) || ev->type == PH_EV_SYSCALL_CREAT_X) {
		return ERR_FILE;
	} else if (strncmp(ev->info->name, "accept", 6) == 0 || strcmp(ev->info->name, "connect") == 0) {
		return ERR_NET;
	}
	return category(ev) == PH_C_MEMORY ? ERR_MEMORY : ERR_OTHER;
}

static bool get_count_error(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	if (!failed(c->ev) || (r->field->tag != ERR_ALL && error_class(c->ev) != r->field->tag))
		return false;
	return number(v, 1);
}

static bool get_count_procinfo(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	const struct ph_thread *t = c->ev->thread;

	if (c->ev->type != PH_EV_PROCINFO_E || !t || (r->field->tag && t->tid != t->proc->pid))
		return false;
	return number(v, 1);
}

#define STR PH_PT_CHARBUF
#define U64 PH_PT_UINT64
#define U32 PH_PT_UINT32
#define TIME PH_NEED_ENTER_TIME

/* clang-format off */
static const struct ph_field gen_fields[] = {
	{ "evt.num", U64, PH_PF_ID, 0, 0, 0, 0, get_num, "number of the event, counted from 1 over everything the source delivers, hidden events included" },
	{ "evt.time", STR, PH_PF_NA, 0, PH_FF_MADE, 0, NANOS, get_clock, "local time of day with nanoseconds" },
	{ "evt.time.s", STR, PH_PF_NA, 0, PH_FF_MADE, 0, 0, get_clock, "local time of day, whole seconds" },
	{ "evt.time.iso8601", STR, PH_PF_NA, 0, PH_FF_MADE, 0, 0, get_iso8601, "date and time in UTC as ISO 8601 writes it, with nanoseconds" },
	{ "evt.datetime", STR, PH_PF_NA, 0, PH_FF_MADE, 0, DATE | NANOS, get_clock, "local date and time with nanoseconds" },
	{ "evt.datetime.s", STR, PH_PF_NA, 0, PH_FF_MADE, 0, DATE, get_clock, "local date and time, whole seconds" },
	{ "evt.rawtime", PH_PT_ABSTIME, PH_PF_DEC, 0, 0, 0, WHOLE, get_rawtime, "nanoseconds since the epoch" },
	{ "evt.rawtime.s", PH_PT_ABSTIME, PH_PF_DEC, 0, 0, 0, SECONDS, get_rawtime, "seconds since the epoch" },
	{ "evt.rawtime.ns", PH_PT_ABSTIME, PH_PF_PAD9, 0, 0, 0, REST, get_rawtime, "nanoseconds within the second" },
	{ "evt.reltime", PH_PT_RELTIME, PH_PF_PAD9, 0, 0, 0, WHOLE, get_reltime, "nanoseconds since the first event of the capture" },
	{ "evt.reltime.s", PH_PT_RELTIME, PH_PF_DEC, 0, 0, 0, SECONDS, get_reltime, "the same, whole seconds" },
	{ "evt.reltime.ns", PH_PT_RELTIME, PH_PF_PAD9, 0, 0, 0, REST, get_reltime, "the same, nanoseconds within the second" },
	{ "evt.source", STR, PH_PF_NA, 0, 0, 0, 0, get_source, "where the event comes from; 'syscall' for everything the probe delivers" },
	{ "evt.hostname", STR, PH_PF_NA, 0, 0, 0, 0, get_hostname, "name of the host that captures" },
};
/* clang-format on */

/* clang-format off */
static const struct ph_field event_fields[] = {
	{ "evt.latency", PH_PT_RELTIME, PH_PF_DEC, 0, 0, TIME, WHOLE, get_latency, "how long the call took, in nanoseconds; 0 for what is no call" },
	{ "evt.latency.s", PH_PT_RELTIME, PH_PF_DEC, 0, 0, TIME, SECONDS, get_latency, "how long the call took, whole seconds" },
	{ "evt.latency.ns", PH_PT_RELTIME, PH_PF_PAD9, 0, 0, TIME, REST, get_latency, "how long the call took, nanoseconds within the second" },
	{ "evt.latency.human", STR, PH_PF_NA, 0, PH_FF_MADE, TIME, 0, get_latency_human, "how long the call took, in a unit that fits, such as 1.21ms" },
	{ "evt.latency.quantized", U64, PH_PF_DEC, 0, PH_FF_HIDDEN, TIME, 0, get_latency_quantized, "column of the screen for how long the call took, on a logarithmic scale" },
	{ "evt.deltatime", PH_PT_RELTIME, PH_PF_DEC, 0, PH_FF_REMEMBERS, 0, WHOLE, get_deltatime, "nanoseconds since the event for which this field was asked before" },
	{ "evt.deltatime.s", PH_PT_RELTIME, PH_PF_DEC, 0, PH_FF_REMEMBERS, 0, SECONDS, get_deltatime, "the same, whole seconds" },
	{ "evt.deltatime.ns", PH_PT_RELTIME, PH_PF_PAD9, 0, PH_FF_REMEMBERS, 0, REST, get_deltatime, "the same, nanoseconds within the second" },
	{ "evt.outputtime", STR, PH_PF_NA, 0, PH_FF_PRINT | PH_FF_HIDDEN, 0, 0, get_outputtime, "the time in the form that -t asks for" },
	{ "evt.dir", STR, PH_PF_NA, 0, 0, 0, 0, get_dir, "'<' for the end of a system call, '>' for everything else" },
	{ "evt.type", STR, PH_PF_NA, 0, PH_FF_EVENT_NAME, 0, 0, get_type, "name of the event: the system call's, or a tracepoint's such as switch" },
	{ "evt.type.is", U32, PH_PF_NA, PH_ARG_NAME, 0, 0, 0, get_type_is, "1 when the event has the name, or the code, written behind the dot" },
	{ "syscall.type", STR, PH_PF_NA, 0, 0, 0, 0, get_syscall_type, "name of the system call; missing for events that are none" },
	{ "evt.category", STR, PH_PF_NA, 0, 0, 0, 0, get_category, "what the event is about: file, net, ipc, memory, process, signal, wait and so on; reads and writes by what they work on" },
	{ "evt.cpu", PH_PT_INT16, PH_PF_ID, 0, 0, 0, 0, get_cpu, "CPU on which it happened" },
	{ "evt.args", STR, PH_PF_NA, 0, PH_FF_MADE, 0, 0, get_args, "all parameters as name=value, with what a value stands for in parentheses" },
	{ "evt.arg", STR, PH_PF_NA, PH_ARG_NAME_OR_INDEX, PH_FF_MADE, 0, 0, get_arg, "one parameter as text, by name (evt.arg.flags) or position (evt.arg[0]); where a value stands for something, that" },
	{ "evt.rawarg", PH_PT_DYN, PH_PF_NA, PH_ARG_NAME, 0, 0, 0, get_rawarg, "one parameter as the value that the event carries, by name (evt.rawarg.res)" },
	{ "evt.info", STR, PH_PF_NA, 0, PH_FF_MADE, 0, 0, get_info, "what the event means where that is known, such as a message to syslog; otherwise the same text as evt.args" },
	{ "evt.buffer", PH_PT_BYTEBUF, PH_PF_NA, 0, 0, 0, 0, get_buffer, "the bytes that were read or written, up to the length that -s sets" },
	{ "evt.buflen", U64, PH_PF_DEC, 0, PH_FF_BYTES, 0, 0, get_buflen, "how many bytes were read or written" },
	{ "evt.buflen.in", U64, PH_PF_DEC, 0, PH_FF_BYTES | PH_FF_HIDDEN, 0, IN, get_buflen, "how many bytes were read" },
	{ "evt.buflen.out", U64, PH_PF_DEC, 0, PH_FF_BYTES | PH_FF_HIDDEN, 0, OUT, get_buflen, "how many bytes were written" },
	{ "evt.buflen.file", U64, PH_PF_DEC, 0, PH_FF_BYTES | PH_FF_HIDDEN, 0, FILES, get_buflen, "how many bytes were read from or written to a file" },
	{ "evt.buflen.file.in", U64, PH_PF_DEC, 0, PH_FF_BYTES | PH_FF_HIDDEN, 0, FILES | IN, get_buflen, "how many bytes were read from a file" },
	{ "evt.buflen.file.out", U64, PH_PF_DEC, 0, PH_FF_BYTES | PH_FF_HIDDEN, 0, FILES | OUT, get_buflen, "how many bytes were written to a file" },
	{ "evt.buflen.net", U64, PH_PF_DEC, 0, PH_FF_BYTES | PH_FF_HIDDEN, 0, NET, get_buflen, "how many bytes went through an IP socket" },
	{ "evt.buflen.net.in", U64, PH_PF_DEC, 0, PH_FF_BYTES | PH_FF_HIDDEN, 0, NET | IN, get_buflen, "how many bytes were received from an IP socket" },
	{ "evt.buflen.net.out", U64, PH_PF_DEC, 0, PH_FF_BYTES | PH_FF_HIDDEN, 0, NET | OUT, get_buflen, "how many bytes were sent to an IP socket" },
	{ "evt.res", STR, PH_PF_DEC, 0, 0, 0, 0, get_res, "SUCCESS, or the name of the error, such as ENOENT" },
	{ "evt.rawres", PH_PT_INT64, PH_PF_DEC, 0, 0, 0, 0, get_rawres, "result of the call as a number; errors are negative" },
	{ "evt.failed", PH_PT_BOOL, PH_PF_NA, 0, 0, 0, 0, get_failed, "true when the call returned an error" },
	{ "evt.is_io", PH_PT_BOOL, PH_PF_NA, 0, 0, 0, IN | OUT, get_is_io, "true for calls that read from or write to a descriptor" },
	{ "evt.is_io_read", PH_PT_BOOL, PH_PF_NA, 0, 0, 0, IN, get_is_io, "true for calls that read from a descriptor" },
	{ "evt.is_io_write", PH_PT_BOOL, PH_PF_NA, 0, 0, 0, OUT, get_is_io, "true for calls that write to a descriptor" },
	{ "evt.io_dir", STR, PH_PF_NA, 0, 0, 0, 0, get_io_dir, "'read' or 'write', missing for calls that do neither" },
	{ "evt.is_wait", PH_PT_BOOL, PH_PF_NA, 0, 0, 0, 0, get_is_wait, "true for calls that wait, such as poll and epoll_wait" },
	{ "evt.wait_latency", PH_PT_RELTIME, PH_PF_DEC, 0, 0, TIME, WHOLE, get_wait_latency, "how long a call that waits took, in nanoseconds" },
	{ "evt.is_syslog", PH_PT_BOOL, PH_PF_NA, 0, 0, 0, 0, get_is_syslog, "true for writes to /dev/log" },
	{ "evt.count", U32, PH_PF_DEC, 0, 0, 0, 0, get_count, "always 1, for adding up" },
	{ "evt.count.error", U32, PH_PF_DEC, 0, 0, 0, ERR_ALL, get_count_error, "1 when the call failed" },
	{ "evt.count.error.file", U32, PH_PF_DEC, 0, 0, 0, ERR_FILE, get_count_error, "1 when the call failed on a file or could not open one" },
	{ "evt.count.error.net", U32, PH_PF_DEC, 0, 0, 0, ERR_NET, get_count_error, "1 when the call failed on a socket, or could not connect or accept" },
	{ "evt.count.error.memory", U32, PH_PF_DEC, 0, 0, 0, ERR_MEMORY, get_count_error, "1 when a call about memory failed" },
	{ "evt.count.error.other", U32, PH_PF_DEC, 0, 0, 0, ERR_OTHER, get_count_error, "1 when any other call failed" },
	{ "evt.count.exit", U32, PH_PF_DEC, 0, 0, 0, 0, get_count_exit, "1 for the end of a system call" },
	{ "evt.count.procinfo", U32, PH_PF_DEC, 0, PH_FF_HIDDEN, 0, 1, get_count_procinfo, "1 for procinfo events of main threads" },
	{ "evt.count.threadinfo", U32, PH_PF_DEC, 0, PH_FF_HIDDEN, 0, 0, get_count_procinfo, "1 for procinfo events" },
	{ "evt.around", U64, PH_PF_DEC, PH_ARG_INDEX, PH_FF_FILTER | PH_FF_AT_MOST, 0, 0, get_around, "evt.around[T]=D is true for events at most D milliseconds before or after T, nanoseconds since the epoch" },
	{ "evt.abspath", STR, PH_PF_NA, 0, PH_FF_MADE, 0, ONLY_PATH, get_abspath, "absolute path of calls such as openat and unlinkat, which take one relative to a descriptor; the first of two" },
	{ "evt.abspath.src", STR, PH_PF_NA, 0, PH_FF_MADE, 0, SOURCE_PATH, get_abspath, "the first path of calls that take two, such as renameat and linkat" },
	{ "evt.abspath.dst", STR, PH_PF_NA, 0, PH_FF_MADE, 0, DEST_PATH, get_abspath, "the second path of calls that take two, such as renameat and linkat" },
	{ "evt.is_open_read", PH_PT_BOOL, PH_PF_NA, 0, 0, 0, OPEN_READ, get_is_open, "true for open, openat and openat2 that ask for reading" },
	{ "evt.is_open_write", PH_PT_BOOL, PH_PF_NA, 0, 0, 0, OPEN_WRITE, get_is_open, "true for open, openat and openat2 that ask for writing" },
	{ "evt.is_open_exec", PH_PT_BOOL, PH_PF_NA, 0, 0, 0, OPEN_EXEC, get_is_open, "true for calls that create a file with a right to execute" },
	{ "evt.is_open_create", PH_PT_BOOL, PH_PF_NA, 0, 0, 0, OPEN_CREATED, get_is_open, "true for calls that made the file which they opened" },
};
/* clang-format on */

const struct ph_field_class ph_class_gen_event = {
	"evt", "every event", "What every event has: number, time, source.", gen_fields, COUNT(gen_fields), PH_OF_EVENT
};
const struct ph_field_class ph_class_event = {
	"evt",
	"system calls and tracepoints",
	"The event itself: what it is, its parameters, its result, how long it took. Parameters have fields of their own, for example evt.arg.name.",
	event_fields,
	COUNT(event_fields),
	PH_OF_EVENT
};
