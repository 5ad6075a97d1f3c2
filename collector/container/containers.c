/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of containers: by id, and by the cgroup paths that have been asked for, so that an event costs a hash look-up.
 * Called by the state engine and by consumers, all on one thread.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "collector/container/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ID_BUCKETS 1024 /* at first; powers of two */
#define PATH_BUCKETS 16384
#define PATHS_MAX 65536 /* beyond that the paths are forgotten and found anew */
#define PATH_BYTES_MAX (16u << 20) /* as well */
#define IDLE_MAX 10000 /* containers of each kind that are kept though nobody points to them */
#define SHORT_ID 12
#define TOLD_MAX (256u << 20) /* bytes of JSON of all containers that are known by records */

/*
 * Whoever may make cgroups can make ones that look like containers, as many as he likes. So a container that nothing points to is
 * idle, and of the idle ones only the newest are kept; those that a runtime knows are counted apart, so that made-up ones
 * cannot push them out.
 */
enum idle { KNOWN, UNKNOWN, NIDLE, BUSY = NIDLE };

struct path;

struct node {
	struct ph_container c; /* first: the public part */
	struct node *next_by_id, **link_by_id; /* same bucket */
	struct node *next, **link; /* in the order they were seen */
	struct node *next_idle, *prev_idle; /* in the order they became idle */
	struct path *paths; /* that lead to it */
	const struct ct_runtime *rt; /* NULL: only a record tells of it */
	struct ct_life *life;
	uint64_t hash;
	size_t told_len; /* of the last record's JSON */
	uint32_t refs;
	uint8_t idle; /* enum idle */
	bool sure; /* its cgroup's name leaves no doubt that it is a container */
	bool asked; /* the worker has a question about it */
	bool wanted; /* the worker is to be asked */
	bool disk_read;
	bool told; /* by a record */
};

struct path {
	struct path *next;
	struct path *next_of_node, **link_of_node;
	struct node *node; /* NULL: the host's */
	uint64_t hash;
	size_t len;
	char text[];
};

struct idle_list {
	struct node *first, *last;
	size_t n;
};

struct ph_containers {
	struct ct_env env;
	bool ask;
	void (*warn)(void *arg, const char *line);
	void *warn_arg;
	void (*changed)(void *arg, const struct ph_container *c);
	void *changed_arg;
	struct ct_worker *worker;
	struct node **by_id;
	size_t nbuckets, nnodes;
	struct node *first, **last;
	struct idle_list idle[NIDLE];
	struct path *paths[PATH_BUCKETS];
	size_t npaths, path_bytes;
	size_t ntold, told_bytes;
};

static uint64_t hash(const char *s, size_t len)
{
	uint64_t h = 0x9e3779b97f4a7c15u ^ len, word;
	for (; len >= 8; s += 8, len -= 8) {
		memcpy(&word, s, 8);
		h = (h ^ word) * 0xff51afd7ed558ccdu;
		h ^= h >> 32;
	}
	word = 0;
	memcpy(&word, s, len);
	h = (h ^ word) * 0xff51afd7ed558ccdu;
	return h ^ h >> 29;
}

/* --- paths that have been asked for --- */

static struct path **find_path(struct ph_containers *cs, const char *path, size_t len, uint64_t h)
{
	struct path **p = &cs->paths[h % PATH_BUCKETS];
	while (*p && ((*p)->hash != h || (*p)->len != len || memcmp((*p)->text, path, len)))
		p = &(*p)->next;
	return p;
}

static void forget_path(struct ph_containers *cs, struct path **p)
{
	struct path *old = *p;
	if (!old)
		return;
	*p = old->next;
	if (old->node) {
		*old->link_of_node = old->next_of_node;
		if (old->next_of_node)
			old->next_of_node->link_of_node = old->link_of_node;
	}
	cs->npaths--;
	cs->path_bytes -= old->len;
	free(old);
}

static void forget_paths(struct ph_containers *cs)
{
	for (size_t i = 0; cs->npaths && i < PATH_BUCKETS; i++)
		while (cs->paths[i])
			forget_path(cs, &cs->paths[i]);
}

