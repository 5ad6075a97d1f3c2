/* SPDX-License-Identifier: Apache-2.0 */
/* Events become the blocks that sysdig 0.29.3 and the newest libraries take: pairs, with older codes where those can carry them. */
#include "tests/unit/support/scene.h"
#include "tests/unit/support/scapblocks.h"
#include "collector/trace/encode.h"

#define TS 1000000000500ull
#define ENTER_TS 1000000000123ull
#define GUARD 0xee

static const struct ph_encode_opts pairs = { 0 }, exits = { .exit_only = true }, copies = { .as_read = true };
static uint8_t out[1 << 20];
static struct ph_event ev;
static struct blk b[4];

static struct ph_event *event_of(struct evb *e)
{
	memset(&ev, 0, sizeof ev);
	ev.syscall = PH_SC_COUNT;
	assert_int_equal(ph_event_decode(&ev, evb_block(e)), 0);
	ev.enter_ts = ENTER_TS;
	ev.cpu = 3;
	return &ev;
}

/* Encodes, and takes apart what has been written; how many blocks. Nothing may be written behind what was asked for. */
static int blocks_of(const struct ph_event *e, bool hidden, const struct ph_encode_opts *opts)
{
	size_t max = ph_encode_event_max(e), n;
	struct blocks s;
	int count = 0;

	assert_true(max + 64 <= sizeof out);
	memset(out, GUARD, sizeof out);
	n = ph_encode_event(out, e, hidden, opts);
	assert_true(n <= max);
	for (size_t i = max; i < max + 64; i++)
		assert_int_equal(out[i], GUARD);
	s = (struct blocks){ out, out + n };
	while (count < 4 && blk_next(&s, &b[count]))
		count++;
	assert_ptr_equal(s.at, s.end);
	return count;
}

static int encode(struct evb *e, const struct ph_encode_opts *opts)
{
	return blocks_of(event_of(e), false, opts);
}

static struct evb *call_event(unsigned type, int64_t res)
{
	struct evb *e = evb_new(type, 7, TS);

	evb_num(e, "res", res);
	return e;
}

static struct evb *write_event(void)
{
	struct evb *e = call_event(PH_EV_SYSCALL_WRITE_X, 3);

	evb_bytes(e, "data", "abc", 3);
	evb_num(e, "fd", 5);
	evb_num(e, "size", 4);
	return e;
}

#define assert_block(k, type_, ts, n)                   \
	do {                                            \
		assert_int_equal(b[k].hdr.type, type_); \
		assert_int_equal(b[k].hdr.ts_ns, ts);   \
		assert_int_equal(b[k].hdr.tid, 7);      \
		assert_int_equal(b[k].hdr.nparams, n);  \
		assert_int_equal(b[k].cpu, 3);          \
	} while (0)

static void a_call_is_an_enter_and_an_exit_block(void **state)
{
	/* clang-format off */
	static const uint8_t bytes[] = {
		0x16, 2, 0, 0, 68, 0, 0, 0, 3, 0,
		0x7b, 0x10, 0xa5, 0xd4, 0xe8, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 42, 0, 0, 0, 8, 0, 2, 0, 0, 0,
		8, 0, 4, 0, 5, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0,
		0, 0,
	};
	/* clang-format on */
	uint8_t expected[68 + 72];
	size_t n;

	(void)state;
	/* the enter: 10 in front, 26 + 4 + 12 of event, 2 of padding, 4: 56; the exit: 10 + 26 + 8 + 23, 1, 4: 72 */
	memset(expected, 0, sizeof expected);
	memcpy(expected, bytes, 52);
	expected[4] = expected[52] = 56;
	memcpy(expected + 56, (uint8_t[]){ 0x16, 2, 0, 0, 72, 0, 0, 0, 3, 0 }, 10);
	event_of(write_event());
	memcpy(expected + 66, ev.hdr, 57);
	expected[56 + 68] = 72;
	memset(out, GUARD, sizeof out);
	n = ph_encode_event(out, &ev, false, &pairs);
	assert_int_equal(n, 56 + 72);
	assert_memory_equal(out, expected, n);
}

static void the_enter_has_the_exits_time_when_its_own_is_not_known(void **state)
{
	(void)state;
	event_of(write_event());
	ev.enter_ts = 0;
	assert_int_equal(blocks_of(&ev, false, &pairs), 2);
	assert_block(0, PH_EV_SYSCALL_WRITE_E, TS, 2);
	assert_block(1, PH_EV_SYSCALL_WRITE_X, TS, 4);
}

