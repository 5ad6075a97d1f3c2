/* SPDX-License-Identifier: Apache-2.0 */
/* The texts and lists of a container: made, replaced, compared, freed. Called by the table, the runtimes and the worker. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "collector/container/internal.h"

#include <stdlib.h>
#include <string.h>

/* Stands for every empty text, so that none is ever NULL, out of memory or not. Never written to. */
static char no_text[1];

/* The texts that a runtime tells; full_id and cgroup are the table's own. */
static const size_t texts[] = {
	offsetof(struct ph_container, name),	    offsetof(struct ph_container, image),
	offsetof(struct ph_container, image_id),    offsetof(struct ph_container, image_repo),
	offsetof(struct ph_container, image_tag),   offsetof(struct ph_container, image_digest),
	offsetof(struct ph_container, log_path),    offsetof(struct ph_container, user),
	offsetof(struct ph_container, healthcheck),
};

#define NTEXTS (sizeof texts / sizeof texts[0])

static char **text_at(const struct ph_container *c, size_t i)
{
	return (char **)(uintptr_t)((const char *)c + texts[i]);
}

static void text_free(char *text)
{
	if (text != no_text)
		free(text);
}

void ct_text_init(char **field)
{
	*field = no_text;
}

void ct_set(char **field, const char *value, size_t len)
{
	char *copy = no_text;
	if (len) {
		copy = strndup(value, len);
		if (!copy)
			return;
	}
	text_free(*field);
	*field = copy;
}

void ct_set_json(char **field, const json_t *string)
{
	if (json_is_string(string))
		ct_set(field, json_string_value(string), json_string_length(string));
}

void ct_details_init(struct ph_container *c)
{
	c->full_id = c->cgroup = no_text;
	for (size_t i = 0; i < NTEXTS; i++)
		*text_at(c, i) = no_text;
}

static void mounts_free(struct ph_container *c)
{
	for (size_t i = 0; i < c->nmounts; i++) {
		text_free(c->mounts[i].source);
		text_free(c->mounts[i].dest);
		text_free(c->mounts[i].mode);
		text_free(c->mounts[i].propagation);
	}
	free(c->mounts);
	c->mounts = NULL;
	c->nmounts = 0;
}

static void labels_free(struct ph_container *c)
{
	for (size_t i = 0; i < c->nlabels; i++) {
		text_free(c->labels[i].key);
		text_free(c->labels[i].value);
	}
	free(c->labels);
	c->labels = NULL;
	c->nlabels = 0;
}

static void ports_free(struct ph_container *c)
{
	free(c->ports);
	c->ports = NULL;
	c->nports = 0;
}

void ct_details_destroy(struct ph_container *c)
{
	for (size_t i = 0; i < NTEXTS; i++)
		text_free(*text_at(c, i));
	text_free(c->full_id);
	text_free(c->cgroup);
	mounts_free(c);
	labels_free(c);
	ports_free(c);
}

struct ph_container *ct_draft_new(const char *full_id)
{
	struct ph_container *c = calloc(1, sizeof *c);
	if (!c)
		return NULL;
	ct_details_init(c);
	ct_set(&c->full_id, full_id, strlen(full_id));
	return c;
}

struct ph_container *ct_draft_like(const struct ph_container *c)
{
	struct ph_container *draft = ct_draft_new(c->full_id);
	if (!draft)
		return NULL;
	draft->created_ns = c->created_ns;
	draft->privileged = c->privileged;
	draft->memory_limit = c->memory_limit;
	draft->swap_limit = c->swap_limit;
	draft->cpu_shares = c->cpu_shares;
	draft->cpu_quota = c->cpu_quota;
	draft->cpu_period = c->cpu_period;
	return draft;
}

void ct_draft_free(struct ph_container *c)
{
	if (!c)
		return;
	ct_details_destroy(c);
	free(c);
}

static bool same_mounts(const struct ph_container *a, const struct ph_container *b)
{
	if (a->nmounts != b->nmounts)
		return false;
	for (size_t i = 0; i < a->nmounts; i++) {
		const struct ph_mount *m = &a->mounts[i], *n = &b->mounts[i];
		if (m->rdwr != n->rdwr || strcmp(m->source, n->source) || strcmp(m->dest, n->dest) ||
		    strcmp(m->mode, n->mode) || strcmp(m->propagation, n->propagation))
			return false;
	}
	return true;
}

static bool same_ports(const struct ph_container *a, const struct ph_container *b)
{
	if (a->nports != b->nports)
		return false;
	for (size_t i = 0; i < a->nports; i++) {
		const struct ph_port *p = &a->ports[i], *q = &b->ports[i];
		if (p->host_ip != q->host_ip || p->host_port != q->host_port || p->container_port != q->container_port)
			return false;
	}
	return true;
}

static bool same_labels(const struct ph_container *a, const struct ph_container *b)
{
	if (a->nlabels != b->nlabels)
		return false;
	for (size_t i = 0; i < a->nlabels; i++)
		if (strcmp(a->labels[i].key, b->labels[i].key) || strcmp(a->labels[i].value, b->labels[i].value))
			return false;
	return true;
}

void ct_leave_out(struct ph_container *draft, const struct ph_container *before)
{
	for (size_t i = 0; i < NTEXTS; i++)
		if (!strcmp(*text_at(draft, i), *text_at(before, i)))
			ct_set(text_at(draft, i), "", 0);
	if (same_mounts(draft, before))
		mounts_free(draft);
	if (same_ports(draft, before))
		ports_free(draft);
	if (same_labels(draft, before))
		labels_free(draft);
	if (draft->created_ns == before->created_ns)
		draft->created_ns = 0;
	if (draft->ip == before->ip)
		draft->ip = 0;
}

/* Takes a list over when the draft has one: a container that has stopped tells no ports any more. */
#define SWAP_LIST(c, d, list, n)                         \
	do {                                             \
		__typeof__((c)->list) list_ = (c)->list; \
		size_t n_ = (c)->n;                      \
		if ((d)->n) {                            \
			(c)->list = (d)->list;           \
			(c)->n = (d)->n;                 \
			(d)->list = list_;               \
			(d)->n = n_;                     \
		}                                        \
	} while (0)

bool ct_merge(struct ph_container *c, struct ph_container *draft)
{
	bool changed = c->lookup != PH_CL_OK;
	c->lookup = PH_CL_OK;

	for (size_t i = 0; i < NTEXTS; i++) {
		char **have = text_at(c, i), **got = text_at(draft, i);
		if (!**got || !strcmp(*have, *got))
			continue;
		char *old = *have;
		*have = *got;
		*got = old;
		changed = true;
	}

	if (!same_mounts(c, draft) || !same_ports(c, draft) || !same_labels(c, draft)) {
		changed |= draft->nmounts || draft->nports || draft->nlabels;
		SWAP_LIST(c, draft, mounts, nmounts);
		SWAP_LIST(c, draft, ports, nports);
		SWAP_LIST(c, draft, labels, nlabels);
	}

#define TAKE(field)                                  \
	do {                                         \
		changed |= c->field != draft->field; \
		c->field = draft->field;             \
	} while (0)
	TAKE(privileged);
	TAKE(memory_limit);
	TAKE(swap_limit);
	TAKE(cpu_shares);
	TAKE(cpu_quota);
	TAKE(cpu_period);
	if (draft->created_ns)
		TAKE(created_ns);
	if (draft->ip)
		TAKE(ip);
#undef TAKE
	if (changed)
		c->generation++;
	return changed;
}
