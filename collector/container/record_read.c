/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads the JSON of container records. Called by the table. A record is hostile: its size and its lists are bounded, and what has not
 * the type that its key should have is passed over.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "collector/container/internal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RECORD_MAX (1u << 20) /* bytes */
#define LIST_MAX 1000
#define SECOND 1000000000u

json_t *ct_record_parse(const char *text, size_t len, int *err)
{
	json_error_t e;

	*err = -ENOSPC;
	if (len > RECORD_MAX)
		return NULL;
	while (len > 0 && text[len - 1] == '\0')
		len--;
	*err = -EBADMSG;
	json_t *root = json_loadb(text, len, 0, &e);
	if (!root && json_error_code(&e) == json_error_numeric_overflow) /* some write what is unlimited as 2^64 - 1 */
		root = json_loadb(text, len, JSON_DECODE_INT_AS_REAL, &e);
	json_t *object = json_object_get(root, "container");
	if (!object)
		object = root;
	object = json_is_object(object) ? json_incref(object) : NULL;
	json_decref(root);
	if (object)
		*err = 0;
	return object;
}

/* A number, or a text that is one. */
static bool number(const json_t *v, int64_t *out)
{
	if (json_is_integer(v)) {
		*out = json_integer_value(v);
		return true;
	}
	if (json_is_real(v)) {
		double d = json_real_value(v);
		*out = d >= 9.2e18 ? INT64_MAX : d <= -9.2e18 ? INT64_MIN : (int64_t)d;
		return true;
	}
	const char *s = json_string_value(v);
	if (!s || !*s)
		return false;
	char *end;
	errno = 0;
	*out = strtoll(s, &end, 10);
	return !*end && !errno;
}

static bool number_at(const json_t *object, const char *key, int64_t *out)
{
	return number(json_object_get(object, key), out);
}

static void yes_or_no(const json_t *object, const char *key, bool *out)
{
	const json_t *v = json_object_get(object, key);
	int64_t n;

	if (json_is_boolean(v))
		*out = json_is_true(v);
	else if (json_is_string(v) && !strcmp(json_string_value(v), "true"))
		*out = true;
	else if (number(v, &n))
		*out = n != 0;
}

static bool copy_id(char id[CT_ID_MAX], const json_t *v)
{
	size_t len = json_string_length(v);

	if (!json_is_string(v) || !len || len >= CT_ID_MAX)
		return false;
	memcpy(id, json_string_value(v), len + 1);
	return true;
}

int ct_record_head(const json_t *object, struct ct_record *rec)
{
	const json_t *full = json_object_get(object, "full_id");
	int64_t n;

	if (!copy_id(rec->id, json_object_get(object, "id")) && !copy_id(rec->id, full))
		return -EBADMSG;
	if (!strcmp(rec->id, "host")) /* as the newest call what is none */
		return -EBADMSG;
	/* some write something else into full_id */
	if (json_string_length(full) > strlen(rec->id) && !strncmp(json_string_value(full), rec->id, strlen(rec->id)))
		copy_id(rec->id, full);
	rec->type = number_at(object, "type", &n) && n >= 0 && n <= UINT8_MAX ? (int)n : -1;
	rec->lookup =
		number_at(object, "lookup_state", &n) && (n == PH_CL_STARTED || n == PH_CL_FAILED) ? (int)n : PH_CL_OK;
	return 0;
}

static void text_at(char **field, const json_t *object, const char *key)
{
	ct_set_json(field, json_object_get(object, key));
}

static size_t bounded(size_t n)
{
	return n < LIST_MAX ? n : LIST_MAX;
}

static void read_mounts(const json_t *list, struct ph_container *c)
{
	size_t n = bounded(json_array_size(list));

	c->mounts = n ? calloc(n, sizeof *c->mounts) : NULL;
	for (size_t i = 0; c->mounts && i < n; i++) {
		const json_t *m = json_array_get(list, i);
		if (!json_is_object(m))
			continue;
		struct ph_mount *to = &c->mounts[c->nmounts++];
		ct_text_init(&to->source);
		ct_text_init(&to->dest);
		ct_text_init(&to->mode);
		ct_text_init(&to->propagation);
		text_at(&to->source, m, "Source");
		text_at(&to->dest, m, "Destination");
		text_at(&to->mode, m, "Mode");
		text_at(&to->propagation, m, "Propagation");
		yes_or_no(m, "RW", &to->rdwr);
	}
}

