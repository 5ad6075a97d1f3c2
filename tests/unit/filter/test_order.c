/* SPDX-License-Identifier: Apache-2.0 */
/* The order in which the compiler puts the checks of a filter, and that nothing but time depends on it. */
#include "collector/filter/internal.h"
#include "tests/unit/support/scene.h"

#define FILTERS 600
#define ROUNDS 24
#define MAX_NODES 40

static struct ph_filter *compiled(const char *text)
{
	struct ph_filter *f;
	struct ph_parse_error err;

	if (ph_filter_compile(&f, text, NULL, &err) != 0)
		fail_msg("'%s': at %zu: %s", text, err.pos, err.message);
	return f;
}

/* The fields of a filter's checks in the order of the program, which runs from higher places to lower ones. */
static const char *order_of(const char *text)
{
	static char names[512];
	struct ph_filter *f = compiled(text);
	struct ph_text t = { .buf = names, .cap = sizeof names - 1 };

	for (uint32_t pc = f->count; pc-- > 0;) {
		const struct ph_expr *x = f->code[pc].node->lhs;

		while (!x->slot)
			x = x->args[0];
		if (t.len)
			ph_text_char(&t, ' ');
		ph_text_str(&t, x->slot->ref.field->name);
	}
	names[t.len] = '\0';
	ph_filter_free(f);
	return names;
}

static void cheap_checks_come_before_dear_ones(void **state)
{
	(void)state;
	assert_string_equal(
		order_of(
			"proc.exe glob 'a*' and evt.args=x and fd.num=3 and proc.name=a and evt.cpu=1 and evt.type=open"),
		"evt.type evt.cpu proc.name fd.num evt.args proc.exe");
	assert_string_equal(
		order_of(
			"fd.name regex a or proc.cmdline=x or fd.num=3 or proc.pid=1 or evt.failed=true or evt.type=open"),
		"evt.type evt.failed proc.pid fd.num proc.cmdline fd.name");
}

static void equal_costs_keep_the_written_order(void **state)
{
	(void)state;
	assert_string_equal(order_of("proc.pid=1 and proc.name=a and thread.tid=2 and container.id=x"),
			    "proc.pid proc.name thread.tid container.id");
	assert_string_equal(order_of("container.id=x or thread.tid=2 or proc.name=a or proc.pid=1"),
			    "container.id thread.tid proc.name proc.pid");
}

static void the_rare_comes_first_in_and_the_usual_in_or(void **state)
{
	(void)state;
	assert_string_equal(order_of("proc.name!=a and proc.vpid>5 and proc.pid=1"), "proc.pid proc.vpid proc.name");
	assert_string_equal(order_of("proc.pid=1 or proc.vpid>5 or proc.name!=a"), "proc.name proc.vpid proc.pid");
	assert_string_equal(order_of("not proc.pid=1 and not proc.name!=a"), "proc.name proc.pid");
}

static void a_group_costs_what_its_dearest_check_does(void **state)
{
	(void)state;
	assert_string_equal(order_of("(evt.cpu=1 or evt.args=x) and fd.num=3"), "fd.num evt.cpu evt.args");
	assert_string_equal(order_of("fd.num=3 and (proc.pid=1 or proc.name=x)"), "proc.pid proc.name fd.num");
	assert_string_equal(order_of("(proc.pid=1 or proc.name=x) and proc.vpid=3"), "proc.vpid proc.pid proc.name");
	assert_string_equal(order_of("not (fd.num=3 or evt.args=x) and fd.ino=4"), "fd.ino fd.num evt.args");
}

static void groups_of_one_kind_are_one(void **state)
{
	(void)state;
	assert_string_equal(order_of("(evt.args=x and proc.pid=1) and (fd.num=3 and (evt.cpu=1 and evt.type=open))"),
			    "evt.type evt.cpu proc.pid fd.num evt.args");
	assert_string_equal(order_of("evt.type in (open, close) and (proc.pid=1 and evt.type=open)"),
			    "evt.type proc.pid");
}

static void what_makes_text_or_looks_for_it_is_dear(void **state)
{
	(void)state;
	assert_string_equal(order_of("toupper(proc.name)=A and fd.num=3"), "fd.num proc.name");
	assert_string_equal(order_of("len(proc.name)=3 and fd.num=3"), "proc.name fd.num");
	assert_string_equal(order_of("proc.aname=bash and fd.num=3"), "fd.num proc.aname");
	assert_string_equal(order_of("proc.exe=val(proc.cmdline) and fd.num=3"), "fd.num proc.exe");
	assert_string_equal(order_of("evt.buffer contains x and proc.cmdline=x"), "proc.cmdline evt.buffer");
}

