/* SPDX-License-Identifier: Apache-2.0 */
/* Which cgroup paths are containers, and of which id. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "collector/container/container.h"

#define A "aaaaaaaaaaaa0123456789abcdef0123456789abcdef0123456789abcdef0123"
#define B "bbbbbbbbbbbb0123456789abcdef0123456789abcdef0123456789abcdef0123"
#define UPPER "AAAAAAAAAAAA0123456789abcdef0123456789abcdef0123456789abcdef0123"

static const struct {
	const char *path, *id; /* NULL: the host */
} rows[] = {
	/* the two drivers, and what lies inside */
	{ "/docker/" A, A },
	{ "/docker/" A "/", A },
	{ "/docker/" A "/system.slice/nginx.service", A },
	{ "/docker/" A "/init.scope", A },
	{ "/system.slice/docker-" A ".scope", A },
	{ "/system.slice/docker-" A ".scope/nested", A },
	{ "/user.slice/user-1000.slice/user@1000.service/user.slice/docker-" A ".scope", A },
	{ "/actions_job/" A, A },
	{ "/my/own/parent/" A, A },
	{ "/my.slice/docker-" A ".scope", A },
	{ "/../docker/" A, A },
	{ "/kubepods.slice/kubepods-pod1.slice/docker-" A ".scope", A },
	/* Docker in Docker: the innermost */
	{ "/docker/" A "/docker/" B, B },
	{ "/docker/" A "/system.slice/docker-" B ".scope", B },
	{ "/kubepods/burstable/pod1/" A "/docker/" B, B },
	/* other runtimes' */
	{ "/libpod_parent/libpod-" A, NULL },
	{ "/machine.slice/libpod-" A ".scope", NULL },
	{ "/machine.slice/libpod-" A ".scope/container", NULL },
	{ "/libpod_parent/" A, NULL },
	{ "/kubepods/burstable/pod1/" A, NULL },
	{ "/kubepods.slice/kubepods-pod1.slice/cri-containerd-" A ".scope", NULL },
	{ "/kubepods.slice/kubepods-pod1.slice/crio-" A ".scope", NULL },
	{ "/system.slice/containerd.service/kubepods-pod1.slice:cri-containerd:" A, NULL },
	{ "/k8s.io/" A, NULL },
	{ "/lxc.payload.web", NULL },
	/* nearly */
	{ "", NULL },
	{ "/", NULL },
	{ "//", NULL },
	{ "/docker", NULL },
	{ "/docker/", NULL },
	{ "/docker/aaaa", NULL },
	{ "/docker/" A "0", NULL },
	{ "/docker/" UPPER, NULL },
	{ "/docker/g" A, NULL },
	{ "/docker-" A, NULL },
	{ "/docker-" A ".scope.d", NULL },
	{ "/docker-" A ".mount", NULL },
	{ "/system.slice/xdocker-" A ".scope", NULL },
	{ "/system.slice/docker-" UPPER ".scope", NULL },
	{ "/system.slice/docker.service", NULL },
	{ "/user.slice/user-1000.slice/session-1.scope", NULL },
};

static struct ph_containers *open_plain(void)
{
	const struct ph_containers_opts opts = { .size = sizeof opts };
	struct ph_containers *cs = ph_containers_new(&opts);
	assert_non_null(cs);
	return cs;
}

static struct ph_container *look(struct ph_containers *cs, const char *path)
{
	return ph_containers_by_cgroup(cs, path, strlen(path));
}

static void every_path_has_its_owner(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct ph_containers *cs = open_plain();
		struct ph_container *c = look(cs, rows[i].path);
		if (!rows[i].id != !c || (c && strcmp(c->full_id, rows[i].id)))
			fail_msg("%s: %s", rows[i].path, c ? c->full_id : "host");
		if (c) {
			assert_int_equal(strlen(c->id), 12);
			assert_memory_equal(c->id, rows[i].id, 12);
			assert_int_equal(c->type, PH_CT_DOCKER);
			assert_string_equal(c->name, "");
		}
		assert_ptr_equal(look(cs, rows[i].path), c);
		ph_containers_free(cs);
	}
}

static void a_path_is_read_to_its_length_only(void **state)
{
	(void)state;
	struct ph_containers *cs = open_plain();
	/* exactly as many bytes as are told, so that the sanitizers see a step beyond */
	size_t len = strlen("/docker/" A);
	char *exact = malloc(len);
	memcpy(exact, "/docker/" A, len);
	assert_non_null(ph_containers_by_cgroup(cs, exact, len));
	for (size_t n = 0; n < len; n++)
		assert_null(ph_containers_by_cgroup(cs, exact, n));
	free(exact);
	ph_containers_free(cs);
}

