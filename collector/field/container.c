/* SPDX-License-Identifier: Apache-2.0 */
/* The container.* fields: the container in which the thread runs. Outside of containers the id, name and type are 'host'. */
#include <fnmatch.h>
#include "collector/field/field.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static bool text(struct ph_value *v, const char *s)
{
	return s[0] && ph_value_str(v, s, strlen(s));
}

enum { ID, FULL_ID, NAME, IMAGE, IMAGE_ID, REPOSITORY, TAG, DIGEST, TYPE, HEALTHCHECK };

static bool get_text(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	const struct ph_container *k;
	int what = r->field->tag;

	if (!c->ev->thread)
		return false;
	k = c->ev->thread->container;
	if (!k)
		return (what == ID || what == FULL_ID || what == NAME || what == TYPE) && text(v, "host");
	switch (what) {
	case ID:
		return text(v, k->id);
	case FULL_ID:
		return text(v, k->full_id);
	case NAME:
		return text(v, k->name);
	case IMAGE:
		return text(v, k->image);
	case IMAGE_ID:
		return text(v, k->image_id);
	case REPOSITORY:
		return text(v, k->image_repo);
	case TAG:
		return text(v, k->image_tag);
	case DIGEST:
		return text(v, k->image_digest);
	case TYPE: {
		const char *name = ph_container_type_name(k->type);

		return name && text(v, name);
	}
	case HEALTHCHECK:
		return text(v, k->healthcheck[0] ? k->healthcheck : k->lookup == PH_CL_OK ? "NONE" : "");
	}
	return false;
}

static const struct ph_container *container(const struct ph_field_ctx *c)
{
	return c->ev->thread ? c->ev->thread->container : NULL;
}

static bool get_privileged(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	const struct ph_container *k = container(c);

	(void)r;
	if (!k || k->lookup != PH_CL_OK)
		return false;
	v->b = k->privileged;
	return true;
}

bool ph_container_ip(struct ph_field_ctx *c, const struct ph_container *k, struct ph_value *v)
{
	struct ph_text t;

	if (!k || !k->ip)
		return false;
	t = ph_scratch_open(c);
	ph_text_ip(&t,
		   (const uint8_t[]){ (uint8_t)(k->ip >> 24), (uint8_t)(k->ip >> 16), (uint8_t)(k->ip >> 8),
				      (uint8_t)k->ip },
		   4);
	return ph_scratch_close(c, &t, v);
}

static bool get_ip(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	(void)r;
	return ph_container_ip(c, container(c), v);
}

/* Probes of a kubelet, which no record here has: none, of a container whose details are known. */
static bool get_probe(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	const struct ph_container *k = container(c);

	(void)r;
	return k && k->lookup == PH_CL_OK && text(v, "NONE");
}

static bool get_start(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	const struct ph_container *k = container(c);

	(void)r;
	if (!k || !k->created_ns)
		return false;
	v->u = k->created_ns;
	return true;
}

static bool get_duration(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	if (!get_start(c, r, v) || c->ev->ts < v->u)
		return false;
	v->u = c->ev->ts - v->u;
	return true;
}

static void mount_text(struct ph_text *t, const struct ph_mount *m)
{
	ph_text_str(t, m->source);
	ph_text_char(t, ':');
	ph_text_str(t, m->dest);
	ph_text_char(t, ':');
	ph_text_str(t, m->mode);
	ph_text_str(t, m->rdwr ? ":true:" : ":false:");
	ph_text_str(t, m->propagation);
}

static bool get_mounts(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	const struct ph_container *k = container(c);
	struct ph_text t;

	(void)r;
	if (!k || (k->nmounts == 0 && k->lookup != PH_CL_OK))
		return false;
	t = ph_scratch_open(c);
	for (size_t i = 0; i < k->nmounts; i++) {
		if (i)
			ph_text_char(&t, ',');
		mount_text(&t, &k->mounts[i]);
	}
	return ph_scratch_close(c, &t, v);
}

enum { WHOLE, SOURCE, DEST, MODE, RDWR, PROPAGATION };

/* The source is looked up by where it is mounted, everything else by what is mounted. */
static const struct ph_mount *find_mount(const struct ph_container *k, const struct ph_field_ref *r)
{
	if (r->has_index)
		return r->index >= 0 && (uint64_t)r->index < k->nmounts ? &k->mounts[r->index] : NULL;
	for (size_t i = 0; i < k->nmounts; i++)
		if (fnmatch(r->key, r->field->tag == SOURCE ? k->mounts[i].dest : k->mounts[i].source, FNM_EXTMATCH) ==
		    0)
			return &k->mounts[i];
	return NULL;
}

static bool get_mount(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	const struct ph_container *k = container(c);
	const struct ph_mount *m = k && (r->has_index || r->key) ? find_mount(k, r) : NULL;
	struct ph_text t;

	if (!m)
		return false;
	switch (r->field->tag) {
	case SOURCE:
		return text(v, m->source);
	case DEST:
		return text(v, m->dest);
	case MODE:
		return text(v, m->mode);
	case RDWR:
		return text(v, m->rdwr ? "true" : "false");
	case PROPAGATION:
		return text(v, m->propagation);
	}
	t = ph_scratch_open(c);
	mount_text(&t, m);
	return ph_scratch_close(c, &t, v);
}

