/* SPDX-License-Identifier: Apache-2.0 */
/* What the records of trace files say of containers, and what is written into them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "collector/container/container.h"

#define A "aaaaaaaaaaaa0123456789abcdef0123456789abcdef0123456789abcdef0123"
#define SHORT_A "aaaaaaaaaaaa"
#define B "bbbbbbbbbbbb0123456789abcdef0123456789abcdef0123456789abcdef0123"
#define SHORT_B "bbbbbbbbbbbb"

struct fix {
	struct ph_containers *cs;
	int changes;
	char last[200]; /* the name that the last change was told with */
};

static void on_change(void *arg, const struct ph_container *c)
{
	struct fix *f = arg;

	f->changes++;
	snprintf(f->last, sizeof f->last, "%s", c->name);
}

static int setup(void **s)
{
	struct fix *f = calloc(1, sizeof *f);
	struct ph_containers_opts opts = { .size = sizeof opts, .changed = on_change, .changed_arg = f };

	f->cs = ph_containers_new(&opts);
	*s = f;
	return f->cs ? 0 : -1;
}

static int teardown(void **s)
{
	struct fix *f = *s;

	ph_containers_free(f->cs);
	free(f);
	return 0;
}

static int add(struct fix *f, const char *json)
{
	return ph_containers_add_json(f->cs, json, strlen(json));
}

static struct ph_container *by_path(struct fix *f, const char *path)
{
	return ph_containers_by_cgroup(f->cs, path, strlen(path));
}

static const char *name_at(struct fix *f, const char *path)
{
	struct ph_container *c = by_path(f, path);

	return c ? c->name : "(host)";
}

static const char whole[] =
	"{\"container\":{\"id\":\"" SHORT_A "\",\"full_id\":\"" A
	"\",\"type\":7,\"name\":\"web\",\"image\":\"docker.io/nginx:1.2\","
	"\"imageid\":\"abc\",\"imagerepo\":\"docker.io/nginx\",\"imagetag\":\"1.2\",\"imagedigest\":\"sha256:def\","
	"\"privileged\":true,\"lookup_state\":1,\"created_time\":1700000000,\"ip\":\"10.1.2.3\",\"User\":\"www\","
	"\"Mounts\":[{\"Source\":\"/a\",\"Destination\":\"/b\",\"Mode\":\"z\",\"RW\":true,\"Propagation\":\"rprivate\"},"
	"{\"Source\":\"/c\",\"Destination\":\"/d\",\"Mode\":\"\",\"RW\":false,\"Propagation\":\"\"}],"
	"\"port_mappings\":[{\"HostIp\":3232235521,\"HostPort\":8080,\"ContainerPort\":80},"
	"{\"HostIp\":0,\"HostPort\":65535,\"ContainerPort\":1}],"
	"\"labels\":{\"a\":\"b\",\"db.password\":\"hunter2\"},\"env\":[],"
	"\"Healthcheck\":{\"exe\":\"/bin/sh\",\"args\":[\"-c\",\"curl x\"]},"
	"\"memory_limit\":1000,\"swap_limit\":\"2000\",\"cpu_shares\":512.0,\"cpu_quota\":50000,\"cpu_period\":100000}}";

static void a_record_tells_all_that_the_format_has(void **s)
{
	struct fix *f = *s;
	struct ph_container *c;

	assert_int_equal(add(f, whole), 0);
	c = ph_containers_by_id(f->cs, SHORT_A);
	assert_ptr_equal(ph_containers_by_id(f->cs, A), c);
	assert_string_equal(c->id, SHORT_A);
	assert_string_equal(c->full_id, A);
	assert_int_equal(c->type, PH_CT_CONTAINERD);
	assert_int_equal(c->lookup, PH_CL_OK);
	assert_string_equal(c->name, "web");
	assert_string_equal(c->image, "docker.io/nginx:1.2");
	assert_string_equal(c->image_id, "abc");
	assert_string_equal(c->image_repo, "docker.io/nginx");
	assert_string_equal(c->image_tag, "1.2");
	assert_string_equal(c->image_digest, "sha256:def");
	assert_true(c->privileged);
	assert_true(c->created_ns == 1700000000000000000u);
	assert_int_equal(c->ip, 0x0a010203);
	assert_string_equal(c->user, "www");
	assert_int_equal(c->nmounts, 2);
	assert_string_equal(c->mounts[0].source, "/a");
	assert_string_equal(c->mounts[0].dest, "/b");
	assert_string_equal(c->mounts[0].mode, "z");
	assert_true(c->mounts[0].rdwr);
	assert_string_equal(c->mounts[0].propagation, "rprivate");
	assert_false(c->mounts[1].rdwr);
	assert_int_equal(c->nports, 2);
	assert_true(c->ports[0].host_ip == 3232235521u);
	assert_int_equal(c->ports[0].host_port, 8080);
	assert_int_equal(c->ports[0].container_port, 80);
	assert_int_equal(c->ports[1].host_port, 65535);
	assert_int_equal(c->nlabels, 2);
	assert_string_equal(c->labels[0].key, "a");
	assert_string_equal(c->labels[0].value, "b");
	assert_string_equal(c->healthcheck, "/bin/sh -c curl x");
	assert_int_equal(c->memory_limit, 1000);
	assert_int_equal(c->swap_limit, 2000);
	assert_int_equal(c->cpu_shares, 512);
	assert_int_equal(c->cpu_quota, 50000);
	assert_int_equal(c->cpu_period, 100000);
	assert_int_equal(f->changes, 1);
}

