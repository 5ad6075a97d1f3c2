/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of users and groups: the host's, a container's own (read through its process's root), those that trace files tell.
 * A container's files are hostile: opened without leaving its root, regular files only, of bounded size.
 */
#include "collector/state/internal.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define FILE_MAX_BYTES (1u << 20)
#define MAX_ROWS 65536u
#define MAX_TABLES 256u
#define CHECK_NS 1000000000u

/* A file in memory, parsed in place. */
struct file {
	char *text; /* NULL: not read */
	void *rows; /* struct ph_user or ph_group, sorted by id */
	size_t n;
	struct timespec mtime;
	ino_t ino;
};

struct table {
	struct ph_container *container; /* NULL: the host */
	struct file passwd, group;
	struct ph_user *users; /* from events */
	size_t nusers;
	struct ph_group *groups;
	size_t ngroups;
	uint64_t checked_ns;
};

struct users {
	struct ph_containers *containers;
	struct table *tables[MAX_TABLES];
	size_t ntables;
	struct table *last;
	/* what was replaced during this event, for somebody may still look at it */
	void **retired;
	size_t nretired, cap_retired;
};

struct users *users_new(struct ph_containers *cs)
{
	struct users *u = calloc(1, sizeof(*u));

	if (u)
		u->containers = cs;
	return u;
}

/* Another container must not be made where this one was, and find its users. */
static void set_container(struct users *u, struct table *t, struct ph_container *c)
{
	if (u->containers)
		ph_containers_point(u->containers, &t->container, c);
	else
		t->container = c;
}

static void retire(struct users *u, void *p)
{
	if (!p)
		return;
	if (u->nretired == u->cap_retired) {
		size_t cap = u->cap_retired ? u->cap_retired * 2 : 16;
		void **n = realloc(u->retired, cap * sizeof(*n));

		if (!n)
			return; /* lost, rather than pulled away from under a reader */
		u->retired = n;
		u->cap_retired = cap;
	}
	u->retired[u->nretired++] = p;
}

void users_begin(struct ph_state *st)
{
	struct users *u = st->users;

	while (u->nretired > 0)
		free(u->retired[--u->nretired]);
}

static void retire_user(struct users *u, const struct ph_user *us)
{
	retire(u, (void *)(uintptr_t)us->name);
	retire(u, (void *)(uintptr_t)us->home);
	retire(u, (void *)(uintptr_t)us->shell);
}

static void retire_table(struct users *u, struct table *t)
{
	retire(u, t->passwd.text);
	retire(u, t->passwd.rows);
	retire(u, t->group.text);
	retire(u, t->group.rows);
	for (size_t i = 0; i < t->nusers; i++)
		retire_user(u, &t->users[i]);
	for (size_t i = 0; i < t->ngroups; i++)
		retire(u, (void *)(uintptr_t)t->groups[i].name);
	retire(u, t->users);
	retire(u, t->groups);
	set_container(u, t, NULL);
	retire(u, t);
}

void users_free(struct users *u)
{
	if (!u)
		return;
	for (size_t i = 0; i < u->ntables; i++)
		retire_table(u, u->tables[i]);
	while (u->nretired > 0)
		free(u->retired[--u->nretired]);
	free(u->retired);
	free(u);
}

static struct table *table_of(struct users *u, struct ph_container *c)
{
	struct table *t;
	size_t oldest = 0;

	if (u->last && u->last->container == c)
		return u->last;
	for (size_t i = 0; i < u->ntables; i++) {
		if (u->tables[i]->container == c)
			return u->last = u->tables[i];
		if (!u->tables[oldest]->container ||
		    (u->tables[i]->container && u->tables[i]->checked_ns < u->tables[oldest]->checked_ns))
			oldest = i;
	}
	t = calloc(1, sizeof(*t));
	if (!t)
		return NULL;
	set_container(u, t, c);
	if (u->ntables == MAX_TABLES) {
		retire_table(u, u->tables[oldest]);
		u->tables[oldest] = t;
	} else {
		u->tables[u->ntables++] = t;
	}
	return u->last = t;
}

/* --- files ---------------------------------------------------------------------------------------------------------------- */

/* O_PATH opens nothing, so neither a FIFO nor a device notices; what turns out to be a regular file is then opened itself. */
static int open_regular(int root, const char *path, uint64_t resolve, struct stat *sb)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC,
				.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | resolve };
	int where = (int)syscall(SYS_openat2, root, path, &how, sizeof(how)), fd = -1;
	char self[40];

	if (where < 0)
		return -1;
	if (fstat(where, sb) == 0 && S_ISREG(sb->st_mode) && sb->st_size <= (off_t)FILE_MAX_BYTES) {
		snprintf(self, sizeof(self), "/proc/self/fd/%d", where);
		fd = open(self, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	}
	close(where);
	return fd;
}

