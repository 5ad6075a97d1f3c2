/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptor tables: open addressing by number, copied on write (see internal.h for the three layers). */
#include "collector/state/internal.h"

#include <stdlib.h>

static const char no_name[1];

static char *no_name_str(void)
{
	return (char *)(uintptr_t)no_name; /* never written: name_cap is 0 */
}

static struct ent *ent_new(int32_t num, unsigned type)
{
	struct ent *e = calloc(1, sizeof(*e));

	if (!e)
		return NULL;
	e->refs = 1;
	e->pub.num = num;
	e->pub.type = (uint8_t)type;
	e->pub.name = no_name_str();
	return e;
}

void ent_unref(struct ent *e)
{
	if (!e || --e->refs > 0)
		return;
	if (e->pub.name != no_name)
		free(e->pub.name);
	free(e);
}

void ent_name(struct ent *e, const char *name, size_t len)
{
	if (len > PH_PATH_MAX - 1)
		len = PH_PATH_MAX - 1;
	if (len >= e->name_cap) {
		char *n;

		if (len == 0 && e->name_cap == 0)
			return;
		n = malloc(len + 1);
		if (!n)
			return;
		if (e->pub.name != no_name)
			free(e->pub.name);
		e->pub.name = n;
		e->name_cap = (uint32_t)len + 1;
	}
	memcpy(e->pub.name, name, len);
	e->pub.name[len] = '\0';
}

static struct ent *ent_dup(const struct ent *from, int32_t num)
{
	struct ent *e = ent_new(num, 0);

	if (!e)
		return NULL;
	e->pub = from->pub;
	e->pub.num = num;
	e->pub.name = no_name_str();
	e->pid = from->pid;
	e->negative = from->negative;
	ent_name(e, from->pub.name, strlen(from->pub.name));
	return e;
}

static struct fdmap *map_new(uint32_t cap)
{
	struct fdmap *m = calloc(1, sizeof(*m) + cap * sizeof(struct slot));

	if (!m)
		return NULL;
	m->refs = 1;
	m->cap = cap;
	return m;
}

static void map_unref(struct fdmap *m)
{
	if (!m || --m->refs > 0)
		return;
	for (uint32_t i = 0; i < m->cap; i++)
		ent_unref(m->slots[i].e);
	free(m);
}

/* Numbers are small and dense, so the number is its own hash: a table of 0..n is an array. */
static uint32_t map_find(const struct fdmap *m, int32_t num)
{
	uint32_t i = (uint32_t)num & (m->cap - 1);

	while (m->slots[i].e && m->slots[i].num != num)
		i = (i + 1) & (m->cap - 1);
	return i;
}

struct slot *fd_slot(const struct files *f, int64_t num)
{
	uint32_t i;

	if (!f || !f->map || num < 0 || num > INT32_MAX)
		return NULL;
	i = map_find(f->map, (int32_t)num);
	return f->map->slots[i].e ? &f->map->slots[i] : NULL;
}

struct ent *fd_get(const struct files *f, int64_t num)
{
	struct slot *s = fd_slot(f, num);

	return s && !s->e->negative ? s->e : NULL;
}

/* Makes the map ours alone, with room for another entry. */
static struct fdmap *map_own(struct files *f)
{
	struct fdmap *old = f->map, *m;
	uint32_t cap = old ? old->cap : 8;

	if (old && old->refs == 1 && (old->used + 1) * 2 <= old->cap)
		return old;
	while (old && (old->used + 1) * 2 > cap)
		cap *= 2;
	m = map_new(cap);
	if (!m)
		return NULL;
	for (uint32_t i = 0; old && i < old->cap; i++) {
		if (!old->slots[i].e)
			continue;
		m->slots[map_find(m, old->slots[i].num)] = old->slots[i];
		old->slots[i].e->refs++;
	}
	if (old) {
		m->used = old->used;
		m->negative = old->negative;
	}
	map_unref(old);
	return f->map = m;
}

static void map_del(struct fdmap *m, uint32_t i)
{
	uint32_t mask = m->cap - 1, j;

	m->used--;
	m->negative -= m->slots[i].e->negative;
	ent_unref(m->slots[i].e);
	for (j = (i + 1) & mask; m->slots[j].e; j = (j + 1) & mask) {
		uint32_t home = (uint32_t)m->slots[j].num & mask;

		if (((j - home) & mask) >= ((j - i) & mask)) {
			m->slots[i] = m->slots[j];
			i = j;
		}
	}
	m->slots[i] = (struct slot){ 0 };
}

struct files *files_new(void)
{
	struct files *f = calloc(1, sizeof(*f));

	if (f)
		f->refs = 1;
	return f;
}

struct files *files_ref(struct files *f)
{
	if (f)
		f->refs++;
	return f;
}

struct files *files_fork(struct files *f)
{
	struct files *n = files_new();

	if (n && f && f->map) {
		n->map = f->map;
		n->map->refs++;
	}
	return n;
}

void files_unref(struct files *f)
{
	if (!f || --f->refs > 0)
		return;
	map_unref(f->map);
	free(f);
}

uint32_t files_count(const struct files *f)
{
	return f && f->map ? f->map->used - f->map->negative : 0;
}

