/* SPDX-License-Identifier: Apache-2.0 */
/* What is known of calls that are handed out as pairs, as sysdig 0.29.3 knows it, and what is told of threads in files. */
#include "tests/unit/support/state_fixture.h"

#include <arpa/inet.h>
#include <sys/socket.h>

static const uint8_t any[16], lo[16] = { 127, 0, 0, 1 }, eth[16] = { 192, 168, 1, 5 }, you[16] = { 10, 0, 0, 2 },
			      other[16] = { 10, 0, 0, 3 };

static int setup(void **s)
{
	static const uint8_t slash8[16] = { 255 }, slash24[16] = { 255, 255, 255 }, v6[16] = { 0xfd, [15] = 1 };
	struct ph_state_opts opts = { .size = sizeof(opts), .pairs = true };
	struct fix *f;

	fix_setup(s);
	f = *s;
	ph_state_free(f->st);
	opts.containers = f->cs;
	f->st = ph_state_new(&opts);
	assert_int_equal(ph_state_add_address(f->st, AF_INET, lo, slash8), 0);
	assert_int_equal(ph_state_add_address(f->st, AF_INET, eth, slash24), 0);
	assert_int_equal(ph_state_add_address(f->st, AF_INET6, v6, any), 0);
	return 0;
}

#define pairs_test(name) cmocka_unit_test_setup_teardown(name, setup, fix_teardown)

static struct evb *mmap_event(struct fix *f, int64_t fd)
{
	struct evb *b = event(f, PH_EV_SYSCALL_MMAP_X, 100);

	evb_num(b, "res", 0x1000);
	evb_num(b, "fd", fd);
	return b;
}

static void mmap_works_on_no_descriptor_there(void **s)
{
	struct fix *f = *s;

	do_process(f, 100, "/");
	do_open(f, 100, 3, "/lib/c.so");
	assert_true(begin(f, mmap_event(f, 3))->fdnum == PH_FD_NONE);
	assert_null(f->ev.fd);
	end(f);
}

static void mmap_works_on_one_otherwise(void **s)
{
	struct fix *f = *s;

	do_process(f, 100, "/");
	do_open(f, 100, 3, "/lib/c.so");
	assert_int_equal(begin(f, mmap_event(f, 3))->fdnum, 3);
	assert_string_equal(f->ev.fd->name, "/lib/c.so");
	end(f);
	assert_int_equal(begin(f, mmap_event(f, UINT32_MAX))->fdnum, -1);
	end(f);
}

static struct evb *switch_event(struct fix *f, int64_t tid, int64_t vm_size)
{
	struct evb *b = event(f, PH_EV_SCHEDSWITCH_6_E, tid);

	evb_num(b, "next", 1);
	evb_num(b, "pgft_maj", 1);
	evb_num(b, "pgft_min", 2);
	evb_num(b, "vm_size", vm_size);
	evb_num(b, "vm_rss", 3);
	evb_num(b, "vm_swap", 4);
	return b;
}

/* As begin(), on a CPU that there is. */
static void begin_on_cpu(struct fix *f, struct evb *b)
{
	memset(&f->ev, 0, sizeof(f->ev));
	f->ev.syscall = PH_SC_COUNT;
	assert_int_equal(ph_event_decode(&f->ev, evb_block(b)), 0);
	ph_state_begin(f->st, &f->ev);
}

static void a_switch_has_the_latency_of_the_threads_last_call(void **s)
{
	struct fix *f = *s;

	do_process(f, 100, "/");
	run(f, event(f, PH_EV_SYSCALL_GETUID_E, 100));
	assert_int_equal(begin(f, event(f, PH_EV_SYSCALL_GETUID_X, 100))->latency, 1000);
	end(f);
	assert_int_equal(begin(f, switch_event(f, 100, 0))->latency, 1000);
	end(f);
	assert_int_equal(begin(f, event(f, PH_EV_SYSCALL_GETUID_E, 100))->latency, 0);
	end(f);
	assert_int_equal(begin(f, switch_event(f, 100, 0))->latency, 0);
	end(f);
}

static void a_switch_makes_no_thread_in_files(void **s)
{
	struct fix *f = *s;

	assert_null(begin(f, switch_event(f, 14, 0))->thread);
	end(f);
	assert_null(thread(f, 14));
}

