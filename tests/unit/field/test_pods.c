/* SPDX-License-Identifier: Apache-2.0 */
/* Fields of what containers are part of and what their runtimes run in them: pods, health checks, their age. */
#include "tests/unit/support/scene.h"

static char none[] = "";

static struct ph_container container(const char *id, struct ph_label *labels, size_t n)
{
	struct ph_container k = {
		.full_id = (char *)(uintptr_t)id,
		.type = PH_CT_DOCKER,
		.lookup = PH_CL_OK,
		.name = none,
		.image = none,
		.image_id = none,
		.image_repo = none,
		.image_tag = none,
		.image_digest = none,
		.healthcheck = none,
		.labels = labels,
		.nlabels = n,
	};

	memcpy(k.id, id, sizeof k.id - 1);
	return k;
}

#define L(k, v) { (char *)(uintptr_t)(k), (char *)(uintptr_t)(v) }
#define POD "*%k8s.pod.name %k8s.pod.id %k8s.pod.uid %k8s.ns.name %k8s.pod.sandbox_id %k8s.pod.full_sandbox_id"

static void labels_of_the_kubelet_tell_the_pod(void **state)
{
	struct ph_label labels[] = {
		L("io.kubernetes.pod.name", "web-1"),
		L("io.kubernetes.pod.uid", "u-1"),
		L("io.kubernetes.pod.namespace", "shop"),
		L("io.kubernetes.sandbox.id", "fedcba9876543210"),
	};
	struct ph_container k = container("0123456789abcdef", labels, 4),
			    plain = container("0123456789abcdef", NULL, 0);
	struct scene *sc = *state;

	scene_read(sc, 3, 5, "hello", 5);
	assert_string_equal(scene_text(sc, POD), "<NA> <NA> <NA> <NA> <NA> <NA>");
	sc->ev.thread->container = &plain;
	assert_string_equal(scene_text(sc, POD), "<NA> <NA> <NA> <NA> <NA> <NA>");
	sc->ev.thread->container = &k;
	assert_string_equal(scene_text(sc, POD), "web-1 u-1 u-1 shop fedcba987654 fedcba9876543210");
	assert_string_equal(scene_text(sc, "*%k8s.pod.labels %k8s.pod.label.app %k8s.pod.ip"), "<NA> <NA> <NA>");
	sc->ev.thread->container = NULL;
}

static void the_sandbox_has_the_labels_and_the_address_of_the_pod(void **state)
{
	struct ph_label labels[] = {
		L("io.kubernetes.docker.type", "podsandbox"),
		L("app", "web"),
	};
	struct ph_container k = container("0123456789abcdef", labels, 2);
	struct scene *sc = *state;

	k.ip = 0x0a000102;
	scene_read(sc, 3, 5, "hello", 5);
	sc->ev.thread->container = &k;
	assert_string_equal(scene_text(sc, "*%k8s.pod.label.app %k8s.pod.label.none %k8s.pod.ip %k8s.pod.sandbox_id"),
			    "web <NA> 10.0.1.2 0123456789ab");
	assert_string_equal(scene_text(sc, "%k8s.pod.labels"), "io.kubernetes.docker.type:podsandbox, app:web");
	sc->ev.thread->container = NULL;
}

static void containers_find_the_sandbox_by_its_id(void **state)
{
	static const char record[] = "{\"container\":{\"id\":\"fedcba987654\",\"type\":0,\"name\":\"pause\",\"ip\":"
				     "\"10.1.2.3\",\"labels\":{\"app\":\"shop\"}}}";
	struct ph_containers_opts opts = { .size = sizeof opts };
	struct ph_label labels[] = { L("io.kubernetes.sandbox.id",
				       "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210") };
	struct ph_container k = container("0123456789abcdef", labels, 1);
	struct scene *sc = *state;

	sc->ctx.opts.containers = ph_containers_new(&opts);
	assert_non_null(sc->ctx.opts.containers);
	assert_int_equal(ph_containers_add_json(sc->ctx.opts.containers, record, sizeof record - 1), 0);
	scene_read(sc, 3, 5, "hello", 5);
	sc->ev.thread->container = &k;
	assert_string_equal(scene_text(sc, "%k8s.pod.label.app %k8s.pod.labels %k8s.pod.ip"), "shop app:shop 10.1.2.3");
	sc->ev.thread->container = NULL;
	ph_containers_free(sc->ctx.opts.containers);
}