static void a_child_has_no_enter_since_its_parent_made_the_call(void **state)
{
	(void)state;
	assert_int_equal(encode(call_event(PH_EV_SYSCALL_CLONE_20_X, 0), &pairs), 1);
	assert_int_equal(b[0].hdr.type, PH_EV_SYSCALL_CLONE_20_X);
	assert_int_equal(encode(call_event(PH_EV_SYSCALL_CLONE_20_X, 8), &pairs), 2);
	assert_block(0, PH_EV_SYSCALL_CLONE_20_E, ENTER_TS, 0);
}

static void hidden_events_say_so(void **state)
{
	(void)state;
	assert_int_equal(blocks_of(event_of(write_event()), true, &pairs), 2);
	assert_int_equal(b[0].code, PH_BC_EVENT_FLAGS);
	assert_true(b[0].hidden && b[1].hidden);
	assert_memory_equal(b[1].param[1], "abc", 3);
}

static void exits_alone_are_what_was_asked_for(void **state)
{
	(void)state;
	assert_int_equal(encode(write_event(), &exits), 1);
	assert_block(0, PH_EV_SYSCALL_WRITE_X, TS, 4);
	assert_int_equal(blk_num(&b[0], 2), 5);
}

static struct evb *generic_event(void)
{
	struct evb *e = call_event(PH_EV_GENERIC_X, -22);

	evb_num(e, "ID", 108);
	evb_num(e, "nativeID", 14);
	return e;
}

static void a_call_without_events_keeps_its_result_in_a_block_that_others_skip(void **state)
{
	(void)state;
	assert_int_equal(encode(generic_event(), &pairs), 3);
	assert_block(0, PH_EV_GENERIC_E, ENTER_TS, 2);
	assert_int_equal(blk_num(&b[0], 0), 108);
	assert_int_equal(blk_num(&b[0], 1), 14);
	assert_block(1, 0x4001, TS, 3);
	assert_int_equal(blk_num(&b[1], 2), -22);
	assert_block(2, PH_EV_GENERIC_X, TS, 2);
	assert_int_equal(blk_num(&b[2], 0), 108);
	assert_int_equal(blk_num(&b[2], 1), 14);
}

static void its_code_never_has_a_third_parameter(void **state)
{
	struct evb *e;

	(void)state;
	assert_int_equal(encode(generic_event(), &exits), 2);
	assert_block(0, 0x4001, TS, 3);
	assert_block(1, PH_EV_GENERIC_X, TS, 2);
	e = generic_event(); /* of a call that never returns */
	e->nparams = 2;
	assert_int_equal(encode(e, &pairs), 3);
	assert_block(1, 0x4001, TS, 2);
	assert_block(2, PH_EV_GENERIC_X, TS, 2);
}

static void dup3_is_carried_by_dup(void **state)
{
	struct evb *e = call_event(PH_EV_SYSCALL_DUP3_X, 9);

	(void)state;
	evb_num(e, "oldfd", 4);
	evb_num(e, "newfd", 9);
	evb_num(e, "flags", 0x1000);
	assert_int_equal(encode(e, &pairs), 3);
	assert_block(0, PH_EV_SYSCALL_DUP_E, ENTER_TS, 1);
	assert_int_equal(blk_num(&b[0], 0), 4);
	assert_block(1, PH_EV_SYSCALL_DUP3_X | PH_EV_SHADOW, TS, 4);
	assert_int_equal(blk_num(&b[1], 3), 0x1000);
	assert_block(2, PH_EV_SYSCALL_DUP_X, TS, 1);
	assert_int_equal(blk_num(&b[2], 0), 9);
	assert_int_equal(encode(e, &exits), 1);
	assert_block(0, PH_EV_SYSCALL_DUP3_X, TS, 4);
}

static void bpf_loses_nothing_by_its_older_form(void **state)
{
	struct evb *e = evb_new(PH_EV_SYSCALL_BPF_2_X, 7, TS);

	(void)state;
	evb_num(e, "fd", -1);
	evb_num(e, "cmd", 5);
	assert_int_equal(encode(e, &pairs), 2);
	assert_block(0, PH_EV_SYSCALL_BPF_E, ENTER_TS, 1);
	assert_int_equal(b[0].plen[0], 8);
	assert_int_equal(blk_num(&b[0], 0), 5);
	assert_block(1, PH_EV_SYSCALL_BPF_X, TS, 1);
	assert_int_equal(b[1].plen[0], 9);
	assert_memory_equal(b[1].param[0], "\0\xff\xff\xff\xff\xff\xff\xff\xff", 9);
}