/* Dotted, or a number, which some write as a signed one. */
static bool address(const json_t *v, uint32_t *ip)
{
	struct in_addr in;
	int64_t n;

	if (json_is_string(v) && inet_pton(AF_INET, json_string_value(v), &in) == 1) {
		*ip = ntohl(in.s_addr);
		return true;
	}
	if (!number(v, &n) || n < INT32_MIN || n > UINT32_MAX)
		return false;
	*ip = (uint32_t)n;
	return true;
}

static bool port_at(const json_t *object, const char *key, uint16_t *port)
{
	int64_t n;

	if (!number_at(object, key, &n) || n < 0 || n > UINT16_MAX)
		return false;
	*port = (uint16_t)n;
	return true;
}

static void read_ports(const json_t *list, struct ph_container *c)
{
	size_t n = bounded(json_array_size(list));

	c->ports = n ? calloc(n, sizeof *c->ports) : NULL;
	for (size_t i = 0; c->ports && i < n; i++) {
		const json_t *p = json_array_get(list, i);
		struct ph_port port = { 0 };
		if (!port_at(p, "HostPort", &port.host_port) || !port_at(p, "ContainerPort", &port.container_port))
			continue;
		address(json_object_get(p, "HostIp"), &port.host_ip);
		c->ports[c->nports++] = port;
	}
}

static void read_labels(json_t *labels, struct ph_container *c)
{
	size_t n = bounded(json_object_size(labels));
	const char *key;
	json_t *value;

	c->labels = n ? calloc(n, sizeof *c->labels) : NULL;
	if (!c->labels)
		return;
	json_object_foreach(labels, key, value) {
		if (c->nlabels == n)
			break;
		if (!json_is_string(value))
			continue;
		struct ph_label *l = &c->labels[c->nlabels++];
		ct_text_init(&l->key);
		ct_text_init(&l->value);
		ct_set(&l->key, key, strlen(key));
		ct_set_json(&l->value, value);
	}
}

/* {"exe": "curl", "args": ["-f", ..]} as one line. */
static void read_healthcheck(const json_t *probe, struct ph_container *c)
{
	const json_t *args = json_object_get(probe, "args");
	const char *exe = json_string_value(json_object_get(probe, "exe"));
	char line[4096];
	int n = exe ? snprintf(line, sizeof line, "%s", exe) : 0;
	size_t at = n < 0 ? 0 : (size_t)n;

	for (size_t i = 0; at < sizeof line && i < bounded(json_array_size(args)); i++) {
		const char *arg = json_string_value(json_array_get(args, i));
		if (!arg)
			continue;
		n = snprintf(line + at, sizeof line - at, "%s%s", at ? " " : "", arg);
		at += n < 0 ? 0 : (size_t)n;
	}
	ct_set(&c->healthcheck, line, at < sizeof line ? at : sizeof line - 1);
}

static void limit_at(const json_t *object, const char *key, int64_t *limit)
{
	int64_t n;

	if (number_at(object, key, &n))
		*limit = n > 0 ? n : 0;
}

void ct_record_details(const json_t *object, struct ph_container *draft)
{
	int64_t n;

	text_at(&draft->name, object, "name");
	text_at(&draft->image, object, "image");
	text_at(&draft->image_id, object, "imageid");
	text_at(&draft->image_repo, object, "imagerepo");
	text_at(&draft->image_tag, object, "imagetag");
	text_at(&draft->image_digest, object, "imagedigest");
	text_at(&draft->user, object, "User");
	yes_or_no(object, "privileged", &draft->privileged);
	address(json_object_get(object, "ip"), &draft->ip);
	/* in seconds; what is known to the nanosecond stays so */
	if (number_at(object, "created_time", &n) && n > 0 && n < INT64_MAX / SECOND &&
	    draft->created_ns / SECOND != (uint64_t)n)
		draft->created_ns = (uint64_t)n * SECOND;
	limit_at(object, "memory_limit", &draft->memory_limit);
	limit_at(object, "swap_limit", &draft->swap_limit);
	limit_at(object, "cpu_shares", &draft->cpu_shares);
	limit_at(object, "cpu_quota", &draft->cpu_quota);
	limit_at(object, "cpu_period", &draft->cpu_period);
	read_mounts(json_object_get(object, "Mounts"), draft);
	read_ports(json_object_get(object, "port_mappings"), draft);
	read_labels(json_object_get(object, "labels"), draft);
	read_healthcheck(json_object_get(object, "Healthcheck"), draft);
}
