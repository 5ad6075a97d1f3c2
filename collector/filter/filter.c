/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The compiler: a tree of checks becomes an array of instructions, each with the place to go on when it is true and when it
 * is false. Checks on the event's name are decided when compiling, for all events there are, and cost one bit test.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "collector/filter/internal.h"

#define LINEAR 6 /* values up to here are compared one by one, which is quicker than hashing */
#define EVENT_ROW(info) ((size_t)((info) - ph_event_row(0)))

_Static_assert(sizeof(((struct names *)0)->events) * 8 >= 512, "one bit an event row");

static bool bit(const uint64_t *set, size_t i)
{
	return set[i / 64] >> (i % 64) & 1;
}

static void set_bit(uint64_t *set, size_t i)
{
	set[i / 64] |= 1ull << (i % 64);
}

/* --- checks on the event's name --------------------------------------------------------------------------------------- */

static bool is_name_check(const struct node *n)
{
	return n->lhs->slot && (n->lhs->slot->ref.field->flags & PH_FF_EVENT_NAME) && !n->rhs;
}

static bool name_passes(const struct ph_filter *f, const struct node *n, const char *name)
{
	struct ph_value v = { .kind = PH_V_STR, .type = PH_PT_CHARBUF, .s = name, .len = (uint32_t)strlen(name) };
	bool any = false, all = true, hit;
	size_t hits = 0;

	if (n->op->op == OP_EXISTS)
		return true;
	for (size_t i = 0; i < n->nconstants; i++) {
		hit = filter_compare(f, (enum op)n->op->op, &v, &n->constants[i]);
		any |= hit;
		all &= hit;
		hits += hit;
	}
	return n->quantifier == ALL_OF ? all : n->quantifier == ONE_OF ? hits == 1 : any;
}

static void decide_names(const struct ph_filter *f, struct node *n)
{
	for (size_t i = 0; i < ph_event_count(); i++)
		if (name_passes(f, n, ph_event_row(i)->name))
			set_bit(n->names.events, i);
	for (size_t i = 0; i < PH_SC_COUNT; i++)
		if (name_passes(f, n, ph_syscall_row(i)->name))
			set_bit(n->names.syscalls, i);
	n->kind = N_NAME;
}

static int unknown_name(const struct constant *k, struct ph_parse_error *err)
{
	const char *name = k->v.s, *near = NULL;
	unsigned least = 3;

	for (size_t i = 0; i < ph_event_count() + PH_SC_COUNT; i++) {
		const char *known =
			i < ph_event_count() ? ph_event_row(i)->name : ph_syscall_row(i - ph_event_count())->name;
		unsigned d = ph_edit_distance(name, strlen(name), known, strlen(known), 2);

		if (d < least && strcmp(known, "NA") != 0) {
			least = d;
			near = known;
		}
	}
	if (near)
		return filter_fail(err, k->pos, "unknown event type '%.80s'; did you mean %s?", name, near);
	return filter_fail(err, k->pos, "unknown event type '%.80s'; porthole -L lists all", name);
}

/* Events that are captured only when somebody asks for them by name. */
static void note_needs(struct ph_filter *f, const struct node *n, bool negated)
{
	enum op op = (enum op)n->op->op;

	if (negated || (op != OP_EQ && op != OP_IN && op != OP_INTERSECTS))
		return;
	for (size_t i = 0; i < n->nconstants; i++) {
		if (strcmp(n->constants[i].v.s, "switch") == 0)
			f->needs |= PH_NEED_SWITCHES;
		else if (strcmp(n->constants[i].v.s, "page_fault") == 0)
			f->needs |= PH_NEED_PAGE_FAULTS;
	}
}

/* Who wants what begins and not what ends wants enter events. */
static void note_direction(struct ph_filter *f, const struct node *n, bool negated)
{
	if (!n->lhs->slot || n->rhs || strcmp(n->lhs->slot->ref.field->name, "evt.dir") != 0)
		return;
	if (name_passes(f, n, ">") != negated && name_passes(f, n, "<") == negated)
		f->needs |= PH_NEED_ENTER_EVENTS;
}