static char *read_all(int fd, size_t *len)
{
	char *text = malloc(FILE_MAX_BYTES + 1), *fit;
	size_t at = 0;
	ssize_t n;

	if (!text)
		return NULL;
	while (at < FILE_MAX_BYTES && (n = read(fd, text + at, FILE_MAX_BYTES - at)) > 0)
		at += (size_t)n;
	text[at] = '\0';
	*len = at;
	fit = realloc(text, at + 1);
	return fit ? fit : text;
}

/* Cuts a line at its colons; missing fields are empty. */
static void split(char *line, char *fields[], int n)
{
	for (int i = 0; i < n; i++) {
		char *end = strchrnul(line, ':');

		fields[i] = line;
		line = *end ? end + 1 : end;
		*end = '\0';
	}
}

static bool parse_id(const char *s, uint32_t *id)
{
	char *end;
	unsigned long v = strtoul(s, &end, 10);

	if (*s < '0' || *s > '9' || *end || v > UINT32_MAX)
		return false;
	*id = (uint32_t)v;
	return true;
}

static bool parse_user(char *line, void *row)
{
	struct ph_user *u = row;
	char *f[7];

	split(line, f, 7);
	*u = (struct ph_user){ .name = f[0], .home = f[5], .shell = f[6] };
	return *f[0] && parse_id(f[2], &u->uid) && parse_id(f[3], &u->gid);
}

static bool parse_group(char *line, void *row)
{
	struct ph_group *g = row;
	char *f[3];

	split(line, f, 3);
	g->name = f[0];
	return *f[0] && parse_id(f[2], &g->gid);
}

/* Equal ids: the line that stands first in the file wins, as with getpwuid(); names point into the text. */
static int by_uid(const void *a, const void *b)
{
	const struct ph_user *x = a, *y = b;

	if (x->uid != y->uid)
		return x->uid < y->uid ? -1 : 1;
	return x->name < y->name ? -1 : x->name > y->name;
}

static int by_gid(const void *a, const void *b)
{
	const struct ph_group *x = a, *y = b;

	if (x->gid != y->gid)
		return x->gid < y->gid ? -1 : 1;
	return x->name < y->name ? -1 : x->name > y->name;
}

struct kind {
	const char *path;
	size_t row_size;
	bool (*parse)(char *line, void *row);
	int (*order)(const void *a, const void *b);
};

static const struct kind users_kind = { "etc/passwd", sizeof(struct ph_user), parse_user, by_uid };
static const struct kind groups_kind = { "etc/group", sizeof(struct ph_group), parse_group, by_gid };

static void parse(struct file *f, char *text, size_t len, const struct kind *k)
{
	size_t lines = 1;
	char *rows;

	for (size_t i = 0; i < len; i++)
		lines += text[i] == '\n';
	if (lines > MAX_ROWS)
		lines = MAX_ROWS;
	rows = malloc(lines * k->row_size);
	f->text = text;
	f->rows = rows;
	f->n = 0;
	if (!rows)
		return;
	for (char *s = text; s < text + len && f->n < lines;) {
		char *end = memchr(s, '\n', (size_t)(text + len - s));

		if (!end)
			end = text + len;
		*end = '\0';
		if (k->parse(s, rows + f->n * k->row_size))
			f->n++;
		s = end + 1;
	}
	qsort(rows, f->n, k->row_size, k->order);
}

