/* SPDX-License-Identifier: Apache-2.0 */
/* Events that no kernel would send: every code of the table with random parameters. The sanitizers say whether it went well. */
#include "tests/unit/support/state_fixture.h"

static uint64_t seed = 0x9e3779b97f4a7c15u;

static uint32_t rnd(uint32_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 33) % below;
}

static void fill_number(uint8_t *data, uint32_t len)
{
	static const int64_t odd[] = { -1, -100, INT32_MAX, INT64_MIN, INT64_MAX, UINT32_MAX, 0x1001, 0x2001, 0x8400 };
	int64_t v = rnd(4) ? (int64_t)rnd(12) : odd[rnd(sizeof(odd) / sizeof(odd[0]))];

	memset(data, 0, len);
	memcpy(data, &v, len < 8 ? len : 8);
}

static void fill_bytes(uint8_t *data, uint32_t len)
{
	static const char chars[] = "/.a=:\0\1\2\n\377";

	for (uint32_t i = 0; i < len; i++)
		data[i] = (uint8_t)chars[rnd(sizeof(chars) - 1)];
	if (len > 0 && rnd(2))
		data[0] = (uint8_t)(rnd(2) ? 2 : rnd(2) ? 10 : 1); /* an address family */
}

/* A block that is exactly as long as it says, so that the sanitizer sees a step beyond it. */
static struct ph_evt_hdr *random_block(const struct ph_event_info *info)
{
	unsigned width = info->flags & PH_EF_LARGE_PAYLOAD ? 4 : 2;
	uint32_t n = rnd(8) ? info->nparams : rnd(info->nparams + 4u), lens[PH_EVENT_MAX_PARAMS + 4], total = 0;
	struct ph_evt_hdr hdr = { .ts_ns = 1000000000000u + seed % 100000000000u,
				  .tid = (int64_t)rnd(12) - 1,
				  .type = info->code,
				  .nparams = n };
	uint8_t *block;

	for (uint32_t i = 0; i < n; i++) {
		unsigned size = i < info->nparams ? ph_param_type_size(info->params[i].type) : 0;

		lens[i] = size && rnd(16) ? size : rnd(8) ? rnd(40) : 0;
		total += lens[i];
	}
	hdr.len = (uint32_t)sizeof(hdr) + n * width + total;
	block = malloc(hdr.len);
	memcpy(block, &hdr, sizeof(hdr));
	total = (uint32_t)sizeof(hdr) + n * width;
	for (uint32_t i = 0; i < n; i++) {
		memcpy(block + sizeof(hdr) + i * width, &lens[i], width);
		if (i < info->nparams && ph_param_type_size(info->params[i].type))
			fill_number(block + total, lens[i]);
		else
			fill_bytes(block + total, lens[i]);
		total += lens[i];
	}
	return (struct ph_evt_hdr *)(void *)block;
}

static bool look(void *arg, struct ph_fd *fd)
{
	*(size_t *)arg += strlen(fd->name);
	return true;
}

static bool look_at_thread(void *arg, struct ph_thread *t)
{
	struct fix *f = arg;
	struct ph_thread *a = t;
	size_t n = strlen(t->comm) + strlen(t->proc->exe) + strlen(t->proc->cwd) + strlen(t->proc->root);

	ph_state_each_fd(f->st, t, look, &n);
	for (int i = 0; a && i < 1000; i++)
		a = ph_state_parent(f->st, a);
	assert_null(a);
	assert_non_null(ph_state_main_thread(f->st, t->proc));
	assert_true(t->proc->nthreads <= ph_state_thread_count(f->st));
	return true;
}

static void no_event_breaks_the_state(void **s)
{
	struct fix *f = *s;

	for (int i = 0; i < 300000; i++) {
		struct ph_evt_hdr *hdr = random_block(ph_event_row(rnd((uint32_t)ph_event_count())));

		f->ev.enter_ts = rnd(2) ? 0 : hdr->ts_ns;
		f->ev.syscall = (uint16_t)rnd(PH_SC_COUNT + 1);
		assert_int_equal(ph_event_decode(&f->ev, hdr), 0);
		ph_state_begin(f->st, &f->ev);
		if (f->ev.fd)
			assert_int_equal(f->ev.fd->num, f->ev.fdnum);
		if (f->ev.thread)
			look_at_thread(f, f->ev.thread);
		ph_state_end(f->st, &f->ev);
		free(hdr);
		if (i % 1000 == 0)
			ph_state_each_thread(f->st, look_at_thread, f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fix_test(no_event_breaks_the_state),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