int filter_finish_check(struct ph_filter *f, struct node *n, bool negated, struct ph_parse_error *err)
{
	enum op op = (enum op)n->op->op;
	bool at_most = n->lhs->slot && (n->lhs->slot->ref.field->flags & PH_FF_AT_MOST);

	n->test = (uint8_t)(at_most ? OP_LE : op);
	note_direction(f, n, negated);
	if (is_name_check(n)) {
		for (size_t i = 0;
		     i < n->nconstants && (op == OP_EQ || op == OP_NE || op == OP_IN || op == OP_INTERSECTS); i++)
			if (!ph_event_name_known(n->constants[i].v.s))
				return unknown_name(&n->constants[i], err);
		note_needs(f, n, negated);
		decide_names(f, n);
		return 0;
	}
	if ((op == OP_IN || op == OP_INTERSECTS || op == OP_PMATCH) && n->nconstants > LINEAR &&
	    n->lhs->type != PH_PT_IPNET && n->lhs->kind != PH_V_DOUBLE && n->lhs->kind != PH_V_BOOL &&
	    filter_set_build(n) != 0)
		return filter_fail(err, n->pos, "out of memory");
	return 0;
}

/* --- code ------------------------------------------------------------------------------------------------------------- */

/* Whether every event, or none, passes a name check. */
static bool constant_names(const struct node *n, bool *value)
{
	size_t yes = 0, all = ph_event_count() + PH_SC_COUNT;

	for (size_t i = 0; i < ph_event_count(); i++)
		yes += bit(n->names.events, i);
	for (size_t i = 0; i < PH_SC_COUNT; i++)
		yes += bit(n->names.syscalls, i);
	*value = yes == all;
	return yes == 0 || yes == all;
}

static size_t count_checks(const struct node *n)
{
	size_t count = n->kind == N_CHECK || n->kind == N_NAME;

	for (size_t i = 0; i < n->nkids; i++)
		count += count_checks(n->kids[i]);
	return count;
}

/* From the last check to the first, so the places to go on at are known. Returns where the node's code begins. */
static uint32_t emit(struct ph_filter *f, const struct node *n, uint32_t yes, uint32_t no)
{
	uint32_t entry;
	bool value;

	switch (n->kind) {
	case N_NOT:
		return emit(f, n->kids[0], no, yes);
	case N_AND:
		entry = yes;
		for (size_t i = n->nkids; i-- > 0;)
			entry = emit(f, n->kids[i], entry, no);
		return entry;
	case N_OR:
		entry = no;
		for (size_t i = n->nkids; i-- > 0;)
			entry = emit(f, n->kids[i], yes, entry);
		return entry;
	case N_NAME:
		if (constant_names(n, &value))
			return value ? yes : no;
		break;
	}
	f->code[f->count] = (struct insn){ n, yes, no };
	return f->count++;
}

int ph_filter_compile(struct ph_filter **out, const char *text, const struct ph_filter_opts *opts,
		      struct ph_parse_error *err)
{
	struct ph_filter *f = calloc(1, sizeof *f);
	int rc;

	*out = NULL;
	err->text = NULL;
	if (!f) {
		filter_fail(err, 0, "out of memory");
		return -ENOMEM;
	}
	f->opts = opts;
	rc = filter_parse(f, text, err);
	f->opts = NULL;
	if (rc == 0) {
		f->root = filter_order(f->root);
		f->code = calloc(count_checks(f->root) + 1, sizeof *f->code);
	}
	if (rc || !f->code) {
		rc = rc ? rc : filter_fail(err, 0, "out of memory");
		ph_filter_free(f);
		return rc;
	}
	f->entry = emit(f, f->root, PASS, REJECT);
	f->needs |= ph_slots_needs(&f->slots);
	*out = f;
	return 0;
}

void ph_filter_free(struct ph_filter *f)
{
	if (!f)
		return;
	filter_node_free(f->root);
	ph_slots_fini(&f->slots);
	pcre2_match_data_free(f->match_data);
	pcre2_match_context_free(f->match_context);
	free(f->code);
	free(f);
}

uint32_t ph_filter_needs(const struct ph_filter *f)
{
	return f->needs;
}

/* --- evaluation ------------------------------------------------------------------------------------------------------- */

static bool name_bit(const struct names *n, const struct ph_event *ev)
{
	const struct ph_syscall_info *s;

	if (ev->type > PH_EV_GENERIC_X)
		return bit(n->events, EVENT_ROW(ev->info));
	if (ev->syscall < PH_SC_COUNT)
		return bit(n->syscalls, ev->syscall);
	s = ph_syscall_by_id((unsigned)ph_event_uint(ev, 0));
	return s ? bit(n->syscalls, (size_t)(s - ph_syscall_row(0))) : bit(n->events, EVENT_ROW(ev->info));
}