struct ent *fd_edit(struct files *f, int64_t num)
{
	struct slot *s = fd_slot(f, num);
	struct ent *e;

	if (!s || s->e->negative || !map_own(f))
		return NULL;
	s = fd_slot(f, num);
	if (s->e->refs == 1)
		return s->e;
	e = ent_dup(s->e, s->num);
	if (!e)
		return NULL;
	ent_unref(s->e);
	return s->e = e;
}

static struct ent *put(struct ph_state *st, struct files *f, int64_t num, struct ent *e)
{
	struct fdmap *m = f ? map_own(f) : NULL;
	struct slot *s;

	if (!m || !e || m->used >= MAX_FDS) {
		ent_unref(e);
		return NULL;
	}
	s = &m->slots[map_find(m, (int32_t)num)];
	if (s->e) {
		m->negative -= s->e->negative;
		ent_unref(s->e);
	} else {
		m->used++;
	}
	m->negative += e->negative;
	*s = (struct slot){ e, (int32_t)num, st->gap_gen };
	return e;
}

struct ent *fd_put(struct ph_state *st, struct files *f, int64_t num, unsigned type)
{
	struct ent *e;

	if (num < 0 || num > INT32_MAX)
		return NULL;
	e = ent_new((int32_t)num, type);
	if (e)
		e->pub.opened_ns = st->now;
	return put(st, f, num, e);
}

struct ent *fd_copy(struct ph_state *st, struct files *from, int64_t num, struct files *to, int64_t to_num)
{
	struct ent *e = fd_get(from, num);

	if (!e || to_num < 0 || to_num > INT32_MAX)
		return NULL;
	e = ent_dup(e, (int32_t)to_num);
	if (e)
		e->pub.flags &= (uint16_t)~(PH_FDF_CLOEXEC | PH_FDF_NAME_CHANGED);
	return put(st, to, to_num, e);
}

void fd_del(struct files *f, int64_t num)
{
	if (fd_slot(f, num) && map_own(f))
		map_del(f->map, map_find(f->map, (int32_t)num));
}

/* Deleting moves entries, so what is to go is collected first: the numbers in [first, last], or all with close-on-exec. */
static uint32_t collect(const struct fdmap *m, uint32_t first, uint32_t last, bool cloexec, uint32_t **nums)
{
	uint32_t n = 0;

	*nums = NULL;
	for (uint32_t i = 0; m && i < m->cap; i++) {
		const struct slot *s = &m->slots[i];

		if (!s->e || (uint32_t)s->num < first || (uint32_t)s->num > last)
			continue;
		if (cloexec && !(s->e->pub.flags & PH_FDF_CLOEXEC))
			continue;
		if (!*nums && !(*nums = malloc(m->used * sizeof(**nums))))
			return 0;
		(*nums)[n++] = (uint32_t)s->num;
	}
	return n;
}

void fd_del_cloexec(struct files *f)
{
	uint32_t *nums, n = collect(f ? f->map : NULL, 0, INT32_MAX, true, &nums);

	while (n > 0)
		fd_del(f, nums[--n]);
	free(nums);
}

void fd_range(struct files *f, uint32_t first, uint32_t last, bool cloexec)
{
	uint32_t *nums, n = collect(f ? f->map : NULL, first, last, false, &nums);

	while (n > 0) {
		struct ent *e;

		n--;
		if (!cloexec)
			fd_del(f, nums[n]);
		else if ((e = fd_edit(f, nums[n])))
			e->pub.flags |= PH_FDF_CLOEXEC;
	}
	free(nums);
}

struct ent *fd_lookup(struct ph_state *st, struct thread *t, int64_t num)
{
	struct slot *s = fd_slot(t->files, num);

	if (s && (s->gen == st->gap_gen || !st->live))
		return s->e->negative ? NULL : s->e;
	if (num < 0 || num > INT32_MAX || !st->live)
		return NULL;
	if (!live_budget(st))
		return s && !s->e->negative ? s->e : NULL;
	return live_fd(st, t, num);
}

bool result_known(struct ph_state *st, struct ph_event *ev, const struct thread *t)
{
	struct ent *e = st->live ? NULL : fd_get(t->files, ev->res);

	if (!e || !e->pub.name[0])
		return false;
	ev->fd = &e->pub;
	return true;
}

struct ph_fd *ph_state_fd(struct ph_state *st, const struct ph_thread *t, int64_t fd)
{
	struct ent *e = fd_get(T(t)->files, fd);

	(void)st;
	return e ? &e->pub : NULL;
}

size_t ph_state_fd_count(struct ph_state *st, const struct ph_thread *t)
{
	(void)st;
	return files_count(T(t)->files);
}

void ph_state_each_fd(struct ph_state *st, const struct ph_thread *t, bool (*f)(void *arg, struct ph_fd *fd), void *arg)
{
	struct fdmap *m = T(t)->files ? T(t)->files->map : NULL;

	(void)st;
	for (uint32_t i = 0; m && i < m->cap; i++)
		if (m->slots[i].e && !m->slots[i].e->negative && !f(arg, &m->slots[i].e->pub))
			return;
}
