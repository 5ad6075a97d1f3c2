/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The k8s.* fields: the pod of the container in which the thread runs, by the labels that a kubelet's runtime gives containers. The
 * pod's own labels and address are those of its sandbox container. Of what only the API server knows, the names are understood.
 */
#include "collector/field/field.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define SHORT_ID 12

static bool text(struct ph_value *v, const char *s)
{
	return s && s[0] && ph_value_str(v, s, strlen(s));
}

static const char *label(const struct ph_container *k, const char *key)
{
	for (size_t i = 0; k && i < k->nlabels; i++)
		if (strcmp(k->labels[i].key, key) == 0)
			return k->labels[i].value;
	return NULL;
}

static const struct ph_container *container(const struct ph_field_ctx *c)
{
	return c->ev->thread ? c->ev->thread->container : NULL;
}

/* Whether a container is not one of a pod's, but the pod's frame; each runtime says so in its own words. */
static bool is_sandbox(const struct ph_container *k)
{
	static const char *const words[][2] = {
		{ "io.kubernetes.docker.type", "podsandbox" },
		{ "io.cri-containerd.kind", "sandbox" },
		{ "io.kubernetes.container.name", "POD" },
		{ "io.kubernetes.cri-o.ContainerType", "sandbox" },
	};

	for (size_t i = 0; i < COUNT(words); i++) {
		const char *value = label(k, words[i][0]);

		if (value && strcmp(value, words[i][1]) == 0)
			return true;
	}
	return false;
}

static const char *sandbox_id(const struct ph_container *k)
{
	static const char *const keys[] = { "io.kubernetes.sandbox.id", "io.kubernetes.cri-o.SandboxID" };

	if (k && is_sandbox(k))
		return k->full_id;
	for (size_t i = 0; i < COUNT(keys); i++) {
		const char *id = label(k, keys[i]);

		if (id)
			return id;
	}
	return NULL;
}

struct search {
	const char *id;
	const struct ph_container *found;
};

static bool same_id(void *arg, struct ph_container *k)
{
	struct search *s = arg;

	if (strncmp(k->id, s->id, SHORT_ID) == 0)
		s->found = k;
	return !s->found;
}

static const struct ph_container *sandbox(const struct ph_field_ctx *c)
{
	const struct ph_container *k = container(c);
	struct search s = { .id = sandbox_id(k) };

	if (k && is_sandbox(k))
		return k;
	if (s.id && strlen(s.id) >= SHORT_ID && c->opts.containers)
		ph_containers_each(c->opts.containers, same_id, &s);
	return s.found;
}

enum { POD_NAME, POD_UID, NAMESPACE };

static bool get_label_text(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	static const char *const keys[] = {
		[POD_NAME] = "io.kubernetes.pod.name",
		[POD_UID] = "io.kubernetes.pod.uid",
		[NAMESPACE] = "io.kubernetes.pod.namespace",
	};

	return text(v, label(container(c), keys[r->field->tag]));
}

static bool get_sandbox_id(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	if (!text(v, sandbox_id(container(c))))
		return false;
	if (r->field->tag && v->len > (uint32_t)r->field->tag)
		v->len = (uint32_t)r->field->tag;
	return true;
}

static bool get_pod_ip(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	(void)r;
	return ph_container_ip(c, sandbox(c), v);
}

static bool get_pod_label(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	const char *value = label(sandbox(c), r->key);

	return value && ph_value_str(v, value, strlen(value));
}

static bool get_pod_labels(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	const struct ph_container *k = sandbox(c);
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
#define NAMED STR, PH_ARG_NAME, 0, 0, 0
#define API "understood, but missing: only the cluster's API server knows of it"
#define OWNER(kind)                                                                                     \
	{ "k8s." kind ".name", STR, 0, PH_FF_HIDDEN, 0, 0, ph_field_no_value, API },                    \
		{ "k8s." kind ".id", STR, 0, PH_FF_HIDDEN, 0, 0, ph_field_no_value, API },              \
		{ "k8s." kind ".label", STR, PH_ARG_NAME, PH_FF_HIDDEN, 0, 0, ph_field_no_value, API }, \
	{                                                                                               \
		"k8s." kind ".labels", STR, 0, PH_FF_HIDDEN, 0, 0, ph_field_no_value, API               \
	}

/* clang-format off */
static const struct ph_field fields[] = {
	{ "k8s.pod.name", STR, 0, 0, 0, POD_NAME, get_label_text, "name of the pod" },
	{ "k8s.pod.id", STR, 0, 0, 0, POD_UID, get_label_text, "unique id of the pod" },
	{ "k8s.pod.uid", STR, 0, 0, 0, POD_UID, get_label_text, "the same" },
	{ "k8s.pod.sandbox_id", STR, 0, 0, 0, SHORT_ID, get_sandbox_id, "first 12 characters of the id of the pod's sandbox container" },
	{ "k8s.pod.full_sandbox_id", STR, 0, 0, 0, 0, get_sandbox_id, "whole id of the pod's sandbox container" },
	{ "k8s.pod.label", NAMED, get_pod_label, "one label of the pod, for example k8s.pod.label.app" },
	{ "k8s.pod.labels", STR, 0, PH_FF_MADE, 0, 0, get_pod_labels, "all labels of the pod as key:value, joined with a comma and a blank" },
	{ "k8s.pod.ip", STR, 0, PH_FF_MADE, 0, 0, get_pod_ip, "address of the pod" },
	{ "k8s.pod.cni.json", STR, 0, PH_FF_HIDDEN, 0, 0, ph_field_no_value, "understood, but missing: no runtime tells of it" },
	{ "k8s.ns.name", STR, 0, 0, 0, NAMESPACE, get_label_text, "namespace of the pod" },
	{ "k8s.ns.id", STR, 0, PH_FF_HIDDEN, 0, 0, ph_field_no_value, API },
	{ "k8s.ns.label", STR, PH_ARG_NAME, PH_FF_HIDDEN, 0, 0, ph_field_no_value, API },
	{ "k8s.ns.labels", STR, 0, PH_FF_HIDDEN, 0, 0, ph_field_no_value, API },
	OWNER("rc"),
	OWNER("svc"),
	OWNER("rs"),
	OWNER("deployment"),
};
/* clang-format on */

const struct ph_field_class ph_class_k8s = {
	"k8s", "Kubernetes", "The pod of the container in which the thread runs.", fields, COUNT(fields), PH_OF_THREAD
};