static void the_time_that_the_idle_task_had_a_cpu_is_not_the_next_ones(void **s)
{
	struct fix *f = *s;

	do_process(f, 100, "/");
	begin_on_cpu(f, switch_event(f, 100, 0));
	end(f);
	f->ts += 5000;
	begin_on_cpu(f, switch_event(f, 0, 0));
	assert_int_equal(ph_state_slice(f->st), 6000);
	end(f);
	begin_on_cpu(f, switch_event(f, 100, 0));
	end(f);
	assert_int_equal(thread(f, 100)->oncpu_ns, 1000);
}

static void memory_of_a_switch_is_the_main_threads_and_faults_are_the_threads(void **s)
{
	struct fix *f = *s;

	do_process(f, 100, "/");
	do_thread(f, 100, 101);
	run(f, switch_event(f, 101, 555));
	assert_int_equal(thread(f, 100)->own.vm_size_kb, 555);
	assert_int_equal(thread(f, 101)->own.vm_size_kb, 0);
	assert_int_equal(thread(f, 100)->own.pfminor, 0);
	assert_int_equal(thread(f, 101)->own.pfminor, 2);
}

static void exec_does_not_tell_where_a_process_is(void **s)
{
	struct fix *f = *s;
	struct evb *b;

	do_process(f, 100, "/home");
	b = exec_event(f, 100, "/bin/x", "x");
	evb_str(b, "cwd", "/srv");
	run(f, b);
	assert_string_equal(thread(f, 100)->proc->cwd, "/home/");
}

static void threads_are_made_by_their_main_thread(void **s)
{
	struct fix *f = *s;

	do_process(f, 100, "/");
	run(f, fork_event(f, 50, 100, 101, K_FILES | K_THREAD, NULL));
	assert_int_equal(thread(f, 101)->own.ptid, 100);
	assert_true(thread(f, 101)->own.made_ns == f->ts);
}

static void do_socket(struct fix *f, int64_t type)
{
	struct evb *b = event(f, PH_EV_SOCKET_SOCKET_X, 100);

	evb_num(b, "fd", 3);
	evb_num(b, "domain", AF_INET);
	evb_num(b, "type", type);
	evb_num(b, "proto", 0);
	run(f, b);
}

static void talk(struct fix *f, unsigned type, const uint8_t *sip, uint16_t sport, const uint8_t *dip, uint16_t dport)
{
	struct evb *b = call(f, type, 100, type == PH_EV_SOCKET_CONNECT_X ? 0 : 10, 3);
	uint8_t t[13];

	evb_bytes(b, "tuple", t, evb_tuple4(t, sip, sport, dip, dport));
	run(f, b);
}

static void a_destination_stays_as_it_was_first_heard_of(void **s)
{
	struct fix *f = *s;

	do_process(f, 100, "/");
	do_socket(f, SOCK_DGRAM);
	talk(f, PH_EV_SOCKET_CONNECT_X, eth, 4000, you, 53);
	talk(f, PH_EV_SOCKET_CONNECT_X, eth, 4001, other, 54);
	assert_string_equal(fd_name(f, 100, 3), "192.168.1.5:4001->10.0.0.2:53");
}

static void a_destination_changes_otherwise(void **s)
{
	struct fix *f = *s;

	do_process(f, 100, "/");
	do_socket(f, SOCK_DGRAM);
	talk(f, PH_EV_SOCKET_CONNECT_X, eth, 4000, you, 53);
	talk(f, PH_EV_SOCKET_CONNECT_X, eth, 4001, other, 54);
	assert_string_equal(fd_name(f, 100, 3), "192.168.1.5:4001->10.0.0.3:54");
}

static void who_sends_without_an_address_has_the_nearest_of_the_machine(void **s)
{
	static const struct {
		uint8_t to[16];
		const char *name;
	} cases[] = {
		{ { 127, 0, 0, 1 }, "127.0.0.1:4000->127.0.0.1:514" },
		{ { 192, 168, 1, 77 }, "192.168.1.5:4000->192.168.1.77:514" },
		{ { 8, 8, 8, 8 }, "192.168.1.5:4000->8.8.8.8:514" },
	};
	struct fix *f = *s;

	do_process(f, 100, "/");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		do_socket(f, SOCK_DGRAM);
		talk(f, PH_EV_SOCKET_SENDTO_X, any, 4000, cases[i].to, 514);
		assert_string_equal(fd_name(f, 100, 3), cases[i].name);
	}
}

static void data_makes_a_socket_a_connected_one(void **s)
{
	struct fix *f = *s;

	do_process(f, 100, "/");
	do_socket(f, SOCK_DGRAM);
	talk(f, PH_EV_SOCKET_SENDTO_X, eth, 4000, you, 514);
	assert_true(fd_of(f, 100, 3)->flags & PH_FDF_CONNECTED);
}

