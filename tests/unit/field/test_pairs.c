/* SPDX-License-Identifier: Apache-2.0 */
/* Fields of calls that are handed out as pairs: what the thread's own events told, and ends by the addresses of the machine. */
#include "tests/unit/support/scene.h"

static void switch_of(struct scene *sc, int64_t tid)
{
	struct evb *b = evb_new(PH_EV_SCHEDSWITCH_6_E, tid, SCENE_TS);

	evb_num(b, "next", 1);
	evb_num(b, "pgft_maj", 7);
	evb_num(b, "pgft_min", 8);
	evb_num(b, "vm_size", 4096);
	evb_num(b, "vm_rss", 512);
	evb_num(b, "vm_swap", 3);
	scene_event(sc, b);
}

#define MEMORY "%proc.vmsize %proc.vmrss %proc.vmswap %thread.pfmajor %thread.pfminor %proc.nchilds %thread.vmsize"

static void memory_and_faults_are_those_of_the_thread(void **state)
{
	struct scene *sc = *state;

	switch_of(sc, 201);
	assert_string_equal(scene_text(sc, MEMORY), "4096 512 3 7 8 1 0");
	sc->ev.block |= PH_EB_PAIRS;
	assert_string_equal(scene_text(sc, MEMORY), "0 0 0 7 8 0 0");
	scene_read(sc, 3, 5, "hello", 5);
	sc->ev.block |= PH_EB_PAIRS;
	assert_string_equal(scene_text(sc, MEMORY), "4096 512 3 0 0 1 4096");
}

static void what_is_no_address_of_the_machine_is_not_local(void **state)
{
	struct scene *sc = *state;

	scene_read(sc, 4, 5, "hello", 5);
	assert_string_equal(scene_text(sc, "%fd.lip %fd.lport %fd.rip %fd.rport"), "10.0.0.1 40000 192.168.0.2 80");
	sc->ev.block |= PH_EB_PAIRS;
	assert_string_equal(scene_text(sc, "%fd.lip %fd.lport %fd.rip %fd.rport %fd.is_server"),
			    "192.168.0.2 80 10.0.0.1 40000 false");
}

static void a_new_thread_is_a_child_of_the_main_one(void **state)
{
	struct scene *sc = *state;
	struct evb *b = evb_new(PH_EV_SYSCALL_CLONE_20_X, 202, SCENE_TS);

	evb_num(b, "res", 0);
	evb_num(b, "tid", 202);
	evb_num(b, "pid", 200);
	evb_num(b, "ptid", 100);
	evb_num(b, "flags", PH_clone_flags_CLONE_THREAD | PH_clone_flags_CLONE_FILES);
	scene_event(sc, b);
	assert_string_equal(scene_text(sc, "%proc.pname"), "bash");
	sc->ev.block |= PH_EB_PAIRS;
	assert_string_equal(scene_text(sc, "%proc.pname %proc.duration"), "curl 0");
}

static void numbers_that_nobody_told_are_missing(void **state)
{
	struct scene *sc = *state;

	scene_event(sc, evb_new(PH_EV_SYSCALL_GETUID_X, 300, SCENE_TS));
	assert_string_equal(scene_text(sc, "*%thread.tid %thread.vtid %proc.vpid"), "300 <NA> <NA>");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scene_test(memory_and_faults_are_those_of_the_thread),
		scene_test(what_is_no_address_of_the_machine_is_not_local),
		scene_test(a_new_thread_is_a_child_of_the_main_one),
		scene_test(numbers_that_nobody_told_are_missing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