static void remember_path(struct ph_containers *cs, const char *path, size_t len, uint64_t h, struct node *n)
{
	if (cs->npaths >= PATHS_MAX || cs->path_bytes + len > PATH_BYTES_MAX)
		forget_paths(cs);
	struct path *p = malloc(sizeof *p + len);
	if (!p)
		return;
	struct path **bucket = &cs->paths[h % PATH_BUCKETS];
	*p = (struct path){ .next = *bucket, .node = n, .hash = h, .len = len };
	memcpy(p->text, path, len);
	*bucket = p;
	if (n) {
		p->next_of_node = n->paths;
		p->link_of_node = &n->paths;
		if (n->paths)
			n->paths->link_of_node = &p->next_of_node;
		n->paths = p;
	}
	cs->npaths++;
	cs->path_bytes += len;
}

/* --- ids --- */

/* By the short id, so that either length finds it. */
static uint64_t hash_id(const char *id, size_t len)
{
	return hash(id, len < SHORT_ID ? len : SHORT_ID);
}

static struct node *find_id(struct ph_containers *cs, const char *id, size_t len)
{
	for (struct node *n = cs->by_id[hash_id(id, len) % cs->nbuckets]; n; n = n->next_by_id)
		if (!strncmp(n->c.full_id, id, len) && !n->c.full_id[len])
			return n;
	return NULL;
}

/* Records mostly tell 12 digits where cgroups have all 64. */
static struct node *find_either(struct ph_containers *cs, const char *id, size_t len)
{
	struct node *n = find_id(cs, id, len);
	if (n || !ct_is_hex_id(id, len))
		return n;
	for (n = cs->by_id[hash_id(id, len) % cs->nbuckets]; n; n = n->next_by_id)
		if (ct_is_hex_id(n->c.full_id, strlen(n->c.full_id)) && !memcmp(n->c.full_id, id, SHORT_ID) &&
		    (len == SHORT_ID || !n->c.full_id[SHORT_ID]))
			return n;
	return NULL;
}

/* A longer id of a container that was known by its first digits. */
static void lengthen_id(struct node *n, const char *id, size_t len)
{
	if (strlen(n->c.full_id) >= len)
		return;
	struct ct_life *life = ct_life_new(&(struct ct_id){ .text = id, .len = len }, n->c.cgroup, strlen(n->c.cgroup));
	if (!life)
		return;
	atomic_store(&n->life->gone, true);
	ct_life_unref(n->life);
	n->life = life;
	ct_set(&n->c.full_id, id, len);
	n->c.generation++;
}

static void into_bucket(struct ph_containers *cs, struct node *n)
{
	struct node **bucket = &cs->by_id[n->hash % cs->nbuckets];
	n->next_by_id = *bucket;
	n->link_by_id = bucket;
	if (*bucket)
		(*bucket)->link_by_id = &n->next_by_id;
	*bucket = n;
}

/* Without memory the chains become longer. */
static void grow(struct ph_containers *cs)
{
	struct node **bigger = calloc(cs->nbuckets * 2, sizeof(struct node *));
	if (!bigger)
		return;
	free(cs->by_id);
	cs->by_id = bigger;
	cs->nbuckets *= 2;
	for (struct node *n = cs->first; n; n = n->next)
		into_bucket(cs, n);
}

static void node_free(struct node *n)
{
	ct_details_destroy(&n->c);
	ct_life_unref(n->life);
	free(n);
}

static struct node *add_node(struct ph_containers *cs, const struct ct_runtime *rt, const struct ct_id *id,
			     const char *cgroup, size_t len)
{
	struct node *n = calloc(1, sizeof *n);
	if (!n)
		return NULL;
	ct_details_init(&n->c);
	ct_set(&n->c.full_id, id->text, id->len);
	ct_set(&n->c.cgroup, cgroup, len);
	n->life = ct_life_new(id, cgroup, len);
	if (!n->life || !*n->c.full_id) {
		node_free(n);
		return NULL;
	}
	memcpy(n->c.id, id->text, id->len < SHORT_ID ? id->len : SHORT_ID);
	n->c.type = rt ? rt->type : PH_CT_DOCKER;
	n->rt = rt;
	n->hash = hash_id(id->text, id->len);
	n->idle = BUSY;
	n->sure = id->sure;
	if (cs->nnodes >= cs->nbuckets)
		grow(cs);
	into_bucket(cs, n);
	n->link = cs->last;
	*cs->last = n;
	cs->last = &n->next;
	cs->nnodes++;
	return n;
}