static void what_is_written_reads_as_the_same_container(void **s)
{
	struct fix *f = *s;
	const struct ph_container *c;
	char *first, *second;

	add(f, whole);
	first = ph_container_json(ph_containers_by_id(f->cs, A), false);
	assert_non_null(first);
	ph_containers_reset(f->cs);
	assert_null(ph_containers_by_id(f->cs, A));
	assert_int_equal(add(f, first), 0);
	c = ph_containers_by_id(f->cs, A);
	second = ph_container_json(c, false);
	assert_string_equal(first, second);
	assert_string_equal(c->healthcheck, "/bin/sh -c curl x");
	assert_true(c->ports[0].host_ip == 3232235521u);
	assert_true(c->created_ns == 1700000000000000000u);
	assert_int_equal(c->type, PH_CT_CONTAINERD);
	assert_int_equal(c->nmounts, 2);
	assert_string_equal(c->labels[1].value, "hunter2");
	free(first);
	free(second);
}

static void writing_has_every_key_of_its_type(void **s)
{
	static const struct {
		const char *key;
		json_type type;
	} keys[] = {
		{ "id", JSON_STRING },
		{ "full_id", JSON_STRING },
		{ "type", JSON_INTEGER },
		{ "name", JSON_STRING },
		{ "image", JSON_STRING },
		{ "imageid", JSON_STRING },
		{ "imagerepo", JSON_STRING },
		{ "imagetag", JSON_STRING },
		{ "imagedigest", JSON_STRING },
		{ "privileged", JSON_FALSE },
		{ "is_pod_sandbox", JSON_FALSE },
		{ "lookup_state", JSON_INTEGER },
		{ "created_time", JSON_INTEGER },
		{ "Mounts", JSON_ARRAY },
		{ "ip", JSON_STRING },
		{ "port_mappings", JSON_ARRAY },
		{ "labels", JSON_OBJECT },
		{ "env", JSON_ARRAY },
		{ "memory_limit", JSON_INTEGER },
		{ "swap_limit", JSON_INTEGER },
		{ "cpu_shares", JSON_INTEGER },
		{ "cpu_quota", JSON_INTEGER },
		{ "cpu_period", JSON_INTEGER },
		{ "cpuset_cpu_count", JSON_INTEGER },
		{ "mesos_task_id", JSON_STRING },
		{ "metadata_deadline", JSON_INTEGER },
		{ "User", JSON_STRING },
	};
	struct fix *f = *s;
	char *text;
	json_t *root, *o;

	ph_containers_add_record(f->cs, SHORT_A, 0, "n", "i");
	text = ph_container_json(ph_containers_by_id(f->cs, SHORT_A), false);
	root = json_loads(text, 0, NULL);
	o = json_object_get(root, "container");
	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
		json_t *v = json_object_get(o, keys[i].key);
		if (!v || json_typeof(v) != keys[i].type)
			fail_msg("%s is missing or of another type", keys[i].key);
	}
	assert_string_equal(json_string_value(json_object_get(o, "ip")), "0.0.0.0");
	json_decref(root);
	free(text);
}

static void secrets_in_labels_are_masked_when_asked_for(void **s)
{
	struct fix *f = *s;
	char *text;

	add(f, whole);
	text = ph_container_json(ph_containers_by_id(f->cs, A), true);
	assert_null(strstr(text, "hunter2"));
	assert_non_null(strstr(text, "\"db.password\":\"***\""));
	assert_non_null(strstr(text, "\"a\":\"b\""));
	free(text);
}