static void flags_get_the_width_of_the_older_form(void **state)
{
	struct evb *e = call_event(PH_EV_SYSCALL_EVENTFD2_X, 6);

	(void)state;
	evb_num(e, "initval", 77);
	evb_num(e, "flags", 0x1040);
	assert_int_equal(encode(e, &pairs), 3);
	assert_block(0, PH_EV_SYSCALL_EVENTFD_E, ENTER_TS, 2);
	assert_int_equal(b[0].plen[1], 4);
	assert_int_equal(blk_num(&b[0], 1), 0x1040);
	assert_block(2, PH_EV_SYSCALL_EVENTFD_X, TS, 3);
	assert_int_equal(blk_num(&b[2], 1), 77);
	assert_int_equal(blk_num(&b[2], 2), 0x1040);
}

static void rt_sigaction_is_a_plain_call_for_others(void **state)
{
	struct evb *e = call_event(PH_EV_SIGACTION_X, 0);
	uint16_t native = (uint16_t)(
#ifdef __aarch64__
		ph_syscall_row(PH_SC_rt_sigaction)->arm64
#else
		ph_syscall_row(PH_SC_rt_sigaction)->x86_64
#endif
	);

	(void)state;
	evb_num(e, "sig", 15);
	assert_int_equal(encode(e, &pairs), 3); /* the call is told by the event's name */
	assert_block(0, PH_EV_GENERIC_E, ENTER_TS, 2);
	assert_int_equal(blk_num(&b[0], 0), 107);
	assert_int_equal(blk_num(&b[0], 1), native);
	assert_block(1, PH_EV_SIGACTION_X, TS, 5);
	assert_int_equal(blk_num(&b[1], 1), 15);
	assert_block(2, PH_EV_GENERIC_X, TS, 2);
	event_of(e);
	ev.syscall = PH_SC_rt_sigaction;
	assert_int_equal(blocks_of(&ev, false, &pairs), 3);
	assert_int_equal(blk_num(&b[2], 0), 107);
	assert_int_equal(blk_num(&b[2], 1), native);
}

static void what_an_enter_cannot_know_is_marked_as_such(void **state)
{
	struct evb *e = call_event(PH_EV_SYSCALL_EXECVEAT_X, 0);

	(void)state;
	evb_num(e, "flags", 1); /* of the file that was executed, not of the call */
	assert_int_equal(encode(e, &pairs), 2);
	assert_block(0, PH_EV_SYSCALL_EXECVEAT_E, ENTER_TS, 3);
	assert_int_equal(blk_num(&b[0], 0), -1);
	assert_int_equal(b[0].plen[1], 5);
	assert_memory_equal(b[0].param[1], "<NA>", 5);
	assert_int_equal(b[0].plen[2], 4);
	assert_int_equal(blk_num(&b[0], 2), 0);
	e = evb_new(PH_EV_SOCKET_CONNECT_X, 7, TS);
	evb_num(e, "res", -14);
	evb_num(e, "fd", 4);
	assert_int_equal(encode(e, &pairs), 2);
	assert_int_equal(b[0].plen[1], 0); /* addresses and data are simply empty */
	e = evb_new(PH_EV_SYSCALL_OPEN_X, 7, TS);
	evb_num(e, "fd", -14);
	assert_int_equal(encode(e, &pairs), 2);
	assert_memory_equal(b[0].param[0], "<NA>", 5);
	assert_int_equal(b[1].plen[1], 0); /* the exit is as the kernel made it */
}

/* --- every row ---------------------------------------------------------------------------------------------------------- */

static struct evb *full_event(const struct ph_event_info *info)
{
	struct evb *e = evb_new(info->code, 7, TS);

	for (int i = 0; i < info->nparams; i++) {
		unsigned size = ph_param_type_size(info->params[i].type);

		e->p[i].len = size ? size : (uint32_t)(3 + i);
		memset(e->p[i].data, 0x11 + i, e->p[i].len);
		if (!size)
			e->p[i].data[e->p[i].len - 1] = 0;
	}
	return e;
}

/* What a reader that knows the table as it is accepts. */
static void assert_by_the_table(const struct blk *blk, uint32_t nparams)
{
	const struct ph_event_info *info = ph_event_info(blk->hdr.type);

	assert_non_null(info);
	assert_int_equal(blk->hdr.nparams, nparams);
	for (uint32_t i = 0; i < nparams; i++) {
		unsigned size = ph_param_type_size(info->params[i].type);

		if (size && blk->plen[i] != size)
			fail_msg("%s: parameter %s has %u bytes", info->name, info->params[i].name, blk->plen[i]);
	}
}

