/* SPDX-License-Identifier: Apache-2.0 */
/* Fields of time: on CPUs, around a moment, on a screen; and the paths of calls that work relative to a descriptor. */
#include "tests/unit/support/scene.h"

static void switch_of(struct scene *sc, int64_t tid, uint64_t after_ns, uint16_t cpu)
{
	struct evb *b = evb_new(PH_EV_SCHEDSWITCH_6_E, tid, SCENE_TS + after_ns);
	const struct ph_evt_hdr *hdr;

	evb_num(b, "next", 1);
	evb_num(b, "pgft_maj", 7);
	evb_num(b, "pgft_min", 8);
	evb_num(b, "vm_size", 4096);
	evb_num(b, "vm_rss", 512);
	evb_num(b, "vm_swap", 3);
	hdr = evb_block(b);
	ph_state_end(sc->st, &sc->ev);
	assert_int_equal(ph_event_decode(&sc->ev, hdr), 0);
	sc->ev.cpu = cpu;
	sc->ev.enter_ts = 0;
	ph_state_begin(sc->st, &sc->ev);
	ph_field_ctx_begin(&sc->ctx, &sc->ev);
}

static void a_thread_that_leaves_a_cpu_has_had_it_since_the_switch_before(void **state)
{
	struct scene *sc = *state;

	switch_of(sc, 200, 0, 1);
	assert_string_equal(scene_text(sc, "%thread.exectime %thread.totexectime"), "0 0");
	assert_string_equal(scene_text(sc, "%proc.vmsize %proc.vmrss %proc.vmswap %thread.pfmajor %thread.pfminor"),
			    "4096 512 3 7 8");
	switch_of(sc, 100, 1000, 1);
	assert_string_equal(scene_text(sc, "%thread.exectime %thread.totexectime"), "1000 1000");
	switch_of(sc, 200, 5000, 2);
	assert_string_equal(scene_text(sc, "%thread.exectime %thread.totexectime"), "0 0");
	switch_of(sc, 200, 6500, 1);
	assert_string_equal(scene_text(sc, "%thread.exectime %thread.totexectime"), "5500 5500");
	switch_of(sc, 200, 6700, 1);
	assert_string_equal(scene_text(sc, "%thread.exectime %thread.totexectime"), "200 5700");
	scene_read(sc, 3, 5, "hello", 5);
	assert_string_equal(scene_text(sc, "%thread.exectime %thread.totexectime"), "0 5700");
}

static void numbers_of_cpus_that_cannot_be_change_nothing(void **state)
{
	struct scene *sc = *state;

	switch_of(sc, 200, 0, 0);
	switch_of(sc, 200, 10, UINT16_MAX);
	switch_of(sc, 200, 30, UINT16_MAX);
	assert_string_equal(scene_text(sc, "%thread.exectime %thread.totexectime"), "0 0");
	switch_of(sc, 200, 50, 0);
	assert_string_equal(scene_text(sc, "%thread.exectime %thread.totexectime"), "50 50");
}

static void procinfo(struct scene *sc, int64_t tid, uint64_t user, uint64_t system)
{
	struct evb *b = evb_new(PH_EV_PROCINFO_E, tid, SCENE_TS);

	evb_num(b, "cpu_usr", (int64_t)user);
	evb_num(b, "cpu_sys", (int64_t)system);
	scene_event(sc, b);
}

static void procinfo_tells_the_percent_of_a_cpu_since_the_one_before(void **state)
{
	static const char format[] = "*%thread.cpu %thread.cpu.user %thread.cpu.system";
	struct scene *sc = *state;

	procinfo(sc, 200, 50, 20);
	assert_string_equal(scene_text(sc, format), "0.0 0.0 0.0");
	procinfo(sc, 201, 7, 0);
	assert_string_equal(scene_text(sc, format), "0.0 0.0 0.0");
	procinfo(sc, 200, 60, 25);
	assert_string_equal(scene_text(sc, format), "15.0 10.0 5.0");
	assert_passes(sc, "thread.cpu.user>9");
	procinfo(sc, 200, 260, 26);
	assert_string_equal(scene_text(sc, format), "100.0 100.0 1.0");
	procinfo(sc, 200, 10, 30);
	assert_string_equal(scene_text(sc, format), "0.0 0.0 4.0");
	procinfo(sc, 201, 8, 3);
	assert_string_equal(scene_text(sc, format), "4.0 1.0 0.0");
	scene_read(sc, 3, 5, "hello", 5);
	assert_string_equal(scene_text(sc, format), "<NA> <NA> <NA>");
}