static bool get_label(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	const struct ph_container *k = container(c);

	for (size_t i = 0; k && i < k->nlabels; i++)
		if (strcmp(k->labels[i].key, r->key) == 0)
			return ph_value_str(v, k->labels[i].value, strlen(k->labels[i].value));
	return false;
}

static bool get_labels(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	const struct ph_container *k = container(c);
	struct ph_text t;

	(void)r;
	if (!k || k->nlabels == 0)
		return false;
	t = ph_scratch_open(c);
	for (size_t i = 0; i < k->nlabels; i++) {
		if (i)
			ph_text_str(&t, ", ");
		ph_text_str(&t, k->labels[i].key);
		ph_text_char(&t, ':');
		ph_text_str(&t, k->labels[i].value);
	}
	return ph_scratch_close(c, &t, v);
}

#define STR PH_PT_CHARBUF, PH_PF_NA
#define MOUNT STR, PH_ARG_KEY_OPT, 0, 0

/* clang-format off */
static const struct ph_field fields[] = {
	{ "container.id", STR, 0, 0, 0, ID, get_text, "first 12 characters of the container's id; 'host' outside" },
	{ "container.full_id", STR, 0, 0, 0, FULL_ID, get_text, "whole id of the container" },
	{ "container.name", STR, 0, 0, 0, NAME, get_text, "name of the container; 'host' outside" },
	{ "container.image", STR, 0, 0, 0, IMAGE, get_text, "image as it was named when the container was made" },
	{ "container.image.id", STR, 0, 0, 0, IMAGE_ID, get_text, "id of the image" },
	{ "container.image.repository", STR, 0, 0, 0, REPOSITORY, get_text, "image name without its tag" },
	{ "container.image.tag", STR, 0, 0, 0, TAG, get_text, "tag of the image" },
	{ "container.image.digest", STR, 0, 0, 0, DIGEST, get_text, "digest of the image" },
	{ "container.type", STR, 0, 0, 0, TYPE, get_text, "what made the container, docker or podman for example; 'host' outside" },
	{ "container.privileged", PH_PT_BOOL, PH_PF_NA, 0, 0, 0, 0, get_privileged, "true for containers with all privileges" },
	{ "container.mounts", STR, 0, PH_FF_MADE, 0, 0, get_mounts, "what is mounted: source:dest:mode:rdwr:propagation, joined with commas" },
	{ "container.mount", MOUNT, WHOLE, get_mount, "one mount, by number container.mount[0] or by its source container.mount[/data*]" },
	{ "container.mount.source", MOUNT, SOURCE, get_mount, "source of one mount, by number or by where it is mounted" },
	{ "container.mount.dest", MOUNT, DEST, get_mount, "where one mount is mounted, by number or by its source" },
	{ "container.mount.mode", MOUNT, MODE, get_mount, "mode of one mount, by number or by its source" },
	{ "container.mount.rdwr", MOUNT, RDWR, get_mount, "true when one mount, by number or by its source, can be written" },
	{ "container.mount.propagation", MOUNT, PROPAGATION, get_mount, "propagation of one mount, by number or by its source" },
	{ "container.healthcheck", STR, 0, 0, 0, HEALTHCHECK, get_text, "command line of the health check, NONE when there is none" },
	{ "container.liveness_probe", STR, 0, 0, 0, 0, get_probe, "command line of the liveness probe, NONE when there is none" },
	{ "container.readiness_probe", STR, 0, 0, 0, 0, get_probe, "command line of the readiness probe, NONE when there is none" },
	{ "container.start_ts", PH_PT_ABSTIME, PH_PF_NA, 0, 0, 0, 0, get_start, "when the container was made, nanoseconds since the epoch" },
	{ "container.duration", PH_PT_RELTIME, PH_PF_NA, 0, PH_FF_MOMENT, 0, 0, get_duration, "nanoseconds since then" },
	{ "container.ip", STR, 0, PH_FF_MADE, 0, 0, get_ip, "address of the container" },
	{ "container.cni.json", STR, 0, PH_FF_HIDDEN, 0, 0, ph_field_no_value, "understood, but missing: no runtime tells of it" },
	{ "container.host_pid", PH_PT_BOOL, PH_PF_NA, 0, PH_FF_HIDDEN, 0, 0, ph_field_no_value, "understood, but missing: no runtime tells of it" },
	{ "container.host_network", PH_PT_BOOL, PH_PF_NA, 0, PH_FF_HIDDEN, 0, 0, ph_field_no_value, "understood, but missing: no runtime tells of it" },
	{ "container.host_ipc", PH_PT_BOOL, PH_PF_NA, 0, PH_FF_HIDDEN, 0, 0, ph_field_no_value, "understood, but missing: no runtime tells of it" },
	{ "container.label", STR, PH_ARG_NAME, 0, 0, 0, get_label, "one label, for example container.label.com.docker.compose.service" },
	{ "container.labels", STR, 0, PH_FF_MADE, 0, 0, get_labels, "all labels as key:value, joined with a comma and a blank" },
};
/* clang-format on */

const struct ph_field_class ph_class_container = {
	"container", "containers", "The container in which the thread runs.", fields, COUNT(fields), PH_OF_THREAD
};