static void addresses_of_the_machine_are_local(void **s)
{
	static const uint8_t near[16] = { 0xfd, [15] = 99 }, far[16] = { 0xfe, [15] = 1 };
	struct fix *f = *s;

	do_process(f, 100, "/");
	assert_true(ph_state_is_local(f->st, thread(f, 100), AF_INET, eth));
	assert_false(ph_state_is_local(f->st, thread(f, 100), AF_INET, you));
	assert_true(ph_state_is_local(f->st, thread(f, 100), AF_INET6, near));
	assert_false(ph_state_is_local(f->st, thread(f, 100), AF_INET6, far));
	ph_state_reset(f->st);
	assert_false(ph_state_is_local(f->st, NULL, AF_INET, eth));
}

static void a_bound_datagram_socket_of_the_list_is_a_client_when_it_sends_first(void **s)
{
	struct fix *f = *s;
	struct ph_task t = { .tid = 100, .pid = 100, .vtid = 100, .vpid = 100 };
	struct ph_fd fd = { .num = 3,
			    .type = PH_FD_IPV4_SERVER,
			    .l4 = PH_L4_UDP,
			    .family = AF_INET,
			    .dport = 4000,
			    .name = (char[]){ "" } };

	ph_state_add_entry(f->st, &t);
	ph_state_add_entry_fd(f->st, 100, &fd);
	ph_state_snapshot_done(f->st);
	talk(f, PH_EV_SOCKET_SENDTO_X, eth, 4000, you, 514);
	assert_string_equal(fd_name(f, 100, 3), "192.168.1.5:4000->10.0.0.2:514");
	assert_true(fd_of(f, 100, 3)->flags & PH_FDF_ROLE_CLIENT);
}

static void numbers_that_a_file_does_not_tell_are_not_known(void **s)
{
	struct fix *f = *s;
	struct ph_task t = { .tid = 100, .pid = 100, .vtid = -1, .vpid = -1 };

	ph_state_add_entry(f->st, &t);
	assert_true(thread(f, 100)->no_vids);
	t.vtid = t.vpid = 100;
	ph_state_add_entry(f->st, &t);
	assert_false(thread(f, 100)->no_vids);
	do_process(f, 200, "/");
	assert_false(thread(f, 200)->no_vids);
	run(f, event(f, PH_EV_SYSCALL_GETUID_X, 300));
	assert_true(thread(f, 300)->no_vids);
}

static void a_new_thread_has_control_groups_of_its_own(void **s)
{
	static const char first[] = "cpu=/a\0memory=/b", second[] = "memory=/b\0cpu=/a";
	struct fix *f = *s;
	struct evb *b = fork_event(f, 1, 100, 100, 0, "x");

	evb_bytes(b, "cgroups", first, sizeof(first));
	run(f, b);
	b = fork_event(f, 100, 100, 101, K_FILES | K_THREAD, "x");
	evb_bytes(b, "cgroups", second, sizeof(second));
	run(f, b);
	assert_int_equal(thread(f, 100)->proc->cgroups_len, sizeof(first) - 1);
	assert_memory_equal(thread(f, 100)->proc->cgroups, first, sizeof(first) - 1);
	assert_int_equal(thread(f, 101)->own.cgroups_len, sizeof(second) - 1);
	assert_memory_equal(thread(f, 101)->own.cgroups, second, sizeof(second) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		pairs_test(mmap_works_on_no_descriptor_there),
		fix_test(mmap_works_on_one_otherwise),
		pairs_test(a_switch_has_the_latency_of_the_threads_last_call),
		fix_test(a_switch_makes_no_thread_in_files),
		fix_test(the_time_that_the_idle_task_had_a_cpu_is_not_the_next_ones),
		pairs_test(memory_of_a_switch_is_the_main_threads_and_faults_are_the_threads),
		pairs_test(exec_does_not_tell_where_a_process_is),
		pairs_test(threads_are_made_by_their_main_thread),
		pairs_test(a_destination_stays_as_it_was_first_heard_of),
		fix_test(a_destination_changes_otherwise),
		pairs_test(who_sends_without_an_address_has_the_nearest_of_the_machine),
		pairs_test(data_makes_a_socket_a_connected_one),
		pairs_test(addresses_of_the_machine_are_local),
		fix_test(a_bound_datagram_socket_of_the_list_is_a_client_when_it_sends_first),
		fix_test(numbers_that_a_file_does_not_tell_are_not_known),
		fix_test(a_new_thread_has_control_groups_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