static void check_row(const struct ph_event_info *info)
{
	struct ph_carrier c = { .old = info, .nparams = info->nparams, .whole = true };
	const struct ph_event_info *enter;
	int n = encode(full_event(info), &pairs), i = 0;

	ph_event_carrier(info, &c);
	enter = ph_event_info(c.old->code - 1u);
	if (enter && (enter->category & PH_C_SYSCALL) && !(enter->flags & PH_EF_UNUSED)) {
		assert_int_equal(b[i].hdr.type, enter->code);
		assert_int_equal(b[i].hdr.ts_ns, ENTER_TS);
		assert_by_the_table(&b[i++], enter->nparams);
	}
	if (!c.whole) {
		assert_int_equal(b[i].hdr.type, info->code >= PH_EV_OWN_FIRST ? info->code : info->code | 0x4000);
		assert_int_equal(b[i].hdr.nparams, info->nparams);
		assert_int_equal(b[i].hdr.len, ev.hdr->len);
		i++;
	}
	assert_int_equal(b[i].hdr.type, c.old->code);
	assert_int_equal(b[i].hdr.ts_ns, TS);
	assert_by_the_table(&b[i++], c.nparams);
	assert_int_equal(n, i);
}

static void every_calls_blocks_have_the_parameters_of_their_rows(void **state)
{
	size_t rows = 0;

	(void)state;
	for (size_t i = 0; i < PH_SC_COUNT; i++) {
		check_row(ph_event_info(ph_syscall_row(i)->event));
		rows++;
	}
	assert_true(rows > 300);
}

/* The bytes of the exit's parameter of that name are where the enter says: nothing is mixed up. */
static void an_enter_has_the_values_of_its_exit(void **state)
{
	(void)state;
	for (size_t i = 0; i < PH_SC_COUNT; i++) {
		const struct ph_event_info *exit = ph_event_info(ph_syscall_row(i)->event), *enter;
		struct ph_carrier c;

		if (ph_event_carrier(exit, &c))
			continue;
		encode(full_event(exit), &pairs);
		enter = ph_event_info(exit->code - 1u);
		for (uint32_t k = 0; enter && b[0].hdr.type == enter->code && k < b[0].hdr.nparams; k++) {
			const char *name = ph_event_param_source(enter, (int)k);
			int from = ph_event_param_index(exit, name, strlen(name));

			if (from >= 0 && exit->params[from].type == enter->params[k].type &&
			    exit->params[from].flags == enter->params[k].flags && b[0].plen[k])
				assert_int_equal(b[0].param[k][0], 0x11 + from);
		}
	}
}

static void tracepoints_and_metaevents_are_one_block(void **state)
{
	static const uint16_t codes[] = { PH_EV_PROCEXIT_1_E,	   PH_EV_SCHEDSWITCH_6_E, PH_EV_SIGNALDELIVER_E,
					  PH_EV_CGROUP_MKDIR_E,	   PH_EV_OOM_KILL_E,	  PH_EV_PAGE_FAULT_E,
					  PH_EV_CONTAINER_JSON_2_E };

	(void)state;
	for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
		struct evb *e = full_event(ph_event_info(codes[i]));

		for (int both = 0; both < 2; both++) {
			assert_int_equal(encode(e, both ? &pairs : &exits), 1);
			assert_block(0, codes[i], TS, e->info->nparams);
			assert_int_equal(b[0].large, codes[i] == PH_EV_CONTAINER_JSON_2_E);
		}
	}
}

/* --- from files ----------------------------------------------------------------------------------------------------------- */

static uint8_t enter_block[256];

static const struct ph_evt_hdr *read_enter(int64_t fd)
{
	struct evb *e = evb_new(PH_EV_SYSCALL_READ_E, 7, ENTER_TS);

	evb_num(e, "fd", fd);
	evb_num(e, "size", 100);
	evb_block(e);
	memcpy(enter_block, e->block, sizeof enter_block);
	return (const struct ph_evt_hdr *)(const void *)enter_block;
}

/* read() as older files have it, folded: the exit has two parameters, the others were the enter's. */
static struct ph_event *old_read(void)
{
	const struct ph_evt_hdr *enter = read_enter(5);
	struct evb *e = call_event(PH_EV_SYSCALL_READ_X, 2);
	struct ph_event *r;