static void leave_idle(struct ph_containers *cs, struct node *n)
{
	if (n->idle == BUSY)
		return;
	struct idle_list *l = &cs->idle[n->idle];
	*(n->prev_idle ? &n->prev_idle->next_idle : &l->first) = n->next_idle;
	*(n->next_idle ? &n->next_idle->prev_idle : &l->last) = n->prev_idle;
	n->next_idle = n->prev_idle = NULL;
	n->idle = BUSY;
	l->n--;
}

static void forget_node(struct ph_containers *cs, struct node *n)
{
	atomic_store(&n->life->gone, true);
	while (n->paths)
		forget_path(cs, find_path(cs, n->paths->text, n->paths->len, n->paths->hash));
	leave_idle(cs, n);
	*n->link_by_id = n->next_by_id;
	if (n->next_by_id)
		n->next_by_id->link_by_id = n->link_by_id;
	*n->link = n->next;
	*(n->next ? &n->next->link : &cs->last) = n->link;
	cs->nnodes--;
	cs->ntold -= n->told;
	cs->told_bytes -= n->told_len;
	node_free(n);
}

/* To be called when anything that idleness depends on has changed; n may be gone then. */
static void settle(struct ph_containers *cs, struct node *n)
{
	leave_idle(cs, n);
	if (n->refs)
		return;
	bool known = n->c.lookup == PH_CL_OK;
	if (n->c.ended && !n->sure && !known) { /* it never was a container */
		forget_node(cs, n);
		return;
	}
	n->idle = known ? KNOWN : UNKNOWN;
	struct idle_list *l = &cs->idle[n->idle];
	n->prev_idle = l->last;
	*(l->last ? &l->last->next_idle : &l->first) = n;
	l->last = n;
	if (++l->n > IDLE_MAX)
		forget_node(cs, l->first);
}

/* --- what the runtime says --- */

/* Of a cgroup that only looks like a container nobody is asked before something runs in it. */
static bool worth_asking(const struct node *n)
{
	return n->sure || n->refs || n->c.lookup == PH_CL_OK;
}

static void ask_worker(struct ph_containers *cs, struct node *n)
{
	n->wanted = true;
	if (n->asked || !worth_asking(n))
		return;
	int err = cs->worker && n->rt ? ct_worker_ask(cs->worker, n->rt, n->life, !n->disk_read, n->sure) : -ENOSYS;
	n->asked = !err;
	n->wanted = err == -ENOSPC || err == -ENOMEM; /* later, then */
	if (err && !n->wanted && n->c.lookup == PH_CL_STARTED) {
		n->c.lookup = PH_CL_FAILED;
		n->c.generation++;
	}
}

void ph_containers_point(struct ph_containers *cs, struct ph_container **where, struct ph_container *c)
{
	struct node *old = (struct node *)(void *)*where, *new = (struct node *)(void *)c;
	if (old == new)
		return;
	*where = c;
	if (new && !new->refs++) {
		settle(cs, new);
		if (new->wanted && !new->asked)
			ask_worker(cs, new);
	}
	if (old && !--old->refs)
		settle(cs, old);
}

static void tell_changed(struct ph_containers *cs, const struct node *n)
{
	if (cs->changed)
		cs->changed(cs->changed_arg, &n->c);
}

/* At the first sight of a container, and when it is started again: its files now, its socket in the background. */
static void look_up(struct ph_containers *cs, struct node *n)
{
	if (!cs->ask || !n->rt)
		return;
	n->disk_read = false;
	struct ph_container *draft = n->rt->read_disk ? ct_draft_new(n->c.full_id) : NULL;
	if (draft && !n->rt->read_disk(&cs->env, n->life, CT_FILE_MAX_NOW, draft, NULL)) {
		n->disk_read = true;
		if (ct_merge(&n->c, draft))
			tell_changed(cs, n);
	}
	ct_draft_free(draft);
	ask_worker(cs, n);
}

/* --- cgroup paths --- */

struct told_look {
	struct ph_containers *cs;
	struct node *n;
};