static void containers_have_an_age(void **state)
{
	struct ph_container k = container("0123456789abcdef", NULL, 0);
	struct scene *sc = *state;

	scene_read(sc, 3, 5, "hello", 5);
	sc->ev.thread->container = &k;
	assert_string_equal(scene_text(sc, "*%container.start_ts %container.duration"), "<NA> <NA>");
	k.created_ns = SCENE_TS - 5000;
	assert_string_equal(scene_text(sc, "*%container.start_ts %container.duration"), "1506127469900612765 5000");
	k.created_ns = SCENE_TS + 1;
	assert_string_equal(scene_text(sc, "*%container.start_ts %container.duration"), "1506127469900617766 <NA>");
	sc->ev.thread->container = NULL;
}

static void a_known_container_without_mounts_has_an_empty_list(void **state)
{
	struct ph_container k = container("0123456789abcdef", NULL, 0);
	struct scene *sc = *state;

	scene_read(sc, 3, 5, "hello", 5);
	sc->ev.thread->container = &k;
	assert_string_equal(scene_text(sc, "*[%container.mounts] %container.liveness_probe %container.readiness_probe"),
			    "[] NONE NONE");
	k.lookup = PH_CL_STARTED;
	assert_string_equal(scene_text(sc, "*[%container.mounts] %container.liveness_probe %container.readiness_probe"),
			    "[<NA>] <NA> <NA>");
	assert_string_equal(scene_text(sc, "*%container.cni.json %container.host_pid"), "<NA> <NA>");
	sc->ev.thread->container = NULL;
}

static const char *is_healthcheck(struct scene *sc, struct ph_container *k, const char *command)
{
	k->healthcheck = (char *)(uintptr_t)command;
	return scene_text(sc, "%proc.is_container_healthcheck");
}

static void what_came_from_outside_with_the_health_checks_command_is_it(void **state)
{
	struct ph_container k = container("0123456789abcdef", NULL, 0);
	struct scene *sc = *state;
	struct ph_thread *bash = ph_state_thread(sc->st, 100);

	scene_read(sc, 3, 5, "hello", 5);
	assert_string_equal(scene_text(sc, "%proc.is_container_healthcheck"), "false");
	sc->ev.thread->container = &k;
	assert_string_equal(is_healthcheck(sc, &k, ""), "false");
	assert_string_equal(is_healthcheck(sc, &k, "curl -s http://x/"), "true");
	assert_string_equal(is_healthcheck(sc, &k, "curl -s http://x/y"), "false");
	assert_string_equal(is_healthcheck(sc, &k, "curl"), "false");
	bash->container = &k;
	assert_string_equal(is_healthcheck(sc, &k, "curl -s http://x/"), "false");
	/* bash -l came from outside and has started curl */
	assert_string_equal(is_healthcheck(sc, &k, "bash -l"), "true");
	bash->container = sc->ev.thread->container = NULL;
}

static void a_health_check_may_be_what_a_shell_runs(void **state)
{
	static const char args[] = "/bin/sh\0-c\0curl -s x || exit 1";
	struct ph_container k = container("0123456789abcdef", NULL, 0);
	struct scene *sc = *state;
	struct evb *b;

	scene_task(sc, 300, 300, 1, "sh", args, sizeof args);
	b = evb_new(PH_EV_SYSCALL_READ_X, 300, SCENE_TS);
	evb_num(b, "res", 0);
	evb_num(b, "fd", 3);
	scene_event(sc, b);
	sc->ev.thread->container = &k;
	assert_string_equal(is_healthcheck(sc, &k, "curl -s x || exit 1"), "true");
	assert_string_equal(is_healthcheck(sc, &k, "/bin/sh -c curl -s x || exit 1"), "true");
	assert_string_equal(is_healthcheck(sc, &k, "curl -s x || exit 2"), "false");
	assert_string_equal(is_healthcheck(sc, &k, "curl"), "false");
	assert_string_equal(scene_text(sc, "%proc.is_container_liveness_probe %proc.is_container_readiness_probe"),
			    "false false");
	sc->ev.thread->container = NULL;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scene_test(labels_of_the_kubelet_tell_the_pod),
		scene_test(the_sandbox_has_the_labels_and_the_address_of_the_pod),
		scene_test(containers_find_the_sandbox_by_its_id),
		scene_test(containers_have_an_age),
		scene_test(a_known_container_without_mounts_has_an_empty_list),
		scene_test(what_came_from_outside_with_the_health_checks_command_is_it),
		scene_test(a_health_check_may_be_what_a_shell_runs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