static void text_that_is_not_utf8_can_be_written(void **s)
{
	struct fix *f = *s;
	char *text;

	ph_containers_add_record(f->cs, SHORT_A, 0, "n\xff", "i");
	text = ph_container_json(ph_containers_by_id(f->cs, SHORT_A), false);
	assert_non_null(text);
	assert_non_null(strstr(text, "\"name\":\"n?\""));
	free(text);
}

static void what_a_record_lacks_stays_as_it_is(void **s)
{
	struct fix *f = *s;
	const struct ph_container *c;
	uint32_t before;

	add(f, whole);
	c = ph_containers_by_id(f->cs, A);
	before = c->generation;
	assert_int_equal(add(f, "{\"id\":\"" SHORT_A "\",\"name\":\"\",\"lookup_state\":0}"), 0);
	assert_int_equal(c->generation, before);
	assert_int_equal(f->changes, 1);
	assert_int_equal(c->lookup, PH_CL_OK);
	assert_int_equal(add(f, "{\"id\":\"" SHORT_A "\",\"name\":\"renamed\"}"), 0);
	assert_int_equal(f->changes, 2);
	assert_string_equal(f->last, "renamed");
	assert_string_equal(c->name, "renamed");
	assert_int_equal(c->type, PH_CT_CONTAINERD);
	assert_int_equal(c->memory_limit, 1000);
	assert_true(c->privileged);
	assert_int_equal(c->nlabels, 2);
	assert_true(c->created_ns == 1700000000000000000u);
}

static void look_ups_go_from_started_to_their_end(void **s)
{
	struct fix *f = *s;
	const struct ph_container *c;

	add(f, "{\"id\":\"" SHORT_A "\",\"lookup_state\":0}");
	c = ph_containers_by_id(f->cs, SHORT_A);
	assert_int_equal(c->lookup, PH_CL_STARTED);
	add(f, "{\"id\":\"" SHORT_A "\",\"lookup_state\":2}");
	assert_int_equal(c->lookup, PH_CL_FAILED);
	assert_int_equal(f->changes, 2);
	add(f, "{\"id\":\"" SHORT_A "\",\"lookup_state\":2}");
	assert_int_equal(f->changes, 2);
	add(f, "{\"id\":\"" SHORT_A "\"}");
	assert_int_equal(c->lookup, PH_CL_OK);
	assert_int_equal(f->changes, 3);
}

static void numbers_without_an_end_are_no_reason_to_reject_a_record(void **s)
{
	struct fix *f = *s;

	assert_int_equal(
		add(f, "{\"id\":\"" SHORT_A "\",\"name\":\"x\",\"type\":0,\"memory_limit\":18446744073709551615}"), 0);
	assert_string_equal(ph_containers_by_id(f->cs, SHORT_A)->name, "x");
	assert_true(ph_containers_by_id(f->cs, SHORT_A)->memory_limit == INT64_MAX);
}

static void what_is_no_record_is_refused(void **s)
{
	static const char *const bad[] = {
		"",
		"{",
		"[]",
		"null",
		"\"x\"",
		"{}",
		"{\"container\":[]}",
		"{\"container\":{}}",
		"{\"id\":7}",
		"{\"id\":\"\"}",
		"{\"id\":\"x\\u0000\"}",
		"{\"id\":\"\xff\"}",
		"{\"container\":{\"id\":\"host\",\"type\":65534}}",
		("{\"id\":\"0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456"
		 "789012345678901234567890123456789\"}"),
	};
	struct fix *f = *s;

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		if (add(f, bad[i]) != -EBADMSG)
			fail_msg("taken: %s", bad[i]);
	assert_int_equal(ph_containers_add_record(f->cs, "", 0, "n", "i"), -EBADMSG);
	assert_int_equal(f->changes, 0);
}

static void values_of_the_wrong_type_are_passed_over(void **s)
{
	struct fix *f = *s;
	const struct ph_container *c;

	assert_int_equal(
		add(f,
		    "{\"id\":\"" SHORT_A
		    "\",\"full_id\":\"*\",\"type\":\"x\",\"name\":7,\"image\":null,\"privileged\":[],"
		    "\"created_time\":-1,\"Mounts\":{\"a\":1},\"port_mappings\":[1,{},{\"HostPort\":70000,\"ContainerPort\":1}],"
		    "\"labels\":{\"a\":1,\"b\":\"c\"},\"Healthcheck\":3,\"cpu_quota\":-1,\"ip\":\"x\",\"User\":{}}"),
		0);
	c = ph_containers_by_id(f->cs, SHORT_A);
	assert_string_equal(c->full_id, SHORT_A);
	assert_string_equal(c->name, "");
	assert_int_equal(c->nmounts, 0);
	assert_int_equal(c->nports, 0);
	assert_int_equal(c->nlabels, 1);
	assert_int_equal(c->cpu_quota, 0);
	assert_int_equal(c->ip, 0);
	assert_int_equal(c->created_ns, 0);
}