static bool is_told(void *arg, const char *id, size_t len)
{
	struct told_look *l = arg;
	l->n = find_either(l->cs, id, len);
	if (!l->n || !l->n->told)
		return false;
	lengthen_id(l->n, id, len);
	return true;
}

/* The innermost component of path[0, len) in which the id of a container stands that a record has told of. */
static struct node *told_owner(struct ph_containers *cs, const char *path, size_t len, size_t *end)
{
	struct told_look l = { .cs = cs };
	while (cs->ntold && len) {
		size_t start = len;
		while (start && path[start - 1] != '/')
			start--;
		*end = len;
		if (start < len && ct_known_in(path, start, len, is_told, &l))
			return l.n;
		len = start ? start - 1 : 0;
	}
	return NULL;
}

static bool lives_elsewhere(const struct node *n, const char *path, size_t end)
{
	return *n->c.cgroup && (strlen(n->c.cgroup) != end || memcmp(n->c.cgroup, path, end));
}

static void set_cgroup(struct node *n, const char *path, size_t end)
{
	ct_set(&n->c.cgroup, path, end);
	n->c.generation++;
}

static struct node *owner(struct ph_containers *cs, const char *path, size_t len);

/* As a runtime claims it. */
static struct node *claimed_owner(struct ph_containers *cs, const struct ct_runtime *rt, const struct ct_id *id,
				  const char *path, size_t end)
{
	struct ct_id outer_id;
	size_t outer_end;
	struct node *n = find_either(cs, id->text, id->len);
	bool elsewhere = n && lives_elsewhere(n, path, end);
	size_t above = (size_t)(id->text - path);
	while (above && path[above - 1] != '/')
		above--;
	if (elsewhere && ct_match(path, above, &outer_id, &outer_end))
		return owner(cs, path, outer_end);

	if (!n) {
		n = add_node(cs, rt, id, path, end);
		if (!n)
			return NULL;
		look_up(cs, n);
		settle(cs, n);
		return n;
	}
	lengthen_id(n, id->text, id->len);
	if (!*n->c.cgroup || (elsewhere && (id->sure || n->c.ended))) /* a look-alike must not end it when it goes */
		set_cgroup(n, path, end);
	return n;
}

/*
 * A container that may make cgroups of its own could name one like another container: when the id inside is known to live
 * elsewhere, the container around it owns the path.
 */
static struct node *owner(struct ph_containers *cs, const char *path, size_t len)
{
	struct ct_id id;
	size_t end = 0, told_end;
	const struct ct_runtime *rt = ct_match(path, len, &id, &end);
	struct node *n = told_owner(cs, path, len, &told_end);

	if (!n || (rt && (told_end <= end || lives_elsewhere(n, path, told_end))))
		return rt ? claimed_owner(cs, rt, &id, path, end) : NULL;
	if (!*n->c.cgroup)
		set_cgroup(n, path, told_end);
	return n;
}

struct ph_container *ph_containers_by_cgroup(struct ph_containers *cs, const char *path, size_t len)
{
	if (len <= 1)
		return NULL;
	uint64_t h = hash(path, len);
	struct path *p = *find_path(cs, path, len, h);
	struct node *n = p ? p->node : owner(cs, path, len);
	if (!p)
		remember_path(cs, path, len, h, n);
	if (!n)
		return NULL;
	if (n->c.ended) { /* started again */
		n->c.ended = false;
		atomic_store(&n->life->gone, false);
		n->c.generation++;
		look_up(cs, n);
		settle(cs, n);
	} else if (n->wanted && !n->asked) {
		ask_worker(cs, n);
	}
	return &n->c;
}

struct ph_container *ph_containers_by_cgroups(struct ph_containers *cs, const char *cgroups, size_t len)
{
	const char *before = "";
	size_t before_len = 0;

	while (len) {
		size_t n = strnlen(cgroups, len);
		const char *eq = memchr(cgroups, '=', n);
		if (eq) {
			const char *path = eq + 1;
			size_t path_len = n - (size_t)(path - cgroups);
			if (path_len != before_len || memcmp(path, before, path_len)) {
				struct ph_container *c = ph_containers_by_cgroup(cs, path, path_len);
				if (c)
					return c;
				before = path;
				before_len = path_len;
			}
		}
		n += n < len;
		cgroups += n;
		len -= n;
	}
	return NULL;
}