static void what_remembers_keeps_its_place_and_its_neighbours(void **state)
{
	(void)state;
	assert_string_equal(order_of("evt.args=x and proc.pid=1 and util.cnt>3 and fd.num=3 and evt.type=open"),
			    "proc.pid evt.args util.cnt evt.type fd.num");
	assert_string_equal(order_of("fd.num=3 or evt.deltatime>5 or proc.pid=1 or evt.cpu=1"),
			    "fd.num evt.deltatime evt.cpu proc.pid");
	assert_string_equal(order_of("evt.args=x and (proc.pid=1 or evt.deltatime.s>3) and evt.cpu=1"),
			    "evt.args proc.pid evt.deltatime.s evt.cpu");
	assert_string_equal(order_of("evt.type=open or proc.nthreads=val(util.cnt) or evt.type=close"),
			    "evt.type proc.nthreads evt.type");
}

static void text_is_not_made_for_what_a_cheaper_check_rejects(void **state)
{
	struct scene *sc = *state;

	scene_read(sc, 3, 5, "hello", 5);
	assert_rejected(sc, "evt.args contains hello and proc.name=nosuch");
	assert_int_equal(sc->ctx.used, 0);
	assert_passes(sc, "proc.cmdline contains x or proc.name=curl");
	assert_int_equal(sc->ctx.used, 0);
	assert_passes(sc, "evt.args contains hello and proc.name=curl");
	assert_int_not_equal(sc->ctx.used, 0);
}

/* An event that its type would reject still counts when something that counts comes before. */
static void events_that_are_counted_have_to_be_delivered(void **state)
{
	const struct ph_event_info *reading = ph_event_info(PH_EV_SYSCALL_READ_X);
	struct ph_filter *counts = compiled("util.cnt<5 and evt.type=open"),
			 *decides = compiled("evt.type=open and util.cnt<5");

	(void)state;
	assert_true(ph_filter_may_pass(counts, reading, PH_SC_COUNT));
	assert_false(ph_filter_may_pass(decides, reading, PH_SC_COUNT));
	ph_filter_free(counts);
	ph_filter_free(decides);
}

/* --- any filter, as it is written ----------------------------------------------------------------------------------------- */

enum memory { NONE, COUNTER, DELTA };

static const struct term {
	const char *text;
	enum memory memory;
	uint64_t above; /* what a field that remembers is compared with */
} terms[] = {
	{ "evt.type=read", NONE, 0 },
	{ "evt.type!=open", NONE, 0 },
	{ "evt.type in (open, write)", NONE, 0 },
	{ "evt.type startswith w", NONE, 0 },
	{ "evt.cpu=1", NONE, 0 },
	{ "evt.failed=true", NONE, 0 },
	{ "evt.rawres>0", NONE, 0 },
	{ "evt.num>=9", NONE, 0 },
	{ "evt.args contains hello", NONE, 0 },
	{ "evt.arg.size=512", NONE, 0 },
	{ "evt.buffer contains ell", NONE, 0 },
	{ "proc.name=curl", NONE, 0 },
	{ "proc.name!=curl", NONE, 0 },
	{ "thread.tid=201", NONE, 0 },
	{ "proc.cmdline glob 'curl*'", NONE, 0 },
	{ "proc.cmdline regex '.*-s.*'", NONE, 0 },
	{ "proc.aname=systemd", NONE, 0 },
	{ "toupper(proc.name)=WORKER", NONE, 0 },
	{ "fd.name startswith /etc", NONE, 0 },
	{ "fd.name exists", NONE, 0 },
	{ "fd.num in (4, 6, 8)", NONE, 0 },
	{ "fd.sport!=80", NONE, 0 },
	{ "fd.type=ipv4", NONE, 0 },
	{ "fd.directory=/etc", NONE, 0 },
	{ "user.uid=1000", NONE, 0 },
	{ "util.cnt>3", COUNTER, 3 },
	{ "util.cnt>11", COUNTER, 11 },
	{ "evt.deltatime>1500", DELTA, 1500 },
	{ "evt.deltatime>4500", DELTA, 4500 },
};

#define TERMS (sizeof terms / sizeof terms[0])

/* A filter as it is written. */
struct tree {
	struct ph_filter *filter;
	char text[2048];
	struct part {
		enum node_kind kind; /* N_CHECK: term */
		unsigned term, kids[4], nkids;
	} parts[MAX_NODES];
	unsigned count;
	/* what the fields that remember have for it */
	uint64_t counted, last_ts, delta;
	bool asked[DELTA + 1];
};

static uint32_t next(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 16;
}

static unsigned grow(struct tree *tree, struct ph_text *t, unsigned depth, uint32_t *seed)
{
	unsigned at = tree->count++, roll = next(seed) % 8;
	struct part *p = &tree->parts[at];

	if (depth == 0 || roll < 2) {
		p->kind = N_CHECK;
		p->term = next(seed) % TERMS;
		ph_text_str(t, terms[p->term].text);
		return at;
	}
	p->kind = roll == 2 ? N_NOT : roll < 6 ? N_AND : N_OR;
	p->nkids = roll == 2 ? 1 : 2 + next(seed) % 2;
	ph_text_str(t, roll == 2 ? "not (" : "(");
	for (unsigned i = 0; i < p->nkids; i++) {
		if (i)
			ph_text_str(t, p->kind == N_AND ? " and " : " or ");
		p->kids[i] = grow(tree, t, depth - 1, seed);
	}
	ph_text_char(t, ')');
	return at;
}