/* The first row of an id; the id is what both kinds of row begin with. */
static const void *find(const struct file *f, uint32_t id, size_t row_size)
{
	size_t low = 0, high = f->n;

	while (low < high) {
		size_t mid = (low + high) / 2;
		uint32_t at;

		memcpy(&at, (const char *)f->rows + mid * row_size, sizeof(at));
		if (at < id)
			low = mid + 1;
		else
			high = mid;
	}
	if (low < f->n) {
		const char *row = (const char *)f->rows + low * row_size;

		return memcmp(row, &id, sizeof(id)) == 0 ? row : NULL;
	}
	return NULL;
}

static void load(struct users *u, struct file *f, int root, uint64_t resolve, const struct kind *k)
{
	struct stat sb;
	int fd = open_regular(root, k->path, resolve, &sb);
	char *text;
	size_t len;

	if (fd < 0)
		return; /* what was read before is still the best there is */
	if (!f->text || f->ino != sb.st_ino || f->mtime.tv_sec != sb.st_mtim.tv_sec ||
	    f->mtime.tv_nsec != sb.st_mtim.tv_nsec) {
		text = read_all(fd, &len);
		if (text) {
			retire(u, f->text);
			retire(u, f->rows);
			f->mtime = sb.st_mtim;
			f->ino = sb.st_ino;
			parse(f, text, len, k);
		}
	}
	close(fd);
}

static void refresh(struct ph_state *st, struct table *tab, const struct ph_thread *t)
{
	struct timespec now;
	uint64_t ns;
	char path[PH_PATH_MAX];
	/* what a container mounts over its files may be a file system that never answers */
	uint64_t resolve = tab->container ? RESOLVE_NO_XDEV : 0;
	int root, n;

	if (!st->want_users)
		return;
	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	ns = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
	if (tab->checked_ns && ns - tab->checked_ns < CHECK_NS)
		return;
	tab->checked_ns = ns;
	if (!tab->container)
		n = snprintf(path, sizeof(path), "%s/", st->host_root);
	else if (st->live && t)
		n = snprintf(path, sizeof(path), "%s/proc/%lld/root", st->host_root, (long long)t->tid);
	else
		return;
	if (n < 0 || (size_t)n >= sizeof(path))
		return;
	root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return;
	load(st->users, &tab->passwd, root, resolve, &users_kind);
	load(st->users, &tab->group, root, resolve, &groups_kind);
	close(root);
}

/* --- answers ---------------------------------------------------------------------------------------------------------------- */

static const struct table *asked(struct ph_state *st, const struct ph_thread *t, bool group)
{
	struct ph_container *c = t ? t->container : NULL;
	struct table *tab = table_of(st->users, c);

	if (!tab)
		return NULL;
	refresh(st, tab, t);
	if (c && !(group ? tab->group.text != NULL || tab->ngroups : tab->passwd.text != NULL || tab->nusers)) {
		tab = table_of(st->users, NULL);
		if (tab)
			refresh(st, tab, NULL);
	}
	return tab;
}

const struct ph_user *ph_state_user(struct ph_state *st, const struct ph_thread *t, uint32_t uid)
{
	const struct table *tab = asked(st, t, false);

	if (!tab)
		return NULL;
	for (size_t i = 0; i < tab->nusers; i++)
		if (tab->users[i].uid == uid)
			return &tab->users[i];
	return find(&tab->passwd, uid, sizeof(struct ph_user));
}

const struct ph_group *ph_state_group(struct ph_state *st, const struct ph_thread *t, uint32_t gid)
{
	const struct table *tab = asked(st, t, true);

	if (!tab)
		return NULL;
	for (size_t i = 0; i < tab->ngroups; i++)
		if (tab->groups[i].gid == gid)
			return &tab->groups[i];
	return find(&tab->group, gid, sizeof(struct ph_group));
}

