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

/* Of struct ph_user or ph_group, sorted by id. */
struct list {
	char *rows;
	size_t n, cap;
};

/* A file in memory, parsed in place. */
struct file {
	char *text; /* NULL: not read */
	struct list rows;
	struct timespec mtime;
	ino_t ino;
};

struct table {
	struct ph_container *container; /* NULL: the host */
	struct file passwd, group;
	struct list users, groups; /* from trace files; they go over those of files */
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

static void retire_user(struct users *u, const void *row)
{
	const struct ph_user *us = row;

	retire(u, (void *)(uintptr_t)us->name);
	retire(u, (void *)(uintptr_t)us->home);
	retire(u, (void *)(uintptr_t)us->shell);
}

static void retire_group(struct users *u, const void *row)
{
	retire(u, (void *)(uintptr_t)((const struct ph_group *)row)->name);
}

static void retire_table(struct users *u, struct table *t)
{
	retire(u, t->passwd.text);
	retire(u, t->passwd.rows.rows);
	retire(u, t->group.text);
	retire(u, t->group.rows.rows);
	for (size_t i = 0; i < t->users.n; i++)
		retire_user(u, t->users.rows + i * sizeof(struct ph_user));
	for (size_t i = 0; i < t->groups.n; i++)
		retire_group(u, t->groups.rows + i * sizeof(struct ph_group));
	retire(u, t->users.rows);
	retire(u, t->groups.rows);
	set_container(u, t, NULL);
	retire(u, t);
}

void users_reset(struct users *u)
{
	while (u->ntables > 0)
		retire_table(u, u->tables[--u->ntables]);
	u->last = NULL;
	while (u->nretired > 0)
		free(u->retired[--u->nretired]);
}

void users_free(struct users *u)
{
	if (!u)
		return;
	users_reset(u);
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
	void (*retire)(struct users *u, const void *row);
};

static const struct kind users_kind = { "etc/passwd", sizeof(struct ph_user), parse_user, by_uid, retire_user };
static const struct kind groups_kind = { "etc/group", sizeof(struct ph_group), parse_group, by_gid, retire_group };

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
	f->rows = (struct list){ .rows = rows };
	if (!rows)
		return;
	for (char *s = text; s < text + len && f->rows.n < lines;) {
		char *end = memchr(s, '\n', (size_t)(text + len - s));

		if (!end)
			end = text + len;
		*end = '\0';
		if (k->parse(s, rows + f->rows.n * k->row_size))
			f->rows.n++;
		s = end + 1;
	}
	qsort(rows, f->rows.n, k->row_size, k->order);
}