static bool remembered(struct tree *tree, const struct term *term, uint64_t ts)
{
	if (!tree->asked[term->memory] && term->memory == COUNTER) {
		tree->counted++;
	} else if (!tree->asked[term->memory]) {
		tree->delta = tree->last_ts ? ts - tree->last_ts : 0;
		tree->last_ts = ts;
	}
	tree->asked[term->memory] = true;
	return (term->memory == COUNTER ? tree->counted : tree->delta) > term->above;
}

/* From left to right, and no further than it takes; plain has what each term says by itself. */
static bool expected(struct tree *tree, unsigned at, const bool *plain, uint64_t ts)
{
	const struct part *p = &tree->parts[at];

	if (p->kind == N_CHECK)
		return terms[p->term].memory ? remembered(tree, &terms[p->term], ts) : plain[p->term];
	if (p->kind == N_NOT)
		return !expected(tree, p->kids[0], plain, ts);
	for (unsigned i = 0; i < p->nkids; i++)
		if (expected(tree, p->kids[i], plain, ts) != (p->kind == N_AND))
			return p->kind != N_AND;
	return p->kind == N_AND;
}

static void some_event(struct scene *sc, unsigned i)
{
	static const char *const data[] = { "hello", "GET /", "" };
	static const unsigned types[] = { PH_EV_SYSCALL_READ_X, PH_EV_SYSCALL_WRITE_X, PH_EV_SYSCALL_OPEN_X };
	unsigned type = types[i % 7 % 3];
	struct evb *b = evb_new(type, 200 + i % 5 / 3, SCENE_TS + i * 1000 + i * i * 100);

	if (type == PH_EV_SYSCALL_OPEN_X) {
		evb_num(b, "fd", -2);
		evb_str(b, "name", i % 2 ? "/etc/hello" : "x");
	} else {
		evb_num(b, "res", i % 4 ? (int64_t)i : -11);
		evb_bytes(b, "data", data[i % 3], strlen(data[i % 3]));
		evb_num(b, "fd", 3 + i % 6);
		evb_num(b, "size", i % 2 ? 512 : 17);
	}
	scene_event(sc, b);
}

static bool match(struct scene *sc, struct ph_filter *f)
{
	ph_field_ctx_begin(&sc->ctx, &sc->ev);
	return ph_filter_match(f, &sc->ctx);
}

static void check_event(struct scene *sc, struct tree *trees, struct ph_filter *const *alone, unsigned passed[2])
{
	bool plain[TERMS] = { false };

	for (size_t i = 0; i < TERMS; i++)
		plain[i] = !terms[i].memory && match(sc, alone[i]);
	for (unsigned i = 0; i < FILTERS; i++) {
		struct tree *tree = &trees[i];
		bool want;

		memset(tree->asked, 0, sizeof tree->asked);
		want = expected(tree, 0, plain, sc->ev.ts);
		passed[want]++;
		if (match(sc, tree->filter) != want)
			fail_msg("event %u should %s: %s", (unsigned)sc->ev.num, want ? "pass" : "not pass",
				 tree->text);
	}
}

static void filters_say_what_they_say_in_the_written_order(void **state)
{
	struct scene *sc = *state;
	struct tree *trees = calloc(FILTERS, sizeof *trees);
	struct ph_filter *alone[TERMS];
	unsigned passed[2] = { 0, 0 };
	uint32_t seed = 20;

	assert_non_null(trees);
	for (size_t i = 0; i < TERMS; i++)
		alone[i] = compiled(terms[i].text);
	for (unsigned i = 0; i < FILTERS; i++) {
		struct ph_text t = { .buf = trees[i].text, .cap = sizeof trees[i].text - 1 };

		grow(&trees[i], &t, 3, &seed);
		trees[i].filter = compiled(trees[i].text);
	}
	for (unsigned i = 0; i < ROUNDS; i++) {
		some_event(sc, i);
		check_event(sc, trees, alone, passed);
	}
	/* neither all nor nothing */
	assert_true(passed[0] > FILTERS && passed[1] > FILTERS);
	for (size_t i = 0; i < TERMS; i++)
		ph_filter_free(alone[i]);
	for (unsigned i = 0; i < FILTERS; i++)
		ph_filter_free(trees[i].filter);
	free(trees);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cheap_checks_come_before_dear_ones),
		cmocka_unit_test(equal_costs_keep_the_written_order),
		cmocka_unit_test(the_rare_comes_first_in_and_the_usual_in_or),
		cmocka_unit_test(a_group_costs_what_its_dearest_check_does),
		cmocka_unit_test(groups_of_one_kind_are_one),
		cmocka_unit_test(what_makes_text_or_looks_for_it_is_dear),
		cmocka_unit_test(what_remembers_keeps_its_place_and_its_neighbours),
		scene_test(text_is_not_made_for_what_a_cheaper_check_rejects),
		cmocka_unit_test(events_that_are_counted_have_to_be_delivered),
		scene_test(filters_say_what_they_say_in_the_written_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