/* The container whose own cgroup this path is; NULL: it is the host's or lies inside of a container. */
static struct node *own_cgroup(struct ph_containers *cs, const char *path, size_t len)
{
	struct ct_id id;
	size_t end;
	struct node *n =
		ct_match(path, len, &id, &end) ? find_id(cs, id.text, id.len) : told_owner(cs, path, len, &end);
	return n && end == len && strlen(n->c.cgroup) == len && !memcmp(n->c.cgroup, path, len) ? n : NULL;
}

static void end_node(struct ph_containers *cs, struct node *n)
{
	if (n->c.ended)
		return;
	n->c.ended = true;
	n->c.generation++;
	atomic_store(&n->life->gone, true);
	settle(cs, n);
}

void ph_containers_removed(struct ph_containers *cs, const char *path, size_t len)
{
	struct path **p = find_path(cs, path, len, hash(path, len));
	if (*p)
		forget_path(cs, p);
	struct node *n = own_cgroup(cs, path, len);
	if (n)
		end_node(cs, n);
}

/* --- the rest of the interface --- */

struct ph_container *ph_containers_by_id(struct ph_containers *cs, const char *id)
{
	size_t len = strlen(id);
	if (!len)
		return NULL;
	for (struct node *n = cs->by_id[hash_id(id, len) % cs->nbuckets]; n; n = n->next_by_id)
		if (!strcmp(n->c.id, id) || !strcmp(n->c.full_id, id))
			return &n->c;
	return NULL;
}

/* --- records of trace files --- */

/* The container that a record is about, made when it is new; what was the host's may then be its. */
static struct node *record_node(struct ph_containers *cs, const struct ct_record *rec, bool *fresh)
{
	struct ct_id id = { .text = rec->id, .len = strlen(rec->id), .sure = true };
	struct node *n = find_either(cs, id.text, id.len);

	*fresh = !n;
	if (!n)
		n = add_node(cs, NULL, &id, "", 0);
	if (!n)
		return NULL;
	lengthen_id(n, id.text, id.len);
	if (!n->told) {
		n->told = n->sure = true;
		cs->ntold++;
		forget_paths(cs);
	}
	return n;
}

/* What is known well is not made worse by a record of before. */
static void take_record(struct ph_containers *cs, struct node *n, const struct ct_record *rec,
			struct ph_container *draft, bool fresh)
{
	uint8_t before = n->c.lookup, after = before == PH_CL_OK ? before : (uint8_t)rec->lookup;
	n->c.lookup = PH_CL_OK; /* so that the details alone decide */
	bool changed = ct_merge(&n->c, draft);
	bool more = fresh || before != after || n->c.ended || (rec->type >= 0 && rec->type != n->c.type);

	n->c.lookup = after;
	if (rec->type >= 0)
		n->c.type = (uint8_t)rec->type;
	n->c.ended = false;
	atomic_store(&n->life->gone, false);
	if (more && !changed)
		n->c.generation++;
	if (more || changed)
		tell_changed(cs, n);
	settle(cs, n);
}

int ph_containers_add_json(struct ph_containers *cs, const char *json, size_t len)
{
	struct ct_record rec;
	bool fresh = false;
	int err;
	json_t *object = ct_record_parse(json, len, &err);

	if (object)
		err = ct_record_head(object, &rec);
	if (!err && cs->told_bytes + len > TOLD_MAX)
		err = -ENOSPC;
	struct node *n = err ? NULL : record_node(cs, &rec, &fresh);
	struct ph_container *draft = n ? ct_draft_like(&n->c) : NULL;
	if (draft) {
		ct_record_details(object, draft);
		cs->told_bytes += len - n->told_len;
		n->told_len = len;
	}
	if (n && draft)
		take_record(cs, n, &rec, draft, fresh);
	else if (n && fresh)
		settle(cs, n);
	if (!err && !draft)
		err = -ENOMEM;
	ct_draft_free(draft);
	json_decref(object);
	return err;
}