static void sizes_are_bounded(void **s)
{
	struct fix *f = *s;
	size_t cap = 2u << 20, at;
	char *json = malloc(cap);

	at = (size_t)snprintf(json, cap, "{\"id\":\"" SHORT_A "\",\"Mounts\":[{}");
	for (int i = 0; i < 1500; i++)
		at += (size_t)snprintf(json + at, cap - at, ",{}");
	at += (size_t)snprintf(json + at, cap - at, "],\"labels\":{\"x\":\"y\"");
	for (int i = 0; i < 1500; i++)
		at += (size_t)snprintf(json + at, cap - at, ",\"%d\":\"y\"", i);
	at += (size_t)snprintf(json + at, cap - at, "},\"port_mappings\":[{}");
	for (int i = 0; i < 1500; i++)
		at += (size_t)snprintf(json + at, cap - at, ",{\"HostPort\":1,\"ContainerPort\":2}");
	snprintf(json + at, cap - at, "]}");
	assert_int_equal(add(f, json), 0);
	assert_int_equal(ph_containers_by_id(f->cs, SHORT_A)->nmounts, 1000);
	assert_int_equal(ph_containers_by_id(f->cs, SHORT_A)->nlabels, 1000);
	assert_int_equal(ph_containers_by_id(f->cs, SHORT_A)->nports, 999);
	memset(json, ' ', cap);
	assert_int_equal(ph_containers_add_json(f->cs, json, (1u << 20) + 1), -ENOSPC);
	free(json);
}

static void all_records_together_are_bounded(void **s)
{
	struct fix *f = *s;
	size_t len = 1u << 20;
	char *json = malloc(len + 1);
	int i, err = 0;

	memset(json, ' ', len);
	json[len] = '\0';
	for (i = 0; i < 300; i++) {
		int n = snprintf(json, 64, "{\"id\":\"c%d\"}", i);

		json[n] = ' ';
		err = ph_containers_add_json(f->cs, json, len);
		if (err)
			break;
	}
	assert_int_equal(err, -ENOSPC);
	assert_int_equal(i, 256);
	ph_containers_reset(f->cs);
	assert_int_equal(add(f, "{\"id\":\"again\"}"), 0);
	free(json);
}

/* --- paths ------------------------------------------------------------------------------------------------------------------ */

static void paths_of_every_runtime_lead_to_a_container_that_is_told(void **s)
{
	static const char *const paths[] = {
		"/docker/" A,
		"/libpod_parent/libpod-" A,
		"/machine.slice/libpod-" A ".scope",
		"/machine.slice/libpod-" A ".scope/container",
		"/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" A ".scope/container",
		"/kubepods/burstable/pod1/" A,
		"/kubepods.slice/kubepods-pod1.slice/cri-containerd-" A ".scope",
		"/kubepods.slice/kubepods-pod1.slice/crio-" A ".scope",
		"/kubepods.slice/kubepods-pod1.slice/crio-" A,
		"/system.slice/containerd.service/kubepods-pod1.slice:cri-containerd:" A,
		"/k8s.io/" A "/inner",
		"/default/" SHORT_A,
	};
	struct fix *f = *s;

	for (int full = 0; full < 2; full++) {
		for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
			for (int late = 0; late < 2; late++) { /* the path is seen before the record, too */
				ph_containers_reset(f->cs);
				if (late)
					by_path(f, paths[i]);
				add(f, full ? "{\"id\":\"" SHORT_A "\",\"full_id\":\"" A "\",\"name\":\"it\"}" :
					      "{\"id\":\"" SHORT_A "\",\"name\":\"it\"}");
				if (strcmp(name_at(f, paths[i]), "it") != 0)
					fail_msg("not found: %s", paths[i]);
				assert_string_equal(by_path(f, paths[i])->id, SHORT_A);
				if (strstr(paths[i], A))
					assert_string_equal(by_path(f, paths[i])->full_id, A);
			}
		}
	}
}