static void nested_cgroups_inherit_and_their_end_is_not_the_containers(void **state)
{
	(void)state;
	struct ph_containers *cs = open_plain();
	struct ph_container *c = look(cs, "/docker/" A "/inner");
	assert_string_equal(c->cgroup, "/docker/" A);
	assert_ptr_equal(look(cs, "/docker/" A), c);
	ph_containers_removed(cs, "/docker/" A "/inner", strlen("/docker/" A "/inner"));
	assert_false(c->ended);
	ph_containers_removed(cs, "/docker/" A, strlen("/docker/" A));
	assert_true(c->ended);
	ph_containers_free(cs);
}

static void an_ended_container_stays_known_and_may_start_again(void **state)
{
	(void)state;
	struct ph_containers *cs = open_plain();
	struct ph_container *c = look(cs, "/docker/" A);
	ph_containers_removed(cs, "/docker/" A, strlen("/docker/" A));
	ph_containers_removed(cs, "/docker/" A, strlen("/docker/" A)); /* once a hierarchy */
	assert_ptr_equal(ph_containers_by_id(cs, "aaaaaaaaaaaa"), c);
	assert_ptr_equal(ph_containers_by_id(cs, A), c);
	assert_true(c->ended);
	assert_ptr_equal(look(cs, "/docker/" A), c);
	assert_false(c->ended);
	ph_containers_free(cs);
}

static void a_container_cannot_pose_as_another_one(void **state)
{
	(void)state;
	struct ph_containers *cs = open_plain();
	struct ph_container *a = look(cs, "/docker/" A), *b = look(cs, "/docker/" B);
	assert_ptr_not_equal(a, b);
	assert_ptr_equal(look(cs, "/docker/" A "/docker/" B), a);
	assert_ptr_equal(look(cs, "/docker/" A "/x/docker-" B ".scope/y"), a);
	assert_string_equal(b->cgroup, "/docker/" B);
	ph_containers_free(cs);
}

static void the_cgroups_of_a_process_are_searched_for_one(void **state)
{
	(void)state;
	struct ph_containers *cs = open_plain();
	static const char list[] = "cpuset=/\0cpu=/\0memory=/docker/" A "\0name=systemd=/x\0";
	struct ph_container *c = ph_containers_by_cgroups(cs, list, sizeof list - 1);
	assert_non_null(c);
	assert_string_equal(c->full_id, A);

	static const char none[] = "cpuset=/\0garbage\0=\0\0memory=/user.slice";
	assert_null(ph_containers_by_cgroups(cs, none, sizeof none - 1));
	assert_null(ph_containers_by_cgroups(cs, "", 0));
	static const char unended[] = { 'c', '=', '/', 'd' };
	assert_null(ph_containers_by_cgroups(cs, unended, sizeof unended));
	ph_containers_free(cs);
}

static void many_paths_are_forgotten_but_no_container(void **state)
{
	(void)state;
	struct ph_containers *cs = open_plain();
	struct ph_container *c = look(cs, "/docker/" A);
	char path[64];
	for (int i = 0; i < 70000; i++) {
		snprintf(path, sizeof path, "/user.slice/%d", i);
		assert_null(look(cs, path));
	}
	ph_containers_removed(cs, "/docker/" A, strlen("/docker/" A));
	assert_true(c->ended);
	assert_ptr_equal(look(cs, "/docker/" A), c);
	ph_containers_free(cs);
}

static bool count(void *arg, struct ph_container *c)
{
	(void)c;
	++*(int *)arg;
	return true;
}

static void many_containers_are_all_found_again(void **state)
{
	(void)state;
	struct ph_containers *cs = open_plain();
	char path[128];
	int n = 0;
	for (int i = 0; i < 5000; i++) {
		snprintf(path, sizeof path, "/docker/%012x%052x", i, i);
		assert_non_null(look(cs, path));
	}
	for (int i = 0; i < 5000; i++) {
		snprintf(path, sizeof path, "%012x", i);
		assert_non_null(ph_containers_by_id(cs, path));
	}
	assert_null(ph_containers_by_id(cs, "ffffffffffff"));
	assert_null(ph_containers_by_id(cs, ""));
	ph_containers_each(cs, count, &n);
	assert_int_equal(n, 5000);
	ph_containers_free(cs);
}