bool ph_filter_match(struct ph_filter *f, struct ph_field_ctx *c)
{
	uint32_t pc = f->entry;

	while (pc < PASS) {
		const struct insn *in = &f->code[pc];
		bool ok = in->node->kind == N_NAME ? name_bit(&in->node->names, c->ev) : filter_check(f, c, in->node);

		pc = ok ? in->yes : in->no;
	}
	return pc == PASS;
}

/* What is known of an event that has not come: a check is true, false, may be either, or has to see the event whatever it is. */
enum tri { FALSE, TRUE, EITHER, SEES };

typedef enum tri decide_fn(struct ph_filter *f, void *arg, const struct node *n);

/* Code runs from higher places to lower ones, so one pass in that order visits every place that can be reached. */
static bool can_pass(struct ph_filter *f, decide_fn *decide, void *arg)
{
	bool passes = f->entry == PASS;
	uint8_t *reached = calloc(f->count + 1, 1);

	if (!reached)
		return true;
	if (f->entry < PASS)
		reached[f->entry] = 1;
	for (uint32_t pc = f->count; pc-- > 0 && !passes;) {
		const struct insn *in = &f->code[pc];
		uint32_t to[2] = { in->no, in->yes };
		enum tri is = reached[pc] ? decide(f, arg, in->node) : EITHER;

		passes |= is == SEES;
		for (int i = 0; i < 2 && reached[pc]; i++) {
			if (is != EITHER && is != (enum tri)i)
				continue;
			passes |= to[i] == PASS;
			if (to[i] < PASS)
				reached[to[i]] = 1;
		}
	}
	free(reached);
	return passes;
}

struct kind {
	const struct ph_event_info *info;
	unsigned syscall;
};

static enum tri by_name(struct ph_filter *f, void *arg, const struct node *n)
{
	const struct kind *k = arg;

	(void)f;
	if (n->kind != N_NAME)
		return n->remembers ? SEES : EITHER;
	if (k->info->code <= PH_EV_GENERIC_X && k->syscall < PH_SC_COUNT)
		return bit(n->names.syscalls, k->syscall) ? TRUE : FALSE;
	return bit(n->names.events, EVENT_ROW(k->info)) ? TRUE : FALSE;
}

bool ph_filter_may_pass(const struct ph_filter *f, const struct ph_event_info *info, unsigned syscall)
{
	struct kind k = { info, syscall };

	return can_pass((struct ph_filter *)(uintptr_t)f, by_name, &k);
}

static bool of_container(const struct ph_expr *x)
{
	return x->slot && strncmp(x->slot->ref.field->name, "container.", 10) == 0;
}

static enum tri by_container(struct ph_filter *f, void *arg, const struct node *n)
{
	if (n->kind != N_CHECK || !of_container(n->lhs) || (n->rhs && !of_container(n->rhs)))
		return EITHER;
	return filter_check(f, arg, n) ? TRUE : FALSE;
}

bool ph_filter_may_pass_container(struct ph_filter *f, struct ph_field_ctx *c)
{
	return can_pass(f, by_container, c);
}

static bool expr_is_lasting(const struct ph_expr *x)
{
	if (x->slot && ph_field_of(x->slot->ref.field) == PH_OF_EVENT)
		return false;
	for (size_t i = 0; i < x->nargs; i++)
		if (!expr_is_lasting(x->args[i]))
			return false;
	return true;
}

bool ph_filter_is_lasting(const struct ph_filter *f)
{
	for (uint32_t pc = 0; pc < f->count; pc++) {
		const struct node *n = f->code[pc].node;

		if (n->kind != N_NAME && (!expr_is_lasting(n->lhs) || (n->rhs && !expr_is_lasting(n->rhs))))
			return false;
	}
	return true;
}

/* --- errors ----------------------------------------------------------------------------------------------------------- */

size_t ph_parse_error_text(const struct ph_parse_error *err, const char *given, char *buf, size_t size)
{
	const char *text = err->text ? err->text : given;
	size_t len = strlen(text), pos = err->pos < len ? err->pos : len, from = pos, to = pos;
	struct ph_text t = { .buf = buf, .cap = size ? size - 1 : 0 };

	while (from > 0 && text[from - 1] != '\n' && pos - from < 100)
		from--;
	while (text[to] && text[to] != '\n' && to - pos < 100)
		to++;
	ph_text_str(&t, err->message);
	ph_text_str(&t, "\n  ");
	ph_text_clean(&t, text + from, to - from);
	ph_text_str(&t, "\n  ");
	ph_text_fill(&t, ' ', pos - from);
	ph_text_char(&t, '^');
	if (size)
		buf[t.len] = '\0';
	return t.len;
}