/* --- events of trace files ---------------------------------------------------------------------------------------------------- */

static char *param_dup(const struct ph_event *ev, const struct row *r, enum state_param p)
{
	uint32_t len;
	const char *s = getstr(ev, r, p, &len);

	return strndup(s, len);
}

static struct table *event_table(struct ph_state *st, const struct ph_event *ev, const struct row *r)
{
	struct ph_container *c = NULL;
	uint32_t len;
	const char *s = getstr(ev, r, P_container_id, &len);
	char id[65];

	if (len > 0) {
		if (len >= sizeof(id) || !st->containers)
			return NULL;
		memcpy(id, s, len);
		id[len] = '\0';
		c = ph_containers_by_id(st->containers, id);
		if (!c)
			return NULL;
	}
	return table_of(st->users, c);
}

static void on_user(struct ph_state *st, struct ph_event *ev, const struct row *r, struct thread *t)
{
	struct table *tab = event_table(st, ev, r);
	uint32_t uid = getu32(ev, r, P_uid);
	struct ph_user *n;
	size_t i = 0;

	(void)t;
	if (!tab || !has(ev, r, P_uid))
		return;
	while (i < tab->nusers && tab->users[i].uid != uid)
		i++;
	if (i < tab->nusers) {
		retire_user(st->users, &tab->users[i]);
		tab->users[i] = tab->users[--tab->nusers];
	}
	if (ev->type == PH_EV_USER_DELETED_E || tab->nusers >= MAX_ROWS)
		return;
	n = malloc((tab->nusers + 1) * sizeof(*n));
	if (!n)
		return;
	if (tab->nusers)
		memcpy(n, tab->users, tab->nusers * sizeof(*n));
	n[tab->nusers] = (struct ph_user){ uid, getu32(ev, r, P_gid), param_dup(ev, r, P_name),
					   param_dup(ev, r, P_home), param_dup(ev, r, P_shell) };
	retire(st->users, tab->users);
	tab->users = n;
	if (n[tab->nusers].name && n[tab->nusers].home && n[tab->nusers].shell)
		tab->nusers++;
	else
		retire_user(st->users, &n[tab->nusers]);
}

static void on_group(struct ph_state *st, struct ph_event *ev, const struct row *r, struct thread *t)
{
	struct table *tab = event_table(st, ev, r);
	uint32_t gid = getu32(ev, r, P_gid);
	struct ph_group *n;
	size_t i = 0;

	(void)t;
	if (!tab || !has(ev, r, P_gid))
		return;
	while (i < tab->ngroups && tab->groups[i].gid != gid)
		i++;
	if (i < tab->ngroups) {
		retire(st->users, (void *)(uintptr_t)tab->groups[i].name);
		tab->groups[i] = tab->groups[--tab->ngroups];
	}
	if (ev->type == PH_EV_GROUP_DELETED_E || tab->ngroups >= MAX_ROWS)
		return;
	n = malloc((tab->ngroups + 1) * sizeof(*n));
	if (!n)
		return;
	if (tab->ngroups)
		memcpy(n, tab->groups, tab->ngroups * sizeof(*n));
	n[tab->ngroups] = (struct ph_group){ gid, param_dup(ev, r, P_name) };
	retire(st->users, tab->groups);
	tab->groups = n;
	if (n[tab->ngroups].name)
		tab->ngroups++;
}

const struct handler user_handlers[] = {
	{ PH_EV_USER_ADDED_E, on_user, NULL },
	{ PH_EV_USER_DELETED_E, on_user, NULL },
	{ PH_EV_GROUP_ADDED_E, on_group, NULL },
	{ PH_EV_GROUP_DELETED_E, on_group, NULL },
};
const size_t user_nhandlers = sizeof(user_handlers) / sizeof(user_handlers[0]);