	evb_bytes(e, "data", "xy", 2);
	e->nparams = 2;
	r = event_of(e);
	r->enter = enter;
	r->params[2] = (struct ph_param){ enter_block + sizeof *enter + 4, 8 };
	r->params[3] = (struct ph_param){ enter_block + sizeof *enter + 12, 4 };
	r->nparams = 4;
	r->block |= PH_EB_FILLED;
	return r;
}

static void a_files_blocks_are_copied_as_they_are(void **state)
{
	(void)state;
	assert_int_equal(blocks_of(old_read(), false, &copies), 2);
	assert_block(0, PH_EV_SYSCALL_READ_E, ENTER_TS, 2);
	assert_block(1, PH_EV_SYSCALL_READ_X, TS, 2);
	assert_memory_equal(b[1].param[1], "xy", 2);
}

/* Nobody has looked into an enter whose exit said all by itself. */
static void an_enter_whose_lengths_do_not_fit_is_not_copied(void **state)
{
	const struct ph_encode_opts masked = { .as_read = true, .redact = true };
	struct ph_event *folded = old_read();
	uint16_t absurd = 0xfff0;

	(void)state;
	memcpy(enter_block + sizeof(struct ph_evt_hdr), &absurd, 2);
	assert_int_equal(blocks_of(folded, false, &masked), 1);
	assert_block(0, PH_EV_SYSCALL_READ_X, TS, 2);
}

static void a_folded_event_becomes_the_newest_exit_when_exits_are_asked_for(void **state)
{
	const struct ph_encode_opts o = { .as_read = true, .exit_only = true };

	(void)state;
	assert_int_equal(blocks_of(old_read(), false, &o), 1);
	assert_block(0, PH_EV_SYSCALL_READ_X, TS, 4);
	assert_memory_equal(b[0].param[1], "xy", 2);
	assert_int_equal(blk_num(&b[0], 2), 5);
	assert_int_equal(blk_num(&b[0], 3), 100);
}

static void an_enter_alone_is_kept_in_pairs_only(void **state)
{
	const struct ph_encode_opts o = { .as_read = true, .exit_only = true };
	struct evb *e = evb_new(PH_EV_SYSCALL_READ_E, 7, TS);

	(void)state;
	evb_num(e, "fd", 5);
	evb_num(e, "size", 100);
	assert_int_equal(encode(e, &copies), 1);
	assert_block(0, PH_EV_SYSCALL_READ_E, TS, 2);
	assert_int_equal(encode(e, &o), 0);
	assert_int_equal(encode(e, &pairs), 0);
}

static void more_parameters_than_the_table_has_are_kept(void **state)
{
	struct evb *e = write_event();

	(void)state;
	e->nparams = 6;
	e->p[5].len = 4;
	memset(e->p[5].data, 0x55, 4);
	e->p[4].len = 0;
	assert_int_equal(encode(e, &copies), 1);
	assert_block(0, PH_EV_SYSCALL_WRITE_X, TS, 6);
	assert_int_equal(blk_num(&b[0], 5), 0x55555555);
}

static void a_shadow_that_was_read_is_written_with_what_stands_for_it(void **state)
{
	const struct ph_evt_hdr *enter = read_enter(1);
	struct evb *e = generic_event();

	(void)state;
	evb_block(e);
	memcpy(e->block + offsetof(struct ph_evt_hdr, type), &(uint16_t){ 0x4001 }, 2);
	memset(&ev, 0, sizeof ev);
	assert_int_equal(ph_event_decode_as(&ev, (const struct ph_evt_hdr *)(const void *)e->block, e->info, false), 0);
	ev.syscall = PH_SC_COUNT;
	ev.enter_ts = ENTER_TS;
	ev.enter = enter; /* whatever the file had: it is made anew */
	ev.cpu = 3;
	assert_int_equal(blocks_of(&ev, false, &copies), 3);
	assert_block(0, PH_EV_GENERIC_E, ENTER_TS, 2);
	assert_block(1, 0x4001, TS, 3);
	assert_block(2, PH_EV_GENERIC_X, TS, 2);
	/* its enter was an event of its own, and has been written as one */
	ev.enter = NULL;
	ev.block |= PH_EB_RAW;
	assert_int_equal(blocks_of(&ev, false, &copies), 2);
	assert_block(0, 0x4001, TS, 3);
	assert_block(1, PH_EV_GENERIC_X, TS, 2);
}