static void around_takes_events_at_most_so_many_milliseconds_away(void **state)
{
	struct scene *sc = *state;

	scene_read(sc, 3, 5, "hello", 5); /* at 1506127469900617765 */
	assert_passes(sc, "evt.around[1506127469900617765]=0");
	assert_passes(sc, "evt.around[1506127469899617765]=1");
	assert_rejected(sc, "evt.around[1506127469899617764]=1");
	assert_passes(sc, "evt.around[1506127469901617765]=1");
	assert_rejected(sc, "evt.around[1506127469901617766]=1");
	assert_passes(sc, "evt.around[1]=18446744073709551615");
	assert_string_equal(filter_error("evt.around[5]>1"), "13: evt.around: only '=' is supported");
	assert_string_equal(filter_error("evt.around=1"), "0: 'evt.around' wants [number]");
	assert_string_equal(filter_error("evt.around[99999999999999999999]=1"), "0: 'evt.around[..]' wants a number");
}

static void latencies_are_spread_over_the_screen_by_their_logarithm(void **state)
{
	struct scene *sc = *state;

	scene_read(sc, 3, 5, "hello", 5); /* took 1210000 ns */
	assert_string_equal(scene_text(sc, "%evt.latency.quantized"), "1");
	sc->ctx.opts.screen_width = 110;
	assert_string_equal(scene_text(sc, "%evt.latency.quantized"), "61");
	sc->ev.latency = 100;
	assert_string_equal(scene_text(sc, "%evt.latency.quantized"), "21");
	sc->ev.latency = UINT64_MAX;
	assert_string_equal(scene_text(sc, "%evt.latency.quantized"), "111");
	sc->ev.latency = 0;
	assert_string_equal(scene_text(sc, "*%evt.latency.quantized"), "<NA>");
}

static void paths_are_absolute_from_the_descriptor_that_they_start_at(void **state)
{
	struct scene *sc = *state;
	struct evb *b = evb_new(PH_EV_SYSCALL_RENAMEAT2_X, 200, SCENE_TS);

	evb_num(b, "res", 0);
	evb_num(b, "olddirfd", -100);
	evb_str(b, "oldpath", "a/../c");
	evb_num(b, "newdirfd", 6);
	evb_str(b, "newpath", "b");
	evb_num(b, "flags", 0);
	scene_event(sc, b);
	assert_string_equal(scene_text(sc, "%evt.abspath %evt.abspath.src %evt.abspath.dst"),
			    "/home/u/c /home/u/c /var/log/b");
	b = evb_new(PH_EV_SYSCALL_UNLINKAT_2_X, 200, SCENE_TS);
	evb_num(b, "res", -2);
	evb_num(b, "dirfd", 77);
	evb_str(b, "name", "x");
	evb_num(b, "flags", 0);
	scene_event(sc, b);
	assert_string_equal(scene_text(sc, "*%evt.abspath %evt.abspath.src %evt.abspath.dst"), "<UNKNOWN>/x <NA> <NA>");
	scene_read(sc, 3, 5, "hello", 5);
	assert_string_equal(scene_text(sc, "*%evt.abspath"), "<NA>");
}

static void util_cnt_counts_events(void **state)
{
	struct scene *sc = *state;
	struct ph_format *f;
	struct ph_parse_error err;

	assert_int_equal(ph_format_compile(&f, "%util.cnt", &err), 0);
	for (int i = 1; i <= 3; i++) {
		struct ph_text t = { .buf = sc->text, .cap = sizeof sc->text };

		scene_read(sc, 3, 5, "hello", 5);
		assert_true(ph_format_line(f, &sc->ctx, &t));
		assert_int_equal(t.len, 1);
		assert_int_equal(sc->text[0], '0' + i);
	}
	ph_format_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scene_test(a_thread_that_leaves_a_cpu_has_had_it_since_the_switch_before),
		scene_test(numbers_of_cpus_that_cannot_be_change_nothing),
		scene_test(procinfo_tells_the_percent_of_a_cpu_since_the_one_before),
		scene_test(around_takes_events_at_most_so_many_milliseconds_away),
		scene_test(latencies_are_spread_over_the_screen_by_their_logarithm),
		scene_test(paths_are_absolute_from_the_descriptor_that_they_start_at),
		scene_test(util_cnt_counts_events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