static void ids_that_are_names_are_found_where_their_runtimes_put_them(void **s)
{
	static const struct {
		const char *path;
		bool is;
	} rows[] = {
		{ "/lxc/web-server-one", true },
		{ "/lxc.payload/web-server-one", true },
		{ "/lxc.payload.web-server-one/init.scope", true },
		{ "/machine.slice/machine-lxc\\x2dweb-server-one.scope", true },
		{ "/machine/web-server-one.libvirt-lxc", true },
		{ "/mesos/web-server-one", true },
		{ "/system.slice/web-server-one.service", false },
		{ "/web-server-one", false },
		{ "/lxc/web-server-one2", false },
		{ "/lxc.monitor.web-server-one", false },
	};
	struct fix *f = *s;

	add(f, "{\"id\":\"web-server-one\",\"name\":\"it\",\"type\":1}");
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if ((strcmp(name_at(f, rows[i].path), "it") == 0) != rows[i].is)
			fail_msg("%s", rows[i].path);
	assert_string_equal(ph_containers_by_id(f->cs, "web-server-one")->full_id, "web-server-one");
}

static void the_innermost_container_owns_a_path(void **s)
{
	struct fix *f = *s;

	add(f, "{\"id\":\"" SHORT_A "\",\"name\":\"outer\"}");
	add(f, "{\"id\":\"" SHORT_B "\",\"name\":\"inner\",\"type\":11}");
	assert_string_equal(name_at(f, "/docker/" A "/machine.slice/libpod-" B ".scope"), "inner");
	assert_string_equal(name_at(f, "/docker/" A), "outer");
	/* by its cgroup it lives elsewhere, so that one inside of another container is a look-alike */
	assert_string_equal(name_at(f, "/docker/" A "/x/libpod-" B ".scope"), "outer");
}

static void who_watches_a_container_is_not_in_it(void **s)
{
	struct fix *f = *s;

	add(f, "{\"id\":\"" SHORT_A "\",\"name\":\"it\",\"type\":11}");
	assert_null(by_path(f, "/machine.slice/libpod-conmon-" A ".scope"));
	assert_null(by_path(f, "/kubepods.slice/crio-conmon-" A ".scope"));
	assert_null(by_path(f, "/machine.slice/libpod-" B ".scope"));
}

static void a_container_that_is_said_to_have_gone_has_ended(void **s)
{
	struct fix *f = *s;
	const struct ph_container *c;

	add(f, whole);
	c = ph_containers_by_id(f->cs, A);
	assert_int_equal(ph_containers_remove_json(f->cs, "{\"id\":\"" SHORT_B "\"}", 21), -ENOENT);
	assert_int_equal(ph_containers_remove_json(f->cs, "{", 1), -EBADMSG);
	assert_false(c->ended);
	assert_int_equal(ph_containers_remove_json(f->cs, "{\"id\":\"" SHORT_A "\"}", 21), 0);
	assert_true(c->ended);
	assert_string_equal(ph_containers_by_id(f->cs, A)->name, "web");
	add(f, whole);
	assert_false(c->ended);
}

static void old_options_without_a_callback_are_enough(void **s)
{
	struct ph_containers_opts opts = { .size = offsetof(struct ph_containers_opts, changed), .changed = on_change };
	struct ph_containers *cs = ph_containers_new(&opts);

	(void)s;
	assert_int_equal(ph_containers_add_record(cs, SHORT_A, 0, "n", "i"), 0);
	ph_containers_free(cs);
}

#define t(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		t(a_record_tells_all_that_the_format_has),
		t(what_is_written_reads_as_the_same_container),
		t(writing_has_every_key_of_its_type),
		t(secrets_in_labels_are_masked_when_asked_for),
		t(text_that_is_not_utf8_can_be_written),
		t(what_a_record_lacks_stays_as_it_is),
		t(look_ups_go_from_started_to_their_end),
		t(numbers_without_an_end_are_no_reason_to_reject_a_record),
		t(what_is_no_record_is_refused),
		t(values_of_the_wrong_type_are_passed_over),
		t(sizes_are_bounded),
		t(all_records_together_are_bounded),
		t(paths_of_every_runtime_lead_to_a_container_that_is_told),
		t(ids_that_are_names_are_found_where_their_runtimes_put_them),
		t(the_innermost_container_owns_a_path),
		t(who_watches_a_container_is_not_in_it),
		t(a_container_that_is_said_to_have_gone_has_ended),
		t(old_options_without_a_callback_are_enough),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
