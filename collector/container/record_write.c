/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes a container as the JSON of a record, for trace files. Called by who writes them. All keys that readers look for are there, of
 * the types that they expect: some give up when one is not.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "collector/container/internal.h"
#include "collector/redact/redact.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

/* Not all that is told is UTF-8, and a cut text may end within a character; JSON knows nothing else. */
static json_t *text(const char *s)
{
	json_t *v = json_string(s);
	if (v)
		return v;
	char *copy = strdup(s);
	for (char *p = copy; p && *p; p++)
		if ((unsigned char)*p >= 0x80)
			*p = '?';
	v = copy ? json_string(copy) : NULL;
	free(copy);
	return v;
}

static json_t *address(uint32_t ip)
{
	struct in_addr in = { .s_addr = htonl(ip) };
	char buf[INET_ADDRSTRLEN];
	return json_string(inet_ntop(AF_INET, &in, buf, sizeof buf));
}

static json_t *mounts(const struct ph_container *c)
{
	json_t *list = json_array();
	for (size_t i = 0; i < c->nmounts; i++) {
		const struct ph_mount *m = &c->mounts[i];
		json_t *o =
			json_pack("{s:o, s:o, s:o, s:b, s:o}", "Source", text(m->source), "Destination", text(m->dest),
				  "Mode", text(m->mode), "RW", (int)m->rdwr, "Propagation", text(m->propagation));
		json_array_append_new(list, o);
	}
	return list;
}

/* Readers take the address as a number with a sign. */
static json_t *ports(const struct ph_container *c)
{
	json_t *list = json_array();
	for (size_t i = 0; i < c->nports; i++) {
		const struct ph_port *p = &c->ports[i];
		json_array_append_new(list, json_pack("{s:i, s:i, s:i}", "HostIp", (int)p->host_ip, "HostPort",
						      (int)p->host_port, "ContainerPort", (int)p->container_port));
	}
	return list;
}

static json_t *labels(const struct ph_container *c, bool redact)
{
	json_t *o = json_object();
	for (size_t i = 0; i < c->nlabels; i++) {
		const struct ph_label *l = &c->labels[i];
		bool secret = redact && ph_redact_is_secret(l->key, strlen(l->key));
		json_object_set_new(o, l->key, text(secret ? "***" : l->value));
	}
	return o;
}

/* The line is one text with us; readers join the words with blanks. */
static json_t *healthcheck(const char *line)
{
	const char *blank = strchrnul(line, ' ');
	char *exe = strndup(line, (size_t)(blank - line));
	json_t *args = json_array();

	if (*blank)
		json_array_append_new(args, text(blank + 1));
	json_t *o = exe ? json_pack("{s:o, s:o}", "exe", text(exe), "args", args) : NULL;
	if (!exe)
		json_decref(args);
	free(exe);
	return o;
}

static bool set(json_t *o, const char *key, json_t *value)
{
	return json_object_set_new(o, key, value) == 0;
}

static bool set_who(json_t *o, const struct ph_container *c)
{
	/* names as ids, with some runtimes: those are not cut */
	const char *id = ct_is_hex_id(c->full_id, strlen(c->full_id)) ? c->id : c->full_id;

	return set(o, "id", text(id)) && set(o, "full_id", text(c->full_id)) && set(o, "type", json_integer(c->type)) &&
	       set(o, "name", text(c->name)) && set(o, "image", text(c->image)) &&
	       set(o, "imageid", text(c->image_id)) && set(o, "imagerepo", text(c->image_repo)) &&
	       set(o, "imagetag", text(c->image_tag)) && set(o, "imagedigest", text(c->image_digest)) &&
	       set(o, "privileged", json_boolean(c->privileged)) && set(o, "is_pod_sandbox", json_false()) &&
	       set(o, "lookup_state", json_integer(c->lookup)) &&
	       set(o, "created_time", json_integer((json_int_t)(c->created_ns / 1000000000u))) &&
	       set(o, "User", text(c->user));
}

static bool set_limits(json_t *o, const struct ph_container *c)
{
	return set(o, "memory_limit", json_integer(c->memory_limit)) &&
	       set(o, "swap_limit", json_integer(c->swap_limit)) && set(o, "cpu_shares", json_integer(c->cpu_shares)) &&
	       set(o, "cpu_quota", json_integer(c->cpu_quota)) && set(o, "cpu_period", json_integer(c->cpu_period)) &&
	       set(o, "cpuset_cpu_count", json_integer(0));
}

static bool set_lists(json_t *o, const struct ph_container *c, bool redact)
{
	return set(o, "ip", address(c->ip)) && set(o, "Mounts", mounts(c)) && set(o, "port_mappings", ports(c)) &&
	       set(o, "labels", labels(c, redact)) && set(o, "env", json_array()) &&
	       set(o, "mesos_task_id", text("")) && set(o, "metadata_deadline", json_integer(0)) &&
	       (!*c->healthcheck || set(o, "Healthcheck", healthcheck(c->healthcheck)));
}

char *ph_container_json(const struct ph_container *c, bool redact)
{
	json_t *o = json_object();
	char *json = NULL;

	if (set_who(o, c) && set_limits(o, c) && set_lists(o, c, redact)) {
		json_t *root = json_pack("{s:O}", "container", o);
		json = root ? json_dumps(root, JSON_COMPACT) : NULL;
		json_decref(root);
	}
	json_decref(o);
	return json;
}