static void wide_length_words_of_a_file_stay_wide(void **state)
{
	struct evb *e = full_event(ph_event_info(PH_EV_CONTAINER_JSON_2_E));

	(void)state;
	e->p[0].len = 69000;
	memset(e->p[0].data, 'j', 69000);
	assert_int_equal(encode(e, &copies), 1);
	assert_int_equal(b[0].code, PH_BC_EVENT_LARGE);
	assert_int_equal(b[0].plen[0], 69000);
}

/* --- what is left out ------------------------------------------------------------------------------------------------------- */

static void payload_is_left_out_when_asked_for(void **state)
{
	struct ph_encode_opts o = { .no_payload = true };
	struct evb *e;

	(void)state;
	assert_int_equal(encode(write_event(), &o), 2);
	assert_block(1, PH_EV_SYSCALL_WRITE_X, TS, 4);
	assert_int_equal(blk_num(&b[1], 0), 3);
	assert_int_equal(b[1].plen[1], 0);
	assert_int_equal(blk_num(&b[1], 2), 5);
	assert_int_equal(blk_num(&b[1], 3), 4);
	e = full_event(ph_event_info(PH_EV_SOCKET_RECVMSG_X));
	assert_int_equal(encode(e, &o), 2);
	assert_int_equal(b[1].plen[2], 0); /* data */
	assert_int_equal(b[1].plen[3], 6); /* tuple */
	assert_int_equal(b[1].plen[4], 0); /* msgcontrol */
	assert_int_equal(b[1].param[5][0], 0x16);
	o.as_read = true;
	assert_int_equal(blocks_of(old_read(), false, &o), 2);
	assert_int_equal(b[1].plen[1], 0);
	o.exit_only = true;
	assert_int_equal(blocks_of(old_read(), false, &o), 1);
	assert_int_equal(b[0].plen[1], 0);
	assert_int_equal(blk_num(&b[0], 2), 5);
}

static void secrets_are_masked_in_the_copy_alone(void **state)
{
	static const char text[] = "GET / HTTP/1.1\r\nAuthorization: Bearer abcdef0123456789\r\n\r\n";
	const struct ph_encode_opts o = { .redact = true };
	struct evb *e = write_event();

	(void)state;
	evb_bytes(e, "data", text, sizeof text - 1);
	assert_int_equal(encode(e, &o), 2);
	assert_int_equal(b[1].plen[1], sizeof text - 1);
	assert_null(memmem(b[1].param[1], b[1].plen[1], "abcdef0123456789", 16));
	assert_memory_equal(b[1].param[1], text, 30);
	assert_non_null(memmem(ev.params[1].data, ev.params[1].len, "abcdef0123456789", 16));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_call_is_an_enter_and_an_exit_block),
		cmocka_unit_test(the_enter_has_the_exits_time_when_its_own_is_not_known),
		cmocka_unit_test(a_child_has_no_enter_since_its_parent_made_the_call),
		cmocka_unit_test(hidden_events_say_so),
		cmocka_unit_test(exits_alone_are_what_was_asked_for),
		cmocka_unit_test(a_call_without_events_keeps_its_result_in_a_block_that_others_skip),
		cmocka_unit_test(its_code_never_has_a_third_parameter),
		cmocka_unit_test(dup3_is_carried_by_dup),
		cmocka_unit_test(bpf_loses_nothing_by_its_older_form),
		cmocka_unit_test(flags_get_the_width_of_the_older_form),
		cmocka_unit_test(rt_sigaction_is_a_plain_call_for_others),
		cmocka_unit_test(what_an_enter_cannot_know_is_marked_as_such),
		cmocka_unit_test(every_calls_blocks_have_the_parameters_of_their_rows),
		cmocka_unit_test(an_enter_has_the_values_of_its_exit),
		cmocka_unit_test(tracepoints_and_metaevents_are_one_block),
		cmocka_unit_test(a_files_blocks_are_copied_as_they_are),
		cmocka_unit_test(a_folded_event_becomes_the_newest_exit_when_exits_are_asked_for),
		cmocka_unit_test(an_enter_alone_is_kept_in_pairs_only),
		cmocka_unit_test(more_parameters_than_the_table_has_are_kept),
		cmocka_unit_test(a_shadow_that_was_read_is_written_with_what_stands_for_it),
		cmocka_unit_test(wide_length_words_of_a_file_stay_wide),
		cmocka_unit_test(an_enter_whose_lengths_do_not_fit_is_not_copied),
		cmocka_unit_test(payload_is_left_out_when_asked_for),
		cmocka_unit_test(secrets_are_masked_in_the_copy_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
