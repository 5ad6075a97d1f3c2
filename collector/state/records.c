/* SPDX-License-Identifier: Apache-2.0 */
/* What trace files tell of containers in the middle of their stream, and which threads that is about. */
#include "collector/state/internal.h"

#include <stdlib.h>

static void told(struct ph_state *st, int err)
{
	if (err == 0)
		st->told++;
}

/*
 * A record may come after the threads of its container: the cgroups of those that belong to none are looked at again, each when it is
 * next seen, for a file may have as many records as it likes.
 */
void thread_relink(struct ph_state *st, struct thread *t)
{
	const struct ph_process *p = t->pub.proc;

	if (t->told == st->told)
		return;
	t->told = st->told;
	if (!t->pub.container && !t->moved && p->cgroups_len > 0 && st->containers)
		thread_container(st, t, ph_containers_by_cgroups(st->containers, p->cgroups, p->cgroups_len));
}

static void add_json(struct ph_state *st, const struct ph_event *ev, const struct row *r, enum state_param p)
{
	uint32_t len;
	const char *json = getstr(ev, r, p, &len);

	if (st->containers && len > 0)
		told(st, ph_containers_add_json(st->containers, json, len));
}

static void on_json(struct ph_state *st, struct ph_event *ev, const struct row *r, struct thread *t)
{
	(void)t;
	add_json(st, ev, r, P_json);
}

static void on_record(struct ph_state *st, struct ph_event *ev, const struct row *r, struct thread *t)
{
	static const enum state_param which[] = { P_id, P_name, P_image };
	char *texts[3] = { NULL };
	bool whole = true;

	(void)t;
	for (int i = 0; i < 3; i++) {
		uint32_t len;
		const char *s = getstr(ev, r, which[i], &len);

		texts[i] = strndup(s, len);
		whole = whole && texts[i];
	}
	if (st->containers && whole)
		told(st, ph_containers_add_record(st->containers, texts[0], getu32(ev, r, P_type), texts[1], texts[2]));
	for (int i = 0; i < 3; i++)
		free(texts[i]);
}

static bool is_named(const struct ph_event *ev, const struct row *r, const char *name)
{
	uint32_t len;
	const char *s = getstr(ev, r, P_name, &len);

	return len == strlen(name) && memcmp(s, name, len) == 0;
}

static void on_async(struct ph_state *st, struct ph_event *ev, const struct row *r, struct thread *t)
{
	(void)t;
	if (is_named(ev, r, "container"))
		add_json(st, ev, r, P_data);
}

/* Consumers of the event itself still see it alive. */
static void async_end(struct ph_state *st, struct ph_event *ev, const struct row *r, struct thread *t)
{
	uint32_t len;
	const char *json = getstr(ev, r, P_data, &len);

	(void)t;
	if (st->containers && len > 0 && is_named(ev, r, "container_removed"))
		ph_containers_remove_json(st->containers, json, len);
}

const struct handler record_handlers[] = {
	{ PH_EV_CONTAINER_E, on_record, NULL },
	{ PH_EV_CONTAINER_JSON_E, on_json, NULL },
	{ PH_EV_CONTAINER_JSON_2_E, on_json, NULL },
	{ PH_EV_ASYNCEVENT_E, on_async, async_end },
};
const size_t record_nhandlers = sizeof(record_handlers) / sizeof(record_handlers[0]);