/* Where the first row of an id is, or would be; the id is what both kinds of row begin with. */
static size_t place_of(const struct list *l, uint32_t id, size_t row_size)
{
	size_t low = 0, high = l->n;

	while (low < high) {
		size_t mid = (low + high) / 2;
		uint32_t at;

		memcpy(&at, l->rows + mid * row_size, sizeof(at));
		if (at < id)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static const void *find(const struct list *l, uint32_t id, size_t row_size)
{
	size_t i = place_of(l, id, row_size);

	return i < l->n && memcmp(l->rows + i * row_size, &id, sizeof(id)) == 0 ? l->rows + i * row_size : NULL;
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
			retire(u, f->rows.rows);
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
	if (c && !(group ? tab->group.text != NULL || tab->groups.n : tab->passwd.text != NULL || tab->users.n)) {
		tab = table_of(st->users, NULL);
		if (tab)
			refresh(st, tab, NULL);
	}
	return tab;
}

static const void *look_up(const struct list *told, const struct list *read, uint32_t id, size_t row_size)
{
	const void *row = find(told, id, row_size);

	return row ? row : find(read, id, row_size);
}

const struct ph_user *ph_state_user(struct ph_state *st, const struct ph_thread *t, uint32_t uid)
{
	const struct table *tab = asked(st, t, false);

	return tab ? look_up(&tab->users, &tab->passwd.rows, uid, sizeof(struct ph_user)) : NULL;
}

const struct ph_group *ph_state_group(struct ph_state *st, const struct ph_thread *t, uint32_t gid)
{
	const struct table *tab = asked(st, t, true);

	return tab ? look_up(&tab->groups, &tab->group.rows, gid, sizeof(struct ph_group)) : NULL;
}

/* The first row of each id that is not told otherwise, then what is told. */
void ph_state_each_user(struct ph_state *st, bool (*f)(void *arg, const struct ph_user *u), void *arg)
{
	const struct table *tab = asked(st, NULL, false);
	const struct ph_user *read, *told;

	if (!tab)
		return;
	read = (const void *)tab->passwd.rows.rows;
	told = (const void *)tab->users.rows;
	for (size_t i = 0; i < tab->passwd.rows.n; i++)
		if ((i == 0 || read[i].uid != read[i - 1].uid) &&
		    !find(&tab->users, read[i].uid, sizeof(struct ph_user)) && !f(arg, &read[i]))
			return;
	for (size_t i = 0; i < tab->users.n; i++)
		if (!f(arg, &told[i]))
			return;
}

void ph_state_each_group(struct ph_state *st, bool (*f)(void *arg, const struct ph_group *g), void *arg)
{
	const struct table *tab = asked(st, NULL, true);
	const struct ph_group *read, *told;

	if (!tab)
		return;
	read = (const void *)tab->group.rows.rows;
	told = (const void *)tab->groups.rows;
	for (size_t i = 0; i < tab->group.rows.n; i++)
		if ((i == 0 || read[i].gid != read[i - 1].gid) &&
		    !find(&tab->groups, read[i].gid, sizeof(struct ph_group)) && !f(arg, &read[i]))
			return;
	for (size_t i = 0; i < tab->groups.n; i++)
		if (!f(arg, &told[i]))
			return;
}

/* --- what trace files tell ------------------------------------------------------------------------------------------------------ */

static void forget(struct users *u, struct list *l, uint32_t id, const struct kind *k)
{
	size_t i = place_of(l, id, k->row_size);
	char *row;

	if (!find(l, id, k->row_size))
		return;
	row = l->rows + i * k->row_size;
	k->retire(u, row);
	l->n--;
	memmove(row, row + k->row_size, (l->n - i) * k->row_size);
}

/* row is copied; its texts are the list's from here on, kept or not. */
static void tell(struct users *u, struct list *l, const void *row, uint32_t id, bool whole, const struct kind *k)
{
	size_t i;

	forget(u, l, id, k);
	if (whole && l->n == l->cap && l->n < MAX_ROWS) {
		size_t cap = l->cap ? l->cap * 2 : 32;
		char *rows = malloc(cap * k->row_size);

		if (rows && l->n)
			memcpy(rows, l->rows, l->n * k->row_size);
		if (rows) {
			retire(u, l->rows);
			l->rows = rows;
			l->cap = cap;
		}
	}
	if (!whole || l->n == l->cap) {
		k->retire(u, row);
		return;
	}
	i = place_of(l, id, k->row_size);
	memmove(l->rows + (i + 1) * k->row_size, l->rows + i * k->row_size, (l->n - i) * k->row_size);
	memcpy(l->rows + i * k->row_size, row, k->row_size);
	l->n++;
}

static void tell_user(struct ph_state *st, struct table *tab, struct ph_user u)
{
	tell(st->users, &tab->users, &u, u.uid, u.name && u.home && u.shell, &users_kind);
}

static void tell_group(struct ph_state *st, struct table *tab, struct ph_group g)
{
	tell(st->users, &tab->groups, &g, g.gid, g.name != NULL, &groups_kind);
}

void ph_state_add_user(struct ph_state *st, const struct ph_user *u)
{
	struct table *tab = table_of(st->users, NULL);

	if (tab)
		tell_user(st, tab,
			  (struct ph_user){ u->uid, u->gid, strdup(u->name ? u->name : ""),
					    strdup(u->home ? u->home : ""), strdup(u->shell ? u->shell : "") });
	users_begin(st); /* no event is at work, so nobody looks at what was replaced */
}

void ph_state_add_group(struct ph_state *st, const struct ph_group *g)
{
	struct table *tab = table_of(st->users, NULL);

	if (tab)
		tell_group(st, tab, (struct ph_group){ g->gid, strdup(g->name ? g->name : "") });
	users_begin(st);
}

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

	(void)t;
	if (!tab || !has(ev, r, P_uid))
		return;
	if (ev->type == PH_EV_USER_DELETED_E)
		forget(st->users, &tab->users, uid, &users_kind);
	else
		tell_user(st, tab,
			  (struct ph_user){ uid, getu32(ev, r, P_gid), param_dup(ev, r, P_name),
					    param_dup(ev, r, P_home), param_dup(ev, r, P_shell) });
}

static void on_group(struct ph_state *st, struct ph_event *ev, const struct row *r, struct thread *t)
{
	struct table *tab = event_table(st, ev, r);
	uint32_t gid = getu32(ev, r, P_gid);

	(void)t;
	if (!tab || !has(ev, r, P_gid))
		return;
	if (ev->type == PH_EV_GROUP_DELETED_E)
		forget(st->users, &tab->groups, gid, &groups_kind);
	else
		tell_group(st, tab, (struct ph_group){ gid, param_dup(ev, r, P_name) });
}

const struct handler user_handlers[] = {
	{ PH_EV_USER_ADDED_E, on_user, NULL },
	{ PH_EV_USER_DELETED_E, on_user, NULL },
	{ PH_EV_GROUP_ADDED_E, on_group, NULL },
	{ PH_EV_GROUP_DELETED_E, on_group, NULL },
};
const size_t user_nhandlers = sizeof(user_handlers) / sizeof(user_handlers[0]);