int ph_containers_add_record(struct ph_containers *cs, const char *id, unsigned type, const char *name,
			     const char *image)
{
	struct ct_record rec = { .type = type <= UINT8_MAX ? (int)type : -1, .lookup = PH_CL_OK };
	size_t len = strlen(id);
	bool fresh;

	if (!len || len >= sizeof rec.id)
		return -EBADMSG;
	memcpy(rec.id, id, len + 1);
	struct node *n = record_node(cs, &rec, &fresh);
	struct ph_container *draft = n ? ct_draft_like(&n->c) : NULL;
	if (!draft) {
		if (n && fresh)
			settle(cs, n);
		return -ENOMEM;
	}
	ct_set(&draft->name, name, strlen(name));
	ct_set(&draft->image, image, strlen(image));
	take_record(cs, n, &rec, draft, fresh);
	ct_draft_free(draft);
	return 0;
}

int ph_containers_remove_json(struct ph_containers *cs, const char *json, size_t len)
{
	struct ct_record rec;
	int err;
	json_t *object = ct_record_parse(json, len, &err);

	if (object)
		err = ct_record_head(object, &rec);
	json_decref(object);
	if (err)
		return err;
	struct node *n = find_either(cs, rec.id, strlen(rec.id));
	if (!n)
		return -ENOENT;
	end_node(cs, n);
	return 0;
}

void ph_containers_reset(struct ph_containers *cs)
{
	struct node *next;

	forget_paths(cs);
	for (struct node *n = cs->first; n; n = next) {
		next = n->next;
		forget_node(cs, n);
	}
}

/* --- what the worker has found --- */

static bool take_result(struct ph_containers *cs, struct ct_result *r)
{
	if (r->warning) {
		if (cs->warn)
			cs->warn(cs->warn_arg, r->warning);
		return false;
	}
	struct node *n = find_id(cs, r->life->id, strlen(r->life->id));
	if (!n || n->life != r->life) /* forgotten since */
		return false;
	bool changed = false;
	uint8_t before = n->c.lookup;
	if (r->last)
		n->asked = false;
	if (r->draft) {
		changed = ct_merge(&n->c, r->draft);
	} else if (n->c.lookup == PH_CL_STARTED && !n->wanted) {
		n->c.lookup = PH_CL_FAILED;
		n->c.generation++;
		changed = true;
	}
	if (n->wanted && !n->asked && !n->c.ended) /* it was started again meanwhile */
		ask_worker(cs, n);
	if (changed)
		tell_changed(cs, n);
	if (n->c.lookup != before)
		settle(cs, n);
	return changed;
}

size_t ph_containers_poll(struct ph_containers *cs)
{
	struct ct_result *r = cs->worker ? ct_worker_take(cs->worker) : NULL;
	size_t changed = 0;
	while (r) {
		struct ct_result *next = r->next;
		changed += take_result(cs, r);
		ct_result_free(r);
		r = next;
	}
	return changed;
}

void ph_containers_each(struct ph_containers *cs, bool (*f)(void *arg, struct ph_container *c), void *arg)
{
	for (struct node *n = cs->first; n; n = n->next)
		if (!f(arg, &n->c))
			return;
}

struct ph_containers *ph_containers_new(const struct ph_containers_opts *opts)
{
	struct ph_containers_opts o = { 0 };
	memcpy(&o, opts, opts->size < sizeof o ? opts->size : sizeof o);

	struct ph_containers *cs = calloc(1, sizeof *cs);
	if (!cs)
		return NULL;
	json_object_seed(0); /* now, not while events wait */
	cs->last = &cs->first;
	cs->nbuckets = ID_BUCKETS;
	cs->by_id = calloc(cs->nbuckets, sizeof(struct node *));
	if (!cs->by_id) {
		free(cs);
		return NULL;
	}
	cs->ask = o.ask_runtimes;
	cs->warn = o.warn;
	cs->warn_arg = o.warn_arg;
	cs->changed = o.changed;
	cs->changed_arg = o.changed_arg;
	if (ct_env_init(&cs->env, &o)) {
		free(cs->by_id);
		free(cs);
		return NULL;
	}
	if (cs->ask)
		cs->worker = ct_worker_new(&cs->env);
	return cs;
}

void ph_containers_free(struct ph_containers *cs)
{
	if (!cs)
		return;
	ct_worker_free(cs->worker);
	forget_paths(cs);
	while (cs->first) {
		struct node *n = cs->first;
		cs->first = n->next;
		node_free(n);
	}
	free(cs->by_id);
	ct_env_destroy(&cs->env);
	free(cs);
}