static int number(struct ph_containers *cs)
{
	int n = 0;
	ph_containers_each(cs, count, &n);
	return n;
}

static void look_alikes_leave_nothing_when_they_go(void **state)
{
	(void)state;
	struct ph_containers *cs = open_plain();
	char path[160];
	for (int i = 0; i < 30000; i++) {
		snprintf(path, sizeof path, "/user.slice/%064x", i);
		assert_non_null(look(cs, path));
		strcat(path, "/inner"); /* that this one goes has been missed */
		assert_non_null(look(cs, path));
		path[strlen(path) - strlen("/inner")] = 0;
		ph_containers_removed(cs, path, strlen(path));
	}
	assert_int_equal(number(cs), 0);
	ph_containers_free(cs);
}

static void of_very_many_containers_the_newest_are_kept(void **state)
{
	(void)state;
	struct ph_containers *cs = open_plain();
	struct ph_container *kept = NULL, *also = NULL;
	char path[160];
	ph_containers_point(cs, &kept, look(cs, "/docker/" A));
	ph_containers_point(cs, &also, look(cs, "/docker/" B));
	ph_containers_removed(cs, "/docker/" A, strlen("/docker/" A));
	for (int i = 0; i < 40000; i++) { /* every other one stays, as if its end had been missed */
		snprintf(path, sizeof path, "/docker/%012x%052x", i, i);
		assert_non_null(look(cs, path));
		if (i % 2)
			ph_containers_removed(cs, path, strlen(path));
	}
	assert_int_equal(number(cs), 10002);
	assert_ptr_equal(ph_containers_by_id(cs, A), kept);
	assert_ptr_equal(ph_containers_by_id(cs, B), also);
	assert_non_null(ph_containers_by_id(cs, path + strlen("/docker/")));
	assert_null(ph_containers_by_id(cs, "000000000000"));
	ph_containers_free(cs);
}

static void what_is_pointed_to_stays(void **state)
{
	(void)state;
	struct ph_containers *cs = open_plain();
	struct ph_container *a = NULL, *b = NULL;
	ph_containers_point(cs, &a, look(cs, "/x/" A));
	ph_containers_point(cs, &b, a);
	ph_containers_removed(cs, "/x/" A, strlen("/x/" A));
	assert_true(a->ended);
	ph_containers_point(cs, &a, NULL);
	assert_null(a);
	assert_string_equal(b->full_id, A);
	assert_int_equal(number(cs), 1);
	ph_containers_point(cs, &b, look(cs, "/docker/" B));
	assert_int_equal(number(cs), 1);
	assert_null(ph_containers_by_id(cs, A));
	ph_containers_point(cs, &b, NULL);
	assert_int_equal(number(cs), 1);
	ph_containers_free(cs);
}

static void a_look_alike_does_not_end_a_container(void **state)
{
	(void)state;
	struct ph_containers *cs = open_plain();
	struct ph_container *c = look(cs, "/docker/" A);
	look(cs, "/user.slice/" A);
	ph_containers_removed(cs, "/user.slice/" A, strlen("/user.slice/" A));
	assert_false(c->ended);
	assert_string_equal(c->cgroup, "/docker/" A);
	ph_containers_free(cs);
}

static void types_have_the_names_that_fields_show(void **state)
{
	(void)state;
	assert_string_equal(ph_container_type_name(PH_CT_DOCKER), "docker");
	assert_string_equal(ph_container_type_name(PH_CT_CRIO), "cri-o");
	assert_string_equal(ph_container_type_name(PH_CT_PODMAN), "podman");
	assert_string_equal(ph_container_type_name(200), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_path_has_its_owner),
		cmocka_unit_test(a_path_is_read_to_its_length_only),
		cmocka_unit_test(nested_cgroups_inherit_and_their_end_is_not_the_containers),
		cmocka_unit_test(an_ended_container_stays_known_and_may_start_again),
		cmocka_unit_test(a_container_cannot_pose_as_another_one),
		cmocka_unit_test(the_cgroups_of_a_process_are_searched_for_one),
		cmocka_unit_test(many_paths_are_forgotten_but_no_container),
		cmocka_unit_test(many_containers_are_all_found_again),
		cmocka_unit_test(look_alikes_leave_nothing_when_they_go),
		cmocka_unit_test(of_very_many_containers_the_newest_are_kept),
		cmocka_unit_test(what_is_pointed_to_stays),
		cmocka_unit_test(a_look_alike_does_not_end_a_container),
		cmocka_unit_test(types_have_the_names_that_fields_show),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
